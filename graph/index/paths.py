"""Why something is affected: the steps from the seed to it, each the one that reached it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graph.index.codes import (
    CLASS,
    CONTAINS,
    DONE,
    EQUIPMENT,
    FOREVER,
    LEFT,
    OPERATION_NAMES,
    PRESENCE_CLASS,
    RUN,
    TIMED,
    USE,
    WORKED,
)
from graph.index.impact import Run, Spread
from graph.index.lineage import Lineage
from graph.index.segment import Segment
from graph.index.spreading import BY_SEED, EDGE, NEW
from graph.reader import NodeId
from graph.vocabulary import USES

__all__ = ["Back", "PathStep", "path_of", "winning_offset"]

_USED_REAGENT, _USED_EQUIPMENT = USES["Reagent"].edge, USES["Equipment"].edge
# Presences that a field of an operation or its operator makes: what their edges are called in a trace.
_NAMED = {LEFT: "TEMPORARY_STORAGE_LOCATION", WORKED: "OPERATION_LOCATION", DONE: "OPERATOR"}
Bounds = tuple[int, int]
Times = tuple[Bounds, Bounds]  # earliest and latest of start and end; FOREVER where open


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One step along which a hazard went, from ``source`` to ``target``; ``type`` is that of the edge, or the member.

    ``end_ms`` None: open.
    """

    type: str
    operation_id: str
    operation_type: str
    offset_minutes: int
    source: NodeId
    target: NodeId
    start_ms: int
    start_latest_ms: int
    end_ms: int | None
    end_latest_ms: int | None


def path_of(lineage: Lineage, spread: Spread, seeds: Sequence[int], thing: int) -> list[PathStep]:
    """The winning path of an affected thing, from its seed to it; empty for a seed. Cost: its length.

    ``seeds`` are the numbers of those that were asked for, in the order in which they were.
    """
    place = spread.place(thing)
    if place is None:
        return []
    run = spread.runs[spread.tiers.index(int(spread.tier[place]))]
    back = Back(lineage, spread, run, seeds)
    return list(back.steps_of(back.chain(thing)))[::-1]


def winning_offset(lineage: Lineage, spread: Spread, row: int) -> int:
    """The offset, in minutes, of the operation by which the thing of a row was reached; 0 for a seed."""
    run, at = spread.runs[spread.tiers.index(int(spread.tier[row]))], int(spread.at[row])
    how, via = int(run.how[at]), int(run.via[at])
    view = lineage.derived.view
    if how & ~NEW == BY_SEED:
        row = int(spread.placed.presence[via])
        if row < 0:
            return 0
        op = int((view.new if spread.placed.is_new[via] else view.base).act[row])
    else:
        segment = view.new if how & NEW else view.base
        op = int(segment.op[via] if how & ~NEW == EDGE else segment.act[via])
    offset: int = lineage.facts.columns["op_offset"][op]
    return offset


Chain = Sequence[tuple[int, int, int]]  # (node, how, via) from a thing back to a seed


