"""The five records, what each requires, and their canonical form (records.md)."""

from __future__ import annotations

from typing import Any

import pytest

from graph.records import (
    CLOSING_FIELDS,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    RawRecord,
    Record,
    canonical,
    parse,
    parse_stored,
)
from graph.vocabulary import OPERATIONS, USES
from support.filled import filled_records
from support.trial import correction, excursion, trial

Json = dict[str, Any]
EXPANDED: Json = {
    "record": "operation",
    "type": "EXPANDED",
    "id": "O07",
    "start": "2025-01-18T10:00:00+08:00",
    "performing_org": "ORG-1",
    "operator": "P-02",
    "inputs": [{"kind": "CellLot", "id": "L1"}],
    "outputs": [{"kind": "CellLot", "id": "L1P1"}],
}
STORED = {**EXPANDED, "type": "STORED", "outputs": [{"kind": "StoragePosition", "id": "TANK-A"}]}
NODE: Json = {"record": "node", "kind": "Equipment", "id": "INC-1", "data": {"equipment_class": "incubator"}}
CLOSING: Json = {
    "record": "closing",
    "id": "A01-C",
    "operation": "A01",
    "end": "2025-02-01T10:00:00+08:00",
    "by": "P-02",
}
CORRECTION: Json = {
    "record": "correction", "id": "O07-V", "operation": "O07", "reason": "wrong", "by": "P-03", "replacement": None,
}  # fmt: skip
AMENDMENT: Json = {
    "record": "amendment", "id": "D1-A1", "kind": "Donor", "id_of": "D1", "data": {"sex": "female"}, "reason": "wrong", "by": "P-03",
}  # fmt: skip


def faults(value: Any, zone: str | None = None) -> list[tuple[str | None, str]]:
    """(member, code) of each violation."""
    record, violations = parse(RawRecord(value), zone)
    assert (record is None) == bool(violations)
    return [(violation.member, violation.code) for violation in violations]


def good(value: Any, zone: str | None = None) -> Record:
    record, violations = parse(RawRecord(value), zone)
    assert record is not None, violations
    return record


# -- what is required ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "members"),
    [
        (EXPANDED, ["type", "id", "start", "performing_org", "operator", "inputs", "outputs"]),
        (NODE, ["kind", "id"]),
        (CLOSING, ["id", "operation", "end"]),
        (CORRECTION, ["id", "operation", "reason", "replacement"]),
        (AMENDMENT, ["id", "kind", "id_of", "data", "reason"]),
    ],
    ids=["operation", "node", "closing", "correction", "amendment"],
)
def test_what_a_record_requires(record: Json, members: list[str]) -> None:
    assert faults(record) == []
    for member in members:
        assert faults({name: value for name, value in record.items() if name != member}) == [(member, "missing_member")]
    told = faults({"record": record["record"]})
    assert {code for _, code in told} == {"missing_member"}
    assert {member for member, _ in told} == set(members) - {"outputs"}  # which type it is says whether it has any


def test_nothing_else_is_required_of_an_operation() -> None:
    for name, operation in OPERATIONS.items():
        taken, given = operation.flows[0]
        output = (
            {} if operation.is_reflexive or not operation.needs_output else {"outputs": [{"kind": given, "id": "B"}]}
        )
        record = {**EXPANDED, "type": name, "inputs": [{"kind": taken, "id": "A"}]}
        record.pop("outputs")
        assert faults({**record, **output}) == []


def test_a_release_or_verification_without_a_result_is_no_violation() -> None:
    for name, kind in (("QC_RELEASE", "CellLot"), ("QC_IN", "CellLot"), ("VERIFIED", "Reagent")):
        record = {**EXPANDED, "type": name, "inputs": [{"kind": kind, "id": "L1"}]}
        record.pop("outputs")
        assert faults(record) == []


def test_replacement_null_voids() -> None:
    record = good(CORRECTION)
    assert isinstance(record, CorrectionRecord)
    assert record.replacement is None
    assert record.canonical["replacement"] is None


@pytest.mark.parametrize("value", [None, "record", 7, [], {}, {"record": 7}, {"record": "nod", "id": "X"}])
def test_what_is_no_record_is_told(value: Any) -> None:
    assert [member for member, _ in faults(value)] == ["record"]


