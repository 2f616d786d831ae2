"""A line is not drawn over a shape that it does not concern, as if it came from there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from visualize.bends import _crossed, _via, bend
from visualize.timeline import Rectangle


def test_a_line_with_nothing_in_its_way_is_straight() -> None:
    assert bend((0, 0), (300, 0), [Rectangle(150, 80, 60, 40)]) is None


def test_a_line_bends_past_what_stands_in_its_way() -> None:
    between = Rectangle(150, 0, 60, 40)
    bent = bend((0, 0), (300, 0), [between])
    assert bent is not None
    assert not _crossed([(0, 0), _via((0, 0), (300, 0), bent["type"], bent["roundness"]), (300, 0)], [between])


def test_it_bends_to_the_side_that_is_free() -> None:
    bent = bend((0, 0), (300, 0), [Rectangle(150, 0, 60, 40), Rectangle(150, -52, 300, 64)])
    assert bent is not None
    via = _via((0, 0), (300, 0), bent["type"], bent["roundness"])
    assert via[1] > 0


@given(
    *[st.tuples(st.integers(-500, 500), st.integers(-500, 500))] * 2,
    st.lists(st.builds(Rectangle, *[st.integers(-400, 400)] * 2, *[st.integers(10, 90)] * 2), max_size=12),
)
def test_bending_never_runs_over_more_than_a_straight_line(
    start: tuple[int, int], end: tuple[int, int], others: list[Rectangle]
) -> None:
    bent = bend(start, end, others)
    if bent is not None:
        assert _crossed([start, end], others) > 0
