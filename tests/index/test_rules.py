"""Each rule of impact analysis by a lineage small enough to follow by hand. Times are days."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import BadInput, NotFound
from graph.index import Channel, Hazard
from support.days import Days, end, seed_of

EQUIPMENT, STORAGE = ["EQUIPMENT"], ["STORAGE"]


# -- rule 1: material ------------------------------------------------------------------------------------------------


def test_what_was_taken_before_the_parent_was_affected_is_clean() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3)
    assert days.impact("HERITABLE", ("CellLot:A", 2)) == {"CellLot:A": (1, 2), "CellLot:B": (1, 3)}
    assert days.impact("HERITABLE", ("CellLot:A", 3)) == {"CellLot:A": (1, 3), "CellLot:B": (1, 3)}
    assert days.impact("HERITABLE", ("CellLot:A", 3.5)) == {"CellLot:A": (1, 3.5)}


def test_an_operation_that_lasts_passes_on_until_its_end_which_itself_counts_only_for_the_careful() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3, to=5)
    assert days.impact("HERITABLE", ("CellLot:A", 4))["CellLot:B"] == (1, 4)
    assert "CellLot:B" not in days.impact("HERITABLE", ("CellLot:A", 5))
    assert days.impact("HERITABLE", ("CellLot:A", 5), closed=True)["CellLot:B"] == (1, 5)


def test_a_time_known_to_the_day_passes_on_until_that_day_is_over() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at="2025-01-04")  # day 3 to day 4
    assert days.impact("HERITABLE", ("CellLot:A", 3.5))["CellLot:B"] == (1, 3.5)
    assert days.impact("HERITABLE", ("CellLot:A", 1))["CellLot:B"] == (1, 3)
    assert "CellLot:B" not in days.impact("HERITABLE", ("CellLot:A", 4.5))


def test_without_a_beginning_a_seed_is_affected_always_and_what_it_became_since_it_was_made() -> None:
    days = Days()
    days.act("COLLECTED", ["Donor:D"], ["Tissue:T"], at=1)
    assert days.impact("ELIGIBILITY", ("Donor:D", None)) == {"Donor:D": (1, None), "Tissue:T": (1, 1)}


def test_a_reagent_exposes_over_the_times_of_its_own_use() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3, to=9, uses=[days.use("Reagent:R", 5, 6)])
    assert days.impact("EXPOSURE", ("Reagent:R", None)) == {"Reagent:R": (1, None), "CellLot:B": (1, 5)}
    assert "CellLot:B" not in days.impact("EXPOSURE", ("Reagent:R", 7))


def test_a_reagent_exposes_only_what_its_use_names() -> None:
    days = Days()
    use = days.use("Reagent:R", on=["C"])
    days.act("DIVIDED", ["CellLot:A"], ["CellLot:B", "CellLot:C"], at=3, uses=[use])
    assert set(days.impact("EXPOSURE", ("Reagent:R", None))) == {"Reagent:R", "CellLot:C"}


def test_a_working_solution_carries_on_what_it_was_prepared_from() -> None:
    days = Days()
    days.act("PREPARED", ["Reagent:R"], ["Reagent:W"], at=2)
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3, uses=[days.use("Reagent:W")])
    assert days.impact("EXPOSURE", ("Reagent:R", 1)) == {
        "Reagent:R": (1, 1),
        "Reagent:W": (1, 2),
        "CellLot:B": (1, 3),
    }


def test_upstream_nothing_is_affected() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3)
    assert days.impact("HERITABLE", ("CellLot:B", None)) == {"CellLot:B": (1, None)}


def test_a_thing_reached_late_is_passed_on_from_the_earlier_time_when_it_is_reached_earlier() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:LATE"], at=1)
    days.act("EXPANDED", ["CellLot:B"], ["CellLot:EARLY"], at=2)
    days.act("POOLED", ["CellLot:LATE", "CellLot:EARLY"], ["CellLot:POOL"], at=4, to=20)
    days.act("EXPANDED", ["CellLot:POOL"], ["CellLot:END"], at=6, to=7)
    answer = days.impact("HERITABLE", ("CellLot:LATE", 10), ("CellLot:EARLY", 5))
    assert answer.get("CellLot:POOL") == (1, 5)
    assert answer.get("CellLot:END") == (1, 6)


# -- rule 2: units ---------------------------------------------------------------------------------------------------


def test_a_unit_taken_before_its_lot_was_affected_is_clean() -> None:
    days = Days()
    days.made("A", units=3)
    days.act("ADMINISTERED", [end("CellLot:A", units=[1])], ["Subject:S"], at=5)
    answer = days.impact("HERITABLE", ("CellLot:A", 6))
    assert {name: since for name, (_, since) in answer.items()} == {
        "CellLot:A": 6,
        "CellUnit:A#2": 6,
        "CellUnit:A#3": 6,
    }
    assert days.impact("HERITABLE", ("CellLot:A", 4))["Subject:S"] == (1, 5)


@pytest.mark.parametrize(
    ("type_", "fields", "consumed"),
    [("CHANGED_DISPOSITION", {"to": "destroyed", "reason": "waste"}, False), ("TESTED", {}, True)],
)
def test_destruction_and_a_test_that_consumes_it_take_a_unit(
    type_: str, fields: dict[str, Any], consumed: bool
) -> None:
    days = Days()
    days.made("A", units=2)
    outputs = ["QCResult:Q"] if consumed else []
    days.act(type_, [end("CellLot:A", units=[1], consumed=consumed)], outputs, at=5)
    days.records[-1]["data"] = fields
    assert "CellUnit:A#1" not in days.impact("HERITABLE", ("CellLot:A", 6))


def _destroyed_after_one_was_used() -> Days:
    """Of three units that stand in a tank one is thawed on day 5; on day 20 the lot is destroyed by its name."""
    days = Days()
    days.made("A", units=3)
    days.stored("CellLot:A", "TANK", 1)
    days.act("THAWED", [end("CellLot:A", units=[1])], ["CellLot:B"], at=5)
    days.destroyed("CellLot:A", at=20)
    return days


def test_a_lot_destroyed_by_its_name_is_what_was_left_of_it() -> None:
    answer = _destroyed_after_one_was_used().impact("EXPOSURE", ("CellLot:A", 10))
    assert set(answer) == {"CellLot:A", "CellUnit:A#2", "CellUnit:A#3"}
    assert set(_destroyed_after_one_was_used().impact("EXPOSURE", ("CellLot:A", 21))) == {"CellLot:A"}


def test_a_unit_leaves_its_place_when_it_is_taken_though_its_lot_is_destroyed_there_later() -> None:
    answer = _destroyed_after_one_was_used().impact("EXPOSURE", ("StoragePosition:TANK", 10, 12))
    assert set(answer) == {"CellLot:A", "CellUnit:A#2", "CellUnit:A#3"}


def test_a_unit_that_is_named_was_not_destroyed_with_its_lot_though_it_may_have_been_taken_later() -> None:
    days = Days()
    days.made("A", units=2)
    days.act("THAWED", [end("CellLot:A", units=[1])], ["CellLot:B"], at="2025-01-04/2025-01-09")  # up to day 9
    days.destroyed("CellLot:A", at=5)
    assert set(days.impact("EXPOSURE", ("CellLot:A", 7))) == {"CellLot:A", "CellUnit:A#1", "CellLot:B"}


def test_a_unit_does_not_affect_its_lot() -> None:
    days = Days()
    days.made("A", units=2)
    assert days.impact("HERITABLE", ("CellUnit:A#1", None)) == {"CellUnit:A#1": (1, None)}


def test_what_is_made_of_one_unit_is_not_affected_by_another() -> None:
    days = Days()
    days.made("A", units=2)
    days.act("EXPANDED", [end("CellLot:A", units=[1])], ["CellLot:B"], at=5)
    assert "CellLot:B" not in days.impact("HERITABLE", ("CellUnit:A#2", None))
    assert days.impact("HERITABLE", ("CellUnit:A#1", None))["CellLot:B"] == (1, 5)


# -- rule 3: presence in machines ------------------------------------------------------------------------------------


def _cultures(*runs: tuple[str, float, float]) -> Days:
    """Lots that were in one incubator, each over its own time."""
    days = Days()
    for lot, start, stop in runs:
        days.made(lot, at=start, uses=[days.run("INC", start, stop)])
    return days


def test_contagion_passes_to_what_is_there_at_the_time_and_to_what_arrives() -> None:
    days = _cultures(("A", 0, 5), ("B", 3, 8), ("C", 0, 2), ("D", 9, 10))
    assert days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=EQUIPMENT) == {
        "CellLot:A": (1, 2),
        "CellLot:B": (2, 3),
        "CellLot:D": (2, 9),
    }


def test_contagion_stops_at_a_decontamination() -> None:
    days = _cultures(("A", 0, 5), ("B", 3, 8), ("D", 9, 10))
    days.cleaned("Equipment:INC", at=8.5)
    assert "CellLot:D" not in days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=EQUIPMENT)


def test_a_run_that_goes_on_across_a_decontamination_brings_it_into_the_next_epoch() -> None:
    days = _cultures(("A", 0, 5), ("D", 9, 10))
    days.cleaned("Equipment:INC", at=4)
    assert days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=EQUIPMENT)["CellLot:D"] == (2, 9)


def test_an_early_contamination_is_washed_out_while_a_later_one_stays() -> None:
    days = _cultures(("A", 0, 5), ("B", 10, 12), ("C", 13, 14))
    days.cleaned("Equipment:INC", at=6)
    answer = days.impact("CONTAGIOUS", ("CellLot:A", 1), ("CellLot:B", 11), channels=EQUIPMENT)
    assert answer.get("CellLot:C") == (2, 13)
    assert "CellLot:B" not in days.impact("CONTAGIOUS", ("CellLot:A", 1), channels=EQUIPMENT)


def test_a_closed_process_shares_nothing() -> None:
    days = Days()
    days.made("A", at=0, uses=[days.run("INC", 0, 5, process="closed")])
    days.made("B", at=1, uses=[days.run("INC", 1, 3)])
    assert set(days.impact("CONTAGIOUS", ("CellLot:A", None), channels=EQUIPMENT)) == {"CellLot:A"}


def test_an_end_still_counts_as_present_only_for_the_careful() -> None:
    days = _cultures(("A", 0, 5), ("B", 5, 8))
    assert "CellLot:B" in days.impact("CONTAGIOUS", ("CellLot:A", 1), channels=EQUIPMENT)  # in the machine meanwhile
    days = _cultures(("A", 0, 5), ("B", 4, 8))
    days.cleaned("Equipment:INC", at=5)
    assert "CellLot:A" not in days.impact("CONTAGIOUS", ("CellLot:B", 6), channels=EQUIPMENT)
    days = _cultures(("A", 2, 5), ("B", 5, 8))
    days.cleaned("Equipment:INC", at=5)
    assert "CellLot:B" not in days.impact("CONTAGIOUS", ("CellLot:A", 1), channels=EQUIPMENT)
    assert days.impact("CONTAGIOUS", ("CellLot:A", 1), channels=EQUIPMENT, closed=True)["CellLot:B"] == (2, 5)


def test_a_run_without_times_in_an_instant_act_lasts_until_the_next_move_and_is_uncertain() -> None:
    days = Days()
    days.made("A", at=0, uses=[days.run("BSC")])
    days.act("TRANSPORTED", ["CellLot:A"], ["StoragePosition:SITE"], at=3)
    days.made("B", at=2, uses=[days.run("BSC", 2, 2.5)])
    days.made("C", at=4, uses=[days.run("BSC", 4, 4.5)])
    index = days.index()
    answer = days.impact("CONTAGIOUS", ("CellLot:B", 2), channels=EQUIPMENT, lineage=index.lineage)
    assert answer.get("CellLot:A") == (2, 2)
    assert days.impact("CONTAGIOUS", ("Equipment:BSC", 3.5, 3.9), channels=EQUIPMENT) == {}
    spread = index.lineage.impact(Hazard.CONTAGIOUS, [seed_of("CellLot:B", 2)], [Channel.EQUIPMENT])
    told = {index.lineage.node(int(n))[1]: bool(u) for n, u in zip(spread.nodes, spread.uncertain, strict=True)}
    assert told == {"A": True, "B": False, "C": False}


def test_a_closing_ends_the_run_of_the_machine_where_a_reagent_of_the_same_key_is_in_use_too() -> None:
    days = Days()
    days.made("B", at=1, uses=[days.run("K", 8, 9)])
    operation = days.made("A", at=1, uses=[days.use("Reagent:K", 1), days.run("K", 1)])
    days.closed(operation, 5, use="K")
    assert set(days.impact("CONTAGIOUS", ("CellLot:A", 6), channels=EQUIPMENT)) == {"CellLot:A"}
    assert days.impact("EXPOSURE", ("Reagent:K", 7))["CellLot:A"] == (1, 7)  # that use goes on


def test_without_the_channel_nothing_passes_through_a_machine() -> None:
    days = _cultures(("A", 0, 5), ("B", 3, 8))
    assert set(days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=[])) == {"CellLot:A"}
    assert set(days.impact("CONTAGIOUS", ("CellLot:A", 2))) == {"CellLot:A", "CellLot:B"}  # as is asked by default


# -- rules 3 and 4: stays and vessels --------------------------------------------------------------------------------


def _tanks() -> Days:
    days = Days()
    days.node("StoragePosition:SITE", level="site")
    for tank in ("TANK", "OTHER"):
        days.node(f"StoragePosition:{tank}", level="tank", parent="SITE", shared_environment=True)
    for rack in ("RACK1", "RACK2"):
        days.node(f"StoragePosition:{rack}", level="rack", parent="TANK")
    days.node("StoragePosition:SHELF", level="rack", parent="SITE")
    return days


def test_stays_count_in_the_vessel_that_stands_above() -> None:
    days = _tanks()
    for lot, position in (("A", "RACK1"), ("B", "RACK2"), ("C", "OTHER")):
        days.made(lot)
        days.stored(f"CellLot:{lot}", position, 1)
    assert days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=STORAGE) == {"CellLot:A": (1, 2), "CellLot:B": (3, 2)}


def test_without_a_shared_environment_a_position_is_shared_only_by_what_stands_in_itself() -> None:
    days = _tanks()
    for lot, position in (("A", "SHELF"), ("B", "SHELF"), ("C", "SITE")):
        days.made(lot)
        days.stored(f"CellLot:{lot}", position, 1)
    assert set(days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=STORAGE)) == {"CellLot:A", "CellLot:B"}


def test_a_position_that_is_moved_takes_its_stays_along() -> None:
    days = _tanks()
    for lot, position in (("A", "OTHER"), ("B", "RACK1"), ("C", "RACK2")):
        days.made(lot)
        days.stored(f"CellLot:{lot}", position, 1)
    days.moved("RACK1", "OTHER", at=5)
    answer = days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=STORAGE)
    assert answer == {"CellLot:A": (1, 2), "CellLot:B": (3, 5)}
    assert days.impact("CONTAGIOUS", ("CellLot:C", 2), channels=STORAGE)["CellLot:A"] == (3, 5)


def test_a_move_on_an_unknown_hour_counts_in_both_vessels_that_day() -> None:
    days = _tanks()
    for lot, position in (("A", "OTHER"), ("B", "RACK1"), ("C", "RACK2")):
        days.made(lot)
        days.stored(f"CellLot:{lot}", position, 1)
    days.moved("RACK1", "OTHER", at="2025-01-06")  # day 5 to day 6
    assert days.impact("CONTAGIOUS", ("CellLot:A", 5.2), channels=STORAGE)["CellLot:B"] == (3, 5.2)
    assert days.impact("CONTAGIOUS", ("CellLot:C", 5.8), channels=STORAGE)["CellLot:B"] == (3, 5.8)
    assert "CellLot:B" not in days.impact("CONTAGIOUS", ("CellLot:C", 6.2), channels=STORAGE)


@pytest.mark.parametrize("exact_first", [True, False])
def test_of_two_moves_in_an_unknown_order_either_may_be_the_last(exact_first: bool) -> None:
    days = _tanks()
    days.node("StoragePosition:THIRD", level="tank", parent="SITE", shared_environment=True)
    days.made("B")
    days.stored("CellLot:B", "RACK1", 1)
    moves: list[tuple[str, str | float]] = [("OTHER", 9), ("THIRD", "2025-01")]  # the month: day 0 to day 31
    for into, at in moves if exact_first else reversed(moves):
        days.moved("RACK1", into, at=at)
    for tank in ("OTHER", "THIRD"):
        assert set(days.impact("EXPOSURE", (f"StoragePosition:{tank}", 40, 50))) == {"CellLot:B"}, tank
        assert days.uncertain("EXPOSURE", (f"StoragePosition:{tank}", 40, 50)) == {"CellLot:B"}, tank
    assert days.impact("EXPOSURE", ("StoragePosition:TANK", 10, 12)) == {}  # it left that on day 9 at the latest
    days.moved("RACK1", "TANK", at=35)  # certainly the last
    for tank in ("OTHER", "THIRD"):
        assert days.impact("EXPOSURE", (f"StoragePosition:{tank}", 40, 50)) == {}, tank
    assert days.uncertain("EXPOSURE", ("StoragePosition:TANK", 40, 50)) == set()


def test_contagion_counts_in_each_vessel_in_which_a_position_may_stand() -> None:
    days = _tanks()
    for lot, position in (("A", "OTHER"), ("B", "RACK1"), ("C", "RACK2")):
        days.made(lot)
        days.stored(f"CellLot:{lot}", position, 1)
    days.moved("RACK1", "OTHER", at=5)
    days.moved("RACK1", "TANK", at="2025-01")
    answer = days.impact("CONTAGIOUS", ("CellLot:B", 40), channels=STORAGE)
    assert answer == {"CellLot:A": (3, 40), "CellLot:B": (1, 40), "CellLot:C": (3, 40)}
    assert days.uncertain("CONTAGIOUS", ("CellLot:B", 40), channels=STORAGE) == {"CellLot:A", "CellLot:C"}


def test_only_the_vessels_own_decontamination_cuts() -> None:
    days = _tanks()
    days.made("A")
    days.made("B")
    days.stored("CellLot:A", "RACK1", 1, 4)
    days.stored("CellLot:B", "RACK2", 6)
    days.cleaned("StoragePosition:RACK1", at=5)
    assert days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=STORAGE)["CellLot:B"] == (3, 6)
    days.cleaned("StoragePosition:TANK", at=5)
    assert "CellLot:B" not in days.impact("CONTAGIOUS", ("CellLot:A", 2), channels=STORAGE)


def test_a_closing_ends_a_stay() -> None:
    days = _tanks()
    days.made("A")
    days.made("B")
    days.stored("CellLot:B", "TANK", 1)
    stay = days.stored("CellLot:A", "TANK", 1)
    assert "CellLot:A" in days.impact("CONTAGIOUS", ("CellLot:B", 6), channels=STORAGE)
    days.closed(stay, 5)
    assert "CellLot:A" not in days.impact("CONTAGIOUS", ("CellLot:B", 6), channels=STORAGE)


def test_units_stand_with_their_lot_until_they_are_taken_or_taken_out() -> None:
    days = _tanks()
    days.made("A", units=3)
    days.made("B")
    days.stored("CellLot:A", "TANK", 1)
    days.stored("CellLot:B", "TANK", 1)
    days.act("ADMINISTERED", [end("CellLot:A", units=[1])], ["Subject:S"], at=3)
    days.act("STORAGE_OUT", [end("CellLot:A", units=[2])], ["StoragePosition:TANK"], at=4)
    late = set(days.impact("CONTAGIOUS", ("CellLot:B", 5), channels=STORAGE))
    assert late == {"CellLot:B", "CellLot:A", "CellUnit:A#3", "CellUnit:A#2"}  # the lot's contagion is its units'
    # What left the tank is no longer reached by the tank itself: only through its lot, which is still there.
    days.act("STORAGE_OUT", [end("CellLot:A", units=[3])], ["StoragePosition:TANK"], at=4.5)
    assert set(days.impact("CONTAGIOUS", ("CellLot:B", 5), channels=STORAGE)) == {"CellLot:B"}


def test_taking_the_last_of_a_counted_lot_ends_its_stay() -> None:
    days = _tanks()
    days.made("A", quantity=2)
    days.made("B")
    days.stored("CellLot:A", "TANK", 1)
    days.stored("CellLot:B", "TANK", 1)
    days.act("ADMINISTERED", [end("CellLot:A", quantity=1)], ["Subject:S"], at=3)
    assert "CellLot:A" in days.impact("CONTAGIOUS", ("CellLot:B", 5), channels=STORAGE)
    days.act("ADMINISTERED", [end("CellLot:A", quantity=1)], ["Subject:U"], at=4)
    assert "CellLot:A" not in days.impact("CONTAGIOUS", ("CellLot:B", 5), channels=STORAGE)


def test_what_was_taken_out_of_a_counted_lot_is_used_first() -> None:
    days = _tanks()
    days.made("A", quantity=5)
    days.made("B")
    days.stored("CellLot:A", "TANK", 1)
    days.stored("CellLot:B", "TANK", 1)
    days.act("STORAGE_OUT", [end("CellLot:A", quantity=3)], ["StoragePosition:TANK"], at=2)
    days.act("EXPANDED", [end("CellLot:A", quantity=3)], ["CellLot:C"], at=3)
    assert "CellLot:A" in days.impact("CONTAGIOUS", ("CellLot:B", 4), channels=STORAGE)  # two are left
    days.act("EXPANDED", [end("CellLot:A", quantity=2)], ["CellLot:D"], at=5)
    assert "CellLot:A" not in days.impact("CONTAGIOUS", ("CellLot:B", 6), channels=STORAGE)


def test_a_temporary_stay_lasts_from_the_end_of_the_operation_to_the_next_stay() -> None:
    days = _tanks()
    days.made("A", at=1, to=2, temporary_storage_location="OTHER")
    days.stored("CellLot:A", "TANK", 5)
    for lot, start, stop in (("B", 0.0, 1.5), ("C", 3.0, 3.5), ("D", 5.0, 6.0)):
        days.made(lot)
        days.stored(f"CellLot:{lot}", "OTHER", start, stop)
    assert days.impact("CONTAGIOUS", ("StoragePosition:OTHER", 2, 5)) == {"CellLot:A": (1, 2), "CellLot:C": (1, 3)}


# -- rule 5: seeds ---------------------------------------------------------------------------------------------------


def test_a_machine_exposes_what_was_in_it_within_the_window() -> None:
    days = _cultures(("A", 0, 5), ("B", 3, 8), ("C", 9, 10))
    window = ("Equipment:INC", 4, 9)
    assert days.impact("EXPOSURE", window) == {"CellLot:A": (1, 4), "CellLot:B": (1, 4)}
    assert set(days.impact("EXPOSURE", window, closed=True)) == {"CellLot:A", "CellLot:B", "CellLot:C"}
    assert set(days.impact("EXPOSURE", ("Equipment:INC", 5, None))) == {"CellLot:B", "CellLot:C"}
    assert set(days.impact("EXPOSURE", ("Equipment:INC", 4, 4))) == {"CellLot:A", "CellLot:B"}  # one instant


def test_a_closed_run_is_exposed_by_its_machine_but_not_infected() -> None:
    days = Days()
    days.made("A", at=0, uses=[days.run("INC", 0, 5, process="closed")])
    assert set(days.impact("EXPOSURE", ("Equipment:INC", 1, 2))) == {"CellLot:A"}
    assert days.impact("CONTAGIOUS", ("Equipment:INC", 1, 2)) == {}


def test_contagion_of_a_machine_lasts_until_its_next_decontamination_unless_told_otherwise() -> None:
    days = _cultures(("A", 0, 5), ("B", 6, 8), ("C", 8, 9))
    days.cleaned("Equipment:INC", at=8)
    since = {"CellLot:A": (1, 1.0), "CellLot:B": (1, 6.0)}
    assert days.impact("CONTAGIOUS", ("Equipment:INC", 1)) == since
    # Half-open whatever rule 8 says; by which B, still there at that instant, brings it into the next epoch.
    assert days.impact("CONTAGIOUS", ("Equipment:INC", 1), channels=(), closed=True) == since
    assert days.impact("CONTAGIOUS", ("Equipment:INC", 1), closed=True) == {**since, "CellLot:C": (2, 8.0)}
    assert set(days.impact("CONTAGIOUS", ("Equipment:INC", 1, 20))) == {"CellLot:A", "CellLot:B", "CellLot:C"}
    assert set(days.impact("CONTAGIOUS", ("Equipment:INC", None))) == {"CellLot:A", "CellLot:B", "CellLot:C"}


def test_the_seed_machine_is_not_itself_contagious() -> None:
    days = _cultures(("A", 0, 5), ("B", 7, 8))
    assert days.impact("CONTAGIOUS", ("Equipment:INC", 5.5, 6)) == {}


def test_a_position_exposes_what_stayed_was_worked_on_or_was_left_there_or_below() -> None:
    days = _tanks()
    for lot in ("A", "B"):
        days.made(lot)
    days.stored("CellLot:A", "RACK1", 1, 5)
    days.stored("CellLot:B", "SHELF", 1, 5)
    days.made("C", at=3, to=4, operation_location="SHELF")
    days.made("D", at=2, to=2.5, temporary_storage_location="RACK2")
    assert set(days.impact("EXPOSURE", ("StoragePosition:TANK", 3, 4))) == {"CellLot:A", "CellLot:D"}
    assert set(days.impact("EXPOSURE", ("StoragePosition:SITE", 3, 4))) == {
        "CellLot:A",
        "CellLot:B",
        "CellLot:C",
        "CellLot:D",
    }


def test_what_stood_below_a_position_before_it_was_moved_there_is_not_exposed() -> None:
    days = _tanks()
    days.made("A")
    days.stored("CellLot:A", "RACK1", 1)
    days.moved("RACK1", "OTHER", at=5)
    assert days.impact("EXPOSURE", ("StoragePosition:OTHER", 2, 4)) == {}
    assert days.impact("EXPOSURE", ("StoragePosition:OTHER", 2, 9))["CellLot:A"] == (1, 5)


def test_a_person_affects_what_their_operations_made_or_touched() -> None:
    days = Days()
    days.made("A", at=1, to=3, operator="X")
    days.act("TESTED", ["CellLot:B"], ["QCResult:Q"], at=2, operator="X")
    days.made("C", at=2, operator="Y")
    days.act("STORED", ["CellLot:D"], ["StoragePosition:TANK"], at=1, operator="X")
    assert days.impact("EXPOSURE", ("Person:X", 2, 4)) == {"CellLot:A": (1, 2), "CellLot:B": (1, 2)}
    assert "CellLot:D" in days.impact("EXPOSURE", ("Person:X", 0, 2))  # the act of storing, not the stay


def test_several_seeds_each_from_its_own_time() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3)
    days.act("EXPANDED", ["CellLot:C"], ["CellLot:D"], at=3)
    answer = days.impact("HERITABLE", ("CellLot:A", 1), ("CellLot:C", 4))
    assert answer == {"CellLot:A": (1, 1), "CellLot:B": (1, 3), "CellLot:C": (1, 4)}


def test_a_seed_with_an_earlier_time_of_its_own_is_not_taken_for_what_another_made_of_it() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3)
    days.act("EXPANDED", ["CellLot:B"], ["CellLot:C"], at=3, to=9)
    answer = days.impact("HERITABLE", ("CellLot:A", 0), ("CellLot:B", 1), ("CellLot:C", 2))
    assert answer == {"CellLot:A": (1, 0), "CellLot:B": (1, 1), "CellLot:C": (1, 2)}


def test_material_has_no_until_and_a_window_no_end_before_its_beginning() -> None:
    days = _cultures(("A", 0, 5))
    lineage = days.index().lineage
    for text, since, until in (("CellLot:A", 1, 2), ("Equipment:INC", 2, 1)):
        with pytest.raises(BadInput) as refused:
            lineage.impact(Hazard.EXPOSURE, [seed_of(text, since, until)])
        assert refused.value.member == "until"
    with pytest.raises(BadInput) as refused:
        lineage.impact(Hazard.EXPOSURE, [seed_of("CellLot:A")], [Channel.EQUIPMENT])
    assert refused.value.member == "channels"
    with pytest.raises(BadInput):
        lineage.impact(Hazard.EXPOSURE, [seed_of("Institution:ORG")] if lineage.find(("Institution", "ORG")) else [])
    with pytest.raises(NotFound) as missing:
        lineage.impact(Hazard.EXPOSURE, [seed_of("CellLot:NOWHERE")])
    assert missing.value.ids == ("CellLot:NOWHERE",)


# -- rule 7 and corrections ------------------------------------------------------------------------------------------


def test_an_item_is_uncertain_only_where_no_way_of_the_same_time_is_exact() -> None:
    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at="2025-01-04")
    days.act("EXPANDED", ["CellLot:B"], ["CellLot:C"], at=9)
    days.act("EXPANDED", ["CellLot:A2"], ["CellLot:D"], at=3)
    days.act("POOLED", ["CellLot:B", "CellLot:D"], ["CellLot:P"], at=9)
    lineage = days.index().lineage
    spread = lineage.impact(Hazard.HERITABLE, [seed_of("CellLot:A"), seed_of("CellLot:A2")])
    told = {lineage.node(int(n))[1]: bool(u) for n, u in zip(spread.nodes, spread.uncertain, strict=True)}
    assert told == {"A": False, "A2": False, "B": True, "C": True, "D": False, "P": False}


def test_a_voided_operation_passes_nothing_on_and_its_replacement_does() -> None:
    days = Days()
    wrong = days.act("ADMINISTERED", ["CellLot:A"], ["Subject:S"], at=3)
    days.corrected(wrong, replacement={**days.records[-1], "id": "RIGHT", "inputs": [end("CellLot:B")]})
    assert set(days.impact("EXPOSURE", ("CellLot:A", None))) == {"CellLot:A"}
    assert set(days.impact("EXPOSURE", ("CellLot:B", None))) == {"CellLot:B", "Subject:S"}
