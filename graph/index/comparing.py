"""Whether two lineages are the same, whatever their history: one that grew, and one built anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from graph.index.lineage import Lineage
from graph.index.segment import Segment
from graph.index.tables import Array
from graph.reader import id_text
from graph.saying import said

__all__ = ["first_difference"]

_EDGE: Final = said("what it led to, or came from")
_PRESENCE: Final = said("where it was")


def first_difference(kept: Lineage, fresh: Lineage) -> str | None:
    """What of ``kept`` is not as in ``fresh``, which was read from the ledger at the same position; None: nothing.

    Cost: that of sorting all edges and presences of both.
    """
    return _of_facts(kept, fresh) or _of_what_is_derived(kept, fresh)


def _of_facts(kept: Lineage, fresh: Lineage) -> str | None:
    ours, theirs = kept.facts, fresh.facts
    for number, key in enumerate(theirs.keys[place] for place in range(theirs.thing_count)):
        if number >= ours.thing_count or ours.keys[number] != key:
            return said("it does not know {thing}", thing=id_text(fresh.node(number)))
    for name, column in theirs.columns.items():
        expected = column.frozen_copy()
        if len(ours.columns[name]) < len(expected) or (ours.columns[name].first(len(expected)) != expected).any():
            return said("its column {name} is not what the entries say", name=name)
    wanted = theirs.said
    for number in range(len(wanted)):
        row = [column[number] for column in wanted.columns.values()]
        if (
            number >= len(ours.said)
            or ours.said.texts[number] != wanted.texts[number]
            or [column[number] for column in ours.said.columns.values()] != row
        ):
            return said("it calls {thing} otherwise than the entries say", thing=id_text(fresh.node(row[0])))
    return None


def _of_what_is_derived(kept: Lineage, fresh: Lineage) -> str | None:
    if kept.derived.cuts != fresh.derived.cuts:
        return said("when things were decontaminated is not what the entries say")
    for what, rows in ((_EDGE, _edges), (_PRESENCE, _presences)):
        ours, theirs = _sorted(rows(kept)), _sorted(rows(fresh))
        if not np.array_equal(ours, theirs):
            thing = _first_that_differs(ours, theirs)
            return said("of {thing}, {what} is not what the entries say", thing=id_text(fresh.node(thing)), what=what)
    return None


def _first_that_differs(ours: Array, theirs: Array) -> int:
    count = min(len(ours), len(theirs))
    differs = np.flatnonzero((ours[:count] != theirs[:count]).any(axis=1))
    place = int(differs[0]) if len(differs) else count
    return min(int(rows[place, 0]) for rows in (ours, theirs) if place < len(rows))


def _sorted(parts: Iterator[Sequence[Array]]) -> Array:
    """The rows of all parts, by thing and then by everything else."""
    rows = np.concatenate([np.column_stack([column.astype(np.int64) for column in part]) for part in parts])
    found: Array = rows[np.lexsort(rows.T[::-1])]
    return found


def _edges(lineage: Lineage) -> Iterator[Sequence[Array]]:
    view = lineage.derived.view
    for part, dead in ((view.base, view.dead_edges), (view.new, None)):
        live = _live(dead, part.edge_count)
        columns = (
            _owners(part.keys, part.off),
            part.target,
            part.times[part.start],
            part.times[part.until],
            part.op,
            part.flags,
        )
        yield [column[live] for column in columns]


def _presences(lineage: Lineage) -> Iterator[Sequence[Array]]:
    view = lineage.derived.view
    for part, dead in ((view.base, view.dead_presences), (view.new, None)):
        live = _live(dead, part.presence_count)
        columns = (part.thing, _hubs(view.hub_thing, part), part.times[part.arrived], part.times[part.over])
        yield [column[live] for column in (*columns, part.act, part.marks)]


def _live(dead: Array | None, count: int) -> Array:
    if dead is None:
        return np.ones(count, dtype=np.bool_)
    live: Array = np.unpackbits(dead, bitorder="little")[:count] == 0
    return live


def _owners(keys: Array, off: Array) -> Array:
    """Of each row the thing it belongs to: rows are dense, or of the things in ``keys``."""
    sizes = np.diff(off)
    return np.repeat(keys if len(keys) else np.arange(len(sizes)), sizes)


def _hubs(hub_thing: Array, part: Segment) -> Array:
    sizes = np.diff(part.hub_off)  # of two halves each
    owners: Array = hub_thing[np.repeat(np.arange(len(sizes)) // 2, sizes)]
    return owners
