"""The ascending order of many numbers of things, digit by digit: NumPy 2.4 compares them, and takes several times as long."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from graph.index.jit import kernel
from graph.index.tables import Array

__all__ = ["ascending"]

_BITS: Final = 11  # of a digit: places for all its values stay in the nearest cache
_MASK: Final = 2**_BITS - 1


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
    """The rows of ``numbers``, int32 from 0 to ``count`` - 1, from the least to the greatest."""
    rows, other = np.arange(len(numbers), dtype=np.int32), np.empty(len(numbers), dtype=np.int32)
    places = np.empty(_MASK + 1, dtype=np.int32)
    for shift in range(0, max(1, count.bit_length()), _BITS):
        _by_digit(numbers, rows, other, shift, places)
        rows, other = other, rows
    return rows
