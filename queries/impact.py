"""Impact: who and what is affected by something that is wrong, since when, and by which channel.

Source: the rules of impact analysis in the recall specification.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum, unique
from functools import cached_property

import numpy as np

from graph.errors import BadInput, Incomplete
from graph.index.codes import ALWAYS, FOREVER, KIND_CODES, KIND_NAMES
from graph.index.fragments import text_order
from graph.index.hazards import Channel, Hazard, Seed, channel_sets
from graph.index.impact import Spread
from graph.index.lineage import Lineage
from graph.index.paths import WinningSteps, path_lengths, rows_before, winning_steps
from graph.index.tables import Array
from graph.keeping import Asked, finder_of, run_kernel
from graph.reader import AsOf, Direction, NodeId, id_text
from graph.saying import said
from graph.vocabulary import KINDS
from queries.days import DAY_MS, day_begin, sees_when_persons_were_treated
from queries.marks import marks_of
from queries.ordering import rows_in_order
from queries.pages import Cursor, Page, check_first, mark_of
from queries.privacy import View
from queries.starts import answer_position, check_starts

__all__ = [
    "ITEM_PLACE",
    "Impact",
    "ImpactAsked",
    "ImpactItem",
    "Order",
    "can_be_seed",
    "impact",
    "impact_items",
    "item_of",
    "items_of",
    "log_shown",
    "suspects",
]

ITEM_PLACE = (str, int)  # of a cursor: which question, and how many items come before
_UPSTREAM = frozenset({Hazard.HERITABLE, Hazard.CONTAGIOUS})
_SEED_KINDS = frozenset({"Equipment", "StoragePosition", "Person"})  # besides material
_MOST_SEEDS = 10_000
# The order of kinds in an answer is that of their names.
_RANK_OF_KIND = np.argsort(np.argsort(np.array(KIND_NAMES))).astype(np.int64)
_TIME_BITS, _KIND_BITS, _TIER_BITS, _EARLIEST, _LATEST = 52, 8, 2, -(2**50), 2**50


@unique
class Order(Enum):
    """What the items of an answer stand in order by first; the others of these decide between equals, then the key."""

    TIER = "tier"
    SINCE = "since"
    KIND = "kind"
    ID = "id"  # by key alone; what is hidden comes last


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactAsked:
    """What is asked: what is wrong, where it begins, what it passes through. ``channels`` None: the hazard's default.

    ``closed``: ends count as still present.
    """

    hazard: Hazard
    seeds: tuple[Seed, ...]
    channels: frozenset[Channel] | None = None
    known_at_ms: int | None = None
    closed: bool = False

    def as_json(self) -> dict[str, object]:
        """In one form, however it was written: what the digest of an answer covers."""
        sets = channel_sets(self.hazard, self.channels)
        seeds = {(id_text(seed.node), seed.from_ms, seed.until_ms) for seed in self.seeds}
        return {
            "hazard": self.hazard.value,
            # No bound comes before any: None and numbers have no order of their own.
            "seeds": sorted(seeds, key=lambda seed: (seed[0], *((ms is not None, ms or 0) for ms in seed[1:]))),
            "channels": sorted(self.channel_names(sets)),
            "known_at": self.known_at_ms,
            "closed": self.closed,
        }

    @staticmethod
    def channel_names(sets: Sequence[tuple[int, bool, bool]]) -> set[str]:
        names = {Channel.MATERIAL.value}
        for _, equipment, storage in sets:
            names |= {Channel.EQUIPMENT.value} if equipment else set()
            names |= {Channel.STORAGE.value} if storage else set()
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactItem:
    """One thing that is affected. ``since_ms`` None: always; or not shown, where ``is_since_masked``."""

    node: NodeId  # a stub's, where hidden
    number: int  # in the lineage that the answer was found in
    tier: int
    since_ms: int | None
    is_since_masked: bool
    uncertain: bool
    is_hidden: bool
    offset_minutes: int


@dataclass(frozen=True, kw_only=True)
class Impact:
    """A whole answer, in arrays. ``hidden`` marks the rows whose keys the viewer may not see, ``personal`` those that
    lead to one person.
    """

    asked: ImpactAsked
    lineage: Lineage
    spread: Spread
    seeds: tuple[int, ...]
    hidden: Array
    personal: Array
    is_pushed_down: bool
    is_widened: bool  # windows are whole days: the viewer may not see when persons were treated
    as_of: AsOf

    @property
    def total(self) -> int:
        return len(self.spread.nodes)

    @cached_property
    def kinds(self) -> Array:
        """The kind of each row, as a code."""
        kinds: Array = self.lineage.facts.columns["thing_kind"].take(self.spread.nodes)
        return kinds

    @cached_property
    def since(self) -> Array:
        """From when each row is affected, as far as the viewer may see it: what is hidden comes last."""
        shown: Array = np.where(self.hidden, FOREVER, self.spread.since)
        return shown

    def _places(self, order: Order) -> Array:
        """What rows are ordered by, but for their keys, as one number each."""
        time = np.clip(self.since, _EARLIEST, _LATEST) - _EARLIEST
        tier, kind = self.spread.tier.astype(np.int64), _RANK_OF_KIND[self.kinds]
        parts = {Order.TIER: (tier, _TIER_BITS), Order.SINCE: (time, _TIME_BITS), Order.KIND: (kind, _KIND_BITS)}
        place: Array = np.zeros(self.total, dtype=np.int64)
        for each in (order, *(other for other in parts if other is not order)):
            values, bits = parts[each]
            place = place << bits | values
        return place

    @cached_property
    def _place(self) -> Array:
        return self._places(Order.TIER)

    @cached_property
    def order(self) -> Array:
        """All rows in the answer's order: for what goes through the whole of it."""
        return text_order(self._place, self.lineage.facts.keys.take(self.spread.nodes))

    @cached_property
    def lengths(self) -> Array:
        """How many steps the winning path of each row has."""
        return path_lengths(self.lineage, self.spread)

    @cached_property
    def before(self) -> Array:
        """For each row the row of the thing that affected it first, itself or by way of a machine; -1 for the first."""
        return rows_before(self.lineage, self.spread)

    def steps(self, rows: Array) -> WinningSteps:
        """Of each row the step by which it was reached first."""
        return winning_steps(self.lineage, self.spread, self.seeds, rows)

    def offsets(self, steps: WinningSteps) -> Array:
        """The offset, in minutes, of the operation of each step; 0 for a seed."""
        offsets = np.zeros(len(steps.op), dtype=np.int64)
        is_step = steps.op >= 0
        offsets[is_step] = self.lineage.facts.columns["op_offset"].take(steps.op[is_step])
        return offsets

    def row_of(self, node: NodeId) -> int | None:
        """The row of a thing; None where it is not affected."""
        number = self.lineage.find(node)
        return None if number is None else self.spread.place(number)

    def rows(self, first: int, count: int, chosen: Array | None = None, *, order: Order = Order.TIER) -> list[int]:
        """The rows at places ``first`` … of the answer's order, or of another; ``chosen``: of these rows only.

        Sorts no more than it must (`rows_in_order`).
        """
        every = np.arange(self.total) if chosen is None else chosen
        if order is Order.ID:
            sorting = text_order(
                self.hidden[every].astype(np.int64), self.lineage.facts.keys.take(self.spread.nodes[every])
            )
            in_order: list[int] = every[sorting[first : first + count]].tolist()
            return in_order
        place = self._place[every] if order is Order.TIER else self._places(order)[every]
        return rows_in_order(every, place, self.spread.nodes, self.lineage.facts.keys, first, count)

    def holding(self, text: str, tier: int) -> Array:
        """The rows whose key or name holds a text, whatever its case; names up to a tier. What is hidden is not found."""
        kinds = {KIND_NAMES[code]: tier for code in np.unique(self.kinds).tolist()}
        rows = self.spread.places(finder_of(self.lineage.facts).things(self.lineage, text, kinds))
        rows = rows[rows >= 0]
        return np.sort(rows[~self.hidden[rows]])

    def chosen(
        self,
        kinds: Collection[str] | None,
        tiers: Collection[int] | None,
        between: tuple[int | None, int | None] = (None, None),
    ) -> Array | None:
        """The rows of these kinds and tiers that are affected from a time in ``[between)``; None: all.

        Where a bound of time is given, what is always affected or hidden is not among them.
        """
        if kinds is None and tiers is None and between == (None, None):
            return None
        wanted = np.ones(self.total, dtype=np.bool_)
        if kinds is not None:
            wanted &= np.isin(self.kinds, [KIND_CODES[kind] for kind in kinds])
        if tiers is not None:
            wanted &= np.isin(self.spread.tier, list(tiers))
        if between != (None, None):
            first, last = between
            wanted &= (self.since > ALWAYS) & (self.since < FOREVER)
            wanted &= self.since >= (ALWAYS if first is None else first)
            wanted &= self.since < (FOREVER if last is None else last)
        return np.flatnonzero(wanted)


