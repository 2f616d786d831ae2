"""Impact: who and what is affected by something that is wrong."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.errors import BadInput, StemgraphError
from graph.index import hazards
from graph.reader import id_text
from graph.times import render
from graph.vocabulary import CHANNELS, HAZARDS
from queries import impact as finding
from queries.ids import parse_node_id
from resolvers.impact import Found, explain, impact
from schema.asking import context_of
from schema.described import question
from schema.failures import InvalidInput, NotFound, NotPermitted, TooLarge, failure_of
from schema.nodes import Node, named_node
from schema.pages import Connection, page_size, paged
from schema.scalars import DateTime, moment_of
from schema.tracing import Completeness, KindCount, TraceEdge, pages_asked, show_completeness, show_edge
from schema.vocabulary import NodeKind, enum_of, names_of, node_kind

__all__ = ["Hazard", "Impact", "ImpactInput", "ImpactQuery", "asked_of"]

_PAGE, _ROUTES = 100, 10

Hazard: Any = enum_of(
    "Hazard",
    "What is wrong.",
    {
        hazard.name: (hazard.value, f"{HAZARDS.labels[hazard.value][0]} {HAZARDS.labels[hazard.value][1]}.")
        for hazard in hazards.Hazard
    },
)
Channel: Any = enum_of(
    "Channel",
    "What a hazard passes through.",
    {
        channel.name: (channel.value, f"{CHANNELS.labels[channel.value][0]} {CHANNELS.labels[channel.value][1]}.")
        for channel in hazards.Channel
    },
)


@strawberry.input(description="Where it begins, and over which time: [from, until).")
class HazardSeed:
    id: strawberry.ID = strawberry.field(description="Material, a reagent, a machine, a position or a person.")
    from_: DateTime | None = strawberry.field(name="from", default=None, description="Null: always.")
    until: DateTime | None = strawberry.field(
        default=None,
        description="Null: for ever; of a machine or a position with CONTAGIOUS, until it is next decontaminated. Not "
        "for material and reagents.",
    )


@strawberry.input(description="What is wrong with what, and how far to follow it.")
class ImpactInput:
    hazard: Hazard
    seeds: list[HazardSeed]
    channels: list[Channel] | None = strawberry.field(
        default=None,
        description="MATERIAL is always on. Null: for CONTAGIOUS also EQUIPMENT. With another hazard only MATERIAL.",
    )
    known_at: DateTime | None = strawberry.field(
        default=None, description="Answer as the records stood then: what was recorded later is unknown."
    )
    closed_intervals: bool | None = strawberry.field(
        default=False, description="For the careful: what ends at an instant counts as still present then."
    )


@strawberry.type
class TierCount:
    tier: int
    count: int


@strawberry.type(description="How many items are at a site, or were last.")
class SiteCount:
    site: strawberry.ID | None = strawberry.field(
        description="A position of level site; where none is recorded, the organisation; null where neither is."
    )
    count: int


@strawberry.type(
    description="How many parts have a disposition: units, containers of a counted lot; an uncounted lot or a tissue is one."
)
class DispositionCount:
    disposition: str
    count: int


@strawberry.type(description="What the answer comes to.")
class ImpactSummary:
    total: int
    by_kind: list[KindCount]
    by_tier: list[TierCount]
    subjects: int
    found: strawberry.Private[Found]

    @question
    async def by_site(self) -> list[SiteCount]:
        """Where the items are, or were last; the most first. A counted lot is at each site where some of it stands."""
        return [
            SiteCount(site=None if site is None else strawberry.ID(id_text(site)), count=count)
            for site, count in await self.found.sites()
        ]

    @question
    async def by_disposition(self) -> list[DispositionCount]:
        """As of the answer's position: the affected units, the affected containers of counted lots; other lots and tissues as one."""
        parts = await self.found.parts()
        return [DispositionCount(disposition=name, count=count) for name, count in sorted(parts.by_disposition.items())]

    @question
    async def units_to_hold(self) -> int:
        """How many of these are still there: not used up, given, destroyed or unaccounted."""
        return (await self.found.parts()).to_hold


@strawberry.type(description="One thing that is affected.")
class ImpactItem:
    id: strawberry.ID
    kind: NodeKind
    tier: int = strawberry.field(
        description="The weakest channel needed: 1 material, or presence in a seed; 2 equipment; 3 storage."
    )
    exposed_from: DateTime | None = strawberry.field(
        description="The earliest time from which it may be affected, by the channels of its tier. Null: always, or masked."
    )
    is_exposed_from_masked: bool = strawberry.field(
        description="exposedFrom is null because the viewer may not see it."
    )
    uncertain: bool = strawberry.field(description="A time that is not exact lies on its path.")
    shown: strawberry.Private[finding.ImpactItem]
    found: strawberry.Private[Found]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        return await named_node(
            context_of(info), self.shown.node, self.found.answer.as_of, is_hidden=self.shown.is_hidden
        )

    @question
    async def path(self, last: int | None = None) -> list[TraceEdge]:
        """The steps by which it was reached first, from the seed to it; empty for a seed. Each leads from what was affected to what that affected, whichever way it is recorded. `last`: no more than so many of the last steps."""
        if last is not None and last < 0:
            raise BadInput(f"last is {last}.", remedy="Give 0 or more, or leave it out.", member="last")
        return [show_edge(edge) for edge in await self.found.path(self.shown, last)]

    @question
    async def path_length(self) -> int:
        """How many steps its path has."""
        return await self.found.path_length(self.shown)


