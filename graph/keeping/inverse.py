"""The facts turned around: in which inputs and outputs a thing stands. Grows with them."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from graph.index.facts import Facts
from graph.index.tables import Array

__all__ = ["Inverse", "inverse_of"]

_TAIL: Final = 4096  # rows that are looked through one by one before everything is sorted again
_GROWTH: Final = 8


class _Side:
    """The rows of one column by the thing they hold."""

    def __init__(self) -> None:
        self._order: Array = np.empty(0, dtype=np.int64)
        self._things: Array = np.empty(0, dtype=np.int32)
        self._tail: dict[int, list[int]] = {}
        self._count = 0

    def grow(self, facts: Facts, column: str) -> None:
        values = facts.columns[column]
        count, sorted_count = len(values), len(self._order)
        if count - sorted_count > max(_TAIL, sorted_count // _GROWTH):
            every = values.frozen()[:count]
            self._order = np.argsort(every, kind="stable")
            self._things, self._tail, self._count = every[self._order], {}, count
        for row, thing in enumerate(values.part(self._count, count), self._count):
            self._tail.setdefault(thing, []).append(row)
        self._count = count

    def rows(self, thing: int) -> list[int]:
        first, last = np.searchsorted(self._things, [thing, thing + 1])
        found: list[int] = self._order[first:last].tolist()
        return found + self._tail.get(thing, [])


class Inverse:
    """Rows by thing, ascending. Used by one thread at a time."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._inputs, self._outputs = _Side(), _Side()
        self._ends: dict[str, Array] = {}

    def grow(self) -> None:
        """Takes in what was added to the facts."""
        self._inputs.grow(self._facts, "input_thing")
        self._outputs.grow(self._facts, "output_thing")
        self._ends = {side: self._facts.columns[f"op_{side}_end"].frozen() for side in ("inputs", "outputs")}

    def inputs(self, thing: int) -> list[tuple[int, int]]:
        """(operation, row of the input) of each."""
        return self._with_operation("inputs", self._inputs.rows(thing))

    def outputs(self, thing: int) -> list[tuple[int, int]]:
        return self._with_operation("outputs", self._outputs.rows(thing))

    def _with_operation(self, side: str, rows: list[int]) -> list[tuple[int, int]]:
        operations = np.searchsorted(self._ends[side], rows, side="right").tolist()
        return list(zip(operations, rows, strict=True))


_INVERSES: WeakKeyDictionary[Facts, Inverse] = WeakKeyDictionary()


def inverse_of(facts: Facts) -> Inverse:
    """The facts turned around, as far as they go now. Call it while nothing is added to them."""
    found = _INVERSES.get(facts)
    if found is None:
        found = _INVERSES[facts] = Inverse(facts)
    found.grow()
    return found
