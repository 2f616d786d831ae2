"""What stands in a place, through GraphQL: where exactly, since when, what of it is affected; pages, and what roles see."""

from __future__ import annotations

from typing import Any

import pytest

from graph.viewer import OWNER, Role, Viewer
from queries.pages import Cursor
from support.asking import ask_memory, data_of, viewer
from support.bench_sheet import BenchSheet
from support.memory_graph import MemoryGraph, MemoryLog
from support.trial import correction, trial

_QUERY = """query($position: ID!, $at: DateTime, $knownAt: DateTime, $impact: ImpactInput, $pushdown: Boolean,
    $first: Int, $after: String, $kinds: [NodeKind!], $affected: Boolean, $order: ContentsOrder, $places: String) {
  contents(position: $position, at: $at, knownAt: $knownAt, impact: $impact, pushdown: $pushdown) { __typename
    ... on Contents {
      position at isWholeDay asOfSeq
      completeness { complete reason hidden }
      summary { total affected affectedLater uncertain positionCount byKind { kind count affected uncertain } }
      places(first: $first, after: $places) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { position isItself total affected positionNode { id } byKind { kind count affected } } }
      }
      rows(first: $first, after: $after, kinds: $kinds, affected: $affected, order: $order) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node {
          id kind position path since sinceLatest isSinceMasked until isUntilMasked isLeft uncertain operationId
          dispositions amount affected tier exposedFrom isExposedFromMasked isExposureUncertain
          node { id isStub } operation { id type }
        } }
      }
    }
    ... on NotFound { ids message } ... on NotPermitted { message } ... on InvalidInput { member message }
  } }"""
_NOON = "2025-04-13T12:00:00.000+08:00"
_ROOM = {"position": "StoragePosition:ROOM-1", "at": _NOON}
_MEDIUM = {"hazard": "EXPOSURE", "seeds": [{"id": "Reagent:R-MED-8"}]}


async def _ask(lineage: MemoryGraph, *, as_: Viewer = OWNER, log: Any = None, **given: Any) -> Any:
    return await ask_memory(lineage, _QUERY, {"first": 100, **_ROOM, **given}, as_=as_, log=log)


async def _contents(lineage: MemoryGraph | None = None, **given: Any) -> Any:
    return data_of(await _ask(lineage or MemoryGraph(trial()), **given))["contents"]


def _rows(answer: Any) -> list[Any]:
    return [edge["node"] for edge in answer["rows"]["edges"]]


def _places(answer: Any) -> list[Any]:
    return [edge["node"] for edge in answer["places"]["edges"]]


def _keys(answer: Any) -> list[str]:
    return [row["id"].partition(":")[2] for row in _rows(answer)]


# Doses 1 and 2 were given, dose 3 was taken out that morning; two vials of WCB1 were thawed; banks 1 and 2 stand in
# tank A, bank 3 in tank B.
_THERE = ["DP1#4", "DP1#5", "MCB1", "MCB2", "MCB3", *(f"WCB1#{number}" for number in range(3, 21))]


@pytest.mark.parametrize("pushdown", [False, True])
async def test_what_stood_in_the_trials_room_is_told_by_place_and_one_by_one(pushdown: bool) -> None:
    answer = await _contents(pushdown=pushdown)
    assert _keys(answer) == _THERE
    assert answer["completeness"] == {"complete": True, "reason": None, "hidden": 0}
    assert (answer["asOfSeq"], answer["at"], answer["isWholeDay"]) == (83, _NOON, False)
    assert [(place["position"], place["isItself"], place["total"]) for place in _places(answer)] == [
        ("StoragePosition:FRIDGE-1", False, 2),
        ("StoragePosition:TANK-A", False, 2),
        ("StoragePosition:TANK-B", False, 19),
    ]
    assert all(place["positionNode"]["id"] == place["position"] for place in _places(answer))
    assert answer["summary"] | {"byKind": None} == {
        "total": 23, "affected": None, "affectedLater": None, "uncertain": 0, "positionCount": 3, "byKind": None,
    }  # fmt: skip
    assert {each["kind"]: each["count"] for each in answer["summary"]["byKind"]} == {"CELL_LOT": 3, "CELL_UNIT": 20}


