"""Time along a picture: at which x each moment lies, and how things of one moment stand side by side."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from itertools import pairwise
from typing import Final

from graph.vocabulary import KINDS
from visualize.impact.drawing import Bar, Drawing, Mark
from visualize.labels import numbers_as_numbers
from visualize.timeline import Size, paced

__all__ = ["Axis", "Cell", "When", "cells_of", "slot_of"]

_GAP: Final = 16.0
_SMALLEST_STEP: Final = 20.0
_BAR_STEP: Final = 8.0  # to a moment at which nothing but a run or stay begins or ends
_ASIDE: Final = 60.0  # between time and what stands before or after it
_BEYOND: Final = 30.0  # that an open run or stay goes on after the last moment
_SMALLEST_BAR: Final = 12.0


@unique
class When(Enum):
    """Where something stands that has no place in time."""

    CARRIER = "carrier"
    ALWAYS = "always"
    MASKED = "masked"


Slot = int | When  # a moment, or none


@dataclass(frozen=True, slots=True)
class Cell:
    """The column within its slot, and the row that a mark would best stand in."""

    column: int
    row: int


def slot_of(mark: Mark) -> Slot:
    if mark.is_carrier:
        return When.CARRIER
    if mark.is_since_masked:
        return When.MASKED
    return When.ALWAYS if mark.since_ms is None else mark.since_ms


def cells_of(drawing: Drawing, most_rows: int) -> list[Cell]:
    """Of each mark: what another of its slot led to stands to the right of that; many fold into columns."""
    level = _levels(drawing)
    blocks: dict[tuple[Slot, int, int], list[int]] = defaultdict(list)
    for number, mark in enumerate(drawing.marks):
        blocks[slot_of(mark), level[number], mark.tier].append(number)
    widths: dict[tuple[Slot, int], int] = defaultdict(int)
    for (slot, at, _), members in blocks.items():
        widths[slot, at] = max(widths[slot, at], math.ceil(len(members) / most_rows))
    cells = [Cell(0, 0)] * len(drawing.marks)
    kinds = list(KINDS)
    rows_of_kinds = _rows_of_kinds(drawing)
    for (slot, at, _), members in blocks.items():
        first = sum(widths[slot, before] for before in range(at))
        members.sort(key=lambda n: (kinds.index(drawing.marks[n].kind), numbers_as_numbers(drawing.marks[n].node[1])))
        rows = math.ceil(len(members) / math.ceil(len(members) / most_rows))
        for place, number in enumerate(members):
            column, row = (0, 0) if slot is When.CARRIER else divmod(place, rows)
            mark = drawing.marks[number]
            cells[number] = Cell(first + column, rows_of_kinds[mark.tier, mark.kind] if mark.is_group else row)
    return cells


def _rows_of_kinds(drawing: Drawing) -> dict[tuple[int, str], int]:
    """Groups of one kind stand in one row of their tier."""
    kinds: dict[int, list[str]] = defaultdict(list)
    for tier, kind in sorted({(mark.tier, mark.kind) for mark in drawing.marks if mark.is_group}):
        kinds[tier].append(kind)
    return {(tier, kind): row for tier, of_tier in kinds.items() for row, kind in enumerate(of_tier)}


def _levels(drawing: Drawing) -> list[int]:
    """How many steps of its path before a mark were taken within its slot."""
    level = [0] * len(drawing.marks)
    for number in sorted(drawing.paths, key=lambda each: len(drawing.paths[each])):
        before = drawing.before(number)
        if before is not None and slot_of(drawing.marks[before]) == slot_of(drawing.marks[number]):
            level[number] = level[before] + 1
    return level


class Axis:
    """Places marks and bars from left to right."""

    def __init__(self, drawing: Drawing, cells: Sequence[Cell], sizes: Sequence[Size]) -> None:
        self._offsets = _offsets(drawing, cells, sizes)
        self.moments = _moments(drawing)
        # Groups of neighbouring spans stand side by side.
        widest = max((width for mark, (width, _) in zip(drawing.marks, sizes, strict=True) if mark.is_group), default=0)
        self._x = self._at_pace(drawing, max(_SMALLEST_STEP, widest + _GAP))
        timed = [
            (self._x[slot] + self._offsets[slot][cell.column], sizes[number][0] / 2)
            for number, (mark, cell) in enumerate(zip(drawing.marks, cells, strict=True))
            if isinstance(slot := slot_of(mark), int)
        ]
        ends = list(self._x.values())
        self.left = min([x - half for x, half in timed] + ends, default=0.0)
        self.right = max([x + half for x, half in timed] + ends, default=0.0) + _BEYOND
        self._begin: dict[When, float] = {}
        here = self.left
        for when in (When.ALWAYS, When.CARRIER):
            if offsets := self._offsets.get(when):
                half = _half(drawing, sizes, when)
                here -= (_ASIDE if when is When.ALWAYS else _GAP * 2) + half
                self._begin[when] = here - max(offsets.values())
                here = self._begin[when] - half
        if self._offsets.get(When.MASKED):
            self._begin[When.MASKED] = self.right + _ASIDE + _half(drawing, sizes, When.MASKED)
        self._masked = self._begin.get(When.MASKED, self.right + _ASIDE)

    def x_of(self, mark: Mark, cell: Cell) -> float:
        slot = slot_of(mark)
        begin = self._begin[slot] if isinstance(slot, When) else self._x[slot]
        return begin + self._offsets[slot][cell.column]

    def span(self, bar: Bar) -> tuple[float, float]:
        """From where to where it goes: at least so far that it is seen."""
        if bar.is_masked:
            return self._masked, self._masked + _SMALLEST_BAR
        left = self.left - _BEYOND if bar.start_ms is None else self._x[bar.start_ms]
        right = self.right if bar.end_ms is None else self._x[bar.end_ms]
        return left, max(right, left + _SMALLEST_BAR)

    def ticks(self) -> list[tuple[float, int]]:
        return [(self._x[moment], moment) for moment in self.moments]

    def _at_pace(self, drawing: Drawing, smallest_step: float) -> dict[int, float]:
        has_marks = {slot_of(mark) for mark in drawing.marks}

        def smallest(before: int, after: int) -> float:
            extent = max(self._offsets[before].values()) if before in has_marks else 0.0
            return extent + (smallest_step if after in has_marks else _BAR_STEP)

        return paced(self.moments, smallest)


def _half(drawing: Drawing, sizes: Sequence[Size], when: When) -> float:
    """Of the widest mark there."""
    return max(sizes[number][0] for number, mark in enumerate(drawing.marks) if slot_of(mark) is when) / 2


def _offsets(drawing: Drawing, cells: Sequence[Cell], sizes: Sequence[Size]) -> Mapping[Slot, Mapping[int, float]]:
    """Of each slot the middles of its columns, from that of the first."""
    widths: dict[Slot, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for mark, cell, (width, _) in zip(drawing.marks, cells, sizes, strict=True):
        of_slot = widths[slot_of(mark)]
        of_slot[cell.column] = max(of_slot[cell.column], width)
    found: dict[Slot, dict[int, float]] = {}
    for slot, of_slot in widths.items():
        columns = sorted(of_slot)
        found[slot] = dict.fromkeys(columns[:1], 0.0)
        for before, after in pairwise(columns):
            found[slot][after] = found[slot][before] + (of_slot[before] + of_slot[after]) / 2 + _GAP
    return found


def _moments(drawing: Drawing) -> list[int]:
    """All that are told, in order, each once."""
    found = {slot for mark in drawing.marks if isinstance(slot := slot_of(mark), int)}
    for bar in drawing.bars:
        if not bar.is_masked:
            found.update(at for at in (bar.start_ms, bar.end_ms) if at is not None)
    return sorted(found)
