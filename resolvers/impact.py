"""Impact: its answer, its summary, its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from graph.errors import Incomplete
from graph.keeping.standing import Standing
from graph.reader import NodeId
from graph.saying import said
from queries import explain as explaining
from queries import impact as finding
from queries import slices, tally
from queries.pages import Page
from queries.trace import Completeness, TraceEdge
from resolvers.asking import Asking
from resolvers.positions import PageAsked, answer_seq

__all__ = ["MOST_STEPS", "Found", "explain", "impact"]

MOST_STEPS: Final = 20_000  # of all paths in one answer


@dataclass(kw_only=True)
class Found:
    """An answer, and what is worked out of it when it is asked for; each once."""

    asking: Asking
    answer: finding.Impact
    _standing: asyncio.Future[Standing] | None = field(default=None, init=False)
    _parts: asyncio.Future[tally.Parts] | None = field(default=None, init=False)
    _steps: int = field(default=0, init=False)  # of paths that were shown

    def counts(self) -> tally.Counts:
        return tally.counts(self.answer)

    def completeness(self) -> Completeness:
        return tally.completeness(self.asking.view, self.answer)

    async def digest(self) -> str:
        return await asyncio.to_thread(slices.digest_of, self.asking.view, self.answer)

    async def parts(self) -> tally.Parts:
        if self._parts is None:
            self._parts = asyncio.ensure_future(asyncio.to_thread(tally.parts, await self._stand()))
        return await self._parts

    async def sites(self) -> list[tuple[NodeId | None, int]]:
        return await asyncio.to_thread(tally.sites, self.asking.view, self.answer, await self._stand())

    async def _stand(self) -> Standing:
        if self._standing is None:
            self._standing = asyncio.ensure_future(asyncio.to_thread(tally.standing_of, self.answer))
        return await self._standing

    async def suspects(self) -> list[tuple[NodeId, bool]]:
        return await finding.suspects(self.asking.view, self.answer)

    def items(
        self, first: int, after: str | None, kinds: Collection[str] | None, tiers: Collection[int] | None
    ) -> Page[finding.ImpactItem]:
        return finding.impact_items(self.asking.view, self.answer, first, after, kinds=kinds, tiers=tiers)

    async def path(self, item: finding.ImpactItem, last: int | None) -> list[TraceEdge]:
        """Raises Incomplete where the paths that one answer shows come to more steps than it may hold."""
        length = await self.path_length(item)
        self._steps += length if last is None else min(last, length)
        if self._steps > MOST_STEPS:
            raise Incomplete(
                said("The paths of this page come to more than {most} steps.", most=MOST_STEPS),
                remedy=said("Ask for fewer items, or for the last steps only: path(last: 3)."),
                code="too_large",
            )
        return await asyncio.to_thread(explaining.winning_path, self.asking.view, self.answer, item.number, last=last)

    async def path_length(self, item: finding.ImpactItem) -> int:
        return await asyncio.to_thread(explaining.path_length, self.answer, item.number)

    async def depth(self) -> int:
        """The greatest number of steps from a seed."""
        return await asyncio.to_thread(explaining.longest_path, self.answer)


async def impact(asking: Asking, asked: finding.ImpactAsked, *, pages: Sequence[PageAsked], pushdown: bool) -> Found:
    """The answer at the position that the pages' cursors name, or without one at the request's.

    Raises what `queries.impact` raises, and BadInput where cursors are of different answers or a page is too long.
    """
    seq = await answer_seq(asking, pages, pushdown=pushdown, place=finding.ITEM_PLACE)
    answer = await finding.impact(asking.view, asked, as_of_seq=seq, pushdown=pushdown)
    return Found(asking=asking, answer=answer)


async def explain(
    asking: Asking, asked: finding.ImpactAsked, target: str, *, first: int, pushdown: bool
) -> tuple[Found, explaining.Explanation]:
    """Why the target is affected, and the answer that this is part of. Raises what `queries.explain` raises."""
    seq = await answer_seq(asking, (), pushdown=pushdown)
    explained = await explaining.explain(asking.view, asked, target, first=first, as_of_seq=seq, pushdown=pushdown)
    return Found(asking=asking, answer=explained.answer), explained