async def test_a_row_tells_where_exactly_since_when_and_how_much() -> None:
    (bank,) = [row for row in _rows(await _contents()) if row["id"] == "CellLot:MCB1"]
    assert bank == {
        "id": "CellLot:MCB1",
        "kind": "CELL_LOT",
        "position": "StoragePosition:TANK-A",
        "path": ["StoragePosition:TANK-A"],
        "since": "2025-01-23T18:00:00.000+08:00",
        "sinceLatest": None,
        "isSinceMasked": False,
        "until": None,
        "isUntilMasked": False,
        "isLeft": False,
        "uncertain": False,
        "operationId": "Operation:A01",
        "dispositions": ["quarantined"],
        "amount": 9,  # of ten vials one was expanded on March 10th
        "affected": None,
        "tier": None,
        "exposedFrom": None,
        "isExposedFromMasked": False,
        "isExposureUncertain": None,
        "node": {"id": "CellLot:MCB1", "isStub": False},
        "operation": {"id": "Operation:A01", "type": "STORED"},
    }
    (dose,) = [row for row in _rows(await _contents()) if row["id"] == "CellUnit:DP1#5"]
    assert dose["until"] == "2025-04-20T10:00:00.000+08:00", "it was destroyed a week later"


async def test_what_of_it_is_affected_is_told_by_tier_and_time() -> None:
    answer = await _contents(impact=_MEDIUM)
    assert (answer["summary"]["affected"], answer["summary"]["affectedLater"]) == (21, 0)
    rows = {row["id"]: row for row in _rows(answer)}
    assert {id_ for id_, row in rows.items() if not row["affected"]} == {"CellLot:MCB1", "CellLot:MCB3"}
    assert (rows["CellLot:MCB1"]["tier"], rows["CellLot:MCB1"]["exposedFrom"]) == (None, None)
    # Bank 2 was frozen on January 25th out of cells that had grown in the medium.
    second = rows["CellLot:MCB2"]
    assert (second["tier"], second["exposedFrom"]) == (1, "2025-01-25T10:00:00.000+08:00")
    assert [place["affected"] for place in _places(answer)] == [2, 1, 18]


async def test_kinds_and_what_is_affected_choose_what_is_listed_and_the_summary_stays_that_of_all() -> None:
    clean = await _contents(impact=_MEDIUM, affected=False)
    assert _keys(clean) == ["MCB1", "MCB3"]
    assert (clean["rows"]["totalCount"], clean["summary"]["total"]) == (2, 23)
    lots = await _contents(kinds=["CELL_LOT"], order="SINCE")
    assert _keys(lots) == ["MCB1", "MCB2", "MCB3"]
    first = await _contents(impact=_MEDIUM, order="AFFECTED")
    assert _keys(first)[-2:] == ["MCB1", "MCB3"]


async def test_it_is_answered_as_the_records_stood_then() -> None:
    """That dose 4 was given on April 12th was recorded in June; until then it stood in the refrigerator."""
    lineage = MemoryGraph([*trial(), *correction()])
    at = {"position": "StoragePosition:FRIDGE-1", "at": "2025-04-17T12:00:00+08:00"}
    assert _keys(await _contents(lineage, **at, knownAt="2025-06-01T00:00:00+08:00")) == ["DP1#4", "DP1#5"]
    assert "DP1#4" not in _keys(await _contents(lineage, **at))


# -- pages -----------------------------------------------------------------------------------------------------------


async def test_pages_follow_each_other_at_their_entry_and_moment_where_now_was_asked() -> None:
    lineage = MemoryGraph(trial())
    whole = await _contents(lineage, at=None)
    first = await _contents(lineage, at=None, first=7)
    for record in correction():
        lineage.add(record)
    second = await _contents(lineage, at=None, after=first["rows"]["pageInfo"]["endCursor"])
    assert (second["asOfSeq"], _utc(second["at"])) == (len(trial()), _utc(first["at"]))
    assert [*_rows(first), *_rows(second)] == _rows(whole)
    assert not second["rows"]["pageInfo"]["hasNextPage"]


def _utc(time: str) -> str:
    return time.replace("+00:00", "Z")


async def test_places_have_pages_too() -> None:
    lineage = MemoryGraph(trial())
    first = await _contents(lineage, first=2)
    second = await _contents(lineage, places=first["places"]["pageInfo"]["endCursor"])
    assert [place["position"] for place in _places(second)] == ["StoragePosition:TANK-B"]
    assert second["places"]["totalCount"] == 3


