"""Who made, took and touched what: the tables turned around, for the derivation of edges and presences."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import (
    CONSUMED,
    CREATES,
    DESTROYS,
    FOREVER,
    FROM_SOME,
    INCLUSIVE,
    INEXACT,
    INSTANT,
    IS_MATERIAL,
    IS_MATERIAL_KIND,
    REAGENT,
)
from graph.index.jit import aside, kernel
from graph.index.tables import Array, Tables, fixed

__all__ = ["Incidence", "incidence", "is_instant", "last_chance", "takes"]


class Incidence(NamedTuple):
    """``made_by`` is the output row that made a thing or its lot (-1: none), ``inputs`` the live input rows by thing."""

    touched_off: Array  # by operation: what it made, or what went in where it makes no material (units where named)
    touched: Array
    made_by: Array  # by thing
    maker: Array  # by thing: the operation
    inputs_off: Array  # by thing, lots and not their units; in order of time
    inputs: Array
    op_of_input: Array
    gone: Array  # by thing: latest start of what took the unit or the uncounted whole; FOREVER: nothing did
    gone_exact: Array
    until: Array  # of units: the last instant at which it can be affected with its lot, and marks of that
    until_flags: Array


@aside
def last_chance(table: Any, op: int) -> Any:
    """Up to when what an operation takes can pass something on, and whether that very instant counts (rule 1)."""
    if table.end_last[op] > table.start_last[op]:
        return table.end_last[op], 0
    return table.start_last[op], INCLUSIVE


@aside
def is_instant(table: Any, op: int) -> Any:
    if table.op_flags[op] & INSTANT:
        return True
    return table.start[op] == table.end_last[op] and table.start[op] == table.start_last[op]


@aside
def takes(table: Any, op: int, row: int) -> Any:
    """Whether an input is used up: by a material operation, a test that consumes it, or destruction."""
    return (
        IS_MATERIAL[table.op_type[op]] or table.input_flags[row] & CONSUMED != 0 or table.op_flags[op] & DESTROYS != 0
    )


@kernel
def _touch(table: Any, touched_off: Any, touched: Any, capacity: int) -> int:
    """Fills what each operation touched; gives how many rows that takes."""
    count = 0
    for op in range(len(table.op_type)):
        touched_off[op] = count
        if not table.is_live[op]:
            continue
        if IS_MATERIAL[table.op_type[op]]:
            for row in range(table.outputs_off[op], table.outputs_off[op + 1]):
                thing = table.output_thing[row]
                if IS_MATERIAL_KIND[table.kind[thing]]:
                    if count < capacity:
                        touched[count] = thing
                    count += 1
            continue
        for row in range(table.inputs_off[op], table.inputs_off[op + 1]):
            first, last = table.input_units_off[row], table.input_units_off[row + 1]
            for place in range(first, last):
                if count < capacity:
                    touched[count] = table.input_unit[place]
                count += 1
            thing = table.input_thing[row]
            if first == last and IS_MATERIAL_KIND[table.kind[thing]]:
                if count < capacity:
                    touched[count] = thing
                count += 1
    touched_off[len(table.op_type)] = count
    return count


@kernel
def _make(table: Any, made_by: Any, maker: Any) -> None:
    for op in range(len(table.op_type)):
        if not table.is_live[op] or not CREATES[table.op_type[op]]:
            continue
        for row in range(table.outputs_off[op], table.outputs_off[op + 1]):
            made_by[table.output_thing[row]] = row
            maker[table.output_thing[row]] = op
            for place in range(table.output_units_off[row], table.output_units_off[row + 1]):
                made_by[table.output_unit[place]] = row
                maker[table.output_unit[place]] = op


@aside
def _go(table: Any, thing: int, op: int, gone: Any, exact: Any, until: Any, flags: Any, is_first: bool) -> None:
    """One taking of a thing. Of several the last counts, or the first; of equal ones an exact one."""
    last = table.start_last[op]
    is_exact = table.start[op] == last
    is_wanted = last < gone[thing] if is_first else last > gone[thing]
    if gone[thing] == FOREVER or is_wanted or (last == gone[thing] and is_exact):
        gone[thing], exact[thing] = last, is_exact
    chance, inclusive = last_chance(table, op)
    known = flags[thing] & INCLUSIVE
    is_same = chance == until[thing] and inclusive == known
    if chance == until[thing]:
        is_wanted = inclusive < known if is_first else inclusive > known
    else:
        is_wanted = chance < until[thing] if is_first else chance > until[thing]
    is_exact = is_exact and table.end[op] == table.end_last[op]
    if until[thing] == FOREVER or is_wanted or (is_same and is_exact):
        until[thing] = chance
        flags[thing] = inclusive | (0 if is_exact else INEXACT)


@aside
def _takes_the_rest(table: Any, op: int, row: int, made: int) -> Any:
    """Whether an input destroys an itemised lot by its name: all units that are left."""
    is_whole = table.op_flags[op] & DESTROYS != 0 and table.op_flags[op] & FROM_SOME == 0
    return is_whole and table.input_quantity[row] == 0 and _is_itemised(table, made)


@aside
def _is_itemised(table: Any, made: int) -> Any:
    return made >= 0 and table.output_units_off[made] != table.output_units_off[made + 1]


@kernel
def _leave(table: Any, made_by: Any, gone: Any, exact: Any, until: Any, flags: Any) -> None:
    """What is named was taken then: the door lets a thing be taken once; should it be twice, the later counts."""
    for op in range(len(table.op_type)):
        if not table.is_live[op]:
            continue
        for row in range(table.inputs_off[op], table.inputs_off[op + 1]):
            if not takes(table, op, row):
                continue
            first, last = table.input_units_off[row], table.input_units_off[row + 1]
            for place in range(first, last):
                _go(table, table.input_unit[place], op, gone, exact, until, flags, is_first=False)
            thing = table.input_thing[row]
            made = made_by[thing]
            if first != last or table.kind[thing] == REAGENT or _is_itemised(table, made):
                continue
            if table.input_flags[row] & CONSUMED == 0 and (made < 0 or table.output_quantity[made] == 0):
                _go(table, thing, op, gone, exact, until, flags, is_first=False)


@kernel
def _leave_with_the_rest(
    table: Any, made_by: Any, was_taken: Any, gone: Any, exact: Any, until: Any, flags: Any
) -> None:
    """After `_leave`: destruction of a lot by its name means what is left of it, and leaves nothing for another."""
    for op in range(len(table.op_type)):
        if not table.is_live[op] or table.op_flags[op] & DESTROYS == 0:
            continue
        for row in range(table.inputs_off[op], table.inputs_off[op + 1]):
            made = made_by[table.input_thing[row]]
            is_alone = table.input_units_off[row] == table.input_units_off[row + 1]
            if not is_alone or not _takes_the_rest(table, op, row, made):
                continue
            for place in range(table.output_units_off[made], table.output_units_off[made + 1]):
                unit = table.output_unit[place]
                if not was_taken[unit]:
                    _go(table, unit, op, gone, exact, until, flags, is_first=True)


def _by_thing(table: Tables) -> tuple[Array, Array, Array]:
    """Live inputs by thing, in order of time."""
    op_of_input = np.repeat(np.arange(len(table.op_type), dtype=np.int32), np.diff(table.inputs_off))
    rows = np.flatnonzero(table.is_live[op_of_input])
    ops, things = op_of_input[rows], table.input_thing[rows]
    order = np.lexsort((rows, table.start_last[ops], table.start[ops], things))
    offsets = np.zeros(len(table.kind) + 1, dtype=np.int64)
    np.cumsum(np.bincount(things, minlength=len(table.kind)), out=offsets[1:])
    return offsets, rows[order], op_of_input


def incidence(table: Tables) -> Incidence:
    things, ops = len(table.kind), len(table.op_type)
    touched_off = np.zeros(ops + 1, dtype=np.int64)
    count = _touch(table, touched_off, np.empty(0, dtype=np.int32), 0)
    touched = np.empty(count, dtype=np.int32)
    _touch(table, touched_off, touched, count)
    made_by, maker = np.full(things, -1, dtype=np.int32), np.full(things, -1, dtype=np.int32)
    _make(table, made_by, maker)
    gone, until = np.full(things, FOREVER, dtype=np.int64), np.full(things, FOREVER, dtype=np.int64)
    gone_exact, flags = np.ones(things, dtype=np.bool_), np.zeros(things, dtype=np.uint8)
    _leave(table, made_by, gone, gone_exact, until, flags)
    _leave_with_the_rest(table, made_by, gone != FOREVER, gone, gone_exact, until, flags)
    inputs_off, inputs, op_of_input = _by_thing(table)
    return fixed(
        Incidence(
            touched_off=touched_off,
            touched=touched,
            made_by=made_by,
            maker=maker,
            inputs_off=inputs_off,
            inputs=inputs,
            op_of_input=op_of_input,
            gone=gone,
            gone_exact=gone_exact,
            until=until,
            until_flags=flags,
        )
    )
