"""The kinds of node, each a type with all its fields, derived from the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from graph.reader import AsOf, NodeId, id_text
from graph.vocabulary import KINDS
from queries import nodes as finding
from queries.pages import Page
from resolvers.batches import NodeAt, OperationsOf
from schema.asking import Context, context_of
from schema.derived import Fields, Linked
from schema.described import question
from schema.naming import describe
from schema.pages import Connection, page_size, paged
from schema.vocabulary import NodeKind, node_kind

if TYPE_CHECKING:
    from schema.operations import Operation, OperationConnection

__all__ = ["NODE_TYPES", "Node", "NodeConnection", "load_node", "named_node", "show_node"]


@strawberry.interface(
    description="A thing: a donor, a lot, a machine, a person. Its own type has the fields of its kind."
)
class Node:
    id: strawberry.ID = strawberry.field(description="Kind:key, such as CellLot:L1P1. Of a masked thing: a stub's.")
    key: str
    kind: NodeKind
    is_stub: bool = strawberry.field(description="It was named by a record, but has not been described.")
    masked_fields: list[str] = strawberry.field(
        description="Fields that are null because their privacy tier is above the viewer's, whether recorded or not."
    )
    body: strawberry.Private[finding.Node]
    linked: strawberry.Private[Linked]

    @question
    async def made_by(self, info: Info) -> Annotated[Operation, strawberry.lazy("schema.operations")] | None:
        """The operation that made it; null where a record of its own did."""
        from schema.operations import load_operation  # operations and nodes name each other

        return None if self.body.made_by is None else await load_operation(context_of(info), self.body.made_by)

    @question
    async def operations(
        self, info: Info, first: int | None = 20, after: str | None = None
    ) -> Annotated[OperationConnection, strawberry.lazy("schema.operations")] | None:
        """The operations that it took part in, was used in, or did, by start; those corrected are left out."""
        from schema.operations import operation_connection  # operations and nodes name each other

        if self.body.is_hidden:
            return None
        asked = OperationsOf(self.body.node, self.linked.as_of, page_size(first, 20), after)
        return operation_connection(await context_of(info).operation_pages.load(asked), self.linked.as_of)


@strawberry.type(description="A page of nodes.")
class NodeConnection(Connection[Node]):
    not_searched: list[NodeKind] = strawberry.field(description="Kinds whose keys the viewer may not see.")

    @classmethod
    def of(cls, page: Page[finding.Node], as_of: AsOf) -> NodeConnection:
        return cls(
            **paged(page, lambda body: show_node(body, as_of)),
            not_searched=[node_kind(kind) for kind in page.not_searched],
        )


# What all nodes have: a field of that name is told apart by its kind's name.
_TAKEN = frozenset({"id", "key", "kind", "isStub", "maskedFields", "madeBy", "operations"})
_HIDDEN = ("id", "key", "operations", "madeBy")  # besides the fields of the kind


async def load_node(context: Context, node: NodeId, as_of: AsOf) -> Node | None:
    """The node at a position, in one batch with all others that are asked for meanwhile."""
    body = await context.nodes.load(NodeAt(node, as_of))
    return None if body is None else show_node(body, as_of)


async def named_node(context: Context, node: NodeId, as_of: AsOf, *, is_hidden: bool = False) -> Node:
    """A node that something else in the answer names. ``is_hidden``: it is a stub's name, there is nothing to load.

    Where its own record came later than the position, it was only named then: that is what is shown.
    """
    if is_hidden:
        return show_node(finding.hidden_node(node), as_of)
    found = await load_node(context, node, as_of)
    return found or show_node(finding.Node(node=node, values={}, masked=(), is_stub=True), as_of)


def show_node(body: finding.Node, as_of: AsOf) -> Node:
    kind, key = body.node
    fields = _FIELDS[kind]
    masked = [*_HIDDEN, *fields.masked(body.masked[1:])] if body.is_hidden else fields.masked(body.masked)
    node: Node = NODE_TYPES[kind](
        id=strawberry.ID(id_text(body.node)),
        key=key,
        kind=node_kind(kind),
        is_stub=body.is_stub,
        masked_fields=masked,
        body=body,
        linked=Linked(body.values, as_of),
        **fields.values(body.values),
    )
    return node


def _fields_of(kind: str) -> Fields:
    fields = Fields(owner=kind, load=load_node, taken=_TAKEN)
    for declared in KINDS[kind].fields.values():
        fields.add(declared, describe(declared))
    return fields


_FIELDS: dict[str, Fields] = {kind: _fields_of(kind) for kind in KINDS}
NODE_TYPES: dict[str, Any] = {
    kind: _FIELDS[kind].type(kind, Node, f"{part.en} {part.zh}. {part.__doc__} Privacy tier of the key: {part.tier}.")
    for kind, part in KINDS.items()
}
globals().update(NODE_TYPES)  # where fields that name a node of a kind look its type up
