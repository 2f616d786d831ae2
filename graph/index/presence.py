"""Where material was, when, and with whom: runs in machines, stays in vessels and positions, work at places and by people.

Rules 3 and 4 of recall.md. A stay ends with its own end (or closing), when it is taken out of storage, or when what
stood there was taken; a lot's stay when nothing of it is left there. Where a time or an amount is not known exactly,
the presence is as long as it may have been.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import (
    CLOSED_PROCESS,
    DONE,
    EQUIPMENT,
    FOREVER,
    HERE,
    INEXACT,
    IS_LASTING,
    IS_MATERIAL_KIND,
    LEFT,
    POINT,
    RANK,
    RUN,
    SHARES,
    SOME,
    STAY,
    STORED,
    TIMED,
    TRANSPORTED,
    WORKED,
)
from graph.index.incidence import Incidence, is_instant, takes
from graph.index.jit import aside, kernel
from graph.index.places import Vessels
from graph.index.stays import stay_ends
from graph.index.tables import Array, Tables

__all__ = ["Presences", "derive_presences", "no_presences", "positions_used"]


class Presences(NamedTuple):
    """One row for each presence of a material thing at a hub (machine, position, vessel or person), in no order."""

    hub: Array
    thing: Array
    start: Array
    end: Array  # the instant at which it was over, or of the point that it is
    op: Array
    flags: Array


@aside
def _put(rows: Any, count: int, hub: int, thing: int, start: int, end: int, op: int, flags: int) -> int:
    if count < len(rows.hub):
        rows.hub[count] = hub
        rows.thing[count] = thing
        rows.start[count] = start
        rows.end[count] = end
        rows.op[count] = op
        rows.flags[count] = flags
    return count + 1


@aside
def _names(table: Any, row: int, thing: int, is_unit: bool) -> Any:
    """Whether an input of a lot names the thing: the unit itself, or the lot without units."""
    first, last = table.input_units_off[row], table.input_units_off[row + 1]
    if not is_unit or first == last:
        return True
    for place in range(first, last):
        if table.input_unit[place] == thing:
            return True
    return False


@aside
def _next(table: Any, links: Any, thing: int, op: int) -> int:
    """When the thing was, at the latest, next taken, stored, shipped or given, for certain after the operation."""
    lot = table.lot[thing]
    is_unit = lot >= 0
    if not is_unit:
        lot = thing
    is_made_here = links.maker[thing] == op
    rank = 0 if is_made_here else RANK[table.op_type[op]]
    found = FOREVER
    for place in range(links.inputs_off[lot], links.inputs_off[lot + 1]):
        row = links.inputs[place]
        other = links.op_of_input[row]
        code = table.op_type[other]
        if other == op or not (code in (STORED, TRANSPORTED) or takes(table, other, row)):
            continue
        if not _names(table, row, thing, is_unit=is_unit):
            continue
        is_after = is_made_here or table.start[other] > table.start_last[op]
        if not is_after and table.start[other] == table.start_last[op]:
            is_after = RANK[code] > rank or (RANK[code] == rank and other > op)
        if is_after and table.start_last[other] < found:
            found = table.start_last[other]
    return found


@aside
def _run(table: Any, links: Any, rows: Any, count: int, op: int, use: int, thing: int) -> int:
    start, end = table.use_start[use], table.use_end_last[use]
    flags = RUN | HERE
    if table.use_flags[use] & CLOSED_PROCESS == 0:
        flags |= SHARES
    if start != table.use_start_last[use] or table.use_end[use] != end:
        flags |= INEXACT
    if table.use_flags[use] & TIMED == 0 and is_instant(table, op):
        end = _next(table, links, thing, op)
        flags |= INEXACT
    if end <= start:
        end = start
        flags |= POINT
    return _put(rows, count, table.use_thing[use], thing, start, end, op, flags)


@kernel
def _acts(table: Any, links: Any, rows: Any) -> int:
    """Runs, work at a location, and what people did."""
    count: int = np.int64(0)  # type: ignore[assignment]  # one type from the first call on
    for op in range(len(table.op_type)):
        if not table.is_live[op]:
            continue
        first, last = links.touched_off[op], links.touched_off[op + 1]
        for use in range(table.uses_off[op], table.uses_off[op + 1]):
            if table.kind[table.use_thing[use]] != EQUIPMENT:
                continue
            if table.use_flags[use] & SOME:
                for place in range(table.use_on_off[use], table.use_on_off[use + 1]):
                    if IS_MATERIAL_KIND[table.kind[table.use_on[place]]]:
                        count = _run(table, links, rows, count, op, use, table.use_on[place])
            else:
                for place in range(first, last):
                    count = _run(table, links, rows, count, op, use, links.touched[place])
        start, end = table.start[op], table.end_last[op]
        mark = HERE | (0 if start == table.start_last[op] else INEXACT)
        ended = mark | (0 if table.end[op] == end else INEXACT)
        acted = table.start_last[op] if IS_LASTING[table.op_type[op]] else end
        done = mark if IS_LASTING[table.op_type[op]] else ended
        for place in range(first, last):
            thing = links.touched[place]
            if table.location[op] >= 0:
                flags = ended | WORKED | (POINT if end <= start else 0)
                count = _put(rows, count, table.location[op], thing, start, max(start, end), op, flags)
            flags = done | DONE | (POINT if acted <= start else 0)
            count = _put(rows, count, table.operator[op], thing, start, max(start, acted), op, flags)
    return count


@aside
def _stand(
    vessels: Any, rows: Any, count: int, thing: int, position: int, op: int, kind: int,
    start: int, start_exact: bool, end: int, end_exact: bool, cut: int, cut_exact: bool,
) -> int:  # fmt: skip
    """One presence in a position, and in the vessels that it belongs to meanwhile.

    ``end`` is that of the stay, ``cut`` when it was ended before: a stay cut off at its very start is no point.
    """
    over = min(end, cut)
    if over < start:
        return count
    over_exact = (end_exact and end == over) or (cut_exact and cut == over)
    is_point = end == start and cut > start
    vessel_row = vessels.row_of[position]
    flags = kind | (POINT if is_point else 0)
    if vessel_row < 0:
        mark = 0 if start_exact and over_exact else INEXACT
        return _put(rows, count, position, thing, start, over, op, flags | HERE | SHARES | mark)
    mark = 0 if start_exact and over_exact else INEXACT
    count = _put(rows, count, position, thing, start, over, op, flags | HERE | mark)
    for span in range(vessels.off[vessel_row], vessels.off[vessel_row + 1]):
        since, until = max(start, vessels.bounds[span, 0]), min(over, vessels.bounds[span, 1])
        if until < since:
            continue
        since_exact = (start_exact and since == start) or (vessels.exact[span, 0] and since == vessels.bounds[span, 0])
        until_exact = (over_exact and until == over) or (vessels.exact[span, 1] and until == vessels.bounds[span, 1])
        mark = 0 if since_exact and until_exact and vessels.exact[span, 2] else INEXACT
        is_held = is_point and vessels.bounds[span, 1] > start
        mark |= POINT if is_held else 0
        count = _put(rows, count, vessels.position[span], thing, since, until, op, kind | SHARES | mark)
    return count


@aside
def _first_stay(table: Any, links: Any, lot: int, thing: int, is_unit: bool) -> int:
    """When the thing was, at the latest, first stored after it was made."""
    found = FOREVER
    for place in range(links.inputs_off[lot], links.inputs_off[lot + 1]):
        row = links.inputs[place]
        op = links.op_of_input[row]
        if table.op_type[op] != STORED or table.start_last[op] >= found:
            continue
        if _names(table, row, thing, is_unit=is_unit):
            found = table.start_last[op]
    return found


@aside
def _first_stay_exact(table: Any, links: Any, lot: int, thing: int, at: int, is_unit: bool) -> Any:
    for place in range(links.inputs_off[lot], links.inputs_off[lot + 1]):
        row = links.inputs[place]
        op = links.op_of_input[row]
        is_then = table.start_last[op] == at and table.start[op] == at
        if table.op_type[op] == STORED and is_then and _names(table, row, thing, is_unit=is_unit):
            return True
    return False


@kernel
def _left(table: Any, links: Any, vessels: Any, rows: Any, count: int, whole_end: Any, whole_exact: Any) -> int:
    """Stays in a temporary_storage_location, from the end of what made the thing until it is stored."""
    for op in range(len(table.op_type)):
        position = table.left[op]
        if position < 0 or not table.is_live[op]:
            continue
        start, start_exact = table.end[op], table.end[op] == table.end_last[op]
        for out in range(table.outputs_off[op], table.outputs_off[op + 1]):
            lot = table.output_thing[out]
            first, last = table.output_units_off[out], table.output_units_off[out + 1]
            for place in range(first - 1, last):
                is_unit = place >= first
                thing = table.output_unit[place] if is_unit else lot
                end = _first_stay(table, links, lot, thing, is_unit=is_unit)
                end_exact = end == FOREVER or _first_stay_exact(table, links, lot, thing, end, is_unit=is_unit)
                cut = links.gone[thing] if is_unit else whole_end[lot]
                cut_exact = links.gone_exact[thing] if is_unit else whole_exact[lot]
                count = _stand(
                    vessels, rows, count, thing, position, op, LEFT,
                    start, start_exact, end, end_exact, cut, cut_exact,
                )  # fmt: skip
    return count


@kernel
def _stayed(table: Any, vessels: Any, rows: Any, count: int, ends: Any) -> int:
    for row in range(len(ends.thing)):
        op = ends.op[row]
        count = _stand(
            vessels, rows, count, ends.thing[row], ends.position[row], op, STAY,
            table.start[op], table.start[op] == table.start_last[op],
            table.end_last[op], table.end[op] == table.end_last[op],
            ends.cut[row], ends.cut_exact[row],
        )  # fmt: skip
    return count


def _space(count: int) -> Presences:
    return Presences(
        hub=np.empty(count, dtype=np.int32),
        thing=np.empty(count, dtype=np.int32),
        start=np.empty(count, dtype=np.int64),
        end=np.empty(count, dtype=np.int64),
        op=np.empty(count, dtype=np.int32),
        flags=np.empty(count, dtype=np.uint8),
    )


def no_presences() -> Presences:
    return _space(0)


def positions_used(table: Tables) -> list[int]:
    """The positions in which something was stored, or left."""
    owner = np.repeat(np.arange(len(table.op_type)), np.diff(table.outputs_off))
    stored = table.output_thing[table.op_type[owner] == STORED]
    used: list[int] = np.unique(np.concatenate((stored, table.left[table.left >= 0]))).tolist()
    return used


def derive_presences(table: Tables, links: Incidence, vessels: Vessels) -> Presences:
    """All presences of live operations. ``vessels`` are those of the positions used."""
    ends = stay_ends(table, links)

    def fill(rows: Presences) -> int:
        count = _acts(table, links, rows)
        count = _stayed(table, vessels, rows, count, ends)
        return _left(table, links, vessels, rows, count, ends.whole, ends.whole_exact)

    rows = _space(fill(_space(0)))
    fill(rows)
    return rows
