"""Values held against their ranges at the write (specification 4, R-07 and R-08)."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import Deviation
from support.bench_sheet import BenchSheet, Json, units_of
from support.register import Judged, Register


def _register() -> tuple[BenchSheet, Register]:
    sheet = BenchSheet()
    for kind in ("incubator", "ln2_tank", "dry_shipper"):
        sheet.node("Equipment", kind, equipment_class=kind)
    sheet.donor("D1")
    sheet.node("StoragePosition", "SITE-2")
    sheet.node("Study", "ST-1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.divided("L1", ["A", "B", "C"])
    sheet.cryopreserved("C", "MCB1", units=5)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def _expanded(sheet: BenchSheet, density: float, **more: Any) -> Json:
    return sheet.act(
        "EXPANDED",
        [{"kind": "CellLot", "id": "A"}],
        [{"kind": "CellLot", "id": "X", "data": {"cell_type": "UC-MSC"}}],
        data={"seeding_density": density},
        **more,
    )


def _range(key: str = "RR-1", **values: Any) -> Json:
    data = {"field": "seeding_density", **values}
    return {"record": "node", "kind": "ReferenceRange", "id": key, "data": data}


def _one(told: Judged) -> Deviation:
    assert told.accepted, told.violations
    assert len(told.deviations) == 1, told.deviations
    return told.deviations[0]


def _told(told: Judged) -> list[tuple[str, str | None]]:
    assert told.accepted, told.violations
    return [(each.severity, each.direction) for each in told.deviations]


# -- defaults ----------------------------------------------------------------------------------------------------------------


def test_a_departure_names_value_range_version_direction_and_severity() -> None:
    sheet, register = _register()
    record = _expanded(sheet, 9000)
    deviation = _one(register.hand_in([record]))
    assert (deviation.code, deviation.severity, deviation.direction) == ("out_of_range", "minor", "above")
    assert (deviation.operation, deviation.field, deviation.value) == (record["id"], "data.seeding_density", "9000")
    assert deviation.range_version == "default seeding-density v1"
    assert "3000 to 8000" in deviation.message


@pytest.mark.parametrize("density", [3000, 5000, 8000])
def test_limits_are_within(density: int) -> None:
    sheet, register = _register()
    assert _told(register.hand_in([_expanded(sheet, density)])) == []


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (8, []),
        (8.1, [("minor", "above")]),
        (20.1, [("major", "above")]),
        (1.9, [("minor", "below")]),
        (-0.1, [("major", "below")]),
    ],
)
def test_outside_the_reference_limits_is_marked_and_outside_the_allowed_ones_major(start: float, told: Any) -> None:
    sheet, register = _register()
    freezing = sheet.cryopreserved("A", "X", units=1, data={"freezing_start_temperature": start})
    assert _told(register.hand_in([freezing])) == told


@pytest.mark.parametrize(
    ("machine", "value", "told"),
    [
        ("incubator", 37.0, []),
        ("incubator", 38.0, [("minor", "above")]),
        ("ln2_tank", -160, []),
        ("ln2_tank", -145, [("minor", "above")]),
        ("ln2_tank", -120, [("major", "above")]),
        ("BSC-1", 38.0, []),
    ],
)
def test_a_machines_range_is_that_of_its_class(machine: str, value: float, told: Any) -> None:
    sheet, register = _register()
    use = {"kind": "Equipment", "id": machine, "data": {"equipment_parameters": {"temperature_celsius": value}}}
    assert _told(register.hand_in([_expanded(sheet, 4000, uses=[use])])) == told


def test_cooling_is_judged_down_to_forty_below_only() -> None:
    sheet, register = _register()
    steps = [{"rate": -1, "target": -40}, {"rate": -10, "target": -90}]
    assert _told(register.hand_in([sheet.cryopreserved("A", "X", units=1, data={"cooling_program": steps})])) == []
    steps = [{"rate": -5, "target": -40}]
    assert _told(register.hand_in([sheet.cryopreserved("B", "Y", units=1, data={"cooling_program": steps})])) == [
        ("minor", "below")
    ]


def _result(sheet: BenchSheet, **values: Any) -> Json:
    result = {"kind": "QCResult", "id": "Q", "data": values}
    return sheet.act("QC_RELEASE", [units_of("MCB1", 1)], [result], data={"test_conclusion": "pass"}, reviewer="P-02")


@pytest.mark.parametrize(
    ("item", "result", "told"),
    [
        ("viability", 80, []),
        ("viability", 75, [("minor", "below")]),
        ("viability", 60, [("major", "below")]),
        ("endotoxin", 0.49, []),
        ("endotoxin", 0.5, [("major", "above")]),
        ("sterility", "No growth", []),
        ("sterility", "无菌生长", []),
        ("sterility", "growth on day 3", [("major", "not within")]),
        ("CD105", 94, [("minor", "below")]),
        ("CD34", 2.1, [("major", "above")]),
        ("unheard_of", 7, []),
    ],
)
def test_results_are_held_against_the_range_of_their_item(item: str, result: Any, told: Any) -> None:
    sheet, register = _register()
    assert _told(register.hand_in([_result(sheet, test_item=item, test_result=result)])) == told


@pytest.mark.parametrize(
    ("item", "method", "result", "told"),
    [
        ("HIV", "nat", "negative", []),
        ("HIV", "nat", "reactive", [("major", "not within")]),
        ("CMV", "igg", "reactive", []),
        ("CMV", "igm", "reactive", [("major", "not within")]),
    ],
)
def test_donors_are_judged_as_published(item: str, method: str, result: str, told: Any) -> None:
    sheet, register = _register()
    data = {"test_item": item, "test_method": method, "test_result": result}
    test = sheet.act("TESTED", [{"kind": "Donor", "id": "D1"}], [{"kind": "QCResult", "id": "Q", "data": data}])
    judged = register.hand_in([test])
    assert _told(judged) == told
    assert all((each.tier, each.value) == (3, None) for each in judged.deviations)
    assert all(result not in each.message for each in judged.deviations)


def _sent(sheet: BenchSheet, kind: str, key: str, hours: int, **data: Any) -> Json:
    site = [{"kind": "StoragePosition", "id": "SITE-2"}]
    return sheet.act("TRANSPORTED", [{"kind": kind, "id": key}], site, hours=hours, data=data)


@pytest.mark.parametrize(("hours", "told"), [(24, []), (25, [("minor", "above")]), (49, [("major", "above")])])
def test_tissue_travels_a_day_and_two_at_most(hours: int, told: Any) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.node("StoragePosition", "SITE-2")
    sheet.collected("D1", "T1")
    _sent(sheet, "Tissue", "T1", hours)
    assert _told(Register().hand_in(sheet.records)) == told


def test_what_a_transport_requires_outranks_every_range() -> None:
    sheet, register = _register()
    assert register.hand_in([_range(field="arrival_temperature", allowed_high=10)]).accepted
    required = {"required_transport_temperature": [-196, -150]}
    deviation = _one(register.hand_in([_sent(sheet, "CellLot", "A", 1, arrival_temperature=-120, **required)]))
    assert (deviation.severity, deviation.direction) == ("major", "above")
    assert deviation.range_version == f"required_transport_temperature of {deviation.operation}"
    assert _told(register.hand_in([_sent(sheet, "CellLot", "B", 1, arrival_temperature=-160, **required)])) == []


def test_every_value_of_a_series_counts() -> None:
    sheet, register = _register()
    series = [["2025-01-06T12:00:00Z", -180], ["2025-01-06T13:00:00Z", -100], ["2025-01-06T14:00:00Z", -90]]
    more = {"required_transport_temperature": [None, -150], "in_transit_temperature": series}
    assert _told(register.hand_in([_sent(sheet, "CellLot", "A", 1, **more)])) == [("major", "above")] * 2
    summary = {"min": -180, "max": -100, "mean": -120}
    more = {"required_transport_temperature": [None, -150], "in_transit_temperature": summary}
    assert _told(register.hand_in([_sent(sheet, "CellLot", "B", 1, **more)])) == [("major", "above")]


# -- recorded ranges ---------------------------------------------------------------------------------------------------------


def test_a_recorded_range_overrides_the_default() -> None:
    sheet, register = _register()
    assert register.hand_in([_range(low=1000, high=2000, allowed_high=3500)]).accepted
    deviation = _one(register.hand_in([_expanded(sheet, 4000)]))
    assert (deviation.severity, deviation.range_version) == ("major", f"ReferenceRange:RR-1@{register.seq - 1}")


def test_the_range_and_the_value_may_come_in_one_request_in_any_order() -> None:
    sheet, register = _register()
    assert _told(register.hand_in([_expanded(sheet, 4000), _range(high=2000)])) == [("minor", "above")]


@pytest.mark.parametrize(
    ("values", "applies"),
    [
        ({"cell_type": "UC-MSC"}, True),
        ({"cell_type": "iPSC"}, False),
        ({"protocol": "ST-1"}, True),
        ({"protocol": "ST-9"}, False),
        ({"item": "viability"}, False),
        ({"valid_from": "2025-01-06", "valid_to": "2025-01-06"}, True),
        ({"valid_from": "2025-01-07"}, False),
        ({"valid_to": "2025-01-05"}, False),
        ({"valid_to": "9999-12-31"}, True),
    ],
)
def test_a_range_is_for_its_cell_type_protocol_item_and_days(values: Json, applies: bool) -> None:
    sheet, register = _register()
    assert register.hand_in([_range(high=2000, **values)]).accepted
    told = register.hand_in([_expanded(sheet, 4000, study="ST-1", start="2025-01-06T20:00:00Z")])
    assert _told(told) == ([("minor", "above")] if applies else [])


def test_the_range_of_a_protocol_outranks_that_of_a_cell_type_and_that_any_other() -> None:
    sheet, register = _register()
    ranges = [
        _range("ANY", high=1000), _range("TYPE", high=2000, cell_type="UC-MSC"), _range("STUDY", high=5000, protocol="ST-1")
    ]  # fmt: skip
    assert register.hand_in(ranges).accepted
    assert _told(register.hand_in([_expanded(sheet, 4000, study="ST-1")])) == []


def test_an_amended_range_has_another_version() -> None:
    sheet, register = _register()
    assert register.hand_in([_range(high=2000)]).accepted
    before = _one(register.hand_in([_expanded(sheet, 4000)]))
    assert register.hand_in([sheet.amendment("ReferenceRange", "RR-1", high=1000)]).accepted
    amended = register.seq
    other = sheet.act("EXPANDED", [{"kind": "CellLot", "id": "B"}], [{"kind": "CellLot", "id": "Y"}])
    after = _one(register.hand_in([{**other, "data": {"seeding_density": 1500}}]))
    assert before.range_version != after.range_version == f"ReferenceRange:RR-1@{amended}"


def test_expected_words_may_be_recorded() -> None:
    sheet, register = _register()
    record = _range(field="test_result", item="purity", expected=["pure", "纯"])
    assert register.hand_in([record]).accepted
    assert _told(register.hand_in([_result(sheet, test_item="purity", test_result="muddy")])) == [
        ("major", "not within")
    ]


# -- what comes later --------------------------------------------------------------------------------------------------------


def test_what_a_closing_adds_is_judged() -> None:
    sheet, register = _register()
    transport = _sent(sheet, "CellLot", "A", 0, required_transport_temperature=[None, -150]) | {"end": None}
    assert _told(register.hand_in([transport])) == []
    closing = sheet.closing(transport, data={"arrival_temperature": -120})
    deviation = _one(register.hand_in([closing]))
    assert (deviation.operation, deviation.field) == (transport["id"], "data.arrival_temperature")


def test_a_replacement_is_judged() -> None:
    sheet, register = _register()
    record = _expanded(sheet, 4000)
    assert register.hand_in([record]).accepted
    correction = sheet.correction(record, {**record, "data": {"seeding_density": 90000}})
    assert _one(register.hand_in([correction])).operation == correction["replacement"]["id"]


def test_an_amended_result_is_judged() -> None:
    sheet, register = _register()
    assert _told(register.hand_in([_result(sheet, test_item="viability", test_result=92)])) == []
    deviation = _one(register.hand_in([sheet.amendment("QCResult", "Q", test_result=62)]))
    assert (deviation.severity, deviation.direction, deviation.field) == ("major", "below", "data.test_result")


# -- machines that ran across a decontamination --------------------------------------------------------------------------------


def _run(sheet: BenchSheet, start: str, end: str | None) -> Json:
    return _expanded(sheet, 4000, uses=[{"kind": "Equipment", "id": "INC-1", "start": start, "end": end}])


def _cleaned(sheet: BenchSheet) -> Json:
    return sheet.act("DECONTAMINATED", [{"kind": "Equipment", "id": "INC-1"}], start="2025-02-01T00:00:00Z")


@pytest.mark.parametrize(
    ("end", "is_across"), [("2025-02-02T00:00:00Z", True), (None, True), ("2025-02-01T00:00:00Z", False)]
)
@pytest.mark.parametrize("order", ["run first", "cleaning first", "together"])
def test_a_run_across_a_decontamination_is_a_deviation(end: str | None, is_across: bool, order: str) -> None:
    sheet, register = _register()
    run, cleaning = _run(sheet, "2025-01-30T00:00:00Z", end), _cleaned(sheet)
    requests = {"run first": [[run], [cleaning]], "cleaning first": [[cleaning], [run]], "together": [[run, cleaning]]}
    told = [register.hand_in(request) for request in requests[order]]
    raised = [entry for each in told for entry in each.raised]
    assert all(each.accepted for each in told)
    assert raised == ([("run_across_decontamination", "major", run["id"])] if is_across else [])
