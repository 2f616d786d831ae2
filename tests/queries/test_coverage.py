"""The specification's 158 items: present, missing, not applicable."""

from __future__ import annotations

import pytest

from graph.errors import BadInput, NotFound, NotPermitted
from graph.viewer import OWNER, Role, Viewer
from queries.coverage import Coverage, CoverageStatus, coverage
from queries.privacy import View
from support.bench_sheet import BenchSheet, Json
from support.filled import filled_records
from support.memory_graph import MemoryGraph
from support.trial import trial


async def _coverage(records: list[Json], lot: str | None = None, role: Role = Role.OWNER) -> Coverage:
    lineage = MemoryGraph(records)
    viewer = OWNER if role is Role.OWNER else Viewer(person="P-9", role=role)
    return await coverage(View(reader=lineage, viewer=viewer, vault=lineage.vault), lot)


def _status(found: Coverage) -> dict[str, str]:
    return {item.id: item.status.value for item in found.items}


async def test_the_158_items_are_present_where_every_field_is_recorded() -> None:
    found = await _coverage(filled_records())
    assert len(found.items) == 158
    lacking = {
        item.id: (item.present_count, item.expected_count) for item in found.items if item.status.value != "PRESENT"
    }
    # Of three people one was trained; the tissue travelled in a container that is not named.
    assert lacking == {"F-05": (1, 3), "COL-11": (0, 1)}
    assert (found.present, found.missing, found.not_applicable) == (156, 2, 0)


async def test_lists_about_products_do_not_ask_for_them_of_tissue() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.act("STORED", [{"kind": "Tissue", "id": "T1"}], [{"kind": "StoragePosition", "id": "TANK-1"}], end=None)
    assert _status(await _coverage(sheet.records))["STO-01"] == "NOT_APPLICABLE"


async def test_nothing_is_applicable_in_an_empty_store() -> None:
    found = await _coverage([])
    assert (found.present, found.missing, found.not_applicable) == (0, 0, 158)


async def test_an_item_is_missing_where_one_place_lacks_it() -> None:
    found = {item.id: item for item in (await _coverage(trial())).items}
    density = found["EXP-07"]
    assert (density.status, density.present_count, density.expected_count) == (CoverageStatus.PRESENT, 4, 4)
    morphology = found["EXP-06"]
    assert (morphology.status, morphology.present_count, morphology.expected_count) == (CoverageStatus.MISSING, 1, 4)
    assert found["PUR-03"].status is CoverageStatus.NOT_APPLICABLE


async def test_a_lots_items_are_those_of_all_it_comes_from() -> None:
    found = {item.id: item for item in (await _coverage(trial(), "CellLot:POOL1")).items}
    assert found["COL-09"].expected_count == 2
    assert found["EXP-07"].expected_count == 2
    assert found["SEP-01"].status is CoverageStatus.PRESENT


async def test_a_correction_and_an_amendment_count_as_they_stand() -> None:
    sheet = BenchSheet()
    sheet.donor("D1", sex="female", birth_date="1990-01-01", ethnicity="Han", blood_type="A+")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    expansion = sheet.expanded("L1", "L2", data={"seeding_density": 4000})
    assert _status(await _coverage(sheet.records))["EXP-07"] == "PRESENT"
    assert _status(await _coverage(sheet.records))["COL-01"] == "PRESENT"
    sheet.correction(expansion, {**expansion, "data": {}})
    sheet.amendment("Donor", "D1", sex=None, birth_date=None, ethnicity=None, blood_type=None)
    found = _status(await _coverage(sheet.records))
    assert (found["EXP-07"], found["COL-01"]) == ("MISSING", "MISSING")


async def test_what_a_closing_added_counts() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.node("StoragePosition", "SITE-2")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    site = [{"kind": "StoragePosition", "id": "SITE-2"}]
    transport = sheet.act("TRANSPORTED", [{"kind": "CellLot", "id": "L1"}], site, end=None)
    assert _status(await _coverage(sheet.records))["TRN-09"] == "MISSING"
    sheet.closing(transport, data={"arrival_temperature": 4})
    assert _status(await _coverage(sheet.records))["TRN-09"] == "PRESENT"


async def test_coverage_tells_no_value_and_needs_a_lot_that_is_there_and_may_be_named() -> None:
    with pytest.raises(NotFound):
        await _coverage(trial(), "CellLot:NONE")
    with pytest.raises(BadInput):
        await _coverage(trial(), "Equipment:INC-1")
    with pytest.raises(NotPermitted):
        await _coverage(trial(), "Tissue:T1", Role.VIEWER)
    assert (await _coverage(trial(), "CellLot:DP3", Role.VIEWER)).present > 0
