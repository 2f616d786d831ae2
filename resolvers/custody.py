"""Where a thing has been, and pages of that."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graph.reader import NodeId
from queries.ids import parse_node_id
from queries.operations import Operation, operations_by_id
from queries.pages import Page
from queries.whereabouts import (
    INTERVAL_PLACE,
    Hand,
    Interval,
    Manner,
    Whereabouts,
    log_shown,
    whereabouts,
    whereabouts_page,
)
from resolvers.asking import Asking
from resolvers.positions import PageAsked, answer_seq

__all__ = ["Followed", "Hands", "custody"]


@dataclass(kw_only=True)
class Hands:
    """Who began and ended the intervals of one page: looked up for all of them together, when first asked for."""

    asking: Asking
    answer: Whereabouts
    intervals: Sequence[Interval]
    _operations: asyncio.Future[Mapping[str, Operation]] | None = field(default=None, init=False)

    async def person(self, interval: Interval, hand: Hand) -> NodeId | None:
        """None where it is not recorded, or the viewer may not see who it was."""
        if self._operations is None:
            self._operations = asyncio.ensure_future(self._load())
        person = interval.person(hand, await self._operations)
        return None if person is None else ("Person", person)

    async def _load(self) -> Mapping[str, Operation]:
        return await operations_by_id(self.asking.view, sorted(set(self._named())), self.answer.as_of)

    def _named(self) -> Iterator[str]:
        for interval in self.intervals:
            for hand in (interval.began, interval.ended):
                if hand is not None:
                    yield hand.operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An answer, and for whom it is."""

    asking: Asking
    answer: Whereabouts

    def intervals(
        self, first: int, after: str | None, manners: Collection[Manner] | None, within: str | None
    ) -> tuple[Page[Interval], Hands]:
        """A page, and who began and ended what is on it. Raises BadInput."""
        place = None if within is None else parse_node_id(within, "within")
        page = whereabouts_page(self.asking.view, self.answer, first, after, manners=manners, within=place)
        return page, Hands(asking=self.asking, answer=self.answer, intervals=page.items)

    def is_hidden(self, node: NodeId) -> bool:
        """Whether the answer names a stub in its place."""
        return self.asking.view.hides_kind(node[0])


async def custody(asking: Asking, id_: str, *, known_at_ms: int | None, pages: Sequence[PageAsked]) -> Followed:
    """The answer at the position that the pages' cursors name, or without one at the request's.

    Raises what `queries.whereabouts` raises, and BadInput where cursors are of different answers or a page is too long.
    """
    seq = await answer_seq(asking, pages, place=INTERVAL_PLACE)
    answer = await whereabouts(asking.view, id_, known_at_ms=known_at_ms, as_of_seq=seq)
    log_shown(asking.view, answer)  # a summary without a page of it shows the thing, too
    return Followed(asking=asking, answer=answer)