async def impact(view: View, asked: ImpactAsked, *, as_of_seq: int | None = None, pushdown: bool = False) -> Impact:
    """All that is affected, at the head or at the entry named.

    ``pushdown``: found in the database instead of in the index; the same answer.
    Raises BadInput, NotFound, NotPermitted (a seed whose code the viewer may not see), IntegrityBroken.
    """
    _check(asked)
    exactly = asked
    asked = _in_days(view, asked)
    lineages = view.lineages(pushdown=pushdown)
    as_of = await answer_position(view, asked.known_at_ms, as_of_seq, pushdown=pushdown)
    nodes = tuple(dict.fromkeys(seed.node for seed in asked.seeds))
    indexed = None if pushdown else await view.indexed(as_of)
    await check_starts(view, nodes, as_of, indexed)
    sets = channel_sets(asked.hazard, asked.channels)
    lineage = indexed or await lineages.lineage(
        as_of,
        Asked(
            starts=nodes,
            equipment=any(equipment for _, equipment, _ in sets),
            storage=any(storage for _, _, storage in sets),
        ),
    )

    def work(cancel: Array) -> Spread:
        return lineage.impact(asked.hazard, asked.seeds, asked.channels, closed=asked.closed, cancel=cancel)

    stopped = await run_kernel(work, view.kernel_seconds, view.gone)
    spread = stopped.found
    numbers = tuple(number for seed in asked.seeds if (number := lineage.find(seed.node)) is not None)
    marks = await marks_of(view, lineage, spread.nodes, as_of, indexed)
    answer = Impact(
        asked=asked,
        lineage=lineage,
        spread=spread,
        seeds=numbers,
        hidden=marks.hidden,
        personal=marks.personal,
        is_pushed_down=pushdown or view.index is None,
        is_widened=asked != exactly,
        as_of=as_of,
    )
    _name_stubs(view, answer)
    return answer


