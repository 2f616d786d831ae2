"""An overview of an impact: groups that count everything once, and the machines and places that carried the most."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from graph.index.hazards import Channel, Hazard, Seed
from graph.times import parse_moment
from graph.viewer import Role, Viewer
from graph.vocabulary import KINDS
from queries.explain import winning_paths
from queries.groups import Group, carriers, grouped
from queries.impact import Impact, ImpactAsked, ImpactItem, Order, impact, impact_items
from queries.privacy import View
from support.bench_sheet import BenchSheet
from support.lineage_views import WAYS, view_of
from support.trial import trial

pytestmark = pytest.mark.parametrize("way", WAYS)
_DAY = 24 * 3_600_000


async def _look_back(way: str, **more: Any) -> tuple[View, Impact]:
    view = view_of(trial(), way, **more)
    seed = Seed(node=("CellLot", "L1"), from_ms=parse_moment("2025-01-11T09:00:00+08:00").earliest_ms)
    asked = ImpactAsked(hazard=Hazard.CONTAGIOUS, seeds=(seed,), channels=frozenset(Channel))
    return view, await impact(view, asked)


@pytest.mark.parametrize(("most", "most_spans"), [(1000, 1000), (30, 20), (10, 5), (1, 1)])
async def test_groups_count_every_item_once_under_its_tier_kind_and_time(way: str, most: int, most_spans: int) -> None:
    view, answer = await _look_back(way)
    groups = grouped(answer, most=most, most_spans=most_spans, offset_minutes=480)
    expected: Counter[int] = Counter()
    for item in impact_items(view, answer, 500, None).items:
        (at,) = (place for place, group in enumerate(groups) if _holds(group, item))
        expected[at] += 1
    assert {place: group.count for place, group in enumerate(groups)} == expected
    (span,) = {group.before_ms - group.since_ms for group in groups if group.since_ms and group.before_ms}
    begins = [group.since_ms for group in groups if group.since_ms is not None]
    assert span < _DAY or all((begin + 480 * 60_000) % _DAY == 0 for begin in begins), "at midnight at the offset"


def _holds(group: Group, item: ImpactItem) -> bool:
    if (group.tier, group.kind) != (item.tier, item.node[0]):
        return False
    if item.since_ms is None or group.since_ms is None or group.before_ms is None:
        return item.since_ms is group.since_ms is None
    return group.since_ms <= item.since_ms < group.before_ms


async def test_groups_may_leave_out_what_is_shown_by_itself(way: str) -> None:
    _, answer = await _look_back(way)
    every = grouped(answer, most=50, most_spans=10)
    rest = grouped(answer, most=50, most_spans=10, without={0, 1, 2})
    assert sum(group.count for group in every) == answer.total == sum(group.count for group in rest) + 3


async def test_what_is_hidden_is_in_a_group_without_time(way: str) -> None:
    view = view_of(trial(), way, viewer=Viewer(person="P-01", role=Role.VIEWER))
    asked = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("Reagent", "R-MED-8")),))
    groups = grouped(await impact(view, asked), most=100, most_spans=20)
    (subjects,) = (group for group in groups if group.kind == "Subject")
    assert (subjects.count, subjects.is_since_masked, subjects.since_ms) == (4, True, None)


async def test_carriers_are_the_last_machine_or_place_on_the_path_of_what_they_reached(way: str) -> None:
    view, answer = await _look_back(way)
    rows = list(range(answer.total))
    last = [path[-1].source for path in winning_paths(view, answer, rows) if path]
    expected = Counter(node for node in last if not KINDS[node[0]].is_material)
    found = carriers(view, answer, most=100)
    assert {carrier.node: carrier.count for carrier in found} == expected
    assert {kind for kind, _ in expected} == {"Equipment", "StoragePosition"}
    assert [carrier.count for carrier in found] == sorted((carrier.count for carrier in found), reverse=True)
    assert carriers(view, answer, most=1) == found[:1]


async def test_a_machine_that_is_the_seed_carries_what_stood_in_it(way: str) -> None:
    view = view_of(trial(), way)
    since, until = (parse_moment(f"2025-{day}T00:00:00+08:00").earliest_ms for day in ("03-08", "04-15"))
    seed = Seed(node=("Equipment", "INC-2"), from_ms=since, until_ms=until)
    answer = await impact(view, ImpactAsked(hazard=Hazard.CONTAGIOUS, seeds=(seed,)))
    (carrier,) = carriers(view, answer, most=10)
    assert (carrier.node, carrier.count, carrier.tier) == (("Equipment", "INC-2"), 1, 1)


@pytest.mark.parametrize("order", Order)
async def test_items_stand_by_the_order_asked_for_and_pages_agree(way: str, order: Order) -> None:
    view, answer = await _look_back(way)
    whole = impact_items(view, answer, 500, None, order=order).items
    first: dict[Order, list[Any]] = {
        Order.TIER: [item.tier for item in whole],
        Order.SINCE: [-(10**15) if item.since_ms is None else item.since_ms for item in whole],
        Order.KIND: [item.node[0] for item in whole],
        Order.ID: [item.node[1] for item in whole],
    }
    assert first[order] == sorted(first[order])
    assert len({item.node for item in whole}) == answer.total
    page = impact_items(view, answer, 7, None, order=order)
    found = [*page.items]
    while page.has_next:
        page = impact_items(view, answer, 7, page.cursors[-1], order=order)
        found += page.items
    assert found == whole


async def test_a_span_of_time_chooses_what_is_affected_from_within_it(way: str) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    collected = sheet.collected("D1", "T1")
    separated = sheet.separated("T1", "L1")
    view = view_of(sheet.records, way)
    answer = await impact(view, ImpactAsked(hazard=Hazard.HERITABLE, seeds=(Seed(node=("Donor", "D1")),)))
    first, last = (parse_moment(act["start"]).earliest_ms for act in (collected, separated))

    def found(between: tuple[int | None, int | None]) -> list[str]:
        return [item.node[1] for item in impact_items(view, answer, 10, None, between=between).items]

    assert found((None, None)) == ["D1", "T1", "L1"]
    assert found((first, last)) == ["T1"]
    assert found((None, last)) == ["T1"], "what is always affected is from no time"
    assert found((last, None)) == ["L1"]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ANALYST])
async def test_a_text_chooses_what_holds_it_in_its_key_or_name_and_nothing_that_is_hidden(way: str, role: Role) -> None:
    view = view_of(trial(), way, viewer=Viewer(person="P-01", role=role))
    asked = ImpactAsked(hazard=Hazard.CONTAGIOUS, seeds=(Seed(node=("CellLot", "L1")),))
    answer = await impact(view, asked)
    subjects = impact_items(view, answer, 500, None, kinds=["Subject"]).items
    found = impact_items(view, answer, 500, None, kinds=["Subject"], text="s").items
    assert len(subjects) > 2
    assert list(found) == ([] if role is Role.ANALYST else list(subjects)), "each is called S and a number"
    page = impact_items(view, answer, 500, None, text="mcb1")
    assert {item.node[1].partition("#")[0] for item in page.items} == {"MCB1"}
    assert page.total == len(page.items)
