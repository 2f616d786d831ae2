"""Random trials, asked random questions: the index says what the rules say when applied by brute force.

``LINEAGES=5000`` draws so many trials instead of the usual number.
"""

from __future__ import annotations

import os
import random
from typing import NamedTuple

import numpy as np
import pytest

from graph.index import ALWAYS, Channel, Hazard, Index, Lineage, Seed, Spread, path_of
from graph.index.paths import STEP_NAMES, path_lengths, rows_before, winning_steps
from graph.reader import AsOf, Direction, NodeId
from support.days import head_of
from support.oracle import Affected, Oracle, OracleSeed, entries_of
from support.plain_lineage import INF
from support.random_trials import RandomTrial, at_ms

BLOCKS = 10
TRIALS = int(os.environ.get("LINEAGES", "300")) // BLOCKS  # in a block
QUESTIONS = 8  # of each trial
SPREADING = {"Donor", "Tissue", "CellLot", "CellUnit", "Reagent", "Subject", "Equipment", "StoragePosition", "Person"}
WITH_WINDOWS = {"Equipment", "StoragePosition", "Person"}


class Question(NamedTuple):
    hazard: str
    seeds: tuple[tuple[NodeId, int | None, int | None], ...]
    channels: tuple[str, ...]
    closed: bool


def _draw(chance: random.Random, nodes: list[NodeId], steps: int) -> Question:
    hazard = chance.choice(("CONTAGIOUS", "CONTAGIOUS", "CONTAGIOUS", "EXPOSURE", "HERITABLE"))
    seeds = []
    for _ in range(chance.choice((1, 1, 2))):
        node = chance.choice([node for node in nodes if node[0] in SPREADING])
        since = chance.choice((None, chance.randint(0, steps)))
        until = None
        if node[0] in WITH_WINDOWS and chance.random() < 0.6:
            until = chance.randint(since or 0, steps)
        seeds.append((node, since, until))
    channels = [name for name in ("EQUIPMENT", "STORAGE") if hazard == "CONTAGIOUS" and chance.random() < 0.7]
    return Question(hazard, tuple(seeds), tuple(channels), chance.random() < 0.3)


def _ms(step: int | None) -> int | None:
    return None if step is None else at_ms(step)


def _ask(lineage: Lineage, question: Question) -> Spread:
    return lineage.impact(
        Hazard(question.hazard),
        [Seed(node=node, from_ms=_ms(since), until_ms=_ms(until)) for node, since, until in question.seeds],
        [Channel(name) for name in question.channels],
        closed=question.closed,
    )


def _told(lineage: Lineage, spread: Spread) -> dict[NodeId, Affected]:
    return {
        lineage.node(int(number)): Affected(int(tier), -INF if since == ALWAYS else int(since), bool(doubt))
        for number, tier, since, doubt in zip(spread.nodes, spread.tier, spread.since, spread.uncertain, strict=True)
    }


def _expected(oracle: Oracle, question: Question) -> dict[NodeId, Affected]:
    seeds = [
        OracleSeed(node, -INF if since is None else at_ms(since), _ms(until)) for node, since, until in question.seeds
    ]
    return oracle.impact(question.hazard, seeds, question.channels, closed=question.closed)


def _lineage(trial: RandomTrial) -> Lineage:
    entries = entries_of(trial.records)
    return Index.build(entries, head_of(len(entries))).lineage


def _nodes(lineage: Lineage) -> list[NodeId]:
    return [lineage.node(number) for number in range(lineage.count)]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_impact_is_what_the_rules_say(block: int) -> None:
    for seed in range(block * TRIALS, (block + 1) * TRIALS):
        chance = random.Random(seed)
        trial = RandomTrial(seed, chance.choice((40, 80, 120)))
        lineage, oracle = _lineage(trial), Oracle(trial.records)
        nodes = _nodes(lineage)
        for _ in range(QUESTIONS):
            question = _draw(chance, nodes, trial.steps)
            assert _told(lineage, _ask(lineage, question)) == _expected(oracle, question), (seed, question)


