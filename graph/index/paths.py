"""Why something is affected: the steps from the seed to it, each the one that reached it first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, NamedTuple

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
from graph.index.jit import kernel
from graph.index.lineage import Lineage
from graph.index.segment import Segment, hub_of, source_of
from graph.index.spreading import BY_SEED, EDGE, NEW
from graph.index.tables import Array
from graph.index.view import last_at_most
from graph.reader import NodeId
from graph.vocabulary import USES

__all__ = ["STEP_NAMES", "Back", "PathStep", "WinningSteps", "path_lengths", "path_of", "rows_before", "winning_steps"]

_USED_REAGENT, _USED_EQUIPMENT = USES["Reagent"].edge, USES["Equipment"].edge
# What edges and presences are called that are not called as the operation: by their class.
_EDGE_NAMES = {CONTAINS: "CONTAINS", USE: _USED_REAGENT}
_PRESENCE_NAMES = {
    RUN: _USED_EQUIPMENT,
    LEFT: "TEMPORARY_STORAGE_LOCATION",
    WORKED: "OPERATION_LOCATION",
    DONE: "OPERATOR",
}
STEP_NAMES = (*OPERATION_NAMES, *_EDGE_NAMES.values(), *_PRESENCE_NAMES.values())


def _codes(names: Mapping[int, str], classes: int) -> Array:
    """By class the place of its name in `STEP_NAMES`; -1 where it is called as its operation."""
    return np.array([STEP_NAMES.index(names[each]) if each in names else -1 for each in range(classes + 1)])


_EDGE_CODES, _PRESENCE_CODES = _codes(_EDGE_NAMES, CLASS), _codes(_PRESENCE_NAMES, PRESENCE_CLASS)
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


def path_of(
    lineage: Lineage, spread: Spread, seeds: Sequence[int], thing: int, *, last: int | None = None
) -> list[PathStep]:
    """The winning path of an affected thing, from its seed to it; empty for a seed. Cost: its length.

    ``seeds`` are the numbers of those that were asked for, in the order in which they were. ``last``: no more than so many
    of its last steps.
    """
    place = spread.place(thing)
    if place is None:
        return []
    run = spread.runs[spread.tiers.index(int(spread.tier[place]))]
    back = Back(lineage, spread, run, seeds)
    return list(islice(back.steps_of(back.chain(thing, most=last)), last))[::-1]


def path_lengths(lineage: Lineage, spread: Spread) -> Array:
    """How many steps the winning path of each row of an answer has. Cost: some sorts of what was reached."""
    found = np.zeros(len(spread.nodes), dtype=np.int64)
    for tier, run in zip(spread.tiers, spread.runs, strict=True):
        rows = np.flatnonzero(spread.tier == tier)
        if len(rows):
            found[rows] = _steps_to(lineage, spread, run)[spread.at[rows]]
    return found


def rows_before(lineage: Lineage, spread: Spread) -> Array:
    """For each row of an answer the row of the thing that affected it, itself or by way of a machine or position; -1 for
    what came from a seed that is no item. Cost: a few passes over what was reached.
    """
    found = np.full(len(spread.nodes), -1, dtype=np.int64)
    things = lineage.derived.view.thing_count
    for tier, run in zip(spread.tiers, spread.runs, strict=True):
        rows = np.flatnonzero(spread.tier == tier)
        if not len(rows):
            continue
        before = _before(lineage, run)
        at = before[spread.at[rows]]
        is_epoch = (at >= 0) & (run.nodes[at] >= things)
        at[is_epoch] = before[at[is_epoch]]
        is_step = at >= 0
        found[rows[is_step]] = spread.places(run.nodes[at[is_step]])
    return found


def _before(lineage: Lineage, run: Run) -> Array:
    """For each node of a run the place of the one that it was reached from; -1 for what a seed brought."""
    view, by = lineage.derived.view, run.how.astype(np.int64) & ~NEW
    is_seed = by == BY_SEED
    before = np.full(len(run.nodes), -1, dtype=np.int64)
    for segment, mark in ((view.base, 0), (view.new, NEW)):
        is_here = ~is_seed & (run.how.astype(np.int64) & NEW == mark)
        edges = np.flatnonzero(is_here & (by == EDGE))
        before[edges] = source_of(segment, run.via[edges])
        brought = np.flatnonzero(is_here & (by != EDGE) & (run.nodes >= view.thing_count))
        before[brought] = segment.thing[run.via[brought]]
        caught = np.flatnonzero(is_here & (by != EDGE) & (run.nodes < view.thing_count))
        hubs = hub_of(segment, run.via[caught])
        cuts = np.empty(len(caught), dtype=np.int64)
        _find_cuts(view.cut_off, view.cut_time, hubs, run.time[caught], cuts)
        before[caught] = view.thing_count + hubs + cuts
    before[~is_seed] = run.places(before[~is_seed])
    return before


def _steps_to(lineage: Lineage, spread: Spread, run: Run) -> Array:
    """The steps to each node of a run: its predecessors are added up, twice as many of them at each turn."""
    is_seed = run.how.astype(np.int64) & ~NEW == BY_SEED
    steps = np.ones(len(run.nodes), dtype=np.int64)
    steps[is_seed] = spread.placed.presence[run.via[is_seed]] >= 0
    before = _before(lineage, run)
    while (is_going := before >= 0).any():
        steps[is_going] += steps[before[is_going]]
        before[is_going] = before[before[is_going]]
    return steps


@kernel
def _find_cuts(cut_off: Any, cut_time: Any, hubs: Any, times: Any, found: Any) -> None:
    """The place among all cuts of the first of each hub's that is after a time."""
    for row in range(len(hubs)):
        first, last = cut_off[hubs[row]], cut_off[hubs[row] + 1]
        found[row] = last_at_most(cut_time, first, last, times[row]) + 1


