"""Lines that bend, where a straight one would run over shapes that it does not concern: and so be read wrongly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from visualize.timeline import Rectangle

__all__ = ["bend"]

Point = tuple[float, float]
_STEPS: Final = 40  # at which it is looked where a line runs
_WAYS: Final = tuple(
    (kind, roundness) for roundness in (0.12, 0.2, 0.3, 0.42, 0.55) for kind in ("curvedCW", "curvedCCW")
)
_SHRUNK: Final = 3.0  # a line may touch the rim of a label


def bend(start: Point, end: Point, others: Sequence[Rectangle]) -> dict[str, Any] | None:
    """How the drawing script shall bend a line between two points past the other shapes; None: it may be straight.

    Where no way leads past all, the one that runs over the fewest.
    """
    between = [each for each in others if _may_meet(start, end, each)]
    if not _crossed([start, end], between):
        return None
    kind, roundness = min(_WAYS, key=lambda way: _crossed([start, _via(start, end, *way), end], others))
    return {"enabled": True, "type": kind, "roundness": roundness}


def _may_meet(start: Point, end: Point, shape: Rectangle) -> bool:
    return (
        shape.right > min(start[0], end[0])
        and shape.left < max(start[0], end[0])
        and shape.bottom > min(start[1], end[1])
        and shape.top < max(start[1], end[1]) + 1
    )


def _via(start: Point, end: Point, kind: str, roundness: float) -> Point:
    """The middle point of the curve as vis-network 9.1.2 takes it."""
    dx, dy = end[0] - start[0], start[1] - end[1]
    turn = roundness if kind == "curvedCW" else -roundness
    angle = math.atan2(dy, dx) + (0.5 * turn + 0.5) * math.pi
    away = (0.5 * roundness + 0.5) * math.hypot(dx, dy)
    return start[0] + away * math.sin(angle), start[1] + away * math.cos(angle)


def _crossed(points: Sequence[Point], shapes: Iterable[Rectangle]) -> int:
    """How many shapes the line, or the quadratic curve, runs over."""
    line = [_at(points, step / _STEPS) for step in range(1, _STEPS)]
    return sum(any(_is_in(point, shape) for point in line) for shape in shapes)


def _at(points: Sequence[Point], part: float) -> Point:
    rest = 1 - part
    if len(points) == 2:
        weights: tuple[float, ...] = (rest, part)
    else:
        weights = (rest * rest, 2 * rest * part, part * part)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
    return x, y


def _is_in(point: Point, shape: Rectangle) -> bool:
    x, y = point
    return shape.left + _SHRUNK < x < shape.right - _SHRUNK and shape.top + _SHRUNK < y < shape.bottom - _SHRUNK
