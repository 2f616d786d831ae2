"""What is told of the things that stand in a position: one by one, page by page, and whether it is all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from graph.errors import BadInput
from graph.index.codes import ALWAYS, CELL_UNIT, FOREVER, KIND_NAMES, OPERATION_NAMES
from graph.keeping.contents import ended_by
from graph.keeping.replay import Replay
from graph.reader import NodeId
from graph.rules.parcels import Course, Parcel
from graph.saying import said
from graph.times import BadTime, parse_moment, render
from graph.vocabulary import member_tier
from queries.contents import Contents, ContentsOrder, Inside
from queries.days import sees_when_persons_were_treated
from queries.pages import Cursor, Page, check_first, mark_of
from queries.privacy import View
from queries.stubs import stubs_of
from queries.tally import completeness
from queries.trace import NAMED_STUBS, Completeness, why_hidden, why_unrecorded

__all__ = [
    "STANDING_PLACE",
    "Standing",
    "contents_completeness",
    "moment_of_cursor",
    "places_page",
    "standings",
    "standings_page",
]

STANDING_PLACE: Final = (str, str, int)  # of a cursor: which question, at which moment, how many rows come before
_SLACK: Final = 1e-9
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One thing in one position. ``path``: the positions from that asked about, which is left out, to its own.

    Times are None where open or, with ``is_time_masked``, not shown. ``dispositions``: of a counted lot all that the
    part of it there has; ``amount``: how much of it is there, in the lot's own unit. ``tier`` None: not affected, or not asked.
    """

    node: NodeId  # a stub's, where hidden
    is_hidden: bool
    position: NodeId
    path: tuple[NodeId, ...]
    operation: str | None  # that put it there; None where hidden
    since_ms: int | None
    since_latest_ms: int | None
    until_ms: int | None
    is_since_masked: bool
    is_until_masked: bool
    offset_minutes: int
    is_left: bool  # where it was made, not stored yet
    uncertain: bool
    dispositions: tuple[str, ...]
    amount: float | None
    tier: int | None
    affected_since_ms: int | None
    is_affected_uncertain: bool


def contents_completeness(view: View, answer: Contents) -> Completeness:
    """Not whole: it was stopped; a place or thing was only named, so that who knows what stands in it or what it is; or
    what is affected is not known as a whole.
    """
    reasons: list[str] = []
    if not answer.places.is_complete:
        reasons.append("stopped: more may stand there")
    stubs = np.array(stubs_of(answer.lineage), dtype=np.int64)
    places = np.unique(answer.places.position[np.isin(answer.places.position, stubs)]).tolist()
    rows = np.flatnonzero(np.isin(answer.rows.thing, stubs))
    things = answer.ordered(0, NAMED_STUBS, rows)
    named = [(answer.lineage.node(number), False) for number in places[:NAMED_STUBS]]
    named += [(answer.lineage.node(int(answer.rows.thing[row])), bool(answer.marks.hidden[row])) for row in things]
    names = [view.shown_id(node, {node} if is_hidden else ()) for node, is_hidden in named[:NAMED_STUBS]]
    count = len(places) + len(np.unique(answer.rows.thing[rows]))
    spread = None if answer.impact is None else completeness(view, answer.impact)
    if spread is not None:
        fresh = [name for name in spread.unrecorded if name not in names]
        count += max(len(fresh), spread.unrecorded_count - len(spread.unrecorded))
        names += fresh
        if answer.impact is not None and not answer.impact.spread.is_complete:
            reasons.append("stopped: more may be affected")
    if count:
        reasons.append(why_unrecorded(names, count))
    is_complete = not reasons
    if answer.is_widened:
        reasons.append("the moment is a whole day (+08:00): your role may not see when persons were treated")
    if answer.hidden_count:
        reasons.append(why_hidden(answer.hidden_count))
    return Completeness(
        complete=is_complete,
        reason="; ".join(reasons) or None,
        depth_reached=None,
        nodes_seen=len(answer.rows.thing) + len(answer.places.position),
        hidden=answer.hidden_count,
        unrecorded=tuple(names),
        unrecorded_count=max(count, len(names)),
    )


def standings(view: View, answer: Contents, rows: Sequence[int]) -> list[Standing]:
    """Rows as they are shown, in the order given. Logs the personal codes among them."""
    told = _Told(view, answer)
    found = [told.row(row) for row in rows]
    shown = [(each.node, row) for each, row in zip(found, rows, strict=True) if not each.is_hidden]
    view.note_personal(node for node, row in shown if answer.marks.personal[row])
    view.show_keys("contents", dict.fromkeys(node for node, _ in shown))
    return found


def standings_page(
    view: View,
    answer: Contents,
    first: int,
    after: str | None,
    *,
    kinds: Collection[str] | None = None,
    affected: bool | None = None,
    order: ContentsOrder = ContentsOrder.PLACE,
) -> Page[Standing]:
    """A page of what stands there, in this order. It begins after a cursor of this same question and moment. Logs as
    `standings`.
    """
    chosen = answer.chosen(kinds, affected=affected)

    def part(begin: int) -> list[Standing]:
        return standings(view, answer, answer.ordered(begin, first, chosen, order=order))

    listed = {"kinds": kinds and sorted(set(kinds)), "affected": affected, "order": order.value}
    return _page(answer, listed, first, after, len(chosen), part)


def places_page(answer: Contents, first: int, after: str | None) -> Page[Inside]:
    """A page of the positions directly below in which something stands, the one asked about itself before them."""
    every = answer.inside()
    return _page(answer, {"places": True}, first, after, len(every), lambda begin: every[begin : begin + first])


