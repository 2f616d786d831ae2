"""The store of a run: opened in one place, closed in the right order."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from graph.engine import EmbeddedEngine, Engine, FolderLock, connect
from graph.errors import Misconfigured, NotFound
from graph.keeping import Keeper
from graph.keys import KeyFile, KeyRing
from graph.ledger import Ledger, Verification, open_ledger
from graph.ledger.access_log import AccessLog
from graph.ledger.tokens import Tokens
from graph.models import install
from graph.reader import Reader, StoreReader
from graph.saying import said
from graph.viewer import Viewer
from queries.privacy import View
from service.settings import Settings

__all__ = ["Store", "check_package_names", "open_store"]

_OUR_PACKAGES: Final = ("exchange", "graph", "queries", "resolvers", "schema", "service", "visualize")
_OUR_DISTRIBUTION: Final = "stemgraph"


@dataclass(frozen=True, kw_only=True)
class Store:
    """Everything that stands on one open database."""

    engine: Engine
    keyring: KeyRing
    ledger: Ledger
    reader: Reader
    tokens: Tokens
    access_log: AccessLog
    index: Keeper | None = None  # None: questions of lineage are pushed down to the database
    kernel_seconds: float | None = None  # how long one may be thought about

    @classmethod
    async def over(cls, engine: Engine, keyring: KeyRing, settings: Settings) -> Store:
        """A store whose layout is brought up to date. Closing the engine stays with the caller."""
        await install(engine)
        ledger = await open_ledger(engine, keyring)
        return cls(
            engine=engine,
            keyring=keyring,
            ledger=ledger,
            reader=StoreReader(engine),
            tokens=Tokens(engine),
            access_log=AccessLog(engine),
            index=None if settings.pushdown else Keeper(ledger, snapshot=settings.index_file),
            kernel_seconds=settings.question_seconds,
        )

    async def verify(self) -> Verification:
        """Recomputes the chain, and compares the graph and the index with it; the first difference is named."""
        found = await self.ledger.verify()
        if not found.is_intact or self.index is None:
            return found
        difference = await self.index.difference()
        return (
            found
            if difference is None
            else replace(found, first_difference=said("The index: {problem}.", problem=difference))
        )

    def view(self, viewer: Viewer, *, gone: asyncio.Future[None] | None = None, remembers: bool = False) -> View:
        """The lineage through someone's eyes, for one answer. ``gone`` is done when nobody waits for it any more.

        ``remembers``: what leads to one person is found out once.
        """
        return View(
            reader=self.reader,
            viewer=viewer,
            vault=self.ledger.vault,
            log=self.access_log,
            index=self.index,
            kernel_seconds=self.kernel_seconds,
            gone=gone,
            remembers=remembers,
        )


@contextlib.asynccontextmanager
async def open_store(settings: Settings, *, make: bool, lock: FolderLock | None = None) -> AsyncIterator[Store]:
    """Opens the store that the settings name, for as long as the context lasts.

    ``make``: an embedded store is made where the folder is missing or empty; otherwise that is NotFound. ``lock``: the
    folder's, where the caller holds it already.

    Raises:
        Misconfigured, StoreUnavailable, Conflict (the folder is in use), NotFound.
    """
    check_package_names()
    is_new = settings.store is None and not (settings.data / "engine").exists()
    if is_new and not make:
        raise NotFound(
            (f"store in {settings.data}",), remedy="`stemgraph import` or `serve` makes one; or name its folder."
        )
    engine, keyring = await _open_parts(settings, is_new=is_new, lock=lock)
    try:
        store = await Store.over(engine, keyring, settings)
        try:
            yield store
        finally:
            if store.index is not None:
                await store.index.close()
            await store.access_log.flush()
    finally:
        await engine.close()


async def _open_parts(settings: Settings, *, is_new: bool, lock: FolderLock | None) -> tuple[Engine, KeyRing]:
    if settings.store is None:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyring = KeyFile(settings.key_file, must_exist=not is_new)
        return await EmbeddedEngine.start(settings.data, lock=lock, heap=settings.heap), keyring
    if not settings.user or settings.password is None:
        raise Misconfigured(
            "User and password of the database are missing.", remedy="Set STEMGRAPH_USER and STEMGRAPH_PASSWORD."
        )
    engine = await connect(settings.store, settings.user, settings.password, database=settings.database)
    try:
        was_used = await engine.read("MATCH (h:Head) WHERE h.seq > 0 RETURN h.seq AS seq")
        keyring = KeyFile(settings.key_file, must_exist=bool(was_used))
    except BaseException:
        await engine.close()
        raise
    return engine, keyring


def check_package_names() -> None:
    """Refuses to run where another distribution provides one of our top-level names: either may be the one imported.

    Raises:
        Misconfigured: names the distribution.
    """
    providers = importlib.metadata.packages_distributions()
    own_root = Path(__file__).parent.parent
    for package in _OUR_PACKAGES:
        others = sorted({name for name in providers.get(package, ()) if name.lower() != _OUR_DISTRIBUTION})
        if others:
            raise Misconfigured(
                f"Another distribution, {', '.join(others)}, also provides the package {package!r} beside {own_root}.",
                remedy="Install stemgraph in an environment of its own.",
            )
