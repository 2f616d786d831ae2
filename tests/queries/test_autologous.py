"""Lots of a donor who is the one to be treated are masked below tier 2, exactly (requirements.md, privacy)."""

from __future__ import annotations

import pytest

from graph.errors import NotFound
from graph.reader import AsOf, Direction
from graph.times import parse_moment
from graph.viewer import Role, Viewer
from queries.nodes import nodes, search
from queries.privacy import View
from queries.trace import trace
from support.bench_sheet import BenchSheet, Json, units_of
from support.memory_graph import MemoryGraph


def _sheet(*relationships: str) -> BenchSheet:
    """D1 and, where another relationship is given, D2; each with a tissue, a lot, a bank and an expansion of one vial."""
    sheet = BenchSheet()
    for number, relationship in enumerate(relationships, 1):
        sheet.donor(f"D{number}", donor_relationship=relationship)
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.cryopreserved(f"L{number}", f"B{number}", units=2)
        sheet.expanded(units_of(f"B{number}", 1), f"X{number}")
    return sheet


def _view(lineage: MemoryGraph, role: Role = Role.ANALYST) -> View:
    return View(reader=lineage, viewer=Viewer(person="P-9", role=role))


async def _hidden(lineage: MemoryGraph, *lots: str) -> list[str]:
    """Those of the lots that an analyst is not shown."""
    found = await nodes(_view(lineage), [f"CellLot:{lot}" for lot in lots])
    return [lot for lot, node in zip(lots, found, strict=True) if node is None]


def _act(sheet: BenchSheet, type_: str, output: str) -> Json:
    return next(
        record for record in sheet.records if record.get("type") == type_ and record["outputs"][0]["id"] == output
    )


async def test_all_that_comes_from_an_autologous_donor_is_masked_and_nothing_else() -> None:
    lineage = MemoryGraph(_sheet("autologous", "allogeneic").records)
    assert await _hidden(lineage, "L1", "B1", "X1", "L2", "B2", "X2") == ["L1", "B1", "X1"]
    (unit,) = await nodes(_view(lineage), ["CellUnit:B1#2"])
    assert unit is None


async def test_a_pool_with_autologous_material_is_masked() -> None:
    sheet = _sheet("autologous", "allogeneic")
    sheet.pooled(["X1", "X2"], "POOL")
    assert await _hidden(MemoryGraph(sheet.records), "POOL", "X2") == ["POOL"]


async def test_the_mask_follows_a_correction_upstream() -> None:
    sheet = _sheet("autologous", "allogeneic")
    collection = _act(sheet, "COLLECTED", "T1")
    sheet.correction(collection, {**collection, "inputs": [{"kind": "Donor", "id": "D2"}]})
    collection = _act(sheet, "COLLECTED", "T2")
    sheet.correction(collection, {**collection, "inputs": [{"kind": "Donor", "id": "D1"}]})
    assert await _hidden(MemoryGraph(sheet.records), "L1", "B1", "X1", "L2", "B2", "X2") == ["L2", "B2", "X2"]


async def test_the_mask_follows_an_amended_relationship() -> None:
    sheet = _sheet("allogeneic")
    lineage = MemoryGraph(sheet.records)
    assert await _hidden(lineage, "X1") == []
    lineage.add(sheet.amendment("Donor", "D1", donor_relationship="autologous"))
    assert await _hidden(lineage, "X1") == ["X1"]


async def test_who_may_see_tier_2_sees_the_codes() -> None:
    lineage = MemoryGraph(_sheet("autologous").records)
    (node,) = await nodes(_view(lineage, Role.OPERATOR), ["CellLot:X1"])
    assert node is not None
    assert node.node == ("CellLot", "X1")


async def test_a_trace_shows_stubs_and_does_not_begin_at_a_masked_lot() -> None:
    lineage = MemoryGraph(_sheet("autologous", "allogeneic").records)
    answer = await trace(_view(lineage), ["Equipment:INC-1"], Direction.FORWARD)
    shown = {node.node for node in answer.nodes if node.node[0] == "CellLot"}
    assert shown == {("CellLot", "X2"), ("CellLot", "•1")}
    with pytest.raises(NotFound):  # as for what there is not
        await trace(_view(lineage), ["CellLot:X1"], Direction.BACKWARD)


async def test_a_trace_as_known_then_masks_what_led_to_one_person_then_or_does_now() -> None:
    sheet = _sheet("autologous", "allogeneic")
    for record in sheet.records:
        record["recorded_at"] = "2025-03-01T00:00:00Z"
    collection = _act(sheet, "COLLECTED", "T1")
    sheet.correction(collection, {**collection, "inputs": [{"kind": "Donor", "id": "D2"}]})
    sheet.records[-1]["recorded_at"] = "2025-04-01T00:00:00Z"
    lineage = MemoryGraph(sheet.records)
    then = parse_moment("2025-03-15T00:00:00Z").earliest_ms
    answer = await trace(_view(lineage), ["Equipment:INC-1"], Direction.FORWARD, known_at_ms=then)
    assert ("CellLot", "X1") not in {node.node for node in answer.nodes}
    now = await trace(_view(lineage), ["Equipment:INC-1"], Direction.FORWARD)
    assert ("CellLot", "X1") in {node.node for node in now.nodes}


async def test_a_search_neither_names_nor_counts_a_masked_lot() -> None:
    lineage = MemoryGraph(_sheet("autologous", "allogeneic").records)
    found = await search(_view(lineage), "x", kinds=["CellLot"])
    assert (found.total, [node.node[1] for node in found.items]) == (1, ["X2"])
    first = await search(_view(lineage), "1", kinds=["CellLot", "CellUnit"], first=1)
    assert [node.node[1] for node in first.items] == ["B2#1"]
    assert (first.total, first.has_next) == (1, False)


async def test_a_serum_of_an_autologous_donor_is_masked() -> None:
    sheet = _sheet("autologous")
    sheet.prepared([{"kind": "Donor", "id": "D1"}], "SERUM")
    (serum,) = await nodes(_view(MemoryGraph(sheet.records)), ["Reagent:SERUM"])
    assert serum is None


async def test_statements_depend_on_the_depth_not_on_how_many_lots_are_asked_for() -> None:
    few, many = _sheet("autologous"), _sheet("autologous")
    for number in range(2, 40):
        many.donor(f"D{number}", donor_relationship="autologous")
        many.collected(f"D{number}", f"T{number}")
        many.separated(f"T{number}", f"L{number}")
        many.cryopreserved(f"L{number}", f"B{number}", units=2)
        many.expanded(units_of(f"B{number}", 1), f"X{number}")
    counts = []
    for sheet in (few, many):
        lineage = MemoryGraph(sheet.records)
        lots = [record["outputs"][0]["id"] for record in sheet.records if record.get("type") == "EXPANDED"]
        view = _view(lineage)
        before = lineage.reads
        hidden = await view.hidden([("CellLot", lot) for lot in lots])
        assert len(hidden) == len(lots)
        counts.append(lineage.reads - before)
    assert counts[0] == counts[1]


async def test_a_store_without_autologous_donors_is_asked_once_at_each_position() -> None:
    lineage = MemoryGraph(_sheet("allogeneic").records)
    view = _view(lineage)
    before = lineage.reads
    assert await view.hidden([("CellLot", "X1")], AsOf(10)) == frozenset()
    assert await view.hidden([("CellLot", "B1")], AsOf(10)) == frozenset()
    assert lineage.reads - before == 3, "where the ledger stands, and the donors there and at the position"
