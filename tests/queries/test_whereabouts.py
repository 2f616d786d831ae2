"""Where a thing has been: stays, temporary places, transports, runs, gaps, counts; told once for units gone together."""

from __future__ import annotations

from typing import Any, Final

import pytest

from graph.errors import BadInput, NotFound
from graph.times import Moment
from graph.viewer import OWNER, Role, Viewer
from queries.operations import operations_by_id
from queries.whereabouts import Interval, Manner, Whereabouts, whereabouts, whereabouts_page
from support.days import Days, day_of, end
from support.lineage_views import WAYS, view_of
from support.memory_graph import MemoryLog
from support.trial import correction, excursion, trial

pytestmark = pytest.mark.parametrize("way", WAYS)
Row = tuple[str, str, str, float | None, float | None]  # manner, place, which of it, from, until (None: it goes on)
PLACES: Final[dict[str, dict[str, Any]]] = {
    "SITE": {"level": "site"},
    "ROOM": {"level": "room", "parent": "SITE"},
    "TANK-1": {"level": "tank", "parent": "ROOM", "shared_environment": True},
    "TANK-2": {"level": "tank", "parent": "ROOM", "shared_environment": True},
    "RACK": {"level": "rack", "parent": "TANK-1"},
    "BOX": {"level": "box", "parent": "RACK"},
    "BENCH": {"level": "box", "parent": "ROOM"},
    "CLINIC": {"level": "site"},
}


def sheet() -> Days:
    days = Days()
    for key, fields in PLACES.items():
        days.node(f"StoragePosition:{key}", **fields)
    return days


def taken_out(days: Days, what: Any, position: str, at: float | str, **fields: Any) -> str:
    return days.act("STORAGE_OUT", [what], [f"StoragePosition:{position}"], at=at, **fields)


def shipped(days: Days, what: Any, site: str, at: float, to: float | None = None, **more: Any) -> str:
    return days.act("TRANSPORTED", [what], [f"StoragePosition:{site}"], at=at, to=to, **more)


def counted(days: Days, what: Any, position: str, at: float) -> str:
    return days.act("COUNTED", [what], [f"StoragePosition:{position}"], at=at)


async def asked(days: Days, way: str, id_: str, *, viewer: Viewer = OWNER, **more: Any) -> Whereabouts:
    return await whereabouts(view_of(days.records, way, viewer=viewer), id_, **more)


def day(moment: Moment | None) -> float | None:
    return None if moment is None else day_of(moment.earliest_ms)


def row(interval: Interval) -> Row:
    which = ",".join(interval.units) or ("all" if interval.is_all else f"{interval.quantity:g}")
    place = "/".join(name for _, name in interval.names)
    return interval.manner.value, place, which, day(interval.start), day(interval.end)


def rows(answer: Whereabouts, *manners: Manner) -> list[Row]:
    return [row(each) for each in answer.intervals if not manners or each.manner in manners]


# -- stays ---------------------------------------------------------------------------------------------------------


async def test_units_that_went_the_same_way_are_told_together(way: str) -> None:
    days = sheet()
    days.made("L", units=10)
    days.stored("CellLot:L", "BOX", 1)
    taken_out(days, end("CellLot:L", units=[2, 3]), "BOX", 5)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer) == [
        ("operation", "", "1-10", 0, 0),
        ("gap", "", "1-10", 0, 1),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "2-3", 1, 5),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "1,4-10", 1, None),
        ("gap", "", "2-3", 5, None),
    ]
    assert [each.count for each in answer.intervals] == [10, 10, 2, 8, 2]
    assert answer.completeness.complete


async def test_who_put_it_there_and_who_took_it_out_is_told(way: str) -> None:
    days = sheet()
    days.made("L", units=2, operator="P-01")
    stay = days.act("STORED", ["CellLot:L"], ["StoragePosition:BOX"], at=1, operator="P-02")
    out = taken_out(days, end("CellLot:L", units=[1]), "BOX", 3, operator="P-03")
    days.closed(stay, 4)
    view = view_of(days.records, way)
    answer = await whereabouts(view, "CellLot:L")
    operations = await operations_by_id(view, [stay, out], answer.as_of)
    first, rest = (each for each in answer.intervals if each.manner is Manner.STAY)
    assert first.began is not None
    assert first.ended is not None
    assert (first.began.operation, first.person(first.began, operations)) == (stay, "P-02")
    assert (first.ended.operation, first.person(first.ended, operations)) == (out, "P-03")
    assert rest.ended is not None
    assert (rest.ended.operation, rest.person(rest.ended, operations)) == (stay, "P"), "who closed it"