class WinningSteps(NamedTuple):
    """Of each thing the step by which it was reached first: from which thing, in which operation, called what.

    -1 for a seed, which no step led to. ``name`` is a place in `STEP_NAMES`.
    """

    source: Array
    op: Array
    name: Array


def winning_steps(lineage: Lineage, spread: Spread, seeds: Sequence[int], rows: Array) -> WinningSteps:
    """The last steps of the winning paths of many rows of an answer, without walking the paths."""
    found = WinningSteps(*(np.full(len(rows), -1, dtype=np.int64) for _ in WinningSteps._fields))
    view, placed = lineage.derived.view, spread.placed
    origins = np.array(seeds, dtype=np.int64)
    for tier, run in zip(spread.tiers, spread.runs, strict=True):
        here = np.flatnonzero(spread.tier[rows] == tier)
        places = spread.at[rows[here]]
        how, via = run.how[places].astype(np.int64), run.via[places]
        is_by_seed = how & ~NEW == BY_SEED
        by_seed, seed = here[is_by_seed], via[is_by_seed]
        presence = placed.presence[seed]
        for is_new, segment in enumerate((view.base, view.new)):
            is_here = ~is_by_seed & (how & NEW == is_new * NEW)
            is_edge = how & ~NEW == EDGE
            _edge_steps(lineage, segment, via[is_here & is_edge], here[is_here & is_edge], found)
            rest = via[is_here & ~is_edge]
            _presence_steps(
                lineage, segment, rest, view.hub_thing[hub_of(segment, rest)], here[is_here & ~is_edge], found
            )
            is_placed = (presence >= 0) & (placed.is_new[seed] == bool(is_new))
            source = origins[placed.origin[seed[is_placed]]]
            _presence_steps(lineage, segment, presence[is_placed], source, by_seed[is_placed], found)
    return found


def _edge_steps(lineage: Lineage, segment: Segment, edges: Array, at: Array, found: WinningSteps) -> None:
    op = segment.op[edges]
    found.source[at] = source_of(segment, edges)
    found.op[at] = op
    found.name[at] = _named(lineage, op, _EDGE_CODES[segment.flags[edges] & CLASS])


