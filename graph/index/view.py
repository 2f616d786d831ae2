"""The lineage at one position, as kernels read it: a base, what came since, and what of the base no longer holds."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph.index.jit import part
from graph.index.segment import Segment
from graph.index.sorting import place_in
from graph.index.tables import Array

__all__ = [
    "EDGES_CHANGED",
    "PRESENCES_CHANGED",
    "View",
    "find_part",
    "find_row",
    "is_dead",
    "last_at_most",
    "last_place",
]

# of things in `changed`
EDGES_CHANGED = 1
PRESENCES_CHANGED = 2


class View(NamedTuple):
    """Nodes 0 … things-1 are things; then come the epochs, by hub and time: hub h has one more of them than cuts.

    The epoch that the cut at place c of ``cut_time`` ends is node things + h + c; the last one has no such cut.
    """

    base: Segment
    new: Segment
    changed: Array  # by thing: whether `new` or `dead_*` must be looked at
    hub_changed: Array  # the same by hub
    dead_edges: Array  # one bit for each edge of the base
    dead_presences: Array
    hub_thing: Array  # by hub
    cut_off: Array
    cut_time: Array  # of each hub's decontaminations, ascending
    epoch_exact: Array  # by epoch: whether both its bounds are exact
    cut_times: Array  # all of them, ascending, each once
    cut_place: Array  # where in `cut_times` each stands
    first: Array  # by thing: the earliest start, a place in `base.times`, of an edge of the base that leads to it

    @property
    def thing_count(self) -> int:
        return len(self.changed)

    @property
    def node_count(self) -> int:
        return len(self.changed) + len(self.epoch_exact)


def last_place(values: Array, wanted: int) -> int:
    """The last place whose value is at most the wanted one; -1 if there is none."""
    return int(place_in(values, wanted, "right")) - 1


def find_part(keys: Array, off: Array, owner: int) -> tuple[int, int]:
    """As `find_row`, outside of kernels."""
    row = owner
    if len(keys):
        row = last_place(keys, owner)
        if row < 0 or keys[row] != owner:
            return 0, 0
    return (int(off[row]), int(off[row + 1])) if row < len(off) - 1 else (0, 0)


@part
def last_at_most(values: Any, first: int, last: int, wanted: int) -> int:
    """The last place from ``first`` to ``last - 1`` whose value is at most the wanted one; first - 1 if there is none."""
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1


@part
def find_row(keys: Any, off: Any, owner: int) -> Any:
    """Where a thing's part of sparse or dense rows begins and ends."""
    first, last = 0, 0
    if len(keys) == 0:
        if owner < len(off) - 1:
            first, last = off[owner], off[owner + 1]
    else:
        place = last_at_most(keys, 0, len(keys), owner)
        if place >= 0 and keys[place] == owner:
            first, last = off[place], off[place + 1]
    return first, last


@part
def is_dead(bits: Any, place: int) -> Any:
    return (bits[place >> 3] >> (place & 7)) & 1 != 0
