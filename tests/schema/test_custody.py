"""Where a thing has been, through GraphQL: places, times, hands, gaps, pages; and what a role is not told of it."""

from __future__ import annotations

from typing import Any

import pytest

from graph.viewer import OWNER, Role, Viewer
from queries.pages import Cursor
from support.asking import ask_memory, data_of, viewer
from support.bench_sheet import BenchSheet
from support.memory_graph import MemoryGraph, MemoryLog
from support.trial import excursion, trial

_QUERY = """query($id: ID!, $knownAt: DateTime, $first: Int, $after: String, $manners: [CustodyManner!], $within: ID) {
  custody(id: $id, knownAt: $knownAt) { __typename
    ... on Custody {
      id asOfSeq unitCount quantity unit isAssumed contradictions
      completeness { complete reason hidden }
      summary { total byManner { manner count } }
      intervals(first: $first, after: $after, manners: $manners, within: $within) {
        totalCount asOfSeq pageInfo { hasNextPage endCursor }
        edges { node {
          manner place path start startLatest end endLatest isStartMasked isEndMasked isOpen isEndKnown isUncertain
          units hasAllNames unitCount quantity isAll placeNode { id }
          began { ...Hand } ended { ...Hand }
        } }
      }
    }
    ... on NotFound { ids message } ... on TooLarge { message remedy } ... on InvalidInput { member message }
  } }
  fragment Hand on CustodyHand { operationId type isEnd person personNode { id } operation { id type } }"""
_DAY = "2025-04-{:02}T{:02}:00:00.000+08:00"


async def _ask(lineage: MemoryGraph, id_: str, *, as_: Viewer = OWNER, log: Any = None, **more: Any) -> Any:
    return await ask_memory(lineage, _QUERY, {"id": id_, "first": 100, **more}, as_=as_, log=log)


async def _custody(lineage: MemoryGraph, id_: str, **more: Any) -> Any:
    return data_of(await _ask(lineage, id_, **more))["custody"]


def _rows(answer: Any) -> list[Any]:
    return [edge["node"] for edge in answer["intervals"]["edges"]]


def _of(answer: Any, manner: str) -> list[Any]:
    return [row for row in _rows(answer) if row["manner"] == manner]


async def test_the_dose_that_came_back_is_told_from_place_to_place() -> None:
    answer = await _custody(MemoryGraph([*trial(), *excursion()]), "CellUnit:DP1#3")
    told = [(row["manner"], row["place"], row["path"], row["start"], row["end"]) for row in _rows(answer)]
    room = ["StoragePosition:SITE-1", "StoragePosition:ROOM-1"]
    assert told == [
        ("OPERATION", None, [], _DAY.format(1, 10), _DAY.format(1, 10)),
        ("RUN", "Equipment:INC-2", [], _DAY.format(1, 10), _DAY.format(8, 10)),
        ("STAY", "StoragePosition:FRIDGE-1", room, _DAY.format(8, 10), _DAY.format(13, 9)),
        ("GAP", None, [], _DAY.format(13, 9), _DAY.format(13, 10)),
        ("RUN", "Equipment:DS-3", [], _DAY.format(13, 10), _DAY.format(14, 10)),
        ("ON_THE_WAY", "StoragePosition:SITE-2", [], _DAY.format(13, 10), _DAY.format(14, 10)),
        ("ARRIVED", "StoragePosition:SITE-2", [], _DAY.format(14, 10), _DAY.format(14, 12)),
        ("GAP", None, [], _DAY.format(14, 12), None),
    ]
    assert [row["isOpen"] for row in _rows(answer)] == [False] * 7 + [True]
    assert all(row["place"] == (row["placeNode"] and row["placeNode"]["id"]) for row in _rows(answer))
    assert answer["completeness"] == {"complete": True, "reason": None, "hidden": 0}
    assert answer["asOfSeq"] == answer["intervals"]["asOfSeq"] == 86
    assert answer["summary"] == {
        "total": 8,
        "byManner": [
            {"manner": manner, "count": count}
            for manner, count in (
                ("OPERATION", 1), ("RUN", 2), ("STAY", 1), ("ON_THE_WAY", 1), ("ARRIVED", 1), ("GAP", 2),
            )
        ],
    }  # fmt: skip