def moment_of_cursor(text: str) -> int:
    """The moment of the answer that a cursor belongs to. Raises BadInput for what is no cursor of such an answer."""
    _, moment, _ = Cursor.parse(text, STANDING_PLACE).place
    try:
        return parse_moment(str(moment)).earliest_ms
    except BadTime as error:
        raise BadInput(said("This is no cursor of this answer."), member="after") from error


def _page(
    answer: Contents, listed: object, first: int, after: str | None, total: int, part: Callable[[int], Sequence[T]]
) -> Page[T]:
    """``part`` gives the items of the page from a place in the order on."""
    check_first(first)
    asked = answer.asked
    about = None if asked.impact is None else asked.impact.as_json()
    mark = mark_of(asked.position, asked.known_at_ms, about, listed)
    begin = 0
    if after is not None:
        named, _, place = Cursor.parse(after, STANDING_PLACE).place
        if named != mark or moment_of_cursor(after) != asked.at_ms:
            raise BadInput(said("This is no cursor of this answer."), member="after")
        begin = int(place) + 1
    items = part(begin)
    moment = render(asked.at_ms)
    return Page(
        items=items,
        cursors=[Cursor(answer.as_of.seq, (mark, moment, begin + number)).text() for number in range(len(items))],
        total=total,
        has_next=begin + len(items) < total,
        has_previous=begin > 0,
        as_of_seq=answer.as_of.seq,
    )


class _Told:
    """What is told of rows; remembers what it has replayed."""

    def __init__(self, view: View, answer: Contents) -> None:
        self._view, self._answer, self._lineage = view, answer, answer.lineage
        self._sees_all = sees_when_persons_were_treated(view)
        self._replay = Replay(answer.lineage)
        self._courses: dict[int, Course] = {}

    def row(self, row: int) -> Standing:
        answer, rows = self._answer, self._answer.rows
        column = self._lineage.facts.columns
        thing, act, position = int(rows.thing[row]), int(rows.act[row]), int(rows.position[row])
        is_left, is_hidden = bool(rows.is_left[row]), bool(answer.marks.hidden[row])
        since, latest = self._begun(row)
        until = int(rows.until[row])
        is_since_masked = is_hidden or not self._may_see({OPERATION_NAMES[column["op_type"][act]]}, is_left=is_left)
        is_until_masked = is_hidden or (
            until != FOREVER and not self._sees_all and not self._may_see(ended_by(self._lineage, thing, until, act))
        )
        parcels = [] if is_hidden else self._parcels(thing, position, is_left=is_left)
        amounts = [parcel.amount for parcel in parcels if parcel.amount is not None]
        is_counted = bool(amounts) and parcels[0].unit is None
        tier, affected_since = int(answer.tier[row]), int(answer.affected_since[row])
        node = self._lineage.node(thing)
        return Standing(
            node=self._view.stubs.name(node) if is_hidden else node,
            is_hidden=is_hidden,
            position=self._lineage.node(position),
            path=tuple(self._lineage.node(each) for each in answer.path(position)),
            operation=None if is_hidden else self._lineage.facts.op_keys[act],
            since_ms=None if is_since_masked else since,
            since_latest_ms=None if is_since_masked or latest == since else latest,
            until_ms=None if is_until_masked or until == FOREVER else until,
            is_since_masked=is_since_masked,
            is_until_masked=is_until_masked,
            offset_minutes=int(column["op_offset"][act]),
            is_left=is_left,
            uncertain=bool(rows.uncertain[row]),
            dispositions=tuple(dict.fromkeys(parcel.disposition for parcel in parcels)),
            amount=sum(amounts) if is_counted else None,
            tier=tier or None,
            affected_since_ms=None if not tier or is_hidden or affected_since == ALWAYS else affected_since,
            is_affected_uncertain=bool(answer.affected_uncertain[row]),
        )

    def _begun(self, row: int) -> tuple[int, int]:
        """Earliest and latest."""
        rows = self._answer.rows
        start, end = self._lineage.facts.op_times(int(rows.act[row]), self._lineage.as_of)
        return end if rows.is_left[row] else start

    def _may_see(self, types: Iterable[str], *, is_left: bool = False) -> bool:
        """Whether the viewer may see when operations of these types began; ``is_left``: ended."""
        member = "end" if is_left else "start"
        return all(member_tier(type_, member) <= self._view.tier for type_ in types)

    def _parcels(self, thing: int, position: int, *, is_left: bool) -> list[Parcel]:
        """The part of a thing that stands there, as the rules have it; empty where they know nothing of it there."""
        column = self._lineage.facts.columns
        is_unit = column["thing_kind"][thing] == CELL_UNIT
        lot = column["thing_lot"][thing] if is_unit else thing
        if KIND_NAMES[column["thing_kind"][lot]] == "Reagent":
            return []  # it has no disposition
        if lot not in self._courses:
            self._courses[lot] = self._replay.run(lot, until_ms=self._answer.last_ms)
        parcels = self._courses[lot].parcels
        if is_unit:
            name = self._lineage.facts.keys[thing].partition("#")[2]
            return [parcel for parcel in parcels if parcel.unit == name]
        here = self._lineage.facts.keys[position]
        standing = [
            parcel for parcel in parcels if not parcel.is_final and (parcel.amount is None or parcel.amount > _SLACK)
        ]
        there = [parcel for parcel in standing if parcel.stay is not None and parcel.stay.position == here]
        return there or [parcel for parcel in standing if is_left and parcel.stay is None]
