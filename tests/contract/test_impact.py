"""Impact on the trial, asked through GraphQL on each engine: by tier and time as an independent program computed it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from graph.engine import statement_count
from service.store import Store
from support.asking import ask, data_of
from support.bench_sheet import BenchSheet
from support.stores import empty_store, import_all, record, wipe
from support.trial import correction, scenarios, trial

_IMPACT = """query($input: ImpactInput!, $pushdown: Boolean) { impact(input: $input, pushdown: $pushdown) {
  __typename
  ... on Impact {
    asOfSeq digest completeness { complete reason }
    summary { total byKind { kind count } byTier { tier count } byDisposition { disposition count } bySite { site count } subjects unitsToHold }
    items(first: 500) { totalCount edges { node {
      id kind tier exposedFrom uncertain node { id } path { type operationId from to start end }
    } } }
  }
} }"""
_LEFT_OUT = {"DONOR", "CELL_UNIT", "REAGENT"}  # as the scenarios say
IMPACTS = scenarios()["impact"]


def _input(asked: dict[str, Any]) -> dict[str, Any]:
    given = {name: asked[name] for name in ("hazard", "seeds", "channels") if name in asked}
    return given | ({"knownAt": asked["known_at"]} if "known_at" in asked else {})


async def _impact(store: Store, asked: dict[str, Any], *, pushdown: bool = False) -> dict[str, Any]:
    found = data_of(await ask(store, _IMPACT, {"input": _input(asked), "pushdown": pushdown}))["impact"]
    assert found["__typename"] == "Impact", found
    return dict(found)


@pytest.mark.parametrize("asked", IMPACTS, ids=[each["name"] for each in IMPACTS])
async def test_an_impact_finds_by_tier_what_it_should_and_pushdown_says_the_same(
    store: Store, asked: dict[str, Any]
) -> None:
    await import_all(store, trial())
    if asked.get("with") == "correction":
        await import_all(store, correction())
    found = await _impact(store, asked)
    assert found["completeness"] == {"complete": True, "reason": None}
    items = [edge["node"] for edge in found["items"]["edges"]]
    by_tier: dict[str, set[str]] = {}
    for item in items:
        if item["kind"] not in _LEFT_OUT:
            by_tier.setdefault(str(item["tier"]), set()).add(item["id"].partition(":")[2])
    assert by_tier == {tier: set(keys) for tier, keys in asked["expect"].items() if keys}
    assert found["summary"]["total"] == found["items"]["totalCount"] == len(items)
    seeds = {seed["id"] for seed in asked["seeds"]}
    for item in items:
        assert item["id"] == item["node"]["id"]
        ends = [(step["from"], step["to"]) for step in item["path"]]
        assert not ends or (ends[0][0] in seeds and ends[-1][1] == item["id"])
        assert ends or item["id"] in seeds
        assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert await _impact(store, asked, pushdown=True) == found


async def _wide(store: Store, lots: int) -> None:
    """As many lots of one tissue, each expanded in the same medium."""
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="allogeneic")
    sheet.reagent("R1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "P")
    sheet.divided("P", [f"A{number}" for number in range(lots)])
    for number in range(lots):
        sheet.expanded(f"A{number}", f"L{number}", reagents=["R1"])
    receipt = await record(store, sheet.records)
    assert receipt.accepted, receipt.violations


async def test_the_summary_and_a_page_cost_a_fixed_small_number_of_statements(store: Store) -> None:
    counts = []
    for lots in (2, 120):
        await wipe(store.engine)
        fresh = await empty_store(store.engine)
        await _wide(fresh, lots)
        asked = {"hazard": "EXPOSURE", "seeds": [{"id": "Reagent:R1"}]}
        found = await _impact(fresh, asked)
        assert found["summary"]["total"] == lots + 1
        with statement_count() as counted:
            await _impact(fresh, asked)
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 8


async def test_a_write_is_in_the_next_answer_for_one_statement(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    await record(store, sheet.records)
    asked = {"hazard": "HERITABLE", "seeds": [{"id": "Donor:D1"}]}
    assert (await _impact(store, asked))["summary"]["total"] == 2
    with statement_count() as before:
        await _impact(store, asked)
    sheet.separated("T1", "L1")
    await record(store, sheet.records[-1:])
    with statement_count() as after:
        found = await _impact(store, asked)
    assert found["summary"]["total"] == 3
    assert after.count <= before.count + 1  # the kind of what is new is one more to be looked up


async def test_pages_of_an_impact_agree_whatever_is_recorded_meanwhile(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "P")
    sheet.divided("P", ["A", "B", "C", "D"])
    await record(store, sheet.records)
    query = """query($after: String) { impact(input: {hazard: HERITABLE, seeds: [{id: "Donor:D1"}]}) { ... on Impact { asOfSeq
      items(first: 3, after: $after) { totalCount pageInfo { endCursor hasNextPage } edges { node { id } } } } } }"""
    seen: list[str] = []
    after, positions = None, set()
    while True:
        found = data_of(await ask(store, query, {"after": after}))["impact"]
        positions.add(found["asOfSeq"])
        seen += [edge["node"]["id"] for edge in found["items"]["edges"]]
        after = found["items"]["pageInfo"]["endCursor"]
        if not found["items"]["pageInfo"]["hasNextPage"]:
            break
        sheet.expanded("A" if len(seen) == 3 else "B", f"X{len(seen)}")
        await record(store, sheet.records[-1:])
    assert len(positions) == 1
    assert seen == ["Donor:D1", "Tissue:T1", "CellLot:P", *(f"CellLot:{name}" for name in "ABCD")]


async def test_an_explanation_tells_the_path_and_other_routes(store: Store) -> None:
    await import_all(store, trial())
    query = """query($input: ImpactInput!, $target: ID!, $first: Int) { explain(input: $input, target: $target, first: $first) {
      __typename ... on Explanation { isAffected hasAllRoutes item { tier exposedFrom } completeness { complete }
        path { type from to } others { steps { from to } } }
      ... on NotFound { ids } ... on InvalidInput { member } } }"""
    asked = {"hazard": "CONTAGIOUS", "seeds": [{"id": "Donor:D1"}]}

    async def explain(target: str, first: int = 10) -> Any:
        given = {"input": asked, "target": target, "first": first}
        return data_of(await ask(store, query, given))["explain"]

    found = await explain("CellLot:MCB2")
    assert (found["isAffected"], found["item"]["tier"]) == (True, 2)
    assert (found["path"][0]["from"], found["path"][-1]["to"]) == ("Donor:D1", "CellLot:MCB2")
    assert found["others"]
    clean = await explain("CellLot:MCB3")
    assert (clean["isAffected"], clean["item"], clean["path"]) == (False, None, [])
    assert (await explain("CellLot:NOWHERE"))["ids"] == ["CellLot:NOWHERE"]
    assert (await explain("CellLot:MCB2", 101))["member"] == "first"


async def test_a_comparison_tells_what_the_correction_changed(store: Store) -> None:
    await import_all(store, [*trial(), *correction()])
    query = """{ compare(input: {start: ["Subject:S4"], direction: BACKWARD}, before: "2025-06-09T00:00:00+08:00",
      after: "2025-06-11T00:00:00+08:00") { __typename ... on Comparison {
        before { summary { total } nodes(first: 500) { totalCount } } after { summary { total } }
        addedNodes { totalCount edges { node { id node { id } } } } removedNodes { edges { node { id } } }
        addedEdges { edges { node { operationId } } } removedEdges { edges { node { operationId } } } } } }"""
    found = data_of(await ask(store, query))["compare"]
    assert found["before"]["summary"]["total"] == found["before"]["nodes"]["totalCount"]
    assert "CellLot:DP2" in [edge["node"]["id"] for edge in found["removedNodes"]["edges"]]
    assert "Operation:O23-R1" in [edge["node"]["operationId"] for edge in found["addedEdges"]["edges"]]
    assert "Operation:O23" in [edge["node"]["operationId"] for edge in found["removedEdges"]["edges"]]


async def test_the_index_tells_how_it_stands(store: Store) -> None:
    await import_all(store, trial())
    query = "{ serviceInfo { index { state seq things edges bytes reason } } }"
    assert data_of(await ask(store, query))["serviceInfo"]["index"]["state"] == "empty"
    await _impact(store, IMPACTS[0])
    index = data_of(await ask(store, query))["serviceInfo"]["index"]
    assert (index["state"], index["seq"], index["reason"]) == ("ready", len(trial()), None)
    assert index["things"] > 50
    assert index["edges"] > 50
    assert index["bytes"] > 0
