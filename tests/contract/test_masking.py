"""What a role is not shown is the same whichever engine keeps the lineage, and in memory."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import NotFound
from graph.reader import Direction
from graph.viewer import Role, Viewer
from queries.deviations import deviations
from queries.history import history
from queries.nodes import nodes, search
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import BenchSheet, units_of
from support.memory_graph import MemoryGraph
from support.stores import import_all, record

ROLES = [Role.VIEWER, Role.OPERATOR, Role.INVESTIGATOR]


def _sheet() -> BenchSheet:
    """An autologous donor and another, the tissue of one corrected to be the other's; a lot that was voided."""
    sheet = BenchSheet()
    for number, relationship in enumerate(("autologous", "allogeneic"), 1):
        sheet.donor(f"D{number}", donor_relationship=relationship)
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.cryopreserved(f"L{number}", f"B{number}", units=2)
        sheet.expanded(units_of(f"B{number}", 1), f"X{number}")
    voided = sheet.expanded(units_of("B1", 2), "Y1")
    sheet.correction(voided, None)
    result = {"test_item": "HIV", "test_result": "reactive"}
    sheet.act("TESTED", [{"kind": "Donor", "id": "D1"}], [{"kind": "QCResult", "id": "Q1", "data": result}])
    return sheet


def _view(source: Store | MemoryGraph, role: Role) -> View:
    viewer = Viewer(person="P-9", role=role)
    if isinstance(source, Store):
        return View(reader=source.reader, viewer=viewer, vault=source.ledger.vault)
    return View(reader=source, viewer=viewer, vault=source.vault)


async def _told(source: Store | MemoryGraph, role: Role) -> list[Any]:
    """What the role is told of codes: shown, found, counted, traced, changed."""
    lots = [f"CellLot:{key}" for key in ("L1", "B1", "X1", "Y1", "L2", "B2", "X2")]
    shown = await nodes(_view(source, role), [*lots, "CellUnit:B1#1", "Donor:D1", "Reagent:NONE"])
    told: list[Any] = [None if node is None else (node.node, sorted(node.masked)) for node in shown]
    for text in ("1", "x"):
        found = await search(_view(source, role), text)
        told.append((found.total, [node.node for node in found.items]))
    answer = await trace(_view(source, role), ["Equipment:INC-1"], Direction.FORWARD)
    told.append(sorted((node.node, node.depth) for node in answer.nodes))
    for id_ in ("CellLot:X1", "CellLot:X2", "CellLot:Y1", "CellUnit:B2#1"):
        try:
            told.append([(each.record, each.member, each.new) for each in await history(_view(source, role), id_)])
        except NotFound:  # leads to one person, or is not there
            told.append("not found")
    return told


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
async def test_the_store_masks_as_the_memory_does(store: Store, role: Role) -> None:
    records = _sheet().records
    assert (await import_all(store, records)).accepted
    assert await _told(store, role) == await _told(MemoryGraph(records), role)


async def test_a_donors_result_out_of_range_is_listed_to_who_may_see_it(store: Store) -> None:
    assert (await import_all(store, _sheet().records)).accepted
    for role, counts in ((Role.VIEWER, (0, 1)), (Role.OPERATOR, (0, 1)), (Role.INVESTIGATOR, (1, 0))):
        page = await deviations(_view(store, role))
        assert (page.total, page.hidden_count) == counts


@pytest.mark.parametrize("result", ["reactive", "non-reactive"])
async def test_a_sealed_value_cannot_be_found_out_by_guessing(store: Store, result: str) -> None:
    """Who may not see a value is told the same of every guess; who recorded it is told that it is there already."""
    await import_all(store, _sheet().records)
    guess = _sheet().records[-1]
    guess["outputs"][0]["data"]["test_result"] = result
    by_another = Viewer(person="P-01", role=Role.OPERATOR)
    receipt = await record(store, [guess], viewer=by_another, dry_run=True)
    assert [(each.code, each.member) for each in receipt.violations] == [("other_content", "id")]
    again = await record(store, [guess], dry_run=True)
    assert again.accepted == (result == "reactive")
