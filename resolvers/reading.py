"""Questions whose answer is one thing or one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graph.errors import BadInput
from graph.saying import said
from queries import coverage as covering
from queries import deviations as departures
from queries import history as changing
from queries import nodes as finding
from queries import service as serving
from queries import trace as tracing
from queries.ids import parse_node_id, parse_operation_id
from queries.pages import LARGEST_PAGE, Page
from resolvers.asking import Asking
from resolvers.batches import NodeAt

__all__ = ["coverage", "deviations", "history", "node_at", "nodes_at", "operation_id", "reachable", "search", "service"]


async def node_at(asking: Asking, id_: str) -> NodeAt:
    """What to load for an id. Raises BadInput where the text is no id."""
    return NodeAt(parse_node_id(id_), await asking.position())


async def nodes_at(asking: Asking, ids: Sequence[str]) -> list[NodeAt]:
    """What to load for each id, in the same order. Raises BadInput where one is no id, or there are more than 500."""
    if len(ids) > LARGEST_PAGE:
        raise BadInput(
            said("{count} ids are asked for; at most {most}.", count=len(ids), most=LARGEST_PAGE),
            remedy=said("Ask in several requests."),
            member="ids",
        )
    position = await asking.position()
    return [NodeAt(parse_node_id(id_, "ids"), position) for id_ in ids]


def operation_id(id_: str) -> str:
    """The operation's own id; in GraphQL it is written ``Operation:O07``."""
    return parse_operation_id(id_)


async def search(
    asking: Asking, text: str, *, kinds: Collection[str] | None, first: int, after: str | None
) -> Page[finding.Node]:
    return await finding.search(asking.view, text, kinds=kinds, first=first, after=after)


async def history(asking: Asking, id_: str) -> list[changing.Change]:
    return await changing.history(asking.view, id_)


async def deviations(
    asking: Asking, *, is_open: bool | None, first: int, after: str | None
) -> Page[departures.Deviation]:
    return await departures.deviations(asking.view, is_open=is_open, first=first, after=after)


async def coverage(asking: Asking, lot: str | None) -> covering.Coverage:
    return await covering.coverage(asking.view, lot)


async def reachable(asking: Asking, source: str, target: str, *, known_at_ms: int | None) -> bool:
    return await tracing.reachable(asking.view, source, target, known_at_ms=known_at_ms)


async def service(asking: Asking) -> serving.ServiceInfo:
    return await serving.service_info(asking.view)
