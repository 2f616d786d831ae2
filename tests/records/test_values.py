"""Shapes of values, times and names of units (records.md, "Shapes", "Times", "Identity")."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from graph.records import BadValue, OperationRecord, RawRecord, check_value, expand_units, parse
from graph.times import BadTime, Moment, day_end_ms, parse_moment, parse_zone
from graph.vocabulary import ITEMS, KINDS, OPERATIONS, USES, Field, FieldType

HOUR = 3_600_000
DAY = 24 * HOUR


def _field(part: Any, name: str) -> Field:
    found: Field = part.fields[name]
    return found


DENSITY = _field(OPERATIONS["EXPANDED"], "seeding_density")
SERIES = _field(OPERATIONS["TRANSPORTED"], "in_transit_temperature")
RANGE = _field(OPERATIONS["TRANSPORTED"], "required_transport_temperature")
PROGRAM = _field(OPERATIONS["CRYOPRESERVED"], "cooling_program")
PARAMETERS = _field(USES["Equipment"], "equipment_parameters")
PASSAGE = _field(KINDS["CellLot"], "passage_number")
BORN = _field(KINDS["Donor"], "birth_date")
SHARED = _field(KINDS["StoragePosition"], "shared_environment")
RESULT = _field(KINDS["QCResult"], "test_result")
VERDICT = _field(OPERATIONS["QC_RELEASE"], "test_conclusion")
TISSUE = _field(KINDS["Tissue"], "tissue_type")
DEEP = [[[[[[[[[[[1]]]]]]]]]]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (DENSITY, 4000), (DENSITY, 0), (DENSITY, 4000.5), (SERIES, -180), (SERIES, [["2025-01-18T10:00:00Z", -180]]),
        (SERIES, [["2025-01-18T10:00:00Z", -180], ["2025-01-18T11:00:00Z", -170.5]]), (SERIES, {"min": -190, "max": -150}),
        (SERIES, {"mean": -170}), (RANGE, [-196, -150]), (RANGE, [None, -150]), (RANGE, [-196, None]), (RANGE, [4, 4]),
        (PROGRAM, [{"rate": -1, "target": -40, "hold": 10}]), (PARAMETERS, {"temperature_celsius": 37, "mode": "humid"}),
        (PARAMETERS, {"profile": [1, 2, {"a": None}]}), (PASSAGE, 3), (BORN, "1995-02-28"), (SHARED, False),
        (RESULT, 92.5), (RESULT, "no growth"), (VERDICT, "pass"), (TISSUE, "umbilical_cord"), (TISSUE, "something new"),
    ],
)  # fmt: skip
def test_values_of_the_declared_shape_are_taken_as_they_are(field: Field, value: Any) -> None:
    assert check_value(field, value, None) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (DENSITY, "4000"), (DENSITY, True), (DENSITY, float("nan")), (DENSITY, float("inf")), (DENSITY, -1), (DENSITY, [4000]),
        (DENSITY, 10**400), (DENSITY, 2**53), (DENSITY, 2.0**53), (DENSITY, {"value": 1}), (SERIES, "cold"), (SERIES, []), (SERIES, {}),
        (SERIES, {"median": 1}), (SERIES, [["2025-01-18T10:00:00", 1]]), (SERIES, [["2025-01-18T10:00:00Z"]]),
        (SERIES, [["2025-01-18T10:00:00Z", "cold"]]), (SERIES, [["2025-01-18T10:00:00Z", -300]]), (SERIES, {"min": -300}),
        (RANGE, [1]), (RANGE, [None, None]), (RANGE, [2, 1]), (RANGE, [1, float("inf")]), (RANGE, "1-2"), (RANGE, [1, 2, 3]),
        (PROGRAM, {"rate": -1}), (PROGRAM, []), (PROGRAM, [{}]), (PARAMETERS, {}), (PARAMETERS, [1]),
        (PARAMETERS, {"temperature_celsius": "37"}), (PARAMETERS, {"temperature_celsius": -300}),
        (PARAMETERS, {"co2_percent": 101}), (PARAMETERS, {"deep": DEEP}), (PARAMETERS, {"n": float("nan")}),
        (PASSAGE, 3.5), (PASSAGE, -1), (PASSAGE, 1e300), (BORN, "1995"), (BORN, "1995-02-30"), (BORN, "28.02.1995"),
        (BORN, "1995-02-28T00:00:00Z"), (BORN, 1995), (SHARED, "yes"), (SHARED, 1), (RESULT, True), (RESULT, ["x"]),
        (RESULT, ""), (VERDICT, "passed"), (VERDICT, 1), (TISSUE, ""), (TISSUE, "x" * 20_001), (TISSUE, "\ud800"),
    ],
)  # fmt: skip
def test_values_of_another_shape_are_refused_without_repeating_them(field: Field, value: Any) -> None:
    with pytest.raises(BadValue) as caught:
        check_value(field, value, None)
    assert caught.value.remedy
    assert "1995" not in str(caught.value)


def test_choices_are_open_but_for_conclusions_dispositions_process_and_relationship() -> None:
    assert check_value(TISSUE, "something new", None) == "something new"
    for part, name in (
        (OPERATIONS["QC_IN"], "test_conclusion"), (OPERATIONS["CHANGED_DISPOSITION"], "to"), (KINDS["Donor"], "donor_relationship"),
        (OPERATIONS["CHANGED_DISPOSITION"], "from"), (OPERATIONS["DETERMINED_ELIGIBLE"], "conclusion"),
    ):  # fmt: skip
        with pytest.raises(BadValue):
            check_value(_field(part, name), "something new", None)


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        ({"sealed": "a" * 64}, True),
        ({"sealed": "a" * 64, "salt": "c2FsdA==", "value": "female"}, True),
        ({"sealed": "short"}, False),
        ({"sealed": 7}, False),
        ({"sealed": [["deep"]]}, False),
        ({"sealed": "a" * 64, "value": "female"}, False),
        ({"sealed": "a" * 64, "salt": "c2FsdA=="}, False),
        ({"sealed": "a" * 64, "salt": "c2FsdA==", "value": {"sealed": "a" * 64}}, False),
        ({"sealed": "a" * 64, "salt": "c2FsdA==", "value": float("nan")}, False),
    ],
)
def test_a_tier_3_field_takes_a_sealed_value(value: Any, is_good: bool) -> None:
    record, violations = parse(RawRecord({"record": "node", "kind": "Donor", "id": "D1", "data": {"sex": value}}))
    assert (record is not None) == is_good
    assert [violation.member for violation in violations] == ([] if is_good else ["data.sex"])


def test_only_a_tier_3_field_takes_a_sealed_value() -> None:
    sealed = {"sealed": "a" * 64}
    for kind, name in (("CellLot", "cell_type"), ("Reagent", "name"), ("Donor", "donor_relationship")):
        record = {"record": "node", "kind": kind, "id": "X", "data": {name: sealed}}
        assert [each.member for each in parse(RawRecord(record))[1]] == [f"data.{name}"]
    closing = {
        "record": "closing",
        "id": "C",
        "operation": "O",
        "end": "2025-01-18T10:00:00Z",
        "data": {"arrival_temperature": sealed},
    }
    assert [each.member for each in parse(RawRecord(closing))[1]] == ["data.arrival_temperature"]


_T = FieldType
_SHAPES = {
    "dt": {_T.TIME}, "date": {_T.DATE}, "dec": {_T.NUMBER}, "int": {_T.INTEGER}, "str": {_T.STRING, _T.LINK}, "enum": {_T.CHOICE},
    "range": {_T.RANGE}, "map": {_T.MAP}, "bool": {_T.BOOLEAN}, "doc": {_T.LINK}, "list(doc)": {_T.LINK}, "list(map)": {_T.MAP},
    "dec/series": {_T.SERIES}, "dec or series": {_T.SERIES}, "series (+min/max/mean)": {_T.SERIES},
    "dec / ISO 8601 duration": {_T.DURATION},
}  # fmt: skip
_MIXED = {
    "enum/ref(SOP)",
    "ref/str",
    "str/ref(standard)",
    "ref(Equipment)/str",
    "list(ref Equipment)/doc",
    "ref(Person)/map",
}


def _rows() -> list[tuple[str, str, Field]]:
    """(item, shape in the list, declared field) of each field that carries an item under the list's own name."""
    path = Path(__file__).parents[1] / "vocabulary" / "items.csv"
    return [
        (row["id"], row["type"], home.declared)
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        for home in ITEMS[row["id"]].homes
        if home.field == row["field"]
    ]


