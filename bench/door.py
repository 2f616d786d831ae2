"""One import through the whole door, in a process of its own: how long it took, and how much memory it needed.

Orders come as one line of JSON on standard input (the file, the batch, the store), the figures go to standard output.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench.places import processor_seconds
from exchange.importing import import_records
from exchange.sources import open_source
from graph.viewer import OWNER
from service.interpreter import set_up_interpreter
from service.settings import Settings
from service.store import open_store


async def _measured(orders: dict[str, Any]) -> dict[str, Any]:
    settings = Settings(
        data=Path(orders["folder"]), store=orders["store"], user=orders["user"], password=orders["password"]
    )
    async with open_store(settings, make=True) as store:
        begun, used = time.perf_counter(), processor_seconds(store.engine, orders)
        outcome = await import_records(
            store.ledger,
            open_source(Path(orders["file"])),
            viewer=OWNER,
            idempotency_prefix="bench",
            historic=True,
            batch=orders["batch"],
        )
        seconds, used = time.perf_counter() - begun, processor_seconds(store.engine, orders) - used
    if not outcome.is_complete:
        raise SystemExit(f"refused: {[violation.as_json() for violation in outcome.violations[:5]]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "processor_seconds": used,
        "peak_bytes": peak * (1 if sys.platform == "darwin" else 1024),
    }


if __name__ == "__main__":
    set_up_interpreter()  # as the command line does
    print(json.dumps(asyncio.run(_measured(json.loads(sys.stdin.readline())))))