@pytest.mark.parametrize("seed", range(30))
def test_impact_is_what_the_rules_say_of_what_was_known_by_then(seed: int) -> None:
    """Records are recorded at their number here."""
    chance = random.Random(seed)
    trial = RandomTrial(seed, 80)
    entries = entries_of(trial.records)
    index = Index.build(entries, head_of(len(entries)))
    for _ in range(4):
        known_at = chance.randint(30, len(entries))
        question = _draw(chance, _nodes(index.lineage), trial.steps)
        expected = _expected(Oracle(trial.records, known_at), question)
        for as_of in (AsOf(len(entries), known_at), AsOf(known_at)):
            lineage = index.at(as_of)
            if all(lineage.find(node) is not None for node, _, _ in question.seeds):
                assert _told(lineage, _ask(lineage, question)) == expected, (as_of, question)


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_each_path_leads_from_a_seed_and_its_times_never_run_backwards(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 80)
    lineage = _lineage(trial)
    question = _draw(chance, _nodes(lineage), trial.steps)
    spread = _ask(lineage, question)
    told = _told(lineage, spread)
    seeds = {node for node, _, _ in question.seeds}
    numbers = [lineage.find(node) or 0 for node, _, _ in question.seeds]
    lengths = path_lengths(lineage, spread)
    before = rows_before(lineage, spread)
    last = _last_steps(lineage, spread, numbers)
    for number in spread.nodes.tolist():
        node = lineage.node(number)
        steps = path_of(lineage, spread, numbers, number)
        assert last[number] == [(step.source, step.operation_id, step.type) for step in steps[-1:]]
        if not steps:
            assert node in seeds
            assert lengths[spread.place(number)] == 0
            assert before[spread.place(number)] == -1
            continue
        assert lengths[spread.place(number)] == len(steps)
        assert path_of(lineage, spread, numbers, number, last=2) == steps[-2:]
        places = [steps[0].source, *(step.target for step in steps)]
        things = [place for place in places[:-1] if place in told]
        row = int(before[spread.place(number)])
        assert (lineage.node(int(spread.nodes[row])) if row >= 0 else None) == (things[-1] if things else None)
        assert all(step.source == place for step, place in zip(steps, places, strict=False))
        assert places[-1] == node
        # A seed position may hold what stands in one of those below it.
        assert places[0] in seeds or places[0][0] == "StoragePosition"
        times = [told[place].since for place in places if place in told]
        assert times == sorted(times)


def _last_steps(lineage: Lineage, spread: Spread, seeds: list[int]) -> dict[int, list[tuple[NodeId, str, str]]]:
    """As they are found for many things at once."""
    steps = winning_steps(lineage, spread, seeds, np.arange(len(spread.nodes)))
    return {
        number: [(lineage.node(source), lineage.facts.op_keys[op], STEP_NAMES[name])] if op >= 0 else []
        for number, source, op, name in zip(spread.nodes.tolist(), *(each.tolist() for each in steps), strict=True)
    }


@pytest.mark.parametrize("seed", range(2000, 2060))
def test_what_respects_time_is_a_part_of_what_does_not(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 100)
    lineage = _lineage(trial)
    node = chance.choice([node for node in _nodes(lineage) if node[0] in SPREADING - WITH_WINDOWS])
    start = lineage.find(node)
    assert start is not None
    reached = set(lineage.reach([start], Direction.FORWARD, with_uses=True).nodes.tolist())
    for since in (None, 0, trial.steps // 2):
        spread = lineage.impact(Hazard.EXPOSURE, [Seed(node=node, from_ms=_ms(since))])
        assert set(spread.nodes.tolist()) <= reached
    always = lineage.impact(Hazard.EXPOSURE, [Seed(node=node)])
    later = lineage.impact(Hazard.EXPOSURE, [Seed(node=node, from_ms=at_ms(trial.steps // 2))])
    assert set(later.nodes.tolist()) <= set(always.nodes.tolist())


@pytest.mark.parametrize("seed", range(3000, 3060))
def test_one_channel_more_never_removes_an_item_and_closed_intervals_never_do(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 100)
    lineage = _lineage(trial)
    question = _draw(chance, _nodes(lineage), trial.steps)._replace(hazard="CONTAGIOUS", closed=False)
    answers = [
        set(_ask(lineage, question._replace(channels=channels)).nodes.tolist())
        for channels in ((), ("EQUIPMENT",), ("EQUIPMENT", "STORAGE"))
    ]
    assert answers[0] <= answers[1] <= answers[2]
    storage = set(_ask(lineage, question._replace(channels=("STORAGE",))).nodes.tolist())
    assert answers[0] <= storage <= answers[2]
    careful = set(_ask(lineage, question._replace(channels=("EQUIPMENT", "STORAGE"), closed=True)).nodes.tolist())
    assert answers[2] <= careful


@pytest.mark.parametrize("seed", range(4000, 4030))
def test_a_lot_that_has_nothing_to_do_with_it_changes_nothing(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 80)
    lineage = _lineage(trial)
    question = _draw(chance, _nodes(lineage), trial.steps)
    apart: dict[str, object] = {
        "record": "operation", "type": "EXPANDED", "id": "APART", "start": "2025-01-03T00:00:00+08:00",
        "performing_org": "O", "operator": "NOBODY", "inputs": [{"kind": "CellLot", "id": "APART-1"}],
        "outputs": [{"kind": "CellLot", "id": "APART-2"}], "uses": [{"kind": "Equipment", "id": "APART-3"}],
    }  # fmt: skip
    trial.records.append(apart)
    grown = _lineage(trial)
    assert _told(grown, _ask(grown, question)) == _told(lineage, _ask(lineage, question))


@pytest.mark.parametrize("seed", range(5000, 5030))
def test_forward_is_the_reverse_of_backward(seed: int) -> None:
    trial = RandomTrial(seed, 80)
    lineage = _lineage(trial)
    pairs = set()
    for direction in Direction:
        for number in range(lineage.count):
            for other in lineage.reach([number], direction).nodes.tolist():
                pairs.add((direction, number, other) if direction is Direction.FORWARD else (direction, other, number))
    forward = {pair[1:] for pair in pairs if pair[0] is Direction.FORWARD}
    backward = {pair[1:] for pair in pairs if pair[0] is Direction.BACKWARD}
    assert forward == backward
