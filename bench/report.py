"""What a run found, as a page: what must hold, and each question behind it. Ratios only; a time belongs to one machine."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

__all__ = ["Claim", "Report", "Table", "at_least", "at_most", "not_measured", "times"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """``is_met`` None: it was not measured, and ``measured`` says why."""

    what: str
    target: str
    measured: str
    is_met: bool | None


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    note: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Report:
    claims: list[Claim] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self, *, title: str) -> str:
        verdict = {True: "met", False: "**not met**", None: "not measured"}
        parts = [
            f"# {title}",
            (
                "Written by `make bench-recall`; what each row asks and how is in `bench/`. A ratio is that of the medians of"
                " rounds in which each side was asked in turn, in one run on one machine:"
                f" {platform.system()} {platform.machine()}, {psutil.cpu_count()} processors,"
                f" {psutil.virtual_memory().total / 2**30:.0f} GB. Answers were compared before anything was timed."
            ),
            "## What must hold",
            _markdown(
                ("what", "target", "measured", ""),
                [(claim.what, claim.target, claim.measured, verdict[claim.is_met]) for claim in self.claims],
            ),
        ]
        if self.notes:
            parts += ["## What was measured, and what was not", "\n".join(f"- {note}" for note in self.notes)]
        for table in self.tables:
            parts += [f"## {table.title}", *([table.note] if table.note else []), _markdown(table.heads, table.rows)]
        return "\n\n".join(parts) + "\n"

    def write(self, path: Path, *, title: str) -> None:
        path.write_text(self.text(title=title), "utf-8")


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def times(ratio: float) -> str:
    """Three digits are more than a run can tell. Infinite: the other side did not end."""
    if math.isinf(ratio):
        return "did not end"
    return f"{ratio:,.0f} ×" if ratio >= 100 else f"{ratio:.2g} ×" if ratio < 10 else f"{ratio:.0f} ×"


def at_least(what: str, limit: float, ratios: Sequence[float], *, told: str = "") -> Claim:
    """Held by the least of the ratios."""
    return _claim(what, f"≥ {limit:g} ×", ratios, min(ratios, default=math.nan) >= limit, told)


def at_most(what: str, limit: float, ratios: Sequence[float], *, told: str = "") -> Claim:
    """Held by the greatest of the ratios."""
    return _claim(what, f"≤ {limit:g} ×", ratios, max(ratios, default=math.nan) <= limit, told)


def _claim(what: str, target: str, ratios: Sequence[float], is_met: bool, told: str) -> Claim:
    if not ratios:
        return not_measured(what, target, told or "nothing of that size was asked")
    low, high = times(min(ratios)), times(max(ratios))
    measured = low if low == high else f"{low} to {high}"
    return Claim(what=what, target=target, measured=f"{measured}{told and f' ({told})'}", is_met=is_met)


def not_measured(what: str, target: str, why: str) -> Claim:
    return Claim(what=what, target=target, measured=why, is_met=None)
