"""Where a thing has been: the question, its answer as intervals, and pages of that."""

from queries.whereabouts.acts import Manner
from queries.whereabouts.answer import (
    INTERVAL_PLACE,
    WHEREABOUTS_KINDS,
    Hand,
    Interval,
    Whereabouts,
    log_shown,
    whereabouts,
    whereabouts_page,
)

__all__ = [
    "INTERVAL_PLACE",
    "WHEREABOUTS_KINDS",
    "Hand",
    "Interval",
    "Manner",
    "Whereabouts",
    "log_shown",
    "whereabouts",
    "whereabouts_page",
]