@dataclass(frozen=True, slots=True)
class Back:
    """From the things of one run back to the seeds."""

    lineage: Lineage
    spread: Spread
    run: Run
    seeds: Sequence[int]

    def chain(self, node: int) -> Chain:
        """How a thing was reached first, and what reached it, and so on: predecessors were reached before."""
        found: list[tuple[int, int, int]] = []
        while True:
            place = self.run.place(node)
            assert place is not None, "what a step comes from was reached before it"
            how, via = int(self.run.how[place]), int(self.run.via[place])
            found.append((node, how, via))
            if how & ~NEW == BY_SEED:
                return found
            segment = self._segment(how)
            if how & ~NEW == EDGE:
                node = _source(segment, via)
            elif node >= self.lineage.derived.view.thing_count:  # an epoch, which someone brought it to
                node = int(segment.thing[via])
            else:
                node = self._epoch(_hub_number(segment, via), int(self.run.time[place]))

    def steps_of(self, chain: Chain) -> Iterator[PathStep]:
        """The steps of a chain, from the thing back to the seed."""
        for (node, how, via), (source, _, _) in pairwise(chain):
            segment = self._segment(how)
            if how & ~NEW == EDGE:
                yield self._edge(segment, via, source, node)
            elif node >= self.lineage.derived.view.thing_count:
                yield self._presence(segment, via, source, self._hub(segment, via))
            else:
                yield self._presence(segment, via, self._hub(segment, via), node)
        node, _, via = chain[-1]
        if (step := self._from_seed(node, via)) is not None:
            yield step

    def _segment(self, how: int) -> Segment:
        view = self.lineage.derived.view
        return view.new if how & NEW else view.base

    def _from_seed(self, thing: int, via: int) -> PathStep | None:
        placed = self.spread.placed
        row = int(placed.presence[via])
        if row < 0:
            return None
        view = self.lineage.derived.view
        segment = view.new if placed.is_new[via] else view.base
        # A position is a seed with all that stands below it: then the operation tells where in it that was.
        return self._presence(segment, row, self.seeds[int(placed.origin[via])], thing)

    def _hub(self, segment: Segment, row: int) -> int:
        return int(self.lineage.derived.view.hub_thing[_hub_number(segment, row)])

    def _epoch(self, hub: int, at: int) -> int:
        view = self.lineage.derived.view
        first, last = int(view.cut_off[hub]), int(view.cut_off[hub + 1])
        return view.thing_count + hub + first + int(np.searchsorted(view.cut_time[first:last], at, side="right"))

    def _edge(self, segment: Segment, edge: int, source: int, target: int) -> PathStep:
        op, of_class = int(segment.op[edge]), int(segment.flags[edge]) & CLASS
        if of_class == USE:
            return self._step(_USED_REAGENT, op, source, target, use_times(self.lineage, op, source, target))
        name = "CONTAINS" if of_class == CONTAINS else OPERATION_NAMES[self.lineage.facts.columns["op_type"][op]]
        return self._step(name, op, source, target, self.lineage.facts.op_times(op, self.lineage.as_of))

    def _presence(self, segment: Segment, row: int, source: int, target: int) -> PathStep:
        op, of_class = int(segment.act[row]), int(segment.marks[row]) & PRESENCE_CLASS
        if of_class == RUN:
            machine = source if self.lineage.facts.columns["thing_kind"][source] == EQUIPMENT else target
            times = use_times(self.lineage, op, machine, source + target - machine)
            return self._step(_USED_EQUIPMENT, op, source, target, times)
        if of_class == LEFT:
            arrived, over = int(segment.times[segment.arrived[row]]), int(segment.times[segment.over[row]])
            return self._step(_NAMED[LEFT], op, source, target, ((arrived, arrived), (over, over)))
        name = _NAMED.get(of_class) or OPERATION_NAMES[self.lineage.facts.columns["op_type"][op]]
        return self._step(name, op, source, target, self.lineage.facts.op_times(op, self.lineage.as_of))

    def _step(self, name: str, op: int, source: int, target: int, times: Times) -> PathStep:
        (start, start_last), (end, end_last) = times
        return PathStep(
            type=name,
            operation_id=self.lineage.facts.op_keys[op],
            operation_type=OPERATION_NAMES[self.lineage.facts.columns["op_type"][op]],
            offset_minutes=self.lineage.facts.columns["op_offset"][op],
            source=self.lineage.node(source),
            target=self.lineage.node(target),
            start_ms=start,
            start_latest_ms=start_last,
            end_ms=None if end == FOREVER else end,
            end_latest_ms=None if end_last == FOREVER else end_last,
        )


def _source(segment: Segment, edge: int) -> int:
    row = int(np.searchsorted(segment.off, edge, side="right")) - 1
    return row if not len(segment.keys) else int(segment.keys[row])


def _hub_number(segment: Segment, row: int) -> int:
    return (int(np.searchsorted(segment.hub_off, row, side="right")) - 1) // 2


def use_times(lineage: Lineage, op: int, resource: int, touched: int) -> Times:
    """The times of an operation's use of a resource; of several uses, of the first that says it touched the thing."""
    facts = lineage.facts
    uses = [use for use in facts.uses(op) if facts.columns["use_thing"][use] == resource]
    use = next((use for use in uses if touched in facts.on(use)), uses[0])
    if not facts.columns["use_flags"][use] & TIMED:
        return facts.op_times(op, lineage.as_of)
    return facts.use_times(op, use, lineage.as_of)
