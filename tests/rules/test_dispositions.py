"""What may be done with tissues, lots and units, and what becomes of them (records.md, "Dispositions")."""

from __future__ import annotations

import pytest

from graph.rules.account import Account, Event
from graph.rules.course import Thing, run_course
from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.register import Register

LOT = {"kind": "CellLot", "id": "DP1"}


def _product(*, units: int = 0, quantity: int = 0) -> tuple[BenchSheet, Register]:
    """A lot DP1 of three doses, or a culture DP1."""
    sheet = BenchSheet()
    sheet.donor("D1")
    for key in ("S1", "S2", "S3"):
        sheet.subject(key)
    sheet.node("StoragePosition", "SITE-2", level="site")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.formulated(["L1"], "DP1", units=units, quantity=quantity)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def _change(sheet: BenchSheet, source: Json, to: str, from_: str | None = None) -> Json:
    data = {"to": to, "reason": "decided"} | ({"from": from_} if from_ else {})
    return sheet.act("CHANGED_DISPOSITION", [source], data=data)


def _sent(sheet: BenchSheet, source: Json) -> Json:
    return sheet.act("TRANSPORTED", [source], [{"kind": "StoragePosition", "id": "SITE-2"}], end=None)


def _out(sheet: BenchSheet, source: Json, reason: str | None = None) -> Json:
    data = {"storage_out_reason": reason} if reason else {}
    return sheet.act("STORAGE_OUT", [source], [{"kind": "StoragePosition", "id": "TANK-1"}], data=data)


def test_a_culture_is_born_in_process() -> None:
    _, register = _product()
    assert register.amounts("DP1") == {"in_process": 1}
    assert register.course("Tissue", "T1").amounts() == {"consumed_in_process": 1}


def test_counted_and_itemised_lots_are_born_quarantined() -> None:
    assert _product(quantity=3)[1].amounts("DP1") == {"quarantined": 3}
    assert _product(units=3)[1].amounts("DP1") == {"quarantined": 3}


def test_release_is_of_the_units_it_names() -> None:
    sheet, register = _product(units=3)
    sheet.released(units_of("DP1", 1, 2))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 2, "quarantined": 1}


@pytest.mark.parametrize(
    ("verdict", "becomes"), [("pass", "released"), ("conditional", "released"), ("fail", "rejected")]
)
def test_the_verdict_decides(verdict: str, becomes: str) -> None:
    sheet, register = _product(quantity=3)
    sheet.released(some_of("DP1", 2), verdict)
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {becomes: 2, "quarantined": 1}


def test_a_conditional_release_that_names_no_open_test_is_warned_of() -> None:
    sheet, register = _product(quantity=3)
    sheet.released("DP1", "conditional")
    assert register.hand_in(sheet.records).warned == ["no_open_tests"]


def test_a_release_names_the_lot_alone_for_all_that_is_left() -> None:
    sheet, register = _product(units=3)
    sheet.expanded(units_of("DP1", 1), "L2")
    sheet.released("DP1")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 2, "consumed_in_process": 1}


def test_only_what_is_released_is_given() -> None:
    sheet, register = _product(units=3)
    dose = sheet.administered(units_of("DP1", 1), "S1")
    told = register.hand_in([dose])
    assert told.faults == [(dose["id"], "inputs[0].units", "not_released")]
    assert "despite" in told.violations[0].remedy


@pytest.mark.parametrize("last", ["released", "allocated", "at_site"])
def test_released_allocated_and_delivered_doses_are_given(last: str) -> None:
    sheet, register = _product(units=3)
    sheet.released(units_of("DP1", 1))
    if last == "allocated":
        sheet.stored("DP1")
        _out(sheet, units_of("DP1", 1), "administer")
    if last == "at_site":
        sheet.closing(_sent(sheet, units_of("DP1", 1)))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1")[last] == 1
    assert register.hand_in([sheet.administered(units_of("DP1", 1), "S1")]).accepted
    assert register.amounts("DP1")["administered"] == 1


def test_a_dose_on_its_way_is_not_given() -> None:
    sheet, register = _product(units=3)
    sheet.released("DP1")
    _sent(sheet, units_of("DP1", 1))
    sheet.administered(units_of("DP1", 1), "S1")
    assert register.hand_in(sheet.records).codes == ["not_released"]


