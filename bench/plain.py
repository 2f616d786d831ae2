"""The bare driver writing the same nodes and edges in the same batches: what the door is held against.

One transaction a batch; in it one ``UNWIND`` for each kind of node and for each edge type between two kinds. The store
has the constraints and indexes that ours has. All rows are in memory before the clock runs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

import neo4j
from bench.places import opened, processor_seconds
from graph.models import install
from service.interpreter import set_up_interpreter

ROWS = 10_000  # a statement


async def write(driver: neo4j.AsyncDriver, batches: Iterable[dict[str, dict[str, list[Any]]]]) -> None:
    for batch in batches:
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


async def _each(transaction: neo4j.AsyncTransaction, statement: str, rows: list[Any]) -> None:
    for start in range(0, len(rows), ROWS):
        result = await transaction.run(statement, {"rows": rows[start : start + ROWS]})
        await result.consume()


async def _measured(orders: dict[str, Any], batches: list[dict[str, Any]]) -> dict[str, Any]:
    async with opened(orders) as engine:
        await install(engine)
        begun, used = time.perf_counter(), processor_seconds(engine, orders)
        await write(engine.driver, batches)
        seconds, used = time.perf_counter() - begun, processor_seconds(engine, orders) - used
        return {"seconds": seconds, "processor_seconds": used}


def main() -> None:
    orders = json.loads(sys.stdin.readline())
    batches = [orjson.loads(line) for line in Path(orders["file"]).read_bytes().splitlines()]
    set_up_interpreter()  # as the command line does; what was read is not looked through for cycles
    print(json.dumps(asyncio.run(_measured(orders, batches))))


if __name__ == "__main__":
    main()