def test_shapes_are_those_of_the_list_of_items() -> None:
    checked = [(item, field.type in _SHAPES[shape]) for item, shape, field in _rows() if shape in _SHAPES]
    assert [item for item, is_right in checked if not is_right] == []
    assert len(checked) > 40


def test_only_a_field_whose_sole_shape_is_a_reference_must_name_what_exists() -> None:
    sole = {item: field.type for item, shape, field in _rows() if re.fullmatch(r"ref\(\w+\)", shape)}
    assert set(sole.values()) == {FieldType.REF}
    assert len(sole) > 10
    mixed = {item: field.type for item, shape, field in _rows() if shape in _MIXED}
    assert set(mixed.values()) == {FieldType.LINK}
    assert len(mixed) > 5


# -- times -------------------------------------------------------------------------------------------------------------------


def _span(text: str, zone: str | None = None) -> int:
    moment = parse_moment(text, zone)
    return moment.latest_ms - moment.earliest_ms


@pytest.mark.parametrize(
    ("text", "zone", "span"),
    [
        ("2025-01-18T10:00:00+08:00", None, 0), ("2025-01-18T10:00Z", None, 0), ("2025-01-18T10:00:00.123456789-14:00", None, 0),
        ("2025-01-18T10:00", "+08:00", 0), ("2025-01-18", "+08:00", DAY), ("2025-01", "Z", 31 * DAY), ("2024-02", "Z", 29 * DAY),
        ("2025-12", "Z", 31 * DAY), ("2025-01-18T09:00+08:00/2025-01-18T12:00+08:00", None, 3 * HOUR),
        ("2025-01-18T09:00/2025-01-18T12:00", "+08:00", 3 * HOUR), ("2025-01-18/2025-01-20", "+08:00", 3 * DAY),
        ("2025-01-18T09:00+08:00/2025-01-18T09:00Z", None, 8 * HOUR),
    ],
)  # fmt: skip
def test_a_time_is_kept_as_earliest_and_latest(text: str, zone: str | None, span: int) -> None:
    assert _span(text, zone) == span
    assert parse_moment(text, zone).is_exact == (span == 0)