async def test_a_cursor_of_another_question_is_an_error_that_says_so() -> None:
    lineage = MemoryGraph(trial())
    answer = await _contents(lineage, first=3)
    after = answer["rows"]["pageInfo"]["endCursor"]
    for other in (
        {"position": "StoragePosition:TANK-B"},
        {"at": "2025-04-14T12:00:00+08:00"},
        {"impact": _MEDIUM},
        {"kinds": ["CELL_UNIT"]},
        {"order": "KIND"},
        {"after": answer["places"]["pageInfo"]["endCursor"]},
    ):
        found = await _ask(lineage, **{"after": after, **other})
        assert [error["message"] for error in found.as_json()["errors"]] == ["This is no cursor of this answer."]


async def test_cursors_of_answers_about_different_moments_are_told() -> None:
    lineage = MemoryGraph(trial())
    one = (await _contents(lineage, first=2))["rows"]["pageInfo"]["endCursor"]
    other = (await _contents(lineage, first=2, at="2025-04-14T12:00:00+08:00"))["places"]["pageInfo"]["endCursor"]
    answer = await _contents(lineage, after=one, places=other)
    assert (answer["__typename"], answer["member"]) == ("InvalidInput", "after")
    assert "different moments" in answer["message"]


@pytest.mark.parametrize(
    "place", [(3,), ("x", "2025-04-13", -1), ("x", "soon", 1), ("x", "2999-01-01T00:00Z", 1), ("x", 1, 1)]
)
async def test_a_forged_cursor_is_bad_input(place: tuple[str | int, ...]) -> None:
    answer = await _contents(at=None, after=Cursor(80, place).text())
    assert answer["__typename"] == "InvalidInput"


# -- what cannot be answered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"position": "StoragePosition:NONE"}, ("NotFound", None)),
        ({"position": "CellLot:MCB1"}, ("InvalidInput", "position")),
        ({"position": "TANK-A"}, ("InvalidInput", "position")),
        ({"at": "2999-01-01T00:00:00Z"}, ("InvalidInput", "at")),
        ({"first": 501}, ("InvalidInput", "first")),
        ({"impact": {**_MEDIUM, "knownAt": _NOON}}, ("InvalidInput", "knownAt")),
        ({"impact": {**_MEDIUM, "channels": ["STORAGE"]}}, ("InvalidInput", "channels")),
        ({"impact": {**_MEDIUM, "seeds": [{"id": "Reagent:NONE"}]}}, ("NotFound", None)),
    ],
)
async def test_what_is_wrong_with_the_question_is_an_answer(given: dict[str, Any], expected: tuple[str, str]) -> None:
    answer = await _contents(**given)
    assert (answer["__typename"], answer.get("member")) == expected


async def test_what_is_affected_cannot_be_chosen_where_nothing_is_asked_about() -> None:
    answer = await _ask(MemoryGraph(trial()), affected=True)
    assert ["affected goes with an impact" in error["message"] for error in answer.as_json()["errors"]] == [True]


# -- by role ---------------------------------------------------------------------------------------------------------


async def test_who_may_not_see_when_persons_were_treated_is_told_what_stood_there_that_day() -> None:
    """Dose 2 was given at ten o'clock on April 12th."""
    at: dict[str, Any] = {"position": "StoragePosition:FRIDGE-1", "at": "2025-04-12T12:00:00+08:00"}
    assert "DP1#2" not in _keys(await _contents(**at))
    answer = await _contents(**at, as_=viewer(Role.VIEWER))
    assert answer["isWholeDay"]
    (given,) = [row for row in _rows(answer) if row["id"] == "CellUnit:DP1#2"]
    assert (given["until"], given["isUntilMasked"]) == (None, True)


async def test_what_leads_to_one_person_is_counted_and_not_named_and_shown_to_others_it_is_logged() -> None:
    sheet = BenchSheet()
    sheet.donor("D", donor_relationship="autologous")
    sheet.collected("D", "T")
    sheet.separated("T", "L")
    sheet.stored("L")
    tank = {"position": "StoragePosition:TANK-1", "at": None}
    assert _keys(await _contents(MemoryGraph(sheet.records), **tank)) == ["L"]
    hidden = await _contents(MemoryGraph(sheet.records), **tank, as_=viewer(Role.ANALYST))
    (row,) = _rows(hidden)
    assert (row["id"], row["since"], row["isSinceMasked"], row["operationId"]) == ("CellLot:•1", None, True, None)
    assert row["node"] == {"id": "CellLot:•1", "isStub": False}, "it is recorded, and hidden"
    assert (hidden["summary"]["total"], hidden["completeness"]["hidden"]) == (1, 1)
    log = MemoryLog()
    await _contents(MemoryGraph(sheet.records), **tank, as_=viewer(Role.AUDITOR), log=log)
    assert ("P-01", "contents", ("CellLot:L",), 2) in log.entries
