"""What is read off at once is what the executor would have given, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from schema.plain import PlainObjects
from service.store import Store
from support.asking import ask
from support.stores import import_all
from support.trial import trial

QUESTIONS = (
    """{ impact(input: {hazard: CONTAGIOUS, seeds: [{id: "Donor:D1"}]}) { __typename ... on Impact {
      asOfSeq summary { total byKind { kind count } byTier { t: tier count } }
      items(first: 5) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
        __typename id kind tier exposedFrom uncertain again: id } } } } } }""",
    """{ impact(input: {hazard: CONTAGIOUS, seeds: [{id: "Donor:D1"}]}) { ... on Impact {
      items(first: 3) { edges { node { ...Item node { id } path { type from to start end } } } } } } }
    fragment Item on ImpactItem { id tier }""",
    """query($deep: Boolean = false) { trace(input: {start: ["Subject:S5"], direction: BACKWARD}) { ... on Trace {
      nodes(first: 4) { edges { node { id depth kind @skip(if: $deep) node { id ... on CellLot { cellType } } } } } } } }""",
    '{ node(id: "CellLot:MCB1") { id ... on CellLot { cellType passageNumber stage maskedFields madeBy { id type } } } }',
    "{ serviceInfo { version ledgerHead { seq } index { state } } }",
)


@pytest.mark.parametrize("query", QUESTIONS)
async def test_an_answer_is_the_same_as_without_plans(
    store: Store, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_all(store, trial())
    quick = await ask(store, query)
    assert quick.errors == []

    def no_plan(*_: Any) -> None:
        return None

    monkeypatch.setattr(PlainObjects, "_plan", no_plan)
    assert (await ask(store, query)).as_json() == quick.as_json()
