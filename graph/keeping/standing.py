"""What became of affected things: dispositions, amounts and sites at the lineage's position."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from graph.index.codes import (
    CELL_UNIT,
    CONSUMED,
    CREATES,
    FOREVER,
    IS_LASTING,
    KIND_NAMES,
    OPERATION_NAMES,
    POSITION,
    SITE,
    TOLD_NAMES,
)
from graph.index.lineage import Lineage
from graph.keeping.inverse import Inverse, inverse_of
from graph.rules.account import Account, Event
from graph.rules.course import Course, Parcel, Thing, run_course
from graph.vocabulary import FINAL_DISPOSITIONS

__all__ = ["Parts", "Standing"]

_HELD_BY = frozenset({"Tissue", "CellLot"})  # kinds that have a disposition, with the units of lots
_NOT_THERE = frozenset({*FINAL_DISPOSITIONS, "unaccounted"})


@dataclass(slots=True)
class Parts:
    """How many parts have which disposition: units, containers of a counted lot, an uncounted lot or a tissue as one."""

    by_disposition: Counter[str] = field(default_factory=Counter)

    @property
    def to_hold(self) -> int:
        """What is still there, on hold already or not."""
        return sum(count for name, count in self.by_disposition.items() if name not in _NOT_THERE)


class Standing:
    """Replays the accounts of the lots that are asked about, each once. Cost: that of their events."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._inverse: Inverse = inverse_of(lineage.facts)
        self._courses: dict[int, Course] = {}

    def parts(self, affected: Iterable[tuple[int, int]]) -> Parts:
        """Of things with the time from which each is affected. A lot whose units are named counts by those of them."""
        columns = self._lineage.facts.columns
        parts = Parts()
        for thing, since in affected:
            kind = columns["thing_kind"][thing]
            if kind == CELL_UNIT:
                lot = columns["thing_lot"][thing]
                unit = self._lineage.facts.keys[thing].partition("#")[2]
                for parcel in self._course(lot).parcels:
                    if parcel.unit == unit:
                        parts.by_disposition[parcel.disposition] += 1
            elif KIND_NAMES[kind] in _HELD_BY:
                self._add_lot(parts, thing, since)
        return parts

    def _add_lot(self, parts: Parts, lot: int, since: int) -> None:
        course = self._course(lot)
        if course.mode == "itemised":
            return
        amounts = course.amounts()
        if course.mode == "counted":
            # What was used up before the lot was affected is clean, and no part of the answer.
            before = self._replayed(lot, until=since - 1).amounts() if since > -FOREVER else {}
            for name in FINAL_DISPOSITIONS:
                if name in before:
                    amounts[name] = amounts.get(name, 0) - before[name]
        is_measured = self._is_measured(lot)
        for name, amount in amounts.items():
            if amount > 1e-9:
                parts.by_disposition[name] += 1 if is_measured else math.ceil(amount - 1e-9)

    def _is_measured(self, lot: int) -> bool:
        measured = self._lineage.facts.columns["output_is_measured"]
        return any(measured[row] for op, row in self._inverse.outputs(lot) if self._is_live(op))

    def _course(self, lot: int) -> Course:
        if lot not in self._courses:
            self._courses[lot] = self._replayed(lot)
        return self._courses[lot]

    def _replayed(self, lot: int, *, until: int | None = None) -> Course:
        kind, key = self._lineage.node(lot)
        account = Account(events=self._events(lot))
        return run_course(Thing(kind=kind, key=key), account, until_ms=until, is_within=self._is_within)

    def _is_within(self, position: str, place: str, at_ms: int) -> bool:
        if position == place:
            return True
        wanted, found = (self._lineage.find(("StoragePosition", key)) for key in (position, place))
        if wanted is None or found is None:
            return False
        inside = self._lineage.derived.places.inside(found)
        return any(span.position == wanted and span.start <= at_ms < span.end for span in inside)

    # -- the account of a lot, from the facts -----------------------------------------------------------------------

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
        first = columns[f"{side}_units_end"][row - 1] if row else 0
        units = columns[f"{side}_unit"].part(first, columns[f"{side}_units_end"][row])
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

    # -- sites ------------------------------------------------------------------------------------------------------

    def sites(self, things: Iterable[int]) -> Counter[int | None]:
        """How many of the things are, or were last, at which site: a position, or where none is known the organisation.

        By number; None: neither is recorded. A counted lot is at each site where some of it stands.
        """
        found: Counter[int | None] = Counter()
        for thing in things:
            found.update(self._sites_of(thing))
        return found

    def _sites_of(self, thing: int) -> set[int | None]:
        columns = self._lineage.facts.columns
        kind = columns["thing_kind"][thing]
        if KIND_NAMES[kind] == "CellLot" and (course := self._course(thing)).mode == "counted":
            placed = {place for parcel in course.parcels if (place := self._stands(parcel)) is not None}
            if sites := {site for place, at in placed if (site := self._site_of(place, at)) is not None}:
                return set(sites)
        return {self._last_site(self._acts(thing, columns["thing_lot"][thing] if kind == CELL_UNIT else None))}

    def _stands(self, parcel: Parcel) -> tuple[int, int] | None:
        """In which position, and since when."""
        if parcel.stay is None:
            return None
        place = self._lineage.find(("StoragePosition", parcel.stay.position))
        return None if place is None else (place, parcel.stay.start[0])

    def _acts(self, thing: int, lot: int | None) -> list[int]:
        """The operations that the thing took part in itself: a unit where it is named, or its lot alone."""
        columns = self._lineage.facts.columns
        found = [op for op, _ in self._inverse.outputs(thing if lot is None else lot) if self._is_live(op)]
        for op, row in self._inverse.inputs(thing if lot is None else lot):
            first = columns["input_units_end"][row - 1] if row else 0
            units = columns["input_unit"].part(first, columns["input_units_end"][row])
            if self._is_live(op) and (not units or (lot is not None and thing in units)):
                found.append(op)
        return found

    def _last_site(self, operations: list[int]) -> int | None:
        columns = self._lineage.facts.columns
        placed: tuple[int, int] | None = None
        last: tuple[int, int] | None = None
        for op in operations:
            when = columns["op_start"][op], op
            last = max(when, last) if last is not None else when
            if self._place(op) is not None:
                placed = max(when, placed) if placed is not None else when
        for act in (placed, last):
            if act is None:
                continue
            place = self._place(act[1]) if act is placed else None
            if place is not None and (site := self._site_of(place, act[0])) is not None:
                return site
        return int(columns["op_org"][last[1]]) if last is not None else None

    def _place(self, op: int) -> int | None:
        """Where an operation left what it touched."""
        columns = self._lineage.facts.columns
        name = self._position(op)
        if name is not None:
            return self._lineage.find(("StoragePosition", name))
        for member in ("op_left", "op_location"):
            if columns[member][op] >= 0:
                return int(columns[member][op])
        return None

    def _site_of(self, place: int, at_ms: int) -> int | None:
        """The nearest site upwards, then."""
        passed: set[int] = set()
        here: int | None = place
        while here is not None and here not in passed:
            passed.add(here)
            if here in self._site_positions:
                return here
            here = self._lineage.derived.places.parent_at(here, at_ms)
        return None

    @cached_property
    def _site_positions(self) -> frozenset[int]:
        """The positions of level site, as the records say at the lineage's position."""
        column = self._lineage.facts.columns
        levels: dict[int, int] = {}
        for row in range(len(column["position_thing"])):
            is_known = self._lineage.as_of.shows(
                column["position_seq"][row], column["position_recorded"][row], None, None
            )
            if is_known and column["position_level"][row] != _NOT_SAID:
                levels[column["position_thing"][row]] = column["position_level"][row]
        return frozenset(position for position, level in levels.items() if level == SITE)


_NOT_SAID = 2
_TOLD_AS = {"CHANGED_DISPOSITION": "to", "QC_RELEASE": "test_conclusion", "STORAGE_OUT": "storage_out_reason"}
