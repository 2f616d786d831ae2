"""Whether something exists at a position of the ledger: it was recorded, or an operation made it."""

from __future__ import annotations

from graph.index.codes import CELL_UNIT, CREATES
from graph.index.lineage import Lineage
from graph.keeping.inverse import inverse_of
from graph.reader import NodeId

__all__ = ["exists"]


def exists(lineage: Lineage, node: NodeId) -> bool:
    """As the database says it of the position; what is only named by a use or an input does not exist by that."""
    number = lineage.find(node)
    return number is not None and (_is_recorded(lineage, number) or _is_made(lineage, number))


def _is_recorded(lineage: Lineage, thing: int) -> bool:
    column, as_of = lineage.facts.columns, lineage.as_of
    rows = inverse_of(lineage.facts).rows("node_thing", thing)
    return any(as_of.shows(column["node_seq"][row], column["node_recorded"][row], None, None) for row in rows)


def _is_made(lineage: Lineage, thing: int) -> bool:
    """By an operation that stands: as its output, or as a unit of it."""
    column = lineage.facts.columns
    lot = column["thing_lot"][thing] if column["thing_kind"][thing] == CELL_UNIT else thing
    return any(
        CREATES[column["op_type"][op]]
        and lineage.facts.is_live(op, lineage.as_of)
        and (lot == thing or thing in lineage.facts.units("output", row))
        for op, row in inverse_of(lineage.facts).outputs(lot)
    )
