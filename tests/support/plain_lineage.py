"""What records say of lineage and presence, written down once more from the rules: plainly, slowly, to check against.

Shares nothing with ``graph.index``; it reads records with ``graph.records``. ``support.oracle`` spreads along it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph.reader import NodeId
from graph.records import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    RawRecord,
    Record,
    lot_of_unit,
    parse,
)
from graph.vocabulary import KINDS, OPERATIONS

__all__ = ["INF", "Edge", "PlainLineage", "Presence"]

INF = math.inf
Bounds = tuple[float, float]  # earliest, latest
_ORDER = {"STORAGE_OUT": 1, "QC_RELEASE": 2, "CHANGED_DISPOSITION": 2, "STORED": 3}


@dataclass(frozen=True)
class _End:
    """When something is over; among equal ones an exact one counts."""

    at: float = INF
    inexact: bool = False

    @staticmethod
    def of(bounds: Bounds) -> _End:
        return _End(bounds[1], bounds[0] != bounds[1])

    def first(self, other: _End) -> _End:
        return min(self, other, key=lambda end: (end.at, end.inexact))


@dataclass(frozen=True)
class Edge:
    source: NodeId
    target: NodeId
    start: Bounds
    end: Bounds
    inexact: bool

    def passes(self, tau: float, *, closed: bool) -> bool:
        """Rule 1."""
        return tau <= self.start[1] or tau < self.end[1] or (closed and tau == self.end[1])


@dataclass(frozen=True)
class Presence:
    """``is_point``: the instant ``start`` = ``end``; otherwise [start, end)."""

    thing: NodeId
    place: NodeId
    kind: str  # run, stay, place (a stay where it stands), worked, done
    start: float
    end: float
    is_point: bool
    inexact: bool
    is_open_process: bool = True

    def within(
        self, start: float, end: float, *, closed: bool, ended: bool = False
    ) -> tuple[float, float, bool] | None:
        """The part of it in [start, end), or [start, end] where ``ended``: (start, end, whether the end belongs to it)."""
        first = max(self.start, start)
        if self.end < end:
            last, holds = self.end, closed or self.is_point
        elif self.end == end:
            last, holds = end, (closed or self.is_point) and ended
        else:
            last, holds = end, ended
        return (first, last, holds) if first < last or (first == last and holds) else None


class _Place(NamedTuple):
    """Where a position stood ("": in nothing): from (when, whether that is inexact), until, and whether that is sure."""

    name: str
    since: tuple[float, bool]
    until: _End
    is_sure: bool

    def during(self, outer: _Place) -> _Place | None:
        first = max(self.since, outer.since, key=lambda bound: (bound[0], not bound[1]))
        last = self.until.first(outer.until)
        return None if last.at < first[0] else _Place(self.name, first, last, self.is_sure and outer.is_sure)


@dataclass
class _Operation:
    record: OperationRecord
    number: int
    start: Bounds
    end: Bounds
    use_ends: list[Bounds] = field(default_factory=list)

    @property
    def type(self) -> str:
        return self.record.type

    @property
    def is_material(self) -> bool:
        return OPERATIONS[self.type].is_material

    @property
    def is_exact(self) -> bool:
        return self.start[0] == self.start[1] and self.end[0] == self.end[1]

    @property
    def is_instant(self) -> bool:
        record = self.record
        if record.end is None and not OPERATIONS[self.type].is_lasting:
            return True
        return self.start[0] == self.start[1] == self.end[0] == self.end[1]

    @property
    def key(self) -> tuple[int, int]:
        return _ORDER.get(self.type, 4), self.number


def _bounds(moment: Any) -> Bounds:
    return (INF, INF) if moment is None else (moment.earliest_ms, moment.latest_ms)


class PlainLineage:
    """All that the records say, as it was known at a time (None: all of it)."""

    def __init__(self, records: Sequence[Mapping[str, Any]], known_at: float | None = None) -> None:
        self.operations: dict[str, _Operation] = {}
        self.first_parent: dict[str, str] = {}
        self.shared: set[str] = set()
        parsed = []
        for number, given in enumerate(records, start=1):
            record, problems = parse(RawRecord(dict(given)))
            assert record is not None, problems
            recorded = number if record.recorded_at is None else record.recorded_at.earliest_ms
            if known_at is None or recorded <= known_at:
                parsed.append(record)
        self._read(parsed)
        self.makers: dict[NodeId, _Operation] = {}
        self.units: dict[str, tuple[str, ...]] = {}
        self.amounts: dict[NodeId, float] = {}
        for operation in self.operations.values():
            if OPERATIONS[operation.type].creates:
                for output in operation.record.outputs:
                    self.makers[output.kind, output.id] = operation
                    self.units[output.id] = output.units
                    if output.quantity and not output.units:
                        self.amounts[output.kind, output.id] = output.quantity
                    for unit in output.units:
                        self.makers["CellUnit", unit] = operation
        self.cuts: dict[NodeId, dict[float, bool]] = {}
        for operation in self.operations.values():
            if operation.type == "DECONTAMINATED":
                for end in operation.record.inputs:
                    exact = operation.start[0] == operation.start[1] and operation.end[0] == operation.end[1]
                    cuts = self.cuts.setdefault((end.kind, end.id), {})
                    cuts[operation.end[1]] = cuts.get(operation.end[1], False) or exact
        self.edges = [*self._material(), *self._reagents(), *self._contained()]
        self.presences = [*self._runs(), *self._worked(), *self._stays()]

    def _read(self, records: Sequence[Record]) -> None:  # noqa: C901 - the five records, one after the other
        """Order does not matter: operations first, then what is said of them."""
        numbered: list[tuple[int, OperationRecord]] = []
        corrected = set()
        for number, record in enumerate(records):
            if isinstance(record, OperationRecord):
                numbered.append((number, record))
            elif isinstance(record, CorrectionRecord):
                corrected.add(record.operation)
                if record.replacement is not None:
                    numbered.append((number, record.replacement))
            elif isinstance(record, NodeRecord) and record.kind == "StoragePosition":
                self._position(record.id, record.values)
            elif isinstance(record, AmendmentRecord) and record.kind == "StoragePosition":
                self._position(record.id_of, record.values)
        for number, operation in numbered:
            if operation.id in corrected:
                continue
            start = _bounds(operation.start)
            end = start if operation.end is None and not operation.is_open else _bounds(operation.end)
            self.operations[operation.id] = _Operation(operation, number, start, end)
        closings = [record for record in records if isinstance(record, ClosingRecord)]
        for closing in closings:
            if closing.use is None and closing.operation in self.operations:
                self.operations[closing.operation].end = _bounds(closing.end)
        for live in self.operations.values():
            for use in live.record.uses:
                end = live.end if use.start is None else _bounds(use.end)
                is_machine = use.kind == "Equipment"
                alike = [other for other in live.record.uses if other.id == use.id and other.is_open]
                is_meant = is_machine or not any(other.kind == "Equipment" for other in alike)
                for closing in closings:
                    if closing.operation == live.record.id and closing.use == use.id and use.is_open and is_meant:
                        end = _bounds(closing.end)
                live.use_ends.append(end)

    def _position(self, key: str, values: Mapping[str, Any]) -> None:
        if "parent" in values:
            self.first_parent.pop(key, None)
            if values["parent"] is not None:
                self.first_parent[key] = values["parent"]
        if "shared_environment" in values:
            (self.shared.add if values["shared_environment"] else self.shared.discard)(key)

    # -- what was done to what -------------------------------------------------------------------------------------

    def _sources(self, operation: _Operation) -> list[NodeId]:
        found: list[NodeId] = []
        for end in operation.record.inputs:
            found += [("CellUnit", unit) for unit in end.units] or [(end.kind, end.id)]
        return found

    def _touched(self, operation: _Operation, on: Sequence[str] = ()) -> list[NodeId]:
        things: list[NodeId]
        if on:
            things = [(name.partition(":")[0], name.partition(":")[2]) for name in on]
        elif operation.is_material:
            things = [(output.kind, output.id) for output in operation.record.outputs]
        else:
            things = self._sources(operation)
        return [thing for thing in things if KINDS[thing[0]].is_material]

    def _naming(self, thing: NodeId, *, whole: bool = False) -> list[tuple[_Operation, Any]]:
        """Inputs that name a thing: a unit by itself or with its whole lot; a lot by itself, or, not ``whole``, its units."""
        lot = ("CellLot", lot_of_unit(thing[1])) if thing[0] == "CellUnit" else thing
        found = []
        for operation in self.operations.values():
            for end in operation.record.inputs:
                if (end.kind, end.id) != lot:
                    continue
                if thing[0] == "CellUnit":
                    is_named = not end.units or thing[1] in end.units
                else:
                    is_named = not end.units or not whole
                if is_named:
                    found.append((operation, end))
        return found

    @staticmethod
    def _uses_up(operation: _Operation, end: Any) -> bool:
        return operation.is_material or end.consumed or PlainLineage._destroys(operation)

    @staticmethod
    def _destroys(operation: _Operation) -> bool:
        return operation.type == "CHANGED_DISPOSITION" and operation.record.values.get("to") == "destroyed"

    def _taken(self, thing: NodeId) -> tuple[list[_Operation], bool]:
        """What took a unit, or an uncounted lot or tissue as a whole; and whether the first of it counts, not the last.

        A lot's name means all that is left of it. What names a unit took it, so no destruction of its lot did; of
        several such destructions the first left nothing for the others.
        """
        found, rest = [], []
        for operation, end in self._naming(thing, whole=True):
            if not self._uses_up(operation, end) or thing[0] == "Reagent":
                continue
            if thing[0] == "CellUnit":
                is_all = self._destroys(operation) and "from" not in operation.record.values and not end.quantity
                if end.units:
                    found.append(operation)
                elif is_all:
                    rest.append(operation)
            elif not self.units.get(thing[1]) and thing not in self.amounts and not end.consumed:
                found.append(operation)
        return (found, False) if found else (rest, True)

    def gone(self, thing: NodeId) -> _End:
        """The latest start of what took it."""
        takers, is_first = self._taken(thing)
        ends = [_End.of(operation.start) for operation in takers]
        if is_first:
            return min(ends, key=lambda end: (end.at, end.inexact), default=_End())
        return max(ends, key=lambda end: (end.at, not end.inexact), default=_End())

    # -- rules 1 and 2 ---------------------------------------------------------------------------------------------

    def _material(self) -> Iterable[Edge]:
        for operation in self.operations.values():
            if operation.is_material:
                inexact = operation.start[0] != operation.start[1] or operation.end[0] != operation.end[1]
                for source in self._sources(operation):
                    for output in operation.record.outputs:
                        yield Edge(source, (output.kind, output.id), operation.start, operation.end, inexact)

    def _reagents(self) -> Iterable[Edge]:
        for operation in self.operations.values():
            for use, end in zip(operation.record.uses, operation.use_ends, strict=True):
                if use.kind == "Reagent":
                    start = operation.start if use.start is None else _bounds(use.start)
                    inexact = start[0] != start[1] or end[0] != end[1]
                    for target in self._touched(operation, use.on):
                        yield Edge(("Reagent", use.id), target, start, end, inexact)

    def _contained(self) -> Iterable[Edge]:
        for lot, units in self.units.items():
            for unit in units:
                maker = self.makers["CellUnit", unit]
                inexact = maker.start[0] != maker.start[1]
                takers, is_first = self._taken(("CellUnit", unit))
                start, end = maker.start, (INF, INF)
                if takers:
                    # Until when it can be reached with its lot: the very instant counts where that is a point.
                    chances = [
                        (max(taken.start[1], taken.end[1]), taken.end[1] <= taken.start[1], taken) for taken in takers
                    ]
                    until = (min if is_first else max)(chance[:2] for chance in chances)
                    last = [taken for *chance, taken in chances if tuple(chance) == until]
                    taker = next((taken for taken in last if taken.is_exact), last[0])
                    inexact = inexact or not taker.is_exact
                    start, end = (maker.start[0], taker.start[1]), taker.end
                yield Edge(("CellLot", lot), ("CellUnit", unit), start, end, inexact)

    # -- rule 3: presences -----------------------------------------------------------------------------------------

    def _runs(self) -> Iterable[Presence]:
        for operation in self.operations.values():
            for use, end in zip(operation.record.uses, operation.use_ends, strict=True):
                if use.kind != "Equipment":
                    continue
                start = operation.start if use.start is None else _bounds(use.start)
                is_unsure = use.start is None and operation.is_instant
                for thing in self._touched(operation, use.on):
                    last = self._next(thing, operation) if is_unsure else end[1]
                    inexact = is_unsure or start[0] != start[1] or end[0] != end[1]
                    last = max(last, start[0])
                    machine = ("Equipment", use.id)
                    is_open = use.process == "open"
                    yield Presence(thing, machine, "run", start[0], last, last == start[0], inexact, is_open)

    def _next(self, thing: NodeId, operation: _Operation) -> float:
        """When it was next taken, stored, shipped or given, for certain after the operation; the latest that can be."""
        made_here = self.makers.get(thing) is operation
        own = (0, operation.number) if made_here else operation.key
        found = INF
        for other, end in self._naming(thing):
            if other is operation or not (other.type in {"STORED", "TRANSPORTED"} or self._uses_up(other, end)):
                continue
            is_same_time = other.start[0] == operation.start[1] and other.key > own
            if made_here or other.start[0] > operation.start[1] or is_same_time:
                found = min(found, other.start[1])
        return found

    def _worked(self) -> Iterable[Presence]:
        for operation in self.operations.values():
            inexact_start = operation.start[0] != operation.start[1]
            inexact = inexact_start or operation.end[0] != operation.end[1]
            for thing in self._touched(operation):
                start = operation.start[0]
                if location := operation.record.values.get("operation_location"):
                    end = max(start, operation.end[1])
                    place = ("StoragePosition", location)
                    yield Presence(thing, place, "worked", start, end, end == start, inexact)
                is_lasting = OPERATIONS[operation.type].is_lasting
                end = max(start, operation.start[1] if is_lasting else operation.end[1])
                person = ("Person", operation.record.operator)
                unsure = inexact_start if is_lasting else inexact
                yield Presence(thing, person, "done", start, end, end == start, unsure)

    # -- stays (rules 3 and 4) -------------------------------------------------------------------------------------

    def _stays(self) -> Iterable[Presence]:
        for operation in self.operations.values():
            if operation.type == "STORED":
                for end in operation.record.inputs:
                    for position in operation.record.outputs:
                        yield from self._stored(operation, end, position.id)
            if left := operation.record.values.get("temporary_storage_location"):
                for output in operation.record.outputs:
                    lot = (output.kind, output.id)
                    for thing in [lot, *(("CellUnit", unit) for unit in output.units)]:
                        stays = [_End.of(other.start) for other, _ in self._naming(thing) if other.type == "STORED"]
                        until = min(stays, key=lambda end: (end.at, end.inexact), default=_End())
                        start = operation.end
                        cut = self.gone(thing) if thing[0] == "CellUnit" else self._all_gone(lot)
                        yield from self._stand(thing, left, start, until, cut)

    def _stored(self, operation: _Operation, end: Any, position: str) -> Iterable[Presence]:
        own = _End.of(operation.end)
        lot = (end.kind, end.id)
        units = [("CellUnit", unit) for unit in end.units or self.units.get(end.id, ())]
        unit_cuts = {unit: self.gone(unit).first(self._out(unit, operation, position)) for unit in units}
        for unit, cut in unit_cuts.items():
            yield from self._stand(unit, position, operation.start, own, cut)
        if end.units:
            return
        if units:
            last = max(unit_cuts.values(), key=lambda cut: (cut.at, not cut.inexact))
            cut = self._out(lot, operation, position)
            if last.at >= operation.start[0]:
                cut = cut.first(last)
        elif lot in self.amounts:
            cut = self._counted(lot)[0].get(operation.record.id, _End())
        else:
            cut = self.gone(lot).first(self._out(lot, operation, position))
        yield from self._stand(lot, position, operation.start, own, cut)

    def _all_gone(self, lot: NodeId) -> _End:
        if units := self.units.get(lot[1]):
            return max((self.gone(("CellUnit", unit)) for unit in units), key=lambda end: (end.at, not end.inexact))
        return self._counted(lot)[1] if lot in self.amounts else self.gone(lot)

    def _out(self, thing: NodeId, stay: _Operation, position: str) -> _End:
        """Taking out, paired with stays in order; one that is certainly later ends a stay in any case."""

        def there(operation: _Operation) -> bool:
            return any(output.id == position for output in operation.record.outputs)

        named = self._naming(thing, whole=True)
        named.sort(key=lambda pair: (pair[0].start, pair[0].number))
        stays = [operation for operation, _ in named if operation.type == "STORED" and there(operation)]
        outs = [
            operation
            for operation, end in named
            if operation.type == "STORAGE_OUT" and there(operation) and (thing[0] == "CellUnit" or not end.quantity)
        ]
        paired: set[int] = set()
        for candidate in stays:
            possible = [
                out
                for out in outs
                if out.start[1] > candidate.start[0]
                and out.start[0] <= candidate.end[1]
                and (out.number not in paired or out.start[0] > candidate.start[1])
            ]
            chosen = min(possible, key=lambda out: out.start[1], default=None)
            if chosen is not None:
                paired.add(chosen.number)
            if candidate is stay:
                return _End() if chosen is None else _End.of(chosen.start)
        raise AssertionError("a stay that is none")

    def _counted(self, lot: NodeId) -> tuple[dict[str, _End], _End]:  # noqa: C901, PLR0912 - one story, told plainly
        """When each stay of a counted lot was empty, and when all of the lot was taken."""
        made = self.amounts[lot]
        events: list[tuple[float, int, int, str, _Operation, Any]] = []
        for operation, end in self._naming(lot):
            if operation.type == "STORED":
                events.append((operation.start[0], 3, operation.number, "store", operation, end))
                if operation.end[1] < INF:
                    rank = 1 if operation.end[1] > operation.start[0] else 5
                    events.append((operation.end[1], rank, operation.number, "close", operation, end))
            elif operation.type == "STORAGE_OUT":
                events.append((operation.start[1], 1, operation.number, "out", operation, end))
            elif self._uses_up(operation, end):
                events.append((operation.start[1], 4, operation.number, "take", operation, end))
        order = {
            op.number: rank for rank, op in enumerate(sorted((e[4] for e in events), key=lambda o: (o.start, o.number)))
        }
        events.sort(key=lambda event: (event[0], event[1], order[event[2]], event[3] != "close"))
        left: dict[str, float] = {}  # by stay, the oldest first
        empty: dict[str, _End] = {}
        free, taken, loose, gone, least = made, 0.0, 0.0, _End(), made * 1e-9

        def place(stay: str) -> str:
            return self.operations[stay].record.outputs[0].id

        def drain(position: str, amount: float) -> float:
            found = 0.0
            for stay, here in left.items():
                if place(stay) == position and amount > 0 and here > 0:
                    part = min(here, amount)
                    left[stay] -= part
                    amount -= part
                    found += part
            return found

        for _, _, _, what, operation, end in events:
            quantity = end.quantity or 0.0
            if what == "store":
                left[operation.record.id] = quantity or made - taken
                free = max(0.0, free - left[operation.record.id])
                continue
            if what == "close":
                free += max(0.0, left[operation.record.id])
                left[operation.record.id] = 0.0
            elif what == "out" and quantity:
                free += drain(operation.record.outputs[0].id, quantity)
            elif what == "out":
                here = [stay for stay in left if left[stay] > 0 and place(stay) == operation.record.outputs[0].id]
                sure = [stay for stay in here if self.operations[stay].start[1] < operation.start[0]]
                for stay in sure or here[:1]:
                    free += left[stay]
                    left[stay] = 0.0
            else:
                if self._destroys(operation) and not quantity:
                    if "from" in operation.record.values:
                        continue
                    quantity = made - taken
                taken += quantity
                rest, free = max(0.0, quantity - free), max(0.0, free - quantity)
                places = {place(stay) for stay in left if left[stay] > 0}
                if len(places) == 1:
                    drain(places.pop(), rest)
                else:
                    loose += rest
            time = _End.of(operation.end if what == "close" else operation.start)
            total = sum(max(0.0, amount) for amount in left.values())
            if taken >= made - least:
                gone = gone.first(time)
            for stay, amount in left.items():
                if stay not in empty and (amount <= least or total - loose <= least or taken >= made - least):
                    left[stay] = 0.0
                    empty[stay] = time
        return empty, gone

    def _stand(self, thing: NodeId, position: str, start: Bounds, end: _End, cut: _End) -> Iterable[Presence]:
        over = end.first(cut)
        if over.at < start[0]:
            return
        is_point = end.at == start[0] and cut.at > start[0]
        begun_inexact = start[0] != start[1]
        place = ("StoragePosition", position)
        yield Presence(thing, place, "place", start[0], over.at, is_point, begun_inexact or over.inexact)
        for vessel, since, until, is_sure in self.vessels(position):
            first = max((start[0], begun_inexact), since, key=lambda bound: (bound[0], not bound[1]))
            last = over.first(until)
            if last.at < first[0]:
                continue
            held = is_point and until.at > start[0]
            inexact = first[1] or last.inexact or not is_sure
            yield Presence(thing, ("StoragePosition", vessel), "stay", first[0], last.at, held, inexact)

    def _parents(self, position: str) -> list[_Place]:
        """Where a position stood or may have stood.

        Rule 4, of one move and any other: in the new place from the one's earliest time, and there until the other's
        latest where that came after it for certain. Where two may have come in either order, either may be the last.
        """
        moves = [
            operation
            for operation in self.operations.values()
            if operation.type == "MOVED" and any(end.id == position for end in operation.record.inputs)
        ]

        def comes_after(one: _Operation, other: _Operation) -> bool:
            if one.start == other.start and one.start[0] == one.start[1]:  # one instant: as the ledger has them
                return one.number > other.number
            return one.start[0] >= other.start[1]

        def until(later: Sequence[_Operation]) -> _End:
            return min((_End.of(move.start) for move in later), key=lambda end: (end.at, end.inexact), default=_End())

        found = [_Place(self.first_parent.get(position, ""), (-INF, False), until(moves), True)]
        for move in moves:
            later = [other for other in moves if comes_after(other, move)]
            doubtful = [
                other for other in moves if other is not move and other not in later and not comes_after(move, other)
            ]
            since = (move.start[0], move.start[0] != move.start[1])
            found.append(_Place(move.record.outputs[0].id, since, until(later), not doubtful))
        return found

    def vessels(self, position: str) -> list[_Place]:
        """Rule 4."""

        def climb(here: _Place) -> list[_Place]:
            if here.name in self.shared:
                return [here]
            found = []
            for parent in self._parents(here.name):
                inner = parent.during(here)
                if inner is not None:
                    found += [inner._replace(name=position)] if not parent.name else climb(inner)
            return found

        return climb(_Place(position, (-INF, False), _End(), True))

    def inside(self, position: str) -> list[_Place]:
        """The position and what stood below it, with the times."""
        found = [_Place(position, (-INF, False), _End(), True)]
        for outer in found:
            for below in {*self.first_parent, *self._moved()}:
                spans = [parent.during(outer) for parent in self._parents(below) if parent.name == outer.name]
                found += [span._replace(name=below) for span in spans if span is not None]
        return found

    def _moved(self) -> set[str]:
        return {end.id for op in self.operations.values() if op.type == "MOVED" for end in op.record.inputs}
