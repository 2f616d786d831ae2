"""Room for kernels to work in: kept for the next run, each lent to one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from graph.index.codes import NEVER
from graph.index.moments import REACH
from graph.index.reaching import Walker
from graph.index.spreading import Work
from graph.index.view import View

__all__ = ["Workshop"]

_LEAST = 4096
_SLACK = 1.25  # a little more than is needed now, so that growth does not cost a new one each time


def _room(needed: int) -> int:
    return max(_LEAST, int(needed * _SLACK))


class Workshop:
    """Lends work spaces that are large enough. They are clean when lent, and must be when given back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spreading: list[Work] = []
        self._walking: list[Walker] = []

    @contextmanager
    def spreading(self, view: View, entries: int = _LEAST) -> Iterator[Work]:
        """For the kernel `spread`, with room for so many things that wait."""
        tables = (view.base.times, view.new.times, view.cut_times)
        reaches = [len(times) // REACH + 1 for times in tables]
        offsets = np.concatenate(([0], np.cumsum(reaches))) * REACH
        with self._lock:
            work = self._spreading.pop() if self._spreading else None
        if (
            work is None
            or len(work.nodes) < view.node_count
            or len(work.entries) < entries
            or len(work.head) < offsets[-1]
        ):
            work = _make_work(_room(view.node_count), max(entries, _LEAST), int(offsets[-1]) // REACH)
        yield work._replace(offsets=offsets)
        with self._lock:
            self._spreading.append(work)

    @contextmanager
    def walking(self, view: View) -> Iterator[Walker]:
        """For the kernel `reach`."""
        things = view.thing_count
        with self._lock:
            work = self._walking.pop() if self._walking else None
        if work is None or len(work.seen) < things:
            size = _room(things)
            work = Walker(
                seen=np.zeros(size, dtype=np.uint8),
                reached=np.empty(size, dtype=np.int32),
                levels=np.empty(size + 2, dtype=np.int32),
            )
        yield work
        with self._lock:
            self._walking.append(work)


def _make_work(nodes: int, entries: int, tops: int) -> Work:
    return Work(
        nodes=np.tile(np.array([NEVER, 0], dtype=np.int64), (nodes, 1)),
        reached=np.empty(nodes, dtype=np.int32),
        entries=np.empty((entries, 4), dtype=np.int32),
        head=np.full(tops * REACH, -1, dtype=np.int32),
        bits=np.zeros(tops * (64 * 64 + 64 + 1), dtype=np.uint64),
        offsets=np.zeros(4, dtype=np.int64),
        counts=np.zeros(8, dtype=np.int64),
    )
