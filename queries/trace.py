"""The trace: everything that something comes from or has become, and what touched it on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from graph.errors import BadInput, Incomplete
from graph.index.lineage import Lineage
from graph.keeping import run_kernel
from graph.keeping.edges import LineageEdges
from graph.reader import Direction, EdgeRow, NodeId, by_kind
from graph.saying import said
from graph.vocabulary import KINDS, OPERATIONS, member_tier
from queries.ids import parse_ids, parse_node_id
from queries.pages import Page, page_of
from queries.privacy import View
from queries.starts import answer_position, check_starts
from queries.stubs import stubs_of
from queries.walk import Walk, walk

__all__ = [
    "NAMED_STUBS",
    "Completeness",
    "Summary",
    "Trace",
    "TraceEdge",
    "TraceNode",
    "reachable",
    "trace",
    "trace_edges",
    "trace_nodes",
    "why_hidden",
    "why_unrecorded",
]

# A position's place may be said by its own record: then the edge belongs to no operation.
_NO_OPERATION = ("node:", "stub:", "amendment:")
NAMED_STUBS = 10  # in the sentence that says why an answer is incomplete


def why_unrecorded(names: Sequence[str], count: int) -> str:
    """Why an answer is not whole that meets what was only named: the first of those, and how many there are."""
    rest = count - len(names)
    return f"origin not recorded: {', '.join(names)}{f' and {rest} more' if rest else ''}"


def why_hidden(count: int) -> str:
    """What is kept from the viewer of an answer that is whole."""
    return f"{count} shown as stubs: your role may not see their codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Whether the answer is whole. ``hidden``: nodes shown as stubs, because the viewer may not see their keys.

    ``reason`` is a sentence of what the members after ``hidden`` say: the depth beyond which there is more, and things
    whose origin is not recorded, the first of them by id.
    """

    complete: bool
    reason: str | None
    depth_reached: int | None  # None: not worked out
    nodes_seen: int
    hidden: int
    more_beyond_depth: int | None = None
    unrecorded: tuple[str, ...] = ()
    unrecorded_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many nodes are listed: in all, by kind, by depth."""

    total: int
    by_kind: tuple[tuple[str, int], ...]
    by_depth: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TraceNode:
    """One thing in a trace. ``is_material``: it lies on the lineage; otherwise it touched it."""

    node: NodeId  # a stub's, where hidden
    depth: int
    is_material: bool
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEdge:
    """One edge between two things in a trace, in the direction it is recorded in. Times are None where masked."""

    type: str
    operation_id: str | None
    source: NodeId
    target: NodeId
    start_ms: int | None
    start_latest_ms: int | None
    end_ms: int | None
    end_latest_ms: int | None
    offset_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A whole answer, in the order of depth, kind and key. Pages of it come from `trace_nodes` and `trace_edges`."""

    nodes: Sequence[TraceNode]
    edges: Sequence[TraceEdge]
    completeness: Completeness
    summary: Summary
    as_of_seq: int