# -- unknown words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "member", "near"),
    [
        ({"operater": "P-02"}, "operater", "operator"),
        ({"data": {"seeding_densty": 4000}}, "data.seeding_densty", "seeding_density"),
        ({"inputs": [{"kind": "CellLot", "id": "L1", "quantitiy": 1}]}, "inputs[0].quantitiy", "quantity"),
        ({"uses": [{"kind": "Equipment", "id": "E", "proces": "open"}]}, "uses[0].proces", "process"),
        (
            {"outputs": [{"kind": "CellLot", "id": "L1P1", "data": {"cel_type": "UC-MSC"}}]},
            "outputs[0].data.cel_type",
            "cell_type",
        ),
        ({"captured": {"seeding_densty": "C"}}, "captured.seeding_densty", "seeding_density"),
    ],
)
def test_an_unknown_member_is_refused_with_the_nearest_known_name(change: Json, member: str, near: str) -> None:
    _, (violation,) = parse(RawRecord({**EXPANDED, **change}))
    assert (violation.member, violation.code) == (member, "unknown_member")
    assert violation.remedy == f"Did you mean {near}?"


def test_unknown_kinds_and_types_are_refused_with_the_nearest() -> None:
    _, (violation,) = parse(RawRecord({**NODE, "kind": "Equipmnt"}))
    assert (violation.code, violation.remedy) == ("unknown_kind", "Did you mean Equipment?")
    _, violations = parse(RawRecord({**EXPANDED, "type": "EXPANDD"}))
    assert [(each.code, each.remedy) for each in violations] == [("unknown_type", "Did you mean EXPANDED?")]


def test_everything_wrong_with_a_record_is_told_at_once() -> None:
    record = {
        **EXPANDED, "type": "EXPANDD", "start": "yesterday", "operator": " ", "nonsense": 1,
        "inputs": [{"kind": "Lot", "id": ""}], "uses": "none", "data": {"seeding_density": "many"},
    }  # fmt: skip
    assert faults(record) == [
        ("nonsense", "unknown_member"), ("type", "unknown_type"), ("start", "bad_time"), ("operator", "bad_value"),
        ("inputs[0].kind", "unknown_kind"), ("inputs[0].id", "bad_value"), ("uses", "bad_value"),
        ("data.seeding_density", "bad_value"),
    ]  # fmt: skip


def test_faults_of_a_replacement_are_told_by_their_path() -> None:
    bad = {**EXPANDED, "start": "never", "recorded_at": "2025-01-01T00:00:00Z"}
    assert faults({**CORRECTION, "replacement": bad}) == [
        ("replacement.recorded_at", "unknown_member"),
        ("replacement.start", "bad_time"),
    ]
    assert faults({**CORRECTION, "replacement": NODE}) == [("replacement", "bad_value")]


def test_a_message_repeats_no_value() -> None:
    record = {**EXPANDED, "start": "Zhang San", "data": {"seeding_density": "Zhang San"}, "operator": "Zhang San\n"}
    _, violations = parse(RawRecord(record))
    assert len(violations) == 2
    assert all("Zhang" not in violation.message + violation.remedy for violation in violations)


# -- wrong kinds -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"inputs": [{"kind": "Donor", "id": "D1"}]}, "inputs[0].kind"),
        ({"outputs": [{"kind": "Subject", "id": "S1"}]}, "outputs[0].kind"),
        ({"uses": [{"kind": "Person", "id": "P-1"}]}, "uses[0].kind"),
    ],
)
def test_wrong_kinds_are_refused(change: Json, member: str) -> None:
    assert faults({**EXPANDED, **change}) == [(member, "wrong_kind")]


def test_ends_that_do_not_go_together_are_refused() -> None:
    record = {**EXPANDED, "type": "THAWED", "outputs": [{"kind": "Tissue", "id": "T2"}]}
    assert faults(record) == [("outputs", "wrong_kind")]