def _in_days(view: View, asked: ImpactAsked) -> ImpactAsked:
    """The question with its windows widened to whole days, for who may not see when persons were treated or gave."""
    if sees_when_persons_were_treated(view):
        return asked
    seeds = (
        replace(
            seed,
            from_ms=None if seed.from_ms is None else day_begin(seed.from_ms),
            # The end of a window does not belong to it: at midnight it ends no later.
            until_ms=None if seed.until_ms is None else day_begin(seed.until_ms - 1) + DAY_MS,
        )
        for seed in asked.seeds
    )
    return replace(asked, seeds=tuple(seeds))


def can_be_seed(kind: str) -> bool:
    """Whether something may spread from things of the kind."""
    return KINDS[kind].is_material or kind in _SEED_KINDS


def _check(asked: ImpactAsked) -> None:
    if not asked.seeds:
        raise BadInput(said("seeds is empty."), remedy=said("Name at least one."), member="seeds")
    if len(asked.seeds) > _MOST_SEEDS:
        raise BadInput(
            said("{count} seeds are named; at most {most}.", count=len(asked.seeds), most=_MOST_SEEDS),
            remedy=said("Ask in parts."),
            member="seeds",
        )
    for seed in asked.seeds:
        kind, key = seed.node
        if not can_be_seed(kind):
            raise BadInput(
                said("Nothing spreads from {thing}.", thing=f"{kind}:{key}"),
                remedy=said("Name material, a reagent, a machine, a position or a person."),
                member="seeds",
            )
    channel_sets(asked.hazard, asked.channels)


def _name_stubs(view: View, answer: Impact) -> None:
    """Numbers the stubs in the answer's order, so that they are the same on each page."""
    rows = np.flatnonzero(answer.hidden)
    for row in answer.rows(0, len(rows), rows):
        view.stubs.name(answer.lineage.node(int(answer.spread.nodes[row])))


