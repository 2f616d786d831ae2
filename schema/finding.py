"""Questions about single things: nodes, operations, a search."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from resolvers import reading
from schema.asking import context_of
from schema.described import question
from schema.nodes import Node, NodeConnection, show_node
from schema.operations import Operation, load_operation
from schema.pages import page_size
from schema.vocabulary import NodeKind, names_of

__all__ = ["FindingQuery"]


@strawberry.type
class FindingQuery:
    @question
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002 - the argument's name in the API
        """The thing with this id; null where there is none."""
        context = context_of(info)
        wanted = await reading.node_at(context, id)
        body = await context.nodes.load(wanted)
        return None if body is None else show_node(body, wanted.as_of)

    @question
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        """The things with these ids, in their order; null where there is none. At most 500."""
        context = context_of(info)
        wanted = await reading.nodes_at(context, ids)
        bodies = await context.nodes.load_many(wanted)
        return [
            None if body is None else show_node(body, each.as_of) for each, body in zip(wanted, bodies, strict=True)
        ]

    @question
    async def search(
        self,
        info: Info,
        text: str,
        kinds: list[NodeKind] | None = None,
        first: int | None = 20,
        after: str | None = None,
    ) -> NodeConnection:
        """Things whose key or name holds the text, whatever its case, by kind and key. Sealed fields are not searched, nor kinds and fields that the viewer may not see."""
        context = context_of(info)
        page = await reading.search(context, text, kinds=names_of(kinds), first=page_size(first, 20), after=after)
        return NodeConnection.of(page, await context.position())

    @question
    async def operation(self, info: Info, id: strawberry.ID) -> Operation | None:  # noqa: A002 - as in `node`
        """The operation with this id, corrected ones included; null where there is none."""
        return await load_operation(context_of(info), reading.operation_id(id))