def test_taking_out_or_shipping_does_not_release() -> None:
    sheet, register = _product(units=3)
    sheet.stored("DP1")
    _out(sheet, units_of("DP1", 1), "administer")
    sheet.closing(_sent(sheet, units_of("DP1", 1)))
    dose = sheet.administered(units_of("DP1", 1), "S1")
    told = register.hand_in(sheet.records)
    assert told.faults == [(dose["id"], "inputs[0].units", "not_released")]
    assert "at_site (quarantined)" in told.violations[0].message


@pytest.mark.parametrize("state", ["in_process", "quarantined", "released", "allocated", "at_site"])
def test_other_material_operations_take_more(state: str) -> None:
    sheet, register = _product(units=0 if state == "in_process" else 3)
    source: Json = LOT if state == "in_process" else units_of("DP1", 1)
    if state == "released":
        sheet.released(source)
    if state == "allocated":
        sheet.stored("DP1")
        _out(sheet, source)
    if state == "at_site":
        sheet.closing(_sent(sheet, source))
    sheet.expanded(source, "L2")
    told = register.hand_in(sheet.records)
    assert told.accepted, told.violations
    assert register.amounts("DP1")["consumed_in_process"] == 1


@pytest.mark.parametrize("state", ["returned", "rejected", "retention_sample", "unaccounted"])
def test_what_is_set_apart_is_not_taken(state: str) -> None:
    sheet, register = _product(units=3)
    _change(sheet, units_of("DP1", 1), state)
    sheet.expanded(units_of("DP1", 1), "L2")
    assert register.hand_in(sheet.records).codes == ["not_released"]


@pytest.mark.parametrize("state", ["rejected", "returned", "retention_sample"])
def test_a_test_takes_whatever_is_not_used_up(state: str) -> None:
    sheet, register = _product(units=3)
    _change(sheet, units_of("DP1", 1), state)
    sheet.act("QC_IN", [{**units_of("DP1", 1), "consumed": True}])
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"quarantined": 2, "consumed_in_qc": 1}
    told = register.hand_in([sheet.act("QC_IN", [{**units_of("DP1", 1), "consumed": True}])])
    assert told.codes == ["unit_gone"]


def test_taking_out_allocates_but_a_transfer_keeps_the_disposition() -> None:
    sheet, register = _product(units=3)
    sheet.released("DP1")
    sheet.stored("DP1")
    _out(sheet, units_of("DP1", 1), "administer")
    _out(sheet, units_of("DP1", 2), "transfer")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"allocated": 1, "released": 2}


def test_storing_again_gives_back_the_disposition_before() -> None:
    sheet, register = _product(units=3)
    sheet.stored("DP1")
    _out(sheet, units_of("DP1", 1), "administer")
    sheet.stored(units_of("DP1", 1))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"quarantined": 3}


def test_a_transport_is_in_transit_until_its_closing() -> None:
    sheet, register = _product(units=3)
    sheet.released("DP1")
    transport = _sent(sheet, units_of("DP1", 1))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1")["in_transit"] == 1
    assert register.hand_in([sheet.closing(transport)]).accepted
    assert register.amounts("DP1")["at_site"] == 1


@pytest.mark.parametrize("to", ["quarantined", "returned", "rejected", "retention_sample", "destroyed", "unaccounted"])
def test_a_disposition_is_changed_by_decision(to: str) -> None:
    sheet, register = _product(units=3)
    sheet.released("DP1")
    _change(sheet, units_of("DP1", 1), to, "released")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 2, to: 1}


def test_a_final_disposition_is_not_changed() -> None:
    sheet, register = _product(units=3)
    _change(sheet, units_of("DP1", 1), "destroyed")
    _change(sheet, units_of("DP1", 1), "quarantined")
    assert register.hand_in(sheet.records).codes == ["unit_gone"]


def test_a_change_starts_from_the_disposition_that_it_names() -> None:
    sheet, register = _product(units=3)
    told = register.hand_in([_change(sheet, units_of("DP1", 1), "destroyed", "released")])
    assert told.faults == [("CHANGED_DISPOSITION-1", "inputs[0].units", "wrong_from")]


