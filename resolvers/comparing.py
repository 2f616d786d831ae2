"""Comparisons, and pages of what they tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from graph.reader import AsOf, Direction
from queries import compare as comparing
from queries import trace as tracing
from queries.pages import Page, page_of
from resolvers.asking import Asking
from resolvers.positions import PageAsked, answer_seq
from resolvers.tracing import Traced

__all__ = ["Compared", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison, and where its things are looked up: what was removed as it stood before."""

    answer: comparing.Comparison
    before: Traced
    after: Traced

    def nodes(
        self, asking: Asking, things: Sequence[tracing.TraceNode], first: int, after: str | None
    ) -> Page[tracing.TraceNode]:
        page = page_of(things, first, after, self.answer.after.as_of_seq)
        asking.view.show_keys("compare", [node.node for node in page.items if not node.is_hidden])
        return page

    def edges(
        self, asking: Asking, things: Sequence[tracing.TraceEdge], first: int, after: str | None
    ) -> Page[tracing.TraceEdge]:
        page = page_of(things, first, after, self.answer.after.as_of_seq)
        asking.view.show_keys(
            "compare", dict.fromkeys(end for edge in page.items for end in (edge.source, edge.target))
        )
        return page


async def compare(
    asking: Asking,
    start: Sequence[str],
    direction: Direction,
    *,
    kinds: Collection[str] | None,
    operations: Collection[str] | None,
    max_depth: int | None,
    before_ms: int,
    after_ms: int,
    pages: Sequence[PageAsked],
) -> Compared:
    """Raises what `queries.compare` raises, and BadInput where cursors are of different answers."""
    answer = await comparing.compare(
        asking.view,
        start,
        direction,
        before_ms=before_ms,
        after_ms=after_ms,
        kinds=kinds,
        operations=operations,
        max_depth=max_depth,
        as_of_seq=await answer_seq(asking, pages),
    )
    seq = answer.after.as_of_seq
    return Compared(
        answer=answer,
        before=Traced(answer=answer.before, as_of=AsOf(seq, before_ms)),
        after=Traced(answer=answer.after, as_of=AsOf(seq, after_ms)),
    )
