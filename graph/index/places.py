"""Where positions stand in each other over time, and in which vessel a stay in a position counts (recall.md, rule 4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from graph.index.codes import ALWAYS, FOREVER, MOVED
from graph.index.tables import Array, Tables
from graph.reader import AsOf

__all__ = ["Below", "Places", "Span", "Vessels", "read_places"]


class Span(NamedTuple):
    """A position (-1: none) and the time over which it holds: in it from ``start``, no longer at ``end``.

    ``is_start_exact`` and ``is_end_exact``: whether the move that begins or ends it has an exact time. ``is_sure``: False
    where moves may have been in another order, so that it may not have stood there at all, or not so long.
    """

    position: int
    start: int
    end: int
    is_start_exact: bool = True
    is_end_exact: bool = True
    is_sure: bool = True

    def within(self, outer: Span) -> Span | None:
        """The time that both hold, at this position; of equal bounds an exact one counts. None where there is none."""
        start, end = max(self.start, outer.start), min(self.end, outer.end)
        if start > end:
            return None
        return Span(
            self.position,
            start,
            end,
            any(span.is_start_exact for span in (self, outer) if span.start == start),
            any(span.is_end_exact for span in (self, outer) if span.end == end),
            self.is_sure and outer.is_sure,
        )


class Below(NamedTuple):
    """A position within another: over which time, what it stands in there (-1: it is the other itself), and through which
    of those that stand in the other itself (-1: none). Not ``is_sure``: by times of moves that are not exact it may have
    stood elsewhere.
    """

    span: Span
    parent: int
    branch: int
    is_sure: bool


class Vessels(NamedTuple):
    """By position, the row of its spans; -1: it is its own vessel for all time. By span: vessel, bounds, exactness.

    ``exact``: of the start, of the end, and whether it is sure at all.
    """

    row_of: Array
    off: Array
    position: Array
    bounds: Array
    exact: Array


_ALL_TIME = Span(-1, ALWAYS, FOREVER)


class _Moved(NamedTuple):
    """When a position was moved, at the earliest and at the latest, by which operation, and where to."""

    first: int
    last: int
    op: int
    parent: int


def _spans(parent: int, moves: Sequence[_Moved]) -> list[Span]:
    """Where a position stood, given where it stood at first and its moves, sorted.

    It stands where a move took it from that move's earliest time until another has certainly come after it: one that
    begins no earlier than the first is over; at the same instant the order of the ledger counts.
    """
    endings = [(FOREVER, False)]  # of the moves from a place on: when one of them is over, and whether that is inexact
    for move in reversed(moves):
        endings.append(min(endings[-1], (move.last, move.first != move.last)))
    endings.reverse()
    starts = [move.first for move in moves]
    over, is_inexact = endings[0]
    spans = [Span(parent, ALWAYS, over, is_end_exact=not is_inexact)]
    latest = ALWAYS  # when all moves so far are over
    for place, move in enumerate(moves):
        after = max(place + 1, bisect_left(starts, move.last))
        over, is_inexact = endings[after]
        is_sure = after == place + 1 and latest <= move.first
        spans.append(Span(move.parent, move.first, over, move.first == move.last, not is_inexact, is_sure))
        latest = max(latest, move.last)
    return spans


Fields = tuple[int, int, int]  # position, parent (-1: none, -2: not said), shared (0, 1; 2: not said), in ledger order
Move = tuple[int, int, int, int, int]  # position, start, latest start, operation, where to


def read_places(column: Mapping[str, Array], table: Tables, as_of: AsOf) -> Places:
    """What stood in what, from the facts' columns, as known at a position."""
    known = FOREVER if as_of.known_at_ms is None else as_of.known_at_ms
    rows = zip(*(column[f"position_{name}"].tolist() for name in _FIELDS), strict=True)
    fields = [(thing, parent, shared) for thing, parent, shared, seq, at in rows if seq <= as_of.seq and at <= known]
    return Places(fields, _moves(table))


def _moves(table: Tables) -> Iterator[Move]:
    for op in np.flatnonzero((table.op_type == MOVED) & table.is_live).tolist():
        parent = int(table.output_thing[table.outputs_off[op]])
        for row in range(int(table.inputs_off[op]), int(table.inputs_off[op + 1])):
            yield int(table.input_thing[row]), int(table.start[op]), int(table.start_last[op]), op, parent


_FIELDS = ("thing", "parent", "shared", "seq", "recorded")