async def test_who_brought_it_and_who_took_it_away_is_told() -> None:
    answer = await _custody(MemoryGraph([*trial(), *excursion()]), "CellUnit:DP1#3")

    def hands(manner: str) -> list[Any]:
        (row,) = _of(answer, manner)
        return [
            (hand["operationId"], hand["type"], hand["isEnd"], hand["person"]) for hand in (row["began"], row["ended"])
        ]

    assert hands("STAY") == [
        ("Operation:A05", "STORED", False, "Person:P-02"),
        ("Operation:A06", "STORAGE_OUT", False, "Person:P-02"),
    ]
    assert hands("ON_THE_WAY") == [
        ("Operation:O21", "TRANSPORTED", False, "Person:P-02"),
        ("Operation:O21", "TRANSPORTED", True, "Person:P-04"),
    ]
    assert hands("ARRIVED")[1] == ("Operation:O28", "CHANGED_DISPOSITION", False, "Person:P-04")
    for row in _rows(answer):
        for hand in filter(None, (row["began"], row["ended"])):
            assert hand["operation"] == {"id": hand["operationId"], "type": hand["type"]}
            assert hand["personNode"] == {"id": hand["person"]}


async def test_units_that_went_the_same_way_are_told_together() -> None:
    answer = await _custody(MemoryGraph(trial()), "CellLot:DP1")
    assert (answer["unitCount"], answer["quantity"]) == (5, None)
    stays = {(tuple(row["units"]), row["unitCount"], row["end"], row["isAll"]) for row in _of(answer, "STAY")}
    assert stays == {
        (("1",), 1, _DAY.format(10, 10), False),
        (("2",), 1, _DAY.format(12, 10), False),
        (("3",), 1, _DAY.format(13, 9), False),
        (("4",), 1, None, False),
        (("5",), 1, _DAY.format(20, 10), False),
    }
    (made,) = _of(answer, "OPERATION")
    assert (made["units"], made["isAll"], made["hasAllNames"]) == (["1-5"], True, True)
    assert {tuple(row["units"]) for row in _of(answer, "TAKEN")} == {("1",), ("2",), ("5",)}


async def test_a_counted_lot_is_told_by_amounts() -> None:
    answer = await _custody(MemoryGraph(trial()), "CellLot:MCB1", manners=["STAY", "TAKEN"])
    assert (answer["unitCount"], answer["quantity"], answer["unit"], answer["isAssumed"]) == (None, 10, "vial", True)
    assert [row["unitCount"] for row in _rows(answer)] == [None] * len(_rows(answer))
    assert sum(row["quantity"] for row in _of(answer, "STAY")) == 10
    assert sum(row["quantity"] for row in _of(answer, "TAKEN")) == 2, "one vial expanded, one pooled"


async def test_it_is_answered_as_the_records_stood_then() -> None:
    answer = await _custody(MemoryGraph(trial()), "CellUnit:DP1#3", knownAt=_DAY.format(10, 0))
    assert [(row["manner"], row["isOpen"]) for row in _rows(answer)] == [
        ("OPERATION", False), ("RUN", False), ("STAY", True),
    ]  # fmt: skip


# -- lists and pages -------------------------------------------------------------------------------------------------


async def test_manners_and_a_place_choose_what_is_listed_and_the_summary_stays_that_of_all() -> None:
    lineage = MemoryGraph([*trial(), *excursion()])
    gaps = await _custody(lineage, "CellUnit:DP1#3", manners=["GAP"])
    assert [row["start"] for row in _rows(gaps)] == [_DAY.format(13, 9), _DAY.format(14, 12)]
    assert (gaps["intervals"]["totalCount"], gaps["summary"]["total"]) == (2, 8)
    within = await _custody(lineage, "CellUnit:DP1#3", within="StoragePosition:ROOM-1")
    assert [row["place"] for row in _rows(within)] == ["StoragePosition:FRIDGE-1"]


async def test_pages_follow_each_other_and_stay_at_their_position_whatever_is_recorded_meanwhile() -> None:
    lineage = MemoryGraph(trial())
    whole = await _custody(lineage, "CellUnit:DP1#3")
    first = await _custody(lineage, "CellUnit:DP1#3", first=3)
    for record in excursion():
        lineage.add(record)
    after = first["intervals"]["pageInfo"]["endCursor"]
    second = await _custody(lineage, "CellUnit:DP1#3", after=after)
    assert second["asOfSeq"] == len(trial())
    assert [*_rows(first), *_rows(second)] == _rows(whole)
    assert (await _custody(lineage, "CellUnit:DP1#3"))["asOfSeq"] == len(trial()) + 3


