"""What stood in a position, or anywhere below it, at a moment: from the index's presences (recall.md, rules 3 to 5).

An itemised lot stands as its units: the lot itself is no row. Where a time is not exact, what may have stood there is
there, and marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.index.codes import (
    CELL_LOT,
    CELL_UNIT,
    FOREVER,
    INEXACT,
    LEFT,
    OPERATION_NAMES,
    PRESENCE_CLASS,
    REAGENT,
    STAY,
    TISSUE,
)
from graph.index.lineage import Lineage
from graph.index.segment import hub_of
from graph.index.tables import Array
from graph.index.windows import Hubs, present
from graph.keeping.inverse import inverse_of
from graph.keeping.standings import standings_of
from graph.keeping.told import NO_PART

__all__ = ["NOWHERE", "Standers", "Within", "ended_by", "standers", "within"]

NOWHERE: Final = -1  # instead of the number of a position
_STANDS: Final = np.array([TISSUE, CELL_LOT, CELL_UNIT, REAGENT])
_AT_ONCE: Final = 1024  # steps between two looks at the flag that stops


@dataclass(frozen=True, kw_only=True)
class Within:
    """The positions that are below one, or were, in a time from first to last: numbers, in no order, the one itself first.

    One row for each place that a position stood in meanwhile. ``branch``: the one of those directly below through which
    it is reached, NOWHERE for the one itself. Not ``is_complete``: it was told to stop.
    """

    position: Array
    parent: Array
    branch: Array
    since: Array
    until: Array
    is_sure: Array
    is_complete: bool


def within(lineage: Lineage, position: int, first: int, last: int, *, cancel: Array) -> Within:
    """Cost: that of the positions that ever stood below it."""
    rows, is_complete = [], True
    for count, below in enumerate(lineage.derived.places.within(position, first, last)):
        if count % _AT_ONCE == 0 and cancel[0]:
            is_complete = False
            break
        span = below.span
        rows.append((span.position, below.parent, below.branch, span.start, span.end, below.is_sure))
    columns = list(zip(*rows, strict=True)) or [()] * 6
    numbers = [np.array(column, dtype=np.int64) for column in columns[:5]]
    return Within(
        position=numbers[0],
        parent=numbers[1],
        branch=numbers[2],
        since=numbers[3],
        until=numbers[4],
        is_sure=np.array(columns[5], dtype=np.bool_),
        is_complete=is_complete,
    )


@dataclass(frozen=True, kw_only=True)
class Standers:
    """One row for each thing and the position it stood in, in no order. ``act`` is the operation that put it there.

    ``until`` FOREVER: it has not ended. ``is_left``: left there by what made it, until it was stored. ``uncertain``: by
    a time that is not exact it may have come later, be gone before, or stand elsewhere.
    """

    thing: Array
    position: Array
    since: Array
    until: Array
    act: Array
    is_left: Array
    uncertain: Array

    def chosen(self, rows: Array) -> Standers:
        return Standers(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def standers(lineage: Lineage, places: Within, first: int, last: int) -> Standers:
    """What stood in the positions at some time from first to last, both included: the same, for a moment."""
    found = _present(lineage, places, first, last)
    kinds = lineage.kinds[found.thing]
    stands = np.isin(kinds, _STANDS)
    lots = np.flatnonzero(stands & (kinds == CELL_LOT))
    if len(lots):
        numbers, places_of = np.unique(found.thing[lots], return_inverse=True)
        is_itemised = standings_of(lineage.facts).of(lineage, numbers).part == NO_PART
        stands[lots[is_itemised[places_of]]] = False
    return _once(found.chosen(np.flatnonzero(stands)))


def _present(lineage: Lineage, places: Within, first: int, last: int) -> Standers:
    hubs, view = lineage.derived.hubs, lineage.derived.view
    numbers = np.array([hubs.get(position, NOWHERE) for position in places.position.tolist()], dtype=np.int32)
    rows = np.flatnonzero(numbers >= 0)
    found = present(
        view,
        Hubs(
            hub=numbers[rows],
            since=places.since[rows],
            until=places.until[rows],
            exact=np.ones(len(rows), dtype=np.bool_),
            sure=np.ones(len(rows), dtype=np.bool_),
        ),
        first,
        last,
        shares_only=False,
        ended=True,
        closed=False,
    )
    parts = [
        (
            segment.thing[presences],
            view.hub_thing[hub_of(segment, presences)],
            segment.times[segment.arrived[presences]],
            segment.times[segment.over[presences]],
            segment.act[presences],
            segment.marks[presences],
        )
        for is_new, segment in enumerate((view.base, view.new))
        for presences in [found.presence[found.is_new == bool(is_new)]]
    ]
    thing, position, since, until, act, marks = (np.concatenate(column) for column in zip(*parts, strict=True))
    is_stay = np.isin(marks & PRESENCE_CLASS, (STAY, LEFT))
    doubted = np.unique(places.position[~places.is_sure])
    standing = Standers(
        thing=thing,
        position=position,
        since=since,
        until=until,
        act=act,
        is_left=marks & PRESENCE_CLASS == LEFT,
        uncertain=np.isin(position, doubted),
    )
    inexact = np.flatnonzero(is_stay & (marks & INEXACT != 0))
    standing.uncertain[inexact] |= _doubt(lineage, standing.chosen(inexact), first, last)
    return standing.chosen(np.flatnonzero(is_stay))


def _once(found: Standers) -> Standers:
    """Of several presences of a thing in a position one row: since the first, until the last, sure if one of them is."""
    order = np.lexsort((found.since, found.position, found.thing))
    ordered = found.chosen(order)
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (ordered.thing[1:] != ordered.thing[:-1]) | (ordered.position[1:] != ordered.position[:-1])
    begins = np.flatnonzero(is_first)
    if not len(begins):
        return ordered
    return Standers(
        thing=ordered.thing[begins],
        position=ordered.position[begins],
        since=ordered.since[begins],
        until=np.maximum.reduceat(ordered.until, begins),
        act=ordered.act[begins],
        is_left=ordered.is_left[begins],
        uncertain=np.logical_and.reduceat(ordered.uncertain, begins),
    )


# -- what is certain ---------------------------------------------------------------------------------------------------


def _doubt(lineage: Lineage, found: Standers, first: int, last: int) -> Array:
    """Which presences, of those with an inexact time, may have begun later than was asked about, or be over before."""
    doubt = _begun_latest(lineage, found) > last
    until: dict[tuple[int, int], int] = {}
    for row in np.flatnonzero(~doubt & (found.until != FOREVER)).tolist():
        asked = int(found.thing[row]), int(found.until[row])
        if asked not in until:
            ends = list(_endings(lineage, *asked, int(found.act[row])))
            is_exact = not ends or any(earliest == asked[1] for _, earliest in ends)
            until[asked] = asked[1] if is_exact else min(earliest for _, earliest in ends)
        doubt[row] = until[asked] <= first
    return doubt


def _begun_latest(lineage: Lineage, found: Standers) -> Array:
    """By when each has certainly come: for a stay the latest start, for what was left there the latest end of its making."""
    latest: Array = lineage.facts.columns["op_start_last"].take(found.act)
    acts, place_of = np.unique(found.act[found.is_left], return_inverse=True)
    ends = [lineage.facts.op_times(act, lineage.as_of)[1][1] for act in acts.tolist()]
    latest[found.is_left] = np.array(ends, dtype=np.int64)[place_of]
    return latest


def _endings(lineage: Lineage, thing: int, until: int, act: int) -> Iterator[tuple[int, int]]:
    """(operation, earliest time) of what may have ended a presence that was over, at the latest, then."""
    facts, as_of = lineage.facts, lineage.as_of
    columns = facts.columns
    _, (end, end_last) = facts.op_times(act, as_of)
    if end_last == until:
        yield act, end
    is_unit = columns["thing_kind"][thing] == CELL_UNIT
    for op, row in inverse_of(facts).inputs(columns["thing_lot"][thing] if is_unit else thing):
        if columns["op_start_last"][op] != until or op == act or not facts.is_live(op, as_of):
            continue
        units = facts.units("input", row)
        if not (is_unit and units) or thing in units:
            yield op, columns["op_start"][op]


def ended_by(lineage: Lineage, thing: int, until: int, act: int) -> set[str]:
    """The types of the operations that a presence may have been ended by; that of its own end is its own type."""
    types = lineage.facts.columns["op_type"]
    return {OPERATION_NAMES[types[op]] for op, _ in _endings(lineage, thing, until, act)}
