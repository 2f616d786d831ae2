"""The winning path of a thing that is affected: from the seed, one edge or presence after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph.index.codes import (
    ALWAYS,
    CLASS,
    CONTAINS,
    DONE,
    FOREVER,
    LEFT,
    OPERATION_NAMES,
    PRESENCE_CLASS,
    RUN,
    STAY,
    TIMED,
    USE,
    WORKED,
)
from graph.index.derivation import Derived
from graph.index.facts import Facts
from graph.index.impact import Run, Spread
from graph.index.segment import Segment
from graph.index.spreading import BY_SEED, EDGE, NEW, PRESENCE
from graph.index.tables import Array
from graph.index.view import last_place
from graph.reader import AsOf, EdgeRow, NodeId

__all__ = ["Step", "Storyteller"]

_PRESENCE_TYPES = {
    RUN: "USED_EQUIPMENT",
    STAY: "STORED",
    LEFT: "TEMPORARY_STORAGE_LOCATION",
    WORKED: "OPERATION_LOCATION",
    DONE: "OPERATOR",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a path: the edge, and from when what it leads to is affected (None: always).

    A presence is an edge between what was present and the machine, position or person, in the direction in which it
    passed something on. Its times are those of the use or stay. What stayed in a vessel is joined to the vessel.
    """

    edge: EdgeRow
    since_ms: int | None
    uncertain: bool


Bounds = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Storyteller:
    """Tells paths of answers that were given at one position."""

    facts: Facts
    derived: Derived
    as_of: AsOf

    def path(self, spread: Spread, thing: int) -> list[Step]:
        """From the seed to the thing; empty where it is a seed itself, or not affected."""
        at = spread.place(thing)
        if at is None:
            return []
        run = spread.runs[spread.tiers.index(int(spread.tier[at]))]
        steps = list(self._back(spread, run, thing))
        return steps[::-1]

    def _back(self, spread: Spread, run: Run, node: int) -> Iterator[Step]:
        things = self.derived.view.thing_count
        while True:
            at = run.place(node)
            assert at is not None  # what reached something was reached itself
            how, via, time, doubt = int(run.how[at]), int(run.via[at]), int(run.time[at]), bool(run.doubt[at])
            segment = self.derived.view.new if how & NEW else self.derived.view.base
            kind = how & ~NEW
            if kind == BY_SEED:
                row = int(spread.placed.presence[via])
                if row >= 0:
                    found = self.derived.view.new if spread.placed.is_new[via] else self.derived.view.base
                    yield self._presence(found, row, time, doubt, is_outward=True)
                return
            if kind == EDGE:
                source = _owner(segment.keys, segment.off, via)
                yield Step(edge=self._edge(segment, source, via), since_ms=_told(time), uncertain=doubt)
                node = source
                continue
            assert kind == PRESENCE
            yield self._presence(segment, via, time, doubt, is_outward=node < things)
            node = self._epoch(segment, via, time) if node < things else int(segment.thing[via])

    def _epoch(self, segment: Segment, row: int, time: int) -> int:
        """The node of the epoch in which a presence passed something on at a time."""
        view = self.derived.view
        hub = last_place(segment.hub_off, row) // 2
        first, last = int(view.cut_off[hub]), int(view.cut_off[hub + 1])
        return view.thing_count + hub + first + last_place(view.cut_time[first:last], time) + 1

    def _node(self, thing: int) -> NodeId:
        return self.facts.node(thing)

    def _presence(self, segment: Segment, row: int, time: int, doubt: bool, *, is_outward: bool) -> Step:
        op = int(segment.act[row])
        hub = int(self.derived.view.hub_thing[last_place(segment.hub_off, row) // 2])
        thing = int(segment.thing[row])
        kind = int(segment.marks[row]) & PRESENCE_CLASS
        start, end = self._use_times(op, hub, thing) if kind == RUN else self.facts.op_times(op, self.as_of)
        source, target = (hub, thing) if is_outward else (thing, hub)
        edge = self._row(_PRESENCE_TYPES[kind], op, source, target, start, end)
        return Step(edge=edge, since_ms=_told(time), uncertain=doubt)

    def _edge(self, segment: Segment, source: int, edge: int) -> EdgeRow:
        op, target = int(segment.op[edge]), int(segment.target[edge])
        kind = int(segment.flags[edge]) & CLASS
        start, end = self.facts.op_times(op, self.as_of)
        name = OPERATION_NAMES[self.facts.columns["op_type"][op]]
        if kind == CONTAINS:
            return self._row("CONTAINS", op, source, target, start, (FOREVER, FOREVER))
        if kind == USE:
            start, end = self._use_times(op, source, target)
            return self._row("USED_REAGENT", op, source, target, start, end)
        return self._row(name, op, source, target, start, end)

    def _use_times(self, op: int, resource: int, touched: int) -> tuple[Bounds, Bounds]:
        """The times of an operation's use of a resource; of several such uses, of the first that touched the thing."""
        uses = [use for use in self.facts.uses(op) if self.facts.columns["use_thing"][use] == resource]
        touching = [use for use in uses if touched in self.facts.on(use)] or uses
        use = touching[0]
        if not self.facts.columns["use_flags"][use] & TIMED:
            return self.facts.op_times(op, self.as_of)
        return self.facts.use_times(op, use, self.as_of)

    def _row(self, name: str, op: int, source: int, target: int, start: Bounds, end: Bounds) -> EdgeRow:
        return EdgeRow(
            type=name,
            source=self._node(source),
            target=self._node(target),
            operation_id=self.facts.op_keys[op],
            seq=self.facts.columns["op_seq"][op],
            start_ms=start[0],
            start_latest_ms=None if start[1] == start[0] else start[1],
            end_ms=None if end[0] == FOREVER else end[0],
            end_latest_ms=None if end[1] == end[0] else end[1],
            offset_minutes=self.facts.columns["op_offset"][op],
        )


def _told(time: int) -> int | None:
    return None if time == ALWAYS else time


def _owner(keys: Array, off: Array, place: int) -> int:
    """Whose part of sparse or dense rows a place lies in."""
    row = last_place(off, place)
    return int(keys[row]) if len(keys) else row
