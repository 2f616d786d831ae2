"""A lineage fetched level by level around the seeds answers as the whole one does."""

from __future__ import annotations

import asyncio
import random

import pytest

from graph.index import Channel, Hazard, Index, Lineage, Seed, Spread
from graph.keeping import Asked, Pushdown
from graph.reader import AsOf, NodeId
from support.days import head_of
from support.memory_graph import MemoryGraph
from support.oracle import entries_of
from support.random_trials import RandomTrial, at_ms

SPREADING = {"Donor", "Tissue", "CellLot", "CellUnit", "Reagent", "Subject", "Equipment", "StoragePosition", "Person"}


def _told(lineage: Lineage, spread: Spread) -> dict[NodeId, tuple[int, int, bool]]:
    return {
        lineage.node(int(number)): (int(tier), int(since), bool(doubt))
        for number, tier, since, doubt in zip(spread.nodes, spread.tier, spread.since, spread.uncertain, strict=True)
    }


@pytest.mark.parametrize("seed", range(60))
def test_pushdown_and_index_agree(seed: int) -> None:
    chance = random.Random(seed)
    records = RandomTrial(seed, 70, late=0).records
    graph = MemoryGraph(records)
    entries = entries_of(records)
    whole = Index.build(entries, head_of(len(entries))).lineage
    nodes = [node for number in range(whole.count) if (node := whole.node(number))[0] in SPREADING]
    for _ in range(3):
        hazard = chance.choice((Hazard.CONTAGIOUS, Hazard.CONTAGIOUS, Hazard.EXPOSURE))
        channels = [channel for channel in Channel if hazard is Hazard.CONTAGIOUS and chance.random() < 0.6]
        since = chance.choice((None, at_ms(chance.randint(0, 40))))
        seeds = [Seed(node=chance.choice(nodes), from_ms=since)]
        asked = Asked(
            starts=(seeds[0].node,),
            equipment=Channel.EQUIPMENT in channels,
            storage=Channel.STORAGE in channels,
        )
        part = asyncio.run(Pushdown(graph).lineage(AsOf(len(entries)), asked))
        assert _told(part, part.impact(hazard, seeds, channels)) == _told(whole, whole.impact(hazard, seeds, channels))


def test_how_often_the_store_is_asked_depends_on_depth_and_not_on_how_many_lots_there_are() -> None:
    asked = []
    for lots in (2, 20):
        records: list[dict[str, object]] = [
            {
                "record": "operation", "type": "DIVIDED", "id": "O1", "start": "2025-01-02T00:00:00+00:00",
                "performing_org": "O", "operator": "P", "inputs": [{"kind": "CellLot", "id": "A"}],
                "outputs": [{"kind": "CellLot", "id": f"B{number}"} for number in range(lots)],
            }
        ]  # fmt: skip
        graph = MemoryGraph(records)
        seeds = [Seed(node=("CellLot", "A"))]
        lineage = asyncio.run(Pushdown(graph).lineage(AsOf(1), Asked(starts=(seeds[0].node,))))
        assert len(lineage.impact(Hazard.HERITABLE, seeds).nodes) == lots + 1
        asked.append(graph.reads)
    assert asked[0] == asked[1]