def _presence_steps(
    lineage: Lineage, segment: Segment, presences: Array, source: Array, at: Array, found: WinningSteps
) -> None:
    op = segment.act[presences]
    found.source[at] = source
    found.op[at] = op
    found.name[at] = _named(lineage, op, _PRESENCE_CODES[segment.marks[presences] & PRESENCE_CLASS])


def _named(lineage: Lineage, op: Array, code: Array) -> Array:
    named: Array = np.where(code < 0, lineage.facts.columns["op_type"].take(op), code)
    return named


Chain = Sequence[tuple[int, int, int]]  # (node, how, via) from a thing back to a seed


@dataclass(frozen=True, slots=True)
class Back:
    """From the things of one run back to the seeds."""

    lineage: Lineage
    spread: Spread
    run: Run
    seeds: Sequence[int]

    def chain(self, node: int, *, most: int | None = None) -> Chain:
        """How a thing was reached first, and what reached it, and so on: predecessors were reached before.

        ``most``: no further than so many steps back.
        """
        found: list[tuple[int, int, int]] = []
        while True:
            place = self.run.place(node)
            assert place is not None, "what a step comes from was reached before it"
            how, via = int(self.run.how[place]), int(self.run.via[place])
            found.append((node, how, via))
            if how & ~NEW == BY_SEED or (most is not None and len(found) > most):
                return found
            segment = self._segment(how)
            if how & ~NEW == EDGE:
                node = int(source_of(segment, via))
            elif node >= self.lineage.derived.view.thing_count:  # an epoch, which someone brought it to
                node = int(segment.thing[via])
            else:
                node = self._epoch(int(hub_of(segment, via)), int(self.run.time[place]))

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
        node, how, via = chain[-1]
        if how & ~NEW == BY_SEED and (step := self._from_seed(node, via)) is not None:
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
        return int(self.lineage.derived.view.hub_thing[hub_of(segment, row)])

    def _epoch(self, hub: int, at: int) -> int:
        view = self.lineage.derived.view
        first, last = int(view.cut_off[hub]), int(view.cut_off[hub + 1])
        return view.thing_count + hub + first + int(np.searchsorted(view.cut_time[first:last], at, side="right"))

    def _edge(self, segment: Segment, edge: int, source: int, target: int) -> PathStep:
        op, of_class = int(segment.op[edge]), int(segment.flags[edge]) & CLASS
        if of_class == USE:
            return self._step(_USED_REAGENT, op, source, target, use_times(self.lineage, op, source, target))
        name = _EDGE_NAMES.get(of_class) or OPERATION_NAMES[self.lineage.facts.columns["op_type"][op]]
        return self._step(name, op, source, target, self.lineage.facts.op_times(op, self.lineage.as_of))

    def _presence(self, segment: Segment, row: int, source: int, target: int) -> PathStep:
        op, of_class = int(segment.act[row]), int(segment.marks[row]) & PRESENCE_CLASS
        if of_class == RUN:
            machine = source if self.lineage.facts.columns["thing_kind"][source] == EQUIPMENT else target
            times = use_times(self.lineage, op, machine, source + target - machine)
            return self._step(_USED_EQUIPMENT, op, source, target, times)
        if of_class == LEFT:
            arrived, over = int(segment.times[segment.arrived[row]]), int(segment.times[segment.over[row]])
            return self._step(_PRESENCE_NAMES[LEFT], op, source, target, ((arrived, arrived), (over, over)))
        name = _PRESENCE_NAMES.get(of_class) or OPERATION_NAMES[self.lineage.facts.columns["op_type"][op]]
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


def use_times(lineage: Lineage, op: int, resource: int, touched: int) -> Times:
    """The times of an operation's use of a resource; of several uses, of the first that says it touched the thing."""
    facts = lineage.facts
    uses = [use for use in facts.uses(op) if facts.columns["use_thing"][use] == resource]
    use = next((use for use in uses if touched in facts.on(use)), uses[0])
    if not facts.columns["use_flags"][use] & TIMED:
        return facts.op_times(op, lineage.as_of)
    return facts.use_times(op, use, lineage.as_of)
