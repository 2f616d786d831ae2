"""The kernels of the index against a bare breadth-first search over the same edges, in one run: ratios, not seconds.

Times are of the processor, so that other work on the machine does not count, and medians of rounds in turns. What is
measured is the kernel: what a call takes that reaches nothing, which is handing over the arrays, is taken off on both
sides.
"""

from __future__ import annotations

import statistics
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bench.columns import HOUR, Synthetic
from graph.index.codes import ALWAYS, FOREVER
from graph.index.jit import kernel
from graph.index.reaching import reach, untouch
from graph.index.spreading import (
    FULL,
    REACHED,
    THROUGH_EQUIPMENT,
    THROUGH_STORAGE,
    Seeds,
    spread,
    tidy,
)
from graph.index.tables import Array
from graph.index.windows import Hubs, present
from graph.index.work import Workshop

_ROUNDS = 9
_ALL_CLASSES = 0b111
_NO_LIMIT = 2**62


class _Plain(NamedTuple):
    """A graph as two arrays: where each node's targets begin, and the targets."""

    off: Array
    target: Array


@kernel
def _search(off: Any, target: Any, starts: Any, seen: Any, reached: Any) -> int:
    """Breadth first, and nothing else."""
    count = 0
    for start in starts:
        seen[start] = 1
        reached[count] = start
        count += 1
    done = 0
    while done < count:
        node = reached[done]
        done += 1
        for edge in range(off[node], off[node + 1]):
            other = target[edge]
            if not seen[other]:
                seen[other] = 1
                reached[count] = other
                count += 1
    return count


def _in_turns(*ways: Callable[[], float]) -> list[float]:
    """Seconds of each one's median round; a way gives the seconds that count."""
    for way in ways:
        way()
    rounds = [[way() for way in ways] for _ in range(_ROUNDS)]
    return [statistics.median(took) for took in zip(*rounds, strict=True)]


class _Bench:
    def __init__(self, lineage: Synthetic) -> None:
        self.view = lineage.view
        self._workshop = Workshop()
        self._seen = np.zeros(self.view.node_count, dtype=np.uint8)
        self._reached = np.empty(self.view.node_count, dtype=np.int32)
        self._calm = np.zeros(1, dtype=np.int8)
        self.counts: list[int] = []  # what the last calls reached, in turn
        self._idle = lineage.lots[-1:]  # nothing was made of the last one

    def beyond_calling(self, starts: Array, graph: _Plain) -> list[float]:
        """Seconds of the bare search, of the filtered one and of the one in time, without those of an idle call."""

        def ways(given: Array) -> list[Callable[[], float]]:
            return [
                partial(self.bare, graph, given),
                partial(self.filtered, given),
                partial(self.in_time, given, ALWAYS, 0),
            ]

        taken = _in_turns(*ways(self._idle), *ways(starts))
        return [full - idle for idle, full in zip(taken[:3], taken[3:], strict=True)]

    def bare(self, graph: _Plain, starts: Array) -> float:
        begun = time.thread_time()
        count = _search(graph.off, graph.target, starts, self._seen, self._reached)
        took = time.thread_time() - begun
        self._seen[self._reached[:count]] = 0
        self._count(count)
        return took

    def filtered(self, starts: Array) -> float:
        with self._workshop.walking(self.view) as work:
            begun = time.thread_time()
            count, _, _ = reach(self.view, starts, True, _ALL_CLASSES, _NO_LIMIT, work, self._calm)
            took = time.thread_time() - begun
            untouch(work.seen, work.reached, count)
        self._count(count)
        return took

    def in_time(self, starts: Array, since: int, mode: int) -> float:
        seeds = Seeds(
            thing=starts,
            time=np.full(len(starts), since, dtype=np.int64),
            doubt=np.zeros(len(starts), dtype=np.uint8),
        )
        room = 0
        while True:
            with self._workshop.spreading(self.view, room) as work:
                begun = time.thread_time()
                status = spread(self.view, seeds, work, mode, self._calm)
                took = time.thread_time() - begun
                count, room = int(work.counts[REACHED]), 8 * len(work.entries)
                tidy(work)
            if status != FULL:
                self._count(count)
                return took

    def _count(self, reached: int) -> None:
        self.counts = [*self.counts[-2:], reached]


