"""The kernels of the index against a bare breadth-first search over the same edges, in one run: ratios, not seconds.

    python -m bench.kernels --things 1000000

Answers are compared before anything is timed. Times are of the processor, so that other work on the machine does not
count, and medians; what is measured is the kernel, with handing it its arrays.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bench.columns import HOUR, Synthetic, make_lineage
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


def _timed(work: Callable[[], float]) -> float:
    """Milliseconds of the median round; ``work`` gives the seconds that count."""
    work()
    return statistics.median(work() for _ in range(_ROUNDS)) * 1000


class _Bench:
    def __init__(self, lineage: Synthetic) -> None:
        self.view = lineage.view
        self._workshop = Workshop()
        self._seen = np.zeros(self.view.node_count, dtype=np.uint8)
        self._reached = np.empty(self.view.node_count, dtype=np.int32)
        self._calm = np.zeros(1, dtype=np.int8)
        self.counted = 0

    def bare(self, graph: _Plain, starts: Array) -> float:
        begun = time.thread_time()
        count = _search(graph.off, graph.target, starts, self._seen, self._reached)
        took = time.thread_time() - begun
        self._seen[self._reached[:count]] = 0
        self.counted = count
        return took

    def filtered(self, starts: Array) -> float:
        with self._workshop.walking(self.view) as work:
            begun = time.thread_time()
            count, _, _ = reach(self.view, starts, True, _ALL_CLASSES, _NO_LIMIT, work, self._calm)
            took = time.thread_time() - begun
            untouch(work.seen, work.reached, count)
        self.counted = count
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
                self.counted, room = int(work.counts[REACHED]), 8 * len(work.entries)
                tidy(work)
            if status != FULL:
                return took


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


def _row(name: str, reached: int, bare: float, measured: float, limit: float | None = None) -> None:
    told = "" if limit is None else f"  (at most {limit:g})"
    print(f"{name:<44}{reached:>9,}{bare:>11.3f}{measured:>11.3f}{measured / bare:>8.2f} x{told}")


def _compare(lineage: Synthetic) -> None:
    bench = _Bench(lineage)
    base = lineage.view.base
    plain, whole = _Plain(base.off, base.target), _with_epochs(lineage)
    things = lineage.view.thing_count
    print(f"{'question':<44}{'reached':>9}{'bare ms':>11}{'ours ms':>11}{'ratio':>8}")
    cases = {
        **{f"about {name}": np.array([start]) for name, start in lineage.common.items()},
        "a hub": np.array([lineage.hub]),
        "a thousand lots": lineage.lots[:: max(1, len(lineage.lots) // 1000)],
    }
    for name, starts in cases.items():
        given = starts.astype(np.int32)
        bare = _timed(lambda given=given: bench.bare(plain, given))  # type: ignore[misc]
        expected = bench.counted
        filtered = _timed(lambda given=given: bench.filtered(given))  # type: ignore[misc]
        assert bench.counted == expected, "the filtered search reached something else"
        _row(f"{name}: filtered", expected, bare, filtered, 2)
        in_time = _timed(lambda given=given: bench.in_time(given, ALWAYS, 0))  # type: ignore[misc]
        assert bench.counted <= expected, "what respects time reached more than what does not"
        _row(f"{name}: in time", bench.counted, bare, in_time, 4)
    start = lineage.lots[len(lineage.lots) // 2 :][:1]
    for name, mode in (("equipment", THROUGH_EQUIPMENT), ("and storage", THROUGH_EQUIPMENT | THROUGH_STORAGE)):
        contagion = _timed(lambda mode=mode: bench.in_time(start, ALWAYS, mode))  # type: ignore[misc]
        reached = bench.counted
        bare = _timed(lambda: bench.bare(whole, start))
        _row(f"contagion of one lot through {name}", reached, bare, contagion, 4)


def _window(lineage: Synthetic) -> None:
    """One percent of the time of the machine that is used most, found by bisection and by looking at all."""
    view, base = lineage.view, lineage.view.base
    hub = int(np.argmax(np.diff(base.hub_off)[::2]))
    rows = slice(int(base.hub_off[2 * hub]), int(base.hub_off[2 * hub + 1]))
    times = base.times[base.arrived[rows]]
    since = int(times[len(times) // 2])
    until = since + max(HOUR, int(times[-1] - times[0]) // 100)
    hubs = Hubs(
        hub=np.array([hub], dtype=np.int32),
        since=np.array([ALWAYS]),
        until=np.array([FOREVER]),
        exact=np.ones(1, dtype=np.bool_),
    )

    def look() -> float:
        begun = time.thread_time()
        present(view, hubs, since, until, shares_only=True, ended=False, closed=False)
        return time.thread_time() - begun

    def scan() -> float:
        begun = time.thread_time()
        arrived, over = base.times[base.arrived[rows]], base.times[base.over[rows]]
        base.thing[rows][(arrived < until) & (over > since)].copy()
        return time.thread_time() - begun

    found = len(present(view, hubs, since, until, shares_only=True, ended=False, closed=False).thing)
    looked, scanned = _timed(look), _timed(scan)
    print(
        f"a window of 1 % in a machine of {len(times):,} runs: {found} found, {scanned / looked:.1f} x faster than a scan"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=1_000_000)
    parser.add_argument("--machines", type=int, help="how many machines they share (fewer: larger hubs)")
    given = parser.parse_args()
    begun = time.perf_counter()
    lineage = make_lineage(given.things, machines=given.machines)
    base = lineage.view.base
    edges = base.edge_count + base.presence_count
    print(
        f"{given.things:,} things, {base.edge_count:,} edges, {base.presence_count:,} presences, made in {time.perf_counter() - begun:.1f} s"
    )
    print(f"{base.byte_count / edges:.1f} bytes an edge or presence, both ways")
    _compare(lineage)
    _window(lineage)


if __name__ == "__main__":
    main()
