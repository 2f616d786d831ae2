"""The service over a synthetic lineage, on loopback: what an HTTP answer takes with everything that is on its way.

All is the product's own code: uvicorn, sign-in, GraphQL, resolvers, masking, the keeper, the index from its snapshot.
The store behind it is a real one on the embedded engine, and is asked what it is asked in production: its head before
each answer, whether the seeds exist, whether donors are autologous. It holds the reagents that are asked about and
nothing else; where the ledger stands is answered with the position of the synthetic index, after the store has told its
own.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import uvicorn

from bench.columns import Synthetic
from graph.index import read_header
from graph.keeping import Keeper
from graph.ledger import Ledger, Submission
from graph.ledger.model import Entry, Head, Since
from graph.records import RawRecord
from graph.viewer import OWNER
from service.application import build_application
from service.interpreter import set_up_interpreter
from service.settings import Settings
from service.store import Store, open_store

__all__ = ["COUNTS", "EMPTY", "STREAM", "WHOLE", "Asker", "served"]

EMPTY: Final = "{ __typename }"
STREAM: Final = "/export/impact?hazard=EXPOSURE&format=ndjson&seed="  # and the seed's id
_ITEMS: Final = (
    "items(first: 100) { edges { node { id kind tier exposedFrom uncertain } } pageInfo { hasNextPage endCursor } }"
)
_ASKED: Final = """query($seed: ID!, $since: DateTime) {
  impact(input: {hazard: EXPOSURE, seeds: [{id: $seed, from: $since}]}) {
    __typename ... on Impact { asOfSeq completeness { complete reason } summary { SUMMARY } ITEMS }
  }
}""".replace("ITEMS", _ITEMS)
_IN_COUNTS: Final = "total byKind { kind count } byTier { tier count } subjects"
COUNTS: Final = _ASKED.replace("SUMMARY", _IN_COUNTS)
WHOLE: Final = _ASKED.replace(
    "SUMMARY", f"{_IN_COUNTS} bySite {{ site count }} byDisposition {{ disposition count }} unitsToHold"
)


class Asker:
    """One client with one connection, which stays open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data. Raises AssertionError for an answer that is none."""
        body = self.ask_raw(query, **variables)
        answer: dict[str, Any] = json.loads(body)
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def ask_raw(self, query: str, **variables: object) -> bytes:
        self._connection.request(
            "POST", "/graphql", json.dumps({"query": query, "variables": variables}), self._headers
        )
        return self._read()

    def get(self, path: str) -> bytes | None:
        """All that a route sends; None where there is no such route."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        return body if response.status == 200 else None

    def _read(self) -> bytes:
        response = self._connection.getresponse()
        body = response.read()
        assert response.status == 200, body[:300]
        return body

    def close(self) -> None:
        self._connection.close()


class _Elsewhere:
    """The ledger of a small store, which says that it stands where the synthetic one does."""

    def __init__(self, ledger: Ledger, standing: Head, own_seq: int) -> None:
        self._ledger, self._standing, self._own_seq = ledger, standing, own_seq

    async def head(self) -> Head:
        await self._ledger.head()
        return self._standing

    async def entries(self, after: int = 0, until: int | None = None) -> AsyncIterator[Entry]:
        async for entry in self._ledger.entries(after, until):
            yield entry

    async def since(self, seq: int) -> Since:  # noqa: ARG002 - nothing is ever written
        await self._ledger.since(self._own_seq)
        return Since(head=self._standing, digest=self._standing.digest, entries=())


@contextlib.contextmanager
def served(synthetic: Synthetic, seeds: Sequence[int]) -> Iterator[Asker]:
    """The service in a thread of this process, over the index as a start finds it in its file."""
    begun, ended = threading.Event(), threading.Event()
    told: list[tuple[int, str] | BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_serve(synthetic, seeds, told, begun, ended))
        except BaseException as error:  # noqa: BLE001 - told to who waits for the service
            told.insert(0, error)
        finally:
            begun.set()

    set_up_interpreter()
    thread = threading.Thread(target=run, name="service")
    thread.start()
    try:
        begun.wait()
        if isinstance(told[0], BaseException):
            raise told[0]
        asker = Asker(*told[0])
        try:
            yield asker
        finally:
            asker.close()
    finally:
        ended.set()
        thread.join()


async def _serve(
    synthetic: Synthetic, seeds: Sequence[int], told: list[Any], begun: threading.Event, ended: threading.Event
) -> None:
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        settings = Settings(data=Path(folder) / "store")
        async with open_store(settings, make=True) as store:
            keeper = await _keeper(store, synthetic, seeds, Path(folder) / "index")
            application = build_application(replace(store, index=keeper))
            token = (await store.tokens.create(OWNER.person, OWNER.role, None)).plain
            config = uvicorn.Config(
                application, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off"
            )
            config.timeout_keep_alive = 3600  # the client waits while others are asked
            server = uvicorn.Server(config)
            task = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            told.append((server.servers[0].sockets[0].getsockname()[1], token))
            begun.set()
            await asyncio.to_thread(ended.wait)
            server.should_exit = True
            await task


async def _keeper(store: Store, synthetic: Synthetic, seeds: Sequence[int], snapshot: Path) -> Keeper:
    fields = {"name": "Medium", "type": "reagent", "manufacturer": "Example supplier"}
    nodes = [synthetic.index.lineage.node(seed) for seed in seeds]
    records = [
        {"record": "node", "kind": kind, "id": key, "data": {**fields, "lot_number": key}} for kind, key in nodes
    ]
    submission = Submission(records=[RawRecord(record) for record in records], viewer=OWNER, idempotency_key="seeds")
    receipt = await store.ledger.record(submission)
    assert receipt.accepted, receipt
    await asyncio.to_thread(synthetic.index.save, snapshot)
    header = read_header(snapshot)
    standing = Head(seq=header.seq, digest=header.digest, epoch=header.epoch)
    keeper = Keeper(_Elsewhere(store.ledger, standing, receipt.seq or 0), snapshot=snapshot)
    await keeper.position()
    return keeper
