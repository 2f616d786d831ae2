"""What ours is held against. Each peer gets the edges once, and answers the questions in every sensible form of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench.asked import Answer, Edges, Question

__all__ = ["Absent", "Form", "Peer", "TimedOut"]


class Absent(Exception):
    """It cannot be measured here and now; the message says what is missing."""


class TimedOut(Exception):
    """The form did not end in the time it was given."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way to ask. ``run`` is what is timed; ``check`` gives the answer to be compared; ``plan`` what the peer says
    of how it answers. Each raises TimedOut.
    """

    name: str
    run: Callable[[Question], object]
    check: Callable[[Question], Answer]
    plan: Callable[[Question], str] | None = None
    in_time: bool = False  # whether it can, and does, respect the time


# Takes the edges and the seconds that one answer may take.
Peer = Callable[[Edges, float], AbstractContextManager[list[Form]]]
