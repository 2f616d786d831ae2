"""What stood in the trial's room, on each engine, from the index and pushed down to the database."""

from __future__ import annotations

import pytest

from graph.index.hazards import Hazard, Seed
from graph.times import parse_moment
from graph.viewer import OWNER, Role, Viewer
from queries.contents import ContentsAsked, contents
from queries.impact import ImpactAsked
from queries.standings import contents_completeness, standings
from service.store import Store
from support.stores import import_all
from support.trial import correction, excursion, trial

WARM = Seed(
    node=("StoragePosition", "TANK-A"),
    from_ms=parse_moment("2025-03-01T00:00:00+08:00").earliest_ms,
    until_ms=parse_moment("2025-03-02T00:00:00+08:00").earliest_ms,
)


@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER])
@pytest.mark.parametrize("known_at", [None, "2025-06-01T00:00:00+08:00"])
async def test_what_stands_in_a_room_is_the_same_from_the_index_and_from_the_database(
    store: Store, known_at: str | None, role: Role
) -> None:
    for records in (trial(), correction(), excursion()):
        await import_all(store, records)
    asked = ContentsAsked(
        position=("StoragePosition", "ROOM-1"),
        at_ms=parse_moment("2025-04-17T12:00:00+08:00").earliest_ms,
        known_at_ms=None if known_at is None else parse_moment(known_at).earliest_ms,
        impact=ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(WARM,)),
    )
    told = []
    for pushdown in (False, True):
        view = store.view(OWNER if role is Role.OWNER else Viewer(person="P-01", role=role))
        answer = await contents(view, asked, pushdown=pushdown)
        rows = standings(view, answer, answer.ordered(0, 500))
        told.append((rows, answer.by_kind, answer.inside(), contents_completeness(view, answer).complete))
    assert told[0] == told[1]
    rows, by_kind, _, is_complete = told[0]
    assert is_complete
    # Dose 4 stood in the fridge as long as nobody knew that it was given the day before.
    assert ("DP1#4" in {row.node[1] for row in rows}) == (known_at is not None)
    # Of the warm tank's lots, and of the vials that one of them became, all are affected; the third bank is not.
    clean = {row.node[1] for row in rows if row.tier is None}
    assert clean == {"MCB3"}
    assert sum(each.affected for each in by_kind) == len(rows) - 1
