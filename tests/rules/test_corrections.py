"""Closings, corrections and amendments (records.md, "The five records")."""

from __future__ import annotations

from typing import Any

import pytest

from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.register import Register


def _lineage() -> tuple[BenchSheet, Register]:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.donor("D2")
    sheet.subject("S1")
    sheet.node("StoragePosition", "SITE-2")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=3)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def _take(sheet: BenchSheet) -> list[Json]:
    records = list(sheet.records)
    sheet.records.clear()
    return records


def _of(sheet: BenchSheet, register: Register, operation: str) -> Json:
    return dict(register.world.operations[operation].record.canonical)


def _transport(sheet: BenchSheet, **more: Any) -> Json:
    site = [{"kind": "StoragePosition", "id": "SITE-2"}]
    return sheet.act("TRANSPORTED", [units_of("MCB1", 1)], site, end=None, **more)


# -- closings ------------------------------------------------------------------------------------------------------------


def test_a_closing_adds_members_and_changes_none() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet, data={"departure_temperature": -180})
    assert register.hand_in(_take(sheet)).accepted
    closing = sheet.closing(transport, data={"departure_temperature": -170, "arrival_temperature": -175})
    assert register.hand_in([closing]).faults == [(closing["id"], "data.departure_temperature", "other_content")]
    closing["data"]["departure_temperature"] = -180
    assert register.hand_in([closing]).accepted


def test_a_second_closing_with_the_same_end_may_add_more_but_not_differ() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet)
    first = sheet.closing(transport, data={"arrival_temperature": -175})
    assert register.hand_in(_take(sheet)).accepted
    second = {**first, "id": "C-9", "data": {"received_by": "P-02"}}
    assert register.hand_in([second]).accepted
    third = {**first, "id": "C-10", "data": {"arrival_temperature": -100}}
    assert register.hand_in([third]).faults == [("C-10", "data.arrival_temperature", "other_content")]


def test_a_second_closing_with_another_end_is_a_violation() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet)
    sheet.closing(transport)
    assert register.hand_in(_take(sheet)).accepted
    second = sheet.closing(transport)
    assert register.hand_in([second]).faults == [(second["id"], "end", "already_closed")]


def test_the_same_end_written_in_another_zone_is_the_same_end() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet)
    closing = sheet.closing(transport)
    assert register.hand_in([transport, {**closing, "end": "2025-02-01T10:00:00Z"}]).accepted
    assert register.hand_in([{**closing, "id": "C-9", "end": "2025-02-01T18:00:00+08:00"}]).accepted


def test_what_has_an_end_is_not_closed() -> None:
    sheet, register = _lineage()
    closing = sheet.closing(sheet.expanded(units_of("MCB1", 1), "L2"))
    assert register.hand_in(_take(sheet)).faults == [(closing["id"], "operation", "not_open")]


def test_a_closing_names_what_exists_and_ends_after_it_began() -> None:
    sheet, register = _lineage()
    closing = sheet.closing(_transport(sheet))
    told = register.hand_in([{**closing, "operation": "O-99"}])
    assert told.faults == [(closing["id"], "operation", "unknown_reference")]
    early = {**closing, "end": "2025-01-01T00:00:00Z"}
    assert register.hand_in([sheet.records[0], early]).faults == [(closing["id"], "end", "end_before_start")]


def test_a_closing_adds_fields_of_what_it_ends_only() -> None:
    sheet, register = _lineage()
    closing = sheet.closing(sheet.stored(units_of("MCB1", 1)), data={"arrival_temperature": -175})
    assert register.hand_in(_take(sheet)).faults == [(closing["id"], "data.arrival_temperature", "unknown_member")]


def test_a_machine_that_a_closing_names_has_one_open_use() -> None:
    sheet, register = _lineage()
    use = {"kind": "Equipment", "id": "INC-1", "start": "2025-01-06T10:00:00Z"}
    expansion = sheet.act("EXPANDED", [units_of("MCB1", 1)], [{"kind": "CellLot", "id": "L2"}], uses=[use])
    closing = sheet.closing(expansion, use="INC-1", data={"equipment_parameters": {"temperature_celsius": 37}})
    assert register.hand_in(_take(sheet)).accepted
    told = register.hand_in([{**closing, "id": "C-9", "use": "BSC-1"}])
    assert told.faults == [("C-9", "use", "no_open_use")]
    double = sheet.act("EXPANDED", [units_of("MCB1", 2)], [{"kind": "CellLot", "id": "L3"}], uses=[use, use])
    closing = sheet.closing(double, use="INC-1")
    assert register.hand_in(_take(sheet)).faults == [(closing["id"], "use", "no_open_use")]


