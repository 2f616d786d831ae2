"""Exporting an impact answer against a JSON writer on the same rows, and what others feel of it: ratios, not seconds.

    python -m bench.streams --items 100000

1. NDJSON of all items, from the answer in arrays to the last byte with the trailer and both digests, against
   ``orjson.dumps`` of the same rows as dictionaries that are at hand, a line each. The rows are compared first; times
   are of the processor.
2. A small impact question over HTTP alone, and while another client exports all items again and again: p99 of each.
   The service runs in this process over an embedded store; both clients are processes of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx
import orjson
import uvicorn

from exchange.answers import FORMATS, impact_file, read_rows
from graph.index.hazards import Hazard, Seed
from graph.ledger import Submission
from graph.records import RawRecord
from graph.viewer import OWNER
from queries.impact import Impact, ImpactAsked, impact
from queries.privacy import View
from service.application import build_application
from service.interpreter import set_up_interpreter
from service.settings import Settings
from service.store import Store, open_store

_ROUNDS = 9
_BATCH = 5000
_UNITS_EACH = 500
_ASKED = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("Reagent", "R")),))
_LARGE = {"hazard": "EXPOSURE", "seed": "Reagent:R", "format": "ndjson"}
_SMALL = {
    "query": """query { impact(input: {hazard: EXPOSURE, seeds: [{id: "Reagent:OTHER"}]}) {
      ... on Impact { digest summary { total } items(first: 100) { edges { node { id exposedFrom } } } } } }"""
}
Json = dict[str, Any]


def _records(items: int) -> Iterator[Json]:
    """One reagent, used on lots that were frozen into units each; another one that was used once."""
    yield {"record": "node", "kind": "Institution", "id": "ORG"}
    yield {"record": "node", "kind": "Person", "id": "P"}
    for reagent in ("R", "OTHER"):
        yield {"record": "node", "kind": "Reagent", "id": reagent, "data": {}}
    for number in range(math.ceil(items / (_UNITS_EACH + 2))):
        at = f"2025-01-{1 + number % 28:02}T{number // 28 % 24:02}:{number // 672 % 60:02}:00+08:00"
        act = {"record": "operation", "start": at, "performing_org": "ORG", "operator": "P"}
        uses = [{"kind": "Reagent", "id": "R"}, *([{"kind": "Reagent", "id": "OTHER"}] if not number else [])]
        yield {"record": "node", "kind": "CellLot", "id": f"L{number}", "stub": True}
        yield {
            **act, "type": "EXPANDED", "id": f"E{number}", "inputs": [{"kind": "CellLot", "id": f"L{number}"}],
            "outputs": [{"kind": "CellLot", "id": f"X{number}"}], "uses": uses,
        }  # fmt: skip
        yield {
            **act, "type": "CRYOPRESERVED", "id": f"C{number}", "inputs": [{"kind": "CellLot", "id": f"X{number}"}],
            "outputs": [{"kind": "CellLot", "id": f"B{number}", "units": [f"1-{_UNITS_EACH}"]}],
        }  # fmt: skip


async def _fill(store: Store, items: int) -> None:
    records = list(_records(items))
    for first in range(0, len(records), _BATCH):
        part = [RawRecord(record) for record in records[first : first + _BATCH]]
        receipt = await store.ledger.record(
            Submission(records=part, viewer=OWNER, idempotency_key=str(first), historic=True, is_import=True)
        )
        if not receipt.accepted:
            raise SystemExit(f"refused: {[violation.as_json() for violation in receipt.violations[:3]]}")


def _written(view: View, answer: Impact) -> tuple[float, bytes]:
    # What an answer works out once is worked out here, not left from the round before.
    fresh = Impact(**{name: getattr(answer, name) for name in Impact.__dataclass_fields__})
    begun = time.thread_time()
    content = b"".join(FORMATS["ndjson"].write(impact_file(view, fresh, {})))
    return time.thread_time() - begun, content


def _dumped(rows: list[Json]) -> tuple[float, bytes]:
    begun = time.thread_time()
    content = b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])
    return time.thread_time() - begun, content


async def _writing(store: Store) -> float:
    view = store.view(OWNER)
    answer = await impact(view, _ASKED)
    _, content = _written(view, answer)
    *rows, _ = read_rows([content], "ndjson")
    if not content.startswith(_dumped(rows)[1]) or len(rows) != answer.total:
        raise SystemExit("the rows differ")
    pairs = [(_written(view, answer)[0], _dumped(rows)[0]) for _ in range(_ROUNDS)]
    ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    print(f"{len(rows):,} items, {len(content) / 1e6:.1f} MB of NDJSON")
    print(
        f"  written {ours * 1000:6.1f} ms   orjson of the same rows {theirs * 1000:6.1f} ms   ratio {ours / theirs:.2f}"
    )
    return ours / theirs


def _ask(address: str, token: str, count: int, taken: Any) -> None:
    """A small question again and again: seconds of each."""
    seconds = []
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        for _ in range(count):
            begun = time.perf_counter()
            answer = client.post("/graphql", json=_SMALL)
            seconds.append(time.perf_counter() - begun)
            if answer.json()["data"]["impact"]["summary"]["total"] < _UNITS_EACH:
                raise SystemExit(answer.text)
    taken.put(seconds)


def _export(address: str, token: str, enough: Event, taken: Any) -> None:
    """The large answer again and again, read as it comes."""
    count = 0
    with httpx.Client(
        base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=120, trust_env=False
    ) as client:
        while not enough.is_set():
            with client.stream("GET", "/export/impact", params=_LARGE) as answer:
                tail = b""
                for chunk in answer.iter_bytes():
                    tail = chunk
            if b'"trailer"' not in tail:
                raise SystemExit("an export was cut")
            count += 1
    taken.put(count)


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[math.ceil(len(seconds) * 0.99) - 1]


async def _beside(store: Store, count: int) -> float:
    token = (await store.tokens.create("P", OWNER.role, None)).plain
    server = uvicorn.Server(uvicorn.Config(build_application(store), port=0, log_level="error"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    spawn = multiprocessing.get_context("spawn")
    taken, exported, enough = spawn.Queue(), spawn.Queue(), spawn.Event()

    async def asked(times: int) -> list[float]:
        client = spawn.Process(target=_ask, args=(address, token, times, taken))
        client.start()
        seconds: list[float] = await asyncio.to_thread(taken.get)
        await asyncio.to_thread(client.join)
        return seconds

    await asked(50)
    alone = await asked(count)
    other = spawn.Process(target=_export, args=(address, token, enough, exported))
    other.start()
    await asyncio.sleep(2)
    beside = await asked(count)
    enough.set()
    exports = await asyncio.to_thread(exported.get)
    await asyncio.to_thread(other.join)
    server.should_exit = True
    await serving
    ratio = _p99(beside) / _p99(alone)
    print(f"p99 of {count} small questions over HTTP: alone {_p99(alone) * 1000:.1f} ms, ", end="")
    print(f"beside {exports} exports {_p99(beside) * 1000:.1f} ms   ratio {ratio:.2f}")
    print(f"  medians {statistics.median(alone) * 1000:.1f} and {statistics.median(beside) * 1000:.1f} ms")
    return ratio


async def _run(items: int, questions: int) -> None:
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        async with open_store(Settings(data=Path(folder) / "store"), make=True) as store:
            await _fill(store, items)
            await _writing(store)
            await _beside(store, questions)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=400)
    arguments = parser.parse_args()
    set_up_interpreter()
    asyncio.run(_run(arguments.items, arguments.questions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
