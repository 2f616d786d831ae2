"""Traces through GraphQL, on a real store: what the scenarios expect, failures as members of the union, pages that agree."""

from __future__ import annotations

from typing import Any

import pytest

from graph.viewer import Role
from service.store import Store
from support.asking import ask, data_of, viewer
from support.bench_sheet import BenchSheet
from support.stores import import_all, record
from support.trial import correction, excursion, scenarios, trial

_TRACE = """query($input: TraceInput!, $first: Int, $after: String) { trace(input: $input) {
  __typename
  ... on Trace {
    asOfSeq
    completeness { complete reason depthReached nodesSeen hidden moreBeyondDepth unrecorded }
    summary { total byKind { kind count } byDepth { depth count } }
    nodes(first: $first, after: $after) {
      totalCount asOfSeq pageInfo { hasNextPage endCursor } edges { node { id kind depth isMaterial node { id } } }
    }
    edges(first: 500) { totalCount edges { node { type operationId from to start } } }
  }
  ... on NotFound { ids message }
  ... on NotPermitted { message remedy }
  ... on TooLarge { message remedy }
  ... on InvalidInput { member message }
} }"""


async def _trace(store: Store, begin: str, direction: str, /, *, as_: Any = None, page: Any = None, **more: Any) -> Any:
    given = {"start": [begin], "direction": direction, **more}
    role = {} if as_ is None else {"as_": as_}
    return data_of(await ask(store, _TRACE, {"input": given, "first": 500, **(page or {})}, **role))["trace"]


async def test_each_trace_of_the_trial_finds_what_it_should(store: Store) -> None:
    await import_all(store, trial())
    asked = scenarios()["trace"]
    for each in [each for each in asked if "with" not in each]:
        await _check(store, each)
    await import_all(store, correction())
    for each in [each for each in asked if each.get("with") == "correction"]:
        await _check(store, each)


async def _check(store: Store, asked: dict[str, Any]) -> None:
    known_at = {"knownAt": asked["known_at"]} if "known_at" in asked else {}
    found = await _trace(store, asked["start"], asked["direction"], **known_at)
    nodes = [edge["node"] for edge in found["nodes"]["edges"]]
    assert sorted(node["id"] for node in nodes if node["isMaterial"]) == sorted(asked["expect"])
    assert found["completeness"]["complete"]
    assert found["nodes"]["totalCount"] == found["summary"]["total"] == len(nodes)
    assert all(node["id"] == node["node"]["id"] for node in nodes)
    assert nodes[0] | {"node": None} == {**nodes[0], "id": asked["start"], "depth": 0, "node": None}


async def test_the_excursions_records_are_traced(store: Store) -> None:
    await import_all(store, [*trial(), *excursion()])
    found = await _trace(store, "CellUnit:DP1#3", "BACKWARD")
    assert "Donor:D1" in [edge["node"]["id"] for edge in found["nodes"]["edges"]]


async def test_kinds_choose_what_is_listed_not_what_is_walked(store: Store) -> None:
    await import_all(store, trial())
    found = await _trace(store, "Subject:S1", "BACKWARD", kinds=["DONOR"])
    assert [edge["node"]["id"] for edge in found["nodes"]["edges"]] == ["Donor:D1"]
    assert found["summary"]["byKind"] == [{"kind": "DONOR", "count": 1}]


async def test_more_beyond_the_depth_is_said(store: Store) -> None:
    await import_all(store, trial())
    found = await _trace(store, "Donor:D1", "FORWARD", maxDepth=1)
    assert not found["completeness"]["complete"]
    assert found["completeness"]["moreBeyondDepth"] == 1
    assert {edge["node"]["depth"] for edge in found["nodes"]["edges"]} == {0, 1}


async def test_an_unknown_start_is_not_found(store: Store) -> None:
    found = await _trace(store, "CellLot:NOWHERE", "FORWARD")
    assert (found["__typename"], found["ids"]) == ("NotFound", ["CellLot:NOWHERE"])


