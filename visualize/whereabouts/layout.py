"""Where everything stands: time from left to right, a band for each place, bars below each other where they overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visualize.timeline import Rectangle, Rows, paced
from visualize.whereabouts.drawing import Bar, Drawing

__all__ = ["Placed", "PlacedBar", "lay_out"]

_HEAD: Final = 36.0  # of a band, for its name
_ROW: Final = 40.0  # a bar, and its label below
_BAR_HEIGHT: Final = 16.0
_BAND_GAP: Final = 8.0
_FOOT: Final = 4.0
_SMALLEST_BAR, _SMALLEST_STEP = 12.0, 10.0
_BEYOND: Final = 40.0  # that what goes on, or has no end that is known, reaches after the last moment
_ASIDE: Final = 60.0  # between time and what has none


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBar:
    """``soft_left`` and ``soft_right``: how much of it is only perhaps, because a time is not exact or not known."""

    at: Rectangle
    soft_left: float
    soft_right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Bars in their order, bands as (top, bottom); the middle of the whole is the origin."""

    bars: Sequence[PlacedBar]
    bands: Sequence[tuple[float, float]]
    ticks: Sequence[tuple[float, int]]
    time_left: float
    time_right: float
    width: float
    height: float


def lay_out(drawing: Drawing, bar_labels: Sequence[float], band_labels: Sequence[float]) -> Placed:
    """``bar_labels`` and ``band_labels``: the widths of the texts below bars, and at the head of bands. No two bars, nor
    their labels, overlap.
    """
    moments = sorted({ms for bar in drawing.bars for ms in bar.moments})
    x_of = paced(moments, lambda _before, _after: _SMALLEST_STEP)
    time_right = max(x_of.values(), default=0.0) + _BEYOND
    spans = [_span(bar, x_of, time_right) for bar in drawing.bars]
    down, bands = _rows(drawing, spans, bar_labels)
    ends = [left + max(right - left, label) for (left, right, _, _), label in zip(spans, bar_labels, strict=True)]
    right = max([time_right, *ends, *band_labels])
    bottom = bands[-1][1] if bands else 0.0
    dx, dy = -right / 2, -bottom / 2
    return Placed(
        bars=[
            PlacedBar(
                at=Rectangle((left + end) / 2, y, end - left, _BAR_HEIGHT).moved(dx, dy),
                soft_left=soft_left,
                soft_right=soft_right,
            )
            for (left, end, soft_left, soft_right), y in zip(spans, down, strict=True)
        ],
        bands=[(top + dy, end + dy) for top, end in bands],
        ticks=[(x + dx, moment) for moment, x in x_of.items()],
        time_left=dx,
        time_right=time_right + dx,
        width=right,
        height=bottom,
    )


def _span(bar: Bar, x_of: dict[int, float], time_right: float) -> tuple[float, float, float, float]:
    """From where to where it goes, and how much at each side is only perhaps."""
    if bar.start is None:
        left = time_right + _ASIDE
        return left, left + _SMALLEST_BAR, 0.0, 0.0
    left, soft_left = x_of[bar.start[0]], x_of[bar.start[1]] - x_of[bar.start[0]]
    if bar.end is not None:
        right, soft_right = x_of[bar.end[1]], x_of[bar.end[1]] - x_of[bar.end[0]]
    elif bar.is_open:
        right, soft_right = time_right, 0.0
    else:
        right, soft_right = left + soft_left + _BEYOND, _BEYOND - _SMALLEST_BAR
    # Where both ends may lie in the same time all of it is perhaps.
    right = max(right, left + _SMALLEST_BAR)
    soft_left = min(soft_left, right - left)
    return left, right, soft_left, min(soft_right, right - left - soft_left)


def _rows(
    drawing: Drawing, spans: Sequence[tuple[float, float, float, float]], bar_labels: Sequence[float]
) -> tuple[list[float], list[tuple[float, float]]]:
    """The middle of each bar, and top and bottom of each band."""
    members: dict[int, list[int]] = defaultdict(list)
    for number, bar in enumerate(drawing.bars):
        members[bar.band].append(number)
    down = [0.0] * len(drawing.bars)
    bands: list[tuple[float, float]] = []
    here = 0.0
    for band in range(len(drawing.bands)):
        rows, top = Rows(), here
        for number in sorted(members[band], key=lambda each: spans[each][:2]):
            left, right = spans[number][:2]
            row = rows.take(left, max(right, left + bar_labels[number]))
            down[number] = top + _HEAD + row * _ROW + _BAR_HEIGHT / 2
        here = top + _HEAD + len(rows.rows) * _ROW + _FOOT
        bands.append((top, here))
        here += _BAND_GAP
    return down, bands
