"""A queue of what happens at known moments, taken out from the earliest to the latest.

Moments are places in a sorted table of times. Each has a list of entries; three levels of bits tell which lists are not
empty. Putting in and taking out cost the same however many wait: time runs one way, so no heap is needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.jit import part
from graph.index.tables import Array

__all__ = ["Queue", "clear", "earliest", "make_queue", "put", "take_all"]

_DEBRUIJN = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, dtype=np.int64)
for _place in range(64):
    _PLACES[(((1 << _place) * int(_DEBRUIJN)) & (2**64 - 1)) >> 58] = _place
_SHIFT = np.uint64(58)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


class Queue(NamedTuple):
    """``head``: the first entry at each moment, -1 where there is none."""

    head: Array
    words: Array
    groups: Array
    tops: Array


def make_queue(moments: int) -> Queue:
    words = moments // 64 + 1
    groups = words // 64 + 1
    return Queue(
        head=np.full(moments, -1, dtype=np.int32),
        words=np.zeros(words, dtype=np.uint64),
        groups=np.zeros(groups, dtype=np.uint64),
        tops=np.zeros(groups // 64 + 1, dtype=np.uint64),
    )


@part
def _lowest(word: Any) -> int:
    return _PLACES[((word & (~word + _ONE)) * _DEBRUIJN) >> _SHIFT]


@part
def put(queue: Any, moment: int, entry: int, following: Any) -> None:
    """Adds an entry; ``following`` chains the entries of one moment."""
    following[entry] = queue.head[moment]
    if queue.head[moment] < 0:
        queue.words[moment >> 6] |= _ONE << np.uint64(moment & 63)
        queue.groups[moment >> 12] |= _ONE << np.uint64((moment >> 6) & 63)
        queue.tops[moment >> 18] |= _ONE << np.uint64((moment >> 12) & 63)
    queue.head[moment] = entry


@part
def earliest(queue: Any, since: int) -> int:
    """The earliest moment with entries, none of which lies before ``since``; -1: there are none."""
    if since < 0:
        since = 0
    word = since >> 6
    if word < len(queue.words) and queue.words[word] != _ZERO:
        return (word << 6) + _lowest(queue.words[word])
    group = word >> 6
    if group < len(queue.groups) and queue.groups[group] != _ZERO:
        word = (group << 6) + _lowest(queue.groups[group])
        return (word << 6) + _lowest(queue.words[word])
    top = group >> 6
    while top < len(queue.tops):
        if queue.tops[top] != _ZERO:
            group = (top << 6) + _lowest(queue.tops[top])
            word = (group << 6) + _lowest(queue.groups[group])
            return (word << 6) + _lowest(queue.words[word])
        top += 1
    return -1


@part
def take_all(queue: Any, moment: int) -> int:
    """Takes out all entries of a moment; gives the first, which leads to the others."""
    entry = queue.head[moment]
    queue.head[moment] = -1
    queue.words[moment >> 6] &= ~(_ONE << np.uint64(moment & 63))
    if queue.words[moment >> 6] == _ZERO:
        queue.groups[moment >> 12] &= ~(_ONE << np.uint64((moment >> 6) & 63))
        if queue.groups[moment >> 12] == _ZERO:
            queue.tops[moment >> 18] &= ~(_ONE << np.uint64((moment >> 12) & 63))
    return entry


@part
def clear(queue: Any) -> None:
    moment = earliest(queue, 0)
    while moment >= 0:
        take_all(queue, moment)
        moment = earliest(queue, moment)