async def trace(
    view: View,
    start: Iterable[str],
    direction: Direction,
    *,
    kinds: Collection[str] | None = None,
    operations: Collection[str] | None = None,
    max_depth: int | None = None,
    known_at_ms: int | None = None,
    as_of_seq: int | None = None,
    pushdown: bool = False,
) -> Trace:
    """All ancestors or descendants of the starts along the material edges, whatever the time.

    ``kinds`` and ``operations`` choose what is listed, never what is walked. ``known_at_ms`` answers as the records
    stood then; ``as_of_seq`` as the ledger stood at that entry (now, without one). ``pushdown``: walked in the database
    instead of in the index; the same answer.

    Raises BadInput, NotFound, NotPermitted (a start whose code the viewer may not see), Incomplete (too large).
    """
    starts = parse_ids(start, "start")
    if not starts:
        raise BadInput(said("start is empty."), remedy=said("Name at least one id."), member="start")
    if max_depth is not None and max_depth < 0:
        raise BadInput(
            said("maxDepth is {depth}.", depth=max_depth),
            remedy=said("Give 0 or more, or leave it out."),
            member="maxDepth",
        )
    as_of = await answer_position(view, known_at_ms, as_of_seq, pushdown=pushdown)
    lineage = None if pushdown else await view.indexed(as_of)
    await check_starts(view, starts, as_of, lineage)
    edges_of = view.reader if lineage is None else LineageEdges(lineage, view.reader)
    found = await walk(edges_of, starts, direction, as_of, max_depth=max_depth)
    hidden = await view.hidden(found.depths, as_of, lineage)
    ordered = sorted(found.depths, key=lambda node: (found.depths[node], node))
    for node in ordered:
        if node in hidden:
            view.stubs.name(node)  # numbered in the answer's order, the same on each page
    listed, edges = _listed(found, ordered, kinds, operations)
    timeless = {
        edge.operation_id
        for edge in found.edges.values()
        if (edge.type in OPERATIONS and member_tier(edge.type, "start") > view.tier)
        or view.keeps_back((edge.source, edge.target), hidden)
    }
    return Trace(
        nodes=[
            TraceNode(
                view.stubs.name(node) if node in hidden else node,
                found.depths[node],
                node in found.material,
                node in hidden,
            )
            for node in listed
        ],
        edges=[_shown_edge(view, edge, hidden, is_timeless=_is_timeless(view, edge, timeless)) for edge in edges],
        completeness=_completeness(view, found, hidden, await _stubs(view, found, lineage)),
        summary=_summary(found, listed),
        as_of_seq=as_of.seq,
    )


def trace_nodes(
    view: View, answer: Trace, first: int, after: str | None, kinds: Collection[str] | None = None
) -> Page[TraceNode]:
    """A page of the nodes of a trace, of these kinds where some are named. Logs the personal codes on it."""
    nodes = answer.nodes if kinds is None else [node for node in answer.nodes if node.node[0] in kinds]
    page = page_of(nodes, first, after, answer.as_of_seq)
    view.show_keys("trace", [node.node for node in page.items if not node.is_hidden])
    return page


def trace_edges(view: View, answer: Trace, first: int, after: str | None) -> Page[TraceEdge]:
    """A page of the edges of a trace. Logs the personal codes on it."""
    page = page_of(answer.edges, first, after, answer.as_of_seq)
    view.show_keys("trace", dict.fromkeys(end for edge in page.items for end in (edge.source, edge.target)))
    return page


async def reachable(
    view: View, source: str, target: str, *, known_at_ms: int | None = None, pushdown: bool = False
) -> bool:
    """Whether the target is, or comes from, the source along the material edges. Raises as `trace` does."""
    ends = [parse_node_id(source, "from"), parse_node_id(target, "to")]
    as_of = await answer_position(view, known_at_ms, None, pushdown=pushdown)
    lineage = None if pushdown else await view.indexed(as_of)
    await check_starts(view, ends, as_of, lineage)
    if lineage is not None and KINDS[ends[0][0]].is_material and ends[0][0] != "Reagent":
        return await _reaches(view, lineage, ends[0], ends[1])
    # What a reagent was made into counts as that reagent; a resource begins at what it touched.
    edges_of = view.reader if lineage is None else LineageEdges(lineage, view.reader)
    found = await walk(edges_of, [ends[0]], Direction.FORWARD, as_of)
    return ends[1] in found.material or ends[0] == ends[1]


async def _reaches(view: View, lineage: Lineage, source: NodeId, target: NodeId) -> bool:
    start, end = lineage.find(source), lineage.find(target)
    if start is None or end is None:
        return False
    stopped = await run_kernel(
        lambda flag: lineage.reach([start], Direction.FORWARD, cancel=flag), view.kernel_seconds, view.gone
    )
    is_reached = bool((stopped.found.nodes == end).any())
    if not is_reached and stopped.found.is_cancelled:
        raise Incomplete(
            said("The time for this question was up before it was answered."),
            remedy=said("Ask from something nearer, or allow more time (--question-seconds)."),
            code="stopped",
        )
    return is_reached


