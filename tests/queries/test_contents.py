"""What stands in a tank: at which moment, where in it, since when, and what of it is affected; and to whom it is told."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import BadInput, NotFound
from graph.index.hazards import Hazard, Seed
from graph.reader import id_text
from graph.times import parse_moment
from graph.viewer import Role, Viewer
from queries.contents import Contents, ContentsAsked, ContentsOrder, contents
from queries.impact import ImpactAsked
from queries.privacy import View
from queries.standings import Standing, contents_completeness, standings
from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.lineage_views import WAYS, view_of
from support.memory_graph import MemoryLog
from support.trial import correction, excursion, trial

pytestmark = pytest.mark.parametrize("way", WAYS)
MEDIUM = Seed(node=("Reagent", "R-MED-8"))


def _ms(text: str) -> int:
    return parse_moment(text).earliest_ms


def asked(position: str, at: str, *seeds: Seed, hazard: Hazard = Hazard.EXPOSURE, **more: Any) -> ContentsAsked:
    about = ImpactAsked(hazard=hazard, seeds=seeds) if seeds else None
    return ContentsAsked(position=("StoragePosition", position), at_ms=_ms(at), impact=about, **more)


def rows_of(view: View, answer: Contents, **more: Any) -> list[Standing]:
    return standings(view, answer, answer.ordered(0, 500, answer.chosen(), **more))


def _ids(view: View, answer: Contents) -> list[str]:
    return [id_text(row.node) for row in rows_of(view, answer)]


async def _told(records: list[Json], way: str, position: str, at: str, **more: Any) -> dict[str, Standing]:
    """By key."""
    view = view_of(records, way)
    return {row.node[1]: row for row in rows_of(view, await contents(view, asked(position, at, **more)))}


# -- the trial -----------------------------------------------------------------------------------------------------


async def test_what_stood_in_the_trials_tank_on_a_day(way: str) -> None:
    """MCB1 had one vial taken on March 10th, MCB2 none before April 2nd; the other bank stood in the other tank."""
    told = await _told(trial(), way, "TANK-A", "2025-04-01T00:00:00+08:00")
    assert {key: (row.amount, row.dispositions) for key, row in told.items()} == {
        "MCB1": (9, ("quarantined",)),
        "MCB2": (10, ("quarantined",)),
    }
    assert told["MCB1"].since_ms == _ms("2025-01-23T18:00:00+08:00")
    assert told["MCB1"].operation == "A01"
    assert told["MCB1"].until_ms is None
    assert not told["MCB1"].uncertain


async def test_an_itemised_lot_stands_as_its_units_and_not_besides_them(way: str) -> None:
    """Two of the twenty vials were taken at ten o'clock."""
    view = view_of(trial(), way)
    answer = await contents(view, asked("TANK-B", "2025-04-01T12:00:00+08:00"))
    assert set(_ids(view, answer)) == {"CellLot:MCB3", *(f"CellUnit:WCB1#{number}" for number in range(3, 21))}
    assert [(each.kind, each.count) for each in answer.by_kind] == [("CellLot", 1), ("CellUnit", 18)]
    before = await contents(view, asked("TANK-B", "2025-04-01T09:59:59+08:00"))
    assert before.total == 21


async def test_what_is_given_taken_out_or_destroyed_stands_there_no_longer(way: str) -> None:
    """Doses 1 and 2 are given on the 10th and 12th, 3 is taken out on the 13th, 5 destroyed on the 20th."""
    expected = {
        "2025-04-08T09:59:59+08:00": (), "2025-04-08T10:00:00+08:00": (1, 2, 3, 4, 5),
        "2025-04-11T00:00:00+08:00": (2, 3, 4, 5), "2025-04-13T08:59:59+08:00": (3, 4, 5),
        "2025-04-13T09:00:00+08:00": (4, 5), "2025-04-21T00:00:00+08:00": (4,),
    }  # fmt: skip
    for at, doses in expected.items():
        told = await _told(trial(), way, "FRIDGE-1", at)
        assert set(told) == {f"DP1#{number}" for number in doses}, at
        if 3 in doses:
            assert told["DP1#3"].until_ms == _ms("2025-04-13T09:00:00+08:00")
            assert told["DP1#4"].until_ms is None


async def test_a_dose_that_came_back_and_was_not_stored_again_stands_nowhere(way: str) -> None:
    records = [*trial(), *excursion()]
    for position in ("SITE-1", "SITE-2"):
        assert "DP1#3" not in await _told(records, way, position, "2025-04-16T00:00:00+08:00")


