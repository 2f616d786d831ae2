"""The bare driver writing the same nodes and edges in the same batches: what the door is held against.

One transaction a batch; in it one ``UNWIND`` for each kind of node and for each edge type between two kinds. The store
has the constraints and indexes that ours has. Rows are read from the file before the clock runs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

import neo4j
from bench.places import opened, processor_seconds
from graph.models import install

ROWS = 10_000  # a statement


async def write(driver: neo4j.AsyncDriver, file: Path, used: Callable[[], float]) -> dict[str, float]:
    """What the writing took."""
    seconds = processor_seconds = 0.0
    with file.open("rb") as lines:
        for line in lines:
            batch = orjson.loads(line)
            begun, before = time.perf_counter(), used()
            async with driver.session(database="neo4j") as session, await session.begin_transaction() as transaction:
                for kind, rows in batch["nodes"].items():
                    await _each(transaction, f"UNWIND $rows AS row CREATE (n:{kind}) SET n = row", rows)
                for flow, rows in batch["edges"].items():
                    source, edge, target = flow.split()
                    statement = (
                        f"UNWIND $rows AS row MATCH (a:{source} {{key: row[0]}}) MATCH (b:{target} {{key: row[1]}}) "
                        f"CREATE (a)-[r:{edge}]->(b) SET r = row[2]"
                    )
                    await _each(transaction, statement, rows)
                await transaction.commit()
            seconds += time.perf_counter() - begun
            processor_seconds += used() - before
    return {"seconds": seconds, "processor_seconds": processor_seconds}


async def _each(transaction: neo4j.AsyncTransaction, statement: str, rows: list[Any]) -> None:
    for start in range(0, len(rows), ROWS):
        result = await transaction.run(statement, {"rows": rows[start : start + ROWS]})
        await result.consume()


async def _measured(orders: dict[str, Any]) -> dict[str, Any]:
    async with opened(orders) as engine:
        await install(engine)
        return await write(engine.driver, Path(orders["file"]), lambda: processor_seconds(engine, orders))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measured(json.loads(sys.stdin.readline())))))
