"""Custody: where a thing has been, from when to when, brought and taken away by whom."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.errors import StemgraphError
from graph.reader import NodeId, id_text
from queries.ids import OPERATION_PREFIX
from queries.whereabouts import Hand as WhoseHand
from queries.whereabouts import Interval, Manner
from resolvers.custody import Followed, Hands, custody
from schema.asking import context_of
from schema.described import question
from schema.failures import InvalidInput, NotFound, NotPermitted, TooLarge, failure_of
from schema.nodes import Node, named_node
from schema.operations import Operation, load_operation
from schema.pages import Connection, page_size, paged
from schema.scalars import DateTime, instant, latest, moment_of
from schema.tracing import Completeness, pages_asked, show_completeness
from schema.vocabulary import OperationType, enum_of

__all__ = ["CustodyQuery"]

_PAGE = 100
_MANNERS = {
    Manner.OPERATION: "At an operation that made it, or that worked on it at its place. 操作中",
    Manner.RUN: "On a machine. 设备使用",
    Manner.TEMPORARY: "Left where it was made, until it was stored. 暂存",
    Manner.STAY: "Stored. 存放",
    Manner.COUNT: "Seen there by an inventory. 盘点所见",
    Manner.ON_THE_WAY: "On the way to the place. 运输途中",
    Manner.ARRIVED: "At the site that it was brought to; the place there is not recorded. 已到达机构，具体位置未记录",
    Manner.TAKEN: "Used up, given or destroyed: from then on it was no more. 已用尽、给予或销毁",
    Manner.GAP: "A gap: nowhere recorded. 无位置记录",
}
CustodyManner: Any = enum_of(
    "CustodyManner",
    "How something was in a place, or was not.",
    {manner.name: (manner.value, _MANNERS[manner]) for manner in Manner},
)


@strawberry.type(description="An operation whose beginning, or end, began or ended an interval.")
class CustodyHand:
    operation_id: strawberry.ID
    type: OperationType
    is_end: bool = strawberry.field(description="It was the operation's end; otherwise its beginning.")
    hand: strawberry.Private[WhoseHand]
    interval: strawberry.Private[Interval]
    hands: strawberry.Private[Hands]

    @strawberry.field
    async def operation(self, info: Info) -> Operation | None:
        return await load_operation(context_of(info), self.hand.operation)

    @question
    async def person(self) -> strawberry.ID | None:
        """The operator; of an end that was recorded by itself, who recorded it. Null where not recorded, or masked."""
        return _id(await self.hands.person(self.interval, self.hand))

    @strawberry.field
    async def person_node(self, info: Info) -> Node | None:
        person = await self.hands.person(self.interval, self.hand)
        return None if person is None else await named_node(context_of(info), person, self.hands.answer.as_of)


@strawberry.type(description="A time in one place, of one or many units. Of a gap the place is null.")
class CustodyInterval:
    manner: CustodyManner
    place: strawberry.ID | None = strawberry.field(description="A position or a machine. Null: none is recorded.")
    path: list[strawberry.ID] = strawberry.field(description="What the place stood in meanwhile, the outermost first.")
    start: DateTime | None = strawberry.field(description="The earliest it may have begun; null where masked.")
    start_latest: DateTime | None = strawberry.field(description="The latest it may have begun; null where exact.")
    end: DateTime | None = strawberry.field(
        description="The earliest it may have ended. Null: it goes on (`isOpen`), masked, or not recorded."
    )
    end_latest: DateTime | None = strawberry.field(description="The latest it may have ended; null where exact.")
    is_start_masked: bool = strawberry.field(description="start is null because the viewer may not see it.")
    is_end_masked: bool = strawberry.field(description="end is null because the viewer may not see it.")
    is_open: bool = strawberry.field(description="It goes on.")
    is_end_known: bool = strawberry.field(description="False: no end is recorded; it lasted until `end` at the latest.")
    is_uncertain: bool = strawberry.field(description="A time of it is not exact.")
    units: list[str] = strawberry.field(description="Which units, in runs (1-20 is twenty), as far as they are named.")
    has_all_names: bool = strawberry.field(description="`units` names all of them.")
    unit_count: int | None = strawberry.field(description="How many units; null where units are not told apart.")
    quantity: float | None = strawberry.field(description="Of a counted lot, in its `unit`. Null: the whole, or units.")
    is_all: bool = strawberry.field(description="It is all of the thing.")
    began: CustodyHand | None
    ended: CustodyHand | None
    shown: strawberry.Private[Interval]
    followed: strawberry.Private[Followed]

    @strawberry.field
    async def place_node(self, info: Info) -> Node | None:
        place, followed = self.shown.place, self.followed
        if place is None:
            return None
        return await named_node(context_of(info), place, followed.answer.as_of, is_hidden=followed.is_hidden(place))


@strawberry.type(description="A page of where it was, by the beginning.")
class CustodyIntervalConnection(Connection[CustodyInterval]):
    pass


@strawberry.type
class MannerCount:
    manner: CustodyManner
    count: int


@strawberry.type(description="How many intervals there are. Those of manner GAP are gaps in custody.")
class CustodySummary:
    total: int
    by_manner: list[MannerCount]


@strawberry.type(description="Where a thing has been. Units that went the same way are told together.")
class Custody:
    id: strawberry.ID
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    completeness: Completeness
    summary: CustodySummary
    contradictions: list[strawberry.ID] = strawberry.field(
        description="Operations that say what cannot be, as the records were known then."
    )
    is_assumed: bool = strawberry.field(
        description="Which part of a counted lot an operation took is not recorded; one was assumed."
    )
    unit_count: int | None = strawberry.field(description="How many units the lot has; null where it is not itemised.")
    quantity: float | None = strawberry.field(description="Of a counted lot, in `unit`.")
    unit: str | None
    followed: strawberry.Private[Followed]

    @question
    def intervals(
        self,
        info: Info,  # noqa: ARG002 - as in the other connections
        first: int | None = _PAGE,
        after: str | None = None,
        manners: list[CustodyManner] | None = None,
        within: strawberry.ID | None = None,
    ) -> CustodyIntervalConnection:
        """Where it was, by the beginning. `manners`: only these; GAP lists the gaps. `within`: only in this place, or what stood in it. `after` takes the whole answer to its position."""
        wanted = None if manners is None else [Manner(each.value) for each in manners]
        page, hands = self.followed.intervals(page_size(first, _PAGE), after, wanted, within)
        return CustodyIntervalConnection(**paged(page, lambda each: _show(self.followed, hands, each)))


CustodyResult = Annotated[
    Custody | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("CustodyResult")
]


@strawberry.type
class CustodyQuery:
    @question
    async def custody(self, info: Info, id: strawberry.ID, known_at: DateTime | None = None) -> CustodyResult:  # noqa: A002 - the argument's name in the API
        """Where a lot, tissue, reagent or unit has been: in which place, from when to when, brought and taken away by whom; gaps are told as gaps. `knownAt`: as the records stood then."""
        try:
            followed = await custody(
                context_of(info),
                id,
                known_at_ms=None if known_at is None else moment_of(known_at).earliest_ms,
                pages=list(pages_asked(info.selected_fields, {"intervals"}, _PAGE)),
            )
        except StemgraphError as error:
            return failure_of(error)
        answer = followed.answer
        return Custody(
            id=strawberry.ID(id_text(answer.node)),
            as_of_seq=answer.as_of.seq,
            completeness=show_completeness(answer.completeness),
            summary=CustodySummary(
                total=len(answer.intervals),
                by_manner=[
                    MannerCount(manner=CustodyManner(each.value), count=answer.by_manner[each])
                    for each in Manner
                    if answer.by_manner[each]
                ],
            ),
            contradictions=[strawberry.ID(f"{OPERATION_PREFIX}{name}") for name in answer.contradictions],
            is_assumed=answer.is_assumed,
            unit_count=answer.units,
            quantity=answer.quantity,
            unit=answer.unit,
            followed=followed,
        )


def _show(followed: Followed, hands: Hands, interval: Interval) -> CustodyInterval:
    return CustodyInterval(
        manner=CustodyManner(interval.manner.value),
        place=_id(interval.place),
        path=[strawberry.ID(id_text(each)) for each in interval.path],
        start=instant(interval.start),
        start_latest=latest(interval.start),
        end=instant(interval.end),
        end_latest=latest(interval.end),
        is_start_masked=interval.is_start_masked,
        is_end_masked=interval.is_end_masked,
        is_open=interval.is_open,
        is_end_known=interval.is_end_known,
        is_uncertain=interval.is_uncertain,
        units=list(interval.units),
        has_all_names=interval.has_all_names,
        unit_count=interval.count,
        quantity=interval.quantity,
        is_all=interval.is_all,
        began=_hand(interval, interval.began, hands),
        ended=_hand(interval, interval.ended, hands),
        shown=interval,
        followed=followed,
    )


def _hand(interval: Interval, hand: WhoseHand | None, hands: Hands) -> CustodyHand | None:
    if hand is None:
        return None
    return CustodyHand(
        operation_id=strawberry.ID(f"{OPERATION_PREFIX}{hand.operation}"),
        type=OperationType(hand.type),
        is_end=hand.is_end,
        hand=hand,
        interval=interval,
        hands=hands,
    )


def _id(node: NodeId | None) -> strawberry.ID | None:
    return None if node is None else strawberry.ID(id_text(node))
