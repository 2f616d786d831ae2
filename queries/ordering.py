"""Part of a long list in order, without sorting all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graph.index.columns import Texts
from graph.index.tables import Array

__all__ = ["rows_in_order"]


def rows_in_order(
    every: Array,
    place: Array,
    things: Array,
    keys: Texts,
    first: int,
    count: int,
    *,
    by: Callable[[str], Any] = str,
) -> list[int]:
    """The rows at ``first`` … of the order by ``place`` (of each of ``every`` row), then by the key of the row's thing:
    by what ``by`` makes of it.

    The ties at the ends are told apart by key, the rest not at all.
    """
    last = min(first + count, len(every))
    if first >= last:
        return []
    if last < len(every):
        bound = np.partition(place, last - 1)[last - 1]
        within = np.flatnonzero(place <= bound)
        every, place = every[within], place[within]
    sorting = np.argsort(place, kind="stable")
    every, place = every[sorting], place[sorting]
    begin = int(np.searchsorted(place, place[first], side="left"))
    end = int(np.searchsorted(place, place[last - 1], side="right"))
    numbers = things[every[begin:end]].tolist()
    texts = [by(keys[number]) for number in numbers]
    ranked = sorted(zip(place[begin:end].tolist(), texts, every[begin:end].tolist(), strict=True))
    return [row for _, _, row in ranked[first - begin : last - begin]]
