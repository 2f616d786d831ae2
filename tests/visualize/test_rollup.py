"""What is drawn on its own, and what in groups."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from graph.reader import Direction, NodeId
from queries.trace import Trace
from support.memory_graph import MemoryGraph
from support.pictures import ask, drawn_up
from support.trial import trial
from visualize.generations import standings
from visualize.rollup import LARGEST_PICTURE, MOST_LINKS, ONE_BY_ONE, Drawing, roll_up

Edges = list[tuple[NodeId, str, NodeId]]


def bank(vials: int, results: int = 0) -> Trace:
    """A donor, a tissue, a bank of so many vials; so many tests of the bank."""
    donor, tissue, lot = ("Donor", "D1"), ("Tissue", "T1"), ("CellLot", "MCB1")
    edges: Edges = [(donor, "COLLECTED", tissue), (tissue, "SEPARATED", lot)]
    edges += [(lot, "CONTAINS", ("CellUnit", f"MCB1#{number}")) for number in range(vials)]
    tests: list[NodeId] = [("QCResult", f"Q{number}") for number in range(results)]
    edges += [(lot, "QC_IN", test) for test in tests]
    return drawn_up(edges, donor, beside=tests)


def drawing_of(answer: Trace) -> Drawing:
    return roll_up(answer, standings(answer, Direction.FORWARD))


def check_whole(answer: Trace, drawing: Drawing) -> None:
    """Nothing is lost and nothing is told twice: neither things, by kind, nor edges."""
    by_kind: dict[str, int] = {}
    for shape in drawing.shapes:
        by_kind[shape.kind] = by_kind.get(shape.kind, 0) + shape.count
    assert tuple(sorted(by_kind.items())) == answer.summary.by_kind
    assert sum(len(link.edges) for link in drawing.links) + drawing.within_count == len(answer.edges)


async def test_the_trial_is_drawn_one_by_one() -> None:
    picture = await ask(MemoryGraph(trial()), "Donor:D1")
    assert not picture.drawing.is_rolled_up
    assert len(picture.drawing.shapes) == picture.answer.summary.total == 59
    check_whole(picture.answer, picture.drawing)


def test_a_bank_of_20000_vials_is_one_shape_that_names_its_first() -> None:
    answer = bank(20_000)
    drawing = drawing_of(answer)
    check_whole(answer, drawing)
    (group,) = [shape for shape in drawing.shapes if shape.is_group]
    assert (group.kind, group.count, group.generation) == ("CellUnit", 20_000, 3)
    assert group.named[0].node == ("CellUnit", "MCB1#0")
    assert 0 < len(group.named) < 50
    assert [link for link in drawing.links if len(link.edges) == 20_000]


def test_results_are_rolled_up_before_the_lineage() -> None:
    answer = bank(90, results=150)
    drawing = drawing_of(answer)
    check_whole(answer, drawing)
    assert [(shape.kind, shape.count) for shape in drawing.shapes if shape.is_group] == [("QCResult", 150)]


def test_as_many_things_as_can_be_told_apart_are_drawn_one_by_one() -> None:
    assert not drawing_of(bank(ONE_BY_ONE - 3)).is_rolled_up
    assert drawing_of(bank(ONE_BY_ONE - 2)).is_rolled_up


def test_the_start_stays_on_its_own_among_many_of_its_kind_and_generation() -> None:
    start = ("Equipment", "INC-1")
    edges: Edges = [(start, "USED_EQUIPMENT", ("CellLot", f"L{number}")) for number in range(300)]
    others: list[NodeId] = [("Equipment", f"BSC-{number}") for number in range(300)]
    edges += [(other, "USED_EQUIPMENT", ("CellLot", "L1")) for other in others]
    answer = drawn_up(edges, start, beside=[start, *others])
    drawing = drawing_of(answer)
    check_whole(answer, drawing)
    assert [shape.node for shape in drawing.shapes if shape.is_start] == [start]
    assert not next(shape for shape in drawing.shapes if shape.is_start).is_group


def test_many_starts_are_rolled_up_too() -> None:
    answer = drawn_up([(("CellLot", "L0"), "EXPANDED", ("CellLot", "X"))], ("CellLot", "L0"))
    starts = [type(answer.nodes[0])(("CellLot", f"S{number}"), 0, True) for number in range(5000)]
    whole = type(answer)(
        nodes=[*starts, *answer.nodes],
        edges=answer.edges,
        completeness=answer.completeness,
        summary=type(answer.summary)(total=5002, by_kind=(("CellLot", 5002),), by_depth=((0, 5001), (1, 1))),
        as_of_seq=1,
    )
    drawing = drawing_of(whole)
    check_whole(whole, drawing)
    assert len(drawing.shapes) <= LARGEST_PICTURE


def test_more_generations_than_fit_are_drawn_together() -> None:
    lots: list[NodeId] = [("CellLot", f"P{number:04}") for number in range(5000)]
    answer = drawn_up([(a, "EXPANDED", b) for a, b in itertools.pairwise(lots)], lots[0])
    drawing = drawing_of(answer)
    check_whole(answer, drawing)
    assert len(drawing.shapes) <= LARGEST_PICTURE
    in_order = sorted(drawing.shapes, key=lambda shape: shape.generation)
    assert (in_order[0].generation, in_order[-1].generation_last) == (0, 4999)
    assert all(a.generation_last < b.generation for a, b in itertools.pairwise(in_order))


def test_what_would_be_a_tangle_is_rolled_up_though_the_things_are_few() -> None:
    lots: list[NodeId] = [("CellLot", f"L{number}") for number in range(60)]
    reagents: list[NodeId] = [("Reagent", f"R{number}") for number in range(60)]
    edges: Edges = [(("Donor", "D1"), "SEPARATED", lot) for lot in lots]
    edges += [(reagent, "USED_REAGENT", lot) for reagent in reagents for lot in lots]
    answer = drawn_up(edges, ("Donor", "D1"), beside=reagents)
    drawing = drawing_of(answer)
    check_whole(answer, drawing)
    assert len(drawing.links) <= MOST_LINKS
    assert [(shape.kind, shape.count) for shape in drawing.shapes if shape.is_group] == [("Reagent", 60)]


def test_edges_against_each_other_are_one_line_with_two_arrows() -> None:
    lot, tank = ("CellLot", "L1"), ("StoragePosition", "TANK-A")
    answer = drawn_up([(lot, "STORED", tank), (tank, "STORAGE_OUT", lot)], lot, beside=[tank])
    (link,) = drawing_of(answer).links
    assert link.is_both_ways
    assert {edge.type for edge in link.edges} == {"STORED", "STORAGE_OUT"}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40), st.sampled_from(["EXPANDED", "CONTAINS", "QC_IN", "USED_REAGENT"]), st.integers(0, 60)
        ),
        max_size=150,
    ),
    st.integers(1, 12),
)
def test_nothing_is_lost_however_little_fits(steps: list[tuple[int, str, int]], largest: int) -> None:
    edges: Edges = [(("CellLot", "0"), "EXPANDED", ("CellLot", "1"))]
    beside: set[NodeId] = set()
    for near, kind, far in steps:
        if kind == "EXPANDED" and near < far:
            edges.append((("CellLot", str(near)), kind, ("CellLot", str(far))))
        elif kind == "CONTAINS":
            edges.append((("CellLot", str(near)), kind, ("CellUnit", f"{near}#{far}")))
        elif kind == "QC_IN":
            edges.append((("CellLot", str(near)), kind, ("QCResult", str(far))))
            beside.add(("QCResult", str(far)))
        elif kind == "USED_REAGENT":
            edges.append((("Reagent", str(far)), kind, ("CellLot", str(near))))
            beside.add(("Reagent", str(far)))
    answer = drawn_up(edges, ("CellLot", "0"), beside=beside)
    standing = standings(answer, Direction.FORWARD)
    check_whole(answer, roll_up(answer, standing, one_by_one=largest, largest=largest, most_links=largest))
