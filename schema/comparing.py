"""A trace as the records stood at two times: before and after a correction, or whatever was learnt between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry.types import Info

from graph.errors import BadInput, StemgraphError
from graph.reader import Direction as WalkDirection
from queries import trace as tracing
from resolvers.comparing import Compared, compare
from resolvers.tracing import Traced
from schema.asking import context_of
from schema.described import question
from schema.failures import InvalidInput, NotFound, NotPermitted, TooLarge, failure_of
from schema.pages import page_size, paged
from schema.scalars import DateTime, moment_of
from schema.tracing import (
    Trace,
    TraceEdgeConnection,
    TraceInput,
    TraceNodeConnection,
    pages_asked,
    show_edge,
    show_node_of,
    show_trace,
)
from schema.vocabulary import names_of

__all__ = ["ComparingQuery"]

_PAGE = 100
_PAGES = frozenset({"addedNodes", "removedNodes", "addedEdges", "removedEdges", "nodes", "edges"})


@strawberry.type(description="The same trace twice: by what was recorded up to one time, and up to another.")
class Comparison:
    as_of_seq: int = strawberry.field(description="The ledger position at which this is exact.")
    compared: strawberry.Private[Compared]

    @question
    def before(self) -> Trace:
        """The trace as it was known first. Empty where its start was not recorded yet."""
        return show_trace(self.compared.before)

    @question
    def after(self) -> Trace:
        """The trace as it was known later."""
        return show_trace(self.compared.after)

    @question
    def added_nodes(self, info: Info, first: int | None = _PAGE, after: str | None = None) -> TraceNodeConnection:
        """What only the later trace lists."""
        return self._nodes(info, self.compared.answer.added_nodes, self.compared.after, first, after)

    @question
    def removed_nodes(self, info: Info, first: int | None = _PAGE, after: str | None = None) -> TraceNodeConnection:
        """What only the earlier trace lists."""
        return self._nodes(info, self.compared.answer.removed_nodes, self.compared.before, first, after)

    @question
    def added_edges(self, info: Info, first: int | None = _PAGE, after: str | None = None) -> TraceEdgeConnection:
        """Edges that only the later trace has: one that has other times is another."""
        return self._edges(info, self.compared.answer.added_edges, first, after)

    @question
    def removed_edges(self, info: Info, first: int | None = _PAGE, after: str | None = None) -> TraceEdgeConnection:
        """Edges that only the earlier trace has."""
        return self._edges(info, self.compared.answer.removed_edges, first, after)

    def _nodes(
        self, info: Info, things: Sequence[tracing.TraceNode], traced: Traced, first: int | None, after: str | None
    ) -> TraceNodeConnection:
        page = self.compared.nodes(context_of(info), things, page_size(first, _PAGE), after)
        return TraceNodeConnection(**paged(page, lambda node: show_node_of(traced, node)))

    def _edges(
        self, info: Info, things: Sequence[tracing.TraceEdge], first: int | None, after: str | None
    ) -> TraceEdgeConnection:
        page = self.compared.edges(context_of(info), things, page_size(first, _PAGE), after)
        return TraceEdgeConnection(**paged(page, show_edge))


CompareResult = Annotated[
    Comparison | NotFound | NotPermitted | TooLarge | InvalidInput, strawberry.union("CompareResult")
]


@strawberry.type
class ComparingQuery:
    @question
    async def compare(self, info: Info, input: TraceInput, before: DateTime, after: DateTime) -> CompareResult:  # noqa: A002 - the argument's name in the API
        """A trace by what was recorded up to each of two times: what a correction changed, or what was learnt between. `knownAt` does not go with it."""
        try:
            if input.known_at is not None:
                raise BadInput("knownAt does not go with before and after.", remedy="Leave it out.", member="knownAt")
            compared = await compare(
                context_of(info),
                input.start,
                WalkDirection[input.direction.name],
                kinds=names_of(input.kinds),
                operations=names_of(input.operations),
                max_depth=input.max_depth,
                before_ms=moment_of(before).earliest_ms,
                after_ms=moment_of(after).earliest_ms,
                pages=list(pages_asked(info.selected_fields, _PAGES, _PAGE)),
            )
        except StemgraphError as error:
            return failure_of(error)
        return Comparison(as_of_seq=compared.answer.after.as_of_seq, compared=compared)
