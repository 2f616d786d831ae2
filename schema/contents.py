"""Contents: what stands in a place at a moment, and what of it is affected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.errors import StemgraphError
from graph.reader import id_text
from graph.times import render
from queries import contents as standing
from queries.ids import OPERATION_PREFIX, parse_node_id
from queries.standings import Standing as Row
from resolvers.contents import Held, contents
from schema.asking import context_of
from schema.described import question
from schema.failures import InvalidInput, NotFound, NotPermitted, TooLarge, failure_of
from schema.impact import ImpactInput, asked_of
from schema.nodes import Node, named_node
from schema.operations import Operation, load_operation
from schema.pages import Connection, page_size, paged
from schema.scalars import DateTime, moment_of
from schema.tracing import Completeness, pages_asked, show_completeness
from schema.vocabulary import NodeKind, enum_of, names_of, node_kind

__all__ = ["ContentsQuery"]

_PAGE = 100
_PAGES = frozenset({"rows", "places"})
ContentsOrder: Any = enum_of(
    "ContentsOrder",
    "What the rows stand in order by first; then place, kind and key decide.",
    {
        "PLACE": (standing.ContentsOrder.PLACE.value, "By place, numbers as numbers."),
        "KIND": (standing.ContentsOrder.KIND.value, "By kind."),
        "SINCE": (standing.ContentsOrder.SINCE.value, "By when they were put there; hidden times last."),
        "AFFECTED": (standing.ContentsOrder.AFFECTED.value, "By tier, then by when affected; what is not, last."),
    },
)


@strawberry.type(description="How many things of a kind stand there.")
class ContentsKindCount:
    kind: NodeKind
    count: int
    affected: int | None = strawberry.field(description="How many of them are affected; null where not asked.")
    uncertain: int = strawberry.field(description="Of how many it is not certain that they stand there.")


@strawberry.type(description="What the answer comes to. A thing that may stand in two places counts once.")
class ContentsSummary:
    total: int
    affected: int | None = strawberry.field(description="How many are affected; null where not asked.")
    affected_later: int | None = strawberry.field(
        description="How many of these are so only from a time after the moment; null where not asked."
    )
    uncertain: int = strawberry.field(description="Of how many it is not certain that they stand there.")
    position_count: int = strawberry.field(description="How many positions are below the one asked about.")
    by_kind: list[ContentsKindCount]


@strawberry.type(description="One of the positions directly below, with all that stands in it or below it.")
class ContentsPlace:
    position: strawberry.ID
    is_itself: bool = strawberry.field(description="The position asked about: what stands in it and not below.")
    total: int
    affected: int | None = strawberry.field(description="Null where not asked.")
    uncertain: int
    by_kind: list[ContentsKindCount]
    inside: strawberry.Private[standing.Inside]
    held: strawberry.Private[Held]

    @strawberry.field
    async def position_node(self, info: Info) -> Node:
        return await named_node(context_of(info), self.inside.position, self.held.answer.as_of)


@strawberry.type(
    description="A page of the positions directly below in which something stands, the one asked about before them."
)
class ContentsPlaceConnection(Connection[ContentsPlace]):
    pass


@strawberry.type(description="One thing in one position.")
class Standing:
    id: strawberry.ID
    kind: NodeKind
    position: strawberry.ID
    path: list[strawberry.ID] = strawberry.field(
        description="The positions from the one asked about, which is left out, to the thing's own."
    )
    since: DateTime | None = strawberry.field(description="The earliest it may have come; null where masked.")
    since_latest: DateTime | None = strawberry.field(description="The latest it may have come; null where exact.")
    is_since_masked: bool = strawberry.field(description="since is null because the viewer may not see it.")
    until: DateTime | None = strawberry.field(
        description="The latest it may have gone. Null: it has not, as far as is recorded, or it is masked."
    )
    is_until_masked: bool = strawberry.field(description="until is null because the viewer may not see it.")
    is_left: bool = strawberry.field(description="It was left there by what made it, and is not stored yet.")
    uncertain: bool = strawberry.field(description="It may not stand there: a time that decides is not exact.")
    operation_id: strawberry.ID | None = strawberry.field(description="What put it there; null where it is hidden.")
    dispositions: list[str] = strawberry.field(
        description="Of a counted lot all that the part of it there has. Of a reagent there is none."
    )
    amount: float | None = strawberry.field(description="How much of a counted lot is there, in the lot's own unit.")
    affected: bool | None = strawberry.field(description="Null where not asked.")
    tier: int | None = strawberry.field(description="As an impact's; null where it is not affected, or not asked.")
    exposed_from: DateTime | None = strawberry.field(
        description="The earliest time from which it may be affected. Null: always, masked, or not affected."
    )
    is_exposed_from_masked: bool = strawberry.field(
        description="exposedFrom is null because the viewer may not see it."
    )
    is_exposure_uncertain: bool | None = strawberry.field(
        description="A time that is not exact lies on the path by which it is affected. Null where not asked."
    )
    row: strawberry.Private[Row]
    held: strawberry.Private[Held]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        row = self.row
        return await named_node(context_of(info), row.node, self.held.answer.as_of, is_hidden=row.is_hidden)

    @strawberry.field
    async def operation(self, info: Info) -> Operation | None:
        id_ = self.row.operation
        return None if id_ is None else await load_operation(context_of(info), id_)


@strawberry.type(description="A page of what stands there.")
class StandingConnection(Connection[Standing]):
    pass


@strawberry.type(description="What stands in a position, or anywhere below it, at a moment.")
class Contents:
    position: strawberry.ID
    at: DateTime = strawberry.field(description="The moment: where none was given, when it was asked.")
    is_whole_day: bool = strawberry.field(
        description="The answer is for all the day (+08:00), because the viewer may not see when persons were treated."
    )
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    held: strawberry.Private[Held]

    @question
    def completeness(self) -> Completeness:
        """Whether the answer is whole; where an impact is asked about, whether that is, too."""
        return show_completeness(self.held.completeness())

    @question
    def summary(self) -> ContentsSummary:
        """What the answer comes to."""
        answer = self.held.answer
        return ContentsSummary(
            total=answer.total,
            affected=_if_asked(answer, answer.affected),
            affected_later=_if_asked(answer, answer.affected_later),
            uncertain=answer.uncertain,
            position_count=answer.position_count,
            by_kind=_counts(answer, answer.by_kind),
        )

    @question
    async def places(self, first: int | None = _PAGE, after: str | None = None) -> ContentsPlaceConnection:
        """The positions directly below, with counts. `after` takes the whole answer to its position and moment."""
        page = await self.held.places(page_size(first, _PAGE), after)
        return ContentsPlaceConnection(**paged(page, lambda each: _show_place(self.held, each)))

    @question
    async def rows(
        self,
        first: int | None = _PAGE,
        after: str | None = None,
        kinds: list[NodeKind] | None = None,
        affected: bool | None = None,
        order: ContentsOrder | None = ContentsOrder.PLACE,
    ) -> StandingConnection:
        """What stands there, one by one. `kinds`, `affected`: only these. `after` takes the whole answer to its position and moment."""
        page = await self.held.rows(
            page_size(first, _PAGE),
            after,
            kinds=names_of(kinds),
            affected=affected,
            order=standing.ContentsOrder.PLACE if order is None else standing.ContentsOrder(order.value),
        )
        return StandingConnection(**paged(page, lambda row: _show(self.held, row)))


ContentsResult = Annotated[
    Contents | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("ContentsResult")
]


@strawberry.type
class ContentsQuery:
    @question
    async def contents(
        self,
        info: Info,
        position: strawberry.ID,
        at: DateTime | None = None,
        known_at: DateTime | None = None,
        impact: ImpactInput | None = None,
        pushdown: bool | None = False,
    ) -> ContentsResult:
        """What stands in a position, or anywhere below it, `at` a moment (now), where exactly and since when; with `impact`, what of it is affected. `knownAt`: as the records stood then. `pushdown`: found in the database instead of in the index; the same answer, more slowly."""
        moment = None if at is None else moment_of(at)
        try:
            held = await contents(
                context_of(info),
                parse_node_id(position, "position"),
                at_ms=None if moment is None else moment.earliest_ms,
                known_at_ms=None if known_at is None else moment_of(known_at).earliest_ms,
                impact=None if impact is None else asked_of(impact),
                pages=list(pages_asked(info.selected_fields, _PAGES, _PAGE)),
                pushdown=bool(pushdown),
            )
        except StemgraphError as error:
            return failure_of(error)
        answer = held.answer
        return Contents(
            position=strawberry.ID(id_text(answer.asked.position)),
            at=DateTime(render(answer.asked.at_ms, 0 if moment is None else moment.offset_minutes)),
            is_whole_day=answer.is_widened,
            as_of_seq=answer.as_of.seq,
            held=held,
        )


def _if_asked(answer: standing.Contents, count: int) -> int | None:
    return None if answer.impact is None else count


def _counts(answer: standing.Contents, kinds: Sequence[standing.KindCount]) -> list[ContentsKindCount]:
    return [
        ContentsKindCount(
            kind=node_kind(each.kind),
            count=each.count,
            affected=_if_asked(answer, each.affected),
            uncertain=each.uncertain,
        )
        for each in kinds
    ]


def _show_place(held: Held, inside: standing.Inside) -> ContentsPlace:
    answer = held.answer
    return ContentsPlace(
        position=strawberry.ID(id_text(inside.position)),
        is_itself=inside.is_itself,
        total=inside.count,
        affected=_if_asked(answer, inside.affected),
        uncertain=inside.uncertain,
        by_kind=_counts(answer, inside.kinds),
        inside=inside,
        held=held,
    )


def _show(held: Held, row: Row) -> Standing:
    def at(ms: int | None) -> DateTime | None:
        return None if ms is None else DateTime(render(ms, row.offset_minutes))

    is_asked = held.answer.impact is not None
    return Standing(
        id=strawberry.ID(id_text(row.node)),
        kind=node_kind(row.node[0]),
        position=strawberry.ID(id_text(row.position)),
        path=[strawberry.ID(id_text(each)) for each in row.path],
        since=at(row.since_ms),
        since_latest=at(row.since_latest_ms),
        is_since_masked=row.is_since_masked,
        until=at(row.until_ms),
        is_until_masked=row.is_until_masked,
        is_left=row.is_left,
        uncertain=row.uncertain,
        operation_id=None if row.operation is None else strawberry.ID(f"{OPERATION_PREFIX}{row.operation}"),
        dispositions=list(row.dispositions),
        amount=row.amount,
        affected=row.tier is not None if is_asked else None,
        tier=row.tier,
        exposed_from=at(row.affected_since_ms),
        is_exposed_from_masked=row.is_hidden and row.tier is not None,
        is_exposure_uncertain=row.is_affected_uncertain if is_asked else None,
        row=row,
        held=held,
    )
