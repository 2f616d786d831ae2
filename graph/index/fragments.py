"""Texts of many rows at once, as bytes in arrays: put together to lines, and sorted, without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from graph.index.jit import kernel
from graph.index.tables import Array

__all__ = ["Fragments", "choose", "coded", "encoded", "join", "json_numbers", "json_texts", "moments", "text_order"]

_DAY_MS, _MINUTE_MS = 86_400_000, 60_000
_WORD = 8  # bytes that are compared at once
_QUOTE, _BACKSLASH, _COMMA = b'"\\,'
_SHAPE = np.frombuffer(b"0000-00-00T00:00:00.000+00:00", dtype=np.uint8)


class Fragments(NamedTuple):
    """A text in UTF-8 for each row: the bytes of ``buffer`` from its start to before its end."""

    buffer: Array
    start: Array
    end: Array

    def texts(self) -> list[str]:
        """As objects. No text holds a NUL: no key, name or time does."""
        return join([self, b"\0"]).decode().split("\0")[:-1]

    def compact(self) -> Fragments:
        """The same texts in a buffer that holds nothing else."""
        sizes = self.end - self.start
        ends = np.cumsum(sizes)
        return Fragments(np.frombuffer(join([self]), dtype=np.uint8), ends - sizes, ends)


def encoded(texts: Sequence[bytes]) -> Fragments:
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(sizes)
    return Fragments(np.frombuffer(b"".join(texts), dtype=np.uint8), ends - sizes, ends)


def coded(texts: Sequence[bytes], codes: Array) -> Fragments:
    """Of each row the text at the place that its code tells."""
    known = encoded(texts)
    return Fragments(known.buffer, known.start[codes], known.end[codes])


def choose(is_other: Array, usual: Fragments, other: Fragments) -> Fragments:
    """Of each row the usual text, or the other."""
    shift = len(usual.buffer)
    return Fragments(
        np.concatenate((usual.buffer, other.buffer)),
        np.where(is_other, other.start + shift, usual.start),
        np.where(is_other, other.end + shift, usual.end),
    )


def json_numbers(values: Array) -> Fragments:
    """Whole numbers as JSON has them."""
    buffer = np.frombuffer(orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY), dtype=np.uint8)
    commas = np.flatnonzero(buffer == _COMMA)
    if not len(values):
        return Fragments(buffer, commas, commas)
    return Fragments(buffer, np.concatenate(([1], commas + 1)), np.concatenate((commas, [len(buffer) - 1])))


def json_texts(texts: Fragments) -> Fragments:
    """As they stand within the quotes of a JSON text. Names hold no control characters."""
    if not ((texts.buffer == _QUOTE) | (texts.buffer == _BACKSLASH)).any():
        return texts
    return encoded([orjson.dumps(text)[1:-1] for text in texts.texts()])


def moments(times_ms: Array, offsets_minutes: Array) -> Fragments:
    """As `graph.times.render` writes them."""
    local = times_ms + offsets_minutes * _MINUTE_MS
    days = (local // _DAY_MS).astype("datetime64[D]")
    within = local % _DAY_MS
    months, away = days.astype("datetime64[M]"), np.abs(offsets_minutes)
    rows = np.repeat(_SHAPE[None, :], len(times_ms), axis=0)
    parts = (
        (0, 4, days.astype("datetime64[Y]").astype(np.int64) + 1970),
        (5, 2, months.astype(np.int64) % 12 + 1),
        (8, 2, (days - months.astype("datetime64[D]")).astype(np.int64) + 1),
        (11, 2, within // 3_600_000),
        (14, 2, within // _MINUTE_MS % 60),
        (17, 2, within // 1000 % 60),
        (20, 3, within % 1000),
        (24, 2, away // 60),
        (27, 2, away % 60),
    )
    for place, width, value in parts:
        for digit in range(width):
            rows[:, place + digit] += (value // 10 ** (width - 1 - digit) % 10).astype(np.uint8)
    rows[offsets_minutes < 0, 23] = ord("-")
    starts = np.arange(len(times_ms), dtype=np.int64) * len(_SHAPE)
    return Fragments(rows.reshape(-1), starts, starts + len(_SHAPE))


def join(pieces: Sequence[bytes | Fragments]) -> bytes:
    """The pieces of each row one after the other, row after row; what is no `Fragments` is the same in each row."""
    count = next(len(piece.start) for piece in pieces if isinstance(piece, Fragments))
    starts, ends = np.empty((2, count, len(pieces)), dtype=np.int64)
    buffers, shift = [], 0
    for place, piece in enumerate(pieces):
        buffer = piece.buffer if isinstance(piece, Fragments) else np.frombuffer(piece, dtype=np.uint8)
        starts[:, place] = shift + (piece.start if isinstance(piece, Fragments) else 0)
        ends[:, place] = shift + (piece.end if isinstance(piece, Fragments) else len(buffer))
        buffers.append(buffer)
        shift += len(buffer)
    # One buffer alone is not copied: it may be that of a whole snapshot.
    whole = buffers[0][:] if len(buffers) == 1 else np.concatenate(buffers)
    whole.setflags(write=False)  # so that the kernel sees one type
    made = np.empty(int((ends - starts).sum()), dtype=np.uint8)
    _copy(whole, starts, ends, made)
    return made.tobytes()


@kernel
def _copy(buffer: Any, starts: Any, ends: Any, made: Any) -> int:
    place = 0
    for row in range(starts.shape[0]):
        for column in range(starts.shape[1]):
            for at in range(starts[row, column], ends[row, column]):
                made[place] = buffer[at]
                place += 1
    return place


def text_order(groups: Array, texts: Fragments) -> Array:
    """The order of rows by group, and within one by text: as Python sorts texts, which is as their bytes stand."""
    order = np.argsort(groups, kind="stable")
    first = _firsts(groups[order])
    tied, at = _tied(first, np.arange(len(order))), 0
    longest = int((texts.end - texts.start).max(initial=0))
    while len(tied) and at < longest:
        words = _words(texts, order[tied], at)
        inner = np.lexsort((words, first[tied]))
        order[tied] = order[tied][inner]
        first[tied] = tied[_firsts(first[tied], words[inner])]
        tied, at = _tied(first, tied), at + _WORD
    return order


def _firsts(*sorted_keys: Array) -> Array:
    """Of each row the place of the first that is equal to it."""
    is_first = np.ones(len(sorted_keys[0]), dtype=np.bool_)
    is_first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in sorted_keys])
    firsts: Array = np.maximum.accumulate(np.where(is_first, np.arange(len(is_first)), 0))
    return firsts


def _tied(first: Array, among: Array) -> Array:
    """The places whose group has more than one."""
    is_tied = np.zeros(len(among), dtype=np.bool_)
    is_same = first[among][1:] == first[among][:-1]
    is_tied[1:] |= is_same
    is_tied[:-1] |= is_same
    tied: Array = among[is_tied]
    return tied


def _words(texts: Fragments, rows: Array, at: int) -> Array:
    """Eight bytes of each text from a place on, as a number that is ordered as they are."""
    words = np.zeros(len(rows), dtype=np.uint64)
    start, end = texts.start[rows] + at, texts.end[rows]
    for step in range(_WORD):
        place = start + step
        is_there = place < end
        byte = texts.buffer[np.where(is_there, place, 0)]
        words = (words << np.uint64(8)) | np.where(is_there, byte, 0).astype(np.uint64)
    return words
