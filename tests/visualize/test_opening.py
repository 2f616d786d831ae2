"""What a reader takes out of the groups of a picture, a thing at a time; and how each shape hangs on the start."""

from __future__ import annotations

from graph.reader import Direction, NodeId
from queries.trace import Trace
from support.memory_graph import MemoryGraph
from support.pictures import ask, drawn_up
from support.trial import trial
from visualize.generations import Side, standings
from visualize.rollup import LARGEST_PICTURE, NEXT_TO, ONE_BY_ONE, Drawing, Opened, Shown, roll_up
from visualize.ways import ways_from_start

DONOR: NodeId = ("Donor", "D1")


def lots(count: int, units: int = 0) -> Trace:
    """A donor, a tissue, so many lots of it, and so many vials of each of the first ten."""
    tissue = ("Tissue", "T1")
    edges: list[tuple[NodeId, str, NodeId]] = [(DONOR, "COLLECTED", tissue)]
    edges += [(tissue, "SEPARATED", lot(number)) for number in range(count)]
    edges += [
        (lot(number), "CONTAINS", ("CellUnit", f"L{number}#{unit}")) for number in range(10) for unit in range(units)
    ]
    return drawn_up(edges, DONOR)


def lot(number: int) -> NodeId:
    return ("CellLot", f"L{number}")


def drawing_of(answer: Trace, **opened: tuple[NodeId, ...]) -> Drawing:
    drawing = roll_up(answer, standings(answer, Direction.FORWARD), opened=Opened(**opened))
    assert sum(shape.count for shape in drawing.shapes) == len(answer.nodes)
    assert sum(len(link.edges) for link in drawing.links) + drawing.within_count == len(answer.edges)
    return drawing


def alone(drawing: Drawing) -> set[NodeId]:
    return {shape.node for shape in drawing.shapes if not shape.is_group}


def groups(drawing: Drawing) -> list[Shown]:
    return sorted((shape for shape in drawing.shapes if shape.is_group), key=lambda shape: shape.count)


def test_a_thing_that_is_opened_leaves_its_group() -> None:
    drawing = drawing_of(lots(900), things=(lot(7), lot(899)))
    assert alone(drawing) == {DONOR, ("Tissue", "T1"), lot(7), lot(899)}
    assert [group.count for group in groups(drawing)] == [898]


def test_what_became_of_a_thing_opens_without_what_became_of_others() -> None:
    drawing = drawing_of(lots(300, units=20), results=(lot(1),))
    opened = {("CellUnit", f"L1#{number}") for number in range(20)}
    assert alone(drawing) == {DONOR, ("Tissue", "T1"), lot(1), *opened}
    assert [(group.kind, group.count) for group in groups(drawing)] == [("CellUnit", 180), ("CellLot", 299)]


def test_what_a_thing_came_from_opens_against_the_flow() -> None:
    first, second = ("CellLot", "A"), ("CellLot", "B")
    edges: list[tuple[NodeId, str, NodeId]] = [(DONOR, "COLLECTED", ("Tissue", "T1"))]
    edges += [(("Tissue", "T1"), "SEPARATED", lot(number)) for number in range(300)]
    edges += [(lot(5), "EXPANDED", first), (lot(6), "EXPANDED", second)]
    drawing = drawing_of(drawn_up(edges, DONOR), sources=(first,))
    assert lot(5) in alone(drawing)
    assert lot(6) not in alone(drawing)


def test_more_neighbours_than_can_be_told_apart_open_as_a_group_of_their_own() -> None:
    vials = 5 * NEXT_TO
    drawing = drawing_of(lots(300, units=vials), results=(lot(1),))
    of_one, _, of_others = groups(drawing)
    assert (of_one.count, of_others.count) == (vials, 9 * vials)
    assert (of_one.next_to, of_others.next_to) == ((lot(1), True), None)


def test_a_picture_does_not_grow_beyond_bounds_however_much_is_opened() -> None:
    answer = lots(40, units=0)
    many = [(lot(number), "CONTAINS", ("CellUnit", f"L{number}#{unit}")) for number in range(40) for unit in range(30)]
    answer = drawn_up([*((edge.source, edge.type, edge.target) for edge in answer.edges), *many], DONOR)
    drawing = drawing_of(answer, results=tuple(lot(number) for number in range(40)))
    assert len(drawing.shapes) <= ONE_BY_ONE + LARGEST_PICTURE
    assert all(group.next_to is not None for group in groups(drawing))


def test_an_id_that_is_not_in_the_answer_opens_nothing() -> None:
    answer = lots(900)
    assert drawing_of(answer, things=(("CellLot", "other"),)) == drawing_of(answer)


def test_a_thing_that_is_put_back_is_in_its_group_again() -> None:
    opened = Opened(things=(lot(1), lot(2)), sources=(lot(2),))
    assert opened.without(lot(2)) == Opened(things=(lot(1),))


async def test_every_shape_of_the_trial_hangs_on_the_start_by_a_way_without_gaps() -> None:
    for direction, start in (("FORWARD", "Donor:D1"), ("BACKWARD", "CellLot:DP1")):
        drawing = (await ask(MemoryGraph(trial()), start, direction)).drawing
        ways = ways_from_start(drawing, Direction[direction])
        assert ways.keys() == set(range(len(drawing.shapes)))
        for number, way in ways.items():
            here = next(at for at, shape in enumerate(drawing.shapes) if shape.is_start)
            for link in way:
                ends = {drawing.links[link].source, drawing.links[link].target}
                (here,) = ends - {here}
            assert here == number


async def test_a_way_within_the_lineage_goes_along_the_flow_only() -> None:
    drawing = (await ask(MemoryGraph(trial()), "Donor:D1")).drawing
    ways = ways_from_start(drawing, Direction.FORWARD)
    for number, way in ways.items():
        if drawing.shapes[number].side is Side.LINEAGE:
            here = next(at for at, shape in enumerate(drawing.shapes) if shape.is_start)
            for link in way:
                assert drawing.links[link].source == here
                here = drawing.links[link].target
