"""A queue of what happens at known moments, taken out from the earliest to the latest.

Moments are places in sorted tables of times. Each has a list of entries; three levels of bits tell which lists are not
empty. Putting in and taking out cost the same however many wait: time runs one way, so no heap is needed. Several tables
share one queue; the moments of each begin at a multiple of ``REACH``, so that no bit tells of two of them. The bits
stand in one array: a word for each 64 moments, then one for each 64 of these, and of those.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from graph.index.jit import part

__all__ = ["REACH", "earliest", "put", "take_all"]

REACH: Final = 64**3  # moments that one bit of the highest level tells of

_DEBRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, dtype=np.int64)
for _place in range(64):
    _PLACES[(((1 << _place) * int(_DEBRUIJN)) & (2**64 - 1)) >> 58] = _place
_SHIFT = np.uint64(58)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@part
def _lowest(word: Any) -> Any:
    return _PLACES[((word & (~word + _ONE)) * _DEBRUIJN) >> _SHIFT]


@part
def put(head: Any, bits: Any, entries: Any, moment: int, entry: int) -> None:
    """Adds an entry: a row whose last number leads to the next of its moment."""
    before = head[moment]
    entries[entry, 3] = before
    if before < 0:
        groups, tops = len(head) >> 6, (len(head) >> 6) + (len(head) >> 12)
        bits[moment >> 6] |= _ONE << np.uint64(moment & 63)
        bits[groups + (moment >> 12)] |= _ONE << np.uint64((moment >> 6) & 63)
        bits[tops + (moment >> 18)] |= _ONE << np.uint64((moment >> 12) & 63)
    head[moment] = entry


@part
def earliest(head: Any, bits: Any, since: int, end: int) -> Any:
    """The earliest moment with entries in one table, which begins not after ``since`` and has room to ``end``; -1: none.

    No entry may lie before ``since``.
    """
    found = -1
    groups, tops = len(head) >> 6, (len(head) >> 6) + (len(head) >> 12)
    word, group, top = since >> 6, since >> 12, since >> 18
    if since < end:
        if bits[word] == _ZERO:
            if bits[groups + group] == _ZERO:
                while top << 18 < end and bits[tops + top] == _ZERO:
                    top += 1
                group = (top << 6) + _lowest(bits[tops + top]) if top << 18 < end else -1
            word = (group << 6) + _lowest(bits[groups + group]) if group >= 0 else -1
        found = (word << 6) + _lowest(bits[word]) if word >= 0 else -1
    return found


@part
def take_all(head: Any, bits: Any, moment: int) -> Any:
    """Takes out all entries of a moment; gives the first, which leads to the others; -1 ends them."""
    entry = np.int64(head[moment])
    head[moment] = -1
    groups, tops = len(head) >> 6, (len(head) >> 6) + (len(head) >> 12)
    bits[moment >> 6] &= ~(_ONE << np.uint64(moment & 63))
    if bits[moment >> 6] == _ZERO:
        bits[groups + (moment >> 12)] &= ~(_ONE << np.uint64((moment >> 6) & 63))
        if bits[groups + (moment >> 12)] == _ZERO:
            bits[tops + (moment >> 18)] &= ~(_ONE << np.uint64((moment >> 12) & 63))
    return entry
