"""Stores for tests, on real engines. A database that holds anything and is not marked as disposable is never touched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import orjson
import pytest

from graph.encoding import SEALED_PREFIX
from graph.engine import Engine, Transaction
from graph.keeping import Keeper
from graph.keys import KeyRing, MemoryKeys
from graph.ledger import Receipt, Submission, open_ledger
from graph.ledger.access_log import AccessLog
from graph.ledger.tokens import Tokens
from graph.models import install
from graph.reader import StoreReader
from graph.records import RawRecord
from graph.times import now_ms
from graph.viewer import OWNER, Viewer
from graph.vocabulary import KINDS
from service.store import Store

__all__ = [
    "ENGINES",
    "NotDisposable",
    "StartEngine",
    "empty_store",
    "graph_of",
    "import_all",
    "lines_of",
    "open_again",
    "raw",
    "record",
    "run",
    "wipe",
]

# What each test of the contract runs on.
ENGINES = ["embedded", pytest.param("neo4j", marks=pytest.mark.neo4j)]
StartEngine = Callable[[], Awaitable[Any]]
_MARK = "TestDatabase"
_keys = count(1)


class NotDisposable(Exception):
    """The database holds something and is not marked as one for tests."""


async def wipe(engine: Engine) -> None:
    """Empties the database. Raises NotDisposable unless it was empty the first time, and has been marked since."""
    rows = await engine.read("MATCH (n) RETURN labels(n)[0] AS label, count(*) AS nodes")
    labels = {row["label"]: row["nodes"] for row in rows}
    if not labels.get(_MARK):
        if labels:
            raise NotDisposable(f"The database at {engine.address} holds {labels}: tests need an empty one.")
        await run(engine, f"CREATE (:{_MARK} {{key: 'may be emptied by tests'}})")
    # The layout is kept, with its version: making it anew for each test would take longer than most tests.
    for label in labels.keys() - {_MARK, "Meta"}:
        await run(engine, f"MATCH (n:{label}) DETACH DELETE n")


async def empty_store(engine: Engine, *, keyring: KeyRing | None = None, clock: Callable[[], int] = now_ms) -> Store:
    """A store with nothing in it, by default with new keys in memory."""
    await wipe(engine)
    await install(engine)
    return await open_again(engine, keyring=keyring or MemoryKeys(), clock=clock)


async def open_again(engine: Engine, *, keyring: KeyRing, clock: Callable[[], int] = now_ms) -> Store:
    """The store of this database with nothing remembered, as a service just started has it."""
    ledger = await open_ledger(engine, keyring, clock=clock)
    return Store(
        engine=engine,
        keyring=keyring,
        ledger=ledger,
        reader=StoreReader(engine),
        tokens=Tokens(engine, clock=clock),
        access_log=AccessLog(engine, clock=clock),
        index=Keeper(ledger),
    )


def raw(records: Iterable[Mapping[str, Any]]) -> list[RawRecord]:
    return [RawRecord(dict(given)) for given in records]


async def record(
    store: Store, records: Iterable[Mapping[str, Any]], *, viewer: Viewer = OWNER, key: str | None = None, **how: Any
) -> Receipt:
    """Hands the records in as one request; ``how`` as in Submission."""
    return await store.ledger.record(
        Submission(records=raw(records), viewer=viewer, idempotency_key=key or f"request {next(_keys)}", **how)
    )


async def import_all(store: Store, records: Iterable[Mapping[str, Any]], **how: Any) -> Receipt:
    """The records as a historic import, which must be accepted."""
    receipt = await record(store, records, historic=True, is_import=True, **how)
    assert receipt.accepted, [violation.as_json() for violation in receipt.violations]
    return receipt


async def lines_of(store: Store, *, sealed: bool = False) -> list[bytes]:
    return [line async for line in store.ledger.export(sealed=sealed)]


async def graph_of(engine: Engine, *, exactly: bool = True) -> dict[str, Sequence[Any]]:
    """All that the ledger says, as the database holds it: nodes and edges with every property, in a fixed order.

    Not ``exactly``: without the numbers of entries, and with all sealed values alike, whose salts are random. What is
    left is the same whatever order the same records came in.
    """
    found: dict[str, Sequence[Any]] = {}
    for label in (*KINDS, "Deviation"):
        rows = await engine.read(f"MATCH (n:{label}) RETURN properties(n) AS p")
        found[label] = sorted(_plain(row["p"], exactly=exactly) for row in rows)
    rows = await engine.read(
        "MATCH (a)-[r]->(b) RETURN labels(a)[0] AS fk, a.key AS f, type(r) AS t, labels(b)[0] AS tk, b.key AS k, "
        "properties(r) AS p"
    )
    found["edges"] = sorted(
        [
            row["t"],
            f"{row['fk']}:{row['f']}",
            f"{row['tk']}:{row['k']}",
            _plain(row["p"], exactly=exactly),
        ]
        for row in rows
    )
    return found


_SEALED = "sealed"
_POSITIONS = frozenset({"seq", "voided_seq", "closed_seq", "key"})


def _plain(properties: Mapping[str, Any], *, exactly: bool) -> str:
    told = {name: value for name, value in properties.items() if value is not None}
    if not exactly:
        told = {name: _SEALED if str(value).startswith(SEALED_PREFIX) else value for name, value in told.items()}
    if not exactly:
        is_deviation = "severity" in told
        told = {
            name: value
            for name, value in told.items()
            if name not in _POSITIONS or (name == "key" and not is_deviation)
        }
        if "account" in told:
            account = orjson.loads(told["account"])
            events = [{name: value for name, value in event.items() if name != "s"} for event in account["events"]]
            told["account"] = {**account, "events": sorted(events, key=orjson.dumps)}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


async def run(engine: Engine, statement: str, **parameters: Any) -> None:
    """One statement that writes, past the door."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(statement, **parameters)

    await engine.write(work)
