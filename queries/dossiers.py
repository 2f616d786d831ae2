"""Everything that is recorded of one thing or one operation, as a person reads it: one answer at one position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.errors import NotFound
from graph.reader import AsOf
from graph.rules.ranges import AppliedRange
from queries.around import Surroundings, surroundings
from queries.deviations import Deviation, deviations_of
from queries.ids import OPERATION_PREFIX
from queries.nodes import Node, nodes
from queries.operations import Operation, operation, operation_keys, operations
from queries.pages import Page, page_of
from queries.privacy import View, not_to_be_looked_up
from queries.ranges import ranges_of

__all__ = ["NodeDossier", "OperationDossier", "node_dossier", "operation_dossier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDossier:
    """A thing with a page of its operations, the latest first, and their departures by operation.

    ``acts`` is None where they were not asked for. ``making`` is the operation that made the thing, ``member`` where
    that has its fields; ``ranges`` and ``making_deviations`` are that operation's.
    """

    node: Node
    surroundings: Surroundings
    acts: Page[Operation] | None
    deviations: Mapping[str, Sequence[Deviation]]
    making: Operation | None
    member: str
    ranges: Sequence[AppliedRange]
    making_deviations: Sequence[Deviation]
    as_of_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDossier:
    """An operation with its departures and the limits that its values are held against."""

    operation: Operation
    deviations: Sequence[Deviation]
    ranges: Sequence[AppliedRange]
    as_of_seq: int


async def node_dossier(view: View, id_: str, *, first: int | None, after: str | None = None) -> NodeDossier:
    """``first`` None: without its operations, for what nearly every operation names.

    Raises BadInput, NotFound, NotPermitted (a node whose code the viewer may not see).
    """
    seq = (await view.reader.head()).seq
    as_of = AsOf(seq)
    (node,) = await nodes(view, [id_])
    if node is not None and node.is_hidden:  # said whether it exists or not
        raise not_to_be_looked_up(id_)
    if node is None:
        raise NotFound((id_,))
    acts = None if first is None else await _acts(view, node, as_of, first, after)
    shown = [act.id for act in acts.items] if acts is not None else []
    makers = [node.made_by] if node.made_by is not None else []
    deviations = await deviations_of(view, dict.fromkeys([*shown, *makers]), seq)
    making = await operation(view, node.made_by) if node.made_by is not None else None
    place = next((number for number, end in enumerate(making.outputs) if end.node == node.node), 0) if making else 0
    return NodeDossier(
        node=node,
        surroundings=await surroundings(view, node.node, as_of),
        acts=acts,
        deviations={name: deviations[name] for name in shown},
        making=making,
        member=f"outputs[{place}].data",
        ranges=(await ranges_of(view, makers, as_of)).get(makers[0], ()) if makers else (),
        making_deviations=deviations.get(node.made_by or "", ()),
        as_of_seq=seq,
    )


async def _acts(view: View, node: Node, as_of: AsOf, first: int, after: str | None) -> Page[Operation]:
    keys = (await operation_keys(view, [node.node], as_of))[node.node][::-1]
    page = page_of(keys, first, after, as_of.seq)
    return page.with_items(await operations(view, page.items, as_of))


async def operation_dossier(view: View, operation_id: str) -> OperationDossier:
    """Of an operation, a corrected one too. Raises NotFound."""
    seq = (await view.reader.head()).seq
    found = await operation(view, operation_id)
    if found is None:
        raise NotFound((f"{OPERATION_PREFIX}{operation_id}",))
    return OperationDossier(
        operation=found,
        deviations=(await deviations_of(view, [operation_id], seq))[operation_id],
        ranges=(await ranges_of(view, [operation_id])).get(operation_id, ()),
        as_of_seq=seq,
    )
