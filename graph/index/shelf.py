"""Texts in which a piece of text is found, wherever it stands in them and whatever its case: of a million in a moment.

Blocks of texts carry marks of all their runs of three bytes: most blocks are passed over without reading them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from graph.index.fragments import Fragments
from graph.index.jit import kernel
from graph.index.tables import Array

__all__ = ["Shelf"]

_BLOCK: Final = 64  # texts
_WORDS: Final = 16  # of marks for each block: 1,024 bits
_RUN: Final = 3  # bytes
_SMALL: Final = 1 << 16  # texts: parts that are smaller are put together


class _Part(NamedTuple):
    """Texts in lower case, one after the other; and the marks of each block of them."""

    buffer: Array
    offsets: Array
    marks: Array


@kernel
def _mark(buffer: Any, offsets: Any, marks: Any) -> None:
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1] - _RUN + 1):
            run = (buffer[at] * 31 + buffer[at + 1]) * 31 + buffer[at + 2]
            marks[row // _BLOCK, (run >> 6) % _WORDS] |= np.uint64(1) << np.uint64(run & 63)


@kernel
def _find(buffer: Any, offsets: Any, marks: Any, wanted: Any, needed: Any, found: Any) -> int:
    """Writes the rows that hold what is wanted, as far as there is room; gives how many there are."""
    count: int = np.int64(0)  # type: ignore[assignment]  # one type from the first call on
    rows, size = len(offsets) - 1, len(wanted)
    first = wanted[0]
    for block in range(len(marks)):
        may_be = True
        for word in range(_WORDS):
            if marks[block, word] & needed[word] != needed[word]:
                may_be = False
                break
        if not may_be:
            continue
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, rows)):
            is_here = False
            for at in range(offsets[row], offsets[row + 1] - size + 1):
                if buffer[at] != first:
                    continue
                is_here = True
                for place in range(1, size):
                    if buffer[at + place] != wanted[place]:
                        is_here = False
                        break
                if is_here:
                    break
            if is_here:
                if count < len(found):
                    found[count] = row
                count += 1
    return count


class Shelf:
    """Grows at its end. One thread puts in and finds at a time."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self.count = 0

    def put(self, texts: Fragments) -> None:
        """More texts, after those that are there."""
        if not len(texts.start):
            return
        part = _lowered(texts)
        self.count += len(texts.start)
        if self._parts and len(self._parts[-1].offsets) <= _SMALL:
            last = self._parts.pop()
            part = _part(
                np.concatenate((last.buffer, part.buffer)),
                np.concatenate((last.offsets, part.offsets[1:] + last.offsets[-1])),
            )
        self._parts.append(part)

    def rows(self, text: str) -> Array:
        """The places of the texts that hold this one, ascending."""
        wanted = np.frombuffer(text.lower().encode(), dtype=np.uint8)
        needed = np.zeros((1, _WORDS), dtype=np.uint64)
        _mark(wanted, np.array([0, len(wanted)]), needed)
        found, first = [], 0
        for part in self._parts:
            rows = np.empty(4096, dtype=np.int32)
            count = _find(*part, wanted, needed[0], rows)
            if count > len(rows):
                rows = np.empty(count, dtype=np.int32)
                _find(*part, wanted, needed[0], rows)
            found.append(rows[:count].astype(np.int64) + first)
            first += len(part.offsets) - 1
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _lowered(texts: Fragments) -> _Part:
    own = texts.compact()
    raw = own.buffer.tobytes()
    if raw.isascii():
        return _part(np.frombuffer(raw.lower(), dtype=np.uint8), np.concatenate(([0], own.end)))
    encoded = [text.lower().encode() for text in own.texts()]  # in other letters the length may change
    sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    return _part(np.frombuffer(b"".join(encoded), dtype=np.uint8), np.concatenate(([0], np.cumsum(sizes))))


def _part(buffer: Array, offsets: Array) -> _Part:
    marks = np.zeros((-(-(len(offsets) - 1) // _BLOCK), _WORDS), dtype=np.uint64)
    offsets = offsets.astype(np.int64)
    _mark(buffer, offsets, marks)
    return _Part(buffer, offsets, marks)