async def test_a_correction_counts_from_when_it_was_known(way: str) -> None:
    """In June it is learnt that on April 16th dose 4 was given, not one of DP2."""
    records = [*trial(), *correction()]
    at = "2025-04-17T00:00:00+08:00"
    assert set(await _told(records, way, "FRIDGE-1", at)) == {"DP1#5"}
    before = await _told(records, way, "FRIDGE-1", at, known_at_ms=_ms("2025-06-01T00:00:00+08:00"))
    assert set(before) == {"DP1#4", "DP1#5"}


async def test_a_room_holds_what_stands_in_its_tanks(way: str) -> None:
    view = view_of(trial(), way)
    answer = await contents(view, asked("ROOM-1", "2025-04-13T12:00:00+08:00", MEDIUM))
    inside = [
        (each.position[1], [(kind.kind, kind.count, kind.affected) for kind in each.kinds]) for each in answer.inside()
    ]
    assert inside == [
        ("FRIDGE-1", [("CellUnit", 2, 2)]),
        ("TANK-A", [("CellLot", 2, 1)]),
        ("TANK-B", [("CellLot", 1, 0), ("CellUnit", 18, 18)]),
    ]
    assert (answer.total, answer.affected) == (23, 21)
    assert contents_completeness(view, answer).complete


async def test_what_stood_in_a_warm_tank_is_affected_and_what_came_later_is_not(way: str) -> None:
    """TANK-B was warm on March 10th, when only MCB3 stood in it: the bank made on the 17th is clean."""
    warm = Seed(
        node=("StoragePosition", "TANK-B"), from_ms=_ms("2025-03-10T00:00:00+08:00"), until_ms=_ms("2025-03-11T00:00:00+08:00")
    )  # fmt: skip
    view = view_of(trial(), way)
    answer = await contents(view, asked("TANK-B", "2025-04-01T12:00:00+08:00", warm))
    told = {row.node[1]: row for row in rows_of(view, answer)}
    assert [(key, row.tier, row.affected_since_ms) for key, row in told.items() if row.tier] == [
        ("MCB3", 1, _ms("2025-03-10T00:00:00+08:00"))
    ]
    assert rows_of(view, answer, order=ContentsOrder.AFFECTED)[0].node[1] == "MCB3", "the affected first"
    affected, clean = (len(answer.chosen(affected=is_affected)) for is_affected in (True, False))
    assert (affected, clean) == (1, 18)


async def test_what_is_no_place_and_what_there_is_not_are_refused(way: str) -> None:
    view = view_of(trial(), way)
    with pytest.raises(BadInput, match="is no place") as refused:
        await contents(view, ContentsAsked(position=("Equipment", "INC-1"), at_ms=0))
    assert refused.value.member == "position"
    with pytest.raises(NotFound):
        await contents(view, asked("TANK-Z", "2025-04-01T00:00:00+08:00"))


# -- a bench sheet ---------------------------------------------------------------------------------------------------


def _out(sheet: BenchSheet, what: Json | str, position: str, **more: Any) -> Json:
    end = {"kind": "CellLot", "id": what} if isinstance(what, str) else what
    return sheet.act("STORAGE_OUT", [end], [_place(position)], **more)


def _place(key: str) -> Json:
    return {"kind": "StoragePosition", "id": key}


def _moved(sheet: BenchSheet, position: str, into: str, **more: Any) -> Json:
    return sheet.act("MOVED", [_place(position)], [_place(into)], **more)


