"""What the code above an engine may rely on, whichever it is."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graph.engine import Engine, Transaction, connect, statement_count
from graph.errors import Conflict, Misconfigured, StemgraphError, StoreUnavailable
from support.stores import run, wipe


@pytest.fixture
async def empty(engine: Engine) -> AsyncIterator[Engine]:
    await wipe(engine)
    yield engine
    await run(engine, "MATCH (n:Probe) DETACH DELETE n")


@pytest.fixture
async def other(server: Any) -> AsyncIterator[Engine]:
    """A second connection, as another process has it."""
    engine = await connect(server.address, server.user, server.password)
    yield engine
    await engine.close()


async def _probes(engine: Engine) -> list[Any]:
    return [row["v"] for row in await engine.read("MATCH (n:Probe) RETURN n.value AS v ORDER BY n.value")]


async def test_what_was_written_is_read(empty: Engine) -> None:
    for number in range(30):
        await run(empty, "CREATE (:Probe {value: $v})", v=number)
        assert await _probes(empty) == list(range(number + 1))


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2**63 - 1,
        0.1,
        1e300,
        True,
        "",
        "短文 'quoted' \"too\" \\",
        "🧬\u202e",
        "x" * 100_000,
        b"\x00\xff",
        [1, 2],
        ["a"],
    ],
    ids=repr,
)
async def test_a_value_comes_back_as_it_went(empty: Engine, value: Any) -> None:
    await run(empty, "CREATE (:Probe {value: $v})", v=value)
    assert await _probes(empty) == [value]


@pytest.mark.parametrize(
    "value", [dt.datetime(2025, 1, 1, tzinfo=dt.UTC), dt.date(2025, 1, 1), [{"deep": dt.timedelta(1)}]], ids=repr
)
async def test_no_time_crosses_the_wire(empty: Engine, value: Any) -> None:
    with pytest.raises(TypeError, match="epoch milliseconds"):
        await empty.read("RETURN $v AS v", v=value)
    with pytest.raises(TypeError, match="epoch milliseconds"):
        await run(empty, "RETURN $v AS v", v=value)


async def test_an_error_in_the_work_leaves_nothing(empty: Engine) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run("CREATE (:Probe {value: 1})")
        assert await tx.run("MATCH (n:Probe) RETURN n.value AS v") == [{"v": 1}]
        raise LookupError("changed its mind")

    with pytest.raises(LookupError):
        await empty.write(work)
    assert await _probes(empty) == []


async def test_writers_that_meet_lose_nothing(empty: Engine, other: Engine) -> None:
    await run(empty, "CREATE (:Probe {value: 0})")

    async def add(engine: Engine) -> None:
        for _ in range(10):
            await run(engine, "MATCH (n:Probe) SET n.value = n.value + 1")

    await asyncio.gather(*(add(engine) for engine in (empty, other) for _ in range(3)))
    assert await _probes(empty) == [60]


async def test_a_long_answer_streams_whole(empty: Engine) -> None:
    rows = [row["x"] async for row in empty.stream("UNWIND range(1, 5500) AS x RETURN x")]
    assert rows == list(range(1, 5501))


async def test_statements_are_counted_with_their_retries(empty: Engine) -> None:
    with statement_count() as counted:
        await empty.read("RETURN 1 AS one")
        await run(empty, "CREATE (:Probe {value: 1})")
        [_ async for _ in empty.stream("RETURN 1 AS one")]
    assert counted.count == 3


async def test_a_key_that_is_taken_is_a_conflict_that_shows_no_value(empty: Engine) -> None:
    await run(empty, "CREATE CONSTRAINT probe IF NOT EXISTS FOR (n:Probe) REQUIRE n.value IS UNIQUE")
    await run(empty, "CREATE (:Probe {value: 'a personal value'})")
    empty._busy_seconds, patience = 0.0, empty._busy_seconds
    try:
        with pytest.raises(Conflict) as caught:
            await run(empty, "CREATE (:Probe {value: 'a personal value'})")
    finally:
        empty._busy_seconds = patience
        await run(empty, "DROP CONSTRAINT probe IF EXISTS")
    assert "personal" not in f"{caught.value} {caught.value.remedy}"


# -- connecting ------------------------------------------------------------------------------------------------------


def _told(error: StemgraphError) -> str:
    return f"{error} {error.remedy} {error.__cause__}"


async def test_a_wrong_password_is_told_and_not_shown(server: Any) -> None:
    with pytest.raises(Misconfigured) as caught:
        await connect(server.address, server.user, "hunter2-not-it")
    assert "password" in str(caught.value)
    assert "hunter2" not in _told(caught.value)


async def test_an_unknown_database_is_told(server: Any) -> None:
    with pytest.raises(Misconfigured, match="no database of that name"):
        await connect(server.address, server.user, server.password, database="nowhere")


async def test_a_store_that_is_not_there_is_unavailable(server: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(StoreUnavailable) as caught:
        await connect(f"bolt://127.0.0.1:{port}", server.user, server.password, outage_seconds=0.2)
    assert caught.value.is_retryable


async def test_the_engine_says_what_it_is(engine: Engine) -> None:
    assert engine.product in {"ArcadeDB", "Neo4j"}
    assert engine.version[0].isdigit()
    assert engine.address.startswith("bolt://127.0.0.1:")
