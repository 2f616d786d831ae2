"""Whether someone still waits for an answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from starlette.requests import Request

__all__ = ["waiting"]


@contextlib.contextmanager
def waiting(request: Request) -> Iterator[asyncio.Future[None]]:
    """A future that is done when the client has gone away. The body must have been read before."""
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        yield gone
    finally:
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