def test_what_is_done_to_a_thing_leads_nowhere_else() -> None:
    record = {
        **EXPANDED,
        "type": "DECONTAMINATED",
        "inputs": [{"kind": "Equipment", "id": "A"}, {"kind": "Equipment", "id": "B"}],
    }
    for outputs in ([], ["A"], ["A", "B"]):
        assert faults({**record, "outputs": [{"kind": "Equipment", "id": key} for key in outputs]}) == []
    assert faults({**record, "outputs": [{"kind": "Equipment", "id": "C"}]}) == [("outputs[0].id", "wrong_kind")]


def test_nothing_is_stored_in_two_places_at_once() -> None:
    places = [{"kind": "StoragePosition", "id": key} for key in ("TANK-A", "TANK-B")]
    assert faults({**STORED, "outputs": places}) == [("outputs", "two_places")]


def test_a_thing_stands_once_on_each_side() -> None:
    lots = [{"kind": "CellLot", "id": "L1"}, {"kind": "CellLot", "id": " L1 "}]
    assert faults({**EXPANDED, "inputs": lots}) == [("inputs[1].id", "named_twice")]


def test_fields_are_given_for_what_is_made_only() -> None:
    output = {"kind": "StoragePosition", "id": "TANK-A", "data": {"level": "tank"}}
    assert faults({**STORED, "outputs": [output]}) == [("outputs[0].data", "bad_value")]


def test_only_a_test_consumes() -> None:
    taken = {"kind": "CellLot", "id": "L1", "quantity": 1, "unit": "vial", "consumed": True}
    assert faults({**EXPANDED, "inputs": [taken]}) == [("inputs[0].consumed", "bad_value")]
    record = {**EXPANDED, "type": "QC_IN", "inputs": [taken]}
    record.pop("outputs")
    assert faults(record) == []


def test_units_come_with_their_lot_and_are_no_record() -> None:
    assert faults({"record": "node", "kind": "CellUnit", "id": "X"}) == [("kind", "unknown_kind")]


# -- despite -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"despite": ["not_released"], "reason": "needed", "acknowledged_by": "P-03"}, []),
        ({"despite": ["not_released"], "acknowledged_by": "P-03"}, [("reason", "despite")]),
        ({"despite": ["not_released"], "reason": "needed"}, [("acknowledged_by", "despite")]),
        (
            {"despite": ["not_released"], "reason": "needed", "acknowledged_by": "P-02"},
            [("acknowledged_by", "despite")],
        ),
        ({"despite": ["bad_weather"], "reason": "needed", "acknowledged_by": "P-03"}, [("despite[0]", "despite")]),
        ({"despite": "not_released", "reason": "needed", "acknowledged_by": "P-03"}, [("despite", "bad_value")]),
        ({"reason": "needed"}, [("despite", "despite")]),
    ],
)
def test_despite_takes_a_reason_and_who_acknowledged_it(members: Json, told: Any) -> None:
    assert faults({**EXPANDED, **members}) == told


# -- codes -------------------------------------------------------------------------------------------------------------------

PHONE = "13812345678"


@pytest.mark.parametrize("kind", ["Donor", "Tissue", "CellLot", "Subject"])
def test_codes_hold_no_personal_identifier(kind: str) -> None:
    _, (violation,) = parse(RawRecord({"record": "node", "kind": kind, "id": PHONE}))
    assert (violation.member, violation.code) == ("id", "personal_identifier")
    assert violation.record is None
    assert PHONE not in repr(violation)


@pytest.mark.parametrize(
    ("output", "member"),
    [
        ({"kind": "CellLot", "id": PHONE}, "outputs[0].id"),
        ({"kind": "CellLot", "id": "X", "units": [f"X#{PHONE}"]}, "outputs[0].units"),
        ({"kind": "CellLot", "id": "X", "data": {"cell_id": PHONE}}, "outputs[0].data.cell_id"),
    ],
)
def test_codes_that_come_into_being_hold_no_personal_identifier(output: Json, member: str) -> None:
    assert faults({**EXPANDED, "outputs": [output]}) == [(member, "personal_identifier")]


