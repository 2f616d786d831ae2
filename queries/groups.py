"""An impact answer in groups of one tier, kind and span of time, for an overview of any size: counts from the arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.index.codes import ALWAYS, FOREVER, IS_MATERIAL_KIND, KIND_NAMES
from graph.index.tables import Array
from graph.reader import NodeId
from queries.impact import Impact
from queries.privacy import View

__all__ = ["Carrier", "Group", "carriers", "grouped"]

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_SPANS: Final = (_HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY, 91 * _DAY, 364 * _DAY)
_LONGER: Final = 4
_KINDS: Final = len(KIND_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items of one tier and kind that are affected from a time in ``[since_ms, before_ms)``.

    Both None: always, or from a time that the viewer may not see (``is_since_masked``). ``row`` is one of its rows.
    """

    tier: int
    kind: str
    since_ms: int | None
    before_ms: int | None
    is_since_masked: bool
    count: int
    row: int


def grouped(
    answer: Impact,
    chosen: Array | None = None,
    *,
    most: int,
    most_spans: int,
    without: Collection[int] = (),
    offset_minutes: int = 0,
) -> list[Group]:
    """The groups, by tier, time and kind; together they count each of the chosen rows (None: all) once, but for those
    ``without``.

    The spans are hours, days, weeks … that begin at midnight at the offset: the shortest with which there are at most
    ``most`` groups in ``most_spans`` spans. Cost: a few passes over the rows.
    """
    rows = np.arange(answer.total) if chosen is None else chosen
    if without:
        rows = rows[~np.isin(rows, list(without))]
    since = answer.since[rows]
    is_timed = (since > ALWAYS) & (since < FOREVER)
    timed = since[is_timed]
    first, last = (int(timed.min()), int(timed.max())) if len(timed) else (0, 0)
    base = answer.spread.tier[rows].astype(np.int64) * _KINDS + answer.kinds[rows]
    for span in _spans(last - first):
        begin = _midnight(first, offset_minutes)
        count = (last - begin) // span + 1
        if count > most_spans:
            continue
        # Place 0 is always, the last one is not shown.
        bucket = np.where(is_timed, (since - begin) // span + 1, np.where(since >= FOREVER, count + 1, 0))
        code = (base * (count + 2) + bucket).astype(np.int64)
        counts = np.bincount(code, minlength=1)
        found = np.flatnonzero(counts)
        if len(found) <= most or count == 1:
            return _groups(rows, code, counts, found, count, begin, span)
    raise AssertionError("the last span holds all of time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A machine, position or person that things were reached by: how many, the lowest of their tiers, and from when the
    first and the last of those whose time may be seen are affected; None where there is none.
    """

    node: NodeId
    tier: int
    count: int
    first_ms: int | None
    last_ms: int | None


def carriers(view: View, answer: Impact, chosen: Array | None = None, *, most: int) -> list[Carrier]:
    """Those by which most of the chosen rows (None: all) were reached, the most first."""
    every = np.arange(answer.total) if chosen is None else chosen
    source = answer.steps(every).source
    is_carried = source >= 0
    is_carried[is_carried] = ~IS_MATERIAL_KIND[answer.lineage.facts.columns["thing_kind"].take(source[is_carried])]
    rows = every[is_carried]
    numbers, places, counts = np.unique(source[is_carried], return_inverse=True, return_counts=True)
    found = []
    for place in np.argsort(-counts, kind="stable")[:most].tolist():
        own = rows[places == place]
        since = answer.since[own]
        timed = since[(since > ALWAYS) & (since < FOREVER)]
        node = answer.lineage.node(int(numbers[place]))
        found.append(
            Carrier(
                node=view.stubs.name(node) if view.hides_kind(node[0]) else node,
                tier=int(answer.spread.tier[own].min()),
                count=len(own),
                first_ms=int(timed.min()) if len(timed) else None,
                last_ms=int(timed.max()) if len(timed) else None,
            )
        )
    return found


def _spans(length: int) -> Iterator[int]:
    """The shortest first, up to one that holds the whole length."""
    yield from _SPANS
    span = _SPANS[-1]
    while span < 2 * length + _DAY:
        span *= _LONGER
        yield span


def _midnight(ms: int, offset_minutes: int) -> int:
    shift = offset_minutes * 60_000
    return (ms + shift) // _DAY * _DAY - shift


def _groups(rows: Array, code: Array, counts: Array, found: Array, count: int, begin: int, span: int) -> list[Group]:
    first_row = np.zeros(len(counts), dtype=np.int64)
    first_row[code[::-1]] = rows[::-1]  # of several the first one stays
    groups = []
    for each in found.tolist():
        base, bucket = divmod(each, count + 2)
        tier, kind = divmod(base, _KINDS)
        is_timed = 0 < bucket <= count
        groups.append(
            Group(
                tier=tier,
                kind=KIND_NAMES[kind],
                since_ms=begin + (bucket - 1) * span if is_timed else None,
                before_ms=begin + bucket * span if is_timed else None,
                is_since_masked=bucket == count + 1,
                count=int(counts[each]),
                row=int(first_row[each]),
            )
        )
    return sorted(groups, key=lambda group: (group.tier, group.is_since_masked, group.since_ms or ALWAYS, group.kind))
