"""What stands in a position, of random trials asked at random moments: as a plain walk of the records has it."""

from __future__ import annotations

import asyncio
import random

import pytest

from graph.index import Index, Lineage
from graph.index.codes import FOREVER
from graph.index.lineage import never
from graph.keeping import Asked, Pushdown
from graph.keeping.contents import standers, within
from graph.reader import AsOf, NodeId
from support.days import head_of
from support.memory_graph import MemoryGraph
from support.oracle import entries_of
from support.plain_lineage import INF, PlainLineage
from support.random_trials import STEP_MS, RandomTrial, at_ms

POSITIONS = ("SITE", "ROOM", "TANK1", "TANK2", "RACK", "BOX", "CELL", "SHELF", "BENCH")
KINDS = {"Tissue", "CellLot", "CellUnit", "Reagent"}
Told = dict[tuple[NodeId, str], tuple[float, float]]  # thing and position -> since, until


def _found(lineage: Lineage, position: str, at: int) -> tuple[Told, set[tuple[NodeId, str]]]:
    """What stands there, and what of it is uncertain."""
    number = lineage.find(("StoragePosition", position))
    assert number is not None
    found = standers(lineage, within(lineage, number, at, at, cancel=never()), at, at)
    keys = [
        (lineage.node(thing), lineage.node(place)[1])
        for thing, place in zip(found.thing.tolist(), found.position.tolist(), strict=True)
    ]
    times = zip(found.since.tolist(), found.until.tolist(), strict=True)
    told = {
        key: (float(since), INF if until == FOREVER else float(until))
        for key, (since, until) in zip(keys, times, strict=True)
    }
    assert len(told) == len(keys), "each thing once in a position"
    return told, {key for key, doubt in zip(keys, found.uncertain.tolist(), strict=True) if doubt}


def _holds(since: float, until: float, at: int, *, is_point: bool = False) -> bool:
    return since <= at < until or (is_point and since == at)


def _expected(plain: PlainLineage, position: str, at: int) -> tuple[Told, set[tuple[NodeId, str]]]:
    """By the plain walk: what stands there, and what of it must not be called uncertain."""
    places = [place for place in plain.inside(position) if _holds(place.since[0], place.until.at, at)]
    told: Told = {}
    sure = set()
    for presence in plain.presences:
        (kind, key), (_, where) = presence.thing, presence.place
        is_itemised = kind == "CellLot" and bool(plain.units.get(key))
        if presence.kind != "place" or kind not in KINDS or is_itemised:
            continue
        here = [place for place in places if place.name == where]
        if not here or not _holds(presence.start, presence.end, at, is_point=presence.is_point):
            continue
        since, until = told.get((presence.thing, where), (INF, -INF))
        told[presence.thing, where] = min(since, presence.start), max(until, presence.end)
        if not presence.inexact and _always_there(plain, where, position):
            sure.add((presence.thing, where))
    return told, sure


def _always_there(plain: PlainLineage, where: str, position: str) -> bool:
    """Whether nothing on the way up was ever moved."""
    here = where
    while here != position:
        if any(end.id == here for op in plain.operations.values() if op.type == "MOVED" for end in op.record.inputs):
            return False
        here = plain.first_parent[here]
    return True


@pytest.mark.parametrize("block", range(6))
def test_what_stands_in_a_position_is_what_the_records_say(block: int) -> None:
    seen = 0
    for seed in range(block * 60, (block + 1) * 60):
        chance = random.Random(seed)
        trial = RandomTrial(seed, chance.choice((60, 120, 200)))
        entries = entries_of(trial.records)
        lineage, plain = Index.build(entries, head_of(len(entries))).lineage, PlainLineage(trial.records)
        for _ in range(8):
            position = chance.choice(POSITIONS)
            at = at_ms(chance.randint(0, trial.steps)) + chance.choice((0, 0, 1, STEP_MS // 2))
            told, uncertain = _found(lineage, position, at)
            expected, sure = _expected(plain, position, at)
            assert told == expected, (seed, position, at)
            assert not uncertain & sure, (seed, position, at)
            seen += len(told)
    assert seen > 100, "the questions were about something"


@pytest.mark.parametrize("seed", range(20))
def test_what_was_known_of_a_position_is_what_the_records_said_by_then(seed: int) -> None:
    """Records are recorded at their number here."""
    chance = random.Random(seed)
    trial = RandomTrial(seed, 100)
    entries = entries_of(trial.records)
    index = Index.build(entries, head_of(len(entries)))
    for _ in range(4):
        known_at = chance.randint(40, len(entries))
        position, at = chance.choice(POSITIONS), at_ms(chance.randint(0, trial.steps))
        expected, _ = _expected(PlainLineage(trial.records, known_at), position, at)
        for as_of in (AsOf(len(entries), known_at), AsOf(known_at)):
            assert _found(index.at(as_of), position, at)[0] == expected, (seed, position, as_of)


@pytest.mark.parametrize("seed", range(30))
def test_what_stands_in_a_position_is_known_as_soon_as_it_is_recorded(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 120)
    entries = entries_of(trial.records)
    taken = chance.randint(30, 100)
    index = Index.build(entries[:taken], head_of(taken))
    while taken < len(entries):
        until = min(len(entries), taken + chance.randint(1, 15))
        lineage = index.apply(entries[taken:until], head_of(until))
        taken = until
        position, at = chance.choice(POSITIONS), at_ms(chance.randint(0, trial.steps))
        expected, _ = _expected(PlainLineage(trial.records[:taken]), position, at)
        assert _found(lineage, position, at)[0] == expected, (seed, position, at, taken)


@pytest.mark.parametrize("seed", range(40))
def test_what_stands_in_a_position_is_the_same_when_pushed_down(seed: int) -> None:
    chance = random.Random(seed)
    trial = RandomTrial(seed, 90, late=0)
    entries, graph = entries_of(trial.records), MemoryGraph(trial.records)
    whole = Index.build(entries, head_of(len(entries))).lineage
    for _ in range(3):
        position, at = chance.choice(POSITIONS), at_ms(chance.randint(0, trial.steps))
        asked = Asked(starts=(("StoragePosition", position),), uses=False)
        part = asyncio.run(Pushdown(graph).lineage(AsOf(len(entries)), asked))
        assert _found(part, position, at) == _found(whole, position, at), (seed, position, at)
