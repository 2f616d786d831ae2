"""Traces and pictures of them, for tests: of records, or drawn up by hand where only their shape matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.reader import Direction, NodeId, id_text
from graph.viewer import Role, Viewer
from queries.privacy import View
from queries.trace import Completeness, Summary, Trace, TraceEdge, TraceNode
from support.memory_graph import MemoryGraph
from visualize import Picture, TraceQuestion, ask_picture

__all__ = ["ask", "drawn_up", "page_address"]


async def ask(
    graph: MemoryGraph,
    start: str,
    direction: str = "FORWARD",
    *,
    role: Role = Role.OWNER,
    log: Any = None,
    **asked: Any,
) -> Picture:
    """The picture of a trace, as someone of this role sees it."""
    view = View(reader=graph, viewer=Viewer(person="P-01", role=role), vault=graph.vault)
    if log is not None:
        view = View(reader=graph, viewer=view.viewer, vault=graph.vault, log=log)
    return await ask_picture(view, TraceQuestion(start=(start,), direction=Direction[direction], **asked))


def page_address(question: TraceQuestion, language: str) -> str:
    """An address for links that says what it asks."""
    members = [question.direction.value, *question.start, language]
    if question.max_depth is not None:
        members.append(f"depth={question.max_depth}")
    if question.kinds is not None:
        members.append(f"kinds={'+'.join(question.kinds)}")
    for name, nodes in (("show", question.opened.things), ("sources", question.opened.sources)):
        members += [f"{name}={id_text(node)}" for node in nodes]
    members += [f"results={id_text(node)}" for node in question.opened.results]
    return "/view/trace?" + "&".join(members)


def drawn_up(edges: Sequence[tuple[NodeId, str, NodeId]], start: NodeId, beside: Iterable[NodeId] = ()) -> Trace:
    """The complete forward trace from the start along these edges: what it reaches, and what of ``beside`` leads into
    that (the nearest first). All its nodes are material but those.
    """
    depths: dict[NodeId, int] = {start: 0}
    level = [start]
    onward: dict[NodeId, list[NodeId]] = {}
    for source, _, target in edges:
        onward.setdefault(source, []).append(target)
    while level:
        found = list(dict.fromkeys(far for node in level for far in onward.get(node, ()) if far not in depths))
        depths |= dict.fromkeys(found, depths[level[0]] + 1)
        level = found
    apart = frozenset(beside)
    for source, _, target in edges:
        if source in apart and target in depths:
            depths.setdefault(source, depths[target] + 1)
    edges = [edge for edge in edges if edge[0] in depths and edge[2] in depths]
    nodes = [TraceNode(node, depths[node], node not in apart) for node in sorted(depths, key=lambda n: (depths[n], n))]
    return Trace(
        nodes=nodes,
        edges=[_edge(kind, source, target) for source, kind, target in edges],
        completeness=Completeness(
            complete=True, reason=None, depth_reached=max(depths.values()), nodes_seen=len(nodes), hidden=0
        ),
        summary=Summary(
            total=len(nodes),
            by_kind=_counted(item.node[0] for item in nodes),
            by_depth=_counted(item.depth for item in nodes),
        ),
        as_of_seq=1,
    )


def _counted(values: Iterable[Any]) -> tuple[tuple[Any, int], ...]:
    counts: Mapping[Any, int] = Counter(values)
    return tuple(sorted(counts.items()))


def _edge(kind: str, source: NodeId, target: NodeId) -> TraceEdge:
    return TraceEdge(
        type=kind,
        operation_id=None,
        source=source,
        target=target,
        start_ms=None,
        start_latest_ms=None,
        end_ms=None,
        end_latest_ms=None,
        offset_minutes=0,
    )
