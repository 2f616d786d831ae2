"""A service held open in a thread of its own, for callers that cannot await."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from graph.engine import EmbeddedEngine
from graph.errors import Misconfigured
from service.client import Service, connect_service
from service.settings import Settings

__all__ = ["Held"]

T = TypeVar("T")


class Held:
    """Opens in its thread, which lives as long as what is open: the embedded engine ends with the thread that began it.

    ``prepare`` is awaited before anything is asked. Raises what `connect_service` raises.
    """

    def __init__(self, settings: Settings, *, prepare: Callable[[Service], Awaitable[None]] | None = None) -> None:
        self._opened: Future[Service] = Future()
        self._loop = asyncio.new_event_loop()
        self._life = asyncio.Event()  # set: it shall end
        self._prepare = prepare
        self._thread = threading.Thread(target=self._live, args=(settings,), name="stemgraph", daemon=True)
        self._thread.start()
        try:
            self._service = self._opened.result()
        except BaseException:
            self.close()
            raise
        atexit.register(self._leave)

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive() and not self._life.is_set()

    def run(self, work: Callable[[Service], Coroutine[Any, Any, T]]) -> T:
        """What the work comes to. An interruption from the keyboard ends it, too."""
        if not self.is_open:
            raise Misconfigured("The lineage is closed.", remedy="Open it again, and ask again.")
        running = asyncio.run_coroutine_threadsafe(work(self._service), self._loop)
        try:
            return running.result()
        except KeyboardInterrupt:
            running.cancel()
            raise

    def close(self) -> None:
        """Returns when everything is closed. May be called twice."""
        atexit.unregister(self._leave)
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._life.set)
        self._thread.join()

    def _live(self, settings: Settings) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._hold(settings))

    async def _hold(self, settings: Settings) -> None:
        try:
            async with connect_service(settings, make=self._prepare is not None) as service:
                if self._prepare is not None:
                    await self._prepare(service)
                self._opened.set_result(service)
                await self._life.wait()
        except BaseException as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)

    def _leave(self) -> None:
        """At the end of the process no thread can be begun any more, so nothing is closed in order. What was recorded is
        on disk; the engine must not outlive its folder.
        """
        store = self._service.store
        if store is not None and isinstance(store.engine, EmbeddedEngine):
            store.engine.server.kill()
