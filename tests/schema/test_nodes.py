"""Nodes and operations as GraphQL shows them: typed, linked, masked, in pages that agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from graph.reader import DeviationRow
from graph.viewer import OWNER, Role
from graph.vocabulary import KINDS
from queries.pages import Cursor
from schema.naming import camel
from support.asking import ask_memory, data_of, viewer
from support.bench_sheet import BenchSheet
from support.filled import filled_records, sample
from support.memory_graph import MemoryGraph, MemoryLog

Json = dict[str, Any]


def _sample(kind: str, field: str) -> Any:
    return sample(KINDS[kind].fields[field])


@pytest.fixture(scope="module")
def filled() -> MemoryGraph:
    return MemoryGraph(filled_records())


@pytest.fixture(scope="module")
def bench() -> MemoryGraph:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.reagent("MED-1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    for number in range(1, 6):
        sheet.expanded(f"L{number}", f"L{number + 1}", reagents=["MED-1"])
    return MemoryGraph(sheet.records)


async def test_a_node_is_of_its_kinds_own_type(filled: MemoryGraph) -> None:
    query = '{ node(id: "CellLot:B1") { __typename id key kind isStub ... on CellLot { cellType expiryDate } } }'
    assert data_of(await ask_memory(filled, query))["node"] == {
        "__typename": "CellLot",
        "id": "CellLot:B1",
        "key": "B1",
        "kind": "CELL_LOT",
        "isStub": False,
        "cellType": "UC-MSC",
        "expiryDate": "2040-01-01",
    }


async def test_nodes_come_in_the_order_asked_for_and_unknown_ones_are_null(filled: MemoryGraph) -> None:
    query = '{ nodes(ids: ["Person:P-2", "Person:NOBODY", "Donor:D1", "Person:P-2"]) { id } }'
    found = data_of(await ask_memory(filled, query))["nodes"]
    assert found == [{"id": "Person:P-2"}, None, {"id": "Donor:D1"}, {"id": "Person:P-2"}]


async def test_more_than_500_ids_are_bad_input(bench: MemoryGraph) -> None:
    ids = [f"CellLot:L{number}" for number in range(501)]
    answer = await ask_memory(bench, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
    assert [error["extensions"]["member"] for error in answer.errors] == ["ids"]


async def test_what_a_field_names_is_one_step_away(filled: MemoryGraph) -> None:
    query = """{ node(id: "Study:ST-1") { ... on Study {
      institution institutionNode { name principalOfficerNode { key } }
      investigatorBrochure investigatorBrochureNode { title }
      projectFilingDocuments projectFilingDocumentsNodes { id }
    } } }"""
    assert data_of(await ask_memory(filled, query))["node"] == {
        "institution": "Institution:ORG-1",
        "institutionNode": {"name": _sample("Institution", "name"), "principalOfficerNode": {"key": "P-1"}},
        "investigatorBrochure": "DOC-1",
        "investigatorBrochureNode": {"title": _sample("Document", "title")},
        "projectFilingDocuments": ["DOC-1"],
        "projectFilingDocumentsNodes": [{"id": "Document:DOC-1"}],
    }


async def test_a_text_that_is_no_key_is_kept_and_leads_nowhere() -> None:
    manual = {"record": "node", "kind": "Institution", "id": "ORG-9", "data": {"quality_manual": "on the shelf"}}
    query = '{ node(id: "Institution:ORG-9") { ... on Institution { qualityManual qualityManualNode { id } } } }'
    found = data_of(await ask_memory(MemoryGraph([manual]), query))["node"]
    assert found == {"qualityManual": "on the shelf", "qualityManualNode": None}


async def test_a_less_exact_time_is_given_as_earliest_and_latest() -> None:
    received = {"received_at": "2025-01-18", "opened_at": "2025-01-18T09:00:00.25+08:00"}
    reagent = {"record": "node", "kind": "Reagent", "id": "R1", "zone": "+08:00", "data": received}
    query = '{ node(id: "Reagent:R1") { ... on Reagent { receivedAt receivedAtLatest openedAt openedAtLatest } } }'
    assert data_of(await ask_memory(MemoryGraph([reagent]), query))["node"] == {
        "receivedAt": "2025-01-18T00:00:00.000+08:00",
        "receivedAtLatest": "2025-01-19T00:00:00.000+08:00",
        "openedAt": "2025-01-18T09:00:00.250+08:00",
        "openedAtLatest": None,
    }


async def test_a_node_leads_to_what_made_it_and_to_all_it_took_part_in(bench: MemoryGraph) -> None:
    query = """{ node(id: "CellLot:L1") {
      madeBy { id type } operations { totalCount edges { node { type inputs { id } outputs { id } } } }
    } }"""
    found = data_of(await ask_memory(bench, query))["node"]
    assert found["madeBy"]["type"] == "SEPARATED"
    assert found["operations"] == {
        "totalCount": 2,
        "edges": [
            {"node": {"type": "SEPARATED", "inputs": [{"id": "Tissue:T1"}], "outputs": [{"id": "CellLot:L1"}]}},
            {"node": {"type": "EXPANDED", "inputs": [{"id": "CellLot:L1"}], "outputs": [{"id": "CellLot:L2"}]}},
        ],
    }


_PAGE = """query($first: Int, $after: String) { node(id: "Reagent:MED-1") { operations(first: $first, after: $after) {
  totalCount asOfSeq pageInfo { hasNextPage endCursor } edges { node { id } } } } }"""


async def _pages(lineage: MemoryGraph, between: Sequence[Json] = ()) -> tuple[list[str], set[int], set[int]]:
    """All operations of the medium in pages of two, with records coming in after the first page."""
    ids: list[str] = []
    totals, positions, after = set(), set(), None
    while True:
        answer = data_of(await ask_memory(lineage, _PAGE, {"first": 2, "after": after}))["node"]["operations"]
        ids += [edge["node"]["id"] for edge in answer["edges"]]
        totals.add(answer["totalCount"])
        positions.add(answer["asOfSeq"])
        after = answer["pageInfo"]["endCursor"]
        if not answer["pageInfo"]["hasNextPage"]:
            return ids, totals, positions
        for each in between:
            lineage.add(each)
        between = ()


async def test_pages_of_one_answer_agree_whatever_is_recorded_meanwhile() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.reagent("MED-1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    for number in range(1, 6):
        sheet.expanded(f"L{number}", f"L{number + 1}", reagents=["MED-1"])
    before = list(sheet.records)
    later = sheet.expanded("L6", "L7", reagents=["MED-1"])
    ids, totals, positions = await _pages(MemoryGraph(before), [later])
    assert len(ids) == len(set(ids)) == 5
    assert totals == {5}
    assert positions == {len(before)}


@pytest.mark.parametrize("after", ["nonsense", "", Cursor(1, ("x",)).text(), Cursor(1, (1, 1)).text()])
async def test_a_cursor_of_another_answer_is_bad_input(bench: MemoryGraph, after: str) -> None:
    answer = await ask_memory(bench, _PAGE, {"first": 2, "after": after})
    assert [error["extensions"]["code"] for error in answer.errors] == ["bad_input"]
    assert answer.data == {"node": {"operations": None}}


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (_PAGE, [0]),
        ('query($after: String) { search(text: "L", after: $after) { totalCount } }', ["CellLot", "L1"]),
        ("query($after: String) { deviations(after: $after) { totalCount } }", [1, 1]),
    ],
)
async def test_a_cursor_beyond_the_ledger_is_bad_input(bench: MemoryGraph, query: str, place: list[Any]) -> None:
    answer = await ask_memory(bench, query, {"after": Cursor(99_999, tuple(place)).text()})
    assert [error["extensions"]["member"] for error in answer.errors] == ["after"]


async def test_a_page_of_more_than_500_is_bad_input(bench: MemoryGraph) -> None:
    answer = await ask_memory(bench, _PAGE, {"first": 501})
    assert [error["extensions"]["member"] for error in answer.errors] == ["first"]


async def test_who_may_not_see_a_field_gets_null_and_its_name(filled: MemoryGraph) -> None:
    query = '{ node(id: "Donor:D1") { id maskedFields ... on Donor { donorRelationship sex birthDate } } }'
    found = data_of(await ask_memory(filled, query, as_=viewer(Role.OPERATOR)))["node"]
    assert found["donorRelationship"] == "autologous"
    assert (found["sex"], found["birthDate"]) == (None, None)
    assert {"sex", "birthDate", "medicalHistory"} <= set(found["maskedFields"])
    assert "donorRelationship" not in found["maskedFields"]


async def test_every_field_above_the_viewers_tier_is_null_and_named(filled: MemoryGraph) -> None:
    for role, tier in ((Role.ANALYST, 1), (Role.OPERATOR, 2), (Role.SAFETY_OFFICER, 3)):
        for kind, key in (("Person", "P-1"), ("Study", "ST-1"), ("Institution", "ORG-1"), ("Document", "DOC-1")):
            names = {name: camel(name) for name in KINDS[kind].fields}
            query = f'{{ node(id: "{kind}:{key}") {{ maskedFields ... on {kind} {{ {" ".join(names.values())} }} }} }}'
            found = data_of(await ask_memory(filled, query, as_=viewer(role)))["node"]
            above = {names[name] for name, field in KINDS[kind].fields.items() if field.tier > tier}
            assert set(found["maskedFields"]) == above
            assert {name for name in names.values() if found[name] is None} == above


async def test_a_hidden_thing_is_a_stub_whose_code_is_not_told(filled: MemoryGraph) -> None:
    query = '{ node(id: "Donor:D1") { id key maskedFields operations { totalCount } ... on Donor { sex } } }'
    found = data_of(await ask_memory(filled, query, as_=viewer(Role.ANALYST)))["node"]
    assert "D1" not in found["id"] + found["key"]
    assert found["operations"] is None
    assert {"id", "key", "operations", "sex"} <= set(found["maskedFields"])


async def test_an_operation_hides_the_donor_but_not_itself(filled: MemoryGraph) -> None:
    query = """query($id: ID!) { operation(id: $id) { type start maskedFields
      inputs { id maskedFields node { id } } ... on CollectedOperation { collectionMethod collectionOperator } } }"""
    collected = next(each["id"] for each in filled_records() if each.get("type") == "COLLECTED")
    found = data_of(await ask_memory(filled, query, {"id": f"Operation:{collected}"}, as_=viewer(Role.VIEWER)))
    act = found["operation"]
    assert (act["type"], act["start"], act["collectionMethod"]) == ("COLLECTED", None, "DOC-1")
    assert {"start", "end", "operator", "collectionOperator"} <= set(act["maskedFields"])
    assert act["inputs"] == [{"id": "Donor:•1", "maskedFields": ["id"], "node": {"id": "Donor:•1"}}]


async def test_reading_personal_data_is_noted_in_the_access_log(filled: MemoryGraph) -> None:
    log = MemoryLog()
    await ask_memory(
        filled, '{ node(id: "Donor:D1") { ... on Donor { sex } } }', as_=viewer(Role.INVESTIGATOR), log=log
    )
    assert ("P-01", ("Donor:D1",), 3) in {(person, ids, tier) for person, _, ids, tier in log.entries}


async def test_a_search_finds_by_key_and_name_and_says_where_it_did_not_look(filled: MemoryGraph) -> None:
    query = '{ search(text: "p-") { totalCount notSearched edges { node { id } } } }'
    found = data_of(await ask_memory(filled, query, as_=viewer(Role.VIEWER)))["search"]
    assert found["totalCount"] == 0
    assert "PERSON" in found["notSearched"]
    found = data_of(await ask_memory(filled, query, as_=OWNER))["search"]
    assert {"Person:P-1", "Person:P-2", "Person:P-3"} <= {edge["node"]["id"] for edge in found["edges"]}
    assert found["notSearched"] == []


async def test_a_search_looks_into_the_kinds_that_are_named(filled: MemoryGraph) -> None:
    query = '{ search(text: "1", kinds: [EQUIPMENT, STUDY], first: 1) { totalCount pageInfo { hasNextPage } edges { node { id } } } }'
    found = data_of(await ask_memory(filled, query))["search"]
    assert found["totalCount"] == 2
    assert found["pageInfo"] == {"hasNextPage": True}
    assert found["edges"] == [{"node": {"id": "Equipment:INC-1"}}]


async def test_a_closing_is_told_with_the_operation_it_ended() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    stay = sheet.act("STORED", [{"kind": "Tissue", "id": "T1"}], [{"kind": "StoragePosition", "id": "TANK-1"}])
    query = "query($id: ID!) { operation(id: $id) { isOpen end closings { id end by } } }"
    given = {"id": f"Operation:{stay['id']}"}
    open_ = data_of(await ask_memory(MemoryGraph(sheet.records), query, given))["operation"]
    assert open_ == {"isOpen": True, "end": None, "closings": []}
    closing = {"record": "closing", "id": "C1", "operation": stay["id"], "end": "2025-03-01T00:00:00Z", "by": "P-01"}
    closed = data_of(await ask_memory(MemoryGraph([*sheet.records, closing]), query, given))["operation"]
    ended = "2025-03-01T00:00:00.000+00:00"
    assert closed == {"isOpen": False, "end": ended, "closings": [{"id": "C1", "end": ended, "by": "Person:P-01"}]}


async def test_an_operation_tells_its_deviations() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    lineage = MemoryGraph([*sheet.records, sheet.collected("D1", "T1")])
    id_ = sheet.records[-1]["id"]
    members = {"code": "out_of_range", "severity": "major", "message": "too warm", "operation": id_}
    lineage.found_deviations.append(DeviationRow(id="9-1", seq=1, is_open=True, members=members))
    query = "query($id: ID!) { operation(id: $id) { deviations { id severity message maskedFields } } }"
    found = data_of(await ask_memory(lineage, query, {"id": f"Operation:{id_}"}))["operation"]
    assert found == {"deviations": [{"id": "9-1", "severity": "major", "message": "too warm", "maskedFields": []}]}


async def test_history_tells_who_when_old_new_and_why(filled: MemoryGraph) -> None:
    amended = {
        "record": "amendment", "id": "M1", "kind": "Reagent", "id_of": "R1", "data": {"name": "Medium"},
        "reason": "misspelt", "by": "P-2",
    }  # fmt: skip
    lineage = MemoryGraph([*filled_records(), amended])
    query = '{ history(id: "Reagent:R1") { record recordId member old new person reason recordedAt isMasked } }'
    last = data_of(await ask_memory(lineage, query))["history"][-1]
    assert last.pop("recordedAt").endswith("+00:00")
    assert last == {
        "record": "amendment", "recordId": "M1", "member": "name", "old": _sample("Reagent", "name"), "new": "Medium", "person": "P-2",
        "reason": "misspelt", "isMasked": False,
    }  # fmt: skip


async def test_coverage_lists_the_158_items_in_both_languages(filled: MemoryGraph) -> None:
    query = "{ coverage { present missing notApplicable items { id list zh en status presentCount expectedCount } } }"
    found = data_of(await ask_memory(filled, query))["coverage"]
    assert len(found["items"]) == 158 == found["present"] + found["missing"] + found["notApplicable"]
    first = next(item for item in found["items"] if item["id"] == "EXP-05")
    assert (first["list"], first["zh"], first["status"]) == ("EXP", "细胞代次", "PRESENT")


async def test_the_service_says_what_it_is(filled: MemoryGraph) -> None:
    query = "{ serviceInfo { engine engineVersion version index { state } ledgerHead { seq digest epoch } } }"
    found = data_of(await ask_memory(filled, query))["serviceInfo"]
    assert found["engine"] == "Memory"
    assert found["ledgerHead"]["seq"] == len(filled_records())