@strawberry.type(description="A page of what is affected, by tier, time, kind and key.")
class ImpactItemConnection(Connection[ImpactItem]):
    pass


@strawberry.type(description="Who and what is affected.")
class Impact:
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    found: strawberry.Private[Found]

    @question
    def completeness(self) -> Completeness:
        """Whether the answer is whole. Its depth is the greatest number of steps from a seed."""
        return show_completeness(self.found.completeness(), self.found.depth)

    @question
    async def digest(self) -> str:
        """SHA-256 over what was asked and all items, in one canonical form."""
        return await self.found.digest()

    @question
    def summary(self) -> ImpactSummary:
        """What the answer comes to."""
        counts = self.found.counts()
        return ImpactSummary(
            total=counts.total,
            by_kind=[KindCount(kind=node_kind(kind), count=count) for kind, count in counts.by_kind],
            by_tier=[TierCount(tier=tier, count=count) for tier, count in counts.by_tier],
            subjects=counts.subjects,
            found=self.found,
        )

    @question
    async def suspects(self, info: Info) -> list[Node]:
        """What seed material comes from, to be tested: for HERITABLE and CONTAGIOUS. Nothing upstream counts as affected."""
        context, as_of = context_of(info), self.found.answer.as_of
        found = await self.found.suspects()
        return [await named_node(context, node, as_of, is_hidden=is_hidden) for node, is_hidden in found]

    @question
    def items(
        self,
        info: Info,  # noqa: ARG002 - as in the other connections
        first: int | None = _PAGE,
        after: str | None = None,
        kinds: list[NodeKind] | None = None,
        tiers: list[int] | None = None,
    ) -> ImpactItemConnection:
        """What is affected. `after` takes the whole answer to its position."""
        page = self.found.items(page_size(first, _PAGE), after, names_of(kinds), tiers)
        return ImpactItemConnection(**paged(page, lambda item: _show_item(self.found, item)))


def _show_item(found: Found, item: finding.ImpactItem) -> ImpactItem:
    return ImpactItem(
        id=strawberry.ID(id_text(item.node)),
        kind=node_kind(item.node[0]),
        tier=item.tier,
        exposed_from=None if item.since_ms is None else DateTime(render(item.since_ms, item.offset_minutes)),
        is_exposed_from_masked=item.is_since_masked,
        uncertain=item.uncertain,
        shown=item,
        found=found,
    )


@strawberry.type(description="A route by which something was affected.")
class Route:
    steps: list[TraceEdge]


@strawberry.type(description="Why something is affected, or that it is not.")
class Explanation:
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    completeness: Completeness = strawberry.field(description="Of the answer that it is about.")
    is_affected: bool = strawberry.field(description="False, where the answer is whole, says that it is clean.")
    item: ImpactItem | None
    path: list[TraceEdge] = strawberry.field(
        description="The steps by which it was reached first, from the seed to it; empty for a seed."
    )
    others: list[Route] = strawberry.field(description="Other routes in time, on which nothing stands twice.")
    has_all_routes: bool = strawberry.field(description="False: there are more routes than are listed, or may be.")


ExplainResult = Annotated[
    Explanation | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("ExplainResult")
]
ImpactResult = Annotated[Impact | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("ImpactResult")]


@strawberry.type
class ImpactQuery:
    @question
    async def impact(self, info: Info, input: ImpactInput, pushdown: bool | None = False) -> ImpactResult:  # noqa: A002 - the argument's name in the API
        """Who and what is affected, since when, and by what. `pushdown`: found in the database instead of in the index; the same answer, more slowly."""
        try:
            found = await impact(
                context_of(info),
                asked_of(input),
                pages=list(pages_asked(info.selected_fields, {"items"}, _PAGE)),
                pushdown=bool(pushdown),
            )
        except StemgraphError as error:
            return failure_of(error)
        return Impact(as_of_seq=found.answer.as_of.seq, found=found)

    @question
    async def explain(
        self,
        info: Info,
        input: ImpactInput,  # noqa: A002 - the argument's name in the API
        target: strawberry.ID,
        first: int | None = _ROUTES,
        pushdown: bool | None = False,
    ) -> ExplainResult:
        """Why the target is affected: the path that reached it first, and up to `first` other routes (at most 100)."""
        try:
            found, explained = await explain(
                context_of(info),
                asked_of(input),
                target,
                first=page_size(first, _ROUTES),
                pushdown=bool(pushdown),
            )
        except StemgraphError as error:
            return failure_of(error)
        return Explanation(
            as_of_seq=found.answer.as_of.seq,
            completeness=show_completeness(found.completeness(), found.depth),
            is_affected=explained.item is not None,
            item=None if explained.item is None else _show_item(found, explained.item),
            path=[show_edge(edge) for edge in explained.path],
            others=[Route(steps=[show_edge(edge) for edge in route]) for route in explained.others],
            has_all_routes=explained.has_all_routes,
        )


def asked_of(given: ImpactInput) -> finding.ImpactAsked:
    """Raises BadInput for what is no id."""

    def at(time: DateTime | None) -> int | None:
        return None if time is None else moment_of(time).earliest_ms

    return finding.ImpactAsked(
        hazard=hazards.Hazard(given.hazard.value),
        seeds=tuple(
            hazards.Seed(node=parse_node_id(seed.id, "seeds"), from_ms=at(seed.from_), until_ms=at(seed.until))
            for seed in given.seeds
        ),
        channels=None
        if given.channels is None
        else frozenset(hazards.Channel(channel.value) for channel in given.channels),
        known_at_ms=at(given.known_at),
        closed=bool(given.closed_intervals),
    )
