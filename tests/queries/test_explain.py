"""Why something is affected: the path that came first, and other routes that respect time."""

from __future__ import annotations

import pytest

from graph.index.hazards import Channel, Hazard, Seed
from graph.reader import NodeId, id_text
from graph.times import parse_moment
from queries.explain import Explanation, explain
from queries.impact import ImpactAsked
from queries.trace import TraceEdge
from support.bench_sheet import BenchSheet
from support.lineage_views import WAYS, view_of
from support.trial import trial

pytestmark = pytest.mark.parametrize("way", WAYS)
DONOR: NodeId = ("Donor", "D1")


def _asked(node: NodeId, *, hazard: Hazard = Hazard.HERITABLE, since: str | None = None) -> ImpactAsked:
    from_ms = None if since is None else parse_moment(since).earliest_ms
    channels = frozenset(Channel) if hazard is Hazard.CONTAGIOUS else None
    return ImpactAsked(hazard=hazard, seeds=(Seed(node=node, from_ms=from_ms),), channels=channels)


def _ends(steps: list[TraceEdge] | tuple[TraceEdge, ...]) -> list[str]:
    return [id_text(steps[0].source), *(id_text(step.target) for step in steps)] if steps else []


def _routes(found: Explanation) -> list[list[str]]:
    return [_ends(list(route)) for route in found.others]


async def test_the_path_leads_from_the_seed_through_the_machine_that_carried_it(way: str) -> None:
    view = view_of(trial(), way)
    found = await explain(view, _asked(DONOR, hazard=Hazard.CONTAGIOUS), "CellLot:MCB2", first=0)
    assert _ends(list(found.path)) == [
        "Donor:D1", "Tissue:T1", "CellLot:L1", "Equipment:INC-1", "CellLot:L2P1", "CellLot:MCB2",
    ]  # fmt: skip
    assert [step.type for step in found.path][2:4] == ["USED_EQUIPMENT", "USED_EQUIPMENT"]
    assert not found.has_all_routes


async def test_what_is_clean_is_said_to_be(way: str) -> None:
    found = await explain(view_of(trial(), way), _asked(DONOR), "CellLot:MCB2", first=10)
    assert found.item is None
    assert found.has_all_routes


async def test_a_seed_has_no_path(way: str) -> None:
    found = await explain(view_of(trial(), way), _asked(DONOR), "Donor:D1", first=10)
    assert found.item is not None
    assert (list(found.path), list(found.others), found.has_all_routes) == ([], [], True)


def _diamonds(count: int) -> BenchSheet:
    """A ladder: each lot is divided into two, which are pooled again."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L0")
    for number in range(count):
        sheet.divided(f"L{number}", [f"A{number}", f"B{number}"])
        sheet.pooled([f"A{number}", f"B{number}"], f"L{number + 1}")
    return sheet


async def test_all_other_routes_are_found_where_they_are_few(way: str) -> None:
    found = await explain(view_of(_diamonds(2).records, way), _asked(("CellLot", "L0")), "CellLot:L2", first=10)
    routes = [_ends(list(found.path)), *_routes(found)]
    expected = {("L0", first, "L1", second, "L2") for first in ("A0", "B0") for second in ("A1", "B1")}
    assert {tuple(each.removeprefix("CellLot:") for each in route) for route in routes} == expected
    assert len(routes) == 4
    assert found.has_all_routes


async def test_of_2_to_the_40_routes_the_first_few_come_at_once_and_it_is_said_that_there_are_more(way: str) -> None:
    found = await explain(view_of(_diamonds(40).records, way), _asked(("CellLot", "L0")), "CellLot:L40", first=7)
    assert len(found.others) == 7
    assert len({tuple(route) for route in _routes(found)}) == 7
    assert not found.has_all_routes


async def test_a_route_that_does_not_respect_time_is_none(way: str) -> None:
    """A was affected only after A1 was made of it."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L0")
    sheet.divided("L0", ["A", "B"])
    sheet.reagent("R1")
    sheet.expanded("A", "A1")
    late = sheet.expanded("B", "B1", reagents=["R1"])
    sheet.pooled(["A1", "B1"], "P")
    view = view_of(sheet.records, way)
    seeds = (
        Seed(node=("CellLot", "A"), from_ms=parse_moment(late["start"]).earliest_ms),
        Seed(node=("Reagent", "R1"), from_ms=parse_moment(late["start"]).earliest_ms),
    )
    found = await explain(view, ImpactAsked(hazard=Hazard.EXPOSURE, seeds=seeds), "CellLot:P", first=10)
    assert _ends(list(found.path)) == ["Reagent:R1", "CellLot:B1", "CellLot:P"]
    assert (_routes(found), found.has_all_routes) == ([], True)


async def test_two_routes_of_contagion_through_two_machines_are_both_told(way: str) -> None:
    view = view_of(trial(), way)
    found = await explain(view, _asked(DONOR, hazard=Hazard.CONTAGIOUS), "CellLot:L2P1", first=100)
    every = [_ends(list(found.path)), *_routes(found)]
    assert ["Donor:D1", "Tissue:T1", "CellLot:L1", "CellLot:L1P1", "Equipment:INC-1", "CellLot:L2P1"] in every
    assert ["Donor:D1", "Tissue:T1", "CellLot:L1", "Equipment:INC-1", "CellLot:L2", "CellLot:L2P1"] in every
    assert len({tuple(route) for route in every}) == len(every)
