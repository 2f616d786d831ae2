"""The context of one request: who asks, and the loaders that gather what its fields need into batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import cast

from strawberry.dataloader import DataLoader
from strawberry.types import Info

from graph.errors import BadInput
from queries.deviations import Deviation
from queries.nodes import Node
from queries.operations import Operation
from queries.pages import Page
from resolvers.asking import Asking
from resolvers.batches import NodeAt, OperationsOf, load_deviations, load_nodes, load_operation_pages, load_operations

__all__ = ["Context", "context_of"]


class Context(Asking):
    """Make one for each request. What is loaded once stays for the rest of it."""

    @cached_property
    def nodes(self) -> DataLoader[NodeAt, Node | None]:
        async def load(keys: list[NodeAt]) -> Sequence[Node | None]:
            return await load_nodes(self.view, keys)

        return DataLoader(load_fn=load)

    @cached_property
    def operations(self) -> DataLoader[str, Operation | None]:
        async def load(keys: list[str]) -> Sequence[Operation | None]:
            return await load_operations(self.view, keys)

        return DataLoader(load_fn=load)

    @cached_property
    def deviations(self) -> DataLoader[str, list[Deviation]]:
        async def load(keys: list[str]) -> Sequence[list[Deviation]]:
            return await load_deviations(self.view, keys, (await self.position()).seq)

        return DataLoader(load_fn=load)

    @cached_property
    def operation_pages(self) -> DataLoader[OperationsOf, Page[Operation]]:
        async def load(keys: list[OperationsOf]) -> Sequence[Page[Operation] | BadInput]:
            return await load_operation_pages(self.view, keys)

        return DataLoader(load_fn=load)


def context_of(info: Info) -> Context:
    return cast("Context", info.context)
