"""Synthetic trials of any size: the same records, to the byte, for the same seed, on every platform.

The records keep every rule of the door, come in the order of their recorded times, and name nothing that comes later,
so that they can be imported whole or in batches (with ``historic``: they claim their recorded times).
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator
from typing import Any

from exchange.generator.size import Size, measure
from exchange.generator.stages import run
from exchange.generator.world import DAY, EPOCH, Timed, World

__all__ = ["Size", "generate", "lines", "measure"]

_LONGEST_SPAN = 4 * 365 * DAY  # in which the donors arrive
_USUAL_GAP = 3 * DAY  # between two of them, where there are few


def generate(*, donors: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """The records of a trial with so many donors. Memory grows with the courses under way, not with the records."""
    if donors < 1:
        raise ValueError("a trial has at least one donor")
    world = World(donors=donors, seed=seed)
    yield from world.setting()
    span = min(_LONGEST_SPAN, donors * _USUAL_GAP)
    waiting: list[tuple[int, int, dict[str, Any], Iterator[Timed]]] = []

    def advance(order: int, process: Iterator[Timed]) -> None:
        if (step := next(process, None)) is not None:
            recorded, record = step
            heapq.heappush(waiting, (recorded, order, record, process))

    for number, facility in enumerate(world.facilities):
        advance(-1 - number, world.upkeep(facility))
    arrived = 0
    while waiting or arrived < donors:
        arrival = EPOCH + 30 * DAY + span * arrived // donors
        if arrived < donors and (not waiting or waiting[0][0] >= arrival):
            advance(arrived, run(world, arrived + 1, arrival))
            arrived += 1
            continue
        _, order, record, process = heapq.heappop(waiting)
        yield record
        advance(order, process)  # only now: what it reads of the shared world has been recorded


def lines(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The records as JSON Lines."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
