"""The trace: the trial's answers, completeness, what is listed, and properties of random lineages."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput, NotFound, NotPermitted
from graph.reader import Direction
from graph.times import parse_moment
from graph.viewer import OWNER, Role, Viewer
from queries.privacy import View
from queries.trace import Trace, reachable, trace, trace_edges, trace_nodes
from support.bench_sheet import BenchSheet, units_of
from support.memory_graph import MemoryGraph
from support.trial import correction, scenarios, trial

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def _view(lineage: MemoryGraph, role: Role = Role.OWNER) -> View:
    viewer = OWNER if role is Role.OWNER else Viewer(person="P-9", role=role)
    return View(reader=lineage, viewer=viewer, vault=lineage.vault)


def _material(answer: Trace) -> list[str]:
    return sorted(f"{kind}:{key}" for kind, key in (each.node for each in answer.nodes if each.is_material))


def _touched(answer: Trace) -> set[str]:
    return {f"{kind}:{key}" for kind, key in (each.node for each in answer.nodes if not each.is_material)}


@pytest.mark.parametrize(
    "question", scenarios()["trace"], ids=lambda each: f"{each['start']} {each.get('known_at', '')}"
)
async def test_the_trials_traces(question: dict[str, Any]) -> None:
    lineage = MemoryGraph([*trial(), *(correction() if question.get("with") else [])])
    known = parse_moment(question["known_at"]).earliest_ms if "known_at" in question else None
    answer = await trace(_view(lineage), [question["start"]], Direction[question["direction"]], known_at_ms=known)
    assert _material(answer) == sorted(question["expect"])
    assert answer.completeness.complete


async def test_a_shuffled_file_gives_the_same_answers() -> None:
    shuffled = random.Random(7).sample(trial(), len(trial()))
    # A ledger takes a request in order of effect; in memory the records come as they are, so those that make come first.
    shuffled.sort(key=lambda record: (record["record"] != "node", record.get("start", "")))
    for question in scenarios()["trace"][:3]:
        answer = await trace(_view(MemoryGraph(shuffled)), [question["start"]], Direction[question["direction"]])
        assert _material(answer) == sorted(question["expect"])


async def test_what_touched_the_material_is_one_step_off_it() -> None:
    answer = await trace(_view(MemoryGraph(trial())), ["Subject:S6"], BACKWARD)
    touched = _touched(answer)
    assert {
        "Equipment:INC-1",
        "Equipment:CRF-1",
        "Reagent:R-MED-9",
        "StoragePosition:TANK-A",
        "QCResult:Q03-VIA",
    } <= touched
    assert "Reagent:R-MED-8" not in touched
    depths = {each.node: each.depth for each in answer.nodes}
    assert depths["CellLot", "POOL1"] == 1
    assert depths["QCResult", "Q03-VIA"] == 2


async def test_the_start_is_in_the_answer_at_depth_0() -> None:
    answer = await trace(_view(MemoryGraph(trial())), ["Tissue:T1"], FORWARD)
    assert (answer.nodes[0].node, answer.nodes[0].depth) == (("Tissue", "T1"), 0)


async def test_reagents_come_with_the_chain_they_were_prepared_from() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.donor("D9")
    sheet.reagent("BASE")
    sheet.prepared([{"kind": "Donor", "id": "D9"}], "SERUM")
    sheet.prepared([{"kind": "Reagent", "id": "BASE"}, {"kind": "Reagent", "id": "SERUM"}], "MEDIUM")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.expanded("L1", "L2", reagents=["MEDIUM"])
    answer = await trace(_view(MemoryGraph(sheet.records)), ["CellLot:L2"], BACKWARD)
    assert {"Reagent:MEDIUM", "Reagent:BASE", "Reagent:SERUM", "Donor:D9"} <= _touched(answer)
    assert _material(answer) == ["CellLot:L1", "CellLot:L2", "Donor:D1", "Tissue:T1"]


@pytest.mark.parametrize(
    ("start", "some"),
    [
        ("Equipment:INC-2", {"CellLot:L3", "CellLot:L1P2", "Subject:S5"}),
        ("Reagent:R-HSA-1", {"CellLot:DP1", "Subject:S1", "Subject:S4"}),
        ("StoragePosition:TANK-A", {"CellLot:MCB1", "CellLot:MCB2", "Subject:S1"}),
        ("StoragePosition:SITE-1", {"CellLot:MCB1", "CellLot:MCB3", "CellUnit:DP1#3"}),
        ("Person:P-02", {"Tissue:T1", "CellLot:MCB1", "Subject:S7"}),
        ("Study:ST-1", {"Subject:S1", "Subject:S7"}),
        ("Institution:ORG-1", {"Tissue:T3", "Subject:S5"}),
        ("QCResult:Q04-VIA", {"CellLot:DP3", "Subject:S5"}),
    ],
)
async def test_a_start_that_is_not_material_begins_at_what_it_touched_made_enrolled_or_is_about(
    start: str, some: set[str]
) -> None:
    answer = await trace(_view(MemoryGraph(trial())), [start], FORWARD)
    assert some <= set(_material(answer))
    assert (start in _material(answer)) == start.startswith("Reagent")


# -- completeness --------------------------------------------------------------------------------------------------------


async def test_a_trace_that_meets_a_stub_says_that_the_origin_is_not_recorded() -> None:
    sheet = BenchSheet()
    stub = {"record": "node", "kind": "CellLot", "id": "L0", "data": {}, "stub": True}
    sheet.expanded("L0", "L1")
    lineage = MemoryGraph([*sheet.records[:-1], stub, sheet.records[-1]])
    answer = await trace(_view(lineage), ["CellLot:L1"], BACKWARD)
    assert not answer.completeness.complete
    assert answer.completeness.reason == "origin not recorded: CellLot:L0"
    lineage.add({"record": "node", "kind": "CellLot", "id": "L0", "data": {"cell_type": "UC-MSC"}})
    assert (await trace(_view(lineage), ["CellLot:L1"], BACKWARD)).completeness.complete


async def test_a_depth_with_more_beyond_it_is_incomplete() -> None:
    lineage = MemoryGraph(trial())
    answer = await trace(_view(lineage), ["Donor:D3"], FORWARD, max_depth=2)
    assert "CellLot:L3P1" not in _material(answer)
    assert not answer.completeness.complete
    assert "beyond depth 2" in (answer.completeness.reason or "")
    whole = await trace(_view(lineage), ["Donor:D3"], FORWARD, max_depth=50)
    assert whole.completeness.complete


async def test_kinds_and_operations_choose_what_is_listed_not_what_is_walked() -> None:
    view = _view(MemoryGraph(trial()))
    doses = await trace(view, ["Donor:D1"], FORWARD, kinds=["Subject"])
    assert {each.node[0] for each in doses.nodes} == {"Subject"}
    assert len(doses.nodes) == 4
    frozen = await trace(view, ["Donor:D1"], FORWARD, operations=["CRYOPRESERVED"])
    assert {"MCB1", "WCB1"} <= {each.node[1] for each in frozen.nodes}
    assert {edge.operation_id for edge in frozen.edges} == {"O10", "O14"}


async def test_hidden_nodes_are_counted_and_the_answer_says_so() -> None:
    answer = await trace(_view(MemoryGraph(trial()), Role.VIEWER), ["CellLot:DP3"], FORWARD)
    assert answer.completeness.hidden == 1
    assert [each.node for each in answer.nodes if each.is_hidden] == [("Subject", "•1")]
    assert answer.completeness.complete


async def test_pages_name_the_position_of_their_answer_and_agree() -> None:
    lineage = MemoryGraph(trial())
    view = _view(lineage)
    answer = await trace(view, ["Donor:D1"], FORWARD)
    first = trace_nodes(view, answer, 10, None)
    lineage.add({"record": "node", "kind": "Person", "id": "P-77", "data": {}})
    again = await trace(view, ["Donor:D1"], FORWARD, as_of_seq=answer.as_of_seq)
    second = trace_nodes(view, again, 10, first.cursors[-1])
    assert [*first.items, *second.items] == list(answer.nodes[:20])
    assert first.has_next
    edges = trace_edges(view, answer, 500, None)
    assert edges.total == len(answer.edges) == len(edges.items)


async def test_what_cannot_be_asked_is_told() -> None:
    view = _view(MemoryGraph(trial()))
    with pytest.raises(NotFound):
        await trace(view, ["CellLot:NONE"], FORWARD)
    for start in ([], ["L1"], ["Cell:L1"]):
        with pytest.raises(BadInput):
            await trace(view, start, FORWARD)
    with pytest.raises(BadInput):
        await trace(view, ["CellLot:L1"], FORWARD, max_depth=-1)
    with pytest.raises(NotPermitted):
        await trace(_view(MemoryGraph(trial()), Role.VIEWER), ["Donor:D1"], FORWARD)
    with pytest.raises(NotPermitted):
        await trace(_view(MemoryGraph(trial()), Role.VIEWER), ["Donor:NONE"], FORWARD)


# -- random lineages -------------------------------------------------------------------------------------------------------


@st.composite
def lineages(draw: st.DrawFn) -> BenchSheet:
    """Two donors; lots expanded, divided, pooled, frozen into vials, given; some operations corrected or voided."""
    sheet = BenchSheet()
    lots: list[str] = []
    for number in range(2):
        sheet.donor(f"D{number}")
        sheet.subject(f"S{number}")
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        lots.append(f"L{number}")
    sheet.reagent("MEDIUM")
    made = []
    for number in range(draw(st.integers(1, 8))):
        source = draw(st.sampled_from(lots))
        match draw(st.sampled_from(["expand", "divide", "pool", "freeze", "give"])):
            case "expand":
                made.append(sheet.expanded(source, f"E{number}", reagents=["MEDIUM"]))
                lots.append(f"E{number}")
            case "divide":
                sheet.divided(source, [f"V{number}a", f"V{number}b"])
                lots += [f"V{number}a", f"V{number}b"]
            case "pool":
                other = draw(st.sampled_from(lots))
                sheet.pooled(sorted({source, other}), f"P{number}")
                lots.append(f"P{number}")
            case "freeze":
                sheet.cryopreserved(source, f"B{number}", units=2)
                sheet.expanded(units_of(f"B{number}", 1), f"F{number}")
                lots.append(f"F{number}")
            case "give":
                sheet.administered(source, f"S{number % 2}")
    for operation in made:
        if draw(st.booleans()):
            other = draw(st.sampled_from(["L0", "L1"]))
            sheet.correction(operation, {**operation, "inputs": [{"kind": "CellLot", "id": other}]})
    return sheet


def _oracle(records: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Child -> parents, from the records that stand."""
    acts: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["record"] == "correction":
            acts.pop(record["operation"])
        told = record.get("replacement", record)
        if told is not None and told["record"] == "operation":
            acts[told["id"]] = told
    parents: dict[str, set[str]] = {}
    for act in acts.values():
        taken = []
        for end in act["inputs"]:
            units = [f"CellUnit:{unit}" for unit in end.get("units", ())]
            taken += units or [f"{end['kind']}:{end['id']}"]
        for output in act["outputs"]:
            child = f"{output['kind']}:{output['id']}"
            parents.setdefault(child, set()).update(taken)
            if "units" in output:
                for number in range(1, 3):
                    parents.setdefault(f"CellUnit:{output['id']}#{number}", set()).add(child)
    return parents


