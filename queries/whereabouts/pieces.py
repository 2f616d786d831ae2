"""The way of each part of a thing cut into pieces of one place and path, with the gaps between; then told together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from graph.times import Moment
from queries.whereabouts.acts import Manner
from queries.whereabouts.paths import Paths, Standing
from queries.whereabouts.replay import Cause, Followed, Span, Track

__all__ = ["Piece", "Told", "told_together"]

_POSITION = "StoragePosition"
_MOVING = frozenset({Manner.STAY, Manner.ON_THE_WAY, Manner.TAKEN})
_CARRIED = frozenset({Manner.STAY, Manner.TEMPORARY})  # what stands in a position goes with it when that is moved


# What a part has one at a time.
_ALONE = frozenset({Manner.TEMPORARY, Manner.STAY, Manner.ON_THE_WAY, Manner.ARRIVED, Manner.GAP, Manner.TAKEN})


@dataclass(frozen=True, slots=True)
class Piece:
    """A span in one path: what the place stood in, the outermost first."""

    span: Span
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Told:
    """A piece, and who had it: units by name without the lot's, or an amount; neither: the whole."""

    piece: Piece
    units: list[str] = field(default_factory=list)
    amount: float | None = None


def told_together(followed: Followed, paths: Paths) -> tuple[list[Told], set[tuple[int, int]]]:
    """Each piece once, with all parts that had it; and which of them, by number, came next for some part."""
    found: dict[tuple[object, ...], Told] = {}
    number: dict[tuple[object, ...], int] = {}
    steps: set[tuple[int, int]] = set()
    ways = [(track.unit, track.amount, _way(track, paths)) for track in followed.tracks]
    ways += [(None, amount, list(_cut(span, paths))) for span, amount in followed.loose]
    for unit, amount, way in ways:
        for piece in way:
            key = _key(piece)
            number.setdefault(key, len(number))
            told = found.setdefault(key, Told(piece))
            if unit is not None:
                told.units.append(unit)
            elif amount is not None:
                told.amount = (told.amount or 0) + amount
        steps |= {(number[_key(one)], number[_key(other)]) for one, other in pairwise(_one_after_the_other(way))}
    return list(found.values()), steps


def _one_after_the_other(way: Iterable[Piece]) -> list[Piece]:
    """Where the part was made, the places it had one at a time, the gaps between, and what used it up."""
    every = sorted(way, key=lambda piece: _in_time(piece.span))
    return [
        piece
        for place, piece in enumerate(every)
        if piece.span.manner in _ALONE or (piece.span.manner is Manner.OPERATION and place == 0)
    ]


def _key(piece: Piece) -> tuple[object, ...]:
    span = piece.span
    ends = [None if at is None else (at.earliest_ms, at.latest_ms) for at in (span.start, span.end)]
    return span.manner, span.place, piece.path, *ends, span.is_end_known, span.began, span.ended


def _way(track: Track, paths: Paths) -> list[Piece]:
    spans = track.all_spans
    known = [_with_end(span, spans) for span in spans]
    pieces = [piece for span in known for piece in _cut(span, paths)]
    return [*pieces, *(Piece(gap) for gap in _gaps([piece.span for piece in pieces], is_gone=track.is_gone))]


def _with_end(span: Span, spans: Sequence[Span]) -> Span:
    """A run without an end is told until what was on the machine was next stored, sent or taken."""
    if span.is_end_known:
        return span
    later = [
        other
        for other in spans
        if other.manner in _MOVING
        and other.began.operation != span.began.operation
        and other.start.earliest_ms >= span.start.latest_ms
    ]
    last = min(later, key=lambda other: other.start.latest_ms, default=None)
    return span if last is None else replace(span, end=last.start, ended=last.began)


def _cut(span: Span, paths: Paths) -> Iterator[Piece]:
    if span.place is None or span.place[0] != _POSITION:
        yield Piece(span)
        return
    position = span.place[1]
    if span.manner not in _CARRIED:
        yield Piece(span, paths.at(position, span.start.earliest_ms))
        return
    cut = [piece for standing in paths.standings(position) if (piece := _during(span, standing)) is not None]
    yield from cut or [Piece(span, paths.at(position, span.start.earliest_ms))]


def _during(span: Span, standing: Standing) -> Piece | None:
    """What of the span lies in the standing; None: nothing, or no more than the instant at its end."""
    since, until = standing.since, standing.until
    if since is not None and since.at.earliest_ms > span.start.earliest_ms:
        span = replace(span, start=since.at, began=Cause(since.operation))
    if until is not None and (span.end is None or until.at.latest_ms < span.end.latest_ms):
        span = replace(span, end=until.at, ended=Cause(until.operation))
    if span.end is not None and span.start.earliest_ms >= span.end.latest_ms:
        return None
    return Piece(span, standing.path)


def _gaps(spans: Iterable[Span], *, is_gone: bool) -> Iterator[Span]:
    """The times between that are certain, and for which nothing says where the part was."""
    last: tuple[Moment, Cause] | None = None
    for span in sorted(spans, key=_in_time):
        if last is not None and span.start.earliest_ms > last[0].latest_ms:
            yield Span(manner=Manner.GAP, place=None, start=last[0], end=span.start, began=last[1], ended=span.began)
        if span.end is None:
            return
        if last is None or span.end.latest_ms >= last[0].latest_ms:
            last = span.end, span.ended or span.began
    if last is not None and not is_gone:
        yield Span(manner=Manner.GAP, place=None, start=last[0], began=last[1])


def _in_time(span: Span) -> tuple[int, bool, bool]:
    return span.start.earliest_ms, span.manner is Manner.TAKEN, span.manner is not Manner.OPERATION
