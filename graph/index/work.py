"""Room for kernels to work in: kept for the next run, each lent to one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from graph.index.codes import NEVER
from graph.index.moments import Queue, make_queue
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
        nodes, entries = view.node_count, max(entries, _LEAST)
        moments = len(view.base.times), len(view.new.times), len(view.cut_times)
        with self._lock:
            work = self._spreading.pop() if self._spreading else None
        if work is None or len(work.time) < nodes or len(work.entry_node) < entries:
            work = _make_work(_room(nodes), entries, work)
        queues = (work.base, work.new, work.cuts)
        if any(len(queue.head) < count for queue, count in zip(queues, moments, strict=True)):
            base, new, cuts = (
                queue if len(queue.head) >= count else make_queue(_room(count))
                for queue, count in zip(queues, moments, strict=True)
            )
            work = work._replace(base=base, new=new, cuts=cuts)
        yield work
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


def _make_work(nodes: int, entries: int, old: Work | None) -> Work:
    queues: tuple[Queue, Queue, Queue] = (
        (old.base, old.new, old.cuts) if old else (make_queue(1), make_queue(1), make_queue(1))
    )
    return Work(
        time=np.full(nodes, NEVER, dtype=np.int64),
        state=np.zeros(nodes, dtype=np.uint8),
        how=np.empty(nodes, dtype=np.uint8),
        via=np.empty(nodes, dtype=np.int32),
        reached=np.empty(nodes, dtype=np.int32),
        base=queues[0],
        new=queues[1],
        cuts=queues[2],
        entry_node=np.empty(entries, dtype=np.int32),
        entry_how=np.empty(entries, dtype=np.uint8),
        entry_via=np.empty(entries, dtype=np.int32),
        entry_next=np.empty(entries, dtype=np.int32),
        doubt_node=np.empty(entries, dtype=np.int32),
        doubt_how=np.empty(entries, dtype=np.uint8),
        doubt_via=np.empty(entries, dtype=np.int32),
        counts=np.zeros(8, dtype=np.int64),
    )