async def test_what_is_used_up_is_nowhere_any_more_and_leaves_no_gap(way: str) -> None:
    days = sheet()
    days.made("L", units=2)
    days.stored("CellLot:L", "BOX", 1)
    days.act("FORMULATED", [end("CellLot:L", units=[1])], ["CellLot:DP"], at=4, operation_location="BENCH")
    days.destroyed("CellLot:L", at=6)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY, Manner.TAKEN) == [
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "1", 1, 4),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "2", 1, 6),
        ("taken", "SITE/ROOM/BENCH", "1", 4, 4),
        ("taken", "", "2", 6, 6),
    ]
    assert rows(answer, Manner.GAP) == [("gap", "", "1-2", 0, 1)]


async def test_a_counted_lot_is_told_by_amounts(way: str) -> None:
    days = sheet()
    days.made("L", quantity=10)
    days.stored("CellLot:L", "BOX", 1)
    days.act("FORMULATED", [end("CellLot:L", quantity=4)], ["CellLot:DP"], at=4)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY, Manner.TAKEN) == [
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "4", 1, 4),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "6", 1, None),
        ("taken", "", "4", 4, 4),
    ]
    assert (answer.quantity, answer.unit, answer.units) == (10, "vial", None)
    assert answer.is_assumed, "which of the ten they were is not recorded"


async def test_a_moved_rack_takes_along_what_stands_in_it(way: str) -> None:
    days = sheet()
    days.made("L")
    stay = days.stored("CellLot:L", "BOX", 1)
    moved = days.moved("RACK", "TANK-2", at=5)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY) == [
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "all", 1, 5),
        ("stay", "SITE/ROOM/TANK-2/RACK/BOX", "all", 5, None),
    ]
    before, after = (each for each in answer.intervals if each.manner is Manner.STAY)
    assert [
        hand and (hand.operation, hand.type) for hand in (before.began, before.ended, after.began, after.ended)
    ] == [
        (stay, "STORED"),
        (moved, "MOVED"),
        (moved, "MOVED"),
        None,
    ]
    assert [row(each) for each in answer.chosen(within=("StoragePosition", "TANK-2"))] == rows(answer, Manner.STAY)[1:]


# -- temporary places, transports, runs ----------------------------------------------------------------------------


async def test_a_temporary_place_holds_it_until_it_is_stored(way: str) -> None:
    days = sheet()
    days.made("L", units=3, at=0, to=1, temporary_storage_location="BENCH")
    days.stored(end("CellLot:L", units=[1]), "BOX", 2)
    shipped(days, end("CellLot:L", units=[2]), "CLINIC", 3)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.TEMPORARY) == [
        ("temporary", "SITE/ROOM/BENCH", "1", 1, 2),
        ("temporary", "SITE/ROOM/BENCH", "2", 1, 3),
        ("temporary", "SITE/ROOM/BENCH", "3", 1, None),
    ]
    assert rows(answer, Manner.GAP) == []


async def test_what_is_on_the_way_arrives_when_the_transport_is_closed(way: str) -> None:
    days = sheet()
    days.made("L", units=2)
    trip = shipped(days, end("CellLot:L", units=[1]), "CLINIC", 2, uses=[days.run("SHIPPER")])
    days.closed(trip, 3)
    shipped(days, end("CellLot:L", units=[2]), "CLINIC", 4)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.ON_THE_WAY, Manner.ARRIVED, Manner.RUN) == [
        ("run", "SHIPPER", "1", 2, 3),
        ("on_the_way", "CLINIC", "1", 2, 3),
        ("arrived", "CLINIC", "1", 3, None),
        ("on_the_way", "CLINIC", "2", 4, None),
    ]
    assert [each.is_open for each in answer.intervals if each.manner is Manner.ON_THE_WAY] == [False, True]


