"""The picture as the service shows it: to whom, under which policy, at what cost, and how it answers a wrong question."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from graph.engine import statement_count
from graph.viewer import Role
from service.store import Store
from support.pages import Page, read_page
from support.serving import client_of, token_of
from support.stores import import_all
from support.trial import correction, trial

D1 = {"start": "Donor:D1", "direction": "forward"}
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


async def _client(store: Store, role: Role = Role.OWNER) -> httpx.AsyncClient:
    return client_of(store, await token_of(store, role))


async def _page(client: httpx.AsyncClient, **asked: str) -> Page:
    answer = await client.get("/view/trace", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return read_page(answer.text)


def _things(page: Page) -> set[str]:
    return {shape["heading"] for shape in page.data["shapes"]}


async def test_the_page_runs_under_the_policy_that_it_is_served_with(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store) as client:
        first, second = [await client.get("/view/trace", params=D1) for _ in range(2)]
    nonces = []
    for answer in (first, second):
        policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert policy["default-src"] == "'none'"
        (nonce,) = re.findall(r"'nonce-([^']+)'", policy["script-src"])
        scripts = [script for script in read_page(answer.text).all("script") if "type" not in script.attributes]
        assert [script.attributes["nonce"] for script in scripts] == [nonce] * 4
        assert read_page(answer.text).one("style").attributes["nonce"] == nonce
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


async def test_every_link_of_the_page_is_answered(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store) as client:
        page = await _page(client, **D1, knownAt="2025-05-01T00:00:00+08:00", maxDepth="3", kinds="CELL_LOT,DONOR")
        links = {link.attributes["href"] for link in page.all("a")}
        links |= {href for shape in page.data["shapes"] for _, href in shape["links"]}
        assert len(links) > 5
        for link in links:
            assert (await client.get(link)).status_code == 200, link


async def test_languages_lead_to_each_other_with_the_same_question(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store) as client:
        english = await _page(client, **D1, maxDepth="3")
        (to_chinese,) = [link for link in english.all("a") if link.attributes.get("hreflang") == "zh-CN"]
        chinese = read_page((await client.get(to_chinese.attributes["href"])).text)
        assert chinese.one("html").attributes["lang"] == "zh-CN"
        assert _things(chinese) == _things(english)
        client.headers["Accept-Language"] = "zh-CN,zh;q=0.9,en;q=0.8"
        assert (await _page(client, **D1)).one("html").attributes["lang"] == "zh-CN"


async def test_what_is_asked_is_what_is_drawn(store: Store) -> None:
    await import_all(store, [*trial(), *correction()])
    async with await _client(store) as client:
        assert _things(await _page(client, **D1, kinds="Subject")) == {
            f"Subject:S{number}" for number in (1, 2, 4, 6, 7)
        }
        shallow = await _page(client, **D1, maxDepth="1")
        assert "Tissue:T1" in _things(shallow)
        assert "CellLot:L1" not in _things(shallow)
        subject = {"start": "Subject:S4", "direction": "backward"}
        before = await _page(client, **subject, knownAt="2025-06-09T10:00:00+08:00")
        after = await _page(client, **subject)
        assert "Donor:D1" not in _things(before)
        assert "Donor:D1" in _things(after)
        typed = await client.get("/view/trace?start=Subject:S4&direction=backward&knownAt=2025-06-09T10:00:00+08:00")
        assert _things(read_page(typed.text)) == _things(before), "a plus sign in a typed address is meant as one"


async def test_a_page_to_keep_leads_nowhere(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store) as client:
        page = await _page(client, **D1, standalone="true")
    assert page.all("a") == []
    assert all(shape["links"] == [] for shape in page.data["shapes"])


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"start": "Donor:D1"}, 400, "direction"),
        ({"start": "Donor:D1", "direction": "sideways"}, 400, "sideways"),
        ({"direction": "forward"}, 400, "start"),
        ({"start": "D1", "direction": "forward"}, 400, "Kind:key"),
        ({**D1, "maxDepth": "-1"}, 400, "maxDepth"),
        ({**D1, "maxdepth": "3"}, 400, "maxDepth"),
        ({**D1, "kinds": "CELLS"}, 400, "CELLS"),
        ({**D1, "operations": "GREW"}, 400, "GREW"),
        ({**D1, "knownAt": "yesterday"}, 400, "knownAt"),
        ({**D1, "knownAt": "2025-05"}, 400, "knownAt"),
        ({"start": "Donor:D9", "direction": "forward"}, 404, "Donor:D9"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    store: Store, asked: dict[str, str], status: int, said: str
) -> None:
    await import_all(store, trial()[:8])
    async with await _client(store) as client:
        told = await client.get("/view/trace", params=asked)
        assert told.status_code == status
        error = told.json()["error"]
        assert said in error["message"] + error["remedy"]
        shown = await client.get("/view/trace", params=asked, headers=BROWSER)
        assert shown.status_code == status
        assert said in read_page(shown.text).one("section").text


async def test_a_person_who_opens_the_page_of_an_unknown_thing_gets_a_page_in_their_language(store: Store) -> None:
    async with await _client(store) as client:
        asked = {"start": "Donor:<script>alert(1)</script>", "direction": "forward", "language": "zh"}
        shown = await client.get("/view/trace", params=asked, headers=BROWSER)
    page = read_page(shown.text)
    assert page.one("h1").text == "未找到"
    assert page.all("script") == []
    assert "Donor:<script>alert(1)</script>" in page.one("section").text


async def test_a_role_that_may_not_see_donors_may_not_start_at_one(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store, Role.VIEWER) as client:
        assert (await client.get("/view/trace", params=D1)).status_code == 403
        page = await _page(client, start="CellLot:MCB1", direction="backward")
    assert {"Donor:•1", "Tissue:•1"} <= _things(page)
    assert not _things(page) & {"Donor:D1", "Tissue:T1"}


async def test_what_the_page_showed_is_in_the_access_log_before_it_arrives(store: Store) -> None:
    await import_all(store, trial())
    async with await _client(store, Role.AUDITOR) as client:
        await _page(client, **D1)
    shown = {name async for entry in store.access_log.read(person="P-01") for name in entry.ids}
    assert {"Donor:D1", "Subject:S1", "Subject:S7"} <= shown


async def test_a_page_of_many_takes_as_many_statements_as_one_of_few(store: Store) -> None:
    counts = []
    for first, lots in ((1, 3), (2, 150)):
        await import_all(store, _tissue(first, lots))
        async with await _client(store) as client:
            await _page(client, start=f"Donor:D{first}", direction="forward")  # what is prepared once is prepared
            with statement_count() as counted:
                page = await _page(client, start=f"Donor:D{first}", direction="forward")
        assert len(_things(page)) == lots + 2
        counts.append(counted.count)
    assert counts[0] == counts[1]


def _tissue(number: int, lots: int) -> list[dict[str, Any]]:
    """A donor whose tissue is separated into so many lots."""
    common = {
        "record": "operation",
        "start": "2025-01-10T10:00:00+08:00",
        "performing_org": "ORG-1",
        "operator": "P-01",
    }
    donor, tissue = {"kind": "Donor", "id": f"D{number}"}, {"kind": "Tissue", "id": f"T{number}"}
    made = [{"kind": "CellLot", "id": f"L{number}-{each}", "data": {"passage_number": 0}} for each in range(lots)]
    nodes = [("Institution", "ORG-1"), ("Person", "P-01"), ("Donor", f"D{number}")]
    return [
        *({"record": "node", "kind": kind, "id": key, "data": {}} for kind, key in nodes),
        {**common, "type": "COLLECTED", "id": f"O{number}-1", "inputs": [donor], "outputs": [tissue]},
        {**common, "type": "SEPARATED", "id": f"O{number}-2", "inputs": [tissue], "outputs": made},
    ]