class Places:
    """What stood in what, and when."""

    def __init__(self, fields: Iterable[Fields], moves: Iterable[Move]) -> None:
        self._shared: set[int] = set()
        self._first: dict[int, int] = {}  # where a position stood before its first move
        self._parents: dict[int, list[Span]] = {}
        self._children: dict[int, list[Span]] = {}
        for thing, parent, shared in fields:
            if parent >= 0:
                self._first[thing] = parent
            elif parent == -1:
                self._first.pop(thing, None)
            if shared == 1:
                self._shared.add(thing)
            elif shared == 0:
                self._shared.discard(thing)
        self._stand(moves)

    def _stand(self, given: Iterable[Move]) -> None:
        moves: dict[int, list[_Moved]] = {}
        for position, *move in given:
            moves.setdefault(position, []).append(_Moved(*move))
        for position in {**self._first, **moves}:
            spans = _spans(self._first.get(position, -1), sorted(moves.get(position, ())))
            self._parents[position] = spans
            for span in spans:
                if span.position >= 0 and span.start <= span.end:
                    self._children.setdefault(span.position, []).append(span._replace(position=position))

    def vessels(self, position: int) -> list[Span]:
        """Where a stay in the position counts, over time: the nearest shared environment upwards, else itself."""
        if position in self._shared or position not in self._parents:
            return [_ALL_TIME._replace(position=position)]
        found: list[Span] = []
        ahead = [(_ALL_TIME._replace(position=position), frozenset({position}))]
        while ahead:
            here, passed = ahead.pop()
            for parent in self._parents.get(here.position, (_ALL_TIME,)):
                span = parent.within(here)
                if span is None:
                    continue
                if span.position < 0 or span.position in passed:
                    found.append(span._replace(position=position))
                elif span.position in self._shared:
                    found.append(span)
                else:
                    ahead.append((span, passed | {span.position}))
        return sorted(found)

    def was_moved(self, position: int) -> bool:
        return len(self._parents.get(position, ())) > 1

    def parent_at(self, position: int, at_ms: int) -> int | None:
        """What a position stood in at an instant; None: in nothing. Of several places that may be, the latest entered."""
        for span in reversed(self._parents.get(position, ())):
            if span.start <= at_ms < span.end:
                return span.position if span.position >= 0 else None
        return None

    def inside(self, position: int) -> Iterator[Span]:
        """The position itself and all that ever stood below it, with the times at which it did."""
        ahead = [(_ALL_TIME._replace(position=position), frozenset({position}))]
        while ahead:
            here, passed = ahead.pop()
            yield here
            for child in self._children.get(here.position, ()):
                span = child.within(here)
                if span is not None and span.position not in passed:
                    ahead.append((span, passed | {span.position}))

    def within(self, position: int, first: int, last: int) -> Iterator[Below]:
        """The position itself and all that stood below it at some time from first to last, both included; outer ones
        before inner ones. One that was moved meanwhile, or may have been, comes once for each place.
        """
        ahead = [(Below(_ALL_TIME._replace(position=position), -1, -1, is_sure=True), frozenset({position}))]
        while ahead:
            here, passed = ahead.pop()
            yield here
            outer = here.span.position
            for child in self._children.get(outer, ()):
                span = child.within(here.span)
                if span is None or span.position in passed or not (span.start <= last and first < span.end):
                    continue
                branch = here.branch if here.branch >= 0 else span.position
                is_sure = here.is_sure and not self._may_be_elsewhere(span.position, first, last)
                ahead.append((Below(span, outer, branch, is_sure), passed | {span.position}))

    def _may_be_elsewhere(self, position: int, first: int, last: int) -> bool:
        """Whether a position may have been in two places at a time from first to last: a move's time is not exact."""
        for one, other in combinations(self._parents.get(position, ()), 2):
            begun = max(one.start, other.start, first)
            if one.position != other.position and begun <= last and begun < min(one.end, other.end):
                return True
        return False

    def below(self, positions: Iterable[int]) -> set[int]:
        """The positions and all that ever stood in them."""
        return {span.position for position in positions for span in self.inside(position)}

    def rows(self, positions: Iterable[int], size: int, number: Callable[[int], int] = int) -> Vessels:
        """The vessels of positions, for kernels. ``number`` gives the numbers, less than ``size``, that they know."""
        row_of = np.full(size, -1, dtype=np.int32)
        offsets = [0]
        spans: list[Span] = []
        for position in positions:
            vessels = self.vessels(position)
            if vessels != [_ALL_TIME._replace(position=position)]:
                row_of[number(position)] = len(offsets) - 1
                spans += vessels
                offsets.append(len(spans))
        return Vessels(
            row_of=row_of,
            off=np.array(offsets, dtype=np.int64),
            position=np.array([number(span.position) for span in spans], dtype=np.int32),
            bounds=np.array([(span.start, span.end) for span in spans], dtype=np.int64).reshape(-1, 2),
            exact=np.array(
                [(span.is_start_exact, span.is_end_exact, span.is_sure) for span in spans], dtype=np.bool_
            ).reshape(-1, 3),
        )
