"""What of an answer is drawn: a band for each place, a bar for each interval, or for many of one place and manner."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graph.reader import NodeId
from queries.whereabouts import Interval, Manner
from visualize.rollup import ONE_BY_ONE

__all__ = ["Band", "Bar", "Drawing", "Link", "draw"]

_LARGEST: Final = 200  # bars in a picture
# Of intervals without a place, and of those that are no presence, each manner has a band of its own.
_ALONE: Final = frozenset({Manner.GAP, Manner.TAKEN, Manner.ON_THE_WAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A place, named by what it stood in from the outside to the inside; or a manner that has no place of its own.

    ``is_cut``: places in it stand for it.
    """

    manner: Manner | None
    names: tuple[NodeId, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One interval; or ``count`` of one manner in one band, from the first beginning to the last end.

    Times are earliest and latest. ``start`` None: not shown. ``end`` None: it goes on (``is_open``), or nothing that may be
    shown says until when.
    """

    band: int
    manner: Manner
    interval: Interval | None
    start: tuple[int, int] | None
    end: tuple[int, int] | None
    is_open: bool
    count: int = 1

    @property
    def moments(self) -> list[int]:
        return [ms for bounds in (self.start, self.end) if bounds is not None for ms in bounds]


@dataclass(frozen=True, slots=True)
class Link:
    """From one bar to another, each of a single interval: some of what was there went on to be here."""

    source: int
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Bands in the order in which something first was there; bars by their beginning."""

    bands: Sequence[Band]
    bars: Sequence[Bar]
    links: Sequence[Link]

    def path(self, bar: int) -> list[int]:
        """The numbers of the links by which what is at a bar came there, and went on from there."""
        return sorted({*self._along(bar, is_onward=True), *self._along(bar, is_onward=False)})

    def _along(self, bar: int, *, is_onward: bool) -> Iterator[int]:
        leading: dict[int, list[int]] = defaultdict(list)
        for number, link in enumerate(self.links):
            leading[link.source if is_onward else link.target].append(number)
        ahead, passed = [bar], {bar}
        while ahead:
            for number in leading[ahead.pop()]:
                yield number
                link = self.links[number]
                far = link.target if is_onward else link.source
                if far not in passed:
                    passed.add(far)
                    ahead.append(far)

    @property
    def is_rolled_up(self) -> bool:
        return any(bar.interval is None for bar in self.bars)


def draw(intervals: Sequence[Interval], steps: Iterable[tuple[int, int]]) -> Drawing:
    """Each by itself; more than can be told apart by place and manner, many places by what they stood in.

    ``steps``: of intervals by number, which came next for some of it; lines are drawn where each is by itself.
    """
    if len(intervals) <= ONE_BY_ONE:
        return _drawn([(_band(each, None), [each]) for each in intervals], [Link(*step) for step in steps])
    deepest = max(len(each.names) for each in intervals)
    for depth in range(deepest, 0, -1):
        groups = _grouped(intervals, depth)
        if len(groups) <= _LARGEST:
            return _drawn(groups)
    return _drawn(_grouped(intervals, 0))


def _band(interval: Interval, depth: int | None) -> Band:
    manner = interval.manner if interval.manner in _ALONE or not interval.names else None
    if manner in {Manner.GAP, Manner.TAKEN, Manner.OPERATION}:
        return Band(manner=manner, names=())
    names = interval.names if depth is None else interval.names[:depth]
    return Band(manner=manner, names=names, is_cut=names != interval.names)


def _grouped(intervals: Iterable[Interval], depth: int) -> list[tuple[Band, list[Interval]]]:
    found: dict[tuple[Band, Manner], list[Interval]] = {}
    for each in intervals:
        found.setdefault((_band(each, depth), each.manner), []).append(each)
    return [(band, members) for (band, _), members in found.items()]


def _drawn(groups: Iterable[tuple[Band, Sequence[Interval]]], links: Sequence[Link] = ()) -> Drawing:
    every = list(groups)
    numbers: dict[Band, int] = {}
    for band, _ in every:
        numbers.setdefault(band, len(numbers))
    order = sorted(numbers, key=lambda band: (_last(band), numbers[band]))
    place = {band: number for number, band in enumerate(order)}
    return Drawing(bands=order, bars=[_bar(place[band], members) for band, members in every], links=links)


def _last(band: Band) -> int:
    """What is no presence stands below all places."""
    return {Manner.GAP: 1, Manner.TAKEN: 2}.get(band.manner, 0) if band.manner is not None else 0


def _bar(band: int, members: Sequence[Interval]) -> Bar:
    starts = [(each.start.earliest_ms, each.start.latest_ms) for each in members if each.start is not None]
    ends = [(each.end.earliest_ms, each.end.latest_ms) for each in members if each.end is not None]
    has_unknown_end = any(each.end is None and not each.is_open for each in members)
    is_open = any(each.is_open for each in members)
    return Bar(
        band=band,
        manner=Counter(each.manner for each in members).most_common(1)[0][0],
        interval=members[0] if len(members) == 1 else None,
        start=min(starts, default=None),
        end=None if is_open or (has_unknown_end and len(members) == 1) else max(ends, default=None),
        is_open=is_open,
        count=len(members),
    )