async def test_a_cursor_of_another_question_is_an_error_that_says_so() -> None:
    lineage = MemoryGraph(trial())
    after = (await _custody(lineage, "CellLot:DP1", first=3))["intervals"]["pageInfo"]["endCursor"]
    for id_, manners in (("CellUnit:DP1#3", None), ("CellLot:DP1", ["STAY"])):
        answer = await _ask(lineage, id_, after=after, manners=manners)
        assert [error["message"] for error in answer.as_json()["errors"]] == ["This is no cursor of this answer."]


@pytest.mark.parametrize("place", [(3,), ("x", -1), ("x", "y"), ("x", 1, 1)])
async def test_a_forged_cursor_is_bad_input(place: tuple[str | int, ...]) -> None:
    answer = await _custody(MemoryGraph(trial()), "CellLot:DP1", after=Cursor(80, place).text())
    assert (answer["__typename"], answer["member"]) == ("InvalidInput", "after")


# -- what cannot be answered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id_": "CellLot:NONE"}, ("NotFound", None)),
        ({"id_": "CellLot"}, ("InvalidInput", "id")),
        ({"id_": "Equipment:INC-2"}, ("InvalidInput", "id")),
        ({"id_": "CellLot:DP1", "first": 501}, ("InvalidInput", "first")),
    ],
)
async def test_what_is_wrong_with_the_question_is_an_answer(given: dict[str, Any], expected: tuple[str, str]) -> None:
    answer = await _custody(MemoryGraph(trial()), **given)
    assert (answer["__typename"], answer.get("member")) == expected


async def test_a_lot_of_which_too_much_is_told_is_refused_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queries.whereabouts.acts.MOST_OPERATIONS", 3)
    answer = await _custody(MemoryGraph(trial()), "CellLot:DP1")
    assert answer["__typename"] == "TooLarge"
    assert "one of its units" in answer["remedy"]


# -- by role ---------------------------------------------------------------------------------------------------------


async def test_a_role_that_may_not_see_when_persons_were_treated_or_who_works_here_is_told_neither() -> None:
    answer = await _custody(MemoryGraph(trial()), "CellLot:DP1", as_=viewer(Role.VIEWER))
    given = [row for row in _rows(answer) if row["ended"] and row["ended"]["type"] == "ADMINISTERED"]
    assert sorted((row["manner"], row["units"][0]) for row in given) == [
        ("STAY", "1"), ("STAY", "2"), ("TAKEN", "1"), ("TAKEN", "2"),
    ]  # fmt: skip
    for row in given:
        assert (row["end"], row["endLatest"], row["isEndMasked"], row["isOpen"]) == (None, None, True, False)
    hands = [hand for row in _rows(answer) for hand in (row["began"], row["ended"]) if hand is not None]
    assert {hand["person"] for hand in hands} == {None}
    assert {hand["personNode"] is None for hand in hands} == {True}


async def test_a_lot_that_leads_to_one_person_is_not_told_apart_from_one_there_is_not_and_reading_it_is_logged() -> (
    None
):
    sheet = BenchSheet()
    sheet.donor("D", donor_relationship="autologous")
    sheet.collected("D", "T")
    sheet.separated("T", "L")
    hidden = await _custody(MemoryGraph(sheet.records), "CellLot:L", as_=viewer(Role.ANALYST))
    missing = await _custody(MemoryGraph(sheet.records), "CellLot:NONE", as_=viewer(Role.ANALYST))
    assert hidden == {"__typename": "NotFound", "ids": ["CellLot:L"], "message": hidden["message"]}
    assert hidden["message"] == missing["message"].replace("NONE", "L")
    log = MemoryLog()
    query = '{ custody(id: "CellLot:L") { ... on Custody { summary { total } } } }'
    data_of(await ask_memory(MemoryGraph(sheet.records), query, as_=viewer(Role.AUDITOR), log=log))
    assert ("P-01", "whereabouts", ("CellLot:L",), 2) in log.entries, "a summary alone is logged, too"
