"""Traces, and pages of them that agree with each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from graph.reader import AsOf, Direction
from queries import trace as tracing
from queries.pages import Page
from resolvers.asking import Asking
from resolvers.positions import PageAsked, answer_seq

__all__ = ["Traced", "trace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A trace, and where its things are looked up."""

    answer: tracing.Trace
    as_of: AsOf

    def nodes(
        self, asking: Asking, first: int, after: str | None, kinds: Collection[str] | None
    ) -> Page[tracing.TraceNode]:
        return tracing.trace_nodes(asking.view, self.answer, first, after, kinds)

    def edges(self, asking: Asking, first: int, after: str | None) -> Page[tracing.TraceEdge]:
        return tracing.trace_edges(asking.view, self.answer, first, after)


async def trace(
    asking: Asking,
    start: Sequence[str],
    direction: Direction,
    *,
    kinds: Collection[str] | None,
    operations: Collection[str] | None,
    max_depth: int | None,
    known_at_ms: int | None,
    pages: Sequence[PageAsked],
    pushdown: bool = False,
) -> Traced:
    """The trace at the position that the pages' cursors name, or without one at the request's.

    Raises what `queries.trace` raises, and BadInput where cursors are of different answers or a page is too long.
    """
    answer = await tracing.trace(
        asking.view,
        start,
        direction,
        kinds=kinds,
        operations=operations,
        max_depth=max_depth,
        known_at_ms=known_at_ms,
        as_of_seq=await answer_seq(asking, pages, pushdown=pushdown),
        pushdown=pushdown,
    )
    return Traced(answer=answer, as_of=AsOf(answer.as_of_seq, known_at_ms))
