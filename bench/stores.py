"""The index beside its store: what it takes to build it, and until a write is in the next answer; on the embedded engine."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from bench.ingest import write_trial
from exchange.importing import import_records
from exchange.sources import open_source
from graph.keeping import Keeper
from graph.ledger import Submission
from graph.records import RawRecord
from graph.viewer import OWNER
from service.settings import Settings
from service.store import Store, open_store

__all__ = ["BesideStore", "beside_store"]

_ROUNDS: Final = 5
_WRITES: Final = 40


@dataclass(frozen=True, kw_only=True)
class BesideStore:
    """``cold``: building the index, in readings of the ledger's entries. ``visible``: until the keeper stands at a write
    that was acknowledged, in round trips: bare readings of the same news. ``statements``: how many it takes for that.
    """

    entries: int
    cold: float
    visible: float
    statements: float


def beside_store(*, donors: int) -> BesideStore:
    return asyncio.run(_measured(donors))


async def _measured(donors: int) -> BesideStore:
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        file = Path(folder) / "trial.jsonl"
        write_trial(file, donors=donors, seed=0)
        async with open_store(Settings(data=Path(folder) / "store"), make=True) as store:
            outcome = await import_records(
                store.ledger, open_source(file), viewer=OWNER, idempotency_prefix="bench", historic=True, batch=5000
            )
            assert outcome.is_complete, outcome.violations[:3]
            cold = await _cold(store)
            visible, statements = await _visible(store)
            return BesideStore(
                entries=(await store.ledger.head()).seq, cold=cold, visible=visible, statements=statements
            )


async def _cold(store: Store) -> float:
    built, read = [], []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        keeper = Keeper(store.ledger)
        await keeper.position()
        built.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        async for _entry in store.ledger.entries():
            pass
        read.append(time.perf_counter() - begun)
    return statistics.median(built) / statistics.median(read)


async def _visible(store: Store) -> tuple[float, float]:
    keeper = Keeper(store.ledger)
    await keeper.position()
    numbers = count()
    caught, trips, statements = [], [], []
    asked = 0
    read = store.engine.read

    async def counted(*arguments: Any, **parameters: Any) -> Any:
        nonlocal asked
        asked += 1
        return await read(*arguments, **parameters)

    for _ in range(_WRITES):
        seq = await _write(store, f"bench-{next(numbers)}")
        begun = time.perf_counter()
        position = await keeper.position()
        caught.append(time.perf_counter() - begun)
        assert position.seq == seq, "the write is not in the next answer"
        begun = time.perf_counter()
        await store.ledger.since(seq - 1)
        trips.append(time.perf_counter() - begun)
    store.engine.read = counted  # type: ignore[method-assign]
    for _ in range(_WRITES):
        await _write(store, f"bench-{next(numbers)}")
        asked = 0
        await keeper.position()
        statements.append(asked)
    store.engine.read = read  # type: ignore[method-assign]
    return statistics.median(caught) / statistics.median(trips), statistics.mean(statements)


async def _write(store: Store, key: str) -> int:
    record = RawRecord({"record": "node", "kind": "Person", "id": key, "data": {}})
    receipt = await store.ledger.record(Submission(records=[record], viewer=OWNER, idempotency_key=key))
    assert receipt.seq is not None, receipt
    return receipt.seq
