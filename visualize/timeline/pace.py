"""How far apart moments lie: time runs at an even pace, stretched where much happens and shortened where little does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

from graph.times import render

__all__ = ["dates", "paced", "rounded"]

_WIDTH: Final = 1000.0  # that time would take at an even pace
_LARGEST_STEP: Final = 230.0
_DAY_MS: Final = 86_400_000


def paced(moments: Sequence[int], smallest_step: Callable[[int, int], float]) -> dict[int, float]:
    """At which x each of the moments lies, which are in order. ``smallest_step``: of two neighbours, how far apart they
    must be.
    """
    length = max(moments[-1] - moments[0], 1) if moments else 1
    x_of = dict.fromkeys(moments[:1], 0.0)
    for before, after in pairwise(moments):
        step = min((after - before) / length * _WIDTH, _LARGEST_STEP)
        x_of[after] = x_of[before] + max(step, smallest_step(before, after))
    return x_of


def dates(ticks: Iterable[tuple[float, int]], offset_minutes: int) -> list[tuple[float, str]]:
    """Of moments in order the first of each day, or of each minute where all of it is within a few days."""
    every = list(ticks)
    has_clock = bool(every) and every[-1][1] - every[0][1] < 3 * _DAY_MS
    found: dict[str, float] = {}
    for x, moment in every:
        text = render(moment, offset_minutes)
        found.setdefault(text[:16].replace("T", " ") if has_clock else text[:10], rounded(x))
    return [(x, text) for text, x in found.items()]


def rounded(value: float) -> float:
    return round(value, 1)
