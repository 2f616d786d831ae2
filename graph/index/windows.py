"""What was present at hubs within a window of time: the seeds at machines, positions and people (recall.md, rule 5)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from graph.index.codes import HERE, INEXACT, POINT
from graph.index.jit import kernel
from graph.index.segment import BLOCK
from graph.index.tables import Array
from graph.index.view import View, is_dead, last_at_most

__all__ = ["Found", "Hubs", "present"]


_USUAL: Final = 8_192  # presences for which there is room at once; for more the search is made again


class Hubs(NamedTuple):
    """Where to look, one row each: a hub, and the time over which it belongs to what is asked for."""

    hub: Array
    since: Array
    until: Array
    exact: Array  # whether `since` is an exact time
    sure: Array  # whether it is certain that it belongs


class Found(NamedTuple):
    """One row for each presence in the window: who, from when at the earliest, and which presence it is."""

    thing: Array
    time: Array
    doubt: Array
    presence: Array
    is_new: Array


@kernel
def _search(
    segment: Any, dead: Any, hub_changed: Any, is_new: bool, hubs: Any, shares_only: bool, since: int, until: int, ended: bool,
    closed: bool, found: Any, count: int,
) -> int:  # fmt: skip
    for place in range(len(hubs.hub)):
        hub = hubs.hub[place]
        if 2 * hub + 1 >= len(segment.hub_off):
            continue
        has_dead = hub_changed[hub] != 0 and not is_new
        low = max(since, hubs.since[place])
        low_place = last_at_most(segment.times, 0, len(segment.times), low)
        high_place = last_at_most(segment.times, 0, len(segment.times), min(until, hubs.until[place]))
        for half in range(1 if shares_only else 2):
            first, last = segment.hub_off[2 * hub + half], segment.hub_off[2 * hub + half + 1]
            last = last_at_most(segment.arrived, first, last, high_place) + 1
            row = first
            while row < last:
                if segment.latest[row // BLOCK] < low_place:
                    row = (row // BLOCK + 1) * BLOCK
                    continue
                if segment.over[row] < low_place:
                    row += 1
                    continue
                marks = segment.marks[row]
                arrived = segment.times[segment.arrived[row]]
                at = max(low, arrived)
                over = segment.times[segment.over[row]]
                is_present = at < over or (at == over and (closed or marks & POINT != 0))
                is_inside = (at < until or (at == until and ended)) and (
                    at < hubs.until[place] or (at == hubs.until[place] and closed)
                )
                if is_present and is_inside and marks & HERE and not (has_dead and is_dead(dead, row)):
                    if count < len(found.thing):
                        found.thing[count] = segment.thing[row]
                        found.time[count] = at
                        is_hub_time = hubs.since[place] > max(since, arrived)
                        is_exact = hubs.sure[place] and (hubs.exact[place] or not is_hub_time)
                        found.doubt[count] = 1 if marks & INEXACT or not is_exact else 0
                        found.presence[count] = row
                        found.is_new[count] = is_new
                    count += 1
                row += 1
    return count


def present(view: View, hubs: Hubs, since: int, until: int, *, shares_only: bool, ended: bool, closed: bool) -> Found:
    """All that was present in [since, until), by hub; ``ended``: the last instant counts.

    Rows are found by bisection of the arrivals, and blocks of them that were all over before are passed by.
    ``shares_only``: only presences through which contagion passes.
    """

    def fill(found: Found) -> int:
        count = 0
        for segment in (view.base, view.new):
            if segment.presence_count:
                dead, changed, is_new = view.dead_presences, view.hub_changed, bool(segment.mark)
                count = int(
                    _search(
                        segment, dead, changed, is_new, hubs, shares_only, since, until, ended, closed, found, count
                    )
                )
        return count

    def space(count: int) -> Found:
        return Found(
            thing=np.empty(count, dtype=np.int32),
            time=np.empty(count, dtype=np.int64),
            doubt=np.empty(count, dtype=np.uint8),
            presence=np.empty(count, dtype=np.int32),
            is_new=np.empty(count, dtype=np.bool_),
        )

    found = space(_USUAL)
    count = fill(found)
    if count > len(found.thing):
        found = space(count)
        fill(found)
    return Found(*(part[:count] for part in found))