def _ancestors(parents: dict[str, set[str]], start: str) -> set[str]:
    found, ahead = {start}, [start]
    while ahead:
        for parent in parents.get(ahead.pop(), ()):
            if parent not in found:
                found.add(parent)
                ahead.append(parent)
    return found


@given(sheet=lineages())
async def test_backward_is_what_the_records_say_and_forward_is_its_reverse(sheet: BenchSheet) -> None:
    lineage = MemoryGraph(sheet.records)
    parents = _oracle(sheet.records)
    things = {thing for child, above in parents.items() for thing in (child, *above)}
    view = _view(lineage)
    for thing in sorted(things):
        back = set(_material(await trace(view, [thing], BACKWARD)))
        assert back == _ancestors(parents, thing)
        for origin in back:
            assert thing in _material(await trace(view, [origin], FORWARD))
            assert await reachable(view, origin, thing)


@given(sheet=lineages())
async def test_an_unrelated_lot_changes_nothing(sheet: BenchSheet) -> None:
    lineage = MemoryGraph(sheet.records)
    before = _material(await trace(_view(lineage), ["Donor:D0"], FORWARD))
    lineage.add({"record": "node", "kind": "Donor", "id": "OTHER", "data": {}})
    lineage.add(sheet.collected("OTHER", "OTHER-T"))
    assert _material(await trace(_view(lineage), ["Donor:D0"], FORWARD)) == before