def _with_epochs(lineage: Synthetic) -> _Plain:
    """Edges, and presences as edges between things and the epochs they lie in, both ways: what contagion runs along."""
    view, base = lineage.view, lineage.view.base
    things = view.thing_count
    hub = np.repeat(np.arange(len(base.hub_off) - 1) // 2, np.diff(base.hub_off))
    arrived, over = base.times[base.arrived], base.times[base.over]
    sources, targets = [np.repeat(np.arange(things), np.diff(base.off))], [base.target.astype(np.int64)]
    for number in range(len(view.cut_off) - 1):
        rows = np.flatnonzero(hub == number)
        cuts = view.cut_time[view.cut_off[number] : view.cut_off[number + 1]]
        first, last = np.searchsorted(cuts, arrived[rows], side="right"), np.searchsorted(cuts, over[rows], side="left")
        for step in range(int((last - first).max(initial=-1)) + 1):
            within = first + step <= last
            epochs = things + number + int(view.cut_off[number]) + (first + step)[within]
            sources += [base.thing[rows][within], epochs]
            targets += [epochs, base.thing[rows][within]]
    source, target = np.concatenate(sources), np.concatenate(targets)
    order = np.argsort(source, kind="stable")
    off = np.zeros(view.node_count + 1, dtype=np.int32)
    np.cumsum(np.bincount(source, minlength=view.node_count), out=off[1:])
    return _Plain(off, target[order].astype(np.int32))


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One question asked of a kernel and of a bare search, or of two ways."""

    question: str
    way: str
    reached: int
    ratio: float


def kernel_ratios(lineage: Synthetic) -> list[Ratio]:
    """Each ``filtered``, and ``in time``; then those of contagion, along epochs too."""
    bench = _Bench(lineage)
    base = lineage.view.base
    plain, whole = _Plain(base.off, base.target), _with_epochs(lineage)
    cases = {
        **{f"about {name}": np.array([start]) for name, start in lineage.common.items()},
        "a hub": np.array([lineage.hub]),
        "a thousand lots": lineage.lots[:: max(1, len(lineage.lots) // 1000)],
    }
    found = []
    for name, starts in cases.items():
        given = starts.astype(np.int32)
        bare, filtered, in_time = bench.beyond_calling(given, plain)
        bare_count, filtered_count, in_time_count = bench.counts
        assert filtered_count == bare_count, "the filtered search reached something else"
        assert in_time_count <= bare_count, "what respects time reached more than what does not"
        found += [
            Ratio(question=name, way="filtered", reached=filtered_count, ratio=filtered / bare),
            Ratio(question=name, way="in time", reached=in_time_count, ratio=in_time / bare),
        ]
    start = lineage.lots[len(lineage.lots) // 2 :][:1]
    for name, mode in (("equipment", THROUGH_EQUIPMENT), ("and storage", THROUGH_EQUIPMENT | THROUGH_STORAGE)):
        bare, contagion = _in_turns(partial(bench.bare, whole, start), partial(bench.in_time, start, ALWAYS, mode))
        way = f"contagion through {name}"
        found.append(Ratio(question="one lot", way=way, reached=bench.counts[-1], ratio=contagion / bare))
    return found


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window of one percent in the machine that is used most: found, and found by looking at every use of it."""

    uses: int
    found: int
    ratio: float


def window_ratio(lineage: Synthetic) -> Window:
    view, base = lineage.view, lineage.view.base
    hub = int(np.argmax(np.diff(base.hub_off)[::2]))
    rows = slice(int(base.hub_off[2 * hub]), int(base.hub_off[2 * hub + 1]))
    times = base.times[base.arrived[rows]]
    since = int(times[len(times) // 2])
    hubs = Hubs(
        hub=np.array([hub], dtype=np.int32),
        since=np.array([ALWAYS]),
        until=np.array([FOREVER]),
        exact=np.ones(1, dtype=np.bool_),
        sure=np.ones(1, dtype=np.bool_),
    )

    def within(until: int) -> int:
        return len(present(view, hubs, since, until, shares_only=True, ended=False, closed=False).thing)

    # The longest window, in hours, that holds no more than one percent of the uses.
    hours = range(1, max(2, int(times[-1] - since) // HOUR))
    until = since + HOUR * max(1, bisect_right(hours, len(times) // 100, key=lambda each: within(since + HOUR * each)))

    def look() -> float:
        begun = time.thread_time()
        within(until)
        return time.thread_time() - begun

    def scan() -> float:
        begun = time.thread_time()
        arrived, over = base.times[base.arrived[rows]], base.times[base.over[rows]]
        base.thing[rows][(arrived < until) & (over > since)].copy()
        return time.thread_time() - begun

    looked, scanned = _in_turns(look, scan)
    return Window(uses=len(times), found=within(until), ratio=scanned / looked)
