"""Other ways by which something was affected: routes from a seed that respect time, beside the one that came first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graph.index.codes import FOREVER, INCLUSIVE, POINT, PRESENCE_CLASS, RUN, SHARES
from graph.index.impact import Run, Spread
from graph.index.lineage import Lineage
from graph.index.paths import Back, PathStep
from graph.index.segment import Segment, hub_of
from graph.index.sorting import place_in
from graph.index.spreading import BY_SEED, EDGE, PRESENCE
from graph.index.tables import Array

__all__ = ["Routes", "routes_to"]

_LOOKED_AT = 20_000  # links, in search of routes; then it is said that there may be more
_CHECKED = 1_000  # links between two looks at the cancel flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Routes from a seed, the one that came first left out. Not ``is_complete``: there are more, or may be."""

    routes: tuple[tuple[PathStep, ...], ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _Until:
    """By when a node must be affected to pass it on; ``holds``: at that instant, too."""

    last: int
    holds: bool

    def is_met_by(self, time: int) -> bool:
        return time < self.last or (time == self.last and self.holds)

    def and_(self, other: _Until) -> _Until:
        if self.last == other.last:
            return _Until(self.last, self.holds and other.holds)
        return self if self.last < other.last else other


_ANY_TIME = _Until(FOREVER, True)


@dataclass(frozen=True, slots=True)
class _Link:
    """One way in which a node affects another: by ``until``, and not before ``start``. ``source`` -1: a seed does."""

    source: int
    how: int
    via: int
    start: int
    until: _Until


def routes_to(
    lineage: Lineage,
    spread: Spread,
    seeds: Sequence[int],
    thing: int,
    *,
    most: int,
    equipment: bool,
    storage: bool,
    closed: bool,
    cancel: Array,
) -> Routes:
    """Up to so many other routes on which no node stands twice. Ends early rather than look at everything.

    ``equipment``, ``storage`` and ``closed`` are what the answer was found by.
    """
    if spread.place(thing) is None or not spread.is_complete:
        return Routes(routes=(), is_complete=spread.is_complete)
    run = spread.runs[-1]
    links = _Links(lineage, spread, run, equipment=equipment, storage=storage, closed=closed)
    back = Back(lineage, spread, run, seeds)
    first_run = spread.runs[spread.tiers.index(int(spread.tier[spread.place(thing) or 0]))]
    first = [(how, via) for _, how, via in Back(lineage, spread, first_run, seeds).chain(thing)]
    search = _Search(links, cancel, most_links=_LOOKED_AT + 4 * len(first))
    found: list[tuple[PathStep, ...]] = []
    for chain in search.chains(thing):
        if [(how, via) for _, how, via in chain] == first:
            continue
        if len(found) == most:
            return Routes(routes=tuple(found), is_complete=False)
        found.append(tuple(back.steps_of(chain))[::-1])
    return Routes(routes=tuple(found), is_complete=search.is_complete)


class _Search:
    """Backward from a thing, depth first. A branch goes on only where a route in time leads there."""

    def __init__(self, links: _Links, cancel: Array, *, most_links: int) -> None:
        self._links, self._cancel, self._left = links, cancel, most_links
        self.is_complete = True

    def chains(self, thing: int) -> Iterator[list[tuple[int, int, int]]]:
        """(node, how, via) from the thing back to a seed."""
        chain: list[tuple[int, int, int]] = []
        passed = {thing}
        stack = [(thing, _ANY_TIME, self._links.of(thing))]
        while stack:
            node, until, ahead = stack[-1]
            link = next(ahead, None)
            if link is None:
                stack.pop()
                if chain:
                    chain.pop()
                passed.discard(node)
                continue
            if not self._may_look():
                return
            if not until.is_met_by(link.start) or link.source in passed:
                continue
            by = link.until.and_(until)
            if link.source < 0:
                yield [*chain, (node, link.how, link.via)]
            elif by.is_met_by(self._links.time_of(link.source)):
                chain.append((node, link.how, link.via))
                passed.add(link.source)
                stack.append((link.source, by, self._links.of(link.source)))

    def _may_look(self) -> bool:
        self._left -= 1
        if self._left < 0 or (self._left % _CHECKED == 0 and self._cancel[0]):
            self.is_complete = False
        return self.is_complete


class _Links:
    """What affected a node of an answer, one way at a time."""

    def __init__(
        self, lineage: Lineage, spread: Spread, run: Run, *, equipment: bool, storage: bool, closed: bool
    ) -> None:
        self._view, self._spread, self._run = lineage.derived.view, spread, run
        self._equipment, self._storage, self._closed = equipment, storage, closed

    def time_of(self, node: int) -> int:
        place = self._run.place(node)
        assert place is not None, "only what was reached is asked about"
        return int(self._run.time[place])

    def of(self, node: int) -> Iterator[_Link]:
        if node >= self._view.thing_count:
            yield from self._into_epoch(node)
            return
        placed = self._spread.placed.seeds
        for via in np.flatnonzero(placed.thing == node).tolist():
            yield _Link(-1, BY_SEED, via, int(placed.time[via]), _ANY_TIME)
        for segment, dead in self._segments(self._view.dead_edges):
            yield from self._edges(segment, dead, node)
        if self._equipment or self._storage:
            for segment, dead in self._segments(self._view.dead_presences):
                yield from self._out_of_epochs(segment, dead, node)

    def _segments(self, dead: Array) -> tuple[tuple[Segment, Array | None], ...]:
        return (self._view.base, dead), (self._view.new, None)

    def _edges(self, segment: Segment, dead: Array | None, node: int) -> Iterator[_Link]:
        first, last = _row(segment.back_keys, segment.back_off, node)
        for place in range(first, last):
            edge, source = int(segment.edge[place]), int(segment.source[place])
            if _is_dead(dead, edge) or self._run.place(source) is None:
                continue
            holds = self._closed or bool(segment.flags[edge] & INCLUSIVE)
            until = _Until(int(segment.times[segment.until[edge]]), holds)
            yield _Link(source, EDGE | segment.mark, edge, int(segment.times[segment.start[edge]]), until)

    def _out_of_epochs(self, segment: Segment, dead: Array | None, node: int) -> Iterator[_Link]:
        first, last = _row(segment.thing_keys, segment.thing_off, node)
        for pointer in range(first, last):
            row = int(segment.presence[pointer])
            if not self._passes(segment, dead, row):
                continue
            for epoch, since, over in self._epochs(int(hub_of(segment, row))):
                if self._run.place(epoch) is not None:
                    yield from self._shared(segment, row, epoch, since, over)

    def _into_epoch(self, epoch: int) -> Iterator[_Link]:
        hub, since, over = self._bounds(epoch)
        for segment, dead in self._segments(self._view.dead_presences):
            if 2 * hub + 1 >= len(segment.hub_off):
                continue
            for row in range(int(segment.hub_off[2 * hub]), int(segment.hub_off[2 * hub + 1])):
                thing = int(segment.thing[row])
                if self._passes(segment, dead, row) and self._run.place(thing) is not None:
                    yield from self._shared(segment, row, thing, since, over)

    def _shared(self, segment: Segment, row: int, source: int, since: int, over: int) -> Iterator[_Link]:
        """A presence within an epoch [since, over): who is affected passes it on while both last."""
        start = max(since, int(segment.times[segment.arrived[row]]))
        end = int(segment.times[segment.over[row]])
        holds = (self._closed or bool(segment.marks[row] & POINT)) and end < over
        until = _Until(min(end, over), holds)
        if until.is_met_by(start):
            yield _Link(source, PRESENCE | segment.mark, row, start, until)

    def _passes(self, segment: Segment, dead: Array | None, row: int) -> bool:
        marks = int(segment.marks[row])
        is_on = self._equipment if marks & PRESENCE_CLASS == RUN else self._storage
        return bool(marks & SHARES) and is_on and not _is_dead(dead, row)

    def _epochs(self, hub: int) -> Iterator[tuple[int, int, int]]:
        """(node, since, over) of each epoch of a hub."""
        first, last = int(self._view.cut_off[hub]), int(self._view.cut_off[hub + 1])
        bounds = [-FOREVER, *self._view.cut_time[first:last].tolist(), FOREVER]
        for number, (since, over) in enumerate(pairwise(bounds)):
            yield self._view.thing_count + hub + first + number, since, over

    def _bounds(self, epoch: int) -> tuple[int, int, int]:
        """(hub, since, over) of an epoch."""
        offsets = self._view.cut_off + np.arange(len(self._view.cut_off))
        hub = int(place_in(offsets, epoch - self._view.thing_count, "right")) - 1
        since, over = next((since, over) for node, since, over in self._epochs(hub) if node == epoch)
        return hub, since, over


def _row(keys: Array, off: Array, owner: int) -> tuple[int, int]:
    """Where a thing's part of sparse or dense rows begins and ends."""
    place = owner
    if len(keys):
        place = int(place_in(keys, owner))
        if place == len(keys) or keys[place] != owner:
            return 0, 0
    return (int(off[place]), int(off[place + 1])) if place < len(off) - 1 else (0, 0)


def _is_dead(dead: Array | None, place: int) -> bool:
    return dead is not None and bool(dead[place >> 3] >> (place & 7) & 1)
