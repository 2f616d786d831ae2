"""Where a position stood, and so what was in a tank: moved, moved by mistake, written down wrongly."""

from __future__ import annotations

import pytest

from graph.reader import Direction
from graph.times import parse_moment
from graph.viewer import OWNER
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import BenchSheet, Json
from support.stores import import_all

BEFORE, LATER = "2025-07-04T00:00:00Z", "2025-07-06T00:00:00Z"
MADE, MENDED, MENDED_AGAIN = "2025-07-02T00:00:00Z", "2025-07-05T00:00:00Z", "2025-07-05T12:00:00Z"


def _at(moment: str, records: list[Json]) -> list[Json]:
    return [{**each, "recorded_at": moment} for each in records]


def _sheet() -> BenchSheet:
    """T1 in a box of rack RK1; two more racks."""
    sheet = BenchSheet()
    for rack in ("RK1", "RK2", "RK3"):
        sheet.node("StoragePosition", rack, level="rack")
    sheet.node("StoragePosition", "BX1", level="box", parent="RK1")
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.act("STORED", [{"kind": "Tissue", "id": "T1"}], [{"kind": "StoragePosition", "id": "BX1"}], end=None)
    return sheet


def _moved(sheet: BenchSheet, to: str) -> Json:
    box, rack = ({"kind": "StoragePosition", "id": key} for key in ("BX1", to))
    return sheet.act("MOVED", [box], [rack])


def _amended(rack: str, number: int) -> Json:
    members = {"kind": "StoragePosition", "id_of": "BX1", "data": {"parent": rack}, "reason": "misread", "by": "P-02"}
    return {"record": "amendment", "id": f"BX1-A{number}", **members}


async def _holding(store: Store, known_at: str) -> set[str]:
    """The racks in which the tissue is found, as known at a time."""
    view = View(reader=store.reader, viewer=OWNER)
    known = parse_moment(known_at).earliest_ms
    found = set()
    for rack in ("RK1", "RK2", "RK3"):
        answer = await trace(view, [f"StoragePosition:{rack}"], Direction.FORWARD, known_at_ms=known)
        found |= {rack} if ("Tissue", "T1") in {each.node for each in answer.nodes} else set()
    return found


async def test_a_move_that_is_voided_was_known_until_then(store: Store) -> None:
    sheet = _sheet()
    move = _moved(sheet, "RK2")
    await import_all(store, _at(MADE, sheet.records))
    await import_all(store, _at(MENDED, [sheet.correction(move, None)]))
    assert await _holding(store, BEFORE) == {"RK1", "RK2"}
    assert await _holding(store, LATER) == {"RK1"}
    assert (await store.ledger.verify()).is_intact


async def test_a_place_amended_twice_is_the_last_one_only(store: Store) -> None:
    await import_all(store, _at(MADE, _sheet().records))
    await import_all(store, _at(MENDED, [_amended("RK2", 1)]))
    await import_all(store, _at(MENDED_AGAIN, [_amended("RK3", 2)]))
    assert await _holding(store, BEFORE) == {"RK1"}
    assert await _holding(store, "2025-07-05T06:00:00Z") == {"RK2"}
    assert await _holding(store, LATER) == {"RK3"}
    assert (await store.ledger.verify()).is_intact


@pytest.mark.parametrize("is_rebuilt", [False, True])
async def test_what_is_amended_under_a_later_move_ends_with_the_move(store: Store, *, is_rebuilt: bool) -> None:
    sheet = _sheet()
    move = _moved(sheet, "RK2")
    await import_all(store, _at(MADE, sheet.records))
    await import_all(store, _at(MENDED, [_amended("RK3", 1)]))
    if is_rebuilt:
        await store.ledger.rebuild()
    rows = await store.engine.read(
        "MATCH (a:StoragePosition {key: 'BX1'})-[r:PART_OF]->(b:StoragePosition) WHERE r.voided_ms IS NULL "
        "RETURN b.key AS rack, r.start_ms AS start, r.end_ms AS end ORDER BY rack"
    )
    begun = parse_moment(move["start"]).earliest_ms
    assert [(row["rack"], row["start"], row["end"]) for row in rows] == [("RK2", begun, None), ("RK3", None, begun)]
    assert (await store.ledger.verify()).is_intact
