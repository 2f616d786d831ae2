"""The ledger as a list, and what stands around a thing: masked like every other answer."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import BadInput
from graph.reader import AsOf
from graph.viewer import OWNER, Role, Viewer
from queries.around import surroundings
from queries.finding import operations_named
from queries.ledger import ledger_page
from queries.privacy import View
from queries.ranges import ranges_of
from support.bench_sheet import BenchSheet
from support.memory_graph import MemoryGraph, MemoryLog
from support.trial import correction, trial

Json = dict[str, Any]


def _view(lineage: MemoryGraph, role: Role = Role.OWNER, log: MemoryLog | None = None) -> View:
    viewer = OWNER if role is Role.OWNER else Viewer(person="P-01", role=role)
    return View(reader=lineage, viewer=viewer, vault=lineage.vault, log=log or MemoryLog())


@pytest.fixture(scope="module")
def lineage() -> MemoryGraph:
    return MemoryGraph([*trial(), *correction()])


async def test_pages_of_the_ledger_hold_each_entry_once_the_newest_first(lineage: MemoryGraph) -> None:
    seen: list[int] = []
    before: int | None = None
    while True:
        page = await ledger_page(_view(lineage), first=20, before=before)
        seen += [entry.seq for entry in page.entries]
        if page.before is None:
            break
        before = page.before
    assert seen == list(range(85, 0, -1))


async def test_a_page_of_the_ledger_costs_the_same_however_long() -> None:
    sheet = BenchSheet()
    for number in range(150):
        sheet.reagent(f"R-{number}")
    lineage, costs = MemoryGraph(sheet.records), set[int]()
    for first in (5, 150):
        reads = lineage.reads
        assert len((await ledger_page(_view(lineage), first=first)).entries) == first
        costs.add(lineage.reads - reads)
    assert len(costs) == 1


async def test_what_a_correction_put_in_place_is_named(lineage: MemoryGraph) -> None:
    page = await ledger_page(_view(lineage), first=2)
    voided, corrected = page.entries
    assert (corrected.operation, corrected.replacement, corrected.operation_type) == ("O23", "O23-R1", "ADMINISTERED")
    assert (voided.operation, voided.replacement) == ("N01", None)


async def test_entries_about_what_the_viewer_may_not_see_keep_their_names_back(lineage: MemoryGraph) -> None:
    log = MemoryLog()
    page = await ledger_page(_view(lineage, Role.VIEWER, log), first=85)
    donors = [entry for entry in page.entries if entry.node is not None and entry.node[0] == "Donor"]
    assert donors
    assert all(entry.is_hidden and entry.id is None and entry.node is not None for entry in donors)
    assert {entry.node[1] for entry in donors if entry.node is not None} == {"•1", "•2", "•3"}
    assert all(entry.actor is None and entry.purpose is None for entry in page.entries)
    assert log.entries == []


async def test_personal_codes_that_are_shown_are_noted(lineage: MemoryGraph) -> None:
    log = MemoryLog()
    await ledger_page(_view(lineage, Role.AUDITOR, log), first=85)
    (noted,) = log.entries
    assert noted[1] == "ledger"
    assert "Donor:D1" in noted[2]
    assert not any(id_.startswith("CellLot") for id_ in noted[2])


async def test_a_lot_that_led_to_one_person_stays_hidden_in_the_ledger_when_its_making_was_voided() -> None:
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="autologous")
    sheet.collected("D1", "T1")
    separated = sheet.separated("T1", "L1")
    amended: Json = {"record": "amendment", "id": "A1", "kind": "CellLot", "id_of": "L1", "reason": "typing error"}
    voided = {
        "record": "correction",
        "id": "V1",
        "operation": separated["id"],
        "reason": "not done",
        "replacement": None,
    }
    records = [*sheet.records, {**amended, "data": {"cell_type": "UC-MSC"}, "by": "P-01"}, {**voided, "by": "P-01"}]
    page = await ledger_page(_view(MemoryGraph(records), Role.VIEWER), first=2)
    (entry,) = [each for each in page.entries if each.record == "amendment"]
    assert entry.is_hidden
    assert entry.node == ("CellLot", "•1")
    assert entry.id is None


@pytest.mark.parametrize("asked", [{"first": 501}, {"first": -1}, {"before": 0}])
async def test_a_page_of_the_ledger_that_is_none_is_bad_input(lineage: MemoryGraph, asked: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        await ledger_page(_view(lineage), **asked)


async def test_units_come_in_the_order_of_their_numbers(lineage: MemoryGraph) -> None:
    around = await surroundings(_view(lineage), ("CellLot", "WCB1"), AsOf(85))
    assert [key for _, key in around.parts] == [f"WCB1#{number}" for number in range(1, 21)]
    assert around.wholes == []
    unit = await surroundings(_view(lineage), ("CellUnit", "WCB1#7"), AsOf(85))
    assert (unit.wholes, unit.parts) == ([("CellLot", "WCB1")], [])


async def test_a_position_stands_where_it_was_moved_to() -> None:
    sheet = BenchSheet()
    sheet.node("StoragePosition", "ROOM-1")
    sheet.node("StoragePosition", "ROOM-2")
    sheet.node("StoragePosition", "BOX-1", parent="ROOM-1")
    box, room = {"kind": "StoragePosition", "id": "BOX-1"}, {"kind": "StoragePosition", "id": "ROOM-2"}
    sheet.act("MOVED", [box], [room])
    lineage = MemoryGraph(sheet.records)
    head = AsOf(len(sheet.records))
    assert (await surroundings(_view(lineage), ("StoragePosition", "BOX-1"), head)).wholes == [
        ("StoragePosition", "ROOM-2")
    ]
    assert (await surroundings(_view(lineage), ("StoragePosition", "ROOM-1"), head)).parts == []


async def test_operations_are_found_by_the_beginning_of_their_id(lineage: MemoryGraph) -> None:
    found = await operations_named(_view(lineage), "Operation:O2", first=4)
    assert [each.id for each in found] == ["O20", "O21", "O22", "O23"]
    (old, new) = await operations_named(_view(lineage), "O23", first=5)
    assert (old.is_corrected, new.is_corrected) == (True, False)
    assert (new.id, new.type) == ("O23-R1", "ADMINISTERED")
    assert await operations_named(_view(lineage), "CellLot:MCB1", first=5) == []


async def test_a_recorded_range_outranks_the_default_and_an_amended_one_is_another_version() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    lot = [{"kind": "CellLot", "id": "L1"}]
    expanded = sheet.act("EXPANDED", lot, [{"kind": "CellLot", "id": "L2"}], data={"seeding_density": 4000})
    lineage = MemoryGraph(sheet.records)
    (default,) = (await ranges_of(_view(lineage), [expanded["id"]]))[expanded["id"]]
    assert (default.member, default.limits.low, default.limits.high) == ("data.seeding_density", 3000, 8000)
    assert default.limits.version.startswith("default ")
    own = {"field": "seeding_density", "low": 2000, "high": 5000}
    seq = lineage.add({"record": "node", "kind": "ReferenceRange", "id": "RR-1", "data": own})
    (recorded,) = (await ranges_of(_view(lineage), [expanded["id"]]))[expanded["id"]]
    assert (recorded.limits.low, recorded.limits.version) == (2000, f"ReferenceRange:RR-1@{seq}")
    amended: Json = {"record": "amendment", "id": "A1", "kind": "ReferenceRange", "id_of": "RR-1", "by": "P-01"}
    later = lineage.add({**amended, "data": {"low": 1000}, "reason": "protocol 2"})
    (changed,) = (await ranges_of(_view(lineage), [expanded["id"]]))[expanded["id"]]
    assert (changed.limits.low, changed.limits.version) == (1000, f"ReferenceRange:RR-1@{later}")
