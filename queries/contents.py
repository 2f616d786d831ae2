"""What stands in a position, or anywhere below it, at a moment; and, where a hazard is asked about, what of it is affected.

Source: the rules of presence in the records specification, and rules 3 to 5 of impact analysis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum, unique
from functools import cached_property
from typing import Final

import numpy as np

from graph.errors import BadInput
from graph.index.codes import FOREVER, KIND_CODES, KIND_NAMES
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping import Asked, run_kernel
from graph.keeping.contents import NOWHERE, Standers, Within, standers, within
from graph.reader import AsOf, NodeId
from graph.saying import said
from queries.around import in_order_of_numbers
from queries.days import DAY_MS, day_begin, sees_when_persons_were_treated
from queries.impact import Impact, ImpactAsked, impact
from queries.marks import Marks, marks_of
from queries.ordering import rows_in_order
from queries.privacy import View
from queries.starts import answer_position, check_starts

__all__ = [
    "Contents",
    "ContentsAsked",
    "ContentsOrder",
    "Inside",
    "KindCount",
    "contents",
]

_POSITION: Final = "StoragePosition"
_KIND_BITS: Final = 8
_TIERS: Final = 4


@unique
class ContentsOrder(Enum):
    """What the rows stand in order by first; then place, kind and key decide."""

    PLACE = "place"
    KIND = "kind"
    SINCE = "since"
    AFFECTED = "affected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsAsked:
    """Where, and when. ``impact``: what of it is affected by that is told too; its ``known_at_ms`` is this one's."""

    position: NodeId
    at_ms: int
    known_at_ms: int | None = None
    impact: ImpactAsked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many things of a kind there are, how many of them are affected, and of how many their place is uncertain."""

    kind: str
    count: int
    affected: int
    uncertain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """One of the positions directly below, or the one asked about itself, and what stands in it. By kind, in the order
    of their names.
    """

    position: NodeId
    is_itself: bool
    kinds: tuple[KindCount, ...]

    @property
    def count(self) -> int:
        return sum(kind.count for kind in self.kinds)

    @property
    def affected(self) -> int:
        return sum(kind.affected for kind in self.kinds)

    @property
    def uncertain(self) -> int:
        return sum(kind.uncertain for kind in self.kinds)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A whole answer, in arrays. One row for each thing and position; ``tier`` 0: not affected, or not asked.

    ``first_ms`` to ``last_ms``: the moment, or the day of it for who may not see when persons were treated.
    """

    asked: ContentsAsked
    lineage: Lineage
    as_of: AsOf
    number: int
    first_ms: int
    last_ms: int
    places: Within
    rows: Standers
    marks: Marks
    tier: Array
    affected_since: Array
    affected_uncertain: Array
    impact: Impact | None

    @property
    def is_widened(self) -> bool:
        return self.first_ms != self.last_ms

    @cached_property
    def kinds(self) -> Array:
        """The kind of each row, as a code."""
        kinds: Array = self.lineage.kinds[self.rows.thing]
        return kinds

    @cached_property
    def total(self) -> int:
        """How many things; one that may stand in two places counts once."""
        return len(np.unique(self.rows.thing))

    @cached_property
    def hidden_count(self) -> int:
        return len(np.unique(self.rows.thing[self.marks.hidden]))

    @cached_property
    def by_kind(self) -> tuple[KindCount, ...]:
        """Of all of it, by kind, in the order of their names."""
        return self._counted(self._distinct(np.arange(len(self.rows.thing))))

    @property
    def affected(self) -> int:
        return sum(kind.affected for kind in self.by_kind)

    @property
    def uncertain(self) -> int:
        return sum(kind.uncertain for kind in self.by_kind)

    @cached_property
    def affected_later(self) -> int:
        """How many of the affected are so only from a time after the moment."""
        is_later = (self.tier > 0) & (self.affected_since > self.last_ms)
        return len(np.unique(self.rows.thing[is_later]))

    def _counted(self, rows: Array) -> tuple[KindCount, ...]:
        kinds, size = self.kinds[rows], len(KIND_NAMES)
        counts = np.bincount(kinds, minlength=size)
        affected = np.bincount(kinds[self.tier[rows] > 0], minlength=size)
        uncertain = np.bincount(kinds[self.rows.uncertain[rows]], minlength=size)
        return tuple(
            KindCount(
                kind=KIND_NAMES[code],
                count=int(counts[code]),
                affected=int(affected[code]),
                uncertain=int(uncertain[code]),
            )
            for code in sorted(np.flatnonzero(counts).tolist(), key=KIND_NAMES.__getitem__)
        )

    # -- places --------------------------------------------------------------------------------------------------------

    @cached_property
    def _parents(self) -> Mapping[int, int]:
        """What each position stood in; of several places the first that was found."""
        parents: dict[int, int] = {}
        for position, parent in zip(self.places.position.tolist(), self.places.parent.tolist(), strict=True):
            parents.setdefault(position, parent)
        return parents

    @property
    def position_count(self) -> int:
        """How many positions are below the one asked about."""
        return len(self._parents) - 1

    def parent(self, position: int) -> int | None:
        """What a position below the one asked about stood in."""
        return None if position == self.number else self._parents[position]

    def path(self, position: int) -> tuple[int, ...]:
        """From the position asked about, which is left out, to this one."""
        found = []
        while position != self.number:
            found.append(position)
            position = self._parents[position]
        return tuple(reversed(found))

    @cached_property
    def occupied(self) -> tuple[int, ...]:
        """The positions in which something stands, those that stand together side by side, numbers as numbers."""
        return tuple(sorted(np.unique(self.rows.position).tolist(), key=self._place_key))

    def _place_key(self, position: int) -> tuple[tuple[str, int, str], ...]:
        return tuple(in_order_of_numbers(self.lineage.node(each)) for each in self.path(position))

    @cached_property
    def _branches(self) -> Mapping[int, tuple[int, ...]]:
        """Through which of the positions directly below each position is reached."""
        found: dict[int, dict[int, None]] = {}
        for position, branch in zip(self.places.position.tolist(), self.places.branch.tolist(), strict=True):
            found.setdefault(position, {})[branch] = None
        return {position: tuple(branches) for position, branches in found.items()}

    @cached_property
    def children(self) -> tuple[int, ...]:
        """The positions directly below, with or without something in them."""
        found = set(self.places.branch.tolist()) - {NOWHERE}
        return tuple(sorted(found, key=lambda number: in_order_of_numbers(self.lineage.node(number))))

    def rows_in(self, branch: int, chosen: Array | None = None) -> Array:
        """The rows of one of the positions directly below; NOWHERE: of what stands in the one asked about itself.
        ``chosen``: those of these only.
        """
        found = self._by_branch.get(branch, np.zeros(0, dtype=np.int64))
        if chosen is None or len(chosen) == len(self.rows.thing):
            return found
        is_chosen = np.zeros(len(self.rows.thing), dtype=np.bool_)
        is_chosen[chosen] = True
        return found[is_chosen[found]]

    @cached_property
    def _by_branch(self) -> Mapping[int, Array]:
        """Rows by branch; a row of two branches is in both."""
        order = np.argsort(self.rows.position, kind="stable")
        positions, starts = np.unique(self.rows.position[order], return_index=True)
        parts: dict[int, list[Array]] = {}
        for position, rows in zip(positions.tolist(), np.split(order, starts[1:]), strict=False):
            for branch in self._branches[position]:
                parts.setdefault(branch, []).append(rows)
        return {branch: np.concatenate(each) for branch, each in parts.items()}

    def _distinct(self, rows: Array) -> Array:
        """Of these rows one for each thing."""
        if self.total == len(self.rows.thing):
            return rows
        _, first = np.unique(self.rows.thing[rows], return_index=True)
        found: Array = rows[first]
        return found

    def inside(self, chosen: Array | None = None) -> list[Inside]:
        """What stands in the position itself, then in each directly below in which something stands; ``chosen``: of these
        rows only. The counts together exceed the total where something may be in one or the other.
        """
        found = []
        for branch in (NOWHERE, *self.children):
            rows = self.rows_in(branch, chosen)
            if len(rows):
                number = self.number if branch == NOWHERE else branch
                found.append(
                    Inside(
                        position=self.lineage.node(number),
                        is_itself=branch == NOWHERE,
                        kinds=self._counted(self._distinct(rows)),
                    )
                )
        return found

    # -- rows ----------------------------------------------------------------------------------------------------------

    def chosen(self, kinds: Collection[str] | None = None, *, affected: bool | None = None) -> Array:
        """The rows of these kinds that are, or are not, affected; None: all."""
        wanted = np.ones(len(self.rows.thing), dtype=np.bool_)
        if kinds is not None:
            wanted &= np.isin(self.kinds, [KIND_CODES[kind] for kind in kinds])
        if affected is not None:
            wanted &= (self.tier > 0) == affected
        return np.flatnonzero(wanted)

    def ordered(
        self, first: int, count: int, chosen: Array | None = None, *, order: ContentsOrder = ContentsOrder.PLACE
    ) -> list[int]:
        """The rows at places ``first`` … of the order; ``chosen``: of these rows only. Sorts no more than it must."""
        every = np.arange(len(self.rows.thing)) if chosen is None else chosen
        place = self._places[every]
        if order is not ContentsOrder.PLACE:
            # Equal times and tiers are told apart by place: ranks, so that both fit into one number.
            _, rank = np.unique(self._leading(order)[every], return_inverse=True)
            place = rank.astype(np.int64) * (int(place.max(initial=0)) + 1) + place
        keys = self.lineage.facts.keys
        return rows_in_order(every, place, self.rows.thing, keys, first, count, by=_by_number)

    @cached_property
    def _places(self) -> Array:
        """Place and kind of each row as one number."""
        rank = {position: rank for rank, position in enumerate(self.occupied)}
        positions, place_of = np.unique(self.rows.position, return_inverse=True)
        ranks = np.array([rank[position] for position in positions.tolist()], dtype=np.int64)
        found: Array = (ranks[place_of] if len(ranks) else np.zeros(0, dtype=np.int64)) << _KIND_BITS
        return found | _RANK_OF_KIND[self.kinds]

    def _leading(self, order: ContentsOrder) -> Array:
        match order:
            case ContentsOrder.KIND:
                return _RANK_OF_KIND[self.kinds]
            case ContentsOrder.SINCE:
                return np.where(self.marks.hidden, FOREVER, self.rows.since)
            case _:
                tier = np.where(self.tier == 0, _TIERS, self.tier).astype(np.int64)
                since = np.where(self.marks.hidden | (self.tier == 0), FOREVER, self.affected_since)
                _, rank = np.unique(since, return_inverse=True)
                leading: Array = tier * (len(since) + 1) + rank
                return leading


