"""Edges and presences in compressed rows, both ways: int32 references, times in one table, rows sorted by time.

A segment is either dense (offsets for every thing: the base) or sparse (offsets for the things in its `*_keys`: what
came since, see ``graph.index.catchup``). Times stand once each in ``times``, sorted; rows refer to them, so that a
comparison of two times is one of two int32. 17 bytes an edge forward, 8 backward; 21 a presence at its hub, 4 at its
thing; 4 bytes a thing and way besides, and 8 a time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import FOREVER, SHARES
from graph.index.edges import Edges
from graph.index.presence import Presences
from graph.index.sorting import place_in
from graph.index.tables import Array, fixed

__all__ = ["BLOCK", "Segment", "hub_of", "make_segment", "source_of"]

BLOCK = 32  # presences that share one entry in `latest`


class Segment(NamedTuple):
    """Empty keys: dense. Hubs are always dense: two rows of presences each, first those through which contagion passes."""

    times: Array  # int64, ascending; the last is FOREVER
    # edges by source; within one, by time
    keys: Array
    off: Array
    target: Array
    start: Array  # place in `times`
    until: Array
    op: Array
    flags: Array
    # the same edges by target
    back_keys: Array
    back_off: Array
    source: Array
    edge: Array
    # presences by hub; within one and a half of it, by time
    hub_off: Array  # 2 × hubs + 1
    thing: Array
    arrived: Array  # place in `times`
    over: Array
    act: Array  # operation
    marks: Array
    latest: Array  # of each BLOCK of presences, the greatest `over`
    # the same presences by thing
    thing_keys: Array
    thing_off: Array
    presence: Array
    mark: int = 0  # 1: what came since the base

    @property
    def edge_count(self) -> int:
        return len(self.target)

    @property
    def presence_count(self) -> int:
        return len(self.thing)

    @property
    def byte_count(self) -> int:
        return sum(part.nbytes for part in self if isinstance(part, np.ndarray))


def hub_of(segment: Segment, presences: Any) -> Any:
    """The number of the hub that a presence, or each of many, is at."""
    return (place_in(segment.hub_off, presences, "right") - 1) // 2


def source_of(segment: Segment, edges: Any) -> Any:
    """The thing that an edge, or each of many, begins at."""
    rows = place_in(segment.off, edges, "right") - 1
    return segment.keys[rows] if len(segment.keys) else rows


def _rows(owners: Array, count: int, *, is_sparse: bool) -> tuple[Array, Array]:
    """Keys and offsets of rows that are sorted by owner."""
    if is_sparse:
        keys, sizes = np.unique(owners, return_counts=True)
        return keys.astype(np.int32), np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    offsets = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(owners, minlength=count), out=offsets[1:])
    return np.empty(0, dtype=np.int32), offsets


def _order(*keys: Array) -> Array:
    """Stable order by the first key, then the next."""
    order: Array = np.lexsort(keys[::-1])
    return order.astype(np.int32)


def make_segment(
    edges: Edges, rows: Presences, hubs: Array, thing_count: int, hub_count: int, *, is_sparse: bool = False
) -> Segment:
    """Sorts edges and presences into rows. ``hubs`` are the numbers of the presences' hubs."""
    parts = (edges.start, edges.until, rows.start, rows.end, np.array([FOREVER], dtype=np.int64))
    times, places = np.unique(np.concatenate(parts), return_inverse=True)
    places = places.astype(np.int32)
    start, until, arrived, over, _ = np.split(places, np.cumsum([len(part) for part in parts[:-1]]))
    order = _order(edges.source, start)
    keys, off = _rows(edges.source[order], thing_count, is_sparse=is_sparse)
    target, source = edges.target[order], edges.source[order]
    back = _order(target, start[order])
    back_keys, back_off = _rows(target[back], thing_count, is_sparse=is_sparse)
    half = 2 * hubs + ((rows.flags & SHARES) == 0)
    by_hub = _order(half, arrived, rows.thing)
    hub_off = np.zeros(2 * hub_count + 1, dtype=np.int32)
    np.cumsum(np.bincount(half, minlength=2 * hub_count), out=hub_off[1:])
    thing, marks = rows.thing[by_hub], rows.flags[by_hub]
    by_thing = _order(thing, (marks & SHARES) == 0)
    thing_keys, thing_off = _rows(thing[by_thing], thing_count, is_sparse=is_sparse)
    return fixed(
        Segment(
            times=times,
            keys=keys,
            off=off,
            target=target,
            start=start[order],
            until=until[order],
            op=edges.op[order],
            flags=edges.flags[order],
            back_keys=back_keys,
            back_off=back_off,
            source=source[back],
            edge=back,
            hub_off=hub_off,
            thing=thing,
            arrived=arrived[by_hub],
            over=over[by_hub],
            act=rows.op[by_hub],
            marks=marks,
            latest=_latest(over[by_hub]),
            thing_keys=thing_keys,
            thing_off=thing_off,
            presence=by_thing,
            mark=int(is_sparse),
        )
    )


def _latest(over: Array) -> Array:
    if not len(over):
        return np.empty(0, dtype=np.int32)
    latest: Array = np.maximum.reduceat(over, np.arange(0, len(over), BLOCK))
    return latest.astype(np.int32)