def test_a_closing_names_the_machine_where_a_reagent_of_the_same_key_is_in_use_too() -> None:
    sheet, register = _lineage()
    sheet.reagent("INC-1")
    both = [{"kind": kind, "id": "INC-1", "start": "2025-01-06T10:00:00Z"} for kind in ("Reagent", "Equipment")]
    expansion = sheet.act("EXPANDED", [units_of("MCB1", 1)], [{"kind": "CellLot", "id": "L2"}], uses=both)
    parameters = {"temperature_celsius": 37}  # which no reagent has
    sheet.closing(expansion, use="INC-1", data={"equipment_parameters": parameters})
    assert register.hand_in(_take(sheet)).faults == []


# -- corrections -----------------------------------------------------------------------------------------------------------


def test_an_operation_is_corrected_once_then_its_replacement() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    first = sheet.correction(expansion, expansion)
    assert register.hand_in(_take(sheet)).accepted
    again = sheet.correction(expansion, None)
    assert register.hand_in(_take(sheet)).faults == [(again["id"], "operation", "already_corrected")]
    sheet.correction(first["replacement"], None)
    assert register.hand_in(_take(sheet)).accepted


def test_an_operation_and_its_corrections_may_come_in_one_request_in_any_order() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    first = sheet.correction(expansion, {**expansion, "operator": "P-02"})
    sheet.correction(first["replacement"], None)
    assert register.hand_in(reversed(_take(sheet))).accepted
    assert register.amounts("MCB1") == {"quarantined": 3}


def test_two_corrections_of_one_operation_are_refused() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    sheet.correction(expansion, None)
    sheet.correction(expansion, expansion)
    assert "already_corrected" in register.hand_in(_take(sheet)).codes


def test_what_does_not_exist_is_not_corrected() -> None:
    sheet, register = _lineage()
    correction = sheet.correction({"id": "O-99"}, None)
    assert register.hand_in(_take(sheet)).faults == [(correction["id"], "operation", "unknown_reference")]


def test_a_replacement_has_an_id_of_its_own() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    correction = sheet.correction(expansion, expansion)
    correction["replacement"]["id"] = expansion["id"]
    assert register.hand_in(_take(sheet)).codes == ["other_content"]


def test_a_replacement_may_restate_what_the_old_operation_made() -> None:
    sheet, register = _lineage()
    freezing = _of(sheet, register, "CRYOPRESERVED-1")
    sheet.correction(freezing, {**freezing, "operator": "P-02"})
    assert register.hand_in(_take(sheet)).accepted
    assert register.amounts("MCB1") == {"quarantined": 3}


def test_a_replacement_is_judged_as_if_the_old_operation_had_never_been() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    sheet.correction(expansion, {**expansion, "inputs": [units_of("MCB1", 1, 2)]})
    assert register.hand_in(_take(sheet)).accepted
    assert register.amounts("MCB1") == {"quarantined": 1, "consumed_in_process": 2}


def test_later_records_that_a_replacement_breaks_are_named() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 3), "L2")
    assert register.hand_in(_take(sheet)).accepted
    freezing = _of(sheet, register, "CRYOPRESERVED-1")
    output = {**freezing["outputs"][0], "units": ["MCB1#1", "MCB1#2"]}
    correction = sheet.correction(freezing, {**freezing, "outputs": [output]})
    told = register.hand_in(_take(sheet))
    assert [(each.record, each.code) for each in told.violations] == [(correction["id"], "unknown_unit")]
    assert expansion["id"] in told.violations[0].message


def test_the_record_broken_may_be_corrected_in_the_same_request() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 3), "L2")
    assert register.hand_in(_take(sheet)).accepted
    freezing = _of(sheet, register, "CRYOPRESERVED-1")
    output = {**freezing["outputs"][0], "units": ["MCB1#1", "MCB1#2"]}
    sheet.correction(freezing, {**freezing, "outputs": [output]})
    sheet.correction(expansion, {**expansion, "inputs": [units_of("MCB1", 2)]})
    assert register.hand_in(_take(sheet)).accepted


def test_voiding_is_refused_where_what_it_created_was_used() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    voiding = sheet.correction(_of(sheet, register, "CRYOPRESERVED-1"), None)
    told = register.hand_in(_take(sheet))
    assert told.faults == [(voiding["id"], "replacement", "still_used")]
    assert expansion["id"] in told.violations[0].message


def test_voiding_is_accepted_together_with_the_users() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    sheet.correction(_of(sheet, register, "CRYOPRESERVED-1"), None)
    sheet.correction(expansion, None)
    assert register.hand_in(_take(sheet)).accepted
    assert register.world.node("CellLot", "MCB1") is None
    assert register.world.node("CellUnit", "MCB1#1") is None


def test_what_merely_names_a_thing_that_exists_anyway_may_be_voided() -> None:
    sheet, register = _lineage()
    stay = sheet.stored("MCB1")
    assert register.hand_in(_take(sheet)).accepted
    sheet.correction(stay, None)
    assert register.hand_in(_take(sheet)).accepted


