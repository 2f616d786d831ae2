"""What became of one thing, step by step: units, quantity, disposition, presence. Pure; one account in, findings out.

The steps are taken in the order of event time; at equal times what makes a thing comes first, then what ends, then
release and dispositions, then storing, then the rest in ledger order (records.md, "Times"). Where times are not exact,
an order is looked for that breaks no rule: only what is certain is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graph.rules.account import Account, Event
from graph.rules.deeds import Deeds, IsWithin
from graph.rules.parcels import Course, Finding, Parcel, Problem, Stay, Thing
from graph.vocabulary import OPERATIONS

__all__ = ["Course", "Finding", "Parcel", "Problem", "Stay", "Step", "Thing", "run_course", "steps_in_order", "take"]

_RANK = {"STORAGE_OUT": 1, "QC_RELEASE": 2, "CHANGED_DISPOSITION": 2, "STORED": 3}
_REST = 4
_MOST_TRIED = 2_000  # steps tried in search of an order; then the likeliest one counts


class Step(NamedTuple):
    """The beginning or the end of an event. ``low`` and ``high``: when it may have been."""

    low: int
    high: int
    rank: int
    seq: int
    is_end: bool
    event: Event


def _steps(events: Sequence[Event]) -> list[Step]:
    """All steps, in the order in which they are taken where every time is exact."""
    steps = []
    for event in events:
        is_lasting = OPERATIONS[event.type].is_lasting and event.role == "in"
        rank = 0 if event.role == "made" else _RANK.get(event.type, _REST)
        steps.append(Step(*event.start, rank, event.seq, False, event))
        if is_lasting and event.end is not None:
            end_rank = 1 if event.end[0] > event.start[0] else _REST + 1  # never before its own beginning
            steps.append(Step(*event.end, end_rank, event.seq, True, event))
    steps.sort(key=lambda step: (step.low, step.rank, step.seq))
    return steps


def _anywhere(position: str, place: str, at_ms: int) -> bool:  # noqa: ARG001 - places that do not move
    return position == place


def run_course(
    thing: Thing, account: Account, *, until_ms: int | None = None, is_within: IsWithin = _anywhere
) -> Course:
    """Replays the account, up to and including ``until_ms`` where given.

    ``is_within(position, place, at_ms)`` says whether a position was the place then, or stood below it; inventories
    need it.
    """
    steps = _steps(account.events)
    if until_ms is not None:
        steps = [step for step in steps if step.low <= until_ms]
    course = _begun(thing, account, is_within)
    if any(step.low != step.high for step in steps):
        return _searched(course, steps, is_within)[0]
    deeds = Deeds(course, is_within)
    for step in steps:
        take(deeds, step)
    return course


def steps_in_order(thing: Thing, account: Account, *, is_within: IsWithin = _anywhere) -> list[Step]:
    """The steps in the order in which `run_course` takes them, for who wants to watch: each is for `take`."""
    steps = _steps(account.events)
    if any(step.low != step.high for step in steps):
        return _searched(_begun(thing, account, is_within), steps, is_within)[1]
    return steps


def _begun(thing: Thing, account: Account, is_within: IsWithin) -> Course:
    """The course before its first step: what no event made was there before all records."""
    course = Course(thing=thing)
    if not any(event.role == "made" for event in account.events):
        Deeds(course, is_within).make(None)
    return course


def take(deeds: Deeds, step: Step) -> None:
    """Lets a step happen."""
    if step.is_end:
        deeds.end(step.event)
    else:
        deeds.begin(step.event)


# -- times that are not exact ------------------------------------------------------------------------------------------


class _Branch(NamedTuple):
    """A state reached, the step that led to it, the steps still to be taken, and those of them that have not been tried
    as the next.
    """

    course: Course
    taken: Step | None
    left: list[Step]
    untried: Iterator[Step]


def _searched(course: Course, steps: list[Step], is_within: IsWithin) -> tuple[Course, list[Step]]:
    """The course in an order that the times allow and that breaks no rule, and that order; where there is none, the
    likeliest.
    """
    path = [_Branch(course, None, steps, iter(_possible_next(steps)))]
    for _ in range(_MOST_TRIED):
        if not path:
            break
        branch = path[-1]
        if not branch.left:
            return branch.course, [each.taken for each in path if each.taken is not None]
        step = next(branch.untried, None)
        if step is None:
            path.pop()
            continue
        trial = branch.course.fork()
        take(Deeds(trial, is_within), step)
        if len(trial.problems) == len(branch.course.problems):
            left = [other for other in branch.left if other is not step]
            path.append(_Branch(trial, step, left, iter(_possible_next(left))))
    return _likeliest(course, steps, is_within)


def _likeliest(course: Course, steps: list[Step], is_within: IsWithin) -> tuple[Course, list[Step]]:
    """Step by step the first that breaks no rule, or simply the first."""
    left, order = steps, list[Step]()
    while left:
        possible = _possible_next(left)
        trials = []
        for step in possible:
            trial = course.fork()
            take(Deeds(trial, is_within), step)
            trials.append((trial, step))
            if len(trial.problems) == len(course.problems):
                break
        else:
            trials = trials[:1]
        course, chosen = trials[-1]
        order.append(chosen)
        left = [step for step in left if step is not chosen]
    return course, order


def _possible_next(left: Sequence[Step]) -> list[Step]:
    """The steps that may come next, the likeliest first: none that certainly comes later than another."""
    if not left:
        return []
    first_end = min(step.high for step in left)
    begun_later = {id(step.event) for step in left if not step.is_end}
    possible = [step for step in left if step.low <= first_end and not (step.is_end and id(step.event) in begun_later)]
    # Of several at exactly the same time the order is fixed.
    exact = [step for step in possible if step.low == step.high]
    if exact:
        first = min(exact, key=lambda step: (step.rank, step.seq))
        possible = [step for step in possible if step is first or step.low != step.high]
    possible.sort(key=lambda step: (step.rank, step.low, step.seq))
    return possible
