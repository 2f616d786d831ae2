"""Where questions of lineage begin, and at which position of the ledger they are answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graph.errors import NotFound, NotPermitted
from graph.index.lineage import Lineage
from graph.keeping import exists
from graph.reader import AsOf, NodeId, by_kind, id_text
from graph.saying import said
from queries.privacy import View

__all__ = ["answer_position", "check_starts"]


async def answer_position(
    view: View, known_at_ms: int | None, as_of_seq: int | None, *, pushdown: bool = False
) -> AsOf:
    """The position of an answer: the entry that a cursor names, which whoever gives it has checked; or the head."""
    if as_of_seq is None:
        as_of_seq = (await view.lineages(pushdown=pushdown).position()).seq
    return AsOf(as_of_seq, known_at_ms)


async def check_starts(view: View, starts: Sequence[NodeId], as_of: AsOf, lineage: Lineage | None) -> None:
    """All starts must exist, and be the viewer's to name. What is hidden is refused whether it exists or not.

    ``lineage``: the index's at the position; without one the database is asked.
    """
    if any(view.hides_kind(kind) for kind, _ in starts):
        refused = [id_text(node) for node in starts if view.hides_kind(node[0])]
        raise NotPermitted(
            said("Your role may not look up {thing}.", thing=", ".join(refused)),
            remedy=said("Ask a colleague whose role may see such codes."),
        )
    if lineage is None:
        known: Collection[NodeId] = await view.reader.nodes(by_kind(starts), as_of)
    else:
        known = {node for node in starts if exists(lineage, node)}
    # What leads to one person is not told apart from what there is not.
    hidden = await view.hidden(starts, as_of, lineage)
    if missing := [node for node in starts if node not in known or node in hidden]:
        names = tuple(id_text(node) for node in missing)
        head = (await view.lineages(pushdown=lineage is None).position()).seq
        raise NotFound(names) if as_of.seq >= head else NotFound(names, at_seq=as_of.seq)
