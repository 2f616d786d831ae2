"""Where a measurement happens: an empty store on the embedded engine or on a Neo4j, new for each measurement."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil

from graph.engine import EmbeddedEngine, Engine, connect

__all__ = ["ENGINES", "Place", "new_place", "opened", "processor_seconds"]

ENGINES = ("embedded", "neo4j")
Place = dict[str, Any]  # folder, store, user, password, pid: as the measuring processes take them


@contextlib.asynccontextmanager
async def new_place(engine: str) -> AsyncIterator[Place]:
    """An empty store, gone afterwards. The embedded engine is started by who opens it, a Neo4j runs already."""
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        place: Place = {
            "folder": str(Path(folder) / "store"),
            "store": None,
            "user": None,
            "password": None,
            "pid": None,
        }
        if engine == "embedded":
            yield place
            return
        sys.path.append(str(Path(__file__).parent.parent / "tests"))  # a real Neo4j is started as the tests start it
        from support.neo4j_server import Neo4jServer

        server = await Neo4jServer.start(Path(folder) / "neo4j", java_options=_NEO4J_OPTIONS)
        try:
            access = {"store": server.address, "user": server.user, "password": server.password}
            yield {**place, **access, "pid": server.process.pid}
        finally:
            server.kill()


# As a small installation has it; the tests' own options are those that start quickest.
_NEO4J_OPTIONS = ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC")


@contextlib.asynccontextmanager
async def opened(place: Place) -> AsyncIterator[Engine]:
    """The database of the place."""
    if place["store"] is None:
        engine: Engine = await EmbeddedEngine.start(Path(place["folder"]))
    else:
        engine = await connect(place["store"], place["user"], place["password"])
    try:
        yield engine
    finally:
        await engine.close()


def processor_seconds(engine: Engine, place: Place) -> float:
    """What this process and the engine's have used of the processors, since they began."""
    pid = engine.server.pid if isinstance(engine, EmbeddedEngine) else place["pid"]
    used = [process.cpu_times() for process in (psutil.Process(), psutil.Process(pid))]
    return float(sum(each.user + each.system for each in used))