async def test_what_was_sent_back_is_not_said_to_be_at_the_site_any_more(way: str) -> None:
    days = sheet()
    days.made("L", units=1)
    shipped(days, "CellLot:L", "CLINIC", 1, 2)
    days.act("CHANGED_DISPOSITION", [end("CellLot:L", units=[1])], at=3, reason="too warm")
    days.records[-1]["data"]["to"] = "returned"
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.ARRIVED, Manner.GAP) == [
        ("gap", "", "1", 0, 1),
        ("arrived", "CLINIC", "1", 2, 3),
        ("gap", "", "1", 3, None),
    ]


async def test_runs_on_machines_and_work_at_a_place_are_told(way: str) -> None:
    days = sheet()
    days.made("L", at=0, to=3, uses=[days.run("BSC", 0, 1), days.run("INC", 1, 3)], operation_location="ROOM")
    days.act("TESTED", ["CellLot:L"], ["QCResult:Q"], at=4, operation_location="BENCH")
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer) == [
        ("run", "BSC", "all", 0, 1),
        ("operation", "SITE/ROOM", "all", 0, 3),
        ("run", "INC", "all", 1, 3),
        ("gap", "", "all", 3, 4),
        ("operation", "SITE/ROOM/BENCH", "all", 4, 4),
        ("gap", "", "all", 4, None),
    ]


async def test_a_run_of_which_no_end_is_recorded_lasts_until_the_next_move_at_the_latest(way: str) -> None:
    days = sheet()
    days.made("L", uses=[days.run("INC")])
    days.stored("CellLot:L", "BOX", 2)
    days.made("M", uses=[days.run("INC")])
    (run,) = [each for each in (await asked(days, way, "CellLot:L")).intervals if each.manner is Manner.RUN]
    assert row(run) == ("run", "INC", "all", 0, 2)
    assert run.is_uncertain
    (other,) = [each for each in (await asked(days, way, "CellLot:M")).intervals if each.manner is Manner.RUN]
    assert (other.end, other.is_open, other.is_end_known) == (None, False, False), "it is not said to go on"


async def test_the_way_of_each_part_leads_from_one_interval_to_the_next(way: str) -> None:
    days = sheet()
    days.made("L", units=2, uses=[days.run("INC", 0, 1)])
    days.stored("CellLot:L", "BOX", 0)
    taken_out(days, end("CellLot:L", units=[2]), "BOX", 3)
    answer = await asked(days, way, "CellLot:L")
    told = [(row(answer.intervals[one])[::2][:2], row(answer.intervals[other])[::2][:2]) for one, other in answer.steps]
    assert sorted(told) == [
        (("operation", "1-2"), ("stay", "1")),
        (("operation", "1-2"), ("stay", "2")),
        (("stay", "2"), ("gap", "2")),
    ]


# -- inventories, corrections, times -------------------------------------------------------------------------------


async def test_an_inventory_sees_what_it_finds_and_ends_the_stay_of_what_it_does_not(way: str) -> None:
    days = sheet()
    days.made("L", units=3)
    days.stored("CellLot:L", "BOX", 1)
    counted(days, end("CellLot:L", units=[1, 2]), "TANK-1", 4)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY, Manner.COUNT) == [
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "3", 1, 4),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "1-2", 1, None),
        ("count", "SITE/ROOM/TANK-1", "1-2", 4, 4),
    ]
    assert rows(answer, Manner.GAP)[-1] == ("gap", "", "3", 4, None)


async def test_what_was_corrected_or_voided_does_not_count(way: str) -> None:
    days = sheet()
    days.made("L")
    wrong = days.stored("CellLot:L", "TANK-1", 1)
    days.corrected(wrong, replacement={**days.records[-1], "id": "A2", "outputs": [end("StoragePosition:TANK-2")]})
    voided = taken_out(days, "CellLot:L", "TANK-2", 5)
    days.corrected(voided)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY) == [("stay", "SITE/ROOM/TANK-2", "all", 1, None)]
    assert rows(answer, Manner.GAP) == [("gap", "", "all", 0, 1)]


async def test_times_that_are_not_exact_are_told_as_between_two(way: str) -> None:
    days = sheet()
    days.made("L")
    days.act("STORED", ["CellLot:L"], ["StoragePosition:BOX"], at="2025-01-03")
    taken_out(days, "CellLot:L", "BOX", "2025-01-05T06:00Z/2025-01-05T18:00Z")
    answer = await asked(days, way, "CellLot:L")
    (stay,) = [each for each in answer.intervals if each.manner is Manner.STAY]
    assert stay.is_uncertain
    assert stay.start is not None
    assert stay.end is not None
    assert [day_of(at) for at in (stay.start.earliest_ms, stay.start.latest_ms)] == [2, 3]
    assert [day_of(at) for at in (stay.end.earliest_ms, stay.end.latest_ms)] == [4.25, 4.75]


