"""Keys, records handed in again, what must exist and what must not yet (records.md, "Identity")."""

from __future__ import annotations

import pytest

from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.register import Judged, Register


def _lineage() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    return sheet


def _after(sheet: BenchSheet) -> Register:
    register = Register()
    told = register.hand_in(sheet.records)
    assert told.accepted, told.violations
    sheet.records.clear()
    return register


def _only(told: Judged) -> tuple[str | None, str | None, str]:
    assert not told.accepted
    assert len(told.faults) == 1, told.violations
    return told.faults[0]


def test_the_same_record_again_is_a_no_op_that_says_so() -> None:
    sheet = _lineage()
    register = Register()
    assert register.hand_in(sheet.records).unchanged == 0
    again = register.hand_in(sheet.records)
    assert again.accepted
    assert again.unchanged == len(sheet.records)
    assert register.hand_in([*sheet.records, *sheet.records]).unchanged == 2 * len(sheet.records)


def test_the_same_record_twice_in_one_request_counts_once() -> None:
    sheet = _lineage()
    told = Register().hand_in([*sheet.records, sheet.records[-1]])
    assert told.accepted
    assert told.unchanged == 1


def test_a_record_is_the_same_however_its_members_are_written() -> None:
    register = _after(sheet := _lineage())
    sheet.expanded("L1", "L2")
    record = dict(sheet.records[-1])
    assert register.hand_in([record]).accepted
    other = {
        **dict(reversed(record.items())),
        "inputs": [{"id": " L1 ", "kind": "CellLot", "units": [], "consumed": False}],
        "study": None,
        "data": {},
    }
    assert register.hand_in([other]).unchanged == 1


def test_the_same_id_with_other_content_is_refused() -> None:
    register = _after(sheet := _lineage())
    record = sheet.expanded("L1", "L2")
    assert register.hand_in([record]).accepted
    told = register.hand_in([{**record, "operator": "P-02"}])
    assert _only(told) == (record["id"], "id", "other_content")


def test_two_records_of_one_id_in_one_request_are_refused() -> None:
    sheet = _lineage()
    told = Register().hand_in([*sheet.records, {**sheet.records[-1], "operator": "P-02"}])
    assert "other_content" in told.codes


def test_keys_are_unique_in_their_kind_only() -> None:
    sheet = BenchSheet()
    sheet.node("Equipment", "X-1")
    sheet.node("StoragePosition", "X-1")
    assert Register().hand_in(sheet.records).accepted


def test_manufacturer_name_and_lot_number_of_a_reagent_are_unique() -> None:
    sheet = BenchSheet()
    sheet.reagent("R1", manufacturer="M", lot_number="7")
    sheet.reagent("R2", manufacturer="M", lot_number="7")
    assert _only(Register().hand_in(sheet.records)) == ("R2", "data.lot_number", "exists_already")


def test_a_reagents_lot_number_may_change_hands_in_one_request() -> None:
    sheet = BenchSheet()
    sheet.reagent("R1", manufacturer="M", lot_number="7")
    register = _after(sheet)
    sheet.reagent("R2", manufacturer="M", lot_number="7")
    sheet.amendment("Reagent", "R1", lot_number="8")
    assert register.hand_in(sheet.records).accepted


def test_an_amendment_may_not_take_another_reagents_lot() -> None:
    sheet = BenchSheet()
    sheet.reagent("R1", manufacturer="M", lot_number="7")
    sheet.reagent("R2", manufacturer="M", lot_number="8")
    register = _after(sheet)
    sheet.amendment("Reagent", "R2", lot_number="7")
    assert _only(register.hand_in(sheet.records))[2] == "exists_already"


