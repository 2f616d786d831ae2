"""The index gives the edges that the graph has: all of them, with all that is told of each, at every position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from graph.keeping import Asked, Keeper
from graph.keeping.edges import LineageEdges
from graph.reader import AsOf, Direction, EdgeRow, NodeId, by_kind
from graph.vocabulary import EDGE_TYPES, KINDS, OPERATIONS
from support.memory_graph import MemoryGraph
from support.memory_ledger import MemoryLedger
from support.random_trials import RandomTrial
from support.trial import correction, excursion, trial

_MEMBERS = ("operator", "performing_org", "operation_location", "temporary_storage_location")


def _told(edges: Sequence[EdgeRow]) -> list[str]:
    return sorted(map(repr, edges))


def _things(records: Sequence[Mapping[str, Any]]) -> list[NodeId]:
    found: dict[NodeId, None] = {}
    for given in records:
        operation = given.get("replacement") or given
        if operation["record"] == "node":
            found[operation["kind"], operation["id"]] = None
        for end in (*operation.get("inputs", ()), *operation.get("outputs", ()), *operation.get("uses", ())):
            found[end["kind"], end["id"]] = None
            found |= {("CellUnit", unit): None for unit in end.get("units", ())}
    return [node for node in found if node[0] in KINDS]


def _positions(records: Sequence[Mapping[str, Any]], graph: MemoryGraph) -> list[AsOf]:
    seq = len(records)
    times = sorted({entry.recorded_ms for entry in graph._entries})
    return [AsOf(seq), AsOf(seq // 2), *(AsOf(seq, at) for at in times[:: max(1, len(times) // 4)])]


async def _check(records: Sequence[Mapping[str, Any]]) -> None:
    graph, keeper = MemoryGraph(records), Keeper(MemoryLedger(records))
    things = by_kind(_things(records))
    await keeper.position()
    for as_of in _positions(records, graph):
        edges = LineageEdges(await keeper.lineage(as_of, Asked(starts=())), graph)
        for direction in Direction:
            for edge_type in EDGE_TYPES:
                found = await edges.neighbours(direction, things, (edge_type,), as_of)
                assert _told(found) == _told(await graph.neighbours(direction, things, (edge_type,), as_of)), edge_type
            every = await edges.neighbours(direction, things, EDGE_TYPES, as_of)
            assert _told(every) == _told(await graph.neighbours(direction, things, EDGE_TYPES, as_of))
        for member, kind in zip(_MEMBERS, ("Person", "Institution", "StoragePosition", "StoragePosition"), strict=True):
            types = [name for name, each in OPERATIONS.items() if "location" not in member or member in each.fields]
            values = things.get(kind, [])
            found = await edges.edges_where(member, values, types, as_of)
            assert _told(found) == _told(await graph.edges_where(member, values, types, as_of)), member


async def test_the_trials_edges_are_those_of_the_graph() -> None:
    await _check([*trial(), *excursion(), *correction()])


@pytest.mark.parametrize("seed", range(12))
async def test_a_random_trials_edges_are_those_of_the_graph(seed: int) -> None:
    await _check(RandomTrial(seed, 60).records)
