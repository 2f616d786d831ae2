"""Each test of the contract runs on each engine: what is promised of one is promised of all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from graph.engine import EmbeddedEngine, EmbeddedServer, Engine, connect
from service.store import Store
from support.neo4j_server import Neo4jServer
from support.stores import ENGINES, StartEngine, empty_store


class NamedServer(NamedTuple):
    """A Neo4j that somebody else started."""

    address: str
    user: str
    password: str


@pytest.fixture(scope="session")
async def neo4j_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[NamedServer | Neo4jServer]:
    """A real Neo4j: the one that is named, or one that is started."""
    if address := request.config.getoption("--neo4j-address"):
        yield NamedServer(address, os.environ["TEST_NEO4J_USER"], os.environ["TEST_NEO4J_PASSWORD"])
        return
    server = await Neo4jServer.start(tmp_path_factory.mktemp("neo4j") / "home")
    yield server
    server.kill()


@pytest.fixture(scope="session")
async def neo4j_engine(neo4j_server: NamedServer | Neo4jServer) -> AsyncIterator[Engine]:
    engine = await connect(neo4j_server.address, neo4j_server.user, neo4j_server.password)
    yield engine
    await engine.close()


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


class Server(Protocol):
    """How another process reaches the store."""

    address: str
    user: str
    password: str


@pytest.fixture(scope="session")
def server(engine: Engine, request: pytest.FixtureRequest) -> Server:
    """The process behind ``engine``."""
    if isinstance(engine, EmbeddedEngine):
        return engine.server
    found: Server = request.getfixturevalue("neo4j_server")
    return found


@pytest.fixture
async def store(engine: Engine) -> Store:
    """An empty store on each engine in turn."""
    return await empty_store(engine)


@pytest.fixture(params=ENGINES)
def start_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartEngine]:
    """Starts an engine of this test's own, to be killed: on the same data each time."""
    started: list[EmbeddedServer | Neo4jServer] = []

    async def start() -> EmbeddedServer | Neo4jServer:
        if request.param == "embedded":
            started.append(await EmbeddedServer.start(tmp_path / "store"))
        else:
            password = started[-1].password if started else None
            started.append(await Neo4jServer.start(tmp_path / "home", password))
        return started[-1]

    yield start
    if started:
        started[-1].kill()
