"""POST /graphql: what counts as a question, who asks, and in which shape answers and errors come."""

from __future__ import annotations

from typing import Any

import pytest

from graph.viewer import Role
from service.examples import EXAMPLES
from service.store import Store
from support.asking import ask, data_of
from support.bench_sheet import BenchSheet
from support.serving import client_of, token_of
from support.stores import import_all, record
from support.trial import trial

_QUERY = '{ node(id: "Donor:D1") { id maskedFields } }'


async def _post(store: Store, role: Role = Role.VIEWER, **request: Any) -> Any:
    async with client_of(store, await token_of(store, role)) as client:
        return await client.post("/graphql", **request)


async def _with_a_donor(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", sex="female")
    await record(store, sheet.records)


async def test_a_question_is_answered_as_json(store: Store) -> None:
    await _with_a_donor(store)
    response = await _post(store, Role.INVESTIGATOR, json={"query": _QUERY})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"data": {"node": {"id": "Donor:D1", "maskedFields": []}}}


async def test_the_answer_is_for_the_one_signed_in(store: Store) -> None:
    await _with_a_donor(store)
    found = (await _post(store, Role.VIEWER, json={"query": _QUERY})).json()["data"]["node"]
    assert "D1" not in found["id"]
    assert "sex" in found["maskedFields"]


async def test_variables_and_the_operations_name_are_taken(store: Store) -> None:
    query = "query A($t: String!) { search(text: $t) { totalCount } } query B { serviceInfo { engine } }"
    body = {"query": query, "variables": {"t": "x"}, "operationName": "A"}
    assert (await _post(store, json=body)).json() == {"data": {"search": {"totalCount": 0}}}


async def test_what_is_read_of_tier_three_is_in_the_access_log_before_the_answer(store: Store) -> None:
    await _with_a_donor(store)
    query = '{ node(id: "Donor:D1") { ... on Donor { sex } } }'
    async with client_of(store, await token_of(store, Role.INVESTIGATOR)) as client:
        response = await client.post("/graphql", json={"query": query}, headers={"X-Purpose": "safety review"})
    assert response.json()["data"]["node"] == {"sex": "female"}
    read = [entry async for entry in store.access_log.read(about="Donor:D1")]
    assert ("P-01", "safety review", 3) in {(entry.person, entry.purpose, entry.tier) for entry in read}


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "JSON"),
        ({"content": b'{"query": "\xff"}', "headers": {"Content-Type": "application/json"}}, 400, "JSON"),
        ({"content": b"query=x", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415, "json"),
        ({"content": b"{ a }", "headers": {"Content-Type": "application/graphql"}}, 415, "json"),
        ({"json": []}, 400, "object"),
        ({"json": {}}, 400, "query"),
        ({"json": {"query": 5}}, 400, "query"),
        ({"json": {"query": " "}}, 400, "query"),
        ({"json": {"query": "{ a }", "variables": []}}, 400, "variables"),
        ({"json": {"query": "{ a }", "operationName": 1}}, 400, "operationName"),
        ({"json": {"query": "{ a }", "querry": ""}}, 400, "querry"),
    ],
)
async def test_what_is_no_question_gets_the_services_own_error(
    store: Store, request_: dict[str, Any], status: int, says: str
) -> None:
    response = await _post(store, **request_)
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"code", "message", "remedy"}
    assert says in error["message"] + error["remedy"]


async def test_a_wrong_question_is_told_in_graphqls_shape(store: Store) -> None:
    response = await _post(store, json={"query": "{ nonsense }"})
    assert response.status_code == 200
    assert set(response.json()) == {"errors"}


async def test_graphqls_own_media_type_tells_a_wrong_question_by_its_status(store: Store) -> None:
    accept = {"Accept": "application/graphql-response+json"}
    wrong = await _post(store, json={"query": "{ nonsense }"}, headers=accept)
    right = await _post(store, json={"query": "{ serviceInfo { version } }"}, headers=accept)
    assert (wrong.status_code, right.status_code) == (400, 200)
    assert wrong.headers["content-type"] == "application/graphql-response+json"


async def test_a_fault_is_answered_without_its_text(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(type(store.reader), "search", fail)
    response = await _post(store, json={"query": '{ search(text: "x") { totalCount } }'})
    assert response.status_code == 200
    assert "secret" not in response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "internal_error"


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["title"] for example in EXAMPLES])
async def test_the_examples_of_the_page_are_answered(store: Store, example: dict[str, Any]) -> None:
    await import_all(store, trial())
    data = data_of(await ask(store, example["query"], example["variables"]))
    assert all(value not in (None, []) for value in data.values())
    assert "NotFound" not in str(data)