def test_a_date_ends_at_the_next_midnight_in_its_zone() -> None:
    assert parse_moment("2025-01-18", "+08:00") == Moment(
        "2025-01-18",
        parse_moment("2025-01-17T16:00:00Z").earliest_ms,
        parse_moment("2025-01-18T16:00:00Z").earliest_ms,
        480,
    )


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2025-01-18", None), ("2025-01-18T10:00", None), ("2025-01", None), ("2025-01-18T09:00/2025-01-18T12:00", None),
        ("2025-13-01", "Z"), ("2025-02-29", "Z"), ("2025-01-18T25:00Z", None), ("2025-01-18T10:00+15:00", None),
        ("2025-01-18T10:00+08", None), ("2025-01-18 10:00Z", None), ("18.01.2025", "Z"), ("20250118", "Z"), ("2025", "Z"),
        ("2025-W03-6", "Z"), ("10:00Z", None), ("yesterday", "Z"), ("", "Z"), ("2025-01-18T12:00Z/2025-01-18T09:00Z", None),
        ("2025-01-18T10:00:60Z", None), ("2025-01-18T10:00Z/", None), ("/2025-01-18T10:00Z", None),
        ("2025-01-18T10:00 Asia/Shanghai", None), ("9999-12-31", "Z"), ("0001-01-01", "Z"), ("２０２５-01-18", "Z"),
    ],
)  # fmt: skip
def test_what_is_no_time_or_ambiguous_is_refused(text: str, zone: str | None) -> None:
    with pytest.raises(BadTime):
        parse_moment(text, zone)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "CST", "+8", "+0800", "+15:00", "", 8, ["+08:00"]])
def test_a_zone_is_an_offset(zone: Any) -> None:
    with pytest.raises(BadTime):
        parse_zone(zone)
    record = {"record": "node", "kind": "Donor", "id": "D1", "zone": zone}
    assert [each.member for each in parse(RawRecord(record))[1]] == ["zone"]


def test_the_last_day_of_an_expiry_ends_even_where_it_is_the_last_of_all() -> None:
    assert day_end_ms("9999-12-31", 480) - day_end_ms("9999-12-30", 480) == DAY


def _operation(**members: Any) -> dict[str, Any]:
    return {
        "record": "operation", "type": "STORED", "id": "A1", "start": "2025-01-18T10:00:00+08:00", "performing_org": "O",
        "operator": "P", "inputs": [{"kind": "CellLot", "id": "L"}], "outputs": [{"kind": "StoragePosition", "id": "T"}], **members,
    }  # fmt: skip


def _parsed(**members: Any) -> OperationRecord:
    record, violations = parse(RawRecord(_operation(**members)))
    assert isinstance(record, OperationRecord), violations
    return record


def test_without_an_end_storing_and_transport_go_on_and_all_else_is_an_instant() -> None:
    assert _parsed().is_open
    assert _parsed(type="TRANSPORTED").is_open
    assert _parsed(end=None).is_open
    assert not _parsed(end="2025-01-19T10:00:00+08:00").is_open
    assert not _parsed(type="STORAGE_OUT").is_open
    assert not _parsed(type="STORAGE_OUT", end=None).is_open


