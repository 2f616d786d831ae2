"""A service from its start to its end: folder, store, first token, socket; and the other way round."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import uvicorn

from graph.engine import EmbeddedEngine, Engine, FolderLock
from graph.engine.folder import write_privately
from graph.errors import Misconfigured, StemgraphError, StoreUnavailable
from graph.index import warm
from graph.viewer import OWNER
from service.application import build_application
from service.local import service_file_of
from service.logs import log
from service.settings import Settings
from service.store import Store, open_store

__all__ = ["RunningService", "listening", "make_index", "run_service"]


_LOOK_SECONDS: Final = 1.0  # how often it is looked whether the embedded engine is still there


class RunningService:
    """A service that is up. ``url`` is where it listens."""

    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None], store: Store, url: str) -> None:
        self._server = server
        self._task = task
        self.store = store
        self.url = url

    async def wait(self) -> None:
        """Returns when the service was asked to stop and has ended.

        Raises StoreUnavailable where it stopped because its embedded engine ended: whoever supervises the service
        starts it anew, and with it the engine.
        """
        looking = asyncio.create_task(self._stop_with_engine())
        try:
            await self._task
        finally:
            looking.cancel()
        if _has_ended(self.store.engine):
            raise StoreUnavailable(
                "The embedded engine has ended, so the service stopped.",
                remedy="Start it again; everything acknowledged is there.",
            )

    async def _stop_with_engine(self) -> None:
        while not _has_ended(self.store.engine):  # noqa: ASYNC110  the end of a process is no event of the loop
            await asyncio.sleep(_LOOK_SECONDS)
        log("engine ended", level=logging.ERROR)
        self.stop()

    def stop(self) -> None:
        """Lets running requests end, takes no new ones."""
        self._server.should_exit = True


def _has_ended(engine: Engine) -> bool:
    return isinstance(engine, EmbeddedEngine) and engine.server.has_ended


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own way raises the signal again after its shutdown, before our store is closed
        yield


@contextlib.asynccontextmanager
async def run_service(
    settings: Settings,
    *,
    tell: Callable[[str], None],
    prepare: Callable[[Store], Awaitable[None]] | None = None,
) -> AsyncIterator[RunningService]:
    """A service for as long as the context lasts. ``tell`` shows a person what must be seen once.

    ``prepare`` is run with the open store before the first request is taken. SIGTERM and SIGINT stop it in order.

    Raises:
        Misconfigured (settings, port in use), Conflict (the folder is in use), StoreUnavailable.
    """
    with (
        listening(settings.host, settings.port) as listener,
        _stopping_in_order() as on_stop,
        _holding(settings) as lock,
    ):
        async with open_store(settings, make=True, lock=lock) as store:
            await store.tokens.sweep()
            await _give_first_token(store, settings, tell)
            if prepare is not None:
                await prepare(store)
            server = _Server(
                uvicorn.Config(
                    build_application(store, base_url=settings.base_url),
                    log_config=None,
                    access_log=False,
                    lifespan="off",
                    ws="none",
                    server_header=False,
                    proxy_headers=False,
                    timeout_graceful_shutdown=10,
                )
            )
            url = _url(settings.host, listener)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            indexing = asyncio.create_task(make_index(store))
            service = RunningService(server, task, store, url)
            on_stop(service.stop)
            try:
                with service_file_of(settings.service_file, url, store=settings.store):
                    if lock is not None:
                        lock.announce(url)
                    log("serving", url=url, engine=store.engine.product, engine_version=store.engine.version)
                    yield service
            finally:
                service.stop()
                indexing.cancel()
                await task
                log("stopped")


async def make_index(store: Store) -> None:
    """So that the first question need not wait for it. What is wrong is told to who asks, too."""
    if store.index is None:
        return
    try:
        await asyncio.to_thread(warm)
        await store.index.position()
    except StemgraphError as error:
        log("index not made", level=logging.ERROR, code=error.code)
    else:
        state = store.index.state()
        if state.reason is not None:  # the ledger was read instead, which takes longer: why should not be a riddle
            log("snapshot refused", level=logging.WARNING, reason=state.reason)
        log("index ready", seq=state.seq, things=state.things, edges=state.edges)


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that connections are made to. Raises Misconfigured where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only for a socket of this protocol by name does asyncio switch off that small packets wait for others: without it
    # each answer on a connection that is kept comes some 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with contextlib.closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # who comes before the server takes connections waits, and is not refused
        except OSError as error:
            raise Misconfigured(
                f"The service cannot listen on {host} port {port}: {error.strerror}.",
                remedy="Name another with --host and --port; --port 0 takes any free one.",
            ) from None
        yield listener


@contextlib.contextmanager
def _holding(settings: Settings) -> Iterator[FolderLock | None]:
    """The folder's lock, for an embedded store; a database elsewhere may have several services."""
    if settings.store is not None:
        yield None
        return
    lock = FolderLock.take(settings.data)
    try:
        yield lock
    finally:
        lock.release()


@contextlib.contextmanager
def _stopping_in_order() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Until a service is up, a signal cancels its start; from then on it does what is handed over here."""
    loop = asyncio.get_running_loop()
    starting = asyncio.current_task()
    stop: list[Callable[[], None]] = []

    def on_signal() -> None:
        if stop:
            stop[-1]()
        elif starting is not None:
            starting.cancel()

    signals = [signal.SIGTERM, signal.SIGINT]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        signals.append(signal.SIGHUP)  # the terminal was closed
    with contextlib.suppress(NotImplementedError, RuntimeError):  # not on Windows, not beside the main thread
        for number in signals:
            loop.add_signal_handler(number, on_signal)
    try:
        yield stop.append
    finally:
        with contextlib.suppress(NotImplementedError, RuntimeError):
            for number in signals:
                loop.remove_signal_handler(number)


async def _give_first_token(store: Store, settings: Settings, tell: Callable[[str], None]) -> None:
    if await store.tokens.has_administrator():
        return
    issued = await store.tokens.create(OWNER.person, OWNER.role, None)
    if settings.store is None:
        write_privately(settings.admin_token_file, issued.plain + "\n")
        tell(f"The owner's token is in {settings.admin_token_file}.")
    else:
        tell(f"The owner's token, shown this once: {issued.plain}")


def _url(host: str, listener: socket.socket) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{listener.getsockname()[1]}"