@pytest.mark.parametrize(
    ("type_", "inputs", "outputs"),
    [
        ("COLLECTED", [("Donor", "D1")], [("Tissue", "NEW")]),
        ("SEPARATED", [("Tissue", "T1")], [("CellLot", "NEW")]),
        ("PURIFIED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("EXPANDED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("CRYOPRESERVED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("THAWED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("DIVIDED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("RELABELLED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("POOLED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("FORMULATED", [("CellLot", "L1")], [("CellLot", "NEW")]),
        ("PREPARED", [("CellLot", "L1")], [("Reagent", "NEW")]),
        ("VERIFIED", [("Reagent", "R1")], [("QCResult", "NEW")]),
        ("TESTED", [("CellLot", "L1")], [("QCResult", "NEW")]),
        ("QC_IN", [("CellLot", "L1")], [("QCResult", "NEW")]),
        ("QC_RELEASE", [("CellLot", "L1")], [("QCResult", "NEW")]),
        ("EXPERIENCED", [("Subject", "S1")], [("AdverseEvent", "NEW")]),
    ],
)
def test_what_an_operation_creates_does_not_exist_yet(
    type_: str, inputs: list[tuple[str, str]], outputs: list[tuple[str, str]]
) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    sheet.reagent("R1")
    sheet.collected("D1", "T1")
    if type_ != "SEPARATED":
        sheet.separated("T1", "L1")
    register = _after(sheet)
    ends = [[{"kind": kind, "id": key} for kind, key in side] for side in (inputs, outputs)]
    sheet.act(type_, ends[0], ends[1])
    assert register.hand_in(sheet.records).accepted
    (made,) = outputs
    assert made in register.world.nodes
    sheet.records.clear()
    sheet.act("TESTED" if type_ not in {"VERIFIED", "EXPERIENCED"} else type_, ends[0], ends[1])
    if made[0] in {"QCResult", "AdverseEvent"}:
        assert "exists_already" in register.hand_in(sheet.records).codes


@pytest.mark.parametrize(
    ("type_", "inputs", "outputs"),
    [
        ("ADMINISTERED", [("CellLot", "L1")], [("Subject", "NEW")]),
        ("STORED", [("CellLot", "L1")], [("StoragePosition", "NEW")]),
        ("ENROLLED", [("Study", "ST-1")], [("Subject", "NEW")]),
        ("CONSENTED", [("Donor", "D1")], [("Document", "NEW")]),
    ],
)
def test_everything_else_that_is_named_must_exist(
    type_: str, inputs: list[tuple[str, str]], outputs: list[tuple[str, str]]
) -> None:
    sheet = _lineage()
    sheet.node("Study", "ST-1")
    register = _after(sheet)
    ends = [[{"kind": kind, "id": key} for kind, key in side] for side in (inputs, outputs)]
    record = sheet.act(type_, ends[0], ends[1])
    assert _only(register.hand_in(sheet.records)) == (record["id"], "outputs[0].id", "unknown_reference")


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"operator": "P-99"}, "operator"),
        ({"performing_org": "ORG-99"}, "performing_org"),
        ({"reviewer": "P-99"}, "reviewer"),
        ({"study": "ST-99"}, "study"),
        ({"source_document": "DOC-99"}, "source_document"),
        ({"uses": [{"kind": "Equipment", "id": "INC-99"}]}, "uses[0].id"),
        ({"captured": {"seeding_density": "COUNTER-99"}}, "captured.seeding_density"),
        ({"data": {"operation_location": "ROOM-99"}}, "data.operation_location"),
        ({"inputs": [{"kind": "CellLot", "id": "L99"}]}, "inputs[0].id"),
    ],
)
def test_a_name_of_nothing_is_refused_where_it_stands(members: Json, member: str) -> None:
    register = _after(sheet := _lineage())
    record = sheet.expanded("L1", "L2")
    told = register.hand_in([{**record, **members}])
    assert _only(told) == (record["id"], member, "unknown_reference")


def test_a_refusal_names_what_there_is_instead() -> None:
    register = _after(sheet := _lineage())
    record = sheet.expanded("L1", "L2")
    told = register.hand_in([{**record, "uses": [{"kind": "Equipment", "id": "INC-11"}]}])
    assert "Equipment:INC-1)" in told.violations[0].message


def test_text_beside_a_reference_need_not_exist() -> None:
    register = _after(sheet := _lineage())
    record = sheet.expanded("L1", "L2", data={"operation_method": "as in the manual"})
    assert register.hand_in([record]).accepted


def test_what_a_closing_adds_must_exist_too() -> None:
    register = _after(sheet := _lineage())
    sheet.node("StoragePosition", "SITE-2")
    transport = sheet.act(
        "TRANSPORTED", [{"kind": "CellLot", "id": "L1"}], [{"kind": "StoragePosition", "id": "SITE-2"}]
    )
    closing = sheet.closing(transport, data={"received_by": "P-99"})
    assert _only(register.hand_in(sheet.records)) == (closing["id"], "data.received_by", "unknown_reference")


