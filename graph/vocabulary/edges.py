"""The types of edge and the kinds they run between, derived from the operations."""

from __future__ import annotations

from graph.vocabulary.operations import OPERATIONS
from graph.vocabulary.uses import USES

__all__ = ["EDGE_FLOWS", "EDGE_TYPES", "MATERIAL_EDGES"]

EDGE_TYPES: tuple[str, ...] = (*OPERATIONS, *(use.edge for use in USES.values()), "CONTAINS", "PART_OF")
# With these the lineage is a graph without cycles.
MATERIAL_EDGES: tuple[str, ...] = (
    *(name for name, operation in OPERATIONS.items() if operation.is_material),
    "CONTAINS",
)


def _with_units(kind: str) -> tuple[str, ...]:
    return (kind, "CellUnit") if kind == "CellLot" else (kind,)


def _of_operation(name: str) -> tuple[tuple[str, str], ...]:
    operation = OPERATIONS[name]
    flows: dict[tuple[str, str], None] = {}
    for taken, given in operation.flows:
        for start in _with_units(taken):
            # A unit is an input of its own right; it becomes an output only where something is done to itself.
            flows[(given, start) if operation.is_from_output else (start, given)] = None
            if operation.is_reflexive or not operation.needs_output:
                flows[(start, start)] = None
    return tuple(flows)


def _of_use(kind: str) -> tuple[tuple[str, str], ...]:
    """A use leads to whatever an operation touches, on either side: ``on`` may name any of it."""
    touched: dict[str, None] = {}
    for operation in OPERATIONS.values():
        for taken, given in operation.flows:
            for end in (*_with_units(taken), *_with_units(given)):
                touched[end] = None
    return tuple((kind, end) for end in touched)


EDGE_FLOWS: dict[str, tuple[tuple[str, str], ...]] = {
    **{name: _of_operation(name) for name in OPERATIONS},
    **{use.edge: _of_use(use.kind) for use in USES.values()},
    "CONTAINS": (("CellLot", "CellUnit"),),
    "PART_OF": (("StoragePosition", "StoragePosition"),),
}
