"""The facts as they stood at one position, as arrays that kernels read: who is live, which ends were known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from graph.index.codes import TIMED
from graph.reader import AsOf

__all__ = ["Array", "Tables", "fixed", "tables"]

Array = NDArray[Any]
T = TypeVar("T", bound=tuple[Any, ...])


def fixed(parts: T) -> T:
    """The parts, no array of which can be written any more: so that they can be shared, and kernels see one type."""
    for part in parts:
        if isinstance(part, np.ndarray):
            part.setflags(write=False)
    return parts


class Tables(NamedTuple):
    """One row for each thing, operation, input, output and use. `*_off` has one more: where each row's part begins."""

    kind: Array
    lot: Array
    op_type: Array
    op_flags: Array
    start: Array  # of operations: earliest, and latest
    start_last: Array
    end: Array  # FOREVER where open
    end_last: Array
    is_live: Array
    operator: Array
    location: Array
    left: Array
    inputs_off: Array
    outputs_off: Array
    uses_off: Array
    input_thing: Array
    input_quantity: Array
    input_flags: Array
    input_units_off: Array
    input_unit: Array
    output_thing: Array
    output_quantity: Array
    output_units_off: Array
    output_unit: Array
    use_thing: Array
    use_flags: Array
    use_start: Array  # with those of the operation where a use has none of its own
    use_start_last: Array
    use_end: Array
    use_end_last: Array
    use_on_off: Array
    use_on: Array


def _offsets(ends: Array) -> Array:
    offsets = np.zeros(len(ends) + 1, dtype=np.int64)
    offsets[1:] = ends
    return offsets


def tables(column: Mapping[str, Array], as_of: AsOf) -> Tables:
    """What is known at a position, from the facts' columns. Operations that are not are there, and not live."""
    known = np.iinfo(np.int64).max if as_of.known_at_ms is None else as_of.known_at_ms

    def shown(what: str) -> Array:
        seen: Array = (column[f"{what}_seq"] <= as_of.seq) & (column[f"{what}_recorded"] <= known)
        return seen

    is_live = shown("op")
    is_live[column["void_op"][shown("void")]] = False
    end, end_last = column["op_end"].copy(), column["op_end_last"].copy()
    use_end, use_end_last = column["use_end"].copy(), column["use_end_last"].copy()
    closings = np.flatnonzero(shown("closing"))
    of_use = column["closing_use"][closings]
    for ends, source in (((end, use_end), "closing_end"), ((end_last, use_end_last), "closing_end_last")):
        values = column[source][closings]
        ends[0][column["closing_op"][closings][of_use < 0]] = values[of_use < 0]
        ends[1][of_use[of_use >= 0]] = values[of_use >= 0]
    use_start, use_start_last = column["use_start"].copy(), column["use_start_last"].copy()
    uses_off = _offsets(column["op_uses_end"])
    owner = np.repeat(np.arange(len(is_live)), np.diff(uses_off))
    untimed = np.flatnonzero((column["use_flags"] & TIMED) == 0)
    use_start[untimed] = column["op_start"][owner[untimed]]
    use_start_last[untimed] = column["op_start_last"][owner[untimed]]
    use_end[untimed] = end[owner[untimed]]
    use_end_last[untimed] = end_last[owner[untimed]]
    return fixed(
        Tables(
            kind=column["thing_kind"],
            lot=column["thing_lot"],
            op_type=column["op_type"],
            op_flags=column["op_flags"],
            start=column["op_start"],
            start_last=column["op_start_last"],
            end=end,
            end_last=end_last,
            is_live=is_live,
            operator=column["op_operator"],
            location=column["op_location"],
            left=column["op_left"],
            inputs_off=_offsets(column["op_inputs_end"]),
            outputs_off=_offsets(column["op_outputs_end"]),
            uses_off=uses_off,
            input_thing=column["input_thing"],
            input_quantity=column["input_quantity"],
            input_flags=column["input_flags"],
            input_units_off=_offsets(column["input_units_end"]),
            input_unit=column["input_unit"],
            output_thing=column["output_thing"],
            output_quantity=column["output_quantity"],
            output_units_off=_offsets(column["output_units_end"]),
            output_unit=column["output_unit"],
            use_thing=column["use_thing"],
            use_flags=column["use_flags"],
            use_start=use_start,
            use_start_last=use_start_last,
            use_end=use_end,
            use_end_last=use_end_last,
            use_on_off=_offsets(column["use_on_end"]),
            use_on=column["use_on"],
        )
    )
