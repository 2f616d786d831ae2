"""What every test may ask for: a store on the embedded engine, started once, emptied for each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import settings

from graph.engine import EmbeddedEngine
from service.store import Store
from support.stores import empty_store

# The same examples on each run of CI; elsewhere others each time. How long one takes says nothing on a shared machine.
settings.register_profile("anywhere", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("anywhere"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("engines")
    group.addoption("--neo4j", action="store_true", help="run the contract suite on a real Neo4j too (needs Maven)")
    group.addoption(
        "--neo4j-address",
        metavar="bolt://HOST:PORT",
        help="an empty Neo4j to use instead of one that is started; user and password: TEST_NEO4J_USER, _PASSWORD",
    )
    parser.addoption("--screenshots", action="store_true", help="take the pictures of the documents anew")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "neo4j: needs a real Neo4j; left out without --neo4j")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--neo4j") or config.getoption("--neo4j-address"):
        return
    left_out = [item for item in items if item.get_closest_marker("neo4j")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("neo4j")]


@pytest.fixture(scope="session")
async def embedded_engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedEngine]:
    """The embedded engine in a folder of its own; ``engine.server`` is its process."""
    engine = await EmbeddedEngine.start(tmp_path_factory.mktemp("embedded") / "store")
    try:
        yield engine
    finally:
        await engine.close()


@pytest.fixture
async def store(embedded_engine: EmbeddedEngine) -> Store:
    """An empty store."""
    return await empty_store(embedded_engine)
