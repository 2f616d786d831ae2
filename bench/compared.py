"""Ours and one peer, question by question: equal answers first, then in turns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bench.asked import Answer, Question, ours, ours_checked
from bench.peers import Form, TimedOut
from bench.report import Table, times
from bench.rounds import in_turns, median_of
from graph.index import Lineage

__all__ = ["OURS", "Compared", "compare", "table_of"]

OURS: Final = "ours"
More = Callable[[Question], Mapping[str, Callable[[], object]]]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Seconds of the median round, by form; infinite for what did not end, ``differs`` names what answered otherwise."""

    question: Question
    answers: int
    seconds: Mapping[str, float]
    differs: tuple[str, ...]

    def ratio(self, name: str, of: str = OURS) -> float:
        return self.seconds[name] / self.seconds[of]

    def best(self, names: Sequence[str] | None = None) -> float:
        """How many times as long as ours the best of the other forms takes."""
        among = [name for name in self.seconds if name != OURS and (names is None or name in names)]
        return min(self.ratio(name) for name in among)


def compare(
    lineage: Lineage, questions: Sequence[Question], forms: Sequence[Form], *, budget: float, more: More | None = None
) -> list[Compared]:
    """``more``: what else is asked in the same rounds. A form that answers otherwise is named, and not timed."""
    found = []
    for question in questions:
        own = [form for form in forms if form.in_time == (question.since is not None)]
        if not own:
            continue
        expected = ours_checked(lineage, question)
        usable, late, differs = _checked(own, question, expected)
        ways: dict[str, Callable[[], object]] = {OURS: partial(ours, lineage, question)}
        ways |= {form.name: partial(form.run, question) for form in usable}
        if more is not None:
            ways |= more(question)
        taken = {name: median_of(took) for name, took in in_turns(ways, budget=budget).items()}
        found.append(
            Compared(
                question=question,
                answers=expected.size,
                seconds={**taken, **dict.fromkeys(late, float("inf"))},
                differs=tuple(differs),
            )
        )
    return found


def _checked(forms: Sequence[Form], question: Question, expected: Answer) -> tuple[list[Form], list[str], list[str]]:
    usable: list[Form] = []
    late: list[str] = []
    differs: list[str] = []
    for form in forms:
        try:
            answer = form.check(question)
        except TimedOut:
            late.append(form.name)
            continue
        if answer == expected:
            usable.append(form)
        else:
            print(f"{form.name}, {question.name}: {answer}, and ours is {expected}", file=sys.stderr)
            differs.append(form.name)
    return usable, late, differs


def table_of(title: str, note: str, compared: Sequence[Compared], names: Sequence[str]) -> Table:
    """How many times as long as ours each form takes."""

    def told(each: Compared, name: str) -> str:
        if name in each.differs:
            return "answers otherwise"
        return times(each.ratio(name)) if name in each.seconds else ""

    shown = [name for name in names if any(name in each.seconds or name in each.differs for each in compared)]
    return Table(
        title=title,
        note=note,
        heads=("question", "answers", *shown),
        rows=[(each.question.name, f"{each.answers:,}", *(told(each, name) for name in shown)) for each in compared],
    )
