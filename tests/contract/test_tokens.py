"""Who may come in, and who read what: kept beside the ledger, the same for every service of a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from graph.engine import Engine
from graph.keys import MemoryKeys
from graph.ledger.access_log import AccessEntry
from graph.ledger.tokens import SESSION_HOURS
from graph.viewer import OWNER, Role, Viewer
from service.store import Store
from support.stores import empty_store, open_again

HOUR_MS = 3_600_000
START_MS = 1_750_000_000_000
P1 = Viewer(person="P-01", role=Role.OPERATOR)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(engine: Engine, clock: Callable[[], int]) -> Store:
    return await empty_store(engine, clock=clock)


@pytest.fixture
async def other(store: Store, clock: Callable[[], int]) -> Store:
    """A second service of the same store."""
    return await open_again(store.engine, keyring=MemoryKeys(), clock=clock)


async def test_a_token_stands_for_one_person_in_one_role_on_every_service(store: Store, other: Store) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, None)
    assert await other.tokens.find(token.plain) == P1
    assert await other.tokens.find(token.plain + "x") is None
    assert await other.tokens.find("") is None
    assert [entry.key for entry in await other.tokens.list()] == [token.key]


async def test_a_token_is_kept_as_a_hash_and_not_shown(store: Store) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, None)
    rows = await store.engine.read("MATCH (t:Token) RETURN properties(t) AS p")
    for shown in (repr(rows), repr(token), repr(await store.tokens.list())):
        assert token.plain not in shown
        assert token.plain.removeprefix("sg_") not in shown


async def test_a_token_ends_at_its_time_and_its_sessions_with_it(store: Store, clock: Clock) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, START_MS + HOUR_MS)
    session = await store.tokens.sign_in(token.plain)
    assert session is not None
    assert await store.tokens.find_session(session.plain) == P1
    clock.now_ms += HOUR_MS
    assert await store.tokens.find(token.plain) is None
    assert await store.tokens.sign_in(token.plain) is None
    assert await store.tokens.find_session(session.plain) is None


async def test_a_token_that_was_revoked_opens_nothing_anywhere_and_ends_what_it_opened(
    store: Store, other: Store
) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, None)
    session = await store.tokens.sign_in(token.plain)
    assert session is not None
    assert await store.tokens.revoke(token.key)
    assert await other.tokens.find(token.plain) is None
    assert await other.tokens.find_session(session.plain) is None
    assert not await store.tokens.revoke("no such token")
    assert [entry.is_valid(START_MS) for entry in await store.tokens.list()] == [False]


async def test_a_session_ends_after_its_hours_and_at_signing_out(store: Store, clock: Clock) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, None)
    first, second = await store.tokens.sign_in(token.plain), await store.tokens.sign_in(token.plain)
    assert first is not None
    assert second is not None
    await store.tokens.sign_out(first.plain)
    assert await store.tokens.find_session(first.plain) is None
    assert await store.tokens.find_session(second.plain) == P1
    clock.now_ms += SESSION_HOURS * HOUR_MS
    assert await store.tokens.find_session(second.plain) is None
    assert await store.tokens.find(token.plain) == P1


async def test_of_many_who_redeem_a_link_at_once_one_signs_in(store: Store, other: Store) -> None:
    link = await store.tokens.create_link("owner", Role.OWNER, START_MS + HOUR_MS)
    opened = await asyncio.gather(*(each.tokens.redeem(link.plain) for each in (store, other, store, other)))
    sessions = [session for session in opened if session is not None]
    assert len(sessions) == 1
    assert await other.tokens.find_session(sessions[0].plain) == OWNER
    assert await store.tokens.redeem(link.plain) is None


async def test_a_link_that_expired_opens_nothing(store: Store, clock: Clock) -> None:
    link = await store.tokens.create_link("owner", Role.OWNER, START_MS + HOUR_MS)
    clock.now_ms += HOUR_MS
    assert await store.tokens.redeem(link.plain) is None


async def test_the_language_of_a_person_is_kept_on_every_service_and_is_no_token(store: Store, other: Store) -> None:
    assert await store.tokens.language_of("P-01") is None
    for language in ("zh", "en"):
        await store.tokens.keep_language("P-01", language)
    await store.tokens.keep_language("P-02", "zh")
    assert await other.tokens.language_of("P-01") == "en"
    assert await other.tokens.language_of("P-02") == "zh"
    assert await store.tokens.list() == []
    assert not await store.tokens.revoke("reader P-01")


async def test_one_sort_of_secret_does_not_pass_for_another(store: Store) -> None:
    token = await store.tokens.create("P-01", Role.OPERATOR, None)
    session = await store.tokens.sign_in(token.plain)
    link = await store.tokens.create_link("owner", Role.OWNER, START_MS + HOUR_MS)
    assert session is not None
    assert await store.tokens.find(session.plain) is None
    assert await store.tokens.find(link.plain) is None
    assert await store.tokens.find_session(token.plain) is None
    assert await store.tokens.redeem(token.plain) is None
    assert [entry.key for entry in await store.tokens.list()] == [token.key]


# -- the access log --------------------------------------------------------------------------------------------------


async def _read(store: Store, **what: object) -> list[AccessEntry]:
    return [entry async for entry in store.access_log.read(**what)]  # type: ignore[arg-type]


async def test_what_was_read_is_durable_when_the_flush_returns(store: Store, other: Store) -> None:
    viewer = Viewer(person="P-01", role=Role.INVESTIGATOR, purpose="adverse event 7")
    store.access_log.append(viewer, "node", ["Donor:D1", "Donor:D2", "Donor:D1"], 3)
    assert await _read(other) == []
    await store.access_log.flush()
    (entry,) = await _read(other)
    assert (entry.person, entry.role, entry.purpose) == ("P-01", Role.INVESTIGATOR, "adverse event 7")
    assert (entry.what, entry.tier, entry.at_ms) == ("node", 3, START_MS)
    assert entry.ids == ("Donor:D1", "Donor:D2")


async def test_the_log_is_read_by_person_by_thing_and_by_time(store: Store, clock: Clock) -> None:
    store.access_log.append(P1, "node", ["Donor:D1"], 2)
    clock.now_ms += HOUR_MS
    store.access_log.append(OWNER, "trace", ["Donor:D10", 'Donor:"D1"'], 3)
    await store.access_log.flush()
    assert [entry.what for entry in await _read(store)] == ["node", "trace"]
    assert [entry.what for entry in await _read(store, person="P-01")] == ["node"]
    assert [entry.what for entry in await _read(store, about="Donor:D1")] == ["node"]
    assert [entry.what for entry in await _read(store, about='Donor:"D1"')] == ["trace"]
    assert [entry.what for entry in await _read(store, until_ms=START_MS + 1)] == ["node"]
    assert [entry.what for entry in await _read(store, from_ms=START_MS + 1)] == ["trace"]


async def test_a_long_answer_is_logged_whole(store: Store) -> None:
    ids = [f"CellUnit:L#{number}" for number in range(2_345)]
    store.access_log.append(P1, "trace", ids, 2)
    await store.access_log.flush()
    assert sorted(id_ for entry in await _read(store) for id_ in entry.ids) == sorted(ids)
