"""How large the graph of some records will be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.vocabulary import OPERATIONS

__all__ = ["Size", "measure"]

_SPAN = re.compile(r".*#(\d+)-(\d+)")


@dataclass(kw_only=True)
class Size:
    """Counts of what records make: nodes (units are nodes), edges (containment and places in places are edges)."""

    records: int = 0
    nodes: int = 0
    edges: int = 0


def _units(end: Mapping[str, Any]) -> int:
    """How many units an end names."""
    return sum(
        int(span[2]) - int(span[1]) + 1 if (span := _SPAN.fullmatch(unit)) else 1 for unit in end.get("units", ())
    )


def _ends(end: Mapping[str, Any]) -> int:
    """How many edges leave an input: one for each unit it names, else one."""
    return _units(end) or 1


def measure(records: Iterable[Mapping[str, Any]]) -> Size:
    """The size of the graph that these records make. Replacements of corrections count as what they write."""
    size = Size()
    for record in records:
        size.records += 1
        if record["record"] == "node":
            size.nodes += 1
            size.edges += record["kind"] == "StoragePosition" and "parent" in record["data"]
        elif record["record"] == "operation":
            _add_operation(size, record, is_new=True)
        elif record["record"] == "correction" and record["replacement"] is not None:
            _add_operation(size, record["replacement"], is_new=False)
    return size


def _add_operation(size: Size, record: Mapping[str, Any], *, is_new: bool) -> None:
    operation = OPERATIONS[record["type"]]
    inputs = sum(_ends(end) for end in record["inputs"])
    outputs = record.get("outputs", [])
    size.edges += inputs * max(1, len(outputs))
    touched = len(outputs) if operation.is_material else inputs
    for use in record.get("uses", ()):
        size.edges += len(use.get("on", ())) or touched
    if operation.creates:
        units = sum(_units(end) for end in outputs)
        size.edges += units
        if is_new:
            size.nodes += len(outputs) + units