async def test_a_start_whose_code_is_hidden_is_not_permitted_whether_it_exists_or_not(store: Store) -> None:
    await import_all(store, trial())
    for start in ("Donor:D1", "Donor:NOBODY"):
        found = await _trace(store, start, "FORWARD", as_=viewer(Role.ANALYST))
        assert found["__typename"] == "NotPermitted"


@pytest.mark.parametrize(
    ("more", "page", "member"),
    [
        ({"maxDepth": -1}, {}, "maxDepth"),
        ({}, {"first": 501}, "first"),
        ({}, {"first": -1}, "first"),
        ({}, {"after": "nonsense"}, "after"),
        ({}, {"after": "Wzk5OTk5LDBd"}, "after"),  # entry 99999
        ({"start": []}, {}, "start"),
        ({"start": ["L1"]}, {}, "start"),
    ],
)
async def test_a_wrong_argument_is_invalid_input(
    store: Store, more: dict[str, Any], page: dict[str, Any], member: str
) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    await record(store, sheet.records)
    found = await _trace(store, "Donor:D1", "FORWARD", page=page, **more)
    assert (found["__typename"], found["member"]) == ("InvalidInput", member)


async def test_a_trace_that_would_be_too_large_is_refused_not_cut(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_all(store, trial())
    monkeypatch.setattr("queries.walk.LARGEST_TRACE", 5)
    found = await _trace(store, "Donor:D1", "FORWARD")
    assert found["__typename"] == "TooLarge"
    assert found["remedy"]


async def test_pages_of_a_trace_agree_whatever_is_recorded_meanwhile(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.expanded("L1", "L2")
    await record(store, sheet.records)
    whole = [edge["node"]["id"] for edge in (await _trace(store, "Donor:D1", "FORWARD"))["nodes"]["edges"]]
    before, ids, after, positions = len(sheet.records), list[str](), None, set[int]()
    while True:
        page = (await _trace(store, "Donor:D1", "FORWARD", page={"first": 2, "after": after}))["nodes"]
        ids += [edge["node"]["id"] for edge in page["edges"]]
        positions.add(page["asOfSeq"])
        assert page["totalCount"] == len(whole)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        lot = len(ids)
        await record(store, [sheet.expanded("L2", f"M{lot}") if lot == 2 else sheet.expanded(f"M{lot - 2}", f"M{lot}")])
    assert ids == whole
    assert positions == {before}


async def test_cursors_of_different_answers_in_one_request_are_told(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    await record(store, sheet.records)
    old = (await _trace(store, "Donor:D1", "FORWARD", page={"first": 1}))["nodes"]["pageInfo"]["endCursor"]
    await record(store, [sheet.separated("T1", "L1")])
    new = (await _trace(store, "Donor:D1", "FORWARD", page={"first": 1}))["nodes"]["pageInfo"]["endCursor"]
    query = """query($old: String, $new: String) { trace(input: {start: ["Donor:D1"], direction: FORWARD}) {
      ... on InvalidInput { member } ... on Trace { nodes(after: $old) { totalCount } edges(after: $new) { totalCount } }
    } }"""
    assert data_of(await ask(store, query, {"old": old, "new": new}))["trace"] == {"member": "after"}


async def test_reachable_follows_material(store: Store) -> None:
    await import_all(store, trial())
    query = '{ yes: reachable(from: "Donor:D1", to: "Subject:S1") no: reachable(from: "Subject:S1", to: "Donor:D1") }'
    assert data_of(await ask(store, query)) == {"yes": True, "no": False}


async def test_an_edge_leads_to_its_operation(store: Store) -> None:
    await import_all(store, trial())
    query = """{ trace(input: {start: ["CellLot:L1P1"], direction: BACKWARD, operations: [EXPANDED]}) { ... on Trace {
      edges { edges { node { type operationId operation { id ... on ExpandedOperation { seedingDensity } } } } } } } }"""
    edges = data_of(await ask(store, query))["trace"]["edges"]["edges"]
    expanded = next(edge["node"] for edge in edges if edge["node"]["type"] == "EXPANDED")
    assert expanded["operation"]["id"] == expanded["operationId"] == "Operation:O07"
    assert expanded["operation"]["seedingDensity"] == 4000