# -- stubs ---------------------------------------------------------------------------------------------------------------


def _stub(kind: str, key: str) -> Json:
    return {"record": "node", "kind": kind, "id": key, "data": {}, "stub": True}


def test_a_node_record_completes_a_stub() -> None:
    sheet = BenchSheet()
    register = _after(sheet)
    assert register.hand_in([_stub("Reagent", "R1")]).accepted
    assert register.world.nodes["Reagent", "R1"].is_stub
    sheet.reagent("R1", manufacturer="M")
    assert register.hand_in(sheet.records).accepted
    node = register.world.nodes["Reagent", "R1"]
    assert (node.is_stub, node.values["manufacturer"]) == (False, "M")


def test_an_operation_may_tell_how_a_stub_was_made() -> None:
    register = _after(sheet := _lineage())
    assert register.hand_in([_stub("CellLot", "L2")]).accepted
    sheet.expanded("L1", "L2")
    assert register.hand_in(sheet.records).accepted
    assert not register.world.nodes["CellLot", "L2"].is_stub


def test_a_stub_of_what_is_known_is_refused() -> None:
    register = _after(_lineage())
    assert _only(register.hand_in([_stub("CellLot", "L1")])) == ("L1", "id", "exists_already")


def test_a_stub_and_its_node_in_one_request_are_one_thing() -> None:
    sheet = BenchSheet()
    sheet.reagent("R1")
    assert Register().hand_in([*sheet.records, _stub("Reagent", "R1")]).accepted


def test_a_node_made_by_an_operation_is_not_recorded_again() -> None:
    register = _after(sheet := _lineage())
    sheet.node("CellLot", "L1")
    assert _only(register.hand_in(sheet.records)) == ("L1", "id", "exists_already")


# -- units ---------------------------------------------------------------------------------------------------------------


def _bank(units: int = 0, quantity: int = 0) -> tuple[BenchSheet, Register]:
    sheet = _lineage()
    sheet.cryopreserved("L1", "MCB1", units=units, quantity=quantity)
    return sheet, _after(sheet)


def test_what_takes_from_an_itemised_lot_names_units() -> None:
    sheet, register = _bank(units=5)
    assert _only(register.hand_in([sheet.expanded("MCB1", "L2")]))[1:] == ("inputs[0].id", "units_missing")
    told = register.hand_in([sheet.expanded(some_of("MCB1", 1), "L3")])
    assert _only(told)[1:] == ("inputs[0].quantity", "mixing")
    assert register.hand_in([sheet.expanded(units_of("MCB1", 1), "L4")]).accepted


def test_a_unit_that_the_lot_does_not_have_is_refused() -> None:
    sheet, register = _bank(units=5)
    assert _only(register.hand_in([sheet.expanded(units_of("MCB1", 6), "L2")]))[1:] == (
        "inputs[0].units",
        "unknown_unit",
    )


def test_a_unit_is_used_once() -> None:
    sheet, register = _bank(units=5)
    assert register.hand_in([sheet.expanded(units_of("MCB1", 1), "L2")]).accepted
    told = register.hand_in([sheet.expanded(units_of("MCB1", 1, 2), "L3")])
    assert _only(told)[1:] == ("inputs[0].units", "unit_gone")
    assert "MCB1#1 was consumed_in_process" in told.violations[0].message


def test_what_takes_from_a_counted_lot_gives_a_quantity() -> None:
    sheet, register = _bank(quantity=5)
    assert _only(register.hand_in([sheet.expanded("MCB1", "L2")]))[1:] == ("inputs[0].id", "quantity_missing")
    assert _only(register.hand_in([sheet.expanded(units_of("MCB1", 1), "L3")]))[2] == "mixing"
    assert register.hand_in([sheet.expanded(some_of("MCB1", 2), "L4")]).accepted
    assert register.amounts("MCB1") == {"quarantined": 3, "consumed_in_process": 2}


def test_no_more_is_taken_than_there_is() -> None:
    sheet, register = _bank(quantity=5)
    assert register.hand_in([sheet.expanded(some_of("MCB1", 4), "L2")]).accepted
    assert _only(register.hand_in([sheet.expanded(some_of("MCB1", 2), "L3")]))[1:] == ("inputs[0].quantity", "overdraw")


