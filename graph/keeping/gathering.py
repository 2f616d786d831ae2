"""What happened to many things at once, as rows: the inputs and outputs of live operations in which they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.index.codes import CELL_UNIT, FOREVER
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping.inverse import inverse_of

__all__ = ["Gathered", "gather"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One row for each thing in each input or output of a live operation; units in those of their lots that name them,
    or the lot alone. ``thing`` is the place among the things that were asked for.
    """

    thing: Array
    op: Array
    row: Array  # of the input or output
    is_input: Array
    is_named: Array  # a unit was named; not its lot alone


def gather(lineage: Lineage, things: Array) -> Gathered:
    """Cost: that of the rows, and a sort of the things."""
    columns = lineage.facts.columns
    is_unit = columns["thing_kind"].take(things) == CELL_UNIT
    owner = np.where(is_unit, columns["thing_lot"].take(things), things)
    parts = [_side(lineage, things, owner, is_unit, side) for side in ("input", "output")]
    thing, op, row, is_named = (np.concatenate(column) for column in zip(*(part[:4] for part in parts), strict=True))
    is_input = np.repeat([True, False], [len(part[0]) for part in parts])
    live = _is_live(lineage, op)
    return Gathered(thing=thing[live], op=op[live], row=row[live], is_input=is_input[live], is_named=is_named[live])


def _side(lineage: Lineage, things: Array, owner: Array, is_unit: Array, side: str) -> tuple[Array, ...]:
    """(place of the thing, operation, row, whether a unit is named)."""
    facts, inverse = lineage.facts, inverse_of(lineage.facts)
    owners, place_of = np.unique(owner, return_inverse=True)
    whose, rows = inverse.rows_of(f"{side}_thing", owners)
    ops = inverse.operations_of(f"{side}_thing", rows)
    ends = facts.columns[f"{side}_units_end"]
    last = ends.take(rows).astype(np.int64)
    first = np.where(rows > 0, ends.take(np.maximum(rows - 1, 0)), 0).astype(np.int64)
    # Where no unit is named, all that was asked for of the thing is meant: its units, and itself.
    alone = np.flatnonzero(first == last) if side == "input" else np.arange(len(rows))
    asked = np.argsort(place_of, kind="stable")
    bounds = np.searchsorted(place_of[asked], np.arange(len(owners) + 1))
    counts = np.diff(bounds)[whose[alone]]
    meant = asked[_ranges(bounds[:-1][whose[alone]], counts)]
    whole = np.repeat(alone, counts)
    if side == "output":
        return meant, ops[whole], rows[whole], np.zeros(len(whole), dtype=np.bool_)
    # Where units are named, those of them that were asked for.
    named = np.flatnonzero(first != last)
    counts = (last - first)[named]
    units = facts.columns[f"{side}_unit"].take(_ranges(first[named], counts))
    unit_places = np.flatnonzero(is_unit)
    by_number = unit_places[np.argsort(things[unit_places], kind="stable")]
    at = np.searchsorted(things[by_number], units)
    is_asked = at < len(by_number)
    is_asked[is_asked] = things[by_number[at[is_asked]]] == units[is_asked]
    which = np.repeat(named, counts)[is_asked]
    return (
        np.concatenate((meant, by_number[at[is_asked]])),
        np.concatenate((ops[whole], ops[which])),
        np.concatenate((rows[whole], rows[which])),
        np.repeat([False, True], [len(whole), len(which)]),
    )


def _ranges(first: Array, counts: Array) -> Array:
    """All numbers first … first + count - 1, one range after the other."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: Array = np.arange(total, dtype=np.int64) + np.repeat(first - (ends - counts), counts)
    return found


def _is_live(lineage: Lineage, ops: Array) -> Array:
    """Which operations are known at the lineage's position, and not voided there."""
    columns, as_of = lineage.facts.columns, lineage.as_of
    known_at = FOREVER if as_of.known_at_ms is None else as_of.known_at_ms
    live: Array = (columns["op_seq"].take(ops) <= as_of.seq) & (columns["op_recorded"].take(ops) <= known_at)
    if lineage.facts.voids:
        void = {name: columns[f"void_{name}"].frozen_copy() for name in ("op", "seq", "recorded")}
        shown = (void["seq"] <= as_of.seq) & (void["recorded"] <= known_at)
        live &= ~np.isin(ops, void["op"][shown])
    return live
