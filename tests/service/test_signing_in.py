"""Browsers: a token or a link becomes a session, which no other site can use; and what proves a local command."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest

from graph.keys import KeyFile, MemoryKeys
from graph.times import now_ms
from graph.viewer import OWNER, Role
from service.application import build_application
from service.local import LocalProofs, make_proof
from service.signin import SESSION_COOKIE
from service.store import Store
from support.serving import ADDRESS, client_of, token_of

ASKING = {"query": "{ __typename }"}


def _seal(page: str) -> str:
    found = re.search(r'name="seal" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def _sign_in(client: httpx.AsyncClient, token: str, **form: str) -> httpx.Response:
    """As a browser does it: the form is fetched, filled in and sent."""
    page = await client.get("/sign-in")
    return await client.post(
        "/sign-in", data={"token": token, "seal": _seal(page.text), **form}, headers={"Origin": ADDRESS}
    )


def _session_cookie(answer: httpx.Response) -> Morsel[str]:
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    return cookies[SESSION_COOKIE]


async def test_a_token_opens_a_session_that_scripts_and_other_sites_cannot_use(store: Store) -> None:
    async with client_of(store) as client:
        answer = await _sign_in(client, await token_of(store, Role.VIEWER))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = _session_cookie(answer)
        assert cookie["httponly"] is True
        assert cookie["samesite"].lower() == "strict"
        assert cookie["path"] == "/"
        page = await client.get("/")
        assert page.status_code == 200
        assert "P-01" in page.text


async def test_the_cookie_holds_neither_the_token_nor_who_it_is(store: Store) -> None:
    token = await token_of(store, Role.VIEWER)
    async with client_of(store) as client:
        value = _session_cookie(await _sign_in(client, token)).value
    assert token not in value
    assert "P-01" not in value


async def test_behind_a_proxy_with_tls_the_cookie_travels_by_tls_only(store: Store) -> None:
    app = build_application(store, base_url="https://lineage.example")
    token = await token_of(store, Role.VIEWER)
    async with client_of(store, app=app) as client:
        page = await client.get("/sign-in")
        answer = await client.post(
            "/sign-in",
            data={"token": token, "seal": _seal(page.text)},
            headers={"Origin": "https://lineage.example", "Cookie": page.headers["set-cookie"].partition(";")[0]},
        )
    assert _session_cookie(answer)["secure"] is True


async def test_a_wrong_token_is_told_and_opens_nothing(store: Store) -> None:
    async with client_of(store) as client:
        answer = await _sign_in(client, "sg_wrong")
        assert answer.status_code == 403
        assert "not valid" in answer.text
        assert (await client.get("/")).status_code == 303


async def test_the_form_must_come_from_our_page_in_this_browser(store: Store) -> None:
    token = await token_of(store, Role.VIEWER)
    async with client_of(store) as client:
        seal = _seal((await client.get("/sign-in")).text)
        foreign = await client.post(
            "/sign-in", data={"token": token, "seal": seal}, headers={"Origin": "http://evil.example"}
        )
        assert foreign.json()["error"]["code"] == "wrong_origin"
        unsealed = await client.post("/sign-in", data={"token": token}, headers={"Origin": ADDRESS})
        assert unsealed.json()["error"]["code"] == "stale_form"
    async with client_of(store) as other:
        await other.get("/sign-in")
        elsewhere = await other.post("/sign-in", data={"token": token, "seal": seal}, headers={"Origin": ADDRESS})
        assert elsewhere.json()["error"]["code"] == "stale_form"


def test_browsers_are_not_told_to_hide_the_origin_of_our_own_forms() -> None:
    """Under ``no-referrer`` they send ``Origin: null`` with every form, and nobody could sign in (Fetch, 3.2)."""
    from service.security import _FIXED

    assert _FIXED["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/\nx", "view"]
)
async def test_signing_in_leads_to_our_own_pages_only(store: Store, target: str) -> None:
    async with client_of(store) as client:
        answer = await _sign_in(client, await token_of(store, Role.VIEWER), next=target)
        assert answer.headers["location"] == "/"


async def test_one_comes_back_to_the_page_that_was_asked_for(store: Store) -> None:
    async with client_of(store) as client:
        asked = await client.get("/view/trace?start=CellLot:L1&direction=backward")
        form = await client.get(asked.headers["location"])
        target = re.search(r'name="next" value="([^"]+)"', form.text)
        assert target is not None
        answer = await _sign_in(client, await token_of(store, Role.VIEWER), next=target[1].replace("&amp;", "&"))
        assert answer.headers["location"] == "/view/trace?start=CellLot:L1&direction=backward"


@contextlib.asynccontextmanager
async def _signed_in(store: Store, role: Role = Role.OWNER) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(store) as client:
        await _sign_in(client, await token_of(store, role))
        yield client


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "wrong_origin"),
        ({"Origin": "null"}, "wrong_origin"),
        ({"Origin": "http://evil.example"}, "wrong_origin"),
        ({"Origin": ADDRESS, "Content-Type": "text/plain"}, "not_a_form"),
        ({"Origin": ADDRESS, "Content-Type": "application/x-www-form-urlencoded"}, "not_a_form"),
        ({"Origin": ADDRESS, "Content-Type": "multipart/form-data; boundary=x"}, "not_a_form"),
    ],
)
async def test_by_cookie_alone_nothing_is_taken_from_another_site(
    store: Store, headers: dict[str, str], code: str
) -> None:
    async with _signed_in(store) as client:
        for path in ("/graphql", "/import", "/tokens", "/verify", "/rebuild"):
            answer = await client.post(path, content=b"{}", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, code), path


async def test_by_cookie_our_own_page_may_ask(store: Store) -> None:
    async with _signed_in(store) as client:
        answer = await client.post("/graphql", json=ASKING, headers={"Origin": ADDRESS})
        assert answer.status_code == 200


async def test_a_bearer_needs_no_origin(store: Store) -> None:
    async with client_of(store, await token_of(store, Role.VIEWER)) as client:
        assert (await client.post("/graphql", json=ASKING)).status_code == 200


async def test_signing_out_ends_the_session_in_the_store_too(store: Store) -> None:
    async with _signed_in(store, Role.VIEWER) as client:
        session = client.cookies[SESSION_COOKIE]
        seal = _seal((await client.get("/")).text)
        answer = await client.post("/sign-out", data={"seal": seal}, headers={"Origin": ADDRESS})
        assert answer.headers["location"] == "/sign-in"
    async with client_of(store) as thief:
        thief.cookies.set(SESSION_COOKIE, session)
        assert (await thief.get("/")).status_code == 303


async def test_nobody_can_be_signed_out_by_another_site(store: Store) -> None:
    async with _signed_in(store, Role.VIEWER) as client:
        seal = _seal((await client.get("/")).text)
        answer = await client.post("/sign-out", data={"seal": seal}, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
        assert (await client.get("/")).status_code == 200


async def test_a_session_ends_with_its_token(store: Store) -> None:
    issued = await store.tokens.create("P-01", Role.VIEWER, None)
    async with client_of(store) as client:
        await _sign_in(client, issued.plain)
        assert (await client.get("/")).status_code == 200
        await store.tokens.revoke(issued.key)
        assert (await client.get("/")).status_code == 303


async def test_a_sign_in_link_is_good_once(store: Store) -> None:
    link = await store.tokens.create_link(OWNER.person, OWNER.role, now_ms() + 60_000)
    async with client_of(store) as client:
        assert (await client.get("/sign-in", params={"link": link.plain})).status_code == 303
        assert (await client.get("/")).status_code == 200
    async with client_of(store) as second:
        answer = await second.get("/sign-in", params={"link": link.plain})
        assert answer.status_code == 403
        assert "has been used or has expired" in answer.text
        assert (await second.get("/")).status_code == 303


async def test_looking_whether_a_sign_in_link_works_does_not_use_it_up(store: Store) -> None:
    link = await store.tokens.create_link(OWNER.person, OWNER.role, now_ms() + 60_000)
    async with client_of(store) as client:
        assert (await client.head("/sign-in", params={"link": link.plain})).status_code == 200
        assert (await client.get("/sign-in", params={"link": link.plain})).status_code == 303


async def test_a_sign_in_link_expires(store: Store) -> None:
    link = await store.tokens.create_link(OWNER.person, OWNER.role, now_ms() - 1)
    async with client_of(store) as client:
        assert (await client.get("/sign-in", params={"link": link.plain})).status_code == 403


async def test_a_link_is_no_token_and_a_session_is_none_either(store: Store) -> None:
    link = await store.tokens.create_link(OWNER.person, OWNER.role, now_ms() + 60_000)
    async with _signed_in(store) as client:
        session = client.cookies[SESSION_COOKIE]
    for secret in (link.plain, session):
        async with client_of(store, secret) as client:
            assert (await client.get("/metrics")).status_code == 401


@pytest.mark.parametrize(("language", "tag", "word"), [("en", "en", "Sign in"), ("zh", "zh-CN", "登录")])
async def test_the_page_speaks_the_language_of_the_browser(store: Store, language: str, tag: str, word: str) -> None:
    async with client_of(store) as client:
        page = await client.get("/sign-in", headers={"Accept-Language": f"{language}-XX, fr;q=0.5"})
        assert f'<html lang="{tag}">' in page.text
        assert word in page.text


async def test_what_stands_in_the_address_is_shown_as_text(store: Store) -> None:
    async with client_of(store) as client:
        page = await client.get("/sign-in", params={"next": '/"><script>alert(1)</script>'})
        assert "<script>alert" not in page.text


async def test_a_purpose_is_kept_with_what_was_read(store: Store) -> None:
    async with client_of(store, await token_of(store, Role.AUDITOR)) as client:
        assert (
            await client.get("/export/records", headers={"X-Purpose": "%E7%A8%BD%E6%9F%A5 2026"})
        ).status_code == 200
        entries: list[Any] = [entry async for entry in store.access_log.read(person="P-01")]
    assert [(entry.purpose, entry.what, entry.tier) for entry in entries] == [("稽查 2026", "export of all records", 2)]


@pytest.mark.parametrize("purpose", ["x" * 501, "a%0Ab"])
async def test_a_purpose_that_could_not_stand_in_a_log_is_refused(store: Store, purpose: str) -> None:
    async with client_of(store, await token_of(store, Role.AUDITOR)) as client:
        answer = await client.get("/metrics", headers={"X-Purpose": purpose})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")


def test_a_proof_of_a_local_command_is_good_once() -> None:
    ring = MemoryKeys()
    proofs = LocalProofs(ring)
    proof = make_proof(ring)
    assert proofs.is_valid(proof)
    assert not proofs.is_valid(proof)


def test_a_proof_expires() -> None:
    ring = MemoryKeys()
    proof = make_proof(ring)
    expiry = float(proof.split(".")[1])
    assert not LocalProofs(ring, clock=lambda: expiry + 1).is_valid(proof)
    assert not LocalProofs(ring, clock=lambda: expiry - 3600).is_valid(proof)  # from a clock that is far ahead


def test_a_proof_needs_the_key_file(tmp_path: Any) -> None:
    own, other = KeyFile(tmp_path / "own"), KeyFile(tmp_path / "other")
    assert not LocalProofs(own).is_valid(make_proof(other))
    assert LocalProofs(KeyFile(tmp_path / "own")).is_valid(make_proof(own))


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_proof_that_was_changed_is_none(part: int) -> None:
    ring = MemoryKeys()
    parts = make_proof(ring).split(".")
    parts[part] = parts[part][:-1] + ("0" if parts[part][-1] != "0" else "1")
    assert not LocalProofs(ring).is_valid(".".join(parts))


async def test_a_proof_opens_the_service_as_the_owner(store: Store) -> None:
    async with client_of(store, make_proof(store.keyring)) as client:
        assert (await client.get("/tokens")).status_code == 200
