"""Where a trace begins whose start is not material: at what a resource touched, a person or institution made, a study
enrolled, a result is about, or a position held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from graph.reader import AsOf, Direction, EdgeRow, Edges, NodeId, by_kind
from graph.vocabulary import KINDS, OPERATIONS, USES

__all__ = ["Beginnings", "begin"]

_RESULTS = frozenset({"QCResult", "AdverseEvent", "Document"})
_RESOURCES = frozenset(USES)
# Members of an operation that name who did it; the edges keep them.
_DOERS = {"Person": "operator", "Institution": "performing_org"}
_TO_RESULT = tuple(
    name
    for name, operation in OPERATIONS.items()
    if any(given in _RESULTS for _, given in operation.flows) and name != "TRAINED"
)
_TO_POSITION = tuple(
    name
    for name, operation in OPERATIONS.items()
    if any(given == "StoragePosition" and taken != given for taken, given in operation.flows)
    and not operation.is_from_output
)
_FROM_POSITION = tuple(name for name, operation in OPERATIONS.items() if operation.is_from_output)
_LEFT_IN = "temporary_storage_location"
_LEAVING_THERE = tuple(name for name, operation in OPERATIONS.items() if _LEFT_IN in operation.fields)


@dataclass(slots=True)
class Beginnings:
    """What stands one step from the start. ``material`` is walked from; ``other`` is only listed."""

    material: dict[NodeId, None] = field(default_factory=dict)
    other: dict[NodeId, None] = field(default_factory=dict)
    edges: list[EdgeRow] = field(default_factory=list)

    def add(self, node: NodeId, edge: EdgeRow) -> None:
        (self.material if KINDS[node[0]].is_material else self.other)[node] = None
        self.edges.append(edge)


async def begin(lineage: Edges, starts: Sequence[NodeId], as_of: AsOf) -> Beginnings:
    """What the starts that are not material, and reagents, begin at; empty for donors, tissues, lots and subjects."""
    found = Beginnings()
    await _about(lineage, [node for node in starts if node[0] in _RESULTS], as_of, found)
    # A result may be about a machine or a place: then the question is what passed through that.
    causes = [*starts, *(node for node in found.other if node[0] in {"Equipment", "StoragePosition"})]
    await _touched(lineage, [node for node in causes if node[0] in _RESOURCES], as_of, found)
    await _held(lineage, [node for node in causes if node[0] == "StoragePosition"], as_of, found)
    await _enrolled(lineage, [node for node in starts if node[0] == "Study"], as_of, found)
    for kind in _DOERS:
        await _done(lineage, [node for node in starts if node[0] == kind], as_of, found)
    return found


async def _about(lineage: Edges, results: list[NodeId], as_of: AsOf, found: Beginnings) -> None:
    if results:
        for edge in await lineage.neighbours(Direction.BACKWARD, by_kind(results), _TO_RESULT, as_of):
            if edge.source != edge.target:
                found.add(edge.source, edge)


async def _touched(lineage: Edges, resources: list[NodeId], as_of: AsOf, found: Beginnings) -> None:
    for kind, keys in by_kind(resources).items():
        for edge in await lineage.neighbours(Direction.FORWARD, {kind: keys}, (USES[kind].edge,), as_of):
            found.add(edge.target, edge)


async def _enrolled(lineage: Edges, studies: list[NodeId], as_of: AsOf, found: Beginnings) -> None:
    if not studies:
        return
    for edge in await lineage.neighbours(Direction.FORWARD, by_kind(studies), ("ENROLLED",), as_of):
        found.add(edge.target, edge)
    # A subject may name its study without a record of the enrolment.
    for row in await lineage.nodes_where("Subject", "study", [key for _, key in studies], as_of):
        study: NodeId = ("Study", row.values["study"])
        found.add(
            row.node_id,
            EdgeRow(
                type="STUDY", source=study, target=row.node_id, operation_id=f"node:{row.kind}:{row.key}", seq=row.seq
            ),
        )


async def _done(lineage: Edges, doers: list[NodeId], as_of: AsOf, found: Beginnings) -> None:
    """What the operations of a person or an institution made, or touched where they made nothing."""
    if not doers:
        return
    kind = doers[0][0]
    member = _DOERS[kind]
    for edge in await lineage.edges_where(member, [key for _, key in doers], tuple(OPERATIONS), as_of):
        doer: NodeId = (kind, edge.matched or "")
        operation = OPERATIONS[edge.type]
        made = edge.target if operation.is_material or operation.creates else None
        touched = edge.target if operation.is_from_output else edge.source
        for node in dict.fromkeys((touched,) if made is None else (made,)):
            found.add(node, replace(edge, type=member.upper(), source=doer, target=node))


async def _held(lineage: Edges, positions: list[NodeId], as_of: AsOf, found: Beginnings) -> None:
    """What stayed in a position or below it, at any time."""
    if not positions:
        return
    inside: dict[str, None] = dict.fromkeys(key for _, key in positions)
    level = list(inside)
    while level:
        edges = await lineage.neighbours(Direction.BACKWARD, {"StoragePosition": level}, ("PART_OF",), as_of)
        level = [key for key in dict.fromkeys(edge.source[1] for edge in edges) if key not in inside]
        inside |= dict.fromkeys(level)
        for edge in edges:
            found.edges.append(edge)
    frontier = {"StoragePosition": list(inside)}
    stays = await lineage.neighbours(Direction.BACKWARD, frontier, _TO_POSITION, as_of)
    for edge in stays:
        found.add(edge.source, edge)
    for edge in await lineage.neighbours(Direction.FORWARD, frontier, _FROM_POSITION, as_of):
        found.add(edge.target, edge)
    for edge in await lineage.edges_where(_LEFT_IN, list(inside), _LEAVING_THERE, as_of):
        place: NodeId = ("StoragePosition", edge.temporary_storage_location or "")
        found.add(edge.target, replace(edge, type=_LEFT_IN.upper(), source=edge.target, target=place))
