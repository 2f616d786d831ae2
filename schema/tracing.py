"""The trace: everything that something comes from or has become, and what touched it on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Annotated

import strawberry
from strawberry.types import Info
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from graph.errors import StemgraphError
from graph.reader import Direction as WalkDirection
from graph.reader import id_text
from graph.times import render
from queries import trace as tracing
from queries.ids import OPERATION_PREFIX
from resolvers import reading
from resolvers.positions import PageAsked
from resolvers.tracing import Traced, trace
from schema.asking import context_of
from schema.described import question
from schema.failures import InvalidInput, NotFound, NotPermitted, TooLarge, failure_of
from schema.nodes import Node, named_node
from schema.operations import Operation, load_operation
from schema.pages import Connection, page_size, paged
from schema.scalars import DateTime, moment_of
from schema.vocabulary import Direction, NodeKind, OperationType, names_of, node_kind

__all__ = [
    "Completeness",
    "KindCount",
    "Trace",
    "TraceEdge",
    "TraceEdgeConnection",
    "TraceInput",
    "TraceNodeConnection",
    "TracingQuery",
    "pages_asked",
    "show_completeness",
    "show_edge",
    "show_node_of",
    "show_trace",
]

_PAGE = 100
_PAGES = frozenset({"nodes", "edges"})


@strawberry.input(description="What to trace, and what of it to list.")
class TraceInput:
    start: list[strawberry.ID] = strawberry.field(
        description="Ids. A resource, person, institution, study or result begins at what it touched, made, enrolled or "
        "is about; a position at what stayed in it or below it."
    )
    direction: Direction
    kinds: list[NodeKind] | None = strawberry.field(
        default=None, description="List these kinds only; what is walked stays the same."
    )
    operations: list[OperationType] | None = strawberry.field(
        default=None, description="List only what takes part in these; what is walked stays the same."
    )
    max_depth: int | None = strawberry.field(
        default=None, description="How many steps to go. Where there is more beyond it, the answer is incomplete."
    )
    known_at: DateTime | None = strawberry.field(
        default=None, description="Answer as the records stood then: what was recorded later is unknown."
    )


@strawberry.type(description="Whether an answer is whole.")
class Completeness:
    complete: bool
    reason: str | None = strawberry.field(description="Why it is not, or what is shown as stubs.")
    nodes_seen: int
    hidden: int = strawberry.field(description="Nodes shown as stubs, because the viewer may not see their keys.")
    more_beyond_depth: int | None = strawberry.field(description="There is more beyond this depth.")
    unrecorded: list[strawberry.ID] = strawberry.field(
        description="Things whose origin is not recorded: the first few."
    )
    unrecorded_count: int = strawberry.field(description="How many such things there are.")
    depth: strawberry.Private[Callable[[], Awaitable[int]]]

    @question
    async def depth_reached(self) -> int:
        """The greatest number of steps from a start, or a seed."""
        return await self.depth()


@strawberry.type
class KindCount:
    kind: NodeKind
    count: int


@strawberry.type
class DepthCount:
    depth: int
    count: int


@strawberry.type(description="How many nodes are listed.")
class Summary:
    total: int
    by_kind: list[KindCount]
    by_depth: list[DepthCount]


@strawberry.type(description="One thing in a trace.")
class TraceNode:
    id: strawberry.ID
    kind: NodeKind
    depth: int = strawberry.field(description="Steps from the start, which is at 0.")
    is_material: bool = strawberry.field(description="It lies on the lineage; otherwise it touched it.")
    shown: strawberry.Private[tracing.TraceNode]
    traced: strawberry.Private[Traced]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        shown = self.shown
        return await named_node(context_of(info), shown.node, self.traced.as_of, is_hidden=shown.is_hidden)


@strawberry.type(description="One edge between two things in an answer, in the direction in which it is recorded.")
class TraceEdge:
    type: str
    operation_id: strawberry.ID | None = strawberry.field(description="Null where a record of a position says it.")
    from_: strawberry.ID = strawberry.field(name="from")
    to: strawberry.ID
    start: DateTime | None = strawberry.field(description="Null where it is masked.")
    start_latest: DateTime | None = strawberry.field(description="The latest it may have begun; null where exact.")
    end: DateTime | None
    end_latest: DateTime | None
    shown: strawberry.Private[tracing.TraceEdge]

    @strawberry.field
    async def operation(self, info: Info) -> Operation | None:
        id_ = self.shown.operation_id
        return None if id_ is None else await load_operation(context_of(info), id_)


@strawberry.type(description="A page of the nodes of a trace, by depth, kind and key.")
class TraceNodeConnection(Connection[TraceNode]):
    pass


@strawberry.type(description="A page of the edges of a trace, by depth and type.")
class TraceEdgeConnection(Connection[TraceEdge]):
    pass


@strawberry.type(
    description="All ancestors or descendants along the material edges, and what touched them one step off."
)
class Trace:
    completeness: Completeness
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    summary: Summary
    traced: strawberry.Private[Traced]

    @question
    async def nodes(
        self, info: Info, first: int | None = _PAGE, after: str | None = None, kinds: list[NodeKind] | None = None
    ) -> TraceNodeConnection:
        """What is listed, the start included. `after` takes the whole answer to its position."""
        page = self.traced.nodes(context_of(info), page_size(first, _PAGE), after, names_of(kinds))
        return TraceNodeConnection(**paged(page, lambda node: show_node_of(self.traced, node)))

    @question
    async def edges(self, info: Info, first: int | None = _PAGE, after: str | None = None) -> TraceEdgeConnection:
        """The edges between the nodes that are listed."""
        page = self.traced.edges(context_of(info), page_size(first, _PAGE), after)
        return TraceEdgeConnection(**paged(page, show_edge))


def show_node_of(traced: Traced, node: tracing.TraceNode) -> TraceNode:
    return TraceNode(
        id=strawberry.ID(id_text(node.node)),
        kind=node_kind(node.node[0]),
        depth=node.depth,
        is_material=node.is_material,
        shown=node,
        traced=traced,
    )


TraceResult = Annotated[Trace | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("TraceResult")]


@strawberry.type
class TracingQuery:
    @question
    async def trace(self, info: Info, input: TraceInput, pushdown: bool | None = False) -> TraceResult:  # noqa: A002 - the argument's name in the API
        """Everything that the start comes from (BACKWARD) or has become (FORWARD). `pushdown`: walked in the database instead of in the index; the same answer, more slowly."""
        try:
            traced = await trace(
                context_of(info),
                input.start,
                WalkDirection[input.direction.name],
                kinds=names_of(input.kinds),
                operations=names_of(input.operations),
                max_depth=input.max_depth,
                known_at_ms=None if input.known_at is None else moment_of(input.known_at).earliest_ms,
                pages=list(pages_asked(info.selected_fields, _PAGES, _PAGE)),
                pushdown=bool(pushdown),
            )
        except StemgraphError as error:
            return failure_of(error)
        return show_trace(traced)

    @question
    async def reachable(
        self,
        info: Info,
        from_: Annotated[strawberry.ID, strawberry.argument(name="from")],
        to: strawberry.ID,
        known_at: DateTime | None = None,
    ) -> bool:
        """Whether `to` is or comes from `from`, along the material edges."""
        known_at_ms = None if known_at is None else moment_of(known_at).earliest_ms
        return await reading.reachable(context_of(info), from_, to, known_at_ms=known_at_ms)


def show_trace(traced: Traced) -> Trace:
    answer = traced.answer
    summary = answer.summary
    return Trace(
        completeness=show_completeness(answer.completeness),
        as_of_seq=answer.as_of_seq,
        summary=Summary(
            total=summary.total,
            by_kind=[KindCount(kind=node_kind(kind), count=count) for kind, count in summary.by_kind],
            by_depth=[DepthCount(depth=depth, count=count) for depth, count in summary.by_depth],
        ),
        traced=traced,
    )


def show_completeness(whole: tracing.Completeness, measure: Callable[[], Awaitable[int]] | None = None) -> Completeness:
    """``measure`` works the depth out where it is asked for, and not known yet."""

    async def depth() -> int:
        known = whole.depth_reached
        return await measure() if known is None and measure is not None else known or 0

    return Completeness(
        complete=whole.complete,
        reason=whole.reason,
        depth=depth,
        nodes_seen=whole.nodes_seen,
        hidden=whole.hidden,
        more_beyond_depth=whole.more_beyond_depth,
        unrecorded=[strawberry.ID(id_) for id_ in whole.unrecorded],
        unrecorded_count=whole.unrecorded_count,
    )


def show_edge(edge: tracing.TraceEdge) -> TraceEdge:
    def at(ms: int | None) -> DateTime | None:
        return None if ms is None else DateTime(render(ms, edge.offset_minutes))

    return TraceEdge(
        type=edge.type,
        operation_id=None if edge.operation_id is None else strawberry.ID(f"{OPERATION_PREFIX}{edge.operation_id}"),
        from_=strawberry.ID(id_text(edge.source)),
        to=strawberry.ID(id_text(edge.target)),
        start=at(edge.start_ms),
        start_latest=at(edge.start_latest_ms),
        end=at(edge.end_ms),
        end_latest=at(edge.end_latest_ms),
        shown=edge,
    )


def pages_asked(selections: list[Selection], names: Collection[str], usual: int) -> Iterator[PageAsked]:
    """The pages that the request asks for within an answer: their cursors say where it is answered."""
    for field in selections:
        for part in field.selections:
            if not isinstance(part, InlineFragment | FragmentSpread) and part.name in names:
                yield _page_asked(part, usual)
            else:
                yield from pages_asked([part], names, usual)


def _page_asked(field: SelectedField, usual: int) -> PageAsked:
    """The page that a connection is asked for."""
    first: int | str | None = field.arguments.get("first")  # a text where the query has the number in itself
    return PageAsked(page_size(None if first is None else int(first), usual), field.arguments.get("after"))
