"""A line of a picture as a row of the table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.reader import id_text
from queries.operations import Operation
from queries.trace import TraceEdge
from visualize.details import Section, edge_section, operation_section
from visualize.values import span_text
from visualize.words import Speech, edge_label

__all__ = ["LinkRow", "act_label", "edge_row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """What a table says of a line: ``link`` is its number in the drawing."""

    link: int
    act: str
    source: str
    target: str
    start: str
    end: str
    recorded: Sequence[Section]


def edge_row(number: int, edge: TraceEdge, operation: Operation | None, say: Speech) -> LinkRow:
    """``operation``: the edge's, where the viewer may see it."""
    sections = [edge_section(edge, operation, say)]
    if operation is not None:
        sections.append(operation_section(operation, say))
    return LinkRow(
        link=number,
        act=act_label(edge, say),
        source=id_text(edge.source),
        target=id_text(edge.target),
        start="" if edge.start_ms is None else span_text(edge.start_ms, edge.start_latest_ms, edge.offset_minutes),
        end="" if edge.end_ms is None else span_text(edge.end_ms, edge.end_latest_ms, edge.offset_minutes),
        recorded=[section for section in sections if section.rows],
    )


def act_label(edge: TraceEdge, say: Speech) -> str:
    """What was done, and in which operation."""
    label = edge_label(edge.type, say.language)
    return f"{label} · {edge.operation_id}" if edge.operation_id else label
