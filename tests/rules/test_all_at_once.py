"""All violations of a request come at once, each with member and line, and nothing is applied (issue of bad input)."""

from __future__ import annotations

from typing import Any

from graph.errors import Violation
from graph.records import RawRecord
from graph.rules.unread import hides_names, keys_named
from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.register import Register


def _bank() -> tuple[BenchSheet, Register]:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    for key in ("CELL-1",):
        sheet.node("StoragePosition", key, level="cell")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.divided("L1", ["A", "B", "C", "D"])
    sheet.cryopreserved("A", "MCB1", units=3)
    sheet.cryopreserved("B", "MCB2", quantity=3)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def test_faults_of_every_sort_are_told_together_with_line_and_member() -> None:
    sheet, register = _bank()
    bad: list[tuple[Json, str | None, str]] = [
        ({"record": "node", "kind": "Equipmnt", "id": "E1"}, "kind", "unknown_kind"),
        (sheet.expanded(units_of("MCB1", 1), "X1") | {"typ": 1}, "typ", "unknown_member"),
        (sheet.expanded(units_of("MCB1", 2), "X2") | {"type": "EXPAND"}, "type", "unknown_type"),
        (sheet.expanded("C", "X3") | {"operator": "P-99"}, "operator", "unknown_reference"),
        (sheet.expanded("D", "L1"), "outputs[0].id", "exists_already"),
        (sheet.expanded(some_of("MCB2", 9), "X4"), "inputs[0].quantity", "overdraw"),
        (sheet.released("MCB2") | {"reviewer": "P-01"}, "reviewer", "reviewer_is_operator"),
        (sheet.stored("C", "CELL-1") | {"start": "2027-01-01T00:00:00Z"}, "start", "in_the_future"),
    ]
    told = register.hand_in([record for record, _, _ in bad])
    assert not told.accepted
    found = {(each.place.line, each.member, each.code) for each in told.violations}
    assert found == {(line, member, code) for line, (_, member, code) in enumerate(bad, 1)}
    assert all(each.remedy for each in told.violations)


def test_nothing_is_applied_where_one_record_is_at_fault() -> None:
    sheet, register = _bank()
    before = register.seq
    assert not register.hand_in([sheet.expanded("C", "X"), {"record": "node", "kind": "Person"}]).accepted
    assert register.seq == before
    assert register.world.node("CellLot", "X") is None
    assert register.amounts("C") == {"in_process": 1}


def test_a_faulty_record_makes_no_others_seem_at_fault() -> None:
    """What it makes, releases or takes out is in doubt: nothing is said of that."""
    sheet, register = _bank()
    maker = sheet.formulated([units_of("MCB1", 1)], "DP1", units=2)
    release = sheet.released("DP1")
    dose = sheet.administered(units_of("DP1", 1), "S1")
    use = sheet.expanded(units_of("DP1", 2), "X")
    for faulty in (maker, release):
        others = [record for record in (maker, release, dose, use) if record is not faulty]
        told = register.hand_in([{**faulty, "operatr": "P-01"}, *others])
        assert told.faults == [(faulty["id"], "operatr", "unknown_member")]
        told = register.hand_in([{**faulty, "operator": "P-99"}, *others])
        assert told.faults == [(faulty["id"], "operator", "unknown_reference")]


def test_a_faulty_node_makes_no_reference_seem_unknown() -> None:
    sheet, register = _bank()
    machine = {"record": "node", "kind": "Equipment", "id": "INC-9", "data": {"equipment_clas": "incubator"}}
    record = sheet.expanded("C", "X") | {"uses": [{"kind": "Equipment", "id": "INC-9"}]}
    told = register.hand_in([record, machine])
    assert told.faults == [("INC-9", "data.equipment_clas", "unknown_member")]


def test_a_faulty_operation_makes_no_closing_or_correction_seem_at_fault() -> None:
    sheet, register = _bank()
    stay = sheet.stored("C")
    closing = sheet.closing(stay)
    correction = sheet.correction(stay, stay)
    for change in ({"nonsense": 1}, {"operator": "P-99"}):
        told = register.hand_in([{**stay, **change}, closing, correction])
        assert len(told.violations) == 1


def test_beside_a_faulty_record_other_lots_are_still_judged() -> None:
    sheet, register = _bank()
    faulty = sheet.expanded(units_of("MCB1", 1), "X") | {"nonsense": 1}
    overdrawn = sheet.expanded(some_of("MCB2", 9), "Y")
    assert register.hand_in([faulty, overdrawn]).codes == ["overdraw", "unknown_member"]


def test_a_ring_does_not_hide_other_faults() -> None:
    sheet, register = _bank()
    ring = [sheet.expanded("Y", "X"), sheet.expanded("X", "Y")]
    lost = sheet.expanded("C", "Z") | {"operator": "P-99"}
    assert register.hand_in([*ring, lost]).codes == ["cycle", "cycle", "unknown_reference"]


def test_a_line_that_is_no_record_leaves_open_what_it_may_name() -> None:
    broken = (Violation(code="broken_json", message="Broken.", remedy="Mend it."),)
    assert hides_names(RawRecord(None, problems=broken))
    assert hides_names(RawRecord({"id": "X"}))
    carriage = (Violation(code="crlf", message="CR LF.", remedy="Save it with LF."),)
    assert not hides_names(RawRecord(None, problems=carriage))
    assert not hides_names(RawRecord({"record": "node", "id": "X"}, problems=broken))


def test_what_an_unread_record_names_is_found_in_whatever_it_is() -> None:
    value: Any = {
        "record": "correction", "id": "V1", "operation": " O1 ", "inputs": "none", "outputs": [None, {"id": 7}, {"id": "X"}],
        "replacement": {"id": "R1", "inputs": [{"id": "MCB1#3"}], "replacement": {"id": "deep"}},
    }  # fmt: skip
    assert keys_named(RawRecord(value)) == {"V1", "O1", "X"}
    value["replacement"].pop("replacement")
    assert keys_named(RawRecord(value)) == {"V1", "O1", "X", "R1", "MCB1"}
    assert keys_named(RawRecord([1, 2])) == frozenset()
