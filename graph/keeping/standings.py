"""What became of all things, kept: told of everything once, in the background, and again only of what has changed since."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from graph.index.codes import CELL_LOT, CELL_UNIT
from graph.index.facts import Facts
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping.inverse import inverse_of
from graph.keeping.told import Told, tell

__all__ = ["Standings", "standings_of"]

_MOST_CHANGED: Final = 20_000  # things that are told again while someone waits


@dataclass(frozen=True, slots=True)
class _Table:
    seq: int
    told: Told


class Standings:
    """One for the facts of an index. Who asks before everything was told, or of an earlier position, waits for what he
    asks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._table: _Table | None = None

    def of(self, lineage: Lineage, things: Array) -> Told:
        table = self._caught_up(lineage)
        return tell(lineage, things) if table is None else Told(*(column[things] for column in table.told))

    def is_behind(self, lineage: Lineage) -> bool:
        """Whether it is time to tell everything (anew): too much has changed to do it while someone waits."""
        table = self._table
        return table is None or (table.seq < lineage.seq and _changed(table, lineage) is None)

    def tell_all(self, lineage: Lineage) -> None:
        """Seconds for a million things: for a thread of its own."""
        told = tell(lineage, np.arange(lineage.count, dtype=np.int64))
        with self._lock:
            self._table = _Table(lineage.seq, told)

    def _caught_up(self, lineage: Lineage) -> _Table | None:
        """The table at the lineage's position; None where there is none."""
        with self._lock:
            table = self._table
            if table is None or lineage.as_of.known_at_ms is not None or lineage.seq < table.seq:
                return None
            if lineage.seq > table.seq:
                changed = _changed(table, lineage)
                if changed is None:
                    return None
                table = self._table = _Table(lineage.seq, _told_again(table.told, lineage, _families(lineage, changed)))
            return table


def _changed(table: _Table, lineage: Lineage) -> Array | None:
    """The things that were changed since the table was made; None: too many, or who knows."""
    changed = lineage.facts.changed_between(table.seq, lineage.seq)
    return None if changed is None or len(changed) > _MOST_CHANGED else changed


def _families(lineage: Lineage, changed: Array) -> Array:
    """The things, and all units of their lots: what is done to some of them may be meant of others."""
    column, inverse = lineage.facts.columns, inverse_of(lineage.facts)
    kinds = column["thing_kind"].take(changed)
    lots = np.where(kinds == CELL_UNIT, column["thing_lot"].take(changed), changed)
    found = set(changed.tolist()) | set(lots.tolist())
    for lot in set(lots[(kinds == CELL_UNIT) | (kinds == CELL_LOT)].tolist()):
        for _, row in inverse.outputs(lot):
            found.update(lineage.facts.units("output", row))
    return np.array(sorted(found), dtype=np.int64)


def _told_again(told: Told, lineage: Lineage, changed: Array) -> Told:
    things = np.union1d(changed, np.arange(len(told.part), lineage.count))
    fresh = tell(lineage, things)
    grown = []
    for old, new in zip(told, fresh, strict=True):
        column = np.zeros(lineage.count, dtype=old.dtype)
        column[: len(old)] = old
        column[things] = new
        grown.append(column)
    return Told(*grown)


_STANDINGS: WeakKeyDictionary[Facts, Standings] = WeakKeyDictionary()


def standings_of(facts: Facts) -> Standings:
    """One for all who ask of the same facts."""
    return _STANDINGS.setdefault(facts, Standings())