def _store_room(**banks: int) -> BenchSheet:
    """Two tanks, a rack in the first, a box in the rack; a bank for each name, with so many units."""
    sheet = BenchSheet()
    sheet.node("StoragePosition", "TANK-2", level="tank")
    sheet.node("StoragePosition", "RACK-1", level="rack", parent="TANK-1")
    sheet.node("StoragePosition", "RACK-2", level="rack", parent="TANK-1")
    sheet.node("StoragePosition", "BOX-1", level="box", parent="RACK-1")
    sheet.donor("D1")
    for number, (bank, units) in enumerate(banks.items()):
        sheet.collected("D1", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.cryopreserved(f"L{number}", bank, units=units)
    return sheet


def _after(record: Json) -> str:
    """The very instant of an act: from then on it counts."""
    start: str = record["start"]
    return start


async def test_a_rack_that_was_moved_took_its_boxes_along(way: str) -> None:
    sheet = _store_room(B1=2)
    stay = sheet.stored("B1", "BOX-1")
    moved = _moved(sheet, "RACK-1", "TANK-2")
    for at, here, there in ((_after(stay), 2, 0), (_after(moved), 0, 2)):
        assert len(await _told(sheet.records, way, "TANK-1", at)) == here
        told = await _told(sheet.records, way, "TANK-2", at)
        assert len(told) == there
        for row in told.values():
            assert [key for _, key in row.path] == ["RACK-1", "BOX-1"]
            assert row.since_ms == _ms(stay["start"]), "it stands in its box since it was put there"
            assert not row.uncertain


async def test_a_rack_that_was_moved_on_some_day_may_stand_in_either_tank_that_day(way: str) -> None:
    sheet = _store_room(B1=1)
    sheet.stored("B1", "BOX-1")
    _moved(sheet, "RACK-1", "TANK-2", start="2025-01-08", zone="+00:00")
    noon, next_day = "2025-01-08T12:00:00+00:00", "2025-01-09T00:00:00+00:00"
    for tank in ("TANK-1", "TANK-2"):
        assert (await _told(sheet.records, way, tank, noon))["B1#1"].uncertain
    assert not await _told(sheet.records, way, "TANK-1", next_day)
    assert not (await _told(sheet.records, way, "TANK-2", next_day))["B1#1"].uncertain


async def test_what_was_put_away_or_taken_out_on_some_day_may_stand_there_all_that_day(way: str) -> None:
    sheet = _store_room(B1=1, B2=1)
    sheet.stored("B1", "BOX-1", start="2025-01-08", zone="+00:00")
    sheet.stored("B2", "BOX-1")
    _out(sheet, "B2", "BOX-1", start="2025-01-10T08:00:00+00:00/2025-01-10T12:00:00+00:00")
    seen = {
        at: {key: row.uncertain for key, row in (await _told(sheet.records, way, "TANK-1", f"{at}:00+00:00")).items()}
        for at in ("2025-01-08T01:00", "2025-01-09T00:00", "2025-01-10T08:00", "2025-01-10T12:00")
    }
    assert seen == {
        "2025-01-08T01:00": {"B1#1": True, "B2#1": False},
        "2025-01-09T00:00": {"B1#1": False, "B2#1": False},
        "2025-01-10T08:00": {"B1#1": False, "B2#1": True},
        "2025-01-10T12:00": {"B1#1": False},
    }


async def test_what_was_left_on_the_bench_stands_there_until_it_is_stored(way: str) -> None:
    sheet = _store_room(B1=1)
    sheet.node("StoragePosition", "BENCH", level="box", parent="TANK-2")
    sheet.collected("D1", "T9")
    sheet.separated("T9", "L9")
    made = sheet.cryopreserved("L9", "B9", units=2, data={"temporary_storage_location": "BENCH"})
    stay = sheet.stored(units_of("B9", 1), "BOX-1")
    told = await _told(sheet.records, way, "TANK-2", _after(made))
    assert {key: row.is_left for key, row in told.items()} == {"B9#1": True, "B9#2": True}
    assert set(await _told(sheet.records, way, "TANK-2", _after(stay))) == {"B9#2"}
    assert not (await _told(sheet.records, way, "TANK-1", _after(stay)))["B9#1"].is_left


async def test_of_a_counted_lot_what_is_left_of_it_in_each_place_is_told(way: str) -> None:
    sheet = _store_room()
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", quantity=10)
    sheet.stored(some_of("B1", 6), "BOX-1")
    stay = sheet.stored(some_of("B1", 4), "RACK-2")
    out = _out(sheet, some_of("B1", 2), "BOX-1")
    emptied = _out(sheet, some_of("B1", 4), "BOX-1")
    view = view_of(sheet.records, way)
    for at, expected in (
        (stay, {"BOX-1": 6, "RACK-2": 4}), (out, {"BOX-1": 4, "RACK-2": 4}), (emptied, {"RACK-2": 4})
    ):  # fmt: skip
        answer = await contents(view, asked("TANK-1", _after(at)))
        assert {row.position[1]: row.amount for row in rows_of(view, answer)} == expected
        assert answer.total == 1, "one lot, however many places it is in"


async def test_closing_a_stay_ends_it(way: str) -> None:
    sheet = _store_room(B1=1)
    stay = sheet.stored("B1", "BOX-1")
    closed = sheet.closing(stay)
    told = await _told(sheet.records, way, "TANK-1", _after(stay))
    assert told["B1#1"].until_ms == _ms(closed["end"])
    assert not await _told(sheet.records, way, "TANK-1", closed["end"])


async def test_places_and_units_stand_in_the_order_of_their_numbers(way: str) -> None:
    sheet = _store_room(B1=3)
    for number in (10, 2, 1):
        sheet.node("StoragePosition", f"CELL-{number}", level="cell", parent="BOX-1")
    last = [sheet.stored(units_of("B1", unit), f"CELL-{cell}") for unit, cell in ((1, 10), (2, 2), (3, 1))][-1]
    view = view_of(sheet.records, way)
    answer = await contents(view, asked("TANK-1", _after(last)))
    assert [row.path[-1][1] for row in rows_of(view, answer)] == ["CELL-1", "CELL-2", "CELL-10"]
    assert [answer.ordered(at, 1)[0] for at in range(3)] == answer.ordered(0, 3), "pages put together are the list"
    since = [row.since_ms for row in rows_of(view, answer, order=ContentsOrder.SINCE)]
    assert since == sorted(each for each in since if each is not None)
    assert answer.position_count == 6, "the two racks, the box and its cells"


async def test_a_place_that_was_only_named_makes_the_answer_incomplete(way: str) -> None:
    sheet = _store_room(B1=1)
    sheet.records.append(
        {"record": "node", "kind": "StoragePosition", "id": "TANK-9", "data": {}, "stub": True}
    )  # fmt: skip
    last = sheet.stored("B1", "TANK-9")
    view = view_of(sheet.records, way)
    whole = contents_completeness(view, await contents(view, asked("TANK-9", _after(last))))
    assert not whole.complete
    assert whole.unrecorded == ("StoragePosition:TANK-9",)


# -- to whom ---------------------------------------------------------------------------------------------------------


def _for_one_person() -> tuple[BenchSheet, Json]:
    sheet = _store_room(B1=1)
    sheet.donor("D2", donor_relationship="autologous")
    sheet.collected("D2", "T8")
    sheet.separated("T8", "L8")
    sheet.cryopreserved("L8", "B8", units=2)
    sheet.stored("B1", "BOX-1")
    return sheet, sheet.stored("B8", "RACK-2")


async def test_what_leads_to_one_person_is_counted_and_not_named(way: str) -> None:
    sheet, last = _for_one_person()
    view = view_of(sheet.records, way, viewer=Viewer(person="P-01", role=Role.VIEWER))
    answer = await contents(view, asked("TANK-1", _after(last)))
    rows = rows_of(view, answer)
    assert [id_text(row.node) for row in rows] == ["CellUnit:B1#1", "CellUnit:•1", "CellUnit:•2"]
    for row in rows[1:]:
        assert (row.since_ms, row.operation, row.dispositions) == (None, None, ())
        assert row.is_since_masked
    whole = contents_completeness(view, answer)
    assert (whole.complete, whole.hidden) == (True, 2)


async def test_what_is_not_named_has_one_name_on_all_pages_of_an_answer(way: str) -> None:
    sheet, last = _for_one_person()
    names = []
    for first in range(3):
        view = view_of(sheet.records, way, viewer=Viewer(person="P-01", role=Role.VIEWER))
        answer = await contents(view, asked("TANK-1", _after(last)))
        names += [row.node[1] for row in standings(view, answer, answer.ordered(first, 1))]
    assert names == ["B1#1", "•1", "•2"]


async def test_the_codes_that_are_shown_of_one_persons_material_are_logged(way: str) -> None:
    sheet, last = _for_one_person()
    log = MemoryLog()
    view = view_of(sheet.records, way, viewer=Viewer(person="P-01", role=Role.OPERATOR), log=log)
    answer = await contents(view, asked("TANK-1", _after(last)))
    assert _ids(view, answer) == ["CellUnit:B1#1", "CellUnit:B8#1", "CellUnit:B8#2"]
    assert {id_ for _, what, ids, _ in log.entries for id_ in ids if what == "contents"} == {
        "CellUnit:B8#1",
        "CellUnit:B8#2",
    }


async def test_who_may_not_see_when_a_dose_was_given_is_told_what_stood_there_that_day(way: str) -> None:
    """Dose 1 was given on April 10th at ten o'clock: by asking about instants nobody finds out at which."""
    view = view_of(trial(), way, viewer=Viewer(person="P-01", role=Role.ANALYST))
    for at in ("2025-04-10T00:00:00+08:00", "2025-04-10T09:59:59+08:00", "2025-04-10T23:59:59+08:00"):
        answer = await contents(view, asked("FRIDGE-1", at))
        told = {row.node[1]: row for row in rows_of(view, answer)}
        assert "DP1#1" in told
        assert told["DP1#1"].until_ms is None
        assert told["DP1#1"].is_until_masked
        assert told["DP1#3"].until_ms == _ms("2025-04-13T09:00:00+08:00"), "taken out: anybody may see when"
        assert "whole day" in (contents_completeness(view, answer).reason or "")
    assert "DP1#1" not in {
        row.node[1] for row in rows_of(view, await contents(view, asked("FRIDGE-1", "2025-04-11T00:00:00+08:00")))
    }