def test_an_uncounted_lot_is_taken_as_a_whole_and_once() -> None:
    register = _after(sheet := _lineage())
    assert _only(register.hand_in([sheet.expanded(some_of("L1", 2), "L2")]))[2] == "mixing"
    assert register.hand_in([sheet.expanded("L1", "L3")]).accepted
    assert _only(register.hand_in([sheet.expanded("L1", "L4")]))[1:] == ("inputs[0].id", "nothing_left")


def test_a_quantity_is_in_the_lots_own_unit() -> None:
    sheet, register = _bank(quantity=5)
    record = sheet.expanded({**some_of("MCB1", 1), "unit": "mL"}, "L2")
    assert _only(register.hand_in([record]))[2] == "wrong_unit"
    assert register.hand_in([sheet.expanded({"kind": "CellLot", "id": "MCB1", "quantity": 1}, "L3")]).accepted


def test_fractions_of_a_quantity_add_up() -> None:
    sheet = _lineage()
    made = {"kind": "CellLot", "id": "B1", "quantity": 0.3, "unit": "mL"}
    sheet.act("FORMULATED", [{"kind": "CellLot", "id": "L1"}], [made])
    for number in range(3):
        sheet.expanded({"kind": "CellLot", "id": "B1", "quantity": 0.1, "unit": "mL"}, f"C{number}")
    register = Register()
    assert register.hand_in(sheet.records).accepted
    assert set(register.amounts("B1")) == {"consumed_in_process"}


def test_a_test_takes_only_what_is_marked_consumed() -> None:
    sheet, register = _bank(quantity=5)
    sheet.act("QC_IN", [some_of("MCB1", 1)])
    sheet.act("QC_IN", [{**some_of("MCB1", 2), "consumed": True}])
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("MCB1") == {"quarantined": 3, "consumed_in_qc": 2}


def test_a_consumed_sample_of_a_counted_lot_needs_a_quantity() -> None:
    sheet, register = _bank(quantity=5)
    sheet.act("QC_IN", [{"kind": "CellLot", "id": "MCB1", "consumed": True}])
    assert _only(register.hand_in(sheet.records))[2] == "quantity_missing"


@pytest.mark.parametrize("type_", ["STORED", "TRANSPORTED", "QC_IN", "QC_RELEASE", "TESTED"])
def test_storing_transport_tests_and_release_may_name_a_lot_alone(type_: str) -> None:
    sheet, register = _bank(quantity=5)
    is_moved = type_ in {"STORED", "TRANSPORTED"}
    output = {"kind": "StoragePosition", "id": "TANK-1"} if is_moved else {"kind": "QCResult", "id": "Q1"}
    sheet.act(type_, [{"kind": "CellLot", "id": "MCB1"}], [output])
    assert register.hand_in(sheet.records).accepted


def test_storing_an_itemised_lot_stores_all_units_that_are_still_there() -> None:
    sheet, register = _bank(units=3)
    sheet.expanded(units_of("MCB1", 2), "L2")
    sheet.stored("MCB1")
    assert register.hand_in(sheet.records).accepted
    stored = {parcel.unit for parcel in register.course("CellLot", "MCB1").parcels if parcel.stay}
    assert stored == {"1", "3"}


# -- lineage -------------------------------------------------------------------------------------------------------------


def test_a_cycle_is_refused() -> None:
    register = _after(sheet := _lineage())
    sheet.expanded("L3", "L2")
    sheet.expanded("L2", "L3")
    told = register.hand_in(sheet.records)
    assert set(told.codes) == {"cycle"}
    assert {each.record for each in told.violations} == {record["id"] for record in sheet.records}


def test_a_lot_is_not_made_of_itself() -> None:
    register = _after(sheet := _lineage())
    told = register.hand_in([sheet.expanded("L1", "L1")])
    assert _only(told)[1:] == ("outputs[0].id", "cycle")


def test_nothing_is_older_than_what_it_was_made_from() -> None:
    register = _after(sheet := _lineage())
    early = sheet.expanded("L1", "L2")
    told = register.hand_in([{**early, "start": "2025-01-01T00:00:00Z", "end": None}])
    assert _only(told)[1:] == ("inputs[0].id", "before_made")


def test_a_thing_is_made_by_one_operation() -> None:
    register = _after(sheet := _lineage())
    sheet.divided("L1", ["A", "B"])
    sheet.expanded("A", "B")
    assert "exists_already" in register.hand_in(sheet.records).codes
