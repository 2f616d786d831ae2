"""What leads to one person is hidden wherever it is asked for: at earlier positions, by its times, by whether it exists."""

from __future__ import annotations

import pytest

from graph.errors import NotFound
from graph.keeping import Asked, Keeper
from graph.reader import LATEST, Direction
from graph.viewer import Role, Viewer
from queries.coverage import coverage
from queries.dossiers import node_dossier
from queries.history import history
from queries.nodes import nodes
from queries.operations import operations_by_id
from queries.trace import trace
from support.bench_sheet import BenchSheet
from support.lineage_views import WAYS, view_of
from support.memory_ledger import MemoryLedger


def _personal_sheet() -> BenchSheet:
    """A donor who became the one to be treated after all was recorded; two lots of it; a reagent on the second."""
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="allogeneic")
    sheet.reagent("R1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.expanded("L1", "L2", reagents=["R1"])
    sheet.amendment("Donor", "D1", donor_relationship="autologous")
    return sheet


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_now_known_to_lead_to_one_person_is_hidden_at_earlier_positions_too(way: str) -> None:
    records = _personal_sheet().records
    view = view_of(records, way, viewer=Viewer(person="P-09", role=Role.VIEWER))
    before = len(records) - 1
    with pytest.raises(NotFound):
        await trace(view, ["CellLot:L1"], Direction.FORWARD, as_of_seq=before, pushdown=way == "pushdown")
    answer = await trace(view, ["Reagent:R1"], Direction.FORWARD, as_of_seq=before, pushdown=way == "pushdown")
    assert [node.node for node in answer.nodes if node.node[0] == "CellLot"] == [("CellLot", "•1")]


async def test_a_lineage_that_was_asked_before_learns_what_is_said_of_a_donor_later() -> None:
    records = _personal_sheet().records
    ledger = MemoryLedger(records[:-1])
    keeper = Keeper(ledger)
    early = await keeper.position()
    kept = await keeper.lineage(early, Asked(starts=()))
    assert not kept.leads_to_one_person.any()
    ledger.add([records[-1]])
    await keeper.position()
    assert kept.leads_to_one_person[kept.find(("CellLot", "L1"))]


@pytest.mark.parametrize("way", WAYS)
async def test_when_something_was_done_with_what_leads_to_one_person_is_not_shown(way: str) -> None:
    records = _personal_sheet().records
    for role, is_shown in ((Role.VIEWER, False), (Role.OWNER, True)):
        view = view_of(records, way, viewer=Viewer(person="P-09", role=role))
        answer = await trace(view, ["Reagent:R1"], Direction.FORWARD, pushdown=way == "pushdown")
        assert {edge.start_ms is not None for edge in answer.edges} == {is_shown}
        (act,) = (await operations_by_id(view, ["EXPANDED-1"], LATEST)).values()
        assert (act.start is not None) is is_shown
        assert is_shown or {"start", "end"} <= set(act.masked)
        (told,) = (each for each in await history(view, "Operation:EXPANDED-1") if each.member == "start")
        assert told.is_masked is not is_shown


async def test_what_leads_to_one_person_is_not_told_apart_from_what_there_is_not() -> None:
    view = view_of(_personal_sheet().records, "index", viewer=Viewer(person="P-09", role=Role.VIEWER))
    assert await nodes(view, ["CellLot:L1", "CellLot:NO"]) == [None, None]
    for lot in ("CellLot:L1", "CellLot:NO"):
        for asked in (history(view, lot), coverage(view, lot), node_dossier(view, lot, first=5)):
            with pytest.raises(NotFound):
                await asked
