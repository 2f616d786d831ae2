"""Where everything stands: time from left to right, what was always affected before it, tiers as bands.

Time is stretched where much happens and shortened where little does, so that nothing lies on anything else; it never
runs backwards. In a band the runs and stays that carried the hazard lie above the things that are affected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visualize.impact.axis import Axis, Cell, cells_of
from visualize.impact.drawing import Drawing
from visualize.timeline import Rectangle, Rows, Size

__all__ = ["Band", "Placed", "lay_out"]

_ROW_GAP, _BAND_GAP = 12.0, 30.0
_VIEW = (1200.0, 680.0)  # pixels that a picture shall fill
_FOLDS: Final = (9, 6, 4, 3, 2, 14)  # things of the same moment in a column, the better liked first
_HEAD: Final = 36.0  # of a band, for its name
_BAR_HEIGHT: Final = 16.0
_BAR_ROW: Final = 44.0  # with the label below


@dataclass(frozen=True, slots=True)
class Band:
    """The room of a tier."""

    tier: int
    top: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Marks and bars in their order; the middle of the whole is the origin. ``ticks``: where on the axis which moment is.

    ``time_left`` and ``time_right``: between which time runs. What was always affected stands before it, what is
    affected from a time that is not shown after it.
    """

    marks: Sequence[Rectangle]
    bars: Sequence[Rectangle]
    bands: Sequence[Band]
    ticks: Sequence[tuple[float, int]]
    time_left: float
    time_right: float
    width: float
    height: float


def lay_out(drawing: Drawing, sizes: Sequence[Size], bar_labels: Sequence[float]) -> Placed:
    """``sizes`` of the marks with their labels, ``bar_labels`` the widths of those of bars. No two overlap.

    What is affected at the same time is folded so that the whole is seen as large as can be.
    """
    return max((_laid_out(drawing, sizes, bar_labels, rows) for rows in _FOLDS), key=_scale)  # of equals the first


def _scale(placed: Placed) -> float:
    return min(1.0, _VIEW[0] / max(placed.width, 1), _VIEW[1] / max(placed.height, 1))


def _laid_out(drawing: Drawing, sizes: Sequence[Size], bar_labels: Sequence[float], most_rows: int) -> Placed:
    cells = cells_of(drawing, most_rows)
    axis = Axis(drawing, cells, sizes)
    across = [axis.x_of(mark, cell) for mark, cell in zip(drawing.marks, cells, strict=True)]
    spans = [axis.span(bar) for bar in drawing.bars]
    down = _Down(drawing, sizes, across, spans, bar_labels, cells)
    marks = [
        Rectangle(x, down.marks[number], *size) for number, (x, size) in enumerate(zip(across, sizes, strict=True))
    ]
    bars = [
        Rectangle((left + right) / 2, down.bars[number], right - left, _BAR_HEIGHT)
        for number, (left, right) in enumerate(spans)
    ]
    left = min((each.left for each in (*marks, *bars)), default=0.0)
    ends = [bar.left + label for bar, label in zip(bars, bar_labels, strict=True)]
    right = max([*(each.right for each in (*marks, *bars)), *ends], default=0.0)
    bottom = down.bands[-1].bottom if down.bands else 0.0
    dx, dy = -(left + right) / 2, -bottom / 2
    return Placed(
        marks=[each.moved(dx, dy) for each in marks],
        bars=[each.moved(dx, dy) for each in bars],
        bands=[Band(band.tier, band.top + dy, band.bottom + dy) for band in down.bands],
        ticks=[(x + dx, moment) for x, moment in axis.ticks()],
        time_left=axis.left + dx,
        time_right=axis.right + dx,
        width=right - left,
        height=bottom,
    )


class _Down:
    """Places bands from the top, in each its lanes and then its rows."""

    def __init__(
        self,
        drawing: Drawing,
        sizes: Sequence[Size],
        across: Sequence[float],
        spans: Sequence[tuple[float, float]],
        bar_labels: Sequence[float],
        cells: Sequence[Cell],
    ) -> None:
        self.marks: dict[int, float] = {}
        self.bars: dict[int, float] = {}
        self.bands: list[Band] = []
        self._row: dict[int, int] = {}
        here = 0.0
        for tier in sorted({mark.tier for mark in drawing.marks}):
            top = here
            here = self._lanes(drawing, tier, sizes, spans, bar_labels, here + _HEAD)
            here = self._things(drawing, tier, sizes, across, cells, here)
            self.bands.append(Band(tier, top, here))
            here += _BAND_GAP

    def _lanes(
        self,
        drawing: Drawing,
        tier: int,
        sizes: Sequence[Size],
        spans: Sequence[tuple[float, float]],
        bar_labels: Sequence[float],
        here: float,
    ) -> float:
        """One for each carrier, with its runs, stays or acts."""
        bars: dict[int, list[int]] = defaultdict(list)
        for number, bar in enumerate(drawing.bars):
            bars[bar.carrier].append(number)
        for number, mark in enumerate(drawing.marks):
            if not mark.is_carrier or mark.tier != tier:
                continue
            rows = Rows()
            row_of = {}
            for bar_number in sorted(bars[number], key=lambda each: spans[each]):
                left, right = spans[bar_number]
                row_of[bar_number] = rows.take(left, max(right, left + bar_labels[bar_number]))
            height = max(len(rows.rows) * _BAR_ROW, sizes[number][1])
            first = here + (height - len(rows.rows) * _BAR_ROW) / 2 + _BAR_HEIGHT / 2
            self.bars |= {each: first + row * _BAR_ROW for each, row in row_of.items()}
            self.marks[number] = here + height / 2
            here += height + _ROW_GAP
        return here

    def _things(
        self,
        drawing: Drawing,
        tier: int,
        sizes: Sequence[Size],
        across: Sequence[float],
        cells: Sequence[Cell],
        here: float,
    ) -> float:
        members = [number for number, mark in enumerate(drawing.marks) if mark.tier == tier and not mark.is_carrier]
        if not members:
            return here
        step = max(sizes[number][1] for number in members) + _ROW_GAP
        rows = Rows()
        for number in sorted(members, key=lambda each: (across[each], cells[each].row)):
            half = sizes[number][0] / 2
            self._row[number] = rows.take(
                across[number] - half, across[number] + half, self._wanted(drawing, number, cells)
            )
            self.marks[number] = here + step * (self._row[number] + 0.5)
        return here + step * len(rows.rows)

    def _wanted(self, drawing: Drawing, number: int, cells: Sequence[Cell]) -> int:
        """That of what led to it, where that stands in another column of the same band; else its own in its block."""
        before = drawing.before(number)
        is_alone = cells[number].row == 0
        if is_alone and before in self._row and drawing.marks[before].tier == drawing.marks[number].tier:
            return self._row[before]
        return cells[number].row