def _listed(
    found: Walk, ordered: Sequence[NodeId], kinds: Collection[str] | None, operations: Collection[str] | None
) -> tuple[list[NodeId], list[EdgeRow]]:
    """The nodes and edges to list. An operation's edges are its own and those of the same act."""
    edges = list(found.edges.values())
    nodes = list(ordered)
    if operations is not None:
        acts = {edge.operation_id for edge in edges if edge.type in operations}
        edges = [edge for edge in edges if edge.operation_id in acts]
        ends = {end for edge in edges for end in (edge.source, edge.target)}
        nodes = [node for node in nodes if node in ends]
    if kinds is not None:
        nodes = [node for node in nodes if node[0] in kinds]
        edges = [edge for edge in edges if edge.source[0] in kinds and edge.target[0] in kinds]
    depths = found.depths
    edges.sort(
        key=lambda edge: (
            max(depths[edge.source], depths[edge.target]),
            edge.type,
            edge.source,
            edge.target,
            edge.operation_id,
        )
    )
    return nodes, edges


def _is_timeless(view: View, edge: EdgeRow, timeless: Collection[str]) -> bool:
    """Whether the viewer may not see when it was: the act itself is private, or a use that touched a person in it."""
    is_of_person = any(KINDS[kind].is_person and view.hides_kind(kind) for kind, _ in (edge.source, edge.target))
    return edge.operation_id in timeless or (edge.type not in OPERATIONS and is_of_person)


def _shown_edge(view: View, edge: EdgeRow, hidden: Collection[NodeId], *, is_timeless: bool) -> TraceEdge:
    return TraceEdge(
        type=edge.type,
        operation_id=None if edge.operation_id.startswith(_NO_OPERATION) else edge.operation_id,
        source=view.stubs.name(edge.source) if edge.source in hidden else edge.source,
        target=view.stubs.name(edge.target) if edge.target in hidden else edge.target,
        start_ms=None if is_timeless else edge.start_ms,
        start_latest_ms=None if is_timeless else edge.start_latest_ms,
        end_ms=None if is_timeless else edge.end_ms,
        end_latest_ms=None if is_timeless else edge.end_latest_ms,
        offset_minutes=edge.offset_minutes,
    )


async def _stubs(view: View, found: Walk, lineage: Lineage | None) -> list[NodeId]:
    """Those of the nodes that were only named, by kind and key."""
    if lineage is None:
        return sorted(await view.reader.stubs(by_kind(found.depths), found.as_of))
    return sorted(node for number in stubs_of(lineage) if (node := lineage.node(number)) in found.depths)


def _completeness(view: View, found: Walk, hidden: Collection[NodeId], stubs: Sequence[NodeId]) -> Completeness:
    reasons: list[str] = []
    if found.has_more:
        reasons.append(f"there is more beyond depth {found.max_depth}")
    names = [view.shown_id(node, hidden) for node in stubs[:NAMED_STUBS]]
    if stubs:
        reasons.append(why_unrecorded(names, len(stubs)))
    is_complete = not reasons
    if hidden:
        reasons.append(why_hidden(len(hidden)))
    return Completeness(
        complete=is_complete,
        reason="; ".join(reasons) or None,
        depth_reached=max(found.depths.values()),
        nodes_seen=len(found.depths),
        hidden=len(hidden),
        more_beyond_depth=found.max_depth if found.has_more else None,
        unrecorded=tuple(names),
        unrecorded_count=len(stubs),
    )


def _summary(found: Walk, listed: Sequence[NodeId]) -> Summary:
    return Summary(
        total=len(listed),
        by_kind=tuple(sorted(Counter(kind for kind, _ in listed).items())),
        by_depth=tuple(sorted(Counter(found.depths[node] for node in listed).items())),
    )
