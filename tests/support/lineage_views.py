"""One lineage through a viewer's eyes, read in either way: from an index, and pushed down to what keeps the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.keeping import Keeper
from graph.viewer import OWNER, Viewer
from queries.privacy import View
from support.memory_graph import MemoryGraph, MemoryLog
from support.memory_ledger import MemoryLedger

__all__ = ["WAYS", "view_of"]

WAYS = ("index", "pushdown")


def view_of(
    records: Iterable[Mapping[str, Any]],
    way: str,
    *,
    viewer: Viewer = OWNER,
    log: MemoryLog | None = None,
    kernel_seconds: float | None = None,
) -> View:
    kept = list(records)
    lineage = MemoryGraph(kept)
    return View(
        reader=lineage,
        viewer=viewer,
        vault=lineage.vault,
        log=log or MemoryLog(),
        index=Keeper(MemoryLedger(kept)) if way == "index" else None,
        kernel_seconds=kernel_seconds,
    )
