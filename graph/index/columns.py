"""Columns that only grow: what is frozen stands in one array, mapped from a snapshot or not, what came since in a tail."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.index.fragments import Fragments, choose, encoded
from graph.index.sorting import place_in

__all__ = ["TYPES", "Column", "Lookup", "Names", "Texts"]

TYPES: Final = {"B": np.uint8, "i": np.int32, "q": np.int64, "d": np.float64}


class Column:
    """One number for each row. One thread appends; others may read what was there when they began."""

    __slots__ = ("_parts", "append", "code")

    def __init__(self, code: str, base: NDArray[Any] | None = None) -> None:
        self.code = code
        self._set(np.empty(0, TYPES[code]) if base is None else base)

    def _set(self, base: NDArray[Any]) -> None:
        tail = array(self.code)
        self._parts: tuple[NDArray[Any], array[Any]] = (base, tail)  # one assignment: a reader sees both or neither
        self.append = tail.append

    def __len__(self) -> int:
        base, tail = self._parts
        return len(base) + len(tail)

    def __getitem__(self, row: int) -> Any:
        base, tail = self._parts
        return base[row].item() if row < len(base) else tail[row - len(base)]

    def part(self, first: int, last: int) -> list[Any]:
        """The values of rows first … last-1."""
        base, tail = self._parts
        known = len(base)
        if first >= known:
            return tail[first - known : last - known].tolist()
        if last <= known:
            found: list[Any] = base[first:last].tolist()
            return found
        return [*base[first:].tolist(), *tail[: last - known].tolist()]

    def place_above(self, value: int) -> int:
        """The first row whose value is greater, in a column that ascends."""
        base, tail = self._parts
        if len(base) and base[-1] > value:
            return int(place_in(base, value, "right"))
        return len(base) + bisect_right(tail, value)

    def places_above(self, values: NDArray[Any]) -> NDArray[Any]:
        """The same for many values."""
        base, tail = self._parts
        found: NDArray[Any] = place_in(base, values, "right")
        if tail:
            beyond = found == len(base)
            found[beyond] += np.searchsorted(np.array(tail, dtype=base.dtype), values[beyond], side="right")
        return found

    def frozen_copy(self) -> NDArray[Any]:
        """All values as they are now, whatever is appended meanwhile."""
        return self.first(len(self))

    def take(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The values of these rows, in their order."""
        base, tail = self._parts
        found: NDArray[Any]
        if not tail:
            found = base[rows]
            return found
        found = np.empty(len(rows), dtype=base.dtype)
        is_new = rows >= len(base)
        found[~is_new] = base[rows[~is_new]]
        found[is_new] = [tail[row - len(base)] for row in rows[is_new].tolist()]
        return found

    def first(self, count: int) -> NDArray[Any]:
        """The first rows as an array, whatever is appended meanwhile."""
        base, tail = self._parts
        if count <= len(base):
            return base[:count]
        return np.concatenate((base, np.frombuffer(tail[: count - len(base)], dtype=TYPES[self.code])))

    def frozen(self) -> NDArray[Any]:
        """All values as one array, never to be changed. Copies once after rows were appended."""
        base, tail = self._parts
        if tail:
            self._set(np.concatenate((base, np.frombuffer(tail, dtype=TYPES[self.code]))))
        return self._parts[0]


class Texts:
    """One text for each row: in a snapshot one run of bytes with offsets, in memory a list."""

    __slots__ = ("_blob", "_offsets", "_tail")

    def __init__(self, blob: NDArray[np.uint8] | None = None, offsets: NDArray[np.int64] | None = None) -> None:
        self._blob = np.empty(0, np.uint8) if blob is None else blob
        self._offsets = np.zeros(1, np.int64) if offsets is None else offsets
        self._tail: list[str] = []

    def __len__(self) -> int:
        return len(self._offsets) - 1 + len(self._tail)

    def __getitem__(self, row: int) -> str:
        known = len(self._offsets) - 1
        if row >= known:
            return self._tail[row - known]
        return bytes(self._blob[self._offsets[row] : self._offsets[row + 1]]).decode()

    def append(self, text: str) -> None:
        self._tail.append(text)

    def take(self, rows: NDArray[Any]) -> Fragments:
        """The texts of these rows, in their order, in a buffer of their own; of row -1 none."""
        if (is_none := rows < 0).any():
            texts = self.take(rows[~is_none])
            bounds = np.zeros((2, len(rows)), dtype=np.int64)
            bounds[0][~is_none], bounds[1][~is_none] = texts.start, texts.end
            return Fragments(texts.buffer, bounds[0], bounds[1])
        known = len(self._offsets) - 1
        is_new = rows >= known
        new = encoded([self._tail[row - known].encode() for row in rows[is_new].tolist()])
        if len(new.start) == len(rows):
            return new
        old = np.where(is_new, 0, rows)
        found = Fragments(self._blob, self._offsets[old], self._offsets[old + 1])
        found = found._replace(end=np.where(is_new, found.start, found.end)).compact()
        if not len(new.start):
            return found
        place = np.maximum(np.cumsum(is_new) - 1, 0)
        return choose(is_new, found, Fragments(new.buffer, new.start[place], new.end[place]))

    def packed(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The first texts as bytes and offsets, for a snapshot."""
        encoded = [text.encode() for text in self._tail[: count - len(self._offsets) + 1]]
        sizes = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        blob = np.concatenate((self._blob, np.frombuffer(b"".join(encoded), dtype=np.uint8)))
        return blob, np.concatenate((self._offsets, self._offsets[-1] + np.cumsum(sizes)))


Lookup = tuple[NDArray[np.uint32], NDArray[np.int32]]  # checksums in ascending order, and the rows of their texts


class Names:
    """Finds the row of a text within a group (a kind). What a snapshot holds is found by checksum, without a dictionary."""

    __slots__ = ("_checksums", "_groups", "_new", "_rows", "_texts")

    def __init__(
        self, texts: Texts, group_count: int, groups: Column | None = None, *, known: Lookup | None = None
    ) -> None:
        """``groups`` tells the group of each row where there is more than one."""
        self._texts, self._groups = texts, groups
        self._checksums, self._rows = known or (np.empty(0, np.uint32), np.empty(0, np.int32))
        self._new: list[dict[str, int]] = [{} for _ in range(group_count)]

    def get(self, group: int, text: str) -> int | None:
        found = self._new[group].get(text)
        if found is not None or not len(self._rows):
            return found
        checksum = zlib.crc32(text.encode())
        first = int(np.searchsorted(self._checksums, np.uint32(checksum)))
        while first < len(self._rows) and self._checksums[first] == checksum:
            row = int(self._rows[first])
            if self._texts[row] == text and (self._groups is None or self._groups[row] == group):
                return row
            first += 1
        return None

    def add(self, group: int, text: str, row: int) -> None:
        self._new[group][text] = row

    def packed(self, count: int) -> Lookup:
        """Checksums of the first texts, in order, and their rows, for a snapshot."""
        known = len(self._rows)
        new = np.fromiter(
            (zlib.crc32(self._texts[row].encode()) for row in range(known, count)), dtype=np.uint32, count=count - known
        )
        checksums = np.concatenate((self._checksums, new))
        rows = np.concatenate((self._rows, np.arange(known, count, dtype=np.int32)))
        order = np.argsort(checksums, kind="stable")
        return checksums[order], rows[order]
