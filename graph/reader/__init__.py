"""Reading the lineage: nodes, one level of neighbours, ledger entries, in batches.

``Reader`` is what questions are asked of; ``StoreReader`` reads the database.
"""

from graph.reader.protocol import (
    AsOf,
    DeviationRow,
    Direction,
    EdgeRow,
    EntryRow,
    HeadRow,
    NodeId,
    NodeRow,
    Reader,
    by_kind,
    id_text,
)
from graph.reader.store import StoreReader

__all__ = [
    "AsOf",
    "DeviationRow",
    "Direction",
    "EdgeRow",
    "EntryRow",
    "HeadRow",
    "NodeId",
    "NodeRow",
    "Reader",
    "StoreReader",
    "by_kind",
    "id_text",
]
