"""Nodes by id and by text, operations, departures, in pages that agree."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import BadInput
from graph.reader import DeviationRow
from graph.viewer import OWNER, Role, Viewer
from queries.deviations import deviations
from queries.nodes import nodes, search
from queries.operations import operation
from queries.privacy import View
from support.bench_sheet import BenchSheet, units_of
from support.memory_graph import MemoryGraph
from support.trial import correction, excursion, trial


def _view(lineage: MemoryGraph, role: Role = Role.OWNER) -> View:
    viewer = OWNER if role is Role.OWNER else Viewer(person="P-9", role=role)
    return View(reader=lineage, viewer=viewer, vault=lineage.vault)


# -- nodes ---------------------------------------------------------------------------------------------------------------


async def test_nodes_come_in_the_order_asked_for_and_none_where_there_is_none() -> None:
    found = await nodes(_view(MemoryGraph(trial())), ["CellLot:L1P1", "CellLot:NONE", "Donor:D1"])
    assert [node and node.node for node in found] == [("CellLot", "L1P1"), None, ("Donor", "D1")]
    assert found[0] is not None
    assert found[0].values == {"cell_type": "UC-MSC", "passage_number": 1}
    assert found[0].made_by == "O07"


async def test_tier_3_values_are_unsealed_in_one_go_for_who_may_see_them() -> None:
    lineage = MemoryGraph(trial())
    found = await nodes(_view(lineage), ["Donor:D1", "Donor:D2", "Donor:D3"])
    assert [node.values["birth_year"] for node in found if node is not None] == [1995, 1992, 1998]
    assert lineage.vault.openings == 1


async def test_a_destroyed_value_is_masked_not_an_error() -> None:
    lineage = MemoryGraph(trial())
    lineage.vault.values.clear()
    (donor,) = await nodes(_view(lineage), ["Donor:D1"])
    assert donor is not None
    assert "sex" not in donor.values
    assert "sex" in donor.masked


async def test_a_code_that_may_not_be_looked_up_is_masked_whether_it_exists_or_not() -> None:
    found = await nodes(_view(MemoryGraph(trial()), Role.VIEWER), ["Donor:D1", "Donor:NONE"])
    assert [node and node.node for node in found] == [("Donor", "•1"), ("Donor", "•2")]
    assert all(node is not None and node.values == {} and node.is_hidden for node in found)


# -- search --------------------------------------------------------------------------------------------------------------


async def test_search_looks_in_keys_and_names_whatever_the_case() -> None:
    view = _view(MemoryGraph(trial()))
    assert [node.node[1] for node in (await search(view, "r-med-1")).items] == ["R-MED-10", "R-MED-11"]
    named = await search(view, "ALBUMIN")
    assert [node.node[1] for node in named.items] == ["R-HSA-1", "R-HSA-2"]


async def test_pages_of_a_search_do_not_overlap_and_count_all() -> None:
    lineage = MemoryGraph(trial())
    view = _view(lineage)
    seen: list[Any] = []
    after = None
    while True:
        page = await search(view, "1", first=7, after=after)
        seen += [node.node for node in page.items]
        lineage.add({"record": "node", "kind": "Person", "id": f"P-1-{len(seen)}", "data": {}})
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert len(seen) == len(set(seen)) == page.total
    assert seen == sorted(seen)


async def test_a_search_says_which_kinds_it_did_not_look_in() -> None:
    found = await search(_view(MemoryGraph(trial()), Role.VIEWER), "1")
    assert set(found.not_searched) == {
        "AdverseEvent", "Document", "Donor", "Institution", "Person", "Subject", "Tissue"
    }  # fmt: skip
    assert not {node.node[0] for node in found.items} & set(found.not_searched)


async def test_fields_above_the_tier_are_not_searched() -> None:
    sheet = BenchSheet()
    sheet.node("Person", "P-77", name="Li Hua", contact="li.hua@example.org")
    sheet.node("Study", "ST-1", title="Osteoarthritis")
    view = _view(MemoryGraph(sheet.records))
    assert (await search(view, "example.org")).total == 0
    assert (await search(view, "Li Hua")).total == 1
    assert (await search(_view(MemoryGraph(sheet.records), Role.VIEWER), "Osteo")).total == 0


async def test_what_cannot_be_searched_is_told() -> None:
    view = _view(MemoryGraph(trial()))
    for text, first, after in ((" ", 20, None), ("1", 501, None), ("1", 20, "nonsense")):
        with pytest.raises(BadInput):
            await search(view, text, first=first, after=after)


# -- operations ------------------------------------------------------------------------------------------------------------


async def test_an_operation_is_shown_with_its_closing_and_correction() -> None:
    lineage = MemoryGraph([*trial(), *correction(), *excursion()])
    transport = await operation(_view(lineage), "O21")
    assert transport is not None
    assert (transport.is_open, transport.closings[0].id) == (False, "O21-C")
    assert transport.values["arrival_temperature"] == -120
    swapped = await operation(_view(lineage), "O23")
    assert swapped is not None
    assert (swapped.corrected_by, swapped.replaced_by) == ("O23-V", "O23-R1")
    stands = await operation(_view(lineage), "O23-R1")
    assert stands is not None
    assert stands.replaces == "O23"
    assert await operation(_view(lineage), "NONE") is None


async def test_a_closing_known_to_a_day_in_its_own_zone_ends_an_operation_of_another() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    stay = sheet.stored("L1")
    sheet.closing(stay)
    sheet.records[-1] |= {"end": "2025-02-01", "zone": "+08:00"}
    found = await operation(_view(MemoryGraph(sheet.records)), stay["id"])
    assert found is not None
    assert found.end is not None
    assert found.end.latest_ms - found.end.earliest_ms == 86_400_000


async def test_what_a_use_touched_is_named_in_full() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=2)
    use = {"kind": "Equipment", "id": "INC-1", "on": ["B1#1", "X"]}
    act = sheet.act("THAWED", [units_of("B1", 1, 2)], [{"kind": "CellLot", "id": "X"}], uses=[use])
    found = await operation(_view(MemoryGraph(sheet.records)), act["id"])
    assert found is not None
    assert found.uses[0].on == ("CellUnit:B1#1", "CellLot:X")


# -- deviations ------------------------------------------------------------------------------------------------------------


def _departures(count: int) -> MemoryGraph:
    lineage = MemoryGraph(trial())
    for number in range(count):
        members = {"code": "out_of_range", "severity": "minor", "operation": "O07", "value": "1", "field": "data.x"}
        row = DeviationRow(
            id=f"{number // 3 + 1}-{number % 3 + 1}", seq=number // 3 + 1, is_open=number % 2 == 0, members=members
        )
        lineage.found_deviations.append(row)
    return lineage


async def test_departures_come_in_the_order_of_the_ledger_in_pages() -> None:
    view = _view(_departures(7))
    first = await deviations(view, first=3)
    assert ([each.id for each in first.items], first.total, first.has_next) == (["1-1", "1-2", "1-3"], 7, True)
    second = await deviations(view, first=10, after=first.cursors[-1])
    assert [each.id for each in second.items] == ["2-1", "2-2", "2-3", "3-1"]


async def test_open_and_handled_departures_are_told_apart() -> None:
    view = _view(_departures(5))
    assert (await deviations(view, is_open=True)).total == 3
    assert (await deviations(view, is_open=False)).total == 2
