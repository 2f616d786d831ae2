"""Impact on the trial, asked through GraphQL on each engine: by tier and time as an independent program computed it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from service.store import Store
from support.asking import ask, data_of
from support.stores import import_all
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
