"""The moment that an answer is about; whole days instead, for who may not see when persons were treated or gave.

What they may not see is counted in answers: by times as exact as one likes it could be found out.
"""

from __future__ import annotations

from typing import Final

from graph.errors import BadInput
from graph.saying import said
from graph.times import now_ms
from graph.vocabulary import member_tier
from queries.privacy import View

__all__ = ["DAY_MS", "day_begin", "moment_asked", "sees_when_persons_were_treated"]

DAY_MS: Final = 86_400_000
_SHIFT_MS: Final = 8 * 3_600_000  # days of China


def sees_when_persons_were_treated(view: View) -> bool:
    return view.tier >= member_tier("ADMINISTERED", "start")


def day_begin(ms: int) -> int:
    """The midnight with which the day of an instant began."""
    return (ms + _SHIFT_MS) // DAY_MS * DAY_MS - _SHIFT_MS


def moment_asked(at_ms: int | None) -> int:
    """The moment, or now where none is given. Raises BadInput for one to come."""
    now = now_ms()
    if at_ms is not None and at_ms > now:
        raise BadInput(said("at lies in the future."), remedy=said("Leave it out for now."), member="at")
    return now if at_ms is None else at_ms
