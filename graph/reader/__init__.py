"""Reading the lineage: nodes, one level of neighbours, ledger entries, in batches.

``Reader`` is what questions are asked of; ``StoreReader`` reads the database.
"""

from graph.reader.origins import autologous_donors, descendants_of, descended_from
from graph.reader.protocol import (
    LATEST,
    MAKING_EDGES,
    AsOf,
    DeviationRow,
    Direction,
    EdgeRow,
    Edges,
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
    "LATEST",
    "MAKING_EDGES",
    "AsOf",
    "DeviationRow",
    "Direction",
    "EdgeRow",
    "Edges",
    "EntryRow",
    "HeadRow",
    "NodeId",
    "NodeRow",
    "Reader",
    "StoreReader",
    "autologous_donors",
    "by_kind",
    "descendants_of",
    "descended_from",
    "id_text",
]