def test_a_change_of_a_quantity_draws_the_disposition_that_it_names() -> None:
    sheet, register = _product(quantity=3)
    sheet.released(some_of("DP1", 1))
    _change(sheet, some_of("DP1", 2), "destroyed", "quarantined")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 1, "destroyed": 2}
    assert register.hand_in([_change(sheet, some_of("DP1", 2), "destroyed", "released")]).codes == ["overdraw"]


def test_a_dose_is_drawn_from_what_is_at_the_site_then_allocated_then_released() -> None:
    sheet, register = _product(quantity=3)
    sheet.released("DP1")
    sheet.stored("DP1")
    _out(sheet, some_of("DP1", 2), "administer")
    sheet.closing(_sent(sheet, some_of("DP1", 1)))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"at_site": 1, "allocated": 1, "released": 1}
    left = [{"allocated": 1, "released": 1}, {"released": 1}, {}]
    for subject, rest in zip(("S1", "S2", "S3"), left, strict=True):
        assert register.hand_in([sheet.administered(some_of("DP1", 1), subject)]).accepted
        amounts = register.amounts("DP1")
        amounts.pop("administered")
        assert amounts == rest


def test_other_operations_draw_what_is_allocated_then_released_then_quarantined() -> None:
    sheet, register = _product(quantity=3)
    sheet.released(some_of("DP1", 2))
    sheet.stored("DP1")
    _out(sheet, some_of("DP1", 1), "expand")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"allocated": 1, "released": 1, "quarantined": 1}
    for number, rest in enumerate(({"released": 1, "quarantined": 1}, {"quarantined": 1}, {})):
        assert register.hand_in([sheet.expanded(some_of("DP1", 1), f"X{number}")]).accepted
        amounts = register.amounts("DP1")
        amounts.pop("consumed_in_process")
        assert amounts == rest


def test_an_unreleased_part_taken_out_does_not_keep_a_released_one_from_being_given() -> None:
    sheet, register = _product(quantity=3)
    sheet.stored("DP1")
    _out(sheet, some_of("DP1", 1), "destroy")
    sheet.released(some_of("DP1", 2))
    sheet.administered(some_of("DP1", 1), "S1")
    told = register.hand_in(sheet.records)
    assert told.accepted, told.violations


# -- inventories ---------------------------------------------------------------------------------------------------------


def _counted(sheet: BenchSheet, source: Json, place: str = "TANK-1") -> Json:
    return sheet.act("COUNTED", [source], [{"kind": "StoragePosition", "id": place}])


def test_what_an_inventory_does_not_find_is_unaccounted_and_told() -> None:
    sheet, register = _product(units=3)
    sheet.stored("DP1")
    count = _counted(sheet, units_of("DP1", 1, 3))
    told = register.hand_in(sheet.records)
    assert told.raised == [("inventory_gap", "critical", count["id"])]
    assert "DP1#2" in told.deviations[0].message
    assert register.amounts("DP1") == {"quarantined": 2, "unaccounted": 1}


def test_an_inventory_of_a_quantity_finds_less() -> None:
    sheet, register = _product(quantity=3)
    sheet.stored("DP1")
    _counted(sheet, some_of("DP1", 1))
    told = register.hand_in(sheet.records)
    assert [each.value for each in told.deviations] == ["2"]
    assert register.amounts("DP1") == {"quarantined": 1, "unaccounted": 2}


def test_an_inventory_counts_what_stands_below_the_place() -> None:
    sheet, register = _product(units=2)
    sheet.node("StoragePosition", "BOX-1", level="box", parent="TANK-1")
    sheet.stored(units_of("DP1", 1), "BOX-1")
    sheet.stored(units_of("DP1", 2))
    _counted(sheet, units_of("DP1", 1, 2))
    told = register.hand_in(sheet.records)
    assert told.accepted
    assert told.deviations == ()


