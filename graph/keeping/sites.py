"""At which site a position is, or was."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from graph.index.codes import SITE
from graph.index.lineage import Lineage

__all__ = ["Sites"]

_NOT_SAID = 2


class Sites:
    """Looks up from positions, as they stood in each other at a time; remembers what it found."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._found: dict[tuple[int, int], int | None] = {}
        self._fixed: dict[int, bool] = {}

    def of(self, place: int, at_ms: int) -> int | None:
        """The nearest site upwards, then; None where there is none."""
        asked = place, 0 if self.is_fixed(place) else at_ms
        if asked not in self._found:
            self._found[asked] = next((here for here in self._upwards(place, at_ms) if here in self._level), None)
        return self._found[asked]

    def _upwards(self, place: int, at_ms: int) -> list[int]:
        passed: dict[int, None] = {}
        here: int | None = place
        while here is not None and here not in passed:
            passed[here] = None
            here = self._lineage.derived.places.parent_at(here, at_ms)
        return list(passed)

    def is_fixed(self, place: int) -> bool:
        """Whether nothing above the place, or itself, was ever moved."""
        if place not in self._fixed:
            places = self._lineage.derived.places
            self._fixed[place] = not any(places.was_moved(here) for here in self._upwards(place, 0))
        return self._fixed[place]

    @cached_property
    def _level(self) -> frozenset[int]:
        """The positions of level site, as the records say at the lineage's position."""
        column, as_of = self._lineage.facts.columns, self._lineage.as_of
        level = column["position_level"].frozen_copy()
        things = column["position_thing"].first(len(level))
        ever = np.unique(things[level == SITE])  # few: only what is said of these is looked at one by one
        levels: dict[int, int] = {}
        for row in np.flatnonzero(np.isin(things, ever) & (level != _NOT_SAID)).tolist():
            if as_of.shows(column["position_seq"][row], column["position_recorded"][row], None, None):
                levels[column["position_thing"][row]] = level[row]
        return frozenset(position for position, said in levels.items() if said == SITE)