def test_a_use_with_a_start_of_its_own_goes_on_until_it_ends() -> None:
    use = {"kind": "Equipment", "id": "INC-1"}
    assert [each.is_open for each in _parsed(uses=[use]).uses] == [False]
    assert [each.is_open for each in _parsed(uses=[{**use, "start": "2025-01-18T10:00:00Z"}]).uses] == [True]
    ended = {**use, "start": "2025-01-18T10:00:00Z", "end": "2025-01-30T10:00:00Z"}
    assert [each.is_open for each in _parsed(uses=[ended]).uses] == [False]  # it may outlast its operation


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"end": "2025-01-18T09:59:59+08:00"}, "end"),
        ({"end": "2025-01-17", "zone": "+08:00"}, "end"),
        (
            {"uses": [{"kind": "Equipment", "id": "E", "start": "2025-01-18T10:00Z", "end": "2025-01-18T09:00Z"}]},
            "uses[0].end",
        ),
    ],
)
def test_an_end_before_its_start_is_refused(members: dict[str, Any], member: str) -> None:
    told = [(each.member, each.code) for each in parse(RawRecord(_operation(**members)))[1]]
    assert told == [(member, "end_before_start")]


def test_an_end_that_may_lie_after_its_start_is_taken() -> None:
    assert _parsed(end="2025-01-18", zone="+08:00").end is not None
    assert _parsed(start="2025-01-18", end="2025-01-18T01:00:00+08:00", zone="+08:00").end is not None


def test_a_recorded_time_is_exact() -> None:
    told = parse(RawRecord(_operation(recorded_at="2025-01-18", zone="+08:00")))[1]
    assert [(each.member, each.code) for each in told] == [("recorded_at", "bad_time")]


# -- units -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "units"),
    [
        (["1"], "1"), (["L#1", " 2 "], "1 2"), (["L#1-3"], "1 2 3"), (["1-3", "7"], "1 2 3 7"), (["L#08-11"], "08 09 10 11"),
        (["98-101"], "98 99 100 101"), (["5-3"], "5-3"), (["3-3"], "3-3"), (["A-B"], "A-B"), (["A-1"], "A-1"), (["1-2-3"], "1-2-3"),
        (["二号"], "二号"),
    ],
)  # fmt: skip
def test_names_of_units_are_completed_and_ranges_listed(names: list[str], units: str) -> None:
    assert expand_units(names, "L") == tuple(f"L#{unit}" for unit in units.split())


@pytest.mark.parametrize(
    "names",
    [
        ["1", "L#1"],
        ["1-3", "2"],
        ["M#1"],
        ["L#"],
        [""],
        ["L#1#2"],
        [7],
        [None],
        [["1"]],
        ["1-100001"],
        ["1-99999", "x1-2", "y", "z"],
    ],
)
def test_names_that_are_none_or_stand_twice_are_refused(names: list[Any]) -> None:
    with pytest.raises(BadValue):
        expand_units([*names, *names[:1]] if names[0] == "1-99999" else names, "L")


def test_the_id_of_a_unit_is_no_longer_than_a_key() -> None:
    assert len(expand_units(["x" * 100], "L" * 99)[0]) == 200
    with pytest.raises(BadValue):
        expand_units(["x" * 101], "L" * 99)


def test_a_quantity_is_positive_and_the_number_of_the_units_named() -> None:
    for quantity, member in (
        (0, "quantity"),
        (-1, "quantity"),
        ("3", "quantity"),
        (True, "quantity"),
        (float("nan"), "quantity"),
    ):
        told = parse(RawRecord(_operation(inputs=[{"kind": "CellLot", "id": "L", "quantity": quantity}])))[1]
        assert [each.member for each in told] == [f"inputs[0].{member}"]
    told = parse(RawRecord(_operation(inputs=[{"kind": "CellLot", "id": "L", "quantity": 3, "units": ["1-2"]}])))[1]
    assert [(each.member, each.code) for each in told] == [("inputs[0].quantity", "bad_quantity")]


def test_only_lots_have_units() -> None:
    record = _operation(inputs=[{"kind": "Tissue", "id": "T", "units": ["1"]}])
    assert [each.member for each in parse(RawRecord(record))[1]] == ["inputs[0].units"]


def test_the_unit_of_a_quantity_may_be_left_to_the_lot() -> None:
    assert _parsed(inputs=[{"kind": "CellLot", "id": "L", "quantity": 3}]).inputs[0].unit is None
