"""A trace as the records stood at two times."""

from __future__ import annotations

import pytest

from graph.errors import NotFound
from graph.reader import Direction, id_text
from graph.times import parse_moment
from queries.compare import Comparison, compare
from support.lineage_views import WAYS, view_of
from support.trial import correction, trial

pytestmark = pytest.mark.parametrize("way", WAYS)


async def _compare(way: str, start: str, before: str, after: str) -> Comparison:
    return await compare(
        view_of([*trial(), *correction()], way),
        [start],
        Direction.BACKWARD,
        before_ms=parse_moment(before).earliest_ms,
        after_ms=parse_moment(after).earliest_ms,
    )


async def test_the_swapped_doses_are_what_the_correction_changed(way: str) -> None:
    found = await _compare(way, "Subject:S4", "2025-06-09T00:00:00+08:00", "2025-06-11T00:00:00+08:00")
    added = {id_text(node.node) for node in found.added_nodes if node.is_material}
    removed = {id_text(node.node) for node in found.removed_nodes if node.is_material}
    assert "CellLot:DP2" in removed
    assert added
    assert not added & removed
    assert "O23" in {edge.operation_id for edge in found.removed_edges}
    assert "O23-R1" in {edge.operation_id for edge in found.added_edges}


async def test_nothing_changed_between_times_without_a_record(way: str) -> None:
    found = await _compare(way, "Subject:S4", "2025-06-11T00:00:00+08:00", "2025-07-11T00:00:00+08:00")
    assert not any((found.added_nodes, found.removed_nodes, found.added_edges, found.removed_edges))


async def test_what_was_not_recorded_yet_is_all_added(way: str) -> None:
    found = await _compare(way, "CellLot:DP3", "2025-03-01T00:00:00+08:00", "2025-06-01T00:00:00+08:00")
    assert found.before.summary.total == 0
    assert len(found.added_nodes) == found.after.summary.total > 5


async def test_a_start_that_neither_time_knows_is_not_found(way: str) -> None:
    with pytest.raises(NotFound):
        await _compare(way, "CellLot:NOWHERE", "2025-03-01T00:00:00+08:00", "2025-06-01T00:00:00+08:00")