def _by_number(key: str) -> tuple[str, int, str]:
    return in_order_of_numbers((_POSITION, key))


_RANK_OF_KIND: Final = np.argsort(np.argsort(np.array(KIND_NAMES))).astype(np.int64)


async def contents(
    view: View, asked: ContentsAsked, *, as_of_seq: int | None = None, pushdown: bool = False
) -> Contents:
    """All that stands there, at the head or at the entry named.

    ``pushdown``: found in the database instead of in the index; the same answer. Raises BadInput for what is no
    position, and what `queries.impact.impact` raises.
    """
    kind, key = asked.position
    if kind != _POSITION:
        raise BadInput(
            said("{kind}:{key} is no place: nothing stands in it.", kind=kind, key=key),
            remedy=said("Name a position, as in StoragePosition:TANK-A."),
            member="position",
        )
    lineages = view.lineages(pushdown=pushdown)
    as_of = await answer_position(view, asked.known_at_ms, as_of_seq, pushdown=pushdown)
    indexed = None if pushdown else await view.indexed(as_of)
    await check_starts(view, [asked.position], as_of, indexed)
    lineage = indexed or await lineages.lineage(as_of, Asked(starts=(asked.position,), uses=False))
    affected = None
    if asked.impact is not None:
        asked_impact = replace(asked.impact, known_at_ms=asked.known_at_ms)
        affected = await impact(view, asked_impact, as_of_seq=as_of.seq, pushdown=pushdown)
    first = last = asked.at_ms
    if not sees_when_persons_were_treated(view):
        first = day_begin(asked.at_ms)
        last = first + DAY_MS - 1
    number = lineage.find(asked.position)
    if number is None:
        raise AssertionError("a position that exists has a number")

    def work(cancel: Array) -> tuple[Within, Standers]:
        places = within(lineage, number, first, last, cancel=cancel)
        return places, standers(lineage, places, first, last)

    places, rows = (await run_kernel(work, view.kernel_seconds, view.gone)).found
    tier, since, doubt = _affected(lineage, rows, affected, is_same=indexed is not None)
    answer = Contents(
        asked=asked,
        lineage=lineage,
        as_of=as_of,
        number=number,
        first_ms=first,
        last_ms=last,
        places=places,
        rows=rows,
        marks=await marks_of(view, lineage, rows.thing, as_of, indexed),
        tier=tier,
        affected_since=since,
        affected_uncertain=doubt,
        impact=affected,
    )
    hidden = np.flatnonzero(answer.marks.hidden)
    for row in answer.ordered(0, len(hidden), hidden):  # so that stubs are the same on each page
        view.stubs.name(lineage.node(int(rows.thing[row])))
    return answer


def _affected(lineage: Lineage, rows: Standers, found: Impact | None, *, is_same: bool) -> tuple[Array, Array, Array]:
    """Tier (0: none), time and doubt of each row. ``is_same``: both answers number things alike."""
    count = len(rows.thing)
    tier, since = np.zeros(count, dtype=np.int8), np.full(count, FOREVER, dtype=np.int64)
    doubt = np.zeros(count, dtype=np.bool_)
    if found is None:
        return tier, since, doubt
    numbers = rows.thing
    if not is_same:
        known = [found.lineage.find(lineage.node(number)) for number in rows.thing.tolist()]
        numbers = np.array([-1 if number is None else number for number in known], dtype=np.int64)
    places = found.spread.places(numbers)
    at = np.flatnonzero(places >= 0)
    tier[at], since[at] = found.spread.tier[places[at]], found.spread.since[places[at]]
    doubt[at] = found.spread.uncertain[places[at]]
    return tier, since, doubt
