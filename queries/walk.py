"""Walking the lineage level by level: all ancestors or descendants along the material edges, and what touched them.

Iterative, exact, complete: how often the store is asked depends on depth, kinds and edge types, never on how many
nodes there are. Nothing here knows who asks. Source: the rules of the trace in the recall specification.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graph.errors import Incomplete
from graph.reader import AsOf, Direction, EdgeRow, Edges, NodeId, by_kind
from graph.saying import said
from graph.vocabulary import KINDS, MATERIAL_EDGES, OPERATIONS, USES
from queries.beginnings import Beginnings, begin

__all__ = ["LARGEST_TRACE", "Walk", "walk"]

LARGEST_TRACE = 2_000_000  # nodes; an answer that would be larger is refused, never cut short in silence

_MATERIAL_EDGES = frozenset(MATERIAL_EDGES)
_USES = tuple(use.edge for use in USES.values())
_USED_REAGENT = USES["Reagent"].edge
# What is listed one step off the material that it touched.
_TOUCHING = frozenset({"Equipment", "Reagent", "StoragePosition", "QCResult", "AdverseEvent"})
_TOUCHED_BY = (*_USES, *(name for name, operation in OPERATIONS.items() if operation.is_from_output))
_LEADING_TO = tuple(
    name
    for name, operation in OPERATIONS.items()
    if not operation.is_material
    and not operation.is_from_output
    and any(KINDS[taken].is_material and given in _TOUCHING for taken, given in operation.flows)
)


@dataclass(slots=True)
class Walk:
    """What a walk has found. ``material``: reached along material edges, from the start or what it began at."""

    direction: Direction
    as_of: AsOf
    max_depth: int | None
    depths: dict[NodeId, int] = field(default_factory=dict)
    material: set[NodeId] = field(default_factory=set)
    edges: dict[tuple[object, ...], EdgeRow] = field(default_factory=dict)
    has_more: bool = False  # something lies beyond max_depth

    def reach(self, node: NodeId, depth: int, *, is_material: bool) -> bool:
        """Takes a node in. True where it is new; False where it was known, or lies too deep."""
        if node in self.depths:
            return False
        if self.max_depth is not None and depth > self.max_depth:
            self.has_more = True
            return False
        if len(self.depths) >= LARGEST_TRACE:
            raise Incomplete(
                said("The answer has more than {most} nodes.", most=LARGEST_TRACE),
                remedy=said("Start further along the lineage, or ask with maxDepth."),
                code="too_large",
            )
        self.depths[node] = depth
        if is_material:
            self.material.add(node)
        return True

    def keep(self, edges: Iterable[EdgeRow]) -> None:
        """Takes in the edges whose ends both belong to the answer."""
        for edge in edges:
            if edge.source in self.depths and edge.target in self.depths:
                self.edges[edge.type, edge.source, edge.target, edge.operation_id, edge.start_ms] = edge

    def can_go_beyond(self, depth: int) -> bool:
        """Whether the level after ``depth`` need be read: to list it, or to know that there is one."""
        return self.max_depth is None or depth < self.max_depth or not self.has_more


async def walk(
    lineage: Edges, starts: Iterable[NodeId], direction: Direction, as_of: AsOf, *, max_depth: int | None = None
) -> Walk:
    """All that the starts lead to or come from, and what touched it.

    A start that is a resource, person, study, institution, result or position begins at what it touched, made,
    enrolled, is about, or held (`queries.beginnings`). Raises Incomplete (code ``too_large``) rather than cut short.
    """
    found = Walk(direction=direction, as_of=as_of, max_depth=max_depth)
    starts = list(starts)
    for start in starts:
        found.reach(start, 0, is_material=KINDS[start[0]].is_material)
    beginnings = await begin(lineage, starts, as_of)
    is_line = direction is Direction.FORWARD and any(kind == "Reagent" for kind, _ in starts)
    await _along_material(lineage, found, beginnings, is_line=is_line)
    if direction is Direction.FORWARD:
        await _through_reagents(lineage, found)
    await _touching(lineage, found)
    return found


def _far(edge: EdgeRow, direction: Direction) -> NodeId:
    return edge.target if direction is Direction.FORWARD else edge.source


async def _along_material(lineage: Edges, found: Walk, beginnings: Beginnings, *, is_line: bool) -> None:
    """Breadth first. What a start reagent was made into is the same reagent: what that touched counts too."""
    level = [node for node in found.depths if KINDS[node[0]].is_material]
    line = {node for node in level if node[0] == "Reagent"} if is_line else set()
    pending: list[EdgeRow] = [*beginnings.edges]
    depth = 0
    while True:
        edges: list[EdgeRow] = []
        reached: list[NodeId] = []
        if found.can_go_beyond(depth):
            edges = await lineage.neighbours(found.direction, by_kind(level), MATERIAL_EDGES, found.as_of)
            if line_now := [node for node in level if node in line]:
                edges += await lineage.neighbours(Direction.FORWARD, by_kind(line_now), (_USED_REAGENT,), found.as_of)
        if depth == 0:
            reached += [node for node in beginnings.material if found.reach(node, 1, is_material=True)]
            for node in beginnings.other:
                found.reach(node, 1, is_material=False)
        for edge in edges:
            far = _far(edge, found.direction)
            near = edge.other(far)
            is_known_line = near in line and edge.type in _MATERIAL_EDGES and far[0] == "Reagent"
            if edge.type == _USED_REAGENT and not KINDS[far[0]].is_material:
                continue
            if found.reach(far, depth + 1, is_material=True):
                reached.append(far)
            if is_known_line and far in found.depths:
                line.add(far)
        pending += edges
        if not reached:
            break
        level, depth = reached, depth + 1
    found.keep(pending)


async def _through_reagents(lineage: Edges, found: Walk) -> None:
    """What was made of a donor, tissue or lot into a reagent goes on into what that reagent was used on.

    These are no material edges: what is reached is listed, but not as material.
    """
    by_depth: dict[int, list[NodeId]] = {}
    walked = {edge.source for edge in found.edges.values() if edge.type == _USED_REAGENT}
    for node in found.material:
        if node[0] == "Reagent" and node not in walked:
            by_depth.setdefault(found.depths[node], []).append(node)
    depth = min(by_depth, default=0)
    while by_depth:
        level = by_depth.pop(depth, [])
        if level and found.can_go_beyond(depth):
            reagents = [node for node in level if node[0] == "Reagent"]
            edges = await lineage.neighbours(Direction.FORWARD, by_kind(reagents), (_USED_REAGENT,), found.as_of)
            edges = [edge for edge in edges if KINDS[edge.target[0]].is_material]
            onward = [node for node in level if node not in found.material]
            edges += await lineage.neighbours(Direction.FORWARD, by_kind(onward), MATERIAL_EDGES, found.as_of)
            for edge in edges:
                if found.reach(edge.target, depth + 1, is_material=False):
                    by_depth.setdefault(depth + 1, []).append(edge.target)
            found.keep(edges)
        depth += 1


async def _touching(lineage: Edges, found: Walk) -> None:
    """Equipment, positions, results and adverse events one step off the material; reagents with what they came from."""
    touched = {node: depth for node, depth in found.depths.items() if KINDS[node[0]].is_material}
    if not touched:
        return
    frontier = by_kind(touched)
    edges = await lineage.neighbours(Direction.BACKWARD, frontier, _TOUCHED_BY, found.as_of)
    edges += await lineage.neighbours(Direction.FORWARD, frontier, _LEADING_TO, found.as_of)
    edges = [edge for edge in edges if _touching_end(edge) is not None]
    edges += [place for edge in (*found.edges.values(), *edges) for place in _places(edge) if (place.source in touched)]
    new: dict[NodeId, int] = {}
    for edge in edges:
        end = _touching_end(edge)
        if end is None:
            continue
        depth = touched.get(edge.other(end), 0) + 1
        if end not in found.depths:
            new[end] = min(depth, new.get(end, depth))
    for node, depth in new.items():
        found.reach(node, depth, is_material=False)
    found.keep(edges)
    await _prepared_from(lineage, found, [node for node in new if node[0] == "Reagent" and node in found.depths])


def _touching_end(edge: EdgeRow) -> NodeId | None:
    """The end of an edge that touched the other; None where neither did."""
    if edge.source == edge.target:
        return None
    if edge.type in _TOUCHED_BY:
        return edge.source
    return edge.target if edge.target[0] in _TOUCHING else None


def _places(edge: EdgeRow) -> list[EdgeRow]:
    """The positions that an operation names as fields, as edges from what it touched."""
    touched = edge.target if edge.type in _MATERIAL_EDGES or edge.type in _TOUCHED_BY else edge.source
    return [
        EdgeRow(
            type=name.upper(),
            source=touched,
            target=("StoragePosition", place),
            operation_id=edge.operation_id,
            seq=edge.seq,
            start_ms=edge.start_ms,
            start_latest_ms=edge.start_latest_ms,
            end_ms=edge.end_ms,
            end_latest_ms=edge.end_latest_ms,
            offset_minutes=edge.offset_minutes,
        )
        for name in ("operation_location", "temporary_storage_location")
        if (place := getattr(edge, name)) is not None
    ]


async def _prepared_from(lineage: Edges, found: Walk, reagents: list[NodeId]) -> None:
    """The chain that reagents were prepared from, down to the donors of a serum or a feeder layer."""
    by_depth: dict[int, list[NodeId]] = {}
    for node in reagents:
        by_depth.setdefault(found.depths[node], []).append(node)
    depth = min(by_depth, default=0)
    while by_depth:
        level = by_depth.pop(depth, [])
        if level and found.can_go_beyond(depth):
            edges = await lineage.neighbours(Direction.BACKWARD, by_kind(level), MATERIAL_EDGES, found.as_of)
            for edge in edges:
                if found.reach(edge.source, depth + 1, is_material=False):
                    by_depth.setdefault(depth + 1, []).append(edge.source)
            found.keep(edges)
        depth += 1
