"""Where in the lineage each thing stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reader import Direction, NodeId
from graph.vocabulary import MATERIAL_EDGES
from support.memory_graph import MemoryGraph
from support.pictures import ask, drawn_up
from support.trial import trial
from visualize.generations import Side, standings

MATERIAL = frozenset(MATERIAL_EDGES)


def lot(key: object) -> NodeId:
    return "CellLot", str(key)


@pytest.mark.parametrize(
    ("start", "direction", "way"),
    [("Donor:D1", "FORWARD", 1), ("Subject:S6", "BACKWARD", -1), ("Equipment:INC-1", "FORWARD", 1)],
)
async def test_each_step_of_the_lineage_leads_to_a_later_generation(start: str, direction: str, way: int) -> None:
    answer = (await ask(MemoryGraph(trial()), start, direction)).answer
    found = standings(answer, Direction[direction])
    steps = [edge for edge in answer.edges if edge.type in MATERIAL]
    assert steps
    assert all((found[edge.target].generation - found[edge.source].generation) * way >= 1 for edge in steps)
    assert set(found) == {item.node for item in answer.nodes}


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 15)), min_size=1, max_size=40))
def test_no_step_stays_within_a_generation_whatever_the_pools_and_splits(pairs: list[tuple[int, int]]) -> None:
    edges = [(lot(a), "POOLED", lot(b)) for a, b in pairs if a < b]
    answer = drawn_up([(lot(0), "EXPANDED", lot(1)), *edges], lot(0))
    found = standings(answer, Direction.FORWARD)
    assert all(found[edge.target].generation > found[edge.source].generation for edge in answer.edges)


def test_a_pool_of_an_early_and_a_late_lot_stands_after_the_late_one() -> None:
    answer = drawn_up(
        [(lot("A"), "EXPANDED", lot("B")), (lot("B"), "EXPANDED", lot("C")), (lot("A"), "POOLED", lot("POOL")),
         (lot("C"), "POOLED", lot("POOL"))],
        lot("A"),
    )  # fmt: skip
    assert {node[1]: standing.generation for node, standing in standings(answer, Direction.FORWARD).items()} == {
        "A": 0,
        "B": 1,
        "C": 2,
        "POOL": 3,
    }


async def test_what_was_used_stands_before_the_first_it_touched_and_results_after_the_last() -> None:
    answer = (await ask(MemoryGraph(trial()), "Donor:D1")).answer
    found = standings(answer, Direction.FORWARD)
    culture = found["CellLot", "L1P1"].generation
    assert found["Reagent", "R-MED-7"].side is Side.INTO
    assert found["Reagent", "R-MED-7"].generation == culture
    # INC-1 held L1 on, not only L1P1
    assert found["Equipment", "INC-1"] == found["Equipment", "BSC-1"]
    assert found["StoragePosition", "TANK-A"].side is Side.OUT_OF
    assert found["QCResult", "Q01-VIA"].side is Side.OUT_OF


def test_what_a_reagent_was_prepared_from_stands_before_it() -> None:
    stock, working = ("Reagent", "STOCK"), ("Reagent", "WORKING")
    answer = drawn_up(
        [(lot("A"), "EXPANDED", lot("B")), (working, "USED_REAGENT", lot("B")), (stock, "PREPARED", working)],
        lot("A"),
        beside=[stock, working],
    )
    found = standings(answer, Direction.FORWARD)
    assert found[working].side is found[stock].side is Side.INTO
    assert found[stock].generation == found[working].generation - 1


def test_what_is_linked_to_nothing_that_is_listed_stands_at_its_distance() -> None:
    answer = drawn_up([(lot("A"), "EXPANDED", lot("B"))], lot("A"))
    apart = drawn_up([], lot("X"))
    both = type(answer)(
        nodes=[*answer.nodes, *apart.nodes],
        edges=answer.edges,
        completeness=answer.completeness,
        summary=answer.summary,
        as_of_seq=1,
    )
    assert standings(both, Direction.FORWARD)[lot("X")].generation == 0
