"""The facts turned around: in which inputs, outputs and uses a thing stands. Grows with them."""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from graph.index.facts import Facts
from graph.index.tables import Array

__all__ = ["Inverse", "inverse_of"]

_TAIL: Final = 4096  # rows that are looked through one by one before everything is sorted again
_GROWTH: Final = 8
# The tables whose rows belong to rows of another: column of where each one's part ends.
_OWNERS: Final = {
    "input_thing": ("op_inputs_end",),
    "output_thing": ("op_outputs_end",),
    "use_thing": ("op_uses_end",),
    "input_unit": ("input_units_end", "op_inputs_end"),
    "use_on": ("use_on_end", "op_uses_end"),
}
_LAST_SET: Final = "op_uses_end"  # of an operation


class _Side:
    """The rows of one column by the thing they hold."""

    def __init__(self, facts: Facts, column: str) -> None:
        self._values = facts.columns[column]
        self._order: Array = np.empty(0, dtype=np.int64)
        self._begins: Array = np.zeros(1, dtype=np.int64)  # where each thing's part of the order begins
        self._tail: dict[int, list[int]] = {}
        self._count = 0

    def grow(self, count: int) -> None:
        """Takes in the rows before ``count``."""
        if count - len(self._order) > max(_TAIL, len(self._order) // _GROWTH):
            every = self._values.first(count)
            self._order = np.argsort(every, kind="stable")
            self._begins = np.concatenate(([0], np.cumsum(np.bincount(every))))
            self._tail, self._count = {}, count
        if self._count < count:
            for row, thing in enumerate(self._values.part(self._count, count), self._count):
                self._tail.setdefault(thing, []).append(row)
            self._count = count

    def rows(self, thing: int) -> list[int]:
        first, last = self._begins[np.minimum([thing, thing + 1], len(self._begins) - 1)]
        found: list[int] = self._order[first:last].tolist()
        return found + self._tail.get(thing, [])

    def rows_of(self, things: Array) -> tuple[Array, Array]:
        known = len(self._begins) - 1  # what is named later stands in the tail
        first, last = (self._begins[np.minimum(each, known)] for each in (things, things + 1))
        counts = last - first
        whose = np.repeat(np.arange(len(things)), counts)
        ends = np.cumsum(counts)
        within = np.arange(len(whose)) - np.repeat(ends - counts, counts)
        rows = self._order[np.repeat(first, counts) + within]
        if not self._tail:
            return whose, rows
        new = [(place, row) for place, thing in enumerate(things.tolist()) for row in self._tail.get(thing, ())]
        if not new:
            return whose, rows
        more = np.array(new, dtype=np.int64)
        return np.concatenate((whose, more[:, 0])), np.concatenate((rows, more[:, 1]))


class Inverse:
    """Rows by thing, ascending. Sides are turned around when they are first asked for."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._lock = threading.Lock()
        self._sides: dict[str, _Side] = {}

    def rows(self, column: str, thing: int) -> list[int]:
        """The rows of a column that hold a thing, ascending."""
        with self._lock:
            return self._side(column).rows(thing)

    def _side(self, column: str) -> _Side:
        side = self._sides.get(column)
        if side is None:
            side = self._sides[column] = _Side(self._facts, column)
        side.grow(self._count(column))
        return side

    def _count(self, column: str) -> int:
        """How many rows belong to operations that are there as a whole: another thread may be adding one."""
        if column not in _OWNERS:
            return len(self._facts.columns[column])
        count = len(self._facts.columns[_LAST_SET])
        for ends in reversed(_OWNERS.get(column, ())):
            count = self._facts.columns[ends][count - 1] if count else 0
        return count

    def rows_of(self, column: str, things: Array) -> tuple[Array, Array]:
        """(place of the thing, row) for all rows of a column that hold one of the things, which ascend."""
        with self._lock:
            return self._side(column).rows_of(things)

    def operations_of(self, column: str, rows: Array) -> Array:
        """The operation that each row belongs to."""
        for ends in _OWNERS[column]:
            rows = self._facts.columns[ends].places_above(rows)
        return rows

    def inputs(self, thing: int) -> list[tuple[int, int]]:
        """(operation, row of the input) of each."""
        return [(self._operation("input_thing", row), row) for row in self.rows("input_thing", thing)]

    def outputs(self, thing: int) -> list[tuple[int, int]]:
        return [(self._operation("output_thing", row), row) for row in self.rows("output_thing", thing)]

    def operations(self, thing: int) -> list[int]:
        """The operations that name a thing as input, output, unit, or in a use; perhaps more than once."""
        return [self._operation(column, row) for column in _OWNERS for row in self.rows(column, thing)]

    def _operation(self, column: str, row: int) -> int:
        for ends in _OWNERS[column]:
            row = self._facts.columns[ends].place_above(row)
        return row


_INVERSES: WeakKeyDictionary[Facts, Inverse] = WeakKeyDictionary()


def inverse_of(facts: Facts) -> Inverse:
    """The facts turned around; one for all who ask."""
    return _INVERSES.setdefault(facts, Inverse(facts))