@pytest.mark.parametrize("is_recorded_before", [True, False])
def test_voiding_a_reagent_that_was_used_is_refused(is_recorded_before: bool) -> None:
    sheet, register = _lineage()
    sheet.reagent("R1")
    preparation = sheet.prepared([{"kind": "Reagent", "id": "R1"}], "WS1")
    assert register.hand_in(_take(sheet)).accepted
    expansion = sheet.expanded(units_of("MCB1", 1), "L2", reagents=["WS1"])
    if is_recorded_before:
        assert register.hand_in(_take(sheet)).accepted
    voiding = sheet.correction(preparation, None)
    told = register.hand_in(_take(sheet))
    assert told.faults == [(voiding["id"], "replacement", "still_used")]
    assert expansion["id"] in told.violations[0].message


def test_what_was_voided_may_be_made_again() -> None:
    sheet, register = _lineage()
    expansion = sheet.expanded(units_of("MCB1", 1), "L2")
    sheet.correction(expansion, None)
    assert register.hand_in(_take(sheet)).accepted
    sheet.expanded(units_of("MCB1", 2), "L2")
    assert register.hand_in(_take(sheet)).accepted


def test_a_correction_that_makes_a_ring_is_refused() -> None:
    sheet, register = _lineage()
    sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    separation = _of(sheet, register, "SEPARATED-1")
    replacement = {**separation, "type": "EXPANDED", "inputs": [{"kind": "CellLot", "id": "L2"}]}
    sheet.correction(separation, replacement)
    assert "cycle" in register.hand_in(_take(sheet)).codes


def test_a_replacement_takes_no_closing_over() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet)
    sheet.closing(transport)
    assert register.hand_in(_take(sheet)).accepted
    assert register.amounts("MCB1")["at_site"] == 1
    correction = sheet.correction(transport, transport)
    assert register.hand_in(_take(sheet)).accepted
    assert register.amounts("MCB1")["in_transit"] == 1
    sheet.closing(correction["replacement"])
    assert register.hand_in(_take(sheet)).accepted
    assert register.amounts("MCB1")["at_site"] == 1


def test_a_corrected_operation_is_not_closed() -> None:
    sheet, register = _lineage()
    transport = _transport(sheet)
    sheet.correction(transport, transport)
    assert register.hand_in(_take(sheet)).accepted
    closing = sheet.closing(transport)
    assert register.hand_in(_take(sheet)).faults == [(closing["id"], "operation", "already_corrected")]


def test_the_donor_of_everything_below_follows_a_correction() -> None:
    sheet, register = _lineage()
    collection = _of(sheet, register, "COLLECTED-1")
    sheet.correction(collection, {**collection, "inputs": [{"kind": "Donor", "id": "D2"}]})
    assert register.hand_in(_take(sheet)).accepted
    assert register.world.donors_of("CellLot", "MCB1") == {"D2"}


# -- amendments ------------------------------------------------------------------------------------------------------------


def test_an_amendment_changes_and_null_removes() -> None:
    sheet, register = _lineage()
    sheet.amendment("CellLot", "MCB1", cell_type="UC-MSC", passage_number=3)
    sheet.amendment("CellLot", "MCB1", cell_type=None)
    assert register.hand_in(_take(sheet)).accepted
    assert register.world.nodes["CellLot", "MCB1"].values == {"passage_number": 3}


def test_the_last_recorded_amendment_wins_whatever_the_order_of_the_file() -> None:
    sheet, register = _lineage()
    first = sheet.amendment("CellLot", "MCB1", passage_number=3) | {"recorded_at": "2025-05-01T00:00:00Z"}
    last = sheet.amendment("CellLot", "MCB1", passage_number=4) | {"recorded_at": "2025-05-02T00:00:00Z"}
    assert register.hand_in([last, first], historic=True).accepted
    assert register.world.nodes["CellLot", "MCB1"].values == {"passage_number": 4}


def test_an_amendment_names_what_exists() -> None:
    sheet, register = _lineage()
    amendment = sheet.amendment("CellLot", "L99", passage_number=3)
    assert register.hand_in(_take(sheet)).faults == [(amendment["id"], "id_of", "unknown_reference")]


def test_an_expiry_amended_after_the_use_is_told_as_now_known() -> None:
    sheet, register = _lineage()
    use = sheet.expanded(units_of("MCB1", 1), "L2")
    assert register.hand_in(_take(sheet)).accepted
    sheet.amendment("CellLot", "MCB1", expiry_date="2025-01-01")
    told = register.hand_in(_take(sheet))
    assert told.accepted
    assert told.raised == [("expired", "critical", use["id"])]


def test_a_counted_lot_is_restated_with_less() -> None:
    sheet, register = _lineage()
    filling = sheet.formulated([units_of("MCB1", 1)], "DP1", quantity=5)
    sheet.expanded(some_of("DP1", 4), "X")
    assert register.hand_in(_take(sheet)).accepted
    less = [{"kind": "CellLot", "id": "DP1", "quantity": 3, "unit": "vial"}]
    sheet.correction(filling, {**filling, "outputs": less})
    told = register.hand_in(_take(sheet))
    assert told.codes == ["overdraw"]
