"""Where things stand, and in which order events count (records.md, "Presence in a place", "Times")."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.register import Register

DAY = "2025-03-{:02d}"


def _bank(units: int = 0, quantity: int = 0) -> tuple[BenchSheet, Register]:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    for key in ("TANK-2", "SITE-2"):
        sheet.node("StoragePosition", key)
    for key in ("CELL-1", "CELL-2"):
        sheet.node("StoragePosition", key, level="cell")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.divided("L1", ["A", "B", "C"])
    sheet.cryopreserved("A", "MCB1", units=units, quantity=quantity)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def _place(key: str) -> list[Json]:
    return [{"kind": "StoragePosition", "id": key}]


def _lot(key: str) -> list[Json]:
    return [{"kind": "CellLot", "id": key}]


# -- presence ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["STORED", "TRANSPORTED"])
def test_what_still_stands_elsewhere_is_neither_stored_nor_shipped(type_: str) -> None:
    sheet, register = _bank(units=2)
    sheet.stored("MCB1")
    second = sheet.act(type_, _lot("MCB1"), _place("TANK-2"), end=None)
    told = register.hand_in(sheet.records)
    assert set(told.faults) == {(second["id"], "inputs[0].id", "stands_elsewhere")}
    assert "STORED-1" in told.violations[0].message


def test_a_closing_ends_the_stay() -> None:
    sheet, register = _bank(units=2)
    sheet.closing(sheet.stored("MCB1"))
    sheet.stored("MCB1", "TANK-2")
    assert register.hand_in(sheet.records).accepted


def test_taking_out_ends_the_stay_of_the_units_it_names() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("MCB1")
    sheet.act("STORAGE_OUT", [units_of("MCB1", 1)], _place("TANK-1"))
    sheet.stored(units_of("MCB1", 1), "TANK-2")
    assert register.hand_in(sheet.records).accepted
    told = register.hand_in([sheet.stored(units_of("MCB1", 2), "TANK-2")])
    assert told.codes == ["stands_elsewhere"]


def test_taking_out_a_lot_alone_ends_the_stay_of_all_of_it() -> None:
    sheet, register = _bank(quantity=5)
    sheet.stored("MCB1")
    sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-1"))
    sheet.stored("MCB1", "TANK-2")
    assert register.hand_in(sheet.records).accepted


def test_taking_the_last_unit_ends_the_stay() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("MCB1")
    sheet.expanded(units_of("MCB1", 1), "X1")
    assert register.hand_in(sheet.records).accepted
    assert register.course("CellLot", "MCB1").stays[0].end is None
    assert register.hand_in([sheet.expanded(units_of("MCB1", 2), "X2")]).accepted
    assert register.course("CellLot", "MCB1").stays[0].end is not None


def test_nothing_is_taken_out_of_where_it_does_not_stand() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("MCB1")
    out = sheet.act("STORAGE_OUT", [units_of("MCB1", 1)], _place("TANK-2"))
    told = register.hand_in(sheet.records)
    assert told.faults == [(out["id"], "inputs[0].units", "not_there")]


def test_out_before_in_is_refused() -> None:
    sheet, register = _bank(units=2)
    sheet.act("STORAGE_OUT", [units_of("MCB1", 1)], _place("TANK-1"))
    sheet.stored("MCB1")
    assert register.hand_in(sheet.records).codes == ["not_there"]


def test_storing_what_is_on_its_way_needs_its_arrival() -> None:
    sheet, register = _bank(quantity=2)
    transport = sheet.act("TRANSPORTED", _lot("MCB1"), _place("SITE-2"), end=None)
    sheet.stored("MCB1", "TANK-2")
    assert register.hand_in(sheet.records).codes == ["stands_elsewhere"]
    stay = sheet.records.pop()
    sheet.records.append({**stay, "start": "2025-06-01T00:00:00Z"})
    sheet.records.append(sheet.closing(transport))
    assert register.hand_in(sheet.records).accepted


def test_a_hand_over_without_a_stay_is_warned_of() -> None:
    sheet, register = _bank(quantity=2)
    sheet.act("STORAGE_IN", _lot("MCB1"), _place("TANK-1"))
    assert register.hand_in(sheet.records).warned == ["no_stay"]


def test_a_hand_over_whose_stay_is_recorded_is_not_warned_of() -> None:
    sheet, register = _bank(quantity=2)
    sheet.stored("MCB1")
    assert register.hand_in(sheet.records).warned == []
    assert register.hand_in([sheet.act("STORAGE_IN", _lot("MCB1"), _place("TANK-1"))]).warned == []


# -- storage cells -------------------------------------------------------------------------------------------------------


def test_two_lots_do_not_share_a_storage_cell() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("B", "CELL-1")
    second = sheet.stored("C", "CELL-1")
    told = register.hand_in(sheet.records)
    assert told.faults == [(second["id"], "outputs[0].id", "position_taken")]
    assert "CellLot:B (STORED-1)" in told.violations[0].message


def test_two_lots_of_one_act_do_not_share_a_storage_cell() -> None:
    sheet, register = _bank(units=2)
    sheet.act("STORED", [*_lot("B"), *_lot("C")], _place("CELL-1"), end=None)
    assert register.hand_in(sheet.records).codes == ["position_taken"]


def test_a_cell_left_is_free_again() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("B", "CELL-1")
    sheet.act("STORAGE_OUT", _lot("B"), _place("CELL-1"))
    sheet.stored("C", "CELL-1")
    assert register.hand_in(sheet.records).accepted


def test_a_tank_holds_many() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("B")
    sheet.stored("C")
    assert register.hand_in(sheet.records).accepted


def test_a_cell_that_may_have_been_left_in_time_is_not_taken() -> None:
    sheet, register = _bank(units=2)
    sheet.act("STORED", _lot("B"), _place("CELL-1"), start="2025-03-01T10:00:00Z", end="2025-03-02", zone="Z")
    sheet.act("STORED", _lot("C"), _place("CELL-1"), start="2025-03-02", end=None, zone="Z")
    assert register.hand_in(sheet.records).accepted
    told = register.hand_in(
        [sheet.act("STORED", _lot("MCB1"), _place("CELL-1"), start="2025-03-04", end=None, zone="Z")]
    )
    assert told.codes == ["position_taken"]


def test_what_a_correction_finds_in_one_cell_is_told_as_now_known() -> None:
    sheet, register = _bank(units=2)
    sheet.stored("B", "CELL-1")
    out = sheet.act("STORAGE_OUT", _lot("B"), _place("CELL-1"))
    sheet.stored("C", "CELL-1")
    assert register.hand_in(sheet.records).accepted
    told = register.hand_in([sheet.correction(out, None)])
    assert told.accepted
    assert told.raised == [("position_taken", "critical", "STORED-2")]


# -- positions -----------------------------------------------------------------------------------------------------------


def test_a_position_is_not_moved_into_itself() -> None:
    sheet, register = _bank(units=2)
    sheet.node("StoragePosition", "RACK-1", parent="TANK-1")
    assert register.hand_in(sheet.records).accepted
    told = register.hand_in([sheet.act("MOVED", _place("TANK-1"), _place("RACK-1"))])
    assert told.faults == [("MOVED-1", "inputs[0].id", "cycle")]


def test_positions_do_not_stand_in_each_other() -> None:
    sheet = BenchSheet()
    sheet.node("StoragePosition", "P1", parent="P2")
    sheet.node("StoragePosition", "P2", parent="P1")
    assert Register().hand_in(sheet.records).faults == [("P1", "data.parent", "cycle"), ("P2", "data.parent", "cycle")]


# -- equal times ---------------------------------------------------------------------------------------------------------


def _at(start: str, *records: Json) -> list[Json]:
    return [{**record, "start": start} | ({"end": None} if "end" in record else {}) for record in records]


def test_at_one_time_making_comes_first_then_release_then_storing_then_the_rest() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    acts = [
        sheet.formulated(["L1"], "DP1", units=1),
        sheet.released(units_of("DP1", 1)),
        sheet.stored("DP1"),
        sheet.administered(units_of("DP1", 1), "S1"),
    ]
    before = [record for record in sheet.records if record not in acts]
    for order in itertools.permutations(_at("2025-03-01T10:00:00Z", *acts)):
        register = Register()
        told = register.hand_in([*before, *order])
        assert told.accepted, told.violations
        assert register.amounts("DP1") == {"administered": 1}


def test_at_one_time_taking_out_comes_before_storing() -> None:
    sheet, register = _bank(units=1)
    sheet.stored("MCB1")
    assert register.hand_in(sheet.records).accepted
    stay = sheet.stored("MCB1", "TANK-2")
    out = sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-1"))
    assert register.hand_in(_at("2025-03-01T10:00:00Z", stay, out)).accepted


def test_at_one_time_a_closing_comes_before_the_next_stay() -> None:
    sheet, register = _bank(units=1)
    stay = sheet.stored("MCB1")
    sheet.stored("MCB1", "TANK-2")
    sheet.records[-1]["start"] = "2025-03-01T10:00:00Z"
    sheet.closing(stay)
    sheet.records[-1]["end"] = "2025-03-01T10:00:00Z"
    assert register.hand_in(sheet.records).accepted


# -- times that are not exact --------------------------------------------------------------------------------------------


def test_of_acts_of_one_day_an_order_is_looked_for() -> None:
    sheet, register = _bank(units=1)
    day: Any = {"start": DAY.format(1), "zone": "+08:00"}
    acts = [
        sheet.act("STORED", _lot("MCB1"), _place("TANK-2"), end=None, **day),
        sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-1"), **day),
        sheet.act("STORED", _lot("MCB1"), _place("TANK-1"), end=None, **day),
    ]
    for order in itertools.permutations(acts):
        told = Register(world=register.world, seq=register.seq).hand_in(order)
        assert told.accepted, told.violations


def test_an_order_is_found_that_looks_wrong_at_first() -> None:
    """Two whole rounds through two tanks in one day; whoever stores first in the wrong one gets stuck."""
    sheet, register = _bank(units=1)
    day: Any = {"start": DAY.format(1), "zone": "Z"}
    sheet.act("STORED", _lot("MCB1"), _place("TANK-2"), end=None, **day)
    sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-2"), **day)
    sheet.act("STORED", _lot("MCB1"), _place("TANK-1"), end=None, **day)
    sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-1"), **day)
    sheet.act("STORED", _lot("MCB1"), _place("SITE-2"), start="2025-03-02T12:00:00Z", end=None)
    told = register.hand_in(sheet.records)
    assert told.accepted, told.violations


def test_what_is_certain_is_refused_although_times_are_not_exact() -> None:
    sheet, register = _bank(units=1)
    sheet.stored("MCB1")
    out = sheet.act("STORAGE_OUT", _lot("MCB1"), _place("TANK-2"), start=DAY.format(1), zone="Z")
    assert register.hand_in(sheet.records).faults == [(out["id"], "inputs[0].id", "not_there")]


def test_an_act_on_the_day_its_material_was_made_is_taken_to_come_after() -> None:
    sheet, register = _bank()
    sheet.act("FORMULATED", _lot("B"), [{"kind": "CellLot", "id": "X"}], start="2025-03-01T15:00:00Z")
    sheet.act("FORMULATED", _lot("X"), [{"kind": "CellLot", "id": "Y"}], start="2025-03-01", zone="Z")
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    sheet.act("FORMULATED", _lot("Y"), [{"kind": "CellLot", "id": "W"}], start="2025-02-27", zone="Z")
    assert register.hand_in(sheet.records).codes == ["before_made"]


def test_a_dose_of_the_day_of_its_release_may_have_come_after_it() -> None:
    sheet, register = _bank(units=1)
    sheet.act("ADMINISTERED", [units_of("MCB1", 1)], [{"kind": "Subject", "id": "S1"}], start=DAY.format(3), zone="Z")
    release = sheet.released(units_of("MCB1", 1))
    sheet.records[-1] = {**release, "start": "2025-03-03T09:00:00Z"}
    assert register.hand_in(sheet.records).accepted


def test_a_search_that_finds_no_order_ends() -> None:
    sheet, register = _bank(quantity=40)
    for number in range(41):
        source = some_of("MCB1", 1)
        sheet.act("EXPANDED", [source], [{"kind": "CellLot", "id": f"X{number}"}], start=DAY.format(1), zone="Z")
    assert register.hand_in(sheet.records).codes == ["overdraw"]


# -- the clock -----------------------------------------------------------------------------------------------------------


def test_nothing_happens_after_the_ledgers_clock() -> None:
    sheet, register = _bank(units=1)
    register.now = "2025-02-01T00:00:00Z"
    late = "2025-02-01T00:00:01Z"
    expansion = sheet.expanded(units_of("MCB1", 1), "X")
    expansion |= {"start": "2025-01-31T00:00:00Z", "end": late}
    expansion["uses"] = [{"kind": "Equipment", "id": "INC-1", "start": late, "end": "2025-02-03T00:00:00Z"}]
    told = register.hand_in(sheet.records)
    assert told.faults == [
        (expansion["id"], member, "in_the_future") for member in ("end", "uses[0].start", "uses[0].end")
    ]


def test_against_the_clock_the_earliest_counts() -> None:
    sheet, register = _bank(units=1)
    register.now = "2025-02-01T10:00:00Z"
    expansion = sheet.expanded(units_of("MCB1", 1), "X")
    assert register.hand_in([{**expansion, "start": "2025-02-01", "end": None, "zone": "Z"}]).accepted


def test_a_closing_is_not_in_the_future() -> None:
    sheet, register = _bank(units=1)
    stay = sheet.stored("MCB1")
    closing = sheet.closing(stay)
    told = register.hand_in([stay, {**closing, "end": "2027-01-01T00:00:00Z"}])
    assert told.faults == [(closing["id"], "end", "in_the_future")]


def test_a_recorded_time_is_claimed_by_a_historic_import_only() -> None:
    sheet, register = _bank()
    record = sheet.expanded("B", "X") | {"recorded_at": "2025-06-01T00:00:00Z"}
    assert register.hand_in([record]).faults == [(record["id"], "recorded_at", "recorded_at")]
    assert register.hand_in([record], historic=True).accepted


@pytest.mark.parametrize(
    "claimed",
    ["2026-06-01T00:00:00Z", "2025-01-05T00:00:00Z", "2025-01-07T00:00:00Z"],
    ids=["in the future", "before the start", "before the end"],
)
def test_a_claimed_recorded_time_lies_between_the_act_and_now(claimed: str) -> None:
    sheet, register = _bank()
    record = sheet.expanded("B", "X") | {"recorded_at": claimed}
    told = register.hand_in([record], historic=True)
    assert set(told.faults) == {(record["id"], "recorded_at", "recorded_at")}
