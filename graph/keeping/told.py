"""What arrays tell of things at once: what became of each, and where it is or was last.

Of what happened to a unit, or to a lot that is not counted, the last that changed its disposition tells it. Lots that are
counted, and what is rare (times that are not exact, holds, inventories), must be replayed as the rules do it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from graph.index.codes import (
    CELL_LOT,
    CELL_UNIT,
    CHANGED_DISPOSITION,
    CONSUMED,
    COUNTED,
    CREATES,
    FOREVER,
    IS_MATERIAL,
    OPERATION_NAMES,
    POSITION,
    QC_RELEASE,
    RANK,
    STORAGE_OUT,
    STORED,
    TISSUE,
    TOLD_CODES,
    TRANSPORTED,
)
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping.gathering import Gathered, gather
from graph.keeping.sites import Sites
from graph.vocabulary import FINAL_DISPOSITIONS, OPERATIONS

__all__ = ["NO_PART", "REPLAYED", "Told", "tell"]

REPLAYED: Final = 255  # instead of a disposition: only a replay tells it
NO_PART: Final = 254  # a donor, a reagent, a subject; a lot that counts by its units
# What it takes is used up; of tests that is told of what they consume.
_BECOMES = np.array(
    [
        TOLD_CODES[operation.becomes] if operation.is_material and operation.becomes else 0
        for operation in map(OPERATIONS.__getitem__, OPERATION_NAMES)
    ],
    dtype=np.uint8,
)
_CONSUMED_IN_QC, _NONE = TOLD_CODES["consumed_in_qc"], 0
_IN_TRANSIT, _AT_SITE, _ALLOCATED = (TOLD_CODES[name] for name in ("in_transit", "at_site", "allocated"))
_RELEASED, _REJECTED = TOLD_CODES["released"], TOLD_CODES["rejected"]
_PASSES = [TOLD_CODES["pass"], TOLD_CODES["conditional"]]
_FINAL = [TOLD_CODES[name] for name in FINAL_DISPOSITIONS]
# What only a replay tells rightly.
_HARD = [TOLD_CODES["on_hold"], TOLD_CODES["unaccounted"], _NONE]
_END_RANK, _LATE_END_RANK = 1, 5


class Told(NamedTuple):
    """Of each thing: its disposition (uint8, as in TOLD_NAMES, or NO_PART, REPLAYED); the site at which it is or was last,
    else the organisation, else -1 (int32); and whether it is a counted lot, which may be at several sites.
    """

    part: Array
    site: Array
    is_counted: Array


def tell(lineage: Lineage, things: Array, *, fast: bool = True) -> Told:
    """``fast`` False: all that has a disposition is to be replayed."""
    telling = _Telling(lineage, things)
    return Told(*telling.parts(fast=fast), telling.counted_lots)


class _Telling:
    def __init__(self, lineage: Lineage, things: Array) -> None:
        self._lineage, self._things = lineage, things.astype(np.int64)
        self._columns = lineage.facts.columns
        self._kind = self._columns["thing_kind"].take(self._things)

    @cached_property
    def _rows(self) -> Gathered:
        return gather(self._lineage, self._things)

    @cached_property
    def _lots(self) -> Array:
        """Of a unit its lot, of anything else itself."""
        is_unit = self._kind == CELL_UNIT
        lots: Array = np.where(is_unit, self._columns["thing_lot"].take(self._things), self._things)
        return lots

    @property
    def counted_lots(self) -> Array:
        found: Array = self._modes[1] & (self._kind == CELL_LOT)
        return found

    def parts(self, *, fast: bool) -> tuple[Array, Array]:
        """The dispositions, and the sites."""
        is_itemised, is_counted = self._modes
        is_held = (self._kind == CELL_UNIT) | (((self._kind == CELL_LOT) | (self._kind == TISSUE)) & ~is_itemised)
        is_hard = self._hard() if fast else np.ones(len(self._things), dtype=np.bool_)
        part = np.where(is_counted | is_hard, REPLAYED, self._dispositions())
        part = np.where(is_held, part, NO_PART).astype(np.uint8)
        return part, self._last_sites().astype(np.int32)

    @cached_property
    def _modes(self) -> tuple[Array, Array]:
        """Which things are lots with named units, and which are counted lots."""
        itemised, counted = (np.zeros(len(self._things), dtype=np.bool_) for _ in range(2))
        rows = self._rows
        made = np.flatnonzero(self._is_made)
        row, thing = rows.row[made], rows.thing[made]
        ends = self._columns["output_units_end"]
        first = np.where(row > 0, ends.take(np.maximum(row - 1, 0)), 0)
        has_units = ends.take(row) != first
        is_lot = self._kind[thing] != CELL_UNIT
        itemised[thing[has_units & is_lot]] = True
        counted[thing[~has_units & is_lot & (self._columns["output_quantity"].take(row) > 0)]] = True
        return itemised, counted

    def _hard(self) -> Array:
        """Which things are to be replayed."""
        rows, column = self._rows, self._columns
        types, told = column["op_type"].take(rows.op), column["op_told"].take(rows.op)
        is_hard = column["op_start"].take(rows.op) != column["op_start_last"].take(rows.op)
        is_hard |= types == COUNTED
        is_change = types == CHANGED_DISPOSITION
        is_hard |= is_change & np.isin(told, _HARD)
        is_hard |= is_change & ~rows.is_named & (column["op_told_from"].take(rows.op) != _NONE)
        is_hard |= (types == STORAGE_OUT) & ~rows.is_named  # what stood there, and nothing else
        is_hard &= rows.is_input
        lasting = np.flatnonzero(rows.is_input & (types == TRANSPORTED))
        for place in lasting.tolist():
            _, end = self._lineage.facts.op_times(int(rows.op[place]), self._lineage.as_of)
            is_hard[place] |= end[0] != end[1]
        found = np.zeros(len(self._things), dtype=np.bool_)
        found[rows.thing[is_hard]] = True
        # What is hard for one unit is for all of its lot: the others may have been meant.
        return np.isin(self._lots, self._lots[found])

    def _dispositions(self) -> Array:
        """Of each thing, as a code; right for what is neither counted nor hard."""
        rows, column = self._rows, self._columns
        taken = np.flatnonzero(rows.is_input)
        op, thing = rows.op[taken], rows.thing[taken]
        types, told = column["op_type"].take(op), column["op_told"].take(op)
        is_unit = self._kind[thing] == CELL_UNIT
        is_tested = (column["input_flags"].take(rows.row[taken]) & CONSUMED != 0) & ~IS_MATERIAL[types]
        becomes = np.where(is_tested & is_unit, _CONSUMED_IN_QC, _BECOMES[types])
        is_change = types == CHANGED_DISPOSITION
        order, end_order, ended = self._order(op, types)
        is_release, passes = types == QC_RELEASE, np.isin(told, _PASSES)
        is_release &= ~is_tested
        # Of each decides what used it up; else the last that says something: its standing, where it is.
        is_final = (becomes != _NONE) | (is_change & np.isin(told, _FINAL))
        # What used it up first: a lot that is destroyed by its name is what is left of it.
        final = _last(len(self._things), thing, -order, is_final, np.where(is_change, told, becomes))
        standing = np.where(is_change, told, np.where(passes, _RELEASED, _REJECTED))
        says = is_change | (is_release & (passes | (told == TOLD_CODES["fail"])))
        born = np.where(self._kind == CELL_UNIT, TOLD_CODES["quarantined"], TOLD_CODES["in_process"])
        base = _last(len(self._things), thing, order, says, standing, born)
        over = np.full(len(op), _NONE, dtype=np.uint8)
        over[types == TRANSPORTED] = _IN_TRANSIT
        is_taken_out = (types == STORAGE_OUT) & (told != TOLD_CODES["transfer"])
        over[is_taken_out] = _ALLOCATED
        moves = (types == STORED) | (types == TRANSPORTED) | is_taken_out | is_change | (is_release & passes)
        where = _last(
            len(self._things),
            np.concatenate((thing, thing[ended])),
            np.concatenate((order, end_order)),
            np.concatenate((moves, np.ones(len(ended), dtype=np.bool_))),
            np.concatenate((over, np.full(len(ended), _AT_SITE, dtype=np.uint8))),
        )
        found: Array = np.where(final != _NONE, final, np.where(where != _NONE, where, base))
        return found

    def _order(self, op: Array, types: Array) -> tuple[Array, Array, Array]:
        """The order of the rows in time; that of the ends of transports, and which rows those are."""
        column = self._columns
        start, seq = column["op_start"].take(op), column["op_seq"].take(op)
        ended, ends, ranks = [], [], []
        for place in np.flatnonzero(types == TRANSPORTED).tolist():
            _, (end, _) = self._lineage.facts.op_times(int(op[place]), self._lineage.as_of)
            if end != FOREVER:
                ended.append(place)
                ends.append(end)
                ranks.append(_END_RANK if end > start[place] else _LATE_END_RANK)
        which = np.array(ended, dtype=np.int64)
        times = np.concatenate((start, np.array(ends, dtype=np.int64)))
        rank = np.concatenate((RANK[types], np.array(ranks, dtype=np.uint8)))
        seqs = np.concatenate((seq, seq[which]))
        order = np.empty(len(times), dtype=np.int64)
        order[np.lexsort((seqs, rank, times))] = np.arange(len(times))
        return order[: len(op)], order[len(op) :], which

    def _last_sites(self) -> Array:
        """The site of the last act that says where; else the organisation of the last; else -1."""
        sites = Sites(self._lineage)
        last, placed = self._last_acts
        found = np.full(len(last), -1, dtype=np.int64)
        said = np.flatnonzero(placed >= 0)
        op = self._rows.op[placed[said]]
        places, place_of = np.unique(self._places[placed[said]], return_inverse=True)
        is_fixed = np.array([sites.is_fixed(place) for place in places.tolist()], dtype=np.bool_)[place_of]
        fixed = [sites.of(place, 0) for place in places.tolist()]
        found[said] = np.array([-1 if site is None else site for site in fixed], dtype=np.int64)[place_of]
        for row in np.flatnonzero(~is_fixed).tolist():
            site = sites.of(int(places[place_of[row]]), self._columns["op_start"][int(op[row])])
            found[said[row]] = -1 if site is None else site
        unknown = np.flatnonzero((found < 0) & (last >= 0))
        found[unknown] = self._columns["op_org"].take(self._rows.op[last[unknown]])
        return found

    @cached_property
    def _places(self) -> Array:
        """Of each row, where its operation left what it touched; -1: it does not say."""
        column, op = self._columns, self._rows.op
        ends = column["op_outputs_end"]
        first = np.where(op > 0, ends.take(np.maximum(op - 1, 0)), 0)
        has_output = ends.take(op) > first
        output = np.full(len(op), -1, dtype=np.int64)
        output[has_output] = column["output_thing"].take(first[has_output])
        is_position = output >= 0
        is_position[is_position] = column["thing_kind"].take(output[is_position]) == POSITION
        left, location = column["op_left"].take(op), column["op_location"].take(op)
        places: Array = np.where(is_position, output, np.where(left >= 0, left, location))
        return places

    @cached_property
    def _last_acts(self) -> tuple[Array, Array]:
        """Of each thing, the row of the last thing that happened to it, and of the last that says where."""
        rows = self._rows
        # A lot is not where some of its units were named.
        is_own = ~rows.is_named | (self._kind[rows.thing] == CELL_UNIT)
        start = self._columns["op_start"].take(rows.op)
        order = np.empty(len(rows.op), dtype=np.int64)
        order[np.lexsort((rows.op, start))] = np.arange(len(rows.op))
        row = np.arange(len(rows.op), dtype=np.int64)
        count = len(self._things)
        is_own &= rows.is_named | self._is_made | (order <= self._taken_at(order)[rows.thing])
        nothing = np.full(count, -1, dtype=np.int64)
        return (
            _last(count, rows.thing, order, is_own, row, nothing),
            _last(count, rows.thing, order, is_own & (self._places >= 0), row, nothing),
        )

    @property
    def _is_made(self) -> Array:
        made: Array = ~self._rows.is_input & CREATES[self._columns["op_type"].take(self._rows.op)]
        return made

    def _taken_at(self, order: Array) -> Array:
        """Where in the order of the rows each thing was used up by its own name: its lot's name means others then."""
        rows, column = self._rows, self._columns
        told = column["op_told"].take(rows.op)
        takes = IS_MATERIAL[column["op_type"].take(rows.op)] | np.isin(told, _FINAL)
        takes[rows.is_input] |= column["input_flags"].take(rows.row[rows.is_input]) & CONSUMED != 0
        takes &= rows.is_input & rows.is_named
        found = np.full(len(self._things), len(order), dtype=np.int64)
        np.minimum.at(found, rows.thing[takes], order[takes])
        return found


def _last(count: int, thing: Array, order: Array, chosen: Array, value: Array, otherwise: Array | None = None) -> Array:
    """For each thing the value of the last of its chosen rows; ``otherwise`` (0) where it has none."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(order[rows], kind="stable")]
    found = np.zeros(count, dtype=value.dtype) if otherwise is None else otherwise.astype(value.dtype)
    found[thing[rows]] = value[rows]  # of several the last one stays
    return found
