"""The index says what exists, and whose it is, as the database does."""

from __future__ import annotations

import random

import pytest

from graph.index import Index
from graph.keeping import exists
from graph.reader import AsOf, autologous_donors, by_kind, descendants_of
from support.days import head_of
from support.memory_graph import MemoryGraph
from support.oracle import entries_of
from support.random_trials import RandomTrial
from support.trial import correction, trial


@pytest.mark.parametrize("seed", range(20))
async def test_what_exists_at_a_position_is_what_the_database_has_there(seed: int) -> None:
    records = RandomTrial(seed, 70).records
    graph, entries = MemoryGraph(records), entries_of(records)
    index = Index.build(entries, head_of(len(entries)))
    nodes = [index.lineage.node(number) for number in range(index.lineage.count)]
    chance = random.Random(seed)
    last = len(entries)
    for as_of in (AsOf(last), AsOf(chance.randint(1, last)), AsOf(last, chance.randint(1, last))):
        lineage = index.at(as_of)
        there = await graph.nodes(by_kind(nodes), as_of)
        assert {node for node in nodes if exists(lineage, node)} == set(there), as_of


async def test_whose_it_is_goes_by_what_was_last_said_of_the_donor_at_earlier_positions_too() -> None:
    records = [*trial(), *correction()]
    of_d1 = {"record": "amendment", "kind": "Donor", "id_of": "D1", "reason": "asked again", "by": "P-03"}
    for number, relationship in enumerate(("autologous", "allogeneic"), start=1):
        records.append({**of_d1, "id": f"D1-A{number}", "data": {"donor_relationship": relationship}})
        graph, entries = MemoryGraph(records), entries_of(records)
        for seq in (len(entries) - 1, len(entries)):
            lineage = Index.build(entries, head_of(len(entries))).at(AsOf(seq))
            donors = await autologous_donors(graph, AsOf(seq))
            expected = await descendants_of(graph, donors, AsOf(seq)) if donors else frozenset()
            marks = lineage.leads_to_one_person
            assert {lineage.node(number) for number in range(lineage.count) if marks[number]} == expected
            assert bool(expected) == (relationship == "autologous")
