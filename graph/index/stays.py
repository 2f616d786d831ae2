"""When stays in storage were cut short: taken out, or nothing left there (records.md, "Presence in a place").

A stay of a unit ends when it is taken out or taken; of an itemised lot when its last unit has left; of an uncounted
lot when it is taken as a whole; of a counted lot when all of it has been drawn. What a taking drew is not recorded: it
draws on what stands nowhere first, so that what is said to be left in a position is never less than there was.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import ALWAYS, DESTROYS, FOREVER, FROM_SOME, IS_MATERIAL_KIND, REAGENT, STORAGE_OUT, STORED
from graph.index.incidence import Incidence, takes
from graph.index.jit import aside, kernel
from graph.index.tables import Array, Tables

__all__ = ["StayEnds", "stay_ends"]

# what happens to a counted lot, in the order of events at equal times
_LEAVES, _STORED, _TAKEN = 1, 3, 4
BEFORE_ALL = ALWAYS


class StayEnds(NamedTuple):
    """One row for each thing and STORED position, with ``cut``: what ended it besides its own end (FOREVER: nothing).

    ``whole`` is by thing: when a lot was all taken, wherever it stood.
    """

    thing: Array
    position: Array
    op: Array
    cut: Array
    cut_exact: Array
    whole: Array
    whole_exact: Array


class _Room(NamedTuple):
    """For what is followed about one lot: as long as the most that any lot goes into, twice."""

    used: Array
    keys: Array
    kinds: Array
    rows: Array
    stays: Array
    amounts: Array


@aside
def _stands(table: Any, op: int, position: int) -> Any:
    for out in range(table.outputs_off[op], table.outputs_off[op + 1]):
        if table.output_thing[out] == position:
            return True
    return False


@aside
def _means(table: Any, row: int, thing: int, is_unit: bool) -> Any:
    """Whether an input means the whole thing: a unit by name or with its lot, a lot without units or quantity."""
    first, last = table.input_units_off[row], table.input_units_off[row + 1]
    if first == last:
        return True
    if is_unit:
        for place in range(first, last):
            if table.input_unit[place] == thing:
                return True
    return False


@aside
def _taken_out(
    table: Any, links: Any, room: Any, lot: int, thing: int, target: int, position: int, is_unit: bool
) -> Any:
    """When a stay was ended by taking out, and whether that time is exact.

    Stays of one thing in one position are gone through in order. Each is ended by the first taking-out that no earlier
    one was ended by and that is not for certain before it; one that is for certain after it ends it in any case.
    """
    first, last = links.inputs_off[lot], links.inputs_off[lot + 1]
    used = room.used
    for place in range(first, last):
        used[place - first] = False
    for place in range(first, last):
        row = links.inputs[place]
        op = links.op_of_input[row]
        if table.op_type[op] != STORED or not _stands(table, op, position):
            continue
        if not _means(table, row, thing, is_unit=is_unit):
            continue
        found, chosen = FOREVER, -1
        for other in range(first, last):
            out = links.op_of_input[links.inputs[other]]
            if table.op_type[out] != STORAGE_OUT or not _stands(table, out, position):
                continue
            if table.input_quantity[links.inputs[other]] != 0 and not is_unit:
                continue
            if not _means(table, links.inputs[other], thing, is_unit=is_unit):
                continue
            # At equal times what leaves comes first.
            if table.start_last[out] <= table.start[op] or table.start[out] > table.end_last[op]:
                continue
            if used[other - first] and table.start[out] <= table.start_last[op]:
                continue
            if table.start_last[out] < found:
                found, chosen = table.start_last[out], other
        if chosen >= 0:
            used[chosen - first] = True
        if row == target:
            out = links.op_of_input[links.inputs[chosen]]
            return found, chosen < 0 or table.start[out] == found
    return FOREVER, True


@aside
def _counted_events(table: Any, links: Any, room: Any, lot: int) -> int:
    """Puts into ``room`` what changes how much of a counted lot stands where, in order; gives how many events there are."""
    keys, kinds, rows = room.keys, room.kinds, room.rows
    count = 0
    for place in range(links.inputs_off[lot], links.inputs_off[lot + 1]):
        row = links.inputs[place]
        op = links.op_of_input[row]
        kind, time = 0, table.start_last[op]
        if table.op_type[op] == STORED:
            kind, time = _STORED, table.start[op]
            if table.end_last[op] != FOREVER:
                rank = _LEAVES if table.end_last[op] > time else _TAKEN + 1  # never before its own beginning
                keys[count], kinds[count], rows[count] = table.end_last[op] * 8 + rank, _LEAVES, row
                count += 1
        elif table.op_type[op] == STORAGE_OUT:
            kind = _LEAVES
        elif takes(table, op, row):
            kind = _TAKEN
        if kind:
            keys[count], kinds[count], rows[count] = time * 8 + kind, kind, row
            count += 1
    for place in range(1, count):  # nearly in order already
        key, kind, row = keys[place], kinds[place], rows[place]
        other = place - 1
        while other >= 0 and keys[other] > key:
            keys[other + 1], kinds[other + 1], rows[other + 1] = keys[other], kinds[other], rows[other]
            other -= 1
        keys[other + 1], kinds[other + 1], rows[other + 1] = key, kind, row
    return count


@aside
def _drain(table: Any, links: Any, position: int, amount: float, stays: Any, amounts: Any, count: int) -> float:
    """Takes an amount from the open stays in a position, the oldest first; gives what was found."""
    found = 0.0
    for stay in range(count):
        if amounts[stay] > 0 and amount > 0 and _stands(table, links.op_of_input[stays[stay]], position):
            part = min(amounts[stay], amount)
            amounts[stay] -= part
            amount -= part
            found += part
    return found


@aside
def _empty(table: Any, links: Any, row: int, stays: Any, amounts: Any, count: int) -> float:
    """Everything in the position is taken out, or a stay is closed; gives how much that was."""
    op = links.op_of_input[row]
    found = 0.0
    if table.op_type[op] == STORED:
        for stay in range(count):
            if stays[stay] == row:
                found, amounts[stay] = max(amounts[stay], 0.0), 0.0
        return found
    position = table.output_thing[table.outputs_off[op]]
    has_certain = False
    for is_sure in (True, False):
        for stay in range(count):
            stored = links.op_of_input[stays[stay]]
            if amounts[stay] <= 0 or not _stands(table, stored, position):
                continue
            is_certain = table.start_last[stored] < table.start[op]
            if is_certain == is_sure and (is_sure or not has_certain):
                found += amounts[stay]
                amounts[stay] = 0.0
                has_certain = True
    return found


@aside
def _one_position(table: Any, links: Any, stays: Any, amounts: Any, count: int) -> int:
    """The only position with an open stay; -1 where there is none or more than one."""
    found = -1
    for stay in range(count):
        if amounts[stay] > 0:
            op = links.op_of_input[stays[stay]]
            position = table.output_thing[table.outputs_off[op]]
            if found >= 0 and position != found:
                return -1
            found = position
    return found


@aside
def _count_down(
    table: Any, links: Any, room: Any, lot: int, made: float, cut: Any, exact: Any, whole: Any, whole_exact: Any
) -> None:  # fmt: skip
    """Follows the amounts of a counted lot; writes when each of its stays ran empty, by input row."""
    events = _counted_events(table, links, room, lot)
    kinds, rows, stays, amounts = room.kinds, room.rows, room.stays, room.amounts
    count: int = np.int64(0)  # type: ignore[assignment]  # one type from the first call on
    free, taken, loose, least = made, 0.0, 0.0, made * 1e-9
    for event in range(events):
        row = rows[event]
        op = links.op_of_input[row]
        quantity = table.input_quantity[row]
        time, is_exact = table.start_last[op], table.start[op] == table.start_last[op]
        if kinds[event] == _STORED:
            stays[count], amounts[count] = row, quantity if quantity > 0 else made - taken
            free = max(0.0, free - amounts[count])
            count += 1
            continue
        if kinds[event] == _LEAVES:
            if table.op_type[op] == STORED:
                time, is_exact = table.end_last[op], table.end[op] == table.end_last[op]
            if table.op_type[op] == STORAGE_OUT and quantity > 0:
                position = table.output_thing[table.outputs_off[op]]
                free += _drain(table, links, position, quantity, stays, amounts, count)
            else:
                free += _empty(table, links, row, stays, amounts, count)
        else:
            if quantity == 0 and table.op_flags[op] & DESTROYS:
                if table.op_flags[op] & FROM_SOME:
                    continue  # how much that was is not recorded
                quantity = made - taken
            taken += quantity
            rest = max(0.0, quantity - free)
            free = max(0.0, free - quantity)
            position = _one_position(table, links, stays, amounts, count)
            if position >= 0:
                _drain(table, links, position, rest, stays, amounts, count)
            else:
                loose += rest
        total = 0.0
        for stay in range(count):
            total += max(0.0, amounts[stay])
        is_gone = taken >= made - least
        if is_gone and whole[lot] == FOREVER:
            whole[lot], whole_exact[lot] = time, is_exact
        for stay in range(count):
            if cut[stays[stay]] == FOREVER and (amounts[stay] <= least or total - loose <= least or is_gone):
                amounts[stay] = 0.0
                cut[stays[stay]], exact[stays[stay]] = time, is_exact


@kernel
def _by_amount(table: Any, links: Any, room: Any, cut: Any, exact: Any, whole: Any, whole_exact: Any) -> None:
    for thing in range(len(table.kind)):
        made = links.made_by[thing]
        if made < 0 or table.lot[thing] >= 0:
            if IS_MATERIAL_KIND[table.kind[thing]] and table.kind[thing] != REAGENT:
                whole[thing], whole_exact[thing] = links.gone[thing], links.gone_exact[thing]
            continue
        first, last = table.output_units_off[made], table.output_units_off[made + 1]
        if first == last and table.output_quantity[made] > 0:
            _count_down(table, links, room, thing, table.output_quantity[made], cut, exact, whole, whole_exact)
        elif first == last:
            whole[thing], whole_exact[thing] = links.gone[thing], links.gone_exact[thing]
        else:
            latest, is_exact = BEFORE_ALL, True
            for place in range(first, last):
                unit = table.output_unit[place]
                is_later = links.gone[unit] > latest
                if is_later or (links.gone[unit] == latest and links.gone_exact[unit]):
                    latest, is_exact = links.gone[unit], links.gone_exact[unit]
            whole[thing], whole_exact[thing] = latest, is_exact


@aside
def _add(ends: Any, count: int, thing: int, position: int, op: int, cut: int, is_exact: bool) -> int:
    if count < len(ends.thing):
        ends.thing[count] = thing
        ends.position[count] = position
        ends.op[count] = op
        ends.cut[count] = cut
        ends.cut_exact[count] = is_exact
    return count + 1


@aside
def _unit_cut(table: Any, links: Any, room: Any, has_out: Any, lot: int, unit: int, row: int, position: int) -> Any:
    cut, is_exact = links.gone[unit], links.gone_exact[unit]
    if has_out[lot]:
        out, out_exact = _taken_out(table, links, room, lot, unit, row, position, is_unit=True)
        if out < cut or (out == cut and out_exact):
            cut, is_exact = out, out_exact
    return cut, is_exact


@aside
def _last_unit(table: Any, links: Any, room: Any, has_out: Any, lot: int, row: int, position: int) -> Any:
    """When the last unit of a lot that was stored by its name had left."""
    made = links.made_by[lot]
    latest, is_exact = BEFORE_ALL, True
    for place in range(table.output_units_off[made], table.output_units_off[made + 1]):
        cut, cut_exact = _unit_cut(table, links, room, has_out, lot, table.output_unit[place], row, position)
        if cut > latest or (cut == latest and cut_exact):
            latest, is_exact = cut, cut_exact
    if latest < table.start[links.op_of_input[row]]:
        return FOREVER, True  # nothing of it was left to be stored: then it is not its units that end the stay
    return latest, is_exact


@aside
def _lot_cut(
    table: Any, links: Any, room: Any, has_out: Any, lot: int, row: int, position: int, cut: Any, exact: Any
) -> Any:
    """The end of a stay of a lot as such: run empty, taken as a whole, its last unit gone, taken out."""
    made = links.made_by[lot]
    found, is_exact = links.gone[lot], links.gone_exact[lot]
    if made >= 0 and table.output_units_off[made] != table.output_units_off[made + 1]:
        found, is_exact = _last_unit(table, links, room, has_out, lot, row, position)
    elif made >= 0 and table.output_quantity[made] > 0:
        return cut[row], exact[row]
    if has_out[lot]:
        out, out_exact = _taken_out(table, links, room, lot, lot, row, position, is_unit=False)
        if out < found or (out == found and out_exact):
            found, is_exact = out, out_exact
    return found, is_exact


@kernel
def _stays(table: Any, links: Any, room: Any, has_out: Any, cut: Any, exact: Any, ends: Any) -> int:
    count: int = np.int64(0)  # type: ignore[assignment]  # one type from the first call on
    for op in range(len(table.op_type)):
        if table.op_type[op] != STORED or not table.is_live[op]:
            continue
        for row in range(table.inputs_off[op], table.inputs_off[op + 1]):
            lot = table.input_thing[row]
            first, last = table.input_units_off[row], table.input_units_off[row + 1]
            for out in range(table.outputs_off[op], table.outputs_off[op + 1]):
                position = table.output_thing[out]
                for place in range(first, last):
                    unit = table.input_unit[place]
                    end, is_exact = _unit_cut(table, links, room, has_out, lot, unit, row, position)
                    count = _add(ends, count, unit, position, op, end, is_exact)
                if first != last:
                    continue
                made = links.made_by[lot]
                if made >= 0:
                    for place in range(table.output_units_off[made], table.output_units_off[made + 1]):
                        unit = table.output_unit[place]
                        end, is_exact = _unit_cut(table, links, room, has_out, lot, unit, row, position)
                        count = _add(ends, count, unit, position, op, end, is_exact)
                end, is_exact = _lot_cut(table, links, room, has_out, lot, row, position, cut, exact)
                count = _add(ends, count, lot, position, op, end, is_exact)
    return count


def stay_ends(table: Tables, links: Incidence) -> StayEnds:
    """The stays of live STORED operations, and when each was cut short."""
    things = len(table.kind)
    cut, exact = (
        np.full(len(table.input_thing), FOREVER, dtype=np.int64),
        np.ones(len(table.input_thing), dtype=np.bool_),
    )
    whole, whole_exact = np.full(things, FOREVER, dtype=np.int64), np.ones(things, dtype=np.bool_)
    most = 2 * int(np.diff(links.inputs_off).max(initial=0))
    room = _Room(
        used=np.zeros(most, dtype=np.bool_),
        keys=np.empty(most, dtype=np.int64),
        kinds=np.empty(most, dtype=np.uint8),
        rows=np.empty(most, dtype=np.int64),
        stays=np.empty(most, dtype=np.int64),
        amounts=np.empty(most, dtype=np.float64),
    )
    _by_amount(table, links, room, cut, exact, whole, whole_exact)
    has_out = np.zeros(things, dtype=np.bool_)
    rows = np.flatnonzero((table.op_type[links.op_of_input] == STORAGE_OUT) & table.is_live[links.op_of_input])
    has_out[table.input_thing[rows]] = True

    def space(count: int) -> StayEnds:
        return StayEnds(
            thing=np.empty(count, dtype=np.int32),
            position=np.empty(count, dtype=np.int32),
            op=np.empty(count, dtype=np.int32),
            cut=np.empty(count, dtype=np.int64),
            cut_exact=np.empty(count, dtype=np.bool_),
            whole=whole,
            whole_exact=whole_exact,
        )

    ends = space(_stays(table, links, room, has_out, cut, exact, space(0)))
    _stays(table, links, room, has_out, cut, exact, ends)
    return ends
