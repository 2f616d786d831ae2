"""What a thing is part of, and what is part of it: units and their lot, positions above and below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.reader import AsOf, Direction, NodeId
from queries.privacy import View

__all__ = ["Surroundings", "in_order_of_numbers", "surroundings"]

_PARTS = {"CellLot": (Direction.FORWARD, "CONTAINS"), "StoragePosition": (Direction.BACKWARD, "PART_OF")}
_WHOLES = {"CellUnit": (Direction.BACKWARD, "CONTAINS"), "StoragePosition": (Direction.FORWARD, "PART_OF")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``wholes``: the lot of a unit, the position that a position stands in. ``parts``: the other way round.

    Things whose code the viewer may not see are shown as stubs, and are in ``hidden``.
    """

    wholes: Sequence[NodeId]
    parts: Sequence[NodeId]
    hidden: frozenset[NodeId]


async def surroundings(view: View, node: NodeId, as_of: AsOf) -> Surroundings:
    """Of a node that the viewer may see; by key, empty for kinds that have neither."""
    wholes = await _beside(view, node, as_of, _WHOLES.get(node[0]))
    parts = await _beside(view, node, as_of, _PARTS.get(node[0]))
    kept_back = await view.hidden([*wholes, *parts], as_of)
    shown = {each: view.stubs.name(each) if each in kept_back else each for each in (*wholes, *parts)}
    view.show_keys("node", [each for each in shown if each not in kept_back])
    return Surroundings(
        wholes=[shown[each] for each in wholes],
        parts=[shown[each] for each in parts],
        hidden=frozenset(shown[each] for each in kept_back),
    )


async def _beside(view: View, node: NodeId, as_of: AsOf, way: tuple[Direction, str] | None) -> list[NodeId]:
    if way is None:
        return []
    direction, edge_type = way
    edges = await view.reader.neighbours(direction, {node[0]: [node[1]]}, (edge_type,), as_of)
    # A position that was moved is in its new place only.
    return sorted({edge.other(node) for edge in edges if edge.end_ms is None}, key=in_order_of_numbers)


def in_order_of_numbers(node: NodeId) -> tuple[str, int, str]:
    """So that WCB1#9 comes before WCB1#10."""
    stem = node[1].rstrip("0123456789")
    number = node[1][len(stem) :]
    return stem, int(number or -1), number
