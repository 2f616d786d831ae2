"""Generated trials: reproducible to the byte, valid, of the promised size, in an order that batches can follow."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from typing import Any

import pytest

from exchange.generator import generate, lines, measure
from graph.effects import Stamp
from graph.records import RawRecord, parse
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.judge import judge
from graph.rules.world import World
from graph.times import now_ms
from graph.vocabulary import OPERATIONS


@pytest.fixture(scope="module")
def trial() -> list[dict[str, Any]]:
    return list(generate(donors=25, seed=3))


def test_the_same_seed_gives_the_same_bytes() -> None:
    """The digest changes only with the generator; then state it anew, and say so in the changelog."""
    digest = hashlib.sha256(b"".join(lines(generate(donors=5, seed=7)))).hexdigest()
    assert digest == hashlib.sha256(b"".join(lines(generate(donors=5, seed=7)))).hexdigest()
    assert digest == "6aa61eab285d7e407340d5d3c30c2d69867cc94e97852c0505a981d7a5287aa1"


def test_another_seed_gives_another_trial() -> None:
    first, second = (b"".join(lines(generate(donors=2, seed=seed))) for seed in (1, 2))
    assert first != second


def test_every_record_is_valid_by_itself(trial: list[dict[str, Any]]) -> None:
    violations = [violation for record in trial for violation in parse(RawRecord(record))[1]]
    assert violations == []


def test_records_come_in_the_order_of_their_recorded_times(trial: list[dict[str, Any]]) -> None:
    times = [record["recorded_at"] for record in trial]
    assert times == sorted(times)


def _judge(records: list[dict[str, Any]], world: World, first: int = 1) -> Batch:
    """The rules of the door, without a store; the world goes on where the batch before left it."""
    parsed = [record for raw in records if (record := parse(RawRecord(raw))[0]) is not None]
    batch = Batch([Item(record) for record in parsed])
    judge(
        batch,
        world,
        clock=Clock(now_ms=now_ms(), is_historic=True),
        is_same=lambda _given, _stored: False,
        stamp_of=lambda index, record: Stamp(
            first + index, record.recorded_at.earliest_ms if record.recorded_at else 0
        ),
        seal=lambda record, _world: record,
        keyed_digest=lambda donor: donor,
    )
    return batch


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_trial_keeps_every_rule_of_the_door(seed: int) -> None:
    batch = _judge(list(generate(donors=25, seed=seed)), World())
    assert batch.violations == []
    assert batch.warnings == []


def test_a_trial_keeps_the_rules_in_batches_too(trial: list[dict[str, Any]]) -> None:
    world = World()
    for first in range(0, len(trial), 200):
        assert _judge(trial[first : first + 200], world, first + 1).violations == []


def test_a_few_values_leave_their_ranges(trial: list[dict[str, Any]]) -> None:
    batch = _judge(trial, World())
    codes = Counter(deviation.code for item in batch.items for deviation in item.deviations)
    assert codes["out_of_range"] > 0
    assert codes.total() < len(trial) * 0.05


def _named(record: dict[str, Any]) -> set[tuple[str, str]]:
    ends = [*record.get("inputs", ()), *record.get("outputs", ()), *record.get("uses", ())]
    named = {(end["kind"], end["id"]) for end in ends}
    people = {record[who] for who in ("operator", "reviewer") if who in record}
    return named | {("Person", person) for person in people}


def test_nothing_is_named_before_it_is_recorded(trial: list[dict[str, Any]]) -> None:
    known: set[tuple[str, str]] = set()
    for record in trial:
        if record["record"] == "node":
            if parent := record["data"].get("parent"):
                assert ("StoragePosition", parent) in known
            known.add((record["kind"], record["id"]))
        elif record["record"] == "operation":
            if OPERATIONS[record["type"]].creates:
                known |= {(end["kind"], end["id"]) for end in record["outputs"]}
            assert _named(record) <= known, record["id"]
            known.add(("Operation", record["id"]))
        else:
            assert ("Operation", record["operation"]) in known


def test_ids_are_unique(trial: list[dict[str, Any]]) -> None:
    names = Counter((record["record"], record.get("kind"), record["id"]) for record in trial)
    assert max(names.values()) == 1


def test_a_share_is_corrected_and_some_times_are_less_than_exact(trial: list[dict[str, Any]]) -> None:
    shapes = Counter(record["record"] for record in generate(donors=120, seed=5))
    assert 0.002 < shapes["correction"] / shapes.total() < 0.03
    assert any("zone" in record for record in generate(donors=120, seed=5))


def test_people_are_codes_without_names(trial: list[dict[str, Any]]) -> None:
    people = [record for record in trial if record["record"] == "node" and record["kind"] == "Person"]
    assert people
    assert all(record["data"] == {} and record["id"].startswith("P-") for record in people)


def test_500_donors_make_about_100_000_nodes_and_300_000_edges() -> None:
    size = measure(generate(donors=500, seed=0))
    assert 90_000 <= size.nodes <= 120_000
    assert 270_000 <= size.edges <= 330_000


def test_size_counts_units_results_uses_and_places() -> None:
    place = {"record": "node", "kind": "StoragePosition", "id": "R", "data": {"parent": "S"}}
    expanded = {
        "record": "operation",
        "type": "EXPANDED",
        "inputs": [{"kind": "CellLot", "id": "A", "units": ["A#1-3"]}],
        "outputs": [{"kind": "CellLot", "id": "B"}, {"kind": "CellLot", "id": "C", "units": ["C#1", "C#2"]}],
        "uses": [{"kind": "Reagent", "id": "M"}, {"kind": "Equipment", "id": "I", "on": ["B"]}],
    }
    tested = {
        "record": "operation",
        "type": "QC_IN",
        "inputs": [{"kind": "CellLot", "id": "C", "units": ["C#1"]}],
        "outputs": [{"kind": "QCResult", "id": "Q1"}, {"kind": "QCResult", "id": "Q2"}],
    }
    size = measure([place, expanded, tested])
    assert size.nodes == 1 + (2 + 2) + 2
    assert size.edges == 1 + (3 * 2 + 2 + 1 + 2) + 2


def test_it_begins_before_it_is_whole() -> None:
    """A trial of a million donors gives its first records at once: memory holds the courses under way."""
    first = list(itertools.islice(generate(donors=10_000, seed=1), 5_000))
    assert len(first) == 5_000


@pytest.mark.parametrize("donors", [0, -1])
def test_no_donors_make_no_trial(donors: int) -> None:
    with pytest.raises(ValueError, match="at least one donor"):
        next(generate(donors=donors))


def test_lines_are_json_lines(trial: list[dict[str, Any]]) -> None:
    assert [json.loads(line) for line in lines(trial[:50])] == trial[:50]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines(trial[:50]))
