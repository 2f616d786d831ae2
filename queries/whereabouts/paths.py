"""What positions stood in over time: site, room, tank, rack, box, from the outside to the inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.reader import AsOf, Direction, EdgeRow, Edges
from graph.times import Moment, render

__all__ = ["Paths", "Standing", "Turn", "read_paths"]

_POSITION = "StoragePosition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A move of a position, or of one that it stood in: when, and by which operation."""

    at: Moment
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a position stood in, the outermost first, from one turn to the next. None: since ever, or still."""

    path: tuple[str, ...]
    since: Turn | None
    until: Turn | None


@dataclass(slots=True)
class Paths:
    """Of positions what they stood in, and when. ``first``: before the first move; ``moves`` in their order, with where
    to.
    """

    first: Mapping[str, str]
    moves: Mapping[str, Sequence[tuple[Turn, str]]]
    _standings: dict[str, list[Standing]] = field(default_factory=dict)

    def standings(self, position: str) -> list[Standing]:
        """One after the other; together they are all of time."""
        if position not in self._standings:
            self._standings[position] = list(self._upwards(position, frozenset({position})))
        return self._standings[position]

    def at(self, position: str, at_ms: int) -> tuple[str, ...]:
        """What it stood in at an instant, the outermost first."""
        standings = self.standings(position)
        begun = (each for each in reversed(standings) if each.since is None or each.since.at.earliest_ms <= at_ms)
        return next(begun, standings[0]).path

    def is_within(self, position: str, place: str, at_ms: int) -> bool:
        """Whether a position was the place then, or stood in it."""
        return position == place or place in self.at(position, at_ms)

    def _own(self, position: str) -> Iterator[tuple[str | None, Turn | None, Turn | None]]:
        """What it stood in directly."""
        parent, since = self.first.get(position), None
        for turn, into in self.moves.get(position, ()):
            yield parent, since, turn
            parent, since = into, turn
        yield parent, since, None

    def _upwards(self, position: str, passed: frozenset[str]) -> Iterator[Standing]:
        for parent, since, until in self._own(position):
            if parent is None or parent in passed:
                yield Standing(path=(), since=since, until=until)
                continue
            for above in self._upwards(parent, passed | {parent}):
                first = max((since, above.since), key=_begins)
                last = min((until, above.until), key=_ends)
                if last is None or first is None or first.at.earliest_ms < last.at.latest_ms:
                    yield Standing(path=(*above.path, parent), since=first, until=last)


def _begins(turn: Turn | None) -> tuple[bool, int]:
    return turn is not None, 0 if turn is None else turn.at.earliest_ms


def _ends(turn: Turn | None) -> tuple[bool, int]:
    return turn is None, 0 if turn is None else turn.at.latest_ms


async def read_paths(edges: Edges, positions: Iterable[str], as_of: AsOf) -> Paths:
    """The paths of these positions. One statement for each level that they stand under."""
    first: dict[str, tuple[int, str]] = {}
    moves: dict[str, list[tuple[int, Turn, str]]] = {}
    known: set[str] = set()
    level = set(positions)
    while level:
        known |= level
        found = await edges.neighbours(Direction.FORWARD, {_POSITION: sorted(level)}, ("PART_OF", "MOVED"), as_of)
        for edge in found:
            place, parent = edge.source[1], edge.target[1]
            if edge.type == "MOVED":
                moves.setdefault(place, []).append((edge.seq, _turn(edge), parent))
            elif edge.start_ms is None:  # said by the position's own record; those of moves have a start
                first[place] = max(first.get(place, (0, "")), (edge.seq, parent))
        level = {edge.target[1] for edge in found} - known
    return Paths(
        first={place: parent for place, (_, parent) in first.items()},
        moves={place: _in_order(found) for place, found in moves.items()},
    )


def _in_order(moves: Iterable[tuple[int, Turn, str]]) -> list[tuple[Turn, str]]:
    ranked = sorted(moves, key=lambda each: (each[1].at.earliest_ms, each[1].at.latest_ms, each[0]))
    return [(turn, into) for _, turn, into in ranked]


def _turn(edge: EdgeRow) -> Turn:
    start = edge.start_ms or 0
    latest = start if edge.start_latest_ms is None else edge.start_latest_ms
    return Turn(
        at=Moment(render(start, edge.offset_minutes), start, latest, edge.offset_minutes), operation=edge.operation_id
    )
