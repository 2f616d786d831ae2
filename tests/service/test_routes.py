"""Who may use which address: every route of the service, asked as each role and as nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from starlette.routing import Mount, Route

from graph.viewer import PERMISSIONS, Permission, Role
from service.application import build_application
from service.routes import Rule
from service.store import Store
from support.serving import client_of, token_of

_P = Permission
EVERYONE: Final = None

# What each address needs. A route that is missing here fails the tests: its rule is to be thought about first.
NEEDED: Final[dict[tuple[str, str], Permission | None]] = {
    ("GET", "/healthz"): EVERYONE,
    ("GET", "/readyz"): EVERYONE,
    ("GET", "/metrics"): _P.READ,
    ("GET", "/sign-in"): EVERYONE,
    ("POST", "/sign-in"): EVERYONE,
    ("POST", "/sign-out"): _P.READ,
    ("POST", "/language"): _P.READ,
    ("GET", "/"): _P.READ,
    ("GET", "/view/search"): _P.READ,
    ("GET", "/view/node/{id:path}"): _P.READ,
    ("GET", "/view/operation/{id:path}"): _P.READ,
    ("GET", "/view/trace"): _P.READ,
    ("GET", "/view/impact"): _P.READ,
    ("GET", "/view/whereabouts"): _P.READ,
    ("GET", "/view/deviations"): _P.READ,
    ("GET", "/view/coverage"): _P.READ,
    ("GET", "/view/import"): _P.IMPORT,
    ("GET", "/view/ledger"): _P.READ,
    ("GET", "/view/graphql"): _P.READ,
    ("GET", "/view/schema"): _P.READ,
    ("POST", "/graphql"): _P.READ,
    ("POST", "/import"): _P.IMPORT,
    ("GET", "/export/records"): _P.EXPORT,
    ("GET", "/export/trace"): _P.EXPORT,
    ("GET", "/export/impact"): _P.EXPORT,
    ("POST", "/verify"): _P.VERIFY,
    ("POST", "/rebuild"): _P.REBUILD,
    ("GET", "/tokens"): _P.MANAGE_TOKENS,
    ("POST", "/tokens"): _P.MANAGE_TOKENS,
    ("DELETE", "/tokens/{key}"): _P.MANAGE_TOKENS,
}
PAGES: Final = frozenset(path for method, path in NEEDED if method == "GET" and (path == "/" or "/view/" in path))
FORMS: Final = frozenset({"/sign-out", "/language"})  # take a form of ours: see the tests of signing in
# Exports hold codes of donors and subjects, which an analyst may not see.
KEPT_FROM: Final = {("GET", "/export/records"): {Role.ANALYST}}


def _routes(store: Store) -> Iterator[tuple[str, str, Rule]]:
    for route in build_application(store).routes:
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path, vars(route.endpoint)["rule"]


async def _ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    return await client.request(method, path.replace("{key}", "none").replace("{id:path}", "Reagent:none"))


async def test_every_route_has_the_rule_that_was_thought_about(store: Store) -> None:
    assert {(method, path): rule.needs for method, path, rule in _routes(store)} == NEEDED


async def test_only_our_own_styles_and_scripts_are_served_besides(store: Store) -> None:
    others = [route for route in build_application(store).routes if not isinstance(route, Route)]
    assert [(type(route), route.path) for route in others if isinstance(route, Mount)] == [(Mount, "/static")]
    assert len(others) == 1


async def test_nothing_is_readable_without_signing_in(store: Store) -> None:
    async with client_of(store) as client:
        for (method, path), needed in NEEDED.items():
            answer = await _ask(client, method, path)
            if needed is EVERYONE:
                assert answer.status_code not in {401, 303}, path
            elif path in PAGES:
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/sign-in?next=")
                assert answer.content == b""
            else:
                assert answer.status_code == 401, path
                assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("credential", ["", "Bearer", "Bearer sg_wrong", "Basic b3duZXI6", "Bearer local.1.2.3"])
async def test_a_credential_that_opens_nothing_is_none(store: Store, credential: str) -> None:
    await token_of(store, Role.VIEWER)
    async with client_of(store) as client:
        assert (await client.get("/metrics", headers={"Authorization": credential})).status_code == 401


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_use_what_its_permissions_say_and_nothing_else(store: Store, role: Role) -> None:
    async with client_of(store, await token_of(store, role)) as client:
        for (method, path), needed in NEEDED.items():
            if needed is EVERYONE or path in FORMS:
                continue
            answer = await _ask(client, method, path)
            may = needed in PERMISSIONS[role] and role not in KEPT_FROM.get((method, path), set())
            assert (answer.status_code not in {401, 403}) is may, f"{role.value} {method} {path}: {answer.status_code}"
            if not may:
                assert answer.json()["error"]["code"] == "not_permitted"


async def test_a_revoked_token_opens_nothing_any_more(store: Store) -> None:
    issued = await store.tokens.create("P-01", Role.VIEWER, None)
    async with client_of(store, issued.plain) as client:
        assert (await client.get("/metrics")).status_code == 200
        await store.tokens.revoke(issued.key)
        assert (await client.get("/metrics")).status_code == 401


async def test_every_answer_forbids_what_the_pages_do_not_need(store: Store) -> None:
    async with client_of(store, await token_of(store, Role.OWNER)) as client:
        for method, path in NEEDED:
            headers = (await _ask(client, method, path)).headers
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["cache-control"] == "no-store", path
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "script-src 'self' 'nonce-" in policy, path
            assert "unsafe-eval" not in policy, path


async def test_an_unknown_address_is_said_in_the_same_shape(store: Store) -> None:
    async with client_of(store) as client:
        answer = await client.get("/nothing-here")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_such_route")
        answer = await client.put("/import")
        assert (answer.status_code, set(answer.json()["error"])) == (405, {"code", "message", "remedy"})


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(store: Store) -> None:
    async with client_of(store, await token_of(store, Role.OWNER)) as client:
        answer = await client.post("/tokens", content=b"x" * 100_000)
        assert answer.status_code == 413

        async def undeclared() -> httpx.AsyncByteStream:  # type: ignore[misc]  # chunks, without a length
            for _ in range(100):
                yield b"x" * 1000

        assert (await client.post("/tokens", content=undeclared())).status_code == 413


async def test_a_store_that_is_gone_is_said_as_such(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from graph.errors import StoreUnavailable

    async def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable("The store does not answer.", remedy="Try again.")

    async with client_of(store, await token_of(store, Role.OWNER)) as client:
        monkeypatch.setattr(store.engine, "read", gone)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"ready": False})
        answer = await client.get("/tokens")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
        assert answer.headers["retry-after"]


async def test_a_fault_of_the_program_says_nothing_of_its_cause(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Donor:D-SECRET")

    from service.logs import start_logging

    start_logging("info")
    async with client_of(store, await token_of(store, Role.OWNER)) as client:
        monkeypatch.setattr(store.ledger, "verify", broken)
        answer = await client.post("/verify")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "SECRET" not in answer.text
    assert "SECRET" not in capsys.readouterr().err
