"""A store knows its version: brought up to date in order, as often as needed, never back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from graph.engine import Engine, statement_count
from graph.errors import Conflict, Misconfigured
from graph.keys import MemoryKeys
from graph.models import STORE_VERSION, Migration, install
from service.settings import Settings
from service.store import Store
from support.bench_sheet import BenchSheet
from support.stores import NotDisposable, empty_store, record, run, wipe

_NOTE = "MERGE (n:TestNote {key: 'ran'}) ON CREATE SET n.versions = [$version] ON MATCH SET n.versions = n.versions + $version"


@pytest.fixture
async def bare(engine: Engine) -> AsyncIterator[Engine]:
    """A database without layout or version; the next test finds it whole again."""
    await wipe(engine)
    await run(engine, "MATCH (m:Meta) DELETE m")
    yield engine
    await run(engine, "MATCH (m:Meta) DELETE m")
    await run(engine, "MATCH (n:TestNote) DELETE n")
    await install(engine)


async def _version(engine: Engine) -> int:
    rows = await engine.read("MATCH (m:Meta) RETURN m.version AS version")
    assert len(rows) == 1
    version: int = rows[0]["version"]
    return version


async def _ran(engine: Engine) -> list[int]:
    rows = await engine.read("MATCH (n:TestNote) RETURN n.versions AS versions")
    return list(rows[0]["versions"]) if rows else []


def _to(version: int, *, fails: bool = False) -> Migration:
    async def apply(engine: Engine) -> None:
        await run(engine, _NOTE, version=version)
        if fails:
            raise ConnectionError("cut short")

    return Migration(version=version, apply=apply)


async def test_an_empty_database_is_laid_out_at_the_version_of_the_program(bare: Engine) -> None:
    await install(bare)
    assert await _version(bare) == STORE_VERSION


async def test_laying_out_twice_changes_nothing_and_costs_one_statement(bare: Engine) -> None:
    await install(bare)
    with statement_count() as counted:
        await install(bare)
    assert counted.count == 1
    assert await _version(bare) == STORE_VERSION


async def test_a_layout_that_was_cut_short_is_completed(bare: Engine) -> None:
    await install(bare)
    await run(bare, "MATCH (m:Meta) REMOVE m.layout")
    await install(bare)
    with statement_count() as counted:
        await install(bare)
    assert counted.count == 1


async def test_two_services_may_lay_out_at_once(bare: Engine) -> None:
    await asyncio.gather(install(bare), install(bare), install(bare))
    assert await _version(bare) == STORE_VERSION


async def test_a_key_can_be_taken_once(store: Store) -> None:
    await record(store, BenchSheet().records)
    for label, property_ in (("Person", "key"), ("Entry", "seq"), ("Entry", "name")):
        rows = await store.engine.read(f"MATCH (n:{label}) RETURN n.{property_} AS value LIMIT 1")
        store.engine._busy_seconds = 0.0
        with pytest.raises(Conflict):
            await run(store.engine, f"CREATE (:{label} {{{property_}: $value}})", value=rows[0]["value"])
        store.engine._busy_seconds = 30.0


async def test_a_store_of_a_newer_program_is_refused_and_left_alone(bare: Engine) -> None:
    await install(bare, version=7)
    with statement_count() as counted, pytest.raises(Misconfigured) as caught:
        await install(bare, version=6, migrations=(_to(6),))
    assert caught.value.code == "store_is_newer"
    assert "7" in str(caught.value)
    assert counted.count == 1
    assert (await _version(bare), await _ran(bare)) == (7, [])
    with pytest.raises(Misconfigured):
        await Store.over(bare, MemoryKeys(), Settings())


async def test_an_older_store_is_brought_up_step_by_step_in_order(bare: Engine) -> None:
    await install(bare, version=1)
    await install(bare, version=4, migrations=(_to(2), _to(3), _to(4)))
    assert (await _version(bare), await _ran(bare)) == (4, [2, 3, 4])
    await install(bare, version=4, migrations=(_to(2), _to(3), _to(4)))
    assert await _ran(bare) == [2, 3, 4]


async def test_only_what_is_missing_is_run(bare: Engine) -> None:
    await install(bare, version=2)
    await install(bare, version=3, migrations=(_to(2), _to(3), _to(4)))
    assert (await _version(bare), await _ran(bare)) == (3, [3])


async def test_a_fresh_store_needs_no_migration(bare: Engine) -> None:
    await install(bare, version=3, migrations=(_to(2), _to(3)))
    assert (await _version(bare), await _ran(bare)) == (3, [])


async def test_a_migration_cut_short_is_run_again_and_those_before_it_are_not(bare: Engine) -> None:
    await install(bare, version=1)
    with pytest.raises(ConnectionError):
        await install(bare, version=4, migrations=(_to(2), _to(3, fails=True), _to(4)))
    assert (await _version(bare), await _ran(bare)) == (2, [2, 3])
    await install(bare, version=4, migrations=(_to(2), _to(3), _to(4)))
    assert (await _version(bare), await _ran(bare)) == (4, [2, 3, 3, 4])


async def test_a_database_that_is_in_use_is_no_test_database(bare: Engine) -> None:
    """The tests themselves never empty what is not theirs."""
    await run(bare, "MATCH (n:TestDatabase) DELETE n")
    await run(bare, "CREATE (:Patient {key: 'real'})")
    try:
        with pytest.raises(NotDisposable, match="Patient"):
            await empty_store(bare)
        assert await bare.read("MATCH (n:Patient) RETURN n.key AS key") == [{"key": "real"}]
    finally:
        await run(bare, "MATCH (n:Patient) DELETE n")
        await wipe(bare)
