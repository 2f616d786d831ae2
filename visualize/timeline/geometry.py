"""Rectangles by their middle, and rows in which spans stand side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Rectangle", "Rows", "Size"]

_CELL_GAP: Final = 12.0
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """By its middle."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, dx: float, dy: float) -> Rectangle:
        return Rectangle(self.x + dx, self.y + dy, self.width, self.height)

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2


@dataclass(slots=True)
class Rows:
    """Rows in which spans stand side by side."""

    rows: list[list[tuple[float, float]]] = field(default_factory=list)

    def take(self, left: float, right: float, wanted: int = 0) -> int:
        """The row nearest to the wanted one in which there is room from left to right: a new one, where there is none."""
        free = [
            number
            for number, row in enumerate(self.rows)
            if all(
                right + _CELL_GAP <= other_left or other_right + _CELL_GAP <= left for other_left, other_right in row
            )
        ]
        row = min(free or [len(self.rows)], key=lambda number: abs(number - wanted))
        while len(self.rows) <= max(row, 0):
            self.rows.append([])
        self.rows[row].append((left, right))
        return row
