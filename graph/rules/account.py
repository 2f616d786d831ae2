"""The account of one thing that can be taken, stored or given: what happened to it, in a form rules can replay.

An account is kept with its node, so that checking a record costs one read for each thing it names, however long the
ledger is. It holds live events only: a correction takes the old operation's events out and puts the new one's in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from graph.records import InputEnd, OperationRecord, OutputEnd
from graph.times import Moment

__all__ = ["ACCOUNTED", "Account", "Event", "events_of", "span_units", "unspan_units"]

Bounds = tuple[int, int]  # earliest and latest, in ms

# Kinds whose nodes carry an account: what is taken and stored, machines (decontaminations), positions (moves).
ACCOUNTED = frozenset({"Tissue", "CellLot", "Reagent", "Equipment", "StoragePosition"})

# Stage fields that rules replay; the edge and the ledger keep all of them.
_KEPT = ("from", "to", "storage_out_reason", "test_conclusion", "temporary_storage_location")


@dataclass(slots=True)
class Event:
    """What one operation did with the thing. ``role`` is ``made`` or ``in``; ``end`` None means open or an instant."""

    operation: str
    type: str
    role: str
    seq: int
    start: Bounds
    end: Bounds | None = None
    is_open: bool = False
    offset: int = 0
    quantity: float | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()  # names without the lot's
    consumed: bool = False
    position: str | None = None  # where it was stored, taken from, sent or counted
    despite: tuple[str, ...] = ()
    kept: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        members: dict[str, Any] = {"o": self.operation, "t": self.type, "s": self.seq, "a": self.start[0]}
        if self.role == "made":
            members["m"] = 1
        if self.start[1] != self.start[0]:
            members["b"] = self.start[1]
        if self.end is not None:
            members["e"] = list(self.end) if self.end[0] != self.end[1] else self.end[0]
        if self.is_open:
            members["i"] = 1
        others = {
            "z": self.offset,
            "q": self.quantity,
            "u": self.unit,
            "n": span_units(self.units),
            "c": int(self.consumed),
            "p": self.position,
            "d": list(self.despite),
            "k": self.kept,
        }
        return members | {name: value for name, value in others.items() if value}

    @classmethod
    def from_json(cls, members: dict[str, Any]) -> Event:
        first, end = members["a"], members.get("e")
        return cls(
            operation=members["o"],
            type=members["t"],
            role="made" if "m" in members else "in",
            seq=members["s"],
            start=(first, members.get("b", first)),
            end=None if end is None else (end, end) if isinstance(end, int) else (end[0], end[1]),
            is_open="i" in members,
            offset=members.get("z", 0),
            quantity=members.get("q"),
            unit=members.get("u"),
            units=unspan_units(members.get("n", ())),
            consumed=bool(members.get("c")),
            position=members.get("p"),
            despite=tuple(members.get("d", ())),
            kept=members.get("k", {}),
        )


def span_units(units: Sequence[str]) -> list[str]:
    """Runs of whole numbers as ``1-20``, so that two hundred vials cost one line. Order is kept."""
    spans: list[str] = []
    run: list[str] = []

    def close() -> None:
        if len(run) > 2:
            spans.append(f"{run[0]}..{run[-1]}")
        else:
            spans.extend(run)
        run.clear()

    for unit in units:
        is_next = run and unit.isascii() and unit.isdigit() and run[-1].isdigit() and unit == str(int(run[-1]) + 1)
        if not is_next:
            close()
        if ".." in unit or unit.startswith("="):
            close()
            spans.append(f"={unit}")  # not a span, whatever it looks like
        else:
            run.append(unit)
    close()
    return spans


def unspan_units(spans: Iterable[str]) -> tuple[str, ...]:
    units: list[str] = []
    for span in spans:
        first, dots, last = span.partition("..")
        if span.startswith("="):
            units.append(span[1:])
        elif dots and first.isdigit() and last.isdigit():
            units += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            units.append(span)
    return tuple(units)


@dataclass(slots=True)
class Account:
    """All live events of one thing, what it was made from."""

    events: list[Event] = field(default_factory=list)
    parents: tuple[str, ...] = ()  # full ids of what it was made from
    runs_until_ms: int | None = None  # of a machine: the latest end of its runs
    placed_by: str | None = None  # of a position: the amendment that says what it stands in, where one does

    def dumps(self) -> str:
        members: dict[str, Any] = {"events": [event.as_json() for event in self.events]}
        if self.parents:
            members["parents"] = list(self.parents)
        if self.runs_until_ms is not None:
            members["runs_until"] = self.runs_until_ms
        if self.placed_by is not None:
            members["placed_by"] = self.placed_by
        return orjson.dumps(members).decode()

    @classmethod
    def loads(cls, text: str) -> Account:
        members = orjson.loads(text)
        return cls(
            events=[Event.from_json(event) for event in members["events"]],
            parents=tuple(members.get("parents", ())),
            runs_until_ms=members.get("runs_until"),
            placed_by=members.get("placed_by"),
        )

    def without(self, operation: str) -> Account:
        """The account as if the operation had never been."""
        return replace(self, events=[event for event in self.events if event.operation != operation])


def _bounds(moment: Moment | None) -> Bounds | None:
    return None if moment is None else (moment.earliest_ms, moment.latest_ms)


def _bare(units: Iterable[str]) -> tuple[str, ...]:
    return tuple(unit.partition("#")[2] for unit in units)


def _event(operation: OperationRecord, end: InputEnd | OutputEnd, role: str, seq: int) -> Event:
    kept = {name: operation.values[name] for name in _KEPT if name in operation.values}
    position = next((output.id for output in operation.outputs if output.kind == "StoragePosition"), None)
    return Event(
        operation=operation.id,
        type=operation.type,
        role=role,
        seq=seq,
        start=(operation.start.earliest_ms, operation.start.latest_ms),
        end=_bounds(operation.end),
        is_open=operation.is_open,
        offset=operation.start.offset_minutes,
        quantity=end.quantity,
        unit=end.unit,
        units=_bare(end.units),
        consumed=isinstance(end, InputEnd) and end.consumed,
        position=position,
        despite=operation.despite,
        kept=kept,
    )


def events_of(operation: OperationRecord, seq: int, *, creates: bool) -> list[tuple[str, str, Event]]:
    """(kind, key, event) for each thing the operation takes or makes."""
    events = [(end.kind, end.id, _event(operation, end, "in", seq)) for end in operation.inputs]
    if creates:
        events += [(end.kind, end.id, _event(operation, end, "made", seq)) for end in operation.outputs]
    return events