def impact_items(
    view: View,
    answer: Impact,
    first: int,
    after: str | None,
    *,
    kinds: Collection[str] | None = None,
    tiers: Collection[int] | None = None,
    between: tuple[int | None, int | None] = (None, None),
    text: str = "",
    order: Order = Order.TIER,
    skip: int = 0,
) -> Page[ImpactItem]:
    """A page of what is affected, by tier, time, kind and key, or in another order; with ``text`` only what holds it in
    its key or name. Logs the personal codes on it.

    It begins after a cursor of this same question, or with ``skip`` left out.
    """
    check_first(first)
    listed = {
        "kinds": kinds and sorted(set(kinds)),
        "tiers": tiers and sorted(set(tiers)),
        "between": between,
        "text": text,
    }
    mark = mark_of(answer.asked.as_json(), listed, order.value)
    begin = skip
    if after is not None:
        named, place = Cursor.parse(after, ITEM_PLACE).place
        if named != mark:
            raise BadInput(said("This is no cursor of this answer."), member="after")
        begin = int(place) + 1
    chosen = answer.chosen(kinds, tiers, between)
    if text:
        holding = answer.holding(text, view.tier)
        chosen = holding if chosen is None else np.intersect1d(chosen, holding)
    total = answer.total if chosen is None else len(chosen)
    rows = answer.rows(begin, first, chosen, order=order)
    items = items_of(view, answer, rows)
    shown = [(item.node, row) for item, row in zip(items, rows, strict=True) if not item.is_hidden]
    view.note_personal(node for node, row in shown if answer.personal[row])
    view.show_keys("impact", [node for node, _ in shown])
    return Page(
        items=items,
        cursors=[Cursor(answer.as_of.seq, (mark, begin + number)).text() for number in range(len(items))],
        total=total,
        has_next=begin + len(items) < total,
        has_previous=begin > 0,
        as_of_seq=answer.as_of.seq,
    )


def log_shown(view: View, answer: Impact, nodes: Sequence[NodeId]) -> None:
    """Logs what is personal of the things of an answer that are shown."""
    rows = [(node, answer.row_of(node)) for node in nodes]
    view.note_personal(node for node, row in rows if row is not None and answer.personal[row])
    view.show_keys("impact", nodes)


def item_of(view: View, answer: Impact, row: int) -> ImpactItem:
    (item,) = items_of(view, answer, [row])
    return item


def items_of(view: View, answer: Impact, rows: Sequence[int]) -> list[ImpactItem]:
    offsets = answer.offsets(answer.steps(np.array(rows, dtype=np.int64))).tolist()
    return [_item_of(view, answer, row, offset) for row, offset in zip(rows, offsets, strict=True)]


def _item_of(view: View, answer: Impact, row: int, offset_minutes: int) -> ImpactItem:
    spread = answer.spread
    number, since, is_hidden = int(spread.nodes[row]), int(spread.since[row]), bool(answer.hidden[row])
    node = answer.lineage.node(number)
    return ImpactItem(
        node=view.stubs.name(node) if is_hidden else node,
        number=number,
        tier=int(spread.tier[row]),
        since_ms=None if is_hidden or since == ALWAYS else since,
        is_since_masked=is_hidden,
        uncertain=bool(spread.uncertain[row]),
        is_hidden=is_hidden,
        offset_minutes=offset_minutes,
    )


async def suspects(view: View, answer: Impact) -> list[tuple[NodeId, bool]]:
    """The ancestors of seed material, to be tested: for what is inherited or caught. By kind and key.

    Each with whether it is hidden: then it is named by its stub.
    """
    if answer.asked.hazard not in _UPSTREAM:
        return []
    seeds = [seed.node for seed in answer.asked.seeds if KINDS[seed.node[0]].is_material]
    if not seeds:
        return []
    lineage = answer.lineage
    if answer.is_pushed_down:
        backward = Asked(starts=tuple(seeds), directions=(Direction.BACKWARD,), uses=False)
        lineage = await view.lineages(pushdown=True).lineage(answer.as_of, backward)
    starts = [number for node in seeds if (number := lineage.find(node)) is not None]
    reached = await run_kernel(
        lambda flag: lineage.reach(starts, Direction.BACKWARD, cancel=flag), view.kernel_seconds, view.gone
    )
    if reached.found.is_cancelled:
        raise Incomplete(
            said("The time for this question was up before all that the seeds come from was found."),
            remedy=said("Ask from fewer seeds, or allow more time (--question-seconds)."),
            code="stopped",
        )
    nodes = sorted(lineage.node(number) for number in set(reached.found.nodes.tolist()).difference(starts))
    hidden = await view.hidden(nodes, answer.as_of, None if answer.is_pushed_down else lineage)
    view.show_keys("impact", [node for node in nodes if node not in hidden])
    return [(view.stubs.name(node), True) if node in hidden else (node, False) for node in nodes]
