"""Whose material it is: what comes from certain donors, by the lineage as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from graph.reader.protocol import AsOf, Direction, Edges, NodeId, by_kind
from graph.vocabulary import MATERIAL_EDGES

__all__ = ["autologous_donors", "descendants_of", "descended_from"]


async def autologous_donors(lineage: Edges, as_of: AsOf) -> frozenset[str]:
    """Keys of the donors who are themselves to be treated. Reads all donors."""
    rows = await lineage.nodes_where("Donor", "donor_relationship", ["autologous"], as_of)
    return frozenset(row.key for row in rows)


async def descended_from(
    lineage: Edges, nodes: Iterable[NodeId], donors: Collection[str], as_of: AsOf
) -> frozenset[NodeId]:
    """Those of the nodes that are one of the donors, or come from one along the material edges.

    Walks up from the nodes, a level at a time: how often the store is asked depends on the depth of the lineage.
    """
    wanted = frozenset(nodes)
    children: dict[NodeId, list[NodeId]] = defaultdict(list)
    seen = set(wanted)
    level = list(wanted)
    while level:
        edges = await lineage.neighbours(Direction.BACKWARD, by_kind(level), MATERIAL_EDGES, as_of)
        for edge in edges:
            children[edge.source].append(edge.target)
        level = list(dict.fromkeys(edge.source for edge in edges if edge.source not in seen))
        seen.update(level)
    found: set[NodeId] = set()
    ahead: list[NodeId] = [("Donor", key) for key in donors if ("Donor", key) in seen]
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += children[node]
    return wanted & found


async def descendants_of(lineage: Edges, donors: Collection[str], as_of: AsOf) -> frozenset[NodeId]:
    """All that comes from the donors along the material edges, themselves included."""
    found: set[NodeId] = {("Donor", key) for key in donors}
    level = list(found)
    while level:
        edges = await lineage.neighbours(Direction.FORWARD, by_kind(level), MATERIAL_EDGES, as_of)
        level = list(dict.fromkeys(edge.target for edge in edges if edge.target not in found))
        found.update(level)
    return frozenset(found)
