"""Many things at once: how often the store is asked depends on kinds and edge types, never on how many are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graph.errors import BadInput
from graph.reader import AsOf, NodeId
from queries.deviations import Deviation, deviations_of
from queries.nodes import Node, node_bodies
from queries.operations import Operation, OperationKey, operation_keys, operations
from queries.pages import Cursor, Page, page_of
from queries.privacy import View

__all__ = ["NodeAt", "OperationsOf", "load_deviations", "load_nodes", "load_operation_pages", "load_operations"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NodeAt:
    """A node as it stood at a position."""

    node: NodeId
    as_of: AsOf


@dataclass(frozen=True, slots=True)
class OperationsOf:
    """A page of the operations in which a node took part."""

    node: NodeId
    as_of: AsOf
    first: int
    after: str | None

    def position(self) -> AsOf:
        """The cursor's, where there is one. Raises BadInput for what is no cursor of such a list."""
        if self.after is None:
            return self.as_of
        return AsOf(Cursor.parse(self.after, (int,), head_seq=self.as_of.seq).seq, self.as_of.known_at_ms)


async def load_nodes(view: View, asked: Sequence[NodeAt]) -> list[Node | None]:
    """The nodes in the order asked for; None where there is none. One statement a kind and position."""
    found: dict[NodeAt, Node] = {}
    for as_of, together in _by_position((each.as_of, each) for each in asked).items():
        bodies = await node_bodies(view, [each.node for each in together], as_of)
        found |= {each: bodies[each.node] for each in together if each.node in bodies}
    return [found.get(each) for each in asked]


async def load_operations(view: View, ids: Sequence[str]) -> list[Operation | None]:
    """The operations in the order asked for, corrected ones included; None where there is none."""
    seqs = await view.reader.operation_seqs(ids)
    found = {each.id: each for each in await operations(view, [OperationKey(id_, seq, 0) for id_, seq in seqs.items()])}
    return [found.get(id_) for id_ in ids]


async def load_deviations(view: View, ids: Sequence[str], up_to: int) -> list[list[Deviation]]:
    """The departures of each operation, up to an entry, in the order asked for."""
    found = await deviations_of(view, ids, up_to)
    return [found[id_] for id_ in ids]


async def load_operation_pages(view: View, asked: Sequence[OperationsOf]) -> list[Page[Operation] | BadInput]:
    """The pages in the order asked for, each by start and id; a mistake in one spoils only that one."""
    keys: dict[OperationsOf, Page[OperationKey] | BadInput] = {}
    positions: list[tuple[AsOf, OperationsOf]] = []
    for each in asked:
        try:
            positions.append((each.position(), each))
        except BadInput as error:
            keys[each] = error
    for as_of, together in _by_position(positions).items():
        by_node = await operation_keys(view, [each.node for each in together], as_of)
        keys |= {each: _page(by_node[each.node], each, as_of) for each in together}
    wanted = {key.id: key for page in keys.values() if isinstance(page, Page) for key in page.items}
    bodies = {each.id: each for each in await operations(view, list(wanted.values()))}
    return [
        page if isinstance(page, BadInput) else page.with_items([bodies[key.id] for key in page.items])
        for page in (keys[each] for each in asked)
    ]


def _page(keys: Sequence[OperationKey], asked: OperationsOf, as_of: AsOf) -> Page[OperationKey] | BadInput:
    try:
        return page_of(keys, asked.first, asked.after, as_of.seq)
    except BadInput as error:
        return error


def _by_position(pairs: Iterable[tuple[AsOf, T]]) -> dict[AsOf, list[T]]:
    grouped: dict[AsOf, list[T]] = defaultdict(list)
    for as_of, each in pairs:
        grouped[as_of].append(each)
    return grouped
