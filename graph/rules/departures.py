"""What departures are told in. The ledger keeps the English text; here it is told again of what it was made.

An entry holds a departure as it was told then, and it is never found again: so the sentences stay recognisable by
their words alone, and one that is not, or could be taken for two, stays the English text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from graph.saying import PLACE, Saying, said

__all__ = [
    "ACROSS",
    "CELL_TAKEN",
    "EXPIRED_TAKEN",
    "EXPIRED_USED",
    "GAP",
    "GAP_OF_UNITS",
    "HELD",
    "NOT_RELEASED",
    "NOT_RELEASED_ELSEWHERE",
    "NOW_KNOWN",
    "OWN_REVIEW",
    "SURPLUS",
    "SURPLUS_AMOUNT",
    "WRONG_PERSON",
    "between",
    "outside",
    "recall",
]

HELD: Final = said("{thing} was on hold when {operation} took it.")
EXPIRED_TAKEN: Final = said("{thing} expired on {expiry}, before {operation} took it.")
EXPIRED_USED: Final = said("{thing} expired on {expiry}, before {operation} used it.")
NOT_RELEASED: Final = said("{thing} was {state} when {operation} took it.")
NOT_RELEASED_ELSEWHERE: Final = said("{thing} was {state} ({base}) when {operation} took it.")
OWN_REVIEW: Final = said("{operation} was reviewed by its own operator.")
WRONG_PERSON: Final = said(
    "Chain of identity: {lot} comes from the autologous donor {donor}, and {subject} is not recorded as the same person."
)
CELL_TAKEN: Final = said("{cell} still held {thing} ({operation}).")
ACROSS: Final = said("{run} ran in {machine} across its decontamination {cleaning}.")
GAP: Final = said("{amount} of {thing} should have been in {position} and was not found.")
GAP_OF_UNITS: Final = said("{amount} of {thing} should have been in {position} and was not found: {units}.")
SURPLUS: Final = said("{thing} was found in {position}, where it should not have been; the records say {state}.")
SURPLUS_AMOUNT: Final = said("{amount} of {thing} was found in {position}, where it should not have been.")
NOW_KNOWN: Final = said("As now known: {problem}")

_OUTSIDE: Final = said("{field} of {operation} is {direction} its range ({version}).")
_OUTSIDE_INNER: Final = said("{field} of {operation} is {direction} its range of {limits} ({version}).")
_OUTSIDE_OUTER: Final = said("{field} of {operation} is {direction} its range of allowed {allowed} ({version}).")
_OUTSIDE_BOTH: Final = said(
    "{field} of {operation} is {direction} its range of {limits}, allowed {allowed} ({version})."
)
_BETWEEN: Final = said("{low} to {high}")
_AT_LEAST: Final = said("at least {low}")
_AT_MOST: Final = said("at most {high}")

_TOLD_IN: Final[dict[str, tuple[str, ...]]] = {
    "on_hold": (HELD,),
    "expired": (EXPIRED_TAKEN, EXPIRED_USED),
    "not_released": (NOT_RELEASED, NOT_RELEASED_ELSEWHERE),
    "reviewer_is_operator": (OWN_REVIEW,),
    "wrong_person": (WRONG_PERSON,),
    "position_taken": (CELL_TAKEN,),
    "run_across_decontamination": (ACROSS,),
    "inventory_gap": (GAP, GAP_OF_UNITS),
    "inventory_surplus": (SURPLUS, SURPLUS_AMOUNT),
    "out_of_range": (_OUTSIDE, _OUTSIDE_INNER, _OUTSIDE_OUTER, _OUTSIDE_BOTH),
}
_LIMITS: Final = (_BETWEEN, _AT_LEAST, _AT_MOST)
_LIMITED: Final = frozenset({"limits", "allowed"})  # values that are one of these in turn
_NUMBER: Final = r"[-+.\de]+"
_SHAPES: Final = {
    "amount": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "state": r"\w+",
    "base": r"\w+",
    "direction": "below|above|not within",
}


def outside(
    *, field: str, operation: str, direction: str, version: str, limits: Saying | None, allowed: Saying | None
) -> Saying:
    """That a value lies outside the range of which these are the limits."""
    told = {"field": field, "operation": operation, "direction": direction, "version": version}
    if limits and allowed:
        return said(_OUTSIDE_BOTH, limits=limits, allowed=allowed, **told)
    if limits:
        return said(_OUTSIDE_INNER, limits=limits, **told)
    return said(_OUTSIDE_OUTER, allowed=allowed, **told) if allowed else said(_OUTSIDE, **told)


def between(low: float | None, high: float | None) -> Saying | None:
    """Two limits as a reader wants them beside a departure; None where both are open."""
    if low is not None and high is not None:
        return said(_BETWEEN, low=f"{low:g}", high=f"{high:g}")
    if low is not None:
        return said(_AT_LEAST, low=f"{low:g}")
    return None if high is None else said(_AT_MOST, high=f"{high:g}")


def recall(code: str, text: str) -> str:
    """What a kept message was made of; the text itself where that cannot be told for certain."""
    before = NOW_KNOWN.partition("{")[0]
    if text.startswith(before):
        problem = recall(code, text.removeprefix(before))
        return said(NOW_KNOWN, problem=problem) if isinstance(problem, Saying) else text
    return _only(_TOLD_IN.get(code, ()), text) or text


def _only(templates: tuple[str, ...], text: str) -> Saying | None:
    """The one way in which the text is one of these sentences; None where there is no such way, or more than one."""
    found = {tuple(sorted(each.values.items())): each for template in templates for each in _ways(template, text)}
    return next(iter(found.values())) if len(found) == 1 else None


def _ways(template: str, text: str) -> Iterator[Saying]:
    """The text as said in the sentence: with its first value as short, and as long, as can be.

    Where these are the same there is no other way.
    """
    for pattern in _patterns(template):
        match = pattern.fullmatch(text)
        if match is None:
            continue
        values = match.groupdict()
        limits = {name: _only(_LIMITS, values[name]) for name in _LIMITED.intersection(values)}
        if None not in limits.values():
            yield Saying(template, {**values, **{name: each for name, each in limits.items() if each is not None}})


@cache
def _patterns(template: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    parts = PLACE.split(template)  # text, name, text, name … text
    shaped = [
        [
            re.escape(part) if number % 2 == 0 else f"(?P<{part}>{_SHAPES.get(part, any_)})"
            for number, part in enumerate(parts)
        ]
        for any_ in (".+?", ".+")
    ]
    shortest, longest = ("".join(each) for each in shaped)
    return re.compile(shortest, re.DOTALL), re.compile(longest, re.DOTALL)
