"""Rows of a trace: what it lists, and the edges between."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import orjson

from exchange.answers.rows import Cell, FileOfAnswer, Rows, Table
from graph.reader import id_text
from graph.times import render
from graph.vocabulary import kind_code
from queries.ids import OPERATION_PREFIX
from queries.privacy import View
from queries.trace import Trace, TraceEdge, TraceNode

__all__ = ["EDGES", "NODES", "trace_file"]

# As GraphQL calls them.
NODES: Final = Table(row="node", title="nodes", columns=("id", "kind", "key", "depth", "isMaterial"))
EDGES: Final = Table(
    row="edge",
    title="edges",
    columns=("type", "operationId", "from", "to", "start", "startLatest", "end", "endLatest"),
)
_ROWS: Final = 4096


def trace_file(
    view: View, answer: Trace, asked: Mapping[str, Any], tables: Sequence[Table] = (NODES, EDGES)
) -> FileOfAnswer:
    """The nodes, the edges, or both. Notes in the access log what is personal in each part it gives."""

    def parts() -> Iterator[Rows]:
        if NODES in tables:
            for nodes in _slices(answer.nodes):
                view.show_keys("trace", [each.node for each in nodes if not each.is_hidden])
                yield Rows(table=NODES, cells=[_node_cells(each) for each in nodes])
        if EDGES in tables:
            for edges in _slices(answer.edges):
                view.show_keys("trace", dict.fromkeys(end for edge in edges for end in (edge.source, edge.target)))
                yield Rows(table=EDGES, cells=[_edge_cells(each) for each in edges])

    return FileOfAnswer(
        name="trace",
        asked=asked,
        tables=tuple(tables),
        count=sum(len({NODES.row: answer.nodes, EDGES.row: answer.edges}[table.row]) for table in tables),
        as_of_seq=answer.as_of_seq,
        completeness=answer.completeness,
        parts=parts(),
        digest=lambda: _digest(answer, asked),
    )


def _slices(items: Sequence[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while part := list(islice(remaining, _ROWS)):
        yield part


def _node_cells(item: TraceNode) -> list[Cell]:
    kind, key = item.node
    return [id_text(item.node), kind_code(kind), key, item.depth, item.is_material]


def _edge_cells(edge: TraceEdge) -> list[Cell]:
    def at(ms: int | None) -> str | None:
        return None if ms is None else render(ms, edge.offset_minutes)

    return [
        edge.type,
        None if edge.operation_id is None else f"{OPERATION_PREFIX}{edge.operation_id}",
        id_text(edge.source),
        id_text(edge.target),
        at(edge.start_ms),
        at(edge.start_latest_ms),
        at(edge.end_ms),
        at(edge.end_latest_ms),
    ]


def _digest(answer: Trace, asked: Mapping[str, Any]) -> str:
    """SHA-256 over what was asked and everything listed, as the viewer may see it, in one canonical form."""
    digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS) + b"\n")
    for item in answer.nodes:
        digest.update(orjson.dumps([*item.node, item.depth, item.is_material]) + b"\n")
    for edge in answer.edges:
        ends = [*edge.source, *edge.target]
        times = [edge.start_ms, edge.start_latest_ms, edge.end_ms, edge.end_latest_ms]
        digest.update(orjson.dumps([edge.type, edge.operation_id, *ends, *times]) + b"\n")
    return digest.hexdigest()
