"""Where in the lineage each thing of a trace stands: how many generations from the start, and on which side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, unique

from graph.reader import Direction, NodeId
from graph.vocabulary import MATERIAL_EDGES, USES
from queries.trace import Trace, TraceEdge

__all__ = ["Side", "Standing", "standings"]

_LINEAGE_EDGES = frozenset({*MATERIAL_EDGES, *(use.edge for use in USES.values())})


@unique
class Side(Enum):
    """On the lineage itself; or beside it: what went into it (reagents, machines), what came of it (results, stays)."""

    LINEAGE = "lineage"
    INTO = "into"
    OUT_OF = "out_of"


@dataclass(frozen=True, slots=True)
class Standing:
    """``generation`` is counted from the start, in the direction of the trace; beside the lineage, that of what was
    touched. It may be negative for what something was made from before it touched the start.
    """

    generation: int
    side: Side


def standings(answer: Trace, direction: Direction) -> dict[NodeId, Standing]:
    """The standing of every node listed. A generation is the longest way from the start, so that each step of the
    lineage leads on to a later one. Linear in nodes and edges.
    """
    lineage = {item.node: item.depth for item in answer.nodes if item.is_material}
    found = {node: Standing(depth, Side.LINEAGE) for node, depth in _longest(lineage, answer.edges, direction).items()}
    _beside(found, answer, direction)
    for item in answer.nodes:  # what is linked to nothing that is listed
        found.setdefault(item.node, Standing(item.depth, Side.LINEAGE))
    return found


def _longest(lineage: Mapping[NodeId, int], edges: Iterable[TraceEdge], direction: Direction) -> dict[NodeId, int]:
    onward: dict[NodeId, list[NodeId]] = defaultdict(list)
    waiting: dict[NodeId, int] = defaultdict(int)
    for edge in edges:
        if edge.type in _LINEAGE_EDGES and edge.source in lineage and edge.target in lineage:
            near, far = _along(edge, direction)
            onward[near].append(far)
            waiting[far] += 1
    generation = dict(lineage)
    ready = [node for node in lineage if not waiting[node]]
    for node in ready:
        for far in onward[node]:
            generation[far] = max(generation[far], generation[node] + 1)
            waiting[far] -= 1
            if not waiting[far]:
                ready.append(far)
    return generation


def _along(edge: TraceEdge, direction: Direction) -> tuple[NodeId, NodeId]:
    return (edge.source, edge.target) if direction is Direction.FORWARD else (edge.target, edge.source)


def _beside(found: dict[NodeId, Standing], answer: Trace, direction: Direction) -> None:
    """Level by level from the lineage: what leads into it, and what it leads to."""
    into: dict[NodeId, list[NodeId]] = defaultdict(list)
    out_of: dict[NodeId, list[NodeId]] = defaultdict(list)
    for edge in answer.edges:
        into[edge.source].append(edge.target)
        out_of[edge.target].append(edge.source)
    level = [item.node for item in answer.nodes if item.node not in found]
    while level:
        placed: dict[NodeId, Standing] = {}
        for node in level:
            standing = _next_to(found, into[node], out_of[node], direction)
            if standing is not None:
                placed[node] = standing
        if not placed:
            return
        found |= placed
        level = [node for node in level if node not in placed]


def _next_to(
    found: Mapping[NodeId, Standing], into: Iterable[NodeId], out_of: Iterable[NodeId], direction: Direction
) -> Standing | None:
    """Beside the last that led to it; else beside the first that it led into, in the order of the flow."""
    downstream = 1 if direction is Direction.FORWARD else -1
    sources = [found[node] for node in out_of if node in found]
    if sources:
        last = max(sources, key=lambda standing: standing.generation * downstream)
        step = 0 if last.side is Side.LINEAGE else downstream
        return Standing(last.generation + step, Side.OUT_OF)
    targets = [found[node] for node in into if node in found]
    if targets:
        first = min(targets, key=lambda standing: standing.generation * downstream)
        step = 0 if first.side is Side.LINEAGE else -downstream
        return Standing(first.generation + step, Side.INTO)
    return None
