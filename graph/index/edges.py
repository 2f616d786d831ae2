"""The edges that spread along material: rule 1 (operations, reagents' uses) and rule 2 (a lot's units)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import (
    CONTAINS,
    CREATES,
    INCLUSIVE,
    INEXACT,
    IS_MATERIAL,
    IS_MATERIAL_KIND,
    MATERIAL,
    REAGENT,
    SOME,
    USE,
)
from graph.index.incidence import Incidence, last_chance
from graph.index.jit import aside, kernel
from graph.index.tables import Array, Tables

__all__ = ["Edges", "derive_edges", "no_edges"]


class Edges(NamedTuple):
    """One row for each edge, in no order. ``start`` is the earliest, ``until`` the last instant that can pass it."""

    source: Array
    target: Array
    start: Array
    until: Array
    op: Array
    flags: Array


@aside
def _put(edges: Any, count: int, source: int, target: int, start: int, until: int, op: int, flags: int) -> int:
    if count < len(edges.source):
        edges.source[count] = source
        edges.target[count] = target
        edges.start[count] = start
        edges.until[count] = until
        edges.op[count] = op
        edges.flags[count] = flags
    return count + 1


@kernel
def _operations(table: Any, links: Any, edges: Any) -> int:
    count: int = np.int64(0)  # type: ignore[assignment]  # one type from the first call on
    for op in range(len(table.op_type)):
        if not table.is_live[op]:
            continue
        start = table.start[op]
        is_exact = start == table.start_last[op]
        if IS_MATERIAL[table.op_type[op]]:
            until, inclusive = last_chance(table, op)
            flags = MATERIAL | inclusive
            if not is_exact or table.end[op] != table.end_last[op]:
                flags |= INEXACT
            for row in range(table.inputs_off[op], table.inputs_off[op + 1]):
                for out in range(table.outputs_off[op], table.outputs_off[op + 1]):
                    target = table.output_thing[out]
                    first, last = table.input_units_off[row], table.input_units_off[row + 1]
                    for place in range(first, last):
                        count = _put(edges, count, table.input_unit[place], target, start, until, op, flags)
                    if first == last:
                        count = _put(edges, count, table.input_thing[row], target, start, until, op, flags)
        if CREATES[table.op_type[op]]:
            for out in range(table.outputs_off[op], table.outputs_off[op + 1]):
                for place in range(table.output_units_off[out], table.output_units_off[out + 1]):
                    unit = table.output_unit[place]
                    flags = CONTAINS | links.until_flags[unit] | (0 if is_exact else INEXACT)
                    count = _put(edges, count, table.output_thing[out], unit, start, links.until[unit], op, flags)
    return count


@kernel
def _uses(table: Any, links: Any, edges: Any, count: int) -> int:
    for op in range(len(table.op_type)):
        if not table.is_live[op]:
            continue
        for use in range(table.uses_off[op], table.uses_off[op + 1]):
            reagent = table.use_thing[use]
            if table.kind[reagent] != REAGENT:
                continue
            start, start_last = table.use_start[use], table.use_start_last[use]
            until, flags = start_last, USE | INCLUSIVE
            if table.use_end_last[use] > start_last:
                until, flags = table.use_end_last[use], USE
            if start != start_last or table.use_end[use] != table.use_end_last[use]:
                flags |= INEXACT
            if table.use_flags[use] & SOME:
                for place in range(table.use_on_off[use], table.use_on_off[use + 1]):
                    target = table.use_on[place]
                    if IS_MATERIAL_KIND[table.kind[target]]:
                        count = _put(edges, count, reagent, target, start, until, op, flags)
            else:
                for place in range(links.touched_off[op], links.touched_off[op + 1]):
                    count = _put(edges, count, reagent, links.touched[place], start, until, op, flags)
    return count


def _space(count: int) -> Edges:
    return Edges(
        source=np.empty(count, dtype=np.int32),
        target=np.empty(count, dtype=np.int32),
        start=np.empty(count, dtype=np.int64),
        until=np.empty(count, dtype=np.int64),
        op=np.empty(count, dtype=np.int32),
        flags=np.empty(count, dtype=np.uint8),
    )


def no_edges() -> Edges:
    return _space(0)


def derive_edges(table: Tables, links: Incidence) -> Edges:
    """All live edges. A voided operation writes none."""
    nothing = _space(0)
    edges = _space(_uses(table, links, nothing, _operations(table, links, nothing)))
    _uses(table, links, edges, _operations(table, links, edges))
    return edges
