"""Records over HTTP: in, with everything that is wrong at its line; out, with a trailer that shows a cut."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import Message

from exchange.importing import import_records
from exchange.jsonlines import read_chunks, read_file
from exchange.workbook.template import write_template
from graph.errors import Incomplete, Place, StoreUnavailable
from graph.ledger import LARGEST_REQUEST
from graph.viewer import OWNER, Role
from service.application import build_application
from service.client import Service
from service.store import Store
from support.serving import ADDRESS, client_of, token_of
from support.stores import import_all, lines_of
from support.trial import trial

PERSON = {"record": "node", "kind": "Person", "id": "P-77"}


def _lines(records: Iterable[Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def _people(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [{"record": "node", "kind": "Person", "id": f"P-{number}"} for number in range(first, first + count)]


async def _owner(store: Store) -> httpx.AsyncClient:
    return client_of(store, await token_of(store, Role.OWNER))


async def test_the_trial_goes_in_and_the_same_comes_out(store: Store) -> None:
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"historic": "true"}, content=_lines(trial()))
        assert answer.status_code == 200
        assert (answer.json()["accepted"], answer.json()["applied"], answer.json()["seq"]) == (True, 83, 83)
        exported = (await client.get("/export/records")).content
    *lines, trailer = exported.splitlines(keepends=True)
    assert lines == await lines_of(store)
    assert orjson.loads(trailer) == {
        "record": "trailer",
        "count": 83,
        "seq": 83,
        "complete": True,
        "digest": hashlib.sha256(b"".join(lines)).hexdigest(),
    }


async def test_the_same_again_is_a_no_op_that_says_so(store: Store) -> None:
    async with await _owner(store) as client:
        for applied, unchanged in ((83, 0), (0, 83)):
            answer = await client.post("/import", params={"historic": "true"}, content=_lines(trial()))
            assert (answer.json()["applied"], answer.json()["unchanged"]) == (applied, unchanged)


async def test_an_export_is_taken_in_with_its_trailer(store: Store) -> None:
    await import_all(store, trial())
    async with await _owner(store) as client:
        exported = (await client.get("/export/records")).content
        answer = await client.post("/import", params={"historic": "true"}, content=exported)
        assert (answer.json()["accepted"], answer.json()["unchanged"]) == (True, 83)
        cut = b"".join(line for number, line in enumerate(exported.splitlines(keepends=True)) if number != 40)
        answer = await client.post("/import", params={"historic": "true"}, content=cut)
    assert answer.status_code == 422
    assert [(each["code"], each["line"]) for each in answer.json()["violations"]] == [("not_whole", 83)]


async def test_all_violations_come_at_once_with_their_lines_and_nothing_is_applied(store: Store) -> None:
    wrong = [PERSON, {**PERSON, "id": "P-78", "dta": {}}, {"record": "node", "kind": "Persn", "id": "P-79"}]
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"name": "people.jsonl"}, content=_lines(wrong) + b"{broken\n")
    assert answer.status_code == 422
    told = answer.json()
    assert not told["accepted"]
    found = [(each["file"], each["line"], each["member"], each["code"]) for each in told["violations"]]
    assert found == [
        ("people.jsonl", 2, "dta", "unknown_member"),
        ("people.jsonl", 3, "kind", "unknown_kind"),
        ("people.jsonl", 4, None, "broken_json"),
    ]
    assert all(each["message"] and each["remedy"] for each in told["violations"])
    assert (await store.ledger.head()).seq == 0


async def test_a_dry_run_applies_nothing(store: Store) -> None:
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"dryRun": "true"}, content=_lines([PERSON]))
    assert (answer.status_code, answer.json()["accepted"], answer.json()["applied"]) == (200, True, 1)
    assert (await store.ledger.head()).seq == 0


async def test_stubs_are_made_of_the_kinds_that_are_named(store: Store) -> None:
    tested = {
        "record": "operation", "type": "CALIBRATED", "id": "C1", "start": "2025-01-01T00:00:00Z",
        "performing_org": "ORG-1", "operator": "P-01", "inputs": [{"kind": "Equipment", "id": "E-1"}],
    }  # fmt: skip
    institution = {"record": "node", "kind": "Institution", "id": "ORG-1"}
    async with await _owner(store) as client:
        answer = await client.post("/import", content=_lines([institution, tested]))
        assert {each["code"] for each in answer.json()["violations"]} == {"unknown_reference", "unknown_input"} or (
            answer.status_code == 422
        )
        answer = await client.post(
            "/import", params={"createMissing": "Person,Equipment"}, content=_lines([institution, tested])
        )
        assert (answer.status_code, answer.json()["applied"]) == (200, 4)
        answer = await client.post("/import", params={"createMissing": "Persn"}, content=_lines([PERSON]))
        assert answer.status_code == 400
        assert "Persn" in answer.json()["error"]["message"]


async def test_more_than_are_applied_whole_need_batches(store: Store) -> None:
    many = _lines(_people(LARGEST_REQUEST + 1))
    async with await _owner(store) as client:
        answer = await client.post("/import", content=many)
        assert [each["code"] for each in answer.json()["violations"]] == ["too_many_records"]
        assert "--batch" in answer.json()["violations"][0]["remedy"]
        assert (await store.ledger.head()).seq == 0
        answer = await client.post("/import", params={"batch": "10000"}, content=many)
        assert (answer.status_code, answer.json()["applied"]) == (200, LARGEST_REQUEST + 1)


async def test_batches_before_the_first_violation_stay_and_the_rest_can_follow(store: Store) -> None:
    people = _people(10)
    broken = [*people[:7], {**people[7], "kind": "Persn"}, *people[8:]]
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"batch": "3", "name": "p.jsonl"}, content=_lines(broken))
        assert answer.status_code == 422
        assert (answer.json()["applied"], answer.json()["lastGood"]["line"]) == (6, 6)
        answer = await client.post("/import", params={"batch": "3"}, content=_lines(people))
        assert (answer.json()["applied"], answer.json()["unchanged"]) == (4, 6)


async def test_a_workbook_is_known_by_what_it_holds(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    write_template(path)
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"name": "trial.xlsx"}, content=path.read_bytes())
        assert answer.status_code == 422
        assert answer.json()["violations"][0]["code"] in {"empty", "empty_file"}
        answer = await client.post("/import", params={"name": "x.xlsx"}, content=b"PK\x03\x04 and no workbook")
        assert answer.json()["violations"][0]["code"] == "not_a_workbook"


@pytest.mark.parametrize("name", ["../../etc/passwd", "x" * 5000, "a\x00b", "..", ".", "a/\\b\n", "名称.xlsx"])
async def test_the_name_of_an_upload_leads_nowhere(store: Store, name: str) -> None:
    async with await _owner(store) as client:
        answer = await client.post("/import", params={"name": name}, content=b"PK\x03\x04 and no workbook")
    assert answer.status_code == 422
    file = answer.json()["violations"][0]["file"]
    assert len(file) <= 100
    assert "/" not in file


@pytest.mark.parametrize(
    "query",
    ["historc=true", "historic=maybe", "batch=many", "batch=0", "batch=20001", "zone=Shanghai", "dryrun=true"],
)
async def test_a_parameter_that_is_none_is_refused(store: Store, query: str) -> None:
    async with await _owner(store) as client:
        answer = await client.post(f"/import?{query}", content=_lines([PERSON]))
    assert answer.status_code in {400, 422}
    assert (await store.ledger.head()).seq == 0


async def test_a_data_manager_claims_recorded_times_and_an_operator_does_not(store: Store) -> None:
    async with client_of(store, await token_of(store, Role.DATA_MANAGER)) as client:
        answer = await client.post("/import", params={"historic": "true"}, content=_lines(trial()))
        assert answer.status_code == 200
        assert (await client.get("/export/records?sealed=true")).status_code == 403
    async with client_of(store, await token_of(store, Role.OPERATOR)) as client:
        assert (await client.post("/import", content=_lines([PERSON]))).status_code == 403


async def test_who_may_not_see_codes_of_donors_gets_no_records(store: Store) -> None:
    await import_all(store, trial())
    async with client_of(store, await token_of(store, Role.ANALYST)) as client:
        answer = await client.get("/export/records")
    assert answer.status_code == 403
    assert "D1" not in answer.text


async def test_sealed_values_leave_with_the_owner_only_and_are_logged(store: Store) -> None:
    await import_all(store, trial())
    plain, sealed = b"".join(await lines_of(store)), b"".join(await lines_of(store, sealed=True))
    async with await _owner(store) as client:
        exported = (await client.get("/export/records", params={"sealed": "true"})).content
    assert exported.startswith(sealed)
    assert plain != sealed
    assert [entry.tier async for entry in store.access_log.read()] == [3]


async def test_a_request_that_is_cut_short_applies_nothing(store: Store) -> None:
    token = await token_of(store, Role.OWNER)
    coming: list[Message] = [
        {"type": "http.request", "body": _lines(_people(5)), "more_body": True},
        {"type": "http.disconnect"},
    ]
    told: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/import", "query_string": b"", "headers": headers}
    await build_application(store)({**scope, "scheme": "http", "server": ("127.0.0.1", 80)}, receive, send)
    assert told[0]["status"] == 400
    assert (await store.ledger.head()).seq == 0


# -- what a command sees of a service elsewhere ------------------------------------------------------------------


class Elsewhere:
    """A service that a command reaches over HTTP, within the test; ``lost`` answers are lost on their way."""

    def __init__(self, client: httpx.AsyncClient, *, lost: int = 0) -> None:
        self.lost = lost
        self.sent = 0
        inner = client._transport

        async def handle(request: httpx.Request) -> httpx.Response:
            answer = await inner.handle_async_request(request)
            content = await answer.aread()
            if request.url.path == "/import":
                self.sent += 1
                if self.sent <= self.lost:
                    raise httpx.ReadError("gone", request=request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        self.service = Service(
            httpx.AsyncClient(
                transport=httpx.MockTransport(handle), base_url=ADDRESS, headers=dict(client.headers.items())
            )
        )


async def _bring(service: Service, file: Path, **how: Any) -> Any:
    return await import_records(service.door, read_file(file), viewer=OWNER, idempotency_prefix="test", **how)


async def test_through_a_service_violations_keep_file_and_line(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(b"\n\n" + _lines([PERSON, {**PERSON, "kind": "Persn"}]))
    async with await _owner(store) as client:
        outcome = await _bring(Elsewhere(client).service, file)
    assert [(each.place, each.member) for each in outcome.violations] == [(Place("people.jsonl", 4), "kind")]


async def test_through_a_service_what_cannot_be_read_is_told_together_with_the_rest(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(b"{broken\n" + _lines([{**PERSON, "kind": "Persn"}]))
    async with await _owner(store) as client:
        elsewhere = Elsewhere(client)
        outcome = await _bring(elsewhere.service, file)
    assert [each.code for each in outcome.violations] == ["broken_json", "unknown_kind"]
    assert elsewhere.sent == 0


async def test_an_answer_that_was_lost_is_asked_for_again_and_applied_once(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(_lines(_people(9)))
    async with await _owner(store) as client:
        elsewhere = Elsewhere(client, lost=2)
        outcome = await _bring(elsewhere.service, file, batch=3)
    assert (outcome.is_complete, outcome.applied, outcome.unchanged) == (True, 9, 0)
    assert (await store.ledger.head()).seq == 9


async def test_a_service_that_stays_away_is_said_to(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(_lines([PERSON]))
    async with await _owner(store) as client:
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await _bring(Elsewhere(client, lost=100).service, file)


def _answering(content: bytes) -> Service:
    return Service(
        httpx.AsyncClient(
            transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)), base_url=ADDRESS
        )
    )


async def _all(service: Service) -> list[bytes]:
    return [line async for line in service.records()]


async def test_a_whole_export_is_taken(store: Store) -> None:
    await import_all(store, trial())
    async with await _owner(store) as client:
        exported = (await client.get("/export/records")).content
        assert await _all(Service(client)) == await lines_of(store)
    assert await _all(_answering(exported)) == await lines_of(store)


async def test_every_way_to_cut_an_export_is_noticed(store: Store) -> None:
    await import_all(store, trial())
    async with await _owner(store) as client:
        exported = (await client.get("/export/records")).content
    lines = exported.splitlines(keepends=True)
    cut = {
        "nothing": b"",
        "no trailer": b"".join(lines[:-1]),
        "half a line": exported[: len(exported) // 2],
        "half a trailer": exported[:-10],
        "a line left out": b"".join(lines[:5] + lines[6:]),
        "two lines changed round": b"".join([lines[1], lines[0], *lines[2:]]),
        "a line too many": b"".join([lines[0], *lines]),
        "something after the trailer": exported + lines[0],
        "a byte changed": exported.replace(b"D1", b"D2", 1),
        "said to be incomplete": exported.replace(b'"complete":true', b'"complete":false'),
    }
    for what, content in cut.items():
        with pytest.raises(Incomplete, match="not whole"):
            await _all(_answering(content))
        assert content != exported, what


async def test_an_export_that_fails_on_its_way_has_no_trailer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await import_all(store, trial())
    whole = store.ledger.export

    async def failing(**how: Any) -> AsyncIterator[bytes]:
        count = 0
        async for line in whole(**how):
            count += 1
            if count > 50:
                raise StoreUnavailable("gone")
            yield line

    monkeypatch.setattr(store.ledger, "export", failing)
    async with await _owner(store) as client:
        content = (await client.get("/export/records")).content
    assert b"trailer" not in content


def test_a_trailer_in_a_file_is_no_record() -> None:
    lines = _lines(_people(2))
    trailer = orjson.dumps(
        {"record": "trailer", "count": 2, "seq": 2, "complete": True, "digest": hashlib.sha256(lines).hexdigest()}
    )
    assert [record.value["id"] for record in read_chunks([lines + trailer])] == ["P-1", "P-2"]
    assert [record.problems[0].code for record in read_chunks([lines[1:] + trailer]) if record.problems][-1] == (
        "not_whole"
    )
