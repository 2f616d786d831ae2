"""The trial's questions, whose answers another program computed, asked of the index."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from graph.index import KIND_NAMES, Channel, Hazard, Index, Lineage, Seed, path_of
from graph.index.hazards import channel_sets
from graph.keeping import Asked, Pushdown
from graph.reader import AsOf, Direction
from graph.times import parse_moment
from support.days import head_of
from support.memory_graph import MemoryGraph
from support.oracle import entries_of
from support.trial import correction, scenarios, trial

IMPACT, TRACE = scenarios()["impact"], scenarios()["trace"]
LISTED = {"Tissue", "CellLot", "Subject"}  # the questions leave the others out


def _ms(text: str | None) -> int | None:
    return None if text is None else parse_moment(text).earliest_ms


def _records(question: dict[str, Any]) -> list[dict[str, Any]]:
    return [*trial(), *(correction() if "with" in question else ())]


def _lineage(question: dict[str, Any]) -> Lineage:
    entries = entries_of(_records(question))
    return Index.build(entries, head_of(len(entries))).at(AsOf(len(entries), _ms(question.get("known_at"))))


def _asked(question: dict[str, Any]) -> tuple[Hazard, list[Seed], list[Channel] | None]:
    seeds = []
    for seed in question["seeds"]:
        kind, _, key = seed["id"].partition(":")
        seeds.append(Seed(node=(kind, key), from_ms=_ms(seed.get("from")), until_ms=_ms(seed.get("until"))))
    channels = [Channel(name) for name in question["channels"]] if "channels" in question else None
    return Hazard(question["hazard"]), seeds, channels


def _by_tier(lineage: Lineage, question: dict[str, Any]) -> dict[str, set[str]]:
    spread = lineage.impact(*_asked(question))
    assert spread.is_complete
    found = defaultdict(set)
    for number, tier in zip(spread.nodes, spread.tier, strict=True):
        kind, key = lineage.node(int(number))
        if kind in LISTED:
            found[str(tier)].add(key)
    return dict(found)


def _expected(question: dict[str, Any]) -> dict[str, set[str]]:
    return {tier: set(keys) for tier, keys in question["expect"].items() if keys}


@pytest.mark.parametrize("question", IMPACT, ids=[question["name"] for question in IMPACT])
def test_impact_gives_each_tier_of_the_trial(question: dict[str, Any]) -> None:
    assert _by_tier(_lineage(question), question) == _expected(question)


@pytest.mark.parametrize("question", IMPACT, ids=[question["name"] for question in IMPACT])
def test_pushdown_gives_each_tier_of_the_trial(question: dict[str, Any]) -> None:
    records = _records(question)
    as_of = AsOf(len(records), _ms(question.get("known_at")))
    hazard, seeds, channels = _asked(question)
    _, equipment, storage = channel_sets(hazard, channels)[-1]
    asked = Asked(starts=tuple(seed.node for seed in seeds), equipment=equipment, storage=storage)
    lineage = asyncio.run(Pushdown(MemoryGraph(records)).lineage(as_of, asked))
    assert _by_tier(lineage, question) == _expected(question)


@pytest.mark.parametrize("question", TRACE, ids=[f"{q['direction']} {q['start']}" for q in TRACE])
def test_reach_gives_the_material_of_the_traces(question: dict[str, Any]) -> None:
    lineage = _lineage(question)
    kind, _, key = question["start"].partition(":")
    start = lineage.find((kind, key))
    assert start is not None
    reached = lineage.reach([start], Direction[question["direction"]])
    assert reached.is_complete
    assert {":".join(lineage.node(int(number))) for number in reached.nodes} == set(question["expect"])
    assert reached.depth[0] == 0
    assert (np.diff(reached.depth) >= 0).all()


def test_a_path_tells_how_contagion_came_from_a_donor_to_another_donors_patient() -> None:
    lineage = _lineage({})
    hazard, seeds, channels = _asked(IMPACT[0])
    spread = lineage.impact(hazard, seeds, channels)
    subject = lineage.find(("Subject", "S3"))
    assert subject is not None
    numbers = [lineage.find(seed.node) or 0 for seed in seeds]
    told = [
        (step.type, step.operation_id, step.source[1], step.target[1])
        for step in path_of(lineage, spread, numbers, subject)
    ]
    assert told == [
        ("COLLECTED", "O01", "D1", "T1"),
        ("SEPARATED", "O04", "T1", "L1"),
        ("USED_EQUIPMENT", "O04", "L1", "INC-1"),
        ("USED_EQUIPMENT", "O08", "INC-1", "L2P1"),
        ("CRYOPRESERVED", "O11", "L2P1", "MCB2"),
        ("FORMULATED", "O16", "MCB2", "DP2"),
        ("ADMINISTERED", "O22", "DP2", "S3"),
    ]


def test_counts_by_kind_come_from_the_arrays() -> None:
    lineage = _lineage({})
    spread = lineage.impact(*_asked(IMPACT[7]))  # consent withdrawn
    counts = np.bincount(lineage.kinds[spread.nodes], minlength=len(KIND_NAMES))
    named = {name: int(count) for name, count in zip(KIND_NAMES, counts, strict=True) if count}
    assert named == {"Donor": 1, "Tissue": 1, "CellLot": 5, "Subject": 3}
