"""Draws that come out the same on every platform and in every version of Python.

Only ``Random.random()`` is promised to keep its sequence for a seed; every draw here is made of it and whole numbers,
and none of logarithms or cosines, whose last digit differs between machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

__all__ = ["Chance"]

Item = TypeVar("Item")


class Chance:
    """A source of draws of its own for each process, so that one more donor changes nothing about the others."""

    def __init__(self, seed: int, process: str) -> None:
        self._random = Random(f"{seed}/{process}")

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end - 1``."""
        return int(self._random.random() * end)

    def between(self, first: int, last: int) -> int:
        """A whole number from ``first`` to ``last``, both included."""
        return first + self.below(last - first + 1)

    def happens(self, per_mille: int) -> bool:
        return self.below(1000) < per_mille

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[Item, int]]) -> Item:
        """One of the items, each as likely as the number beside it says."""
        left = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            left -= weight
            if left < 0:
                return item
        raise AssertionError("weights are positive")

    def around(self, usual: tuple[int, int], beyond: tuple[int, int], *, beyond_per_mille: int = 15) -> int:
        """Mostly within the usual limits, now and then (1.5 %) within the others."""
        return self.between(*(beyond if self.happens(beyond_per_mille) else usual))
