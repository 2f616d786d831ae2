"""Errors teach, and tell no value, no trace, nothing of what nobody expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from graph.errors import StoreUnavailable
from graph.reader import HeadRow
from schema.execution import Answer
from support.asking import ask_memory
from support.filled import filled_records
from support.memory_graph import MemoryGraph

SECRET = "13800001111"


async def _refused(query: str, variables: Mapping[str, Any] | None = None) -> Answer:
    answer = await ask_memory(MemoryGraph(), query, variables)
    assert answer.is_request_error
    assert answer.failures == []
    for error in answer.errors:
        assert error["message"]
        assert error["extensions"]["code"]
        assert error["extensions"]["remedy"]
    return answer


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ nod }", "Did you mean 'node'"),
        ("{ node }", "id"),
        ("{ node(id: 1) }", "selection"),
        ("{", "Syntax Error"),
        ("query A { serviceInfo { version } } query B { serviceInfo { version } }", "several operations"),
        ("fragment F on Query { serviceInfo { version } }", "which operation"),
        ("subscription { x }", "not supported"),
    ],
)
async def test_a_query_that_is_none_is_told_what_is_wrong(query: str, says: str) -> None:
    answer = await _refused(query)
    assert says in " ".join(error["message"] for error in answer.errors)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"i": {"start": "2025-01-18", "id": SECRET}}, "'performingOrg'"),
        ({"i": SECRET}, "to be an object"),
        ({"i": {"idempotencyKey": {SECRET: SECRET}}}, "idempotencyKey"),
        ({"i": {"idempotencyKey": "k", "inputs": [{"id": SECRET, "quantity": SECRET}]}}, "inputs[0].quantity"),
        ({"i": {"idempotencyKey": "k", "createMissing": [SECRET]}}, "'NodeKind'"),
        ({"i": {"idempotencyKey": "k", "data": {"seedingDensity": SECRET}}}, "data.seedingDensity"),
        ({"i": {"start": [SECRET]}}, "start"),
    ],
)
async def test_a_wrong_variable_is_named_by_its_place_and_never_quoted(variables: Any, says: str) -> None:
    query = "mutation($i: ExpandedInput!) { recordExpanded(input: $i) { accepted } }"
    answer = await _refused(query, variables)
    told = json.dumps(answer.as_json())
    assert SECRET not in told
    assert says in told


@pytest.mark.parametrize(
    "query",
    [
        f'{{ search(text: "x", first: "{SECRET}") {{ totalCount }} }}',
        f'{{ reachable(from: "a", to: "b", knownAt: "{SECRET}") }}',
        f"{{ search(text: {SECRET}) {{ totalCount }} }}",
        f'{{ search(text: "x", kinds: ["{SECRET}"]) {{ totalCount }} }}',
    ],
)
async def test_a_wrong_value_in_the_query_is_not_quoted(query: str) -> None:
    assert SECRET not in json.dumps((await _refused(query)).as_json())


async def test_an_id_that_is_none_says_how_ids_are_written() -> None:
    answer = await ask_memory(MemoryGraph(), '{ node(id: "L1P1") { id } }')
    (error,) = answer.errors
    assert "Kind:key" in error["message"]
    assert error["extensions"] | {"remedy": ""} == {"code": "bad_input", "member": "id", "remedy": ""}
    assert error["path"] == ["node"]
    assert answer.data == {"node": None}


async def test_what_does_not_exist_is_named_where_a_question_has_no_union() -> None:
    answer = await ask_memory(MemoryGraph(), '{ coverage(lot: "CellLot:NONE") { present } }')
    (error,) = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["ids"]) == ("not_found", ["CellLot:NONE"])


class _Broken(MemoryGraph):
    """A lineage whose reading fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__(filled_records())
        self._error = error

    async def head(self) -> HeadRow:
        raise self._error


async def test_a_fault_of_ours_is_told_without_its_text_and_handed_to_the_log() -> None:
    fault = RuntimeError(f"secret {SECRET}")
    answer = await ask_memory(_Broken(fault), '{ node(id: "Donor:D1") { id } serviceInfo { version } }')
    assert {error["extensions"]["code"] for error in answer.errors} == {"internal_error"}
    assert "secret" not in json.dumps(answer.as_json())
    assert answer.failures
    assert all(failure is fault for failure in answer.failures)


async def test_a_store_that_does_not_answer_is_no_answer_at_all() -> None:
    gone = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        await ask_memory(_Broken(gone), '{ node(id: "Donor:D1") { id } }')


async def test_a_fault_in_one_field_leaves_the_others() -> None:
    query = '{ a: node(id: "Donor:D1") { id } b: node(id: "nonsense") { id } }'
    answer = await ask_memory(MemoryGraph(filled_records()), query)
    assert answer.data == {"a": {"id": "Donor:D1"}, "b": None}
    assert [error["path"] for error in answer.errors] == [["b"]]
