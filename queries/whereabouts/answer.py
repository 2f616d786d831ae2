"""Where a lot, tissue, reagent or unit has been: in which place, from when to when, brought and taken away by whom.

Source: specification 3.4; the recall specification, "Custody". The rules that judge records run the thing's operations
again; what they say of its parts is told, and what they do not say is told as a gap.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graph.errors import BadInput
from graph.keeping.edges import LineageEdges
from graph.reader import AsOf, Edges, NodeId, by_kind, id_text
from graph.records import lot_of_unit
from graph.saying import said
from graph.times import Moment
from graph.vocabulary import member_tier
from queries.ids import parse_node_id
from queries.operations import Operation
from queries.pages import Cursor, Page, check_first, mark_of
from queries.privacy import View
from queries.starts import answer_position, check_starts
from queries.trace import NAMED_STUBS, Completeness, why_hidden, why_unrecorded
from queries.whereabouts.acts import Act, Manner, acts_of
from queries.whereabouts.paths import read_paths
from queries.whereabouts.pieces import Told, told_together
from queries.whereabouts.replay import Cause, Followed, follow
from queries.whereabouts.units import unit_runs

__all__ = [
    "INTERVAL_PLACE",
    "WHEREABOUTS_KINDS",
    "Hand",
    "Interval",
    "Whereabouts",
    "log_shown",
    "whereabouts",
    "whereabouts_page",
]

INTERVAL_PLACE: Final = (str, int)  # of a cursor: which question, and how many intervals come before
WHEREABOUTS_KINDS: Final = ("CellLot", "Tissue", "Reagent", "CellUnit")
_NAMED_UNITS: Final = 8  # of an interval, in runs such as 1-20
_POSITION: Final = "StoragePosition"
_LATER: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """An operation whose beginning, or end, began or ended an interval."""

    operation: str
    type: str
    is_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A time in one place, of one or many units. ``path``: what the place stood in, the outermost first.

    ``start`` and ``end`` are None where the viewer may not see them (masked); ``end`` also where it goes on (`is_open`),
    or nothing says until when. ``is_end_known`` False: it lasted until the end at the latest. ``count``: of units, by name
    in ``units`` as far as they are named (1-20 is twenty); ``quantity``: of a counted lot; neither: the whole.
    ``has_all_names``: `units` names all of them.
    """

    manner: Manner
    place: NodeId | None
    path: tuple[NodeId, ...]
    start: Moment | None
    end: Moment | None
    is_start_masked: bool
    is_end_masked: bool
    is_open: bool
    is_end_known: bool
    began: Hand | None
    ended: Hand | None
    units: tuple[str, ...]
    has_all_names: bool
    count: int | None
    quantity: float | None
    is_all: bool

    def person(self, hand: Hand | None, operations: Mapping[str, Operation]) -> str | None:
        """Who began or ended it, as far as the operations show: the operator, or who recorded the end by a closing."""
        told = None if hand is None else operations.get(hand.operation)
        if told is None or hand is None:
            return None
        machine = self.place[1] if self.place is not None and self.manner is Manner.RUN else None
        closings = [each for each in told.closings if each.use == machine] or [
            each for each in told.closings if each.use is None
        ]
        operator: str | None = told.members.get("operator")
        return closings[0].by if hand.is_end and closings else operator

    @property
    def is_uncertain(self) -> bool:
        """Whether a time of it is not exact."""
        ends = (self.start, self.end)
        return not self.is_end_known or any(at is not None and not at.is_exact for at in ends)

    @property
    def names(self) -> tuple[NodeId, ...]:
        """The place with all that it stood in, the outermost first."""
        return self.path if self.place is None else (*self.path, self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A whole answer, by the beginning. ``steps``: of intervals by number, from which to which some of it went next;
    runs, counts and work at a place happened meanwhile. ``units``: how many the lot has; ``quantity``: of a counted lot,
    in ``unit``.

    ``contradictions``: operations that say what cannot be as the records were known then; ``is_assumed``: which part of a
    counted lot an operation took is not recorded.
    """

    node: NodeId
    intervals: Sequence[Interval]
    steps: Sequence[tuple[int, int]]
    completeness: Completeness
    contradictions: tuple[str, ...]
    is_assumed: bool
    units: int | None
    quantity: float | None
    unit: str | None
    by_manner: Mapping[Manner, int]
    as_of: AsOf

    def chosen(self, manners: Collection[Manner] | None = None, within: NodeId | None = None) -> list[Interval]:
        """Those of these manners, in a place or what stood in it. None: all."""
        return [
            each
            for each in self.intervals
            if (manners is None or each.manner in manners) and (within is None or within in each.names)
        ]


async def whereabouts(
    view: View, id_: str, *, known_at_ms: int | None = None, as_of_seq: int | None = None
) -> Whereabouts:
    """All that is recorded of where the thing was; of a lot, of its units.

    Raises BadInput, NotFound, NotPermitted, Incomplete (too large).
    """
    thing = parse_node_id(id_)
    if thing[0] not in WHEREABOUTS_KINDS:
        raise BadInput(
            said("{thing} is nothing that is stored or sent.", thing=id_text(thing)),
            remedy=said("Name a thing of one of these kinds: {kinds}.", kinds=", ".join(WHEREABOUTS_KINDS)),
            member="id",
        )
    as_of = await answer_position(view, known_at_ms, as_of_seq)
    lineage = await view.indexed(as_of)
    await check_starts(view, [thing], as_of, lineage)
    edges: Edges = view.reader if lineage is None else LineageEdges(lineage, view.reader)
    lot = ("CellLot", lot_of_unit(thing[1])) if thing[0] == "CellUnit" else thing
    acts = await acts_of(view, edges, thing, as_of)
    paths = await read_paths(edges, _positions(acts.values()), as_of)
    followed = await asyncio.to_thread(follow, thing, lot, acts, paths.is_within)
    told, steps = await asyncio.to_thread(told_together, followed, paths)
    unrecorded = await _stubs(view, [thing, *_places(told)], as_of)
    return _answer(view, thing, _Telling(view, followed, acts, lot), told, steps, unrecorded, as_of)


def whereabouts_page(
    view: View,
    answer: Whereabouts,
    first: int,
    after: str | None,
    *,
    manners: Collection[Manner] | None = None,
    within: NodeId | None = None,
    skip: int = 0,
) -> Page[Interval]:
    """A page of the intervals, by their beginning. It begins after a cursor of this same question, or with ``skip`` left
    out.
    """
    check_first(first)
    listed = {"manners": manners and sorted(each.value for each in manners), "within": within and id_text(within)}
    mark = mark_of(id_text(answer.node), answer.as_of.known_at_ms, listed)
    begin = skip
    if after is not None:
        named, place = Cursor.parse(after, INTERVAL_PLACE).place
        if named != mark:
            raise BadInput(said("This is no cursor of this answer."), member="after")
        begin = int(place) + 1
    chosen = answer.chosen(manners, within)
    items = chosen[begin : begin + first]
    log_shown(view, answer)
    return Page(
        items=items,
        cursors=[Cursor(answer.as_of.seq, (mark, begin + number)).text() for number in range(len(items))],
        total=len(chosen),
        has_next=begin + len(items) < len(chosen),
        has_previous=begin > 0,
        as_of_seq=answer.as_of.seq,
    )


def log_shown(view: View, answer: Whereabouts) -> None:
    """Logs that the thing is shown, where it leads to one person."""
    view.show_keys("whereabouts", [answer.node])


def _positions(acts: Iterable[Act]) -> set[str]:
    found = {place for act in acts for place in (act.position, act.left_in, act.location)}
    return {place for place in found if place is not None}


def _places(told: Iterable[Told]) -> list[NodeId]:
    """Everything that something was in, each once."""
    found: dict[NodeId, None] = {}
    for each in told:
        found |= {(_POSITION, position): None for position in each.piece.path}
        if each.piece.span.place is not None:
            found[each.piece.span.place] = None
    return list(found)


async def _stubs(view: View, nodes: Sequence[NodeId], as_of: AsOf) -> list[NodeId]:
    """Those that were only named: what they stood in, or came from, is not recorded."""
    return sorted(await view.reader.stubs(by_kind(nodes), as_of))


class _Telling:
    """Says what is told as the viewer may see it."""

    def __init__(self, view: View, followed: Followed, acts: Mapping[str, Act], lot: NodeId) -> None:
        self._view, self._acts = view, acts
        self.followed = followed
        made = [end for act in acts.values() for end in act.record.outputs if (end.kind, end.id) == lot]
        self.unit = made[0].unit if made else None
        tracks = followed.tracks
        self.units = len(tracks) if followed.mode == "itemised" else None
        is_counted = followed.mode == "counted"
        self.quantity = _sum(track.amount or 0 for track in tracks) if is_counted else None

    def interval(self, told: Told) -> Interval:
        span, names = told.piece.span, told.units
        began, ended = self._hand(span.began), self._hand(span.ended)
        is_start_masked, is_end_masked = self._is_timeless(began), self._is_timeless(ended)
        runs = unit_runs(names)
        quantity = None if told.amount is None or names else _sum([told.amount])
        return Interval(
            manner=span.manner,
            place=None if span.place is None else self._shown(span.place),
            path=tuple(self._shown((_POSITION, position)) for position in told.piece.path),
            start=None if is_start_masked else span.start,
            end=None if is_end_masked else span.end,
            is_start_masked=is_start_masked,
            is_end_masked=is_end_masked,
            is_open=span.end is None and span.is_end_known,
            is_end_known=span.is_end_known,
            began=began,
            ended=ended,
            units=runs[:_NAMED_UNITS],
            has_all_names=len(runs) <= _NAMED_UNITS,
            count=len(names) or None,
            quantity=quantity,
            is_all=len(names) == self.units if names else quantity in {None, self.quantity},
        )

    def _hand(self, cause: Cause | None) -> Hand | None:
        if cause is None:
            return None
        act = self._acts.get(cause.operation)  # what is none of the thing's own has moved what it stood in
        return Hand(operation=cause.operation, type="MOVED" if act is None else act.record.type, is_end=cause.is_end)

    def _is_timeless(self, hand: Hand | None) -> bool:
        """Whether the viewer may not see when it was: the act itself is private."""
        return hand is not None and member_tier(hand.type, "start") > self._view.tier

    def _shown(self, place: NodeId) -> NodeId:
        return self._view.stubs.name(place) if self._view.hides_kind(place[0]) else place


def _sum(amounts: Iterable[float]) -> float:
    return round(sum(amounts), 9)  # what adding up decimal fractions may lose


def _answer(
    view: View,
    thing: NodeId,
    telling: _Telling,
    told: Iterable[Told],
    steps: Iterable[tuple[int, int]],
    unrecorded: Sequence[NodeId],
    as_of: AsOf,
) -> Whereabouts:
    every = [telling.interval(each) for each in told]
    order = sorted(range(len(every)), key=lambda number: _rank(every[number]))
    place = {number: rank for rank, number in enumerate(order)}
    intervals = [every[number] for number in order]
    followed = telling.followed
    return Whereabouts(
        node=thing,
        intervals=intervals,
        steps=sorted((place[one], place[other]) for one, other in steps),
        completeness=_completeness(view, intervals, unrecorded, followed.contradictions),
        contradictions=tuple(followed.contradictions),
        is_assumed=followed.mode == "counted" and (len(followed.tracks) > 1 or bool(followed.loose)),
        units=telling.units,
        quantity=telling.quantity,
        unit=telling.unit,
        by_manner=Counter(each.manner for each in intervals),
        as_of=as_of,
    )


def _rank(interval: Interval) -> tuple[object, ...]:
    """By the beginning; of what began together, what lasted less comes first. Hidden times are no order."""
    start, end = interval.start, interval.end
    return (
        _LATER if start is None else start.earliest_ms,
        _LATER if end is None else end.latest_ms,
        list(Manner).index(interval.manner),
        [] if interval.place is None else [interval.place],
        interval.units,
    )


def _completeness(
    view: View, intervals: Sequence[Interval], unrecorded: Sequence[NodeId], contradictions: Sequence[str]
) -> Completeness:
    reasons: list[str] = []
    names = [view.shown_id(node, {node} if view.hides_kind(node[0]) else ()) for node in unrecorded[:NAMED_STUBS]]
    if unrecorded:
        reasons.append(why_unrecorded(names, len(unrecorded)))
    if contradictions:
        reasons.append(f"the records contradict each other as known then: {', '.join(contradictions[:NAMED_STUBS])}")
    places = {name for interval in intervals for name in interval.names}
    hidden = sum(1 for place in places if view.hides_kind(place[0]))
    is_complete = not reasons
    if hidden:
        reasons.append(why_hidden(hidden))
    return Completeness(
        complete=is_complete,
        reason="; ".join(reasons) or None,
        depth_reached=None,
        nodes_seen=len(places) + 1,
        hidden=hidden,
        unrecorded=tuple(names),
        unrecorded_count=len(unrecorded),
    )
