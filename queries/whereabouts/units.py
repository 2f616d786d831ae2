"""Names of units as one writes them: runs of whole numbers in one."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["unit_runs"]


def unit_runs(names: Iterable[str]) -> tuple[str, ...]:
    """``1-7``, ``9``, ``A2``, in the order of their numbers."""
    runs: list[tuple[str, int, int]] = []  # stem, first, last; a name without a number has none
    for stem, number in sorted(_parts(name) for name in names):
        if runs and number >= 0 and runs[-1][0] == stem and runs[-1][2] == number - 1 >= 0:
            runs[-1] = (stem, runs[-1][1], number)
        else:
            runs.append((stem, number, number))
    return tuple(_text(*run) for run in runs)


def _parts(name: str) -> tuple[str, int]:
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    if not digits or digits != str(int(digits)):  # padded ones are no plain numbers
        return name, -1
    return stem, int(digits)


def _text(stem: str, first: int, last: int) -> str:
    if first < 0:
        return stem
    return f"{stem}{first}" if first == last else f"{stem}{first}-{last}"