def test_a_subject_code_holds_no_personal_identifier() -> None:
    assert faults({"record": "node", "kind": "Subject", "id": "S1", "data": {"subject_code": PHONE}}) == [
        ("data.subject_code", "personal_identifier")
    ]
    amendment = {**AMENDMENT, "kind": "Subject", "id_of": "S1", "data": {"subject_code": PHONE}}
    assert faults(amendment) == [("data.subject_code", "personal_identifier")]


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "A\nB", "A\tB", "A\x00", "\ud800", 7, None, ["A"], True])
def test_keys_are_texts_of_1_to_200_characters_without_control_characters(key: Any) -> None:
    assert [member for member, _ in faults({**NODE, "id": key})] == ["id"]


@pytest.mark.parametrize("key", ["x" * 200, "ORG-2/LOT 7", "细胞-1", "a:b", "A.B", "é"])
def test_other_keys_are_taken(key: str) -> None:
    assert good({**NODE, "id": key}).id == key


def test_keys_are_normalised_and_trimmed() -> None:
    assert good({**NODE, "id": " Cafe\u0301 "}).id == "Caf\u00e9"


def test_no_unit_mark_in_a_lots_key() -> None:
    assert faults({**EXPANDED, "outputs": [{"kind": "CellLot", "id": "L1#1"}]}) == [("outputs[0].id", "bad_value")]
    assert faults({"record": "node", "kind": "CellLot", "id": "L1#1"}) == [("id", "bad_value")]


# -- canonical form ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [*trial(), *correction(), *excursion(), *filled_records()], ids=lambda each: each["id"]
)
def test_the_canonical_form_is_its_own(value: Json) -> None:
    record = good(value)
    assert parse_stored(record.canonical).canonical == record.canonical
    assert canonical(parse_stored(record.canonical).canonical) == canonical(record.canonical)


def test_empty_and_defaulted_members_are_left_out() -> None:
    written = {
        **EXPANDED, "end": None, "reviewer": None, "data": {}, "captured": {}, "despite": [], "uses": [], "zone": "+08:00",
        "inputs": [{"kind": "CellLot", "id": "L1", "units": [], "consumed": False, "quantity": None}],
        "outputs": [{"kind": "CellLot", "id": "L1P1", "data": {"cell_type": None, "production_date": ""}}],
    }  # fmt: skip
    assert good(written).canonical == good(EXPANDED).canonical == EXPANDED
    use = {"kind": "Equipment", "id": "INC-1"}
    written = {**EXPANDED, "uses": [{**use, "process": "open", "end": None, "on": [], "data": {}}]}
    assert good(written).canonical["uses"] == [use]
    assert good({**NODE, "stub": False}).canonical == NODE


def test_units_are_completed_and_listed_and_are_the_quantity() -> None:
    taken = {"kind": "CellLot", "id": "L1", "quantity": 3, "unit": "vial", "units": ["1", "L1#3-4"]}
    record = good({**EXPANDED, "inputs": [taken]})
    assert record.canonical["inputs"] == [
        {"kind": "CellLot", "id": "L1", "unit": "vial", "units": ["L1#1", "L1#3", "L1#4"]}
    ]
    assert isinstance(record, OperationRecord)
    assert record.inputs[0].quantity == 3


def test_event_times_are_kept_as_written_and_the_recorded_time_apart() -> None:
    record = good({**EXPANDED, "start": "2025-01-18T10:00+08:00", "recorded_at": "2025-01-18T12:00:00.1239+08:00"})
    assert record.canonical["start"] == "2025-01-18T10:00+08:00"
    assert "recorded_at" not in record.canonical
    assert record.recorded_at is not None
    assert record.recorded_at.earliest_ms % 1000 == 123


def test_canonical_json_is_rfc_8785() -> None:
    record = good({**NODE, "kind": "CellLot", "data": {"viability_percent": 90.0, "cell_type": "脐带"}})
    assert canonical(record.canonical) == (
        '{"data":{"cell_type":"脐带","viability_percent":90},"id":"INC-1","kind":"CellLot","record":"node"}'.encode()
    )


