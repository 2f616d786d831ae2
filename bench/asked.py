"""What is asked of ours and of the peers: the same edges, the same starts, and what tells whether answers are equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.columns import Synthetic
from graph.index import ALWAYS, Hazard, Lineage, Seed
from graph.index.codes import INCLUSIVE
from graph.index.tables import Array
from graph.reader import Direction

__all__ = ["Answer", "Edges", "Question", "answer_of", "asked_in_time", "asked_of", "edges_of", "ours", "ours_checked"]

# Of a number n, what is summed besides it, in every peer: equal sums of both and equal counts are equal answers.
MIXED = 1009


class Edges(NamedTuple):
    """Something passes an edge that affects its source at ``last`` or before, and its target from ``start`` on."""

    source: Array
    target: Array
    start: Array
    last: Array
    things: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """All that ``start`` leads to; ``since`` None: whatever the time, otherwise only what it affects from then on."""

    name: str
    start: int
    since: int | None = None


class Answer(NamedTuple):
    """How many there are, the start among them, and sums of their numbers. ``times``: the sum of the earliest times of all but the start; 0 where time is not asked for."""

    size: int
    numbers: int
    mixed: int
    times: int = 0


def edges_of(synthetic: Synthetic) -> Edges:
    """All edges of material and of the use of reagents; in what is synthetic all times are exact."""
    base = synthetic.view.base
    until = base.times[base.until]
    return Edges(
        source=np.repeat(np.arange(len(base.off) - 1, dtype=np.int32), np.diff(base.off)),
        target=base.target,
        start=base.times[base.start],
        last=np.where(base.flags & INCLUSIVE, until, until - 1),
        things=len(base.off) - 1,
    )


def asked_of(synthetic: Synthetic) -> list[Question]:
    """By the size of their answers, which are about as named."""
    questions = [Question(name=name, start=start) for name, start in synthetic.common.items()]
    questions.insert(-1, Question(name="hub", start=synthetic.hub))
    return questions


def asked_in_time(edges: Edges, question: Question) -> Question:
    """The same from the middle of the start's uses on."""
    starts = edges.start[
        np.searchsorted(edges.source, question.start) : np.searchsorted(edges.source, question.start + 1)
    ]
    return Question(name=f"{question.name}, in time", start=question.start, since=int(np.median(starts)))


def answer_of(numbers: Array | Sequence[int], times: int = 0) -> Answer:
    every = np.asarray(numbers, dtype=np.int64)
    return Answer(len(every), int(every.sum()), int((every * (every % MIXED)).sum()), times)


def ours(lineage: Lineage, question: Question) -> Array:
    """The whole answer in arrays, as a question of the product gets it."""
    if question.since is None:
        return lineage.reach([question.start], Direction.FORWARD, with_uses=True).nodes
    return _impact(lineage, question)[0]


def _impact(lineage: Lineage, question: Question) -> tuple[Array, Array]:
    spread = lineage.impact(Hazard.EXPOSURE, [Seed(node=lineage.node(question.start), from_ms=question.since)])
    return spread.nodes, spread.since


def ours_checked(lineage: Lineage, question: Question) -> Answer:
    if question.since is None:
        return answer_of(ours(lineage, question))
    nodes, since = _impact(lineage, question)
    assert (since != ALWAYS).all()  # there is a time from which on it is asked
    return answer_of(nodes, int(since[nodes != question.start].sum()))
