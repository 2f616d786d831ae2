"""Kernels run beside the event loop, and can be stopped: by a time limit, or because nobody waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from graph.index.lineage import never
from graph.index.tables import Array

__all__ = ["Stopped", "run_kernel"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stopped(Generic[T]):
    """What a kernel gave, and whether it was told to stop before it had ended."""

    found: T
    is_early: bool


async def run_kernel(
    work: Callable[[Array], T], seconds: float | None, gone: asyncio.Future[None] | None = None
) -> Stopped[T]:
    """Runs ``work`` in a thread with a flag that stops it.

    After so many seconds, or when ``gone`` is done because nobody waits for the answer any more, the flag is raised,
    and what it has by then comes back. Where the caller is cancelled the flag is raised, too.
    """
    flag = never()
    running = asyncio.ensure_future(asyncio.to_thread(work, flag))
    try:
        waited_for: set[asyncio.Future[Any]] = {running} if gone is None else {running, gone}
        done, _ = await asyncio.wait(waited_for, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if running in done:
            return Stopped(running.result(), is_early=False)
        flag[0] = 1
        return Stopped(await running, is_early=True)
    except asyncio.CancelledError:
        flag[0] = 1
        running.add_done_callback(_forget)
        raise


def _forget(running: asyncio.Future[T]) -> None:
    """So that an error of what nobody waits for is not told as one that was forgotten."""
    if not running.cancelled():
        running.exception()
