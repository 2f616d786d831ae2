"""A step between two things as a row of a page."""

from __future__ import annotations

from dataclasses import dataclass

from queries.trace import TraceEdge
from visualize.values import span_text

__all__ = ["EdgeRow", "edge_row"]


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """The edge, and its times as they are shown; empty where there is none, or it is kept from the viewer."""

    edge: TraceEdge
    start: str
    end: str


def edge_row(edge: TraceEdge) -> EdgeRow:
    def text(earliest: int | None, latest: int | None) -> str:
        return "" if earliest is None else span_text(earliest, latest, edge.offset_minutes)

    return EdgeRow(edge, text(edge.start_ms, edge.start_latest_ms), text(edge.end_ms, edge.end_latest_ms))
