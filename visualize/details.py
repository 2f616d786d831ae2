"""What is shown of a shape or a line when one points at it: the recorded fields that the viewer may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.reader import NodeId
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field, member_label
from queries.nodes import Node
from queries.operations import End, Operation, Used
from queries.trace import TraceEdge
from visualize.values import field_text, moment_text, names_text, span_text
from visualize.words import Speech, edge_label, name_in

__all__ = ["Row", "Section", "edge_section", "node_rows", "operation_section"]

_MEMBERS = (
    "performing_org",
    "operator",
    "reviewer",
    "study",
    "source_document",
    "despite",
    "reason",
    "acknowledged_by",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded value with its name."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a heading."""

    heading: str
    rows: Sequence[Row]


def node_rows(node: Node, say: Speech) -> list[Row]:
    """The fields of a thing in the order of the vocabulary, and which are kept from the viewer."""
    if node.is_hidden:
        return [Row(say("hidden_code"), "")]
    rows = [Row(say("stub"), "")] if node.is_stub else []
    fields = KINDS[node.node[0]].fields
    rows += _value_rows(fields, node.values, say)
    rows += _masked_rows(node.masked, fields, say)
    if node.made_by is not None:
        rows.append(Row(say("made_by"), node.made_by))
    return rows


def operation_section(operation: Operation, say: Speech) -> Section:
    """An operation's times, who did it, and its stage data."""
    fields = OPERATIONS[operation.type].fields
    members = MEMBERS["operation"].fields
    rows: list[Row] = []
    if operation.start is not None:
        rows.append(Row(member_label(operation.type, "start", say.language), moment_text(operation.start)))
    if operation.end is not None:
        rows.append(Row(member_label(operation.type, "end", say.language), moment_text(operation.end)))
    elif operation.is_open and "end" not in operation.masked:
        rows.append(Row(member_label(operation.type, "end", say.language), say("still_open")))
    rows += _value_rows(fields, operation.values, say)
    own = {name: operation.members[name] for name in _MEMBERS if name in operation.members}
    rows += _value_rows({name: members[name] for name in own}, own, say)
    rows += _masked_rows(operation.said_to_be_masked, {**fields, **members}, say)
    return Section(f"{edge_label(operation.type, say.language)} · {operation.id}", rows)


def edge_section(edge: TraceEdge, operation: Operation | None, say: Speech) -> Section:
    """What one edge says of its own: how much went along it, or how a resource was used."""
    heading = edge_label(edge.type, say.language)
    if operation is None:
        rows = (
            [Row(say("start_time"), span_text(edge.start_ms, edge.start_latest_ms, edge.offset_minutes))]
            if (edge.start_ms is not None)
            else []
        )
        return Section(heading, rows)
    rows = []
    if edge.type in _USES_BY_EDGE:
        for used in operation.uses:
            if used.node == edge.source:
                rows += _use_rows(used, say)
    else:
        for side, ends in (("inputs", operation.inputs), ("outputs", operation.outputs)):
            for end in ends:
                if _is_end(end, (edge.source, edge.target)):
                    rows += _end_rows(end, side, say)
    return Section(heading, rows)


_USES_BY_EDGE = {use.edge: use for use in USES.values()}


def _is_end(end: End, ends: Sequence[NodeId]) -> bool:
    return end.node in ends or any(("CellUnit", unit) in ends for unit in end.units)


def _end_rows(end: End, side: str, say: Speech) -> list[Row]:
    fields = MEMBERS[side].fields
    label = f"{name_in(MEMBERS[side], say.language)} {end.node[1]}"
    parts: list[str] = []
    if end.quantity is not None:
        unit = None if end.unit is None else fields["unit"].choices.label(end.unit, say.language)
        parts.append(field_text(fields["quantity"], end.quantity, say, {"unit": unit}))
    if end.units:
        parts.append(names_text(end.units, say))
    if end.is_consumed:
        parts.append(name_in(fields["consumed"], say.language))
    return [Row(label, say("joined").join(parts))] if parts else []


def _use_rows(used: Used, say: Speech) -> list[Row]:
    fields = USES[used.node[0]].fields
    members = MEMBERS["uses"].fields
    rows: list[Row] = []
    for name, moment in (("start", used.start), ("end", used.end)):
        if moment is not None:
            rows.append(Row(name_in(members[name], say.language), moment_text(moment)))
    if used.is_open and used.end is None:
        rows.append(Row(name_in(members["end"], say.language), say("still_open")))
    if used.node[0] == "Equipment":
        rows += _value_rows(members, {"process": used.process}, say)
    rows += _value_rows(fields, used.values, say)
    return rows + _masked_rows(used.masked, fields, say)


def _value_rows(fields: Mapping[str, Field], values: Mapping[str, Any], say: Speech) -> list[Row]:
    units = {  # told with the number
        field.unit_field for name, field in fields.items() if field.unit_field and values.get(name) is not None
    }
    labelled = {
        name: fields[name].choices.label(values[name], say.language)
        for name in units
        if name in fields and isinstance(values.get(name), str)
    }
    return [
        Row(name_in(field, say.language), field_text(field, values[name], say, {**values, **labelled}))
        for name, field in fields.items()
        if values.get(name) is not None and name not in units
    ]


def _masked_rows(masked: Iterable[str], fields: Mapping[str, Field], say: Speech) -> list[Row]:
    names = [name_in(fields[name], say.language) if name in fields else name for name in masked]
    return [Row(say("masked"), say("joined").join(names))] if names else []
