"""Where a thing has been, on each engine: read from the index, or from the database without one, it is the same answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graph.times import parse_moment
from graph.viewer import OWNER
from queries.whereabouts import Manner, Whereabouts, whereabouts
from service.store import Store
from support.bench_sheet import BenchSheet, Json, units_of
from support.stores import import_all
from support.trial import correction, excursion, trial

THINGS = ("CellLot:DP1", "CellLot:MCB1", "CellUnit:DP1#3", "CellUnit:DP1#4", "Tissue:T1", "Reagent:R-MED-8")
BEFORE = parse_moment("2025-06-01T00:00:00+08:00").earliest_ms


async def _both(store: Store, thing: str, **asked: Any) -> Whereabouts:
    """The answer, which is the same with the index and without."""
    view = store.view(OWNER)
    indexed = await whereabouts(view, thing, **asked)
    assert view.index is not None
    assert await whereabouts(replace(store.view(OWNER), index=None), thing, **asked) == indexed
    return indexed


@pytest.fixture
async def told(store: Store) -> Store:
    for records in (trial(), correction(), excursion()):
        await import_all(store, records)
    return store


async def test_the_trial_is_told_alike_from_the_index_and_from_the_database(told: Store) -> None:
    for thing in THINGS:
        await _both(told, thing)
        await _both(told, thing, known_at_ms=BEFORE)
    swapped = await _both(told, "CellUnit:DP1#4", known_at_ms=BEFORE)
    assert Manner.COUNT in swapped.by_manner, "the count was voided later"
    mended = await _both(told, "CellUnit:DP1#4")
    assert mended.intervals[-1].manner is Manner.TAKEN


def _at(moment: str, records: list[Json]) -> list[Json]:
    return [{**each, "recorded_at": moment} for each in records]


async def test_a_stay_in_a_moved_rack_is_told_as_the_moves_were_known(store: Store) -> None:
    sheet = BenchSheet()
    for tank in ("TK1", "TK2", "TK3"):
        sheet.node("StoragePosition", tank, level="tank")
    sheet.node("StoragePosition", "RK", level="rack", parent="TK1")
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=3)
    sheet.stored(units_of("B1", 1, 2), "RK")
    await import_all(store, _at("2025-07-01T00:00:00Z", sheet.records))
    sheet.records.clear()
    rack, other = ({"kind": "StoragePosition", "id": key} for key in ("RK", "TK2"))
    moved = sheet.act("MOVED", [rack], [other])
    await import_all(store, _at("2025-07-02T00:00:00Z", sheet.records))
    await import_all(store, _at("2025-07-03T00:00:00Z", [sheet.correction(moved, None)]))
    await import_all(store, _at("2025-07-04T00:00:00Z", [sheet.amendment("StoragePosition", "RK", parent="TK3")]))
    found = []
    for day in (1, 2, 3, 4):
        known = parse_moment(f"2025-07-0{day}T12:00:00Z").earliest_ms
        answer = await _both(store, "CellLot:B1", known_at_ms=known)
        stays = [each for each in answer.intervals if each.manner is Manner.STAY]
        found.append(["/".join(name for _, name in each.names) for each in stays])
    assert found == [["TK1/RK"], ["TK1/RK", "TK2/RK"], ["TK1/RK"], ["TK3/RK"]]