def test_the_zone_is_kept_only_where_a_time_needs_it() -> None:
    assert good({**EXPANDED, "start": "2025-01-18"}, "+08:00").canonical["zone"] == "+08:00"
    assert "zone" not in good({**EXPANDED, "zone": "+08:00"}).canonical
    assert "zone" not in good({**NODE, "recorded_at": "2025-01-18T10:00:00", "zone": "+08:00"}).canonical
    reading = [["2025-01-18T10:00:00", 4], ["2025-01-18T11:00:00+08:00", 5]]
    shipped = {**STORED, "type": "TRANSPORTED", "data": {"in_transit_temperature": reading}, "zone": "+08:00"}
    assert good(shipped).canonical["zone"] == "+08:00"
    closing = {**CLOSING, "data": {"operation_end_time": "2025-02-01T09:00"}, "zone": "+08:00"}
    assert good(closing).canonical["zone"] == "+08:00"


def test_a_replacement_has_a_zone_of_its_own_or_its_corrections() -> None:
    record = good({**CORRECTION, "zone": "+09:00", "replacement": {**EXPANDED, "id": "R", "start": "2025-01-18"}})
    assert record.canonical["replacement"]["zone"] == "+09:00"
    assert "zone" not in record.canonical
    own = {**EXPANDED, "id": "R", "start": "2025-01-18", "zone": "+08:00"}
    record = good({**CORRECTION, "zone": "+09:00", "replacement": own})
    assert record.canonical["replacement"]["zone"] == "+08:00"


def test_what_a_use_touched_is_named_bare_unless_two_things_share_the_name() -> None:
    ends = {"inputs": [{"kind": "CellLot", "id": "L1", "units": ["1-2"]}]}
    use = {"kind": "Equipment", "id": "INC-1", "on": ["CellLot:L1P1", "L1#1", "CellUnit:L1#2", "L1P1"]}
    record = good({**EXPANDED, **ends, "uses": [use]})
    assert isinstance(record, OperationRecord)
    assert record.canonical["uses"][0]["on"] == ["L1P1", "L1#1", "L1#2"]
    assert record.uses[0].on == ("CellLot:L1P1", "CellUnit:L1#1", "CellUnit:L1#2")
    shared = {**EXPANDED, "type": "TESTED", "outputs": [{"kind": "QCResult", "id": "L1"}]}
    assert faults({**shared, "uses": [{**use, "on": ["L1"]}]}) == [("uses[0].on", "ambiguous_on")]
    assert good({**shared, "uses": [{**use, "on": ["CellLot:L1"]}]}).canonical["uses"][0]["on"] == ["CellLot:L1"]
    assert faults({**EXPANDED, "uses": [{**use, "on": ["L9"]}]}) == [("uses[0].on", "unknown_on")]


def test_an_amendment_keeps_null() -> None:
    record = good({**AMENDMENT, "data": {"sex": None, "ethnicity": "Han"}})
    assert record.canonical["data"] == {"sex": None, "ethnicity": "Han"}
    assert faults({**AMENDMENT, "data": {"sex": ""}}) == [("data", "missing_member")]


def test_a_stub_has_no_fields() -> None:
    record = good({**NODE, "stub": True, "data": {}})
    assert isinstance(record, NodeRecord)
    assert (record.is_stub, record.name) == (True, "stub:Equipment:INC-1")
    assert record.canonical == {"record": "node", "kind": "Equipment", "id": "INC-1", "stub": True}
    assert faults({**NODE, "stub": True}) == [("data", "bad_value")]


def test_a_closing_brings_fields_that_mean_the_same_wherever_they_stand() -> None:
    lasting = [operation for operation in OPERATIONS.values() if operation.is_lasting]
    for name, field in CLOSING_FIELDS.items():
        for part in (*lasting, *USES.values()):
            if name in part.fields:
                assert (part.fields[name].type, part.fields[name].ref, part.fields[name].tier) == (
                    field.type, field.ref, field.tier,
                )  # fmt: skip
    record = good({**CLOSING, "data": {"arrival_temperature": -120, "received_by": " P-04 "}})
    assert isinstance(record, ClosingRecord)
    assert record.values == {"arrival_temperature": -120, "received_by": "P-04"}
    assert faults({**CLOSING, "data": {"arrival_temperature": "cold"}}) == [("data.arrival_temperature", "bad_value")]
