"""Traces and impacts as files over HTTP: whole, or visibly not; for who may; slice by slice."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message

from exchange.answers import read_rows
from graph.engine import EmbeddedEngine
from graph.errors import StoreUnavailable
from graph.viewer import Role
from service.application import build_application
from service.store import Store
from support.asking import ask, data_of
from support.serving import client_of, token_of
from support.site import site_east_by
from support.stores import empty_store, import_all
from support.trial import trial

MEDIUM = {"hazard": "EXPOSURE", "seed": "Reagent:R-MED-8"}
ROOM = {"position": "StoragePosition:ROOM-1", "at": "2025-04-13T12:00:00+08:00"}
BACK = {"start": "CellLot:DP1", "direction": "backward"}
IMPACT = """query($input: ImpactInput!) { impact(input: $input) { ... on Impact {
  asOfSeq digest items(first: 500) { edges { node { id tier exposedFrom uncertain } } } } } }"""


@pytest.fixture(scope="module")
async def trial_store(embedded_engine: EmbeddedEngine) -> Store:
    store = await empty_store(embedded_engine)
    await import_all(store, trial())
    return store


async def _get(
    store: Store, path: str, asked: dict[str, Any], role: Role = Role.OWNER, person: str = "P-01"
) -> httpx.Response:
    async with client_of(store, await token_of(store, role, person)) as client:
        return await client.get(path, params=asked)


def _read(content: bytes, form: str = "ndjson") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *rows, last = read_rows([content], form)
    return rows, last["trailer"]


@pytest.mark.parametrize("pushdown", ["false", "true"])
async def test_an_impact_is_exported_as_graphql_tells_it(trial_store: Store, pushdown: str) -> None:
    window = "2025-03-08T00:00:00+08:00/2025-04-15T00:00:00+08:00"
    asked = {
        "hazard": "contagious", "seed": f"Equipment:INC-2@{window}", "channels": "EQUIPMENT,STORAGE",
        "pushdown": pushdown,
    }  # fmt: skip
    answer = await _get(trial_store, "/export/impact", asked)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="impact.ndjson"'
    rows, trailer = _read(answer.content)
    since, until = window.split("/")
    question = {
        "hazard": "CONTAGIOUS",
        "seeds": [{"id": "Equipment:INC-2", "from": since, "until": until}],
        "channels": ["EQUIPMENT", "STORAGE"],
    }
    told = data_of(await ask(trial_store, IMPACT, {"input": question}))["impact"]
    items = [edge["node"] for edge in told["items"]["edges"]]
    assert [{name: row[name] for name in ("id", "tier", "exposedFrom", "uncertain")} for row in rows] == items
    assert (trailer["digest"], trailer["asOfSeq"]) == (told["digest"], told["asOfSeq"])
    assert answer.headers["x-ledger-position"] == str(told["asOfSeq"])
    assert answer.headers["x-count"] == str(len(rows))
    assert answer.headers["x-complete"] == "true"


async def test_seeds_may_come_again_and_be_ranges_of_units(trial_store: Store) -> None:
    asked = {"hazard": "EXPOSURE", "seed": ["CellUnit:WCB1#11-13", "CellUnit:WCB1#20"]}
    rows, trailer = _read((await _get(trial_store, "/export/impact", asked)).content)
    seeds = {row["id"] for row in rows if row["from"] is None}
    assert seeds == {"CellUnit:WCB1#11", "CellUnit:WCB1#12", "CellUnit:WCB1#13", "CellUnit:WCB1#20"}
    assert set(trailer["asked"]["seed"]) == seeds


@pytest.mark.parametrize(
    ("window", "zone"),
    [("2025-03-01", "+08:00"), ("2025-03-01/2025-04-01T00:00:00Z", "+08:00"), ("2025-03-01T00:00:00+01:00", None)],
)
@pytest.mark.parametrize("form", ["ndjson", "csv"])
async def test_the_trailer_says_in_which_zone_a_time_without_offset_was_taken(
    trial_store: Store, window: str, zone: str | None, form: str
) -> None:
    asked = {"hazard": "EXPOSURE", "seed": f"Equipment:INC-2@{window}", "format": form}
    with site_east_by(8):
        _, trailer = _read((await _get(trial_store, "/export/impact", asked)).content, form)
    assert trailer["assumedZone"] == zone


async def test_a_trace_is_exported_as_it_is_asked_for_in_a_page(trial_store: Store) -> None:
    rows, trailer = _read((await _get(trial_store, "/export/trace", {**BACK, "kinds": "CELL_LOT"})).content)
    assert {row["kind"] for row in rows if row["row"] == "node"} == {"CELL_LOT"}
    assert {row["row"] for row in rows} == {"node", "edge"}
    assert trailer["asked"] == {"start": ["CellLot:DP1"], "direction": ["backward"], "kinds": ["CELL_LOT"]}
    links, _ = _read((await _get(trial_store, "/export/trace", {**BACK, "list": "links"})).content)
    assert {row["row"] for row in links} == {"edge"}
    answer = await _get(trial_store, "/export/trace", {**BACK, "maxDepth": "1"})
    assert answer.headers["x-complete"] == "false"
    assert _read(answer.content)[1]["reason"] == "there is more beyond depth 1"


async def test_what_stands_in_a_place_is_exported_with_what_is_affected_of_it(trial_store: Store) -> None:
    answer = await _get(trial_store, "/export/contents", {**ROOM, **MEDIUM})
    rows, trailer = _read(answer.content)
    assert len(rows) == trailer["count"] == 23
    assert (trailer["complete"], trailer["asked"]["position"]) == (True, ["StoragePosition:ROOM-1"])
    told = {row["id"]: row for row in rows}
    assert [id_ for id_, row in told.items() if not row["affected"]] == ["CellLot:MCB1", "CellLot:MCB3"]
    bank = told["CellLot:MCB1"]
    assert (bank["position"], bank["path"], bank["amount"]) == ("StoragePosition:TANK-A", "TANK-A", "9")
    assert (bank["since"], bank["until"]) == ("2025-01-23T18:00:00.000+08:00", None)
    assert (told["CellUnit:DP1#4"]["tier"], told["CellUnit:DP1#4"]["dispositions"]) == (1, "quarantined")
    part, of_part = _read((await _get(trial_store, "/export/contents", {**ROOM, **MEDIUM, "affected": "no"})).content)
    assert [row["id"] for row in part] == ["CellLot:MCB1", "CellLot:MCB3"]
    assert of_part["digest"] != trailer["digest"], "another question"
    pushed, _ = _read((await _get(trial_store, "/export/contents", {**ROOM, **MEDIUM, "pushdown": "true"})).content)
    assert pushed == rows
    plain, _ = _read((await _get(trial_store, "/export/contents", ROOM)).content)
    assert {row["affected"] for row in plain} == {None}


async def test_what_stands_in_a_place_is_a_table_in_each_format_that_holds_one(trial_store: Store) -> None:
    for form in ("csv", "xlsx"):
        answer = await _get(trial_store, "/export/contents", {**ROOM, "format": form})
        assert answer.status_code == 200
        assert answer.content.startswith({"csv": b"\xef\xbb\xbfid,kind,position", "xlsx": b"PK\x03\x04"}[form])


@pytest.mark.parametrize("path", ["/export/trace", "/export/impact"])
@pytest.mark.parametrize("form", ["csv", "xlsx", "graphml"])
async def test_each_format_is_one(trial_store: Store, path: str, form: str) -> None:
    asked = {**(MEDIUM if path == "/export/impact" else BACK), "format": form}
    answer = await _get(trial_store, path, asked)
    assert answer.status_code == 200
    begin = {"csv": b"\xef\xbb\xbfid,kind", "xlsx": b"PK\x03\x04", "graphml": b"<?xml"}
    assert answer.content.startswith(begin[form])
    assert answer.headers["content-disposition"].endswith(f'.{form}"')


async def test_an_answer_at_an_entry_stays_what_it_was(trial_store: Store) -> None:
    before = await _get(trial_store, "/export/impact", MEDIUM)
    seq = before.headers["x-ledger-position"]
    await import_all(trial_store, [{"record": "node", "kind": "Person", "id": f"P-after-{seq}"}])
    assert (await _get(trial_store, "/export/impact", {**MEDIUM, "at": seq})).content == before.content
    assert (await _get(trial_store, "/export/impact", MEDIUM)).headers["x-ledger-position"] == str(int(seq) + 1)


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("/export/impact", {"seed": "Reagent:R-MED-8"}, "hazard"),
        ("/export/impact", {"hazard": "EXPOSURE"}, "seeds is empty"),
        ("/export/impact", {**MEDIUM, "hazard": "FIRE"}, "FIRE"),
        ("/export/impact", {**MEDIUM, "channels": "STORAGE"}, "does not go with"),
        ("/export/impact", {**MEDIUM, "channels": "AIR"}, "AIR"),
        ("/export/impact", {**MEDIUM, "tiers": "4"}, "'4'"),
        ("/export/impact", {**MEDIUM, "seed": "R-MED-8"}, "Kind:key"),
        ("/export/impact", {**MEDIUM, "seed": "Equipment:INC-2@2025-13-01"}, "2025-13-01"),
        ("/export/impact", {**MEDIUM, "sed": "x"}, "Did you mean seed?"),
        ("/export/impact", {**MEDIUM, "at": "99999"}, "later entry"),
        ("/export/contents", {**ROOM, "format": "graphml"}, "graphml"),
        ("/export/contents", {**ROOM, "position": "CellLot:MCB1"}, "is no place"),
        ("/export/contents", {**ROOM, "entry": "99999"}, "later entry"),
        ("/export/trace", {**BACK, "format": "pdf"}, "pdf"),
        ("/export/trace", {**BACK, "list": "all"}, "all"),
        ("/export/trace", {**BACK, "direction": "up"}, "up"),
    ],
)
async def test_a_question_that_is_none_is_refused_before_anything_is_sent(
    trial_store: Store, path: str, asked: dict[str, Any], said: str
) -> None:
    answer = await _get(trial_store, path, asked)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert said in f"{error['message']} {error['remedy']}"


async def test_what_is_not_there_is_not_found_and_what_may_not_be_seen_not_permitted(trial_store: Store) -> None:
    assert (await _get(trial_store, "/export/impact", {**MEDIUM, "seed": "Reagent:NONE"})).status_code == 404
    assert (await _get(trial_store, "/export/impact", {**MEDIUM, "seed": "Donor:D1"}, Role.ANALYST)).status_code == 403
    assert (await _get(trial_store, "/export/impact", MEDIUM, Role.OPERATOR)).status_code == 403


async def test_who_may_not_see_codes_gets_stubs_and_nothing_is_logged_but_what_is_shown(trial_store: Store) -> None:
    log = trial_store.access_log
    masked = await _get(trial_store, "/export/impact", MEDIUM, Role.ANALYST, "P-analyst")
    assert "Subject:•1" in masked.text
    assert "Subject:S" not in masked.text
    assert [entry async for entry in log.read(person="P-analyst")] == []
    rows, _ = _read((await _get(trial_store, "/export/impact", MEDIUM, Role.INVESTIGATOR, "P-reader")).content)
    (entry,) = [entry async for entry in log.read(person="P-reader")]
    assert set(entry.ids) >= {row["id"] for row in rows if row["kind"] == "SUBJECT"}
    assert entry.what == "impact"


class _Client:
    """A client that takes what is sent when it pleases, and may go away."""

    def __init__(self, store: Store, token: str, query: str) -> None:
        self.app = build_application(store)
        self.scope = {
            "type": "http", "method": "GET", "path": "/export/impact", "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {token}".encode())], "scheme": "http",
            "server": ("127.0.0.1", 80), "asgi": {"spec_version": "2.4"},
        }  # fmt: skip
        self.taken: list[Message] = []
        self.ready = asyncio.Semaphore(0)
        self.sent = asyncio.Event()
        self._coming: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive(self) -> Message:
        """The request, and then nothing: it stays."""
        return self._coming.pop() if self._coming else await asyncio.Future()

    async def send(self, message: Message) -> None:
        await self.ready.acquire()
        self.taken.append(message)
        self.sent.set()


async def test_nothing_is_made_before_what_came_before_it_is_taken(
    trial_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from queries import slices

    made = []
    original = slices._slice_of

    def counting(*given: Any) -> Any:
        made.append(len(given[2]))
        return original(*given)

    monkeypatch.setattr(slices, "_ROWS", 5)
    monkeypatch.setattr(slices, "_slice_of", counting)
    token = await token_of(trial_store, Role.OWNER)
    client = _Client(trial_store, token, "hazard=EXPOSURE&seed=Reagent:R-MED-8")
    asking = asyncio.ensure_future(client.app(client.scope, client.receive, client.send))
    for taken in range(1, 4):
        client.ready.release()
        await asyncio.wait_for(client.sent.wait(), 20)
        client.sent.clear()
        assert len(made) <= taken
    for _ in range(100):
        client.ready.release()
    await asking
    assert sum(made) > 30
    *rows, last = read_rows([message.get("body", b"") for message in client.taken], "ndjson")
    assert last["trailer"]["count"] == len(rows) == sum(made)


async def test_an_export_that_fails_on_its_way_has_no_trailer(
    trial_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from queries import slices

    original = slices._slice_of

    def failing(view: Any, answer: Any, rows: Any) -> Any:
        if answer.order[0] not in rows:
            raise StoreUnavailable("gone")
        return original(view, answer, rows)

    monkeypatch.setattr(slices, "_ROWS", 5)
    monkeypatch.setattr(slices, "_slice_of", failing)
    async with client_of(trial_store, await token_of(trial_store, Role.OWNER)) as client:
        content = (await client.get("/export/impact", params=MEDIUM)).content
    assert content.count(b"\n") == 5
    assert b"trailer" not in content
