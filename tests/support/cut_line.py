"""A wire to the store that can be cut at a commit: before the store hears of it, or before its answer comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from enum import Enum, auto
from urllib.parse import urlsplit

__all__ = ["Cut", "CutLine", "cut_line"]

# COMMIT as the client sends it: a chunk of two bytes (a structure without fields, signature 0x12) and its end.
_COMMIT = b"\x00\x02\xb0\x12\x00\x00"


class Cut(Enum):
    BEFORE_COMMIT = auto()  # the store never hears of it
    BEFORE_ANSWER = auto()  # it is committed, and nobody is told


class CutLine:
    """Between a client and the store. ``cut_next`` arms it; a cut that lasts lets nothing pass until ``mend``."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 0)
        self._armed: Cut | None = None
        self._on_cut: Callable[[], None] = lambda: None
        self._is_cut = self._lasts = False
        self._writers: list[asyncio.StreamWriter] = []
        self.address = ""
        self.cuts = 0

    def cut_next(self, cut: Cut, on_cut: Callable[[], None] = lambda: None, *, lasts: bool = True) -> None:
        """At the next commit. ``on_cut`` is called at that moment: to kill the engine, say."""
        self._armed, self._on_cut, self._lasts = cut, on_cut, lasts

    def mend(self) -> None:
        self._is_cut = False

    async def serve(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        if self._is_cut:
            client_out.close()
            return
        store_in, store_out = await asyncio.open_connection(*self._target)
        self._writers += [client_out, store_out]
        waiting = asyncio.Event()  # for the store's answer to a commit
        await asyncio.gather(
            self._to_store(client_in, store_out, waiting), self._to_client(store_in, client_out, waiting)
        )

    async def _to_store(
        self, client_in: asyncio.StreamReader, store_out: asyncio.StreamWriter, waiting: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await client_in.read(65536):
                if self._armed is not None and _COMMIT in data:
                    if self._armed is Cut.BEFORE_COMMIT:
                        self._cut()
                        return
                    waiting.set()
                store_out.write(data)
                await store_out.drain()
            store_out.close()

    async def _to_client(
        self, store_in: asyncio.StreamReader, client_out: asyncio.StreamWriter, waiting: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await store_in.read(65536):
                if waiting.is_set():  # the answer has come: it is committed
                    self._cut()
                    return
                client_out.write(data)
                await client_out.drain()
            client_out.close()

    def _cut(self) -> None:
        self._armed = None
        self._is_cut = self._lasts
        self.cuts += 1
        self._on_cut()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@contextlib.asynccontextmanager
async def cut_line(target: str) -> AsyncIterator[CutLine]:
    """A wire to ``target``, a bolt:// address; use its own ``address`` instead."""
    line = CutLine(target)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.address = f"bolt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
        line._cut()
