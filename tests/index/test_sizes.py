"""What an index costs: bytes an edge, edges looked at, depth without limit, and stopping when told to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from exchange.generator import generate
from graph.index import ALWAYS, Channel, Hazard, Index, Lineage, Seed, path_of
from graph.index.spreading import EDGES_SEEN, PRESENCES_SEEN, THROUGH_EQUIPMENT, THROUGH_STORAGE, Seeds, spread, tidy
from graph.reader import Direction, EntryRow
from support.days import head_of
from support.oracle import entries_of

CHAIN, RUNGS = 100_000, 40


def _entries(records: Iterator[dict[str, Any]]) -> list[EntryRow]:
    """Records that are canonical already."""
    return [
        EntryRow(seq=seq, name="", target="", record=record, recorded_ms=seq, clock_ms=seq)
        for seq, record in enumerate(records, start=1)
    ]


def _expanded(name: str, sources: list[str], target: str, minute: int) -> dict[str, Any]:
    hour, minute = divmod(minute, 60)
    day, hour = divmod(hour, 24)
    month, day = divmod(day, 28)
    year, month = divmod(month, 12)
    return {
        "record": "operation", "type": "POOLED", "id": name, "performing_org": "O", "operator": "P",
        "start": f"{2025 + year}-{month + 1:02}-{day + 1:02}T{hour:02}:{minute:02}:00+00:00",
        "inputs": [{"kind": "CellLot", "id": source} for source in sources], "outputs": [{"kind": "CellLot", "id": target}],
    }  # fmt: skip


def _lineage(records: Iterator[dict[str, Any]]) -> Lineage:
    entries = _entries(records)
    return Index.build(entries, head_of(len(entries))).lineage


def test_a_ladder_of_2_to_the_40_paths_is_answered_at_once() -> None:
    def ladder() -> Iterator[dict[str, Any]]:
        for rung in range(RUNGS):
            for side in "LR":
                yield _expanded(f"{side}{rung}", [f"X{rung}"], f"{side}{rung}", 2 * rung)
            yield _expanded(f"X{rung}", [f"L{rung}", f"R{rung}"], f"X{rung + 1}", 2 * rung + 1)

    lineage = _lineage(ladder())
    answer = lineage.impact(Hazard.HERITABLE, [Seed(node=("CellLot", "X0"))])
    assert len(answer.nodes) == 3 * RUNGS + 1
    first, last = lineage.find(("CellLot", "X0")), lineage.find(("CellLot", f"X{RUNGS}"))
    assert first is not None
    assert last is not None
    assert len(path_of(lineage, answer, [first], last)) == 2 * RUNGS
    assert len(lineage.reach([last], Direction.BACKWARD).nodes) == 3 * RUNGS + 1


def test_a_chain_of_100_000_lots_is_followed_to_its_end() -> None:
    lineage = _lineage(_expanded(f"{n}", [f"L{n}"], f"L{n + 1}", n) for n in range(CHAIN))
    answer = lineage.impact(Hazard.HERITABLE, [Seed(node=("CellLot", "L0"))])
    assert len(answer.nodes) == CHAIN + 1
    first, last = lineage.find(("CellLot", "L0")), lineage.find(("CellLot", f"L{CHAIN}"))
    assert first is not None
    assert last is not None
    reached = lineage.reach([first], Direction.FORWARD)
    assert reached.depth[-1] == CHAIN
    assert len(lineage.reach([last], Direction.BACKWARD).nodes) == CHAIN + 1
    cut = lineage.reach([first], Direction.FORWARD, max_depth=10)
    assert (len(cut.nodes), cut.is_complete) == (11, False)


def test_an_end_at_the_greatest_depth_is_complete() -> None:
    lineage = _lineage(_expanded(f"{n}", [f"L{n}"], f"L{n + 1}", n) for n in range(10))
    first = lineage.find(("CellLot", "L0"))
    assert first is not None
    assert lineage.reach([first], Direction.FORWARD, max_depth=10).is_complete
    assert not lineage.reach([first], Direction.FORWARD, max_depth=9).is_complete


@pytest.fixture(scope="module")
def generated() -> Lineage:
    records = entries_of(generate(donors=40, seed=1))
    return Index.build(records, head_of(len(records))).lineage


def test_an_edge_costs_at_most_32_bytes_with_both_directions(generated: Lineage) -> None:
    base = generated.derived.view.base
    assert base.edge_count + base.presence_count > 20_000
    assert base.byte_count <= 32 * (base.edge_count + base.presence_count)


@pytest.mark.parametrize("mode", [0, THROUGH_EQUIPMENT, THROUGH_EQUIPMENT | THROUGH_STORAGE])
def test_each_edge_is_looked_at_at_most_once_a_tier(generated: Lineage, mode: int) -> None:
    view = generated.derived.view
    donors = [number for number in range(generated.count) if generated.node(number)[0] == "Donor"]
    seeds = Seeds(
        thing=np.array(donors, dtype=np.int32),
        time=np.full(len(donors), ALWAYS),
        doubt=np.zeros(len(donors), dtype=np.uint8),
    )
    with generated.workshop.spreading(view, 1_000_000) as work:
        assert spread(view, seeds, work, mode, np.zeros(1, dtype=np.int8)) == 0
        edges, presences = int(work.counts[EDGES_SEEN]), int(work.counts[PRESENCES_SEEN])
        tidy(work)
    assert 0 < edges <= view.base.edge_count
    # A presence is looked at from its thing, and from each epoch it lies in, of which most lie in one.
    assert presences <= 3 * view.base.presence_count


def test_a_run_leaves_nothing_behind(generated: Lineage) -> None:
    seeds = [
        Seed(node=generated.node(number))
        for number in range(0, generated.count, 97)
        if generated.node(number)[0] == "CellLot"
    ]
    first = generated.impact(Hazard.CONTAGIOUS, seeds, list(Channel))
    for _ in range(3):
        again = generated.impact(Hazard.CONTAGIOUS, seeds, list(Channel))
        assert np.array_equal(first.nodes, again.nodes)
        assert np.array_equal(first.since, again.since)


def test_a_question_that_is_cancelled_says_so_and_does_not_harm_the_next() -> None:
    lineage = _lineage(_expanded(f"{n}", [f"L{n}"], f"L{n + 1}", n) for n in range(5_000))
    raised = np.ones(1, dtype=np.int8)
    seeds = [Seed(node=("CellLot", "L0"))]
    later = Seed(node=("CellLot", "L4000"), from_ms=0)  # whose turn has not come by then
    stopped = lineage.impact(Hazard.HERITABLE, [*seeds, later], cancel=raised)
    assert not stopped.is_complete
    assert 0 < len(stopped.nodes) < 5_001
    first = lineage.find(("CellLot", "L0"))
    assert first is not None
    walked = lineage.reach([first], Direction.FORWARD, cancel=raised)
    assert walked.is_cancelled
    assert not walked.is_complete
    assert len(walked.nodes) < 5_001
    whole = lineage.impact(Hazard.HERITABLE, seeds)
    assert whole.is_complete
    assert len(whole.nodes) == len(lineage.reach([first], Direction.FORWARD).nodes) == 5_001
