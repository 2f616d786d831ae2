"""Where shapes stand."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from visualize.generations import Side
from visualize.layout import Box, Placed, lay_out


def box(column: int, side: Side = Side.LINEAGE, width: float = 80, height: float = 60) -> Box:
    return Box(column=column, side=side, width=width, height=height)


def laid_out(boxes: list[Box], links: list[tuple[int, int]], label_width: float = 0) -> Placed:
    return lay_out(boxes, links, [label_width] * len(links))


def overlap(placed: Placed, boxes: list[Box]) -> list[tuple[int, int]]:
    return [
        (a, b)
        for a, b in combinations(range(len(boxes)), 2)
        if abs(placed.centres[a][0] - placed.centres[b][0]) < (boxes[a].width + boxes[b].width) / 2 - 0.2
        and abs(placed.centres[a][1] - placed.centres[b][1]) < (boxes[a].height + boxes[b].height) / 2 - 0.2
    ]


boxes_anywhere = st.lists(
    st.builds(box, st.integers(-4, 4), st.sampled_from(Side), st.floats(20, 260), st.floats(20, 120)),
    min_size=1,
    max_size=60,
)


@given(boxes_anywhere, st.data())
def test_no_shape_or_label_lies_on_another(boxes: list[Box], data: st.DataObject) -> None:
    numbers = st.integers(0, len(boxes) - 1)
    links = data.draw(st.lists(st.tuples(numbers, numbers), max_size=80))
    placed = laid_out(boxes, links, 50)
    assert overlap(placed, boxes) == []
    for (x, y), each in zip(placed.centres, boxes, strict=True):
        assert abs(x) + each.width / 2 <= placed.width / 2 + 0.2
        assert abs(y) + each.height / 2 <= placed.height / 2 + 0.2
    assert laid_out(boxes, links, 50) == placed


@given(boxes_anywhere)
def test_generations_follow_each_other_and_bands_lie_one_below_the_other(boxes: list[Box]) -> None:
    placed = laid_out(boxes, [])
    for (a, one), (b, other) in combinations(enumerate(boxes), 2):
        if one.side is other.side and one.column < other.column:
            assert placed.centres[a][0] < placed.centres[b][0]
        if one.side is Side.INTO and other.side is not Side.INTO:
            assert placed.centres[a][1] < placed.centres[b][1]
        if one.side is Side.OUT_OF and other.side is not Side.OUT_OF:
            assert placed.centres[a][1] > placed.centres[b][1]


def test_two_lineages_side_by_side_do_not_cross() -> None:
    boxes = [box(column) for column in range(6) for _ in range(2)]
    # the lower of each column leads to the upper of the next, and the other way round
    links = [(2 * column + row, 2 * (column + 1) + 1 - row) for column in range(5) for row in range(2)]
    centres = laid_out(boxes, links).centres
    heights = [{round(centres[a][1], 1), round(centres[b][1], 1)} for a, b in links]
    assert all(len(pair) == 1 for pair in heights), "each runs level"


def test_a_tree_has_no_crossing() -> None:
    boxes = [box(0), *[box(1) for _ in range(3)], *[box(2) for _ in range(5)]]
    parent_of = {4: 3, 5: 1, 6: 2, 7: 3, 8: 1}  # as they come, they cross
    links = [(0, 1), (0, 2), (0, 3), *((parent, leaf) for leaf, parent in parent_of.items())]
    centres = laid_out(boxes, links).centres
    from_the_top = sorted(parent_of, key=lambda leaf: centres[leaf][1])
    parents = [centres[parent_of[leaf]][1] for leaf in from_the_top]
    assert parents == sorted(parents)


def test_a_column_of_many_is_folded_and_what_leads_on_stands_at_its_far_side() -> None:
    vials = 60
    boxes = [box(0), *[box(1) for _ in range(vials)], box(2)]
    links = [(0, 1 + number) for number in range(vials)] + [(1, vials + 1)]
    centres = laid_out(boxes, links).centres
    columns = {x for x, _ in centres[1 : vials + 1]}
    assert len(columns) > 1
    assert centres[1][0] == max(columns)


def test_a_line_is_as_long_as_its_label() -> None:
    boxes = [box(0, width=30), box(1, width=30)]
    narrow, wide = (laid_out(boxes, [(0, 1)], width).centres for width in (0, 200))
    assert wide[1][0] - wide[0][0] - 30 >= 200
    assert narrow[1][0] - narrow[0][0] < 150