async def test_where_times_overlap_no_gap_is_guessed(way: str) -> None:
    days = sheet()
    days.made("L")
    days.stored("CellLot:L", "TANK-1", 0, 2)
    days.act("STORED", ["CellLot:L"], ["StoragePosition:TANK-2"], at="2025-01-03/2025-01-04")
    assert rows(await asked(days, way, "CellLot:L"), Manner.GAP) == []


async def test_it_is_answered_as_the_records_stood(way: str) -> None:
    days = sheet()
    days.made("L")
    days.stored("CellLot:L", "TANK-1", 1)
    taken_out(days, "CellLot:L", "TANK-1", 3)
    days.stored("CellLot:L", "TANK-2", 4)
    for number, record in enumerate(days.records):
        record["recorded_at"] = f"2025-02-{number + 1:02}T00:00:00Z"
    known = len(days.records) - 2  # the stay in TANK-1, and no more
    at = (await asked(days, way, "CellLot:L", known_at_ms=1_738_368_000_000 + (known - 1) * 86_400_000)).intervals
    assert [row(each) for each in at if each.manner is Manner.STAY] == [("stay", "SITE/ROOM/TANK-1", "all", 1, None)]
    earlier = await asked(days, way, "CellLot:L", as_of_seq=known)
    assert [row(each) for each in earlier.intervals] == [row(each) for each in at]


async def test_a_leaving_that_was_not_known_yet_is_said_to_be_a_contradiction(way: str) -> None:
    days = sheet()
    days.made("L")
    days.stored("CellLot:L", "TANK-1", 1)
    later = days.stored("CellLot:L", "TANK-2", 4)
    answer = await asked(days, way, "CellLot:L")
    assert rows(answer, Manner.STAY) == [
        ("stay", "SITE/ROOM/TANK-1", "all", 1, 4),
        ("stay", "SITE/ROOM/TANK-2", "all", 4, None),
    ]
    assert answer.contradictions == (later,)
    assert not answer.completeness.complete
    assert later in (answer.completeness.reason or "")


# -- what is asked, and by whom ------------------------------------------------------------------------------------


async def test_a_unit_is_told_alone_with_what_its_lot_went_through(way: str) -> None:
    days = sheet()
    days.made("L", units=3, uses=[days.run("INC", 0, 1)])
    days.stored("CellLot:L", "BOX", 2)
    taken_out(days, end("CellLot:L", units=[2]), "BOX", 3)
    taken_out(days, end("CellLot:L", units=[3]), "BOX", 4)
    answer = await asked(days, way, "CellUnit:L#2")
    assert rows(answer, Manner.RUN, Manner.STAY) == [
        ("run", "INC", "2", 0, 1),
        ("stay", "SITE/ROOM/TANK-1/RACK/BOX", "2", 2, 3),
    ]
    assert rows(answer, Manner.GAP)[-1] == ("gap", "", "2", 3, None)


async def test_a_reagent_is_where_it_was_stored_whatever_was_made_with_it(way: str) -> None:
    days = sheet()
    days.node("Reagent:R")
    days.stored("Reagent:R", "TANK-1", 1)
    days.made("L", at=2, uses=[days.use("Reagent:R")])
    answer = await asked(days, way, "Reagent:R")
    assert rows(answer) == [("stay", "SITE/ROOM/TANK-1", "all", 1, None)]


async def test_a_thing_of_which_no_operation_tells_has_no_whereabouts(way: str) -> None:
    days = sheet()
    days.node("Reagent:R")
    assert rows(await asked(days, way, "Reagent:R")) == []


async def test_what_a_stub_stood_in_is_not_known(way: str) -> None:
    days = sheet()
    days.records.append({"record": "node", "kind": "StoragePosition", "id": "SHELF", "data": {}, "stub": True})
    days.made("L")
    days.stored("CellLot:L", "SHELF", 1)
    whole = (await asked(days, way, "CellLot:L")).completeness
    assert not whole.complete
    assert whole.unrecorded == ("StoragePosition:SHELF",)