def test_an_inventory_counts_where_a_box_stood_then() -> None:
    sheet, register = _product(units=2)
    sheet.node("StoragePosition", "TANK-2")
    sheet.node("StoragePosition", "BOX-1", level="box", parent="TANK-1")
    sheet.stored("DP1", "BOX-1")
    _counted(sheet, units_of("DP1", 1))
    box, tank = {"kind": "StoragePosition", "id": "BOX-1"}, {"kind": "StoragePosition", "id": "TANK-2"}
    sheet.act("MOVED", [box], [tank])
    _counted(sheet, units_of("DP1", 1), "TANK-2")
    told = register.hand_in(sheet.records)
    assert [(each.code, each.operation) for each in told.deviations] == [("inventory_gap", "COUNTED-1")]


def test_what_is_found_again_has_the_disposition_it_had() -> None:
    sheet, register = _product(units=2)
    sheet.released("DP1")
    sheet.stored("DP1")
    _counted(sheet, units_of("DP1", 1))
    _counted(sheet, units_of("DP1", 1, 2))
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 2}


def test_what_is_found_where_it_should_not_be_is_told() -> None:
    sheet, register = _product(units=2)
    sheet.stored(units_of("DP1", 1))
    sheet.expanded(units_of("DP1", 2), "L2")
    count = _counted(sheet, units_of("DP1", 1, 2))
    told = register.hand_in(sheet.records)
    assert told.raised == [("inventory_surplus", "major", count["id"])]
    assert "consumed_in_process" in told.deviations[0].message


def test_more_than_there_can_be_is_told() -> None:
    sheet, register = _product(quantity=2)
    sheet.stored("DP1")
    count = _counted(sheet, some_of("DP1", 3))
    assert register.hand_in(sheet.records).raised == [("inventory_surplus", "major", count["id"])]


def test_a_release_does_not_find_what_is_unaccounted() -> None:
    sheet, register = _product(units=2)
    sheet.stored("DP1")
    _counted(sheet, units_of("DP1", 1))
    sheet.released("DP1")
    assert register.hand_in(sheet.records).accepted
    assert register.amounts("DP1") == {"released": 1, "unaccounted": 1}


# -- holds: what puts them is an operation of its own; the rules know them ---------------------------------------------------


def _event(number: int, type_: str, **members: object) -> Event:
    role = "made" if type_ == "FORMULATED" and number == 0 else "in"
    return Event(operation=f"E{number}", type=type_, role=role, seq=number, start=(number, number), **members)  # type: ignore[arg-type]


def _held(*after: Event) -> list[tuple[str, str]]:
    events = [
        _event(0, "FORMULATED", units=("1", "2")),
        _event(1, "QC_RELEASE", kept={"test_conclusion": "pass"}),
        _event(2, "STORED", position="TANK-1", is_open=True),
        _event(3, "CHANGED_DISPOSITION", units=("1",), kept={"to": "on_hold"}),
        *after,
    ]
    course = run_course(Thing(kind="CellLot", key="DP1"), Account(events=events))
    return [(problem.operation, problem.code) for problem in course.problems]


@pytest.mark.parametrize(
    "event",
    [
        _event(4, "EXPANDED", units=("1",)),
        _event(4, "ADMINISTERED", units=("1",)),
        _event(4, "QC_RELEASE", units=("1",), kept={"test_conclusion": "pass"}),
        _event(4, "STORAGE_OUT", units=("1",), position="TANK-1"),
    ],
    ids=lambda event: event.type,
)
def test_nothing_on_hold_is_taken_released_or_given(event: Event) -> None:
    assert _held(event) == [("E4", "on_hold")]


def test_nothing_on_hold_is_shipped() -> None:
    moved = _event(4, "STORAGE_OUT", units=("1",), position="TANK-1", kept={"storage_out_reason": "transfer"})
    assert _held(moved, _event(5, "TRANSPORTED", units=("1",), position="SITE-2")) == [("E5", "on_hold")]


def test_the_end_of_a_hold_gives_back_the_disposition_before() -> None:
    end = _event(4, "CHANGED_DISPOSITION", units=("1",), kept={"from": "on_hold", "to": "released"})
    assert _held(end, _event(5, "ADMINISTERED", units=("1",))) == []


def test_a_hold_outlives_an_inventory_that_missed_the_unit() -> None:
    missed = _event(4, "COUNTED", units=("2",), position="TANK-1")
    found = _event(5, "COUNTED", units=("1", "2"), position="TANK-1")
    assert _held(missed, found, _event(6, "ADMINISTERED", units=("1",))) == [("E6", "on_hold")]
