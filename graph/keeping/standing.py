"""What became of affected things: dispositions, amounts and sites at the lineage's position.

Most is read off arrays that tell it of everything; the rest is replayed as the rules do it: the same by either way.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from graph.index.codes import CELL_UNIT, FOREVER, TOLD_NAMES
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping.replay import Replay
from graph.keeping.sites import Sites
from graph.keeping.standings import standings_of
from graph.keeping.told import NO_PART, REPLAYED, tell
from graph.rules.parcels import Parcel
from graph.vocabulary import FINAL_DISPOSITIONS

__all__ = ["Parts", "Standing"]

_NOT_THERE = frozenset({*FINAL_DISPOSITIONS, "unaccounted"})
_SLACK = 1e-9


@dataclass(slots=True)
class Parts:
    """How many parts have which disposition: units, containers of a counted lot, an uncounted lot or a tissue as one."""

    by_disposition: Counter[str] = field(default_factory=Counter)

    @property
    def to_hold(self) -> int:
        """What is still there, on hold already or not."""
        return sum(count for name, count in self.by_disposition.items() if name not in _NOT_THERE)


class Standing:
    """What became of some things, each affected since a time. ``fast`` False: everything is replayed."""

    def __init__(self, lineage: Lineage, things: Array, since: Array, *, fast: bool = True) -> None:
        self._lineage, self._things, self._since = lineage, things, since
        self._told = standings_of(lineage.facts).of(lineage, things) if fast else tell(lineage, things, fast=False)
        self._replay = Replay(lineage)

    # -- dispositions ------------------------------------------------------------------------------------------------

    def parts(self) -> Parts:
        """A lot whose units are named counts by those of them that are among the things."""
        parts = Parts()
        for code, count in enumerate(np.bincount(self._told.part, minlength=1).tolist()):
            if count and code not in {NO_PART, REPLAYED}:
                parts.by_disposition[TOLD_NAMES[code]] += count
        for place in np.flatnonzero(self._told.part == REPLAYED).tolist():
            self._replayed(parts, place)
        return parts

    def _replayed(self, parts: Parts, place: int) -> None:
        thing, column = int(self._things[place]), self._lineage.facts.columns
        is_unit = column["thing_kind"][thing] == CELL_UNIT
        lot = column["thing_lot"][thing] if is_unit else thing
        course = self._replay.course(lot)
        if is_unit:
            unit = self._lineage.facts.keys[thing].partition("#")[2]
            parts.by_disposition.update(parcel.disposition for parcel in course.parcels if parcel.unit == unit)
            return
        amounts = course.amounts()
        since = int(self._since[place])
        if course.mode == "counted" and since > -FOREVER:
            # What was used up before the lot was affected is clean, and no part of the answer.
            before = self._replay.run(lot, until_ms=since - 1).amounts()
            for name in FINAL_DISPOSITIONS:
                if name in before:
                    amounts[name] = amounts.get(name, 0) - before[name]
        is_measured = self._replay.is_measured(lot)
        for name, amount in amounts.items():
            if amount > _SLACK:
                parts.by_disposition[name] += 1 if is_measured else math.ceil(amount - _SLACK)

    # -- sites ---------------------------------------------------------------------------------------------------------

    def sites(self) -> Counter[int | None]:
        """How many of the things are, or were last, at which site: a position, or where none is known the organisation.

        By number; None: neither is recorded. A counted lot is at each site where some of it stands.
        """
        found: Counter[int | None] = Counter()
        sites = Sites(self._lineage)
        is_elsewhere = np.zeros(len(self._things), dtype=np.bool_)
        for place in np.flatnonzero(self._told.is_counted).tolist():
            stands = {self._stands(parcel) for parcel in self._replay.course(int(self._things[place])).parcels}
            known = {site for each in stands if each is not None and (site := sites.of(*each)) is not None}
            found.update(known)
            is_elsewhere[place] = bool(known)
        last = self._told.site[~is_elsewhere]
        for site, count in zip(*(part.tolist() for part in np.unique(last, return_counts=True)), strict=True):
            found[None if site < 0 else site] += count
        return found

    def _stands(self, parcel: Parcel) -> tuple[int, int] | None:
        """In which position, and since when."""
        if parcel.stay is None:
            return None
        place = self._lineage.find(("StoragePosition", parcel.stay.position))
        return None if place is None else (place, parcel.stay.start[0])