async def test_pages_follow_each_other_and_their_cursors_go_with_their_question_only(way: str) -> None:
    days = sheet()
    days.made("L", units=5)
    for unit in range(1, 6):
        days.stored(end("CellLot:L", units=[unit]), "BOX", unit)
    view = view_of(days.records, way)
    answer = await whereabouts(view, "CellLot:L")
    first = whereabouts_page(view, answer, 4, None)
    second = whereabouts_page(view, answer, 100, first.cursors[-1])
    assert [*first.items, *second.items] == list(answer.intervals)
    assert (first.has_next, second.has_next, second.has_previous, first.total) == (True, False, True, 11)
    with pytest.raises(BadInput, match="cursor"):
        whereabouts_page(view, answer, 4, first.cursors[-1], manners=[Manner.STAY])


async def test_what_is_neither_stored_nor_sent_is_refused(way: str) -> None:
    days = sheet()
    for wrong in ("Donor:D1", "Equipment:INC", "L", "CellLot"):
        with pytest.raises(BadInput):
            await asked(days, way, wrong)
    with pytest.raises(NotFound):
        await asked(days, way, "CellLot:NONE")


async def test_a_role_that_may_not_see_when_persons_were_treated_is_not_told_by_the_end_of_a_stay(way: str) -> None:
    view = view_of(trial(), way, viewer=Viewer(person="P-01", role=Role.VIEWER))
    answer = await whereabouts(view, "CellLot:DP1")
    given = [each for each in answer.intervals if each.ended is not None and each.ended.type == "ADMINISTERED"]
    assert {each.manner for each in given} == {Manner.STAY, Manner.TAKEN}
    for each in given:
        assert each.end is None
        assert each.is_end_masked
        assert not each.is_open
    operations = await operations_by_id(view, ["A05"], answer.as_of)
    assert given[0].began is not None
    assert given[0].person(given[0].began, operations) is None, "nor who it was"


async def test_what_leads_to_one_person_is_not_told_apart_from_what_there_is_not(way: str) -> None:
    days = sheet()
    days.node("Donor:D", donor_relationship="autologous")
    days.act("COLLECTED", ["Donor:D"], ["Tissue:T-L"], at=0)
    days.made("L", at=1)
    log = MemoryLog()
    view = view_of(days.records, way, viewer=Viewer(person="P-01", role=Role.ANALYST))
    with pytest.raises(NotFound):
        await whereabouts(view, "CellLot:L")
    seen = view_of(days.records, way, viewer=Viewer(person="P-02", role=Role.AUDITOR), log=log)
    whereabouts_page(seen, await whereabouts(seen, "CellLot:L"), 10, None)
    assert any("CellLot:L" in ids for _, _, ids, _ in log.entries), "what is personal and shown is logged"


# -- the trial -----------------------------------------------------------------------------------------------------


async def test_the_dose_that_came_back_from_the_clinic(way: str) -> None:
    view = view_of([*trial(), *excursion()], way)
    answer = await whereabouts(view, "CellUnit:DP1#3")
    told = [(each.manner.value, "/".join(name for _, name in each.names)) for each in answer.intervals]
    assert told == [
        ("operation", ""),
        ("run", "INC-2"),
        ("stay", "SITE-1/ROOM-1/FRIDGE-1"),
        ("gap", ""),
        ("run", "DS-3"),
        ("on_the_way", "SITE-2"),
        ("arrived", "SITE-2"),
        ("gap", ""),
    ]
    times = [each.start.text[5:16] for each in answer.intervals if each.start is not None]
    assert times == [
        "04-01T10:00", "04-01T10:00", "04-08T10:00", "04-13T09:00", "04-13T10:00", "04-13T10:00", "04-14T10:00",
        "04-14T12:00",
    ]  # fmt: skip


async def test_the_correction_of_the_swapped_doses_changes_where_they_were(way: str) -> None:
    swapped = await whereabouts(view_of(trial(), way), "CellUnit:DP1#4")
    assert [each.manner for each in swapped.intervals][-2:] == [Manner.STAY, Manner.COUNT]
    mended = await whereabouts(view_of([*trial(), *correction()], way), "CellUnit:DP1#4")
    last = mended.intervals[-1]
    assert (last.manner, last.began and last.began.operation) == (Manner.TAKEN, "O23-R1")
    assert Manner.COUNT not in {each.manner for each in mended.intervals}, "the count was voided"
