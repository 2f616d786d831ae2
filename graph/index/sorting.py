"""Orders of whole numbers, and places in them, where NumPy takes longer than it must."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np

from graph.index.jit import kernel
from graph.index.tables import Array

__all__ = ["ascending", "place_in"]

_BITS: Final = 11  # of a digit: places for all its values stay in the nearest cache
_MASK: Final = 2**_BITS - 1
_BOUNDS: Final = {
    np.dtype(each).char: (int(np.iinfo(each).min), int(np.iinfo(each).max))
    for each in (np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64)
}


@kernel
def _by_digit(numbers: Any, rows: Any, sorted_rows: Any, shift: int, places: Any) -> None:
    """Puts rows in the order of one digit; those that have the same stay as they stood."""
    places[:] = 0
    for number in numbers:
        places[(number >> shift) & _MASK] += 1
    place = 0
    for digit in range(len(places)):
        count = places[digit]
        places[digit] = place
        place += count
    for row in rows:
        digit = (numbers[row] >> shift) & _MASK
        sorted_rows[places[digit]] = row
        places[digit] += 1


def ascending(numbers: Array, count: int) -> Array:
    """The rows of ``numbers``, int32 from 0 to ``count`` - 1, from the least to the greatest.

    Digit by digit: NumPy 2.4 compares them, and takes several times as long.
    """
    rows, other = np.arange(len(numbers), dtype=np.int32), np.empty(len(numbers), dtype=np.int32)
    places = np.empty(_MASK + 1, dtype=np.int32)
    for shift in range(0, max(1, count.bit_length()), _BITS):
        _by_digit(numbers, rows, other, shift, places)
        rows, other = other, rows
    return rows


def place_in(values: Array, wanted: Any, side: Literal["left", "right"] = "left", sorter: Array | None = None) -> Any:
    """As `numpy.searchsorted`, for numbers that may have another type than the array: NumPy 2.4 would copy all of that into
    the wider one, for each question anew.
    """
    lowest, highest = _BOUNDS[values.dtype.char]
    if isinstance(wanted, int):
        numbers: Any = values.dtype.type(min(max(wanted, lowest), highest))
    else:
        numbers = np.asarray(wanted)
        if numbers.dtype != values.dtype:
            numbers = np.clip(numbers, lowest, highest).astype(values.dtype)
    return np.searchsorted(values, numbers, side=side, sorter=sorter)
