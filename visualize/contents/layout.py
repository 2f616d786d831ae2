"""Where everything stands on the plan: boxes within boxes, things in rows in their box, nothing on anything else."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visualize.contents.drawing import Plan
from visualize.timeline import Rectangle

__all__ = ["HEAD", "PAD", "PlacedPlan", "lay_out_plan"]

PAD: Final = 12.0  # between a box and what stands in it
HEAD: Final = 26.0  # of a box, for its name
_GAP: Final = 12.0
_SHAPE: Final = 1.7  # a box is about so many times wider than high
_MOST_ROWS: Final = 30
Size = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPlan:
    """Boxes and items in their order; the middle of the whole is the origin."""

    boxes: Sequence[Rectangle]
    items: Sequence[Rectangle]
    width: float
    height: float


def lay_out_plan(plan: Plan, sizes: Sequence[Size], names: Sequence[float]) -> PlacedPlan:
    """``sizes`` of the items with their labels, ``names`` the widths of the names of boxes."""
    laid = _Laid(plan, sizes, names)
    width, height = laid.size[0]
    laid.put(0, -width / 2, -height / 2)
    return PlacedPlan(
        boxes=[laid.boxes[number] for number in range(len(plan.boxes))],
        items=[laid.items[number] for number in range(len(plan.items))],
        width=width,
        height=height,
    )


class _Laid:
    def __init__(self, plan: Plan, sizes: Sequence[Size], names: Sequence[float]) -> None:
        self._sizes = sizes
        self._items: dict[int, list[int]] = defaultdict(list)
        self._children: dict[int, list[int]] = defaultdict(list)
        for number, item in enumerate(plan.items):
            self._items[item.box].append(number)
        for number, box in enumerate(plan.boxes):
            if box.parent is not None:
                self._children[box.parent].append(number)
        self.size: dict[int, Size] = {}
        self._inside: dict[int, tuple[list[tuple[int, float, float]], list[tuple[int, float, float]]]] = {}
        self.boxes: dict[int, Rectangle] = {}
        self.items: dict[int, Rectangle] = {}
        for number in reversed(range(len(plan.boxes))):  # inner ones first
            self._measure(number, names[number])

    def _measure(self, box: int, name: float) -> None:
        """How large a box is, and where in it things and inner boxes are, from its left upper corner."""
        things = self._grid(self._items[box])
        width = max((x + self._sizes[each][0] / 2 for each, x, _ in things), default=0.0)
        height = max((y + self._sizes[each][1] / 2 for each, _, y in things), default=0.0)
        top = height + _GAP if things else 0.0
        inner = self._flow(self._children[box], width)
        boxes = [(child, x, y + top) for child, x, y in inner]
        for child, x, y in boxes:
            width, height = max(width, x + self.size[child][0]), max(height, y + self.size[child][1])
        self._inside[box] = (
            [(each, x + PAD, y + HEAD + PAD / 2) for each, x, y in things],
            [(child, x + PAD, y + HEAD + PAD / 2) for child, x, y in boxes],
        )
        self.size[box] = max(width, name) + 2 * PAD, HEAD + height + 1.5 * PAD

    def _grid(self, items: Sequence[int]) -> list[tuple[int, float, float]]:
        """The middles of things, in rows of equal cells."""
        if not items:
            return []
        width = max(self._sizes[each][0] for each in items) + _GAP
        height = max(self._sizes[each][1] for each in items) + _GAP
        columns = max(1, round(math.sqrt(len(items) * height * _SHAPE / width)))
        return [
            (each, place % columns * width + (width - _GAP) / 2, place // columns * height + (height - _GAP) / 2)
            for place, each in enumerate(items)
        ]

    def _flow(self, boxes: Sequence[int], least: float) -> list[tuple[int, float, float]]:
        """The left upper corners of boxes, side by side in rows of such a width as makes the whole seen largest."""
        if not boxes:
            return []
        total = sum(self.size[each][0] + _GAP for each in boxes)
        widest = max(self.size[each][0] for each in boxes)
        parts = range(1, min(len(boxes), _MOST_ROWS) + 1)
        widths = {
            max(least, widest, width) for part in parts for width in (total / part, part * (widest + _GAP) - _GAP)
        }
        return min((self._rows(boxes, width) for width in sorted(widths)), key=self._extent)

    def _extent(self, placed: Sequence[tuple[int, float, float]]) -> float:
        width = max(x + self.size[each][0] for each, x, _ in placed)
        return max(width, _SHAPE * max(y + self.size[each][1] for each, _, y in placed))

    def _rows(self, boxes: Sequence[int], widest: float) -> list[tuple[int, float, float]]:
        found = []
        x = y = highest = 0.0
        for each in boxes:
            width, height = self.size[each]
            if x > 0 and x + width > widest:
                x, y, highest = 0.0, y + highest + _GAP, 0.0
            found.append((each, x, y))
            x, highest = x + width + _GAP, max(highest, height)
        return found

    def put(self, box: int, left: float, top: float) -> None:
        """Places a box and all in it. Positions are not nested deeper than a call may be."""
        width, height = self.size[box]
        self.boxes[box] = Rectangle(left + width / 2, top + height / 2, width, height)
        things, inner = self._inside[box]
        for each, x, y in things:
            self.items[each] = Rectangle(left + x, top + y, *self._sizes[each])
        for child, x, y in inner:
            self.put(child, left + x, top + y)
