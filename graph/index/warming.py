"""Compiles all kernels, or loads what was compiled on this machine before, so that no question has to wait for it."""

from __future__ import annotations

from graph.index.fragments import encoded, join
from graph.index.hazards import Channel, Hazard, Seed
from graph.index.index import Index
from graph.index.shelf import Shelf
from graph.reader import Direction, EntryRow, HeadRow

__all__ = ["warm"]


def warm() -> None:
    """Half a minute the first time on a machine, a second later. Does nothing that is seen."""
    entries = [
        EntryRow(seq=seq, name="", target="", record=record, recorded_ms=0, clock_ms=0)
        for seq, record in enumerate(_RECORDS, start=1)
    ]
    index = Index.build(entries[:-1], HeadRow(seq=len(entries) - 1, digest="", epoch=""))
    lineage = index.apply(entries[-1:], HeadRow(seq=len(entries), digest="", epoch=""))
    join([encoded([b"L"])])
    shelf = Shelf()
    shelf.put(encoded([b"L"]))
    shelf.rows("l")
    lot = lineage.find(("CellLot", "L"))
    assert lot is not None  # it stands below
    for direction in Direction:
        lineage.reach([lot], direction, max_depth=0)
    lineage.impact(Hazard.CONTAGIOUS, [Seed(node=("CellLot", "L")), Seed(node=("Equipment", "M"))], list(Channel))


_TIMES = {"start": "2025-01-01T00:00:00+00:00", "operator": "P", "performing_org": "O"}
_RECORDS = (
    {
        "record": "operation", "type": "SEPARATED", "id": "1", **_TIMES, "inputs": [{"kind": "Tissue", "id": "T"}],
        "outputs": [{"kind": "CellLot", "id": "L", "units": ["L#1"]}], "uses": [{"kind": "Equipment", "id": "M"}],
    },
    {
        "record": "operation", "type": "STORED", "id": "2", **_TIMES, "inputs": [{"kind": "CellLot", "id": "L"}],
        "outputs": [{"kind": "StoragePosition", "id": "S"}],
    },
    {
        "record": "operation", "type": "EXPANDED", "id": "3", **_TIMES,
        "inputs": [{"kind": "CellLot", "id": "L", "units": ["L#1"]}], "outputs": [{"kind": "CellLot", "id": "N"}],
    },
)  # fmt: skip
