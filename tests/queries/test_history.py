"""Who changed what, when, and why: old value and new value (specification 4, R-03)."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import NotFound
from graph.times import parse_moment
from graph.viewer import OWNER, Role, Viewer
from queries.history import Change, history
from queries.privacy import View
from support.bench_sheet import BenchSheet, Json, units_of
from support.memory_graph import MemoryGraph
from support.trial import correction, excursion, trial


async def _history(lineage: MemoryGraph, id_: str, role: Role = Role.OWNER) -> list[Change]:
    viewer = OWNER if role is Role.OWNER else Viewer(person="P-9", role=role)
    return await history(View(reader=lineage, viewer=viewer, vault=lineage.vault), id_)


def _told(changes: list[Change], record: str) -> dict[str, tuple[Any, Any]]:
    return {change.member: (change.old, change.new) for change in changes if change.record == record}


async def test_a_correction_tells_each_member_that_differs() -> None:
    lineage = MemoryGraph([*trial(), *correction()])
    changes = await _history(lineage, "Operation:O23")
    told = _told(changes, "correction")
    assert told.pop("operation") == ("O23", "O23-R1")
    assert told.pop("inputs") == (
        [{"id": "CellLot:DP2", "quantity": 1, "unit": "dose"}],
        [{"id": "CellLot:DP1", "unit": "dose", "units": ["CellUnit:DP1#4"]}],
    )
    assert told == {
        "despite": (None, ["not_released"]),
        "reason": (None, "found at reconciliation of labels"),
        "acknowledged_by": (None, "P-03"),
    }
    (change,) = [change for change in changes if change.member == "despite"]
    assert (change.by, change.reason) == ("P-03", "doses swapped at labelling")
    assert change.recorded_ms == parse_moment("2025-06-10T12:00:00+08:00").earliest_ms
    assert "start" not in told


async def test_the_replacement_tells_what_it_replaced() -> None:
    lineage = MemoryGraph([*trial(), *correction()])
    assert _told(await _history(lineage, "Operation:O23-R1"), "correction") == _told(
        await _history(lineage, "Operation:O23"), "correction"
    )


async def test_a_voided_operation_says_by_whom_and_why() -> None:
    changes = await _history(MemoryGraph([*trial(), *correction()]), "Operation:N01")
    (voided,) = [change for change in changes if change.record == "correction"]
    assert (voided.member, voided.old, voided.new) == ("operation", "N01", None)
    assert (voided.by, voided.reason) == ("P-03", "counted by its label, which was wrong")


async def test_the_first_entry_tells_every_member_as_it_was_recorded() -> None:
    changes = await _history(MemoryGraph(trial()), "Operation:O07")
    told = _told(changes, "operation")
    assert told["data.seeding_density"] == (None, 4000)
    assert told["operator"] == (None, "P-02")
    assert told["uses[Equipment:INC-1].data.equipment_parameters"] == (
        None,
        {"temperature_celsius": 37.0, "co2_percent": 5.0},
    )
    assert told["outputs[CellLot:L1P1].data.passage_number"] == (None, 1)


async def test_a_closing_tells_what_it_added() -> None:
    changes = await _history(MemoryGraph([*trial(), *excursion()]), "Operation:O21")
    assert _told(changes, "closing") == {
        "end": (None, "2025-04-14T10:00:00+08:00"),
        "data.arrival_temperature": (None, -120.0),
        "data.received_by": (None, "P-04"),
    }


async def test_what_a_closing_added_is_lost_with_the_correction_that_replaces_it() -> None:
    sheet = _sheet()
    sheet.node("StoragePosition", "SITE-2")
    site = [{"kind": "StoragePosition", "id": "SITE-2"}]
    transport = sheet.act("TRANSPORTED", [units_of("MCB1", 1)], site, end=None)
    closing = sheet.closing(transport, data={"arrival_temperature": -150})
    sheet.correction(transport, transport)
    told = _told(await _history(MemoryGraph(sheet.records), f"Operation:{transport['id']}"), "correction")
    assert told["end"] == (closing["end"], None)
    assert told["data.arrival_temperature"] == (-150, None)


async def test_a_closing_in_another_zone_is_told_with_its_offset() -> None:
    sheet = _sheet()
    stay = sheet.stored("MCB1")
    sheet.closing(stay)
    sheet.records[-1] |= {"end": "2025-02-01", "zone": "+08:00"}
    told = _told(await _history(MemoryGraph(sheet.records), f"Operation:{stay['id']}"), "closing")
    assert told["end"][1].startswith("2025-02-01T00:00:00.000+08:00/")


def _sheet() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="autologous")
    sheet.donor("D2")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=3)
    return sheet


def _act(sheet: BenchSheet, type_: str) -> Json:
    return next(record for record in sheet.records if record.get("type") == type_)


async def test_an_amended_node_tells_old_and_new() -> None:
    sheet = _sheet()
    sheet.amendment("CellLot", "MCB1", passage_number=3, cell_type="UC-MSC")
    sheet.amendment("CellLot", "MCB1", passage_number=4, cell_type=None)
    changes = await _history(MemoryGraph(sheet.records), "CellLot:MCB1")
    told = [(change.member, change.old, change.new) for change in changes if change.record == "amendment"]
    assert told == [
        ("passage_number", None, 3), ("cell_type", None, "UC-MSC"), ("passage_number", 3, 4), ("cell_type", "UC-MSC", None),
    ]  # fmt: skip


async def test_a_node_made_by_a_correction_tells_what_it_was_before() -> None:
    sheet = _sheet()
    freezing = _act(sheet, "CRYOPRESERVED")
    freezing["outputs"][0]["data"] = {"passage_number": 1}
    restated = {**freezing, "outputs": [{**freezing["outputs"][0], "data": {"passage_number": 2}}]}
    sheet.correction(freezing, restated)
    changes = await _history(MemoryGraph(sheet.records), "CellLot:MCB1")
    told = [(change.record, change.member, change.old, change.new) for change in changes]
    assert told == [("operation", "passage_number", None, 1), ("correction", "passage_number", 1, 2)]


async def test_a_voided_node_keeps_its_history() -> None:
    sheet = _sheet()
    freezing = _act(sheet, "CRYOPRESERVED")
    freezing["outputs"][0]["data"] = {"passage_number": 1}
    sheet.correction(freezing, None)
    lineage = MemoryGraph(sheet.records)
    changes = await _history(lineage, "CellLot:MCB1")
    told = [(change.record, change.member, change.old, change.new, change.reason) for change in changes]
    assert told == [
        ("operation", "passage_number", None, 1, None),
        ("correction", "passage_number", 1, None, "written down wrong"),
    ]
    units = await _history(lineage, "CellUnit:MCB1#1")
    assert [(change.record, change.member) for change in units] == [("operation", ""), ("correction", "")]


async def test_a_stub_and_the_node_that_completes_it_are_one_history() -> None:
    stub = {"record": "node", "kind": "Reagent", "id": "R1", "data": {}, "stub": True}
    node = {"record": "node", "kind": "Reagent", "id": "R1", "data": {"name": "Medium"}}
    changes = await _history(MemoryGraph([stub, node]), "Reagent:R1")
    assert [(change.member, change.new) for change in changes] == [("", None), ("name", "Medium")]


# -- who may see it ----------------------------------------------------------------------------------------------------------


async def test_a_masked_change_is_told_without_its_values() -> None:
    sheet = _sheet()
    sheet.amendment("Donor", "D1", ethnicity="Han", donor_relationship="allogeneic")
    lineage = MemoryGraph(sheet.records)
    told = _told(await _history(lineage, "Donor:D1", Role.OPERATOR), "amendment")
    assert told == {"ethnicity": (None, None), "donor_relationship": ("autologous", "allogeneic")}
    masked = [change.member for change in await _history(lineage, "Donor:D1", Role.OPERATOR) if change.is_masked]
    assert masked == ["ethnicity"]
    assert _told(await _history(lineage, "Donor:D1", Role.INVESTIGATOR), "amendment")["ethnicity"] == (None, "Han")


async def test_who_and_why_are_masked_by_their_own_tiers() -> None:
    lineage = MemoryGraph([*trial(), *correction()])
    for change in await _history(lineage, "Operation:O23", Role.VIEWER):
        assert (change.by, change.actor, change.reason) == (None, None, None)


async def test_an_autologous_lot_has_no_history_for_who_may_not_see_its_code() -> None:
    sheet = _sheet()
    with pytest.raises(NotFound):
        await _history(MemoryGraph(sheet.records), "CellLot:MCB1", Role.ANALYST)


async def test_a_voided_autologous_lot_stays_masked() -> None:
    sheet = _sheet()
    freezing = _act(sheet, "CRYOPRESERVED")
    sheet.correction(freezing, None)
    lineage = MemoryGraph(sheet.records)
    with pytest.raises(NotFound):
        await _history(lineage, "CellLot:MCB1", Role.ANALYST)
    told = repr(await _history(lineage, f"Operation:{freezing['id']}", Role.ANALYST))
    assert "MCB1" not in told


async def test_what_is_not_there_is_not_found() -> None:
    lineage = MemoryGraph(trial())
    for id_ in ("Operation:O99", "CellLot:NONE"):
        with pytest.raises(NotFound):
            await _history(lineage, id_)
