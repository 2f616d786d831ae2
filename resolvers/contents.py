"""What stands in a place, and pages of that."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from graph.errors import BadInput
from graph.reader import NodeId
from graph.saying import said
from queries import contents as standing
from queries.days import moment_asked
from queries.impact import ImpactAsked
from queries.pages import Page
from queries.standings import (
    STANDING_PLACE,
    Standing,
    contents_completeness,
    moment_of_cursor,
    places_page,
    standings_page,
)
from queries.trace import Completeness
from resolvers.asking import Asking
from resolvers.positions import PageAsked, answer_seq

__all__ = ["Held", "contents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An answer, and for whom it is."""

    asking: Asking
    answer: standing.Contents

    def completeness(self) -> Completeness:
        return contents_completeness(self.asking.view, self.answer)

    async def rows(
        self,
        first: int,
        after: str | None,
        *,
        kinds: Collection[str] | None,
        affected: bool | None,
        order: standing.ContentsOrder,
    ) -> Page[Standing]:
        """Raises BadInput."""
        if affected is not None and self.answer.impact is None:
            raise BadInput(
                said("affected goes with an impact: without one nothing is known to be affected."),
                remedy=said("Say in impact what is wrong, or leave affected out."),
                member="affected",
            )
        return await asyncio.to_thread(
            standings_page,
            self.asking.view,
            self.answer,
            first,
            after,
            kinds=kinds,
            affected=affected,
            order=order,
        )

    async def places(self, first: int, after: str | None) -> Page[standing.Inside]:
        """Raises BadInput."""
        return await asyncio.to_thread(places_page, self.answer, first, after)


async def contents(
    asking: Asking,
    position: NodeId,
    *,
    at_ms: int | None,
    known_at_ms: int | None,
    impact: ImpactAsked | None,
    pages: Sequence[PageAsked],
    pushdown: bool,
) -> Held:
    """The answer at the position and moment that the pages' cursors name; without one at the request's, and now where no
    moment is given.

    Raises what `queries.contents` raises, and BadInput where cursors are of different answers or a page is too long.
    """
    seq = await answer_seq(asking, pages, pushdown=pushdown, place=STANDING_PLACE)
    moments = {moment_of_cursor(page.after) for page in pages if page.after is not None}
    if len(moments) > 1:
        raise BadInput(
            said("The cursors belong to answers about different moments."),
            remedy=said("Ask for each page in a request of its own."),
            member="after",
        )
    if impact is not None and impact.known_at_ms is not None:
        raise BadInput(
            said("The knownAt of the impact is that of the whole answer."),
            remedy=said("Give knownAt beside impact, not in it."),
            member="knownAt",
        )
    asked = standing.ContentsAsked(
        position=position,
        at_ms=moment_asked(next(iter(moments), None) if at_ms is None else at_ms),
        known_at_ms=known_at_ms,
        impact=impact,
    )
    answer = await standing.contents(asking.view, asked, as_of_seq=seq, pushdown=pushdown)
    return Held(asking=asking, answer=answer)
