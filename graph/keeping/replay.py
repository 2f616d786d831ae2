"""What became of one lot, step by step: its account put together from the facts, and run as the rules run it."""

from __future__ import annotations

from graph.index.codes import (
    CONSUMED,
    CREATES,
    FOREVER,
    IS_LASTING,
    OPERATION_NAMES,
    POSITION,
    TOLD_NAMES,
)
from graph.index.lineage import Lineage
from graph.keeping.inverse import inverse_of
from graph.rules.account import Account, Event
from graph.rules.course import Course, Thing, run_course

__all__ = ["Replay"]

_TOLD_AS = {"CHANGED_DISPOSITION": "to", "QC_RELEASE": "test_conclusion", "STORAGE_OUT": "storage_out_reason"}


class Replay:
    """Runs the accounts of lots and tissues as they stood at the lineage's position. Keeps what it has run."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._inverse = inverse_of(lineage.facts)
        self._courses: dict[int, Course] = {}

    def course(self, lot: int) -> Course:
        if lot not in self._courses:
            self._courses[lot] = self.run(lot)
        return self._courses[lot]

    def run(self, lot: int, *, until_ms: int | None = None) -> Course:
        """The course of a lot, up to and including an instant where one is given."""
        kind, key = self._lineage.node(lot)
        account = Account(events=self._events(lot))
        return run_course(Thing(kind=kind, key=key), account, until_ms=until_ms, is_within=self._is_within)

    def is_measured(self, lot: int) -> bool:
        """Whether a lot was made by volume, weight or number of cells, not in containers."""
        measured = self._lineage.facts.columns["output_is_measured"]
        return any(measured[row] for op, row in self._inverse.outputs(lot) if self._is_live(op))

    def _is_within(self, position: str, place: str, at_ms: int) -> bool:
        if position == place:
            return True
        wanted, found = (self._lineage.find(("StoragePosition", key)) for key in (position, place))
        if wanted is None or found is None:
            return False
        inside = self._lineage.derived.places.inside(found)
        return any(span.position == wanted and span.start <= at_ms < span.end for span in inside)

    def _is_live(self, op: int) -> bool:
        return self._lineage.facts.is_live(op, self._lineage.as_of)

    def _events(self, lot: int) -> list[Event]:
        columns = self._lineage.facts.columns
        events = [self._event(op, row, "input") for op, row in self._inverse.inputs(lot) if self._is_live(op)]
        events += [
            self._event(op, row, "output")
            for op, row in self._inverse.outputs(lot)
            if CREATES[columns["op_type"][op]] and self._is_live(op)
        ]
        return events

    def _event(self, op: int, row: int, side: str) -> Event:
        facts = self._lineage.facts
        columns, code = facts.columns, facts.columns["op_type"][op]
        start, (end, end_last) = facts.op_times(op, self._lineage.as_of)
        units = facts.units(side, row)
        is_open = bool(IS_LASTING[code]) and end == FOREVER
        return Event(
            operation=facts.op_keys[op],
            type=OPERATION_NAMES[code],
            role="in" if side == "input" else "made",
            seq=columns["op_seq"][op],
            start=start,
            end=None if end == FOREVER else (end, end_last),
            is_open=is_open,
            quantity=columns[f"{side}_quantity"][row] or None,
            units=tuple(facts.keys[unit].partition("#")[2] for unit in units),
            consumed=side == "input" and bool(columns["input_flags"][row] & CONSUMED),
            position=self._position(op),
            kept=self._kept(op),
        )

    def _position(self, op: int) -> str | None:
        facts = self._lineage.facts
        columns = facts.columns
        first = columns["op_outputs_end"][op - 1] if op else 0
        for thing in columns["output_thing"].part(first, columns["op_outputs_end"][op]):
            if columns["thing_kind"][thing] == POSITION:
                return facts.keys[thing]
        return None

    def _kept(self, op: int) -> dict[str, str]:
        columns = self._lineage.facts.columns
        told, told_from = TOLD_NAMES[columns["op_told"][op]], TOLD_NAMES[columns["op_told_from"][op]]
        name = _TOLD_AS.get(OPERATION_NAMES[columns["op_type"][op]])
        if not told or name is None:
            return {}
        return {name: told} | ({"from": told_from} if told_from else {})
