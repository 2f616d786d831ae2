"""Ours and others in turns: each round asks each once, so that what else the machine does meets all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Final

from bench.peers import TimedOut

__all__ = ["Took", "in_turns", "median_of"]

_ROUNDS: Final = 5
_LEAST_SECONDS: Final = 0.002  # what takes less is run more often within a round

# Seconds of each round; None: it did not end in the time it was given.
Took = list[float] | None


def _often(work: Callable[[], object]) -> int:
    begun = time.perf_counter()
    work()
    return max(1, min(200, round(_LEAST_SECONDS / max(time.perf_counter() - begun, 1e-9))))


def in_turns(ways: Mapping[str, Callable[[], object]], *, budget: float, rounds: int = _ROUNDS) -> dict[str, Took]:
    """Each way is tried once before; what has used up its budget of seconds is asked no more, yet once at the least."""
    times: dict[str, Took] = {}
    often = {}
    for name, work in ways.items():
        try:
            work()
            often[name] = _often(work)
            times[name] = []
        except TimedOut:
            times[name] = None
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            for name, repeats in often.items():
                taken = times[name]
                if taken is None or (number and sum(taken) * repeats > budget):
                    continue
                begun = time.perf_counter()
                try:
                    for _ in range(repeats):
                        ways[name]()
                    taken.append((time.perf_counter() - begun) / repeats)
                except TimedOut:
                    times[name] = None
    finally:
        gc.enable()
    return times


def median_of(took: Took) -> float:
    """Infinite for what did not end."""
    return float("inf") if took is None else statistics.median(took)
