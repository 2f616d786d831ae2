"""At which entry of the ledger a question of lineage is answered: where its pages' cursors say, or at the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.errors import BadInput
from graph.saying import said
from queries.pages import Cursor, check_first
from resolvers.asking import Asking

__all__ = ["PageAsked", "answer_seq"]


@dataclass(frozen=True, slots=True)
class PageAsked:
    """A page that the request asks for within an answer."""

    first: int
    after: str | None


async def answer_seq(
    asking: Asking, pages: Sequence[PageAsked], *, pushdown: bool = False, place: tuple[type, ...] = (int,)
) -> int:
    """``place``: of what kind the places are that the cursors name.

    Raises BadInput where cursors are of different answers, name a later entry than there is, or a page is too long.
    """
    for page in pages:
        check_first(page.first)
    named = {Cursor.parse(page.after, place).seq for page in pages if page.after is not None}
    if len(named) > 1:
        raise BadInput(
            said("The cursors belong to answers at different positions of the ledger."),
            remedy=said("Ask for each page in a request of its own."),
            member="after",
        )
    head = (await asking.lineage_position(pushdown=pushdown)).seq
    if not named:
        return head
    (seq,) = named
    if seq > head:
        raise BadInput(said("This is no cursor of this ledger: it names a later entry than there is."), member="after")
    return seq
