"""Values of things, by number, for totals without objects: computed once, and again only for what has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from graph.index.index import Index
from graph.index.lineage import Lineage
from graph.index.tables import Array

__all__ = ["Attribute"]


class Attribute:
    """One value for each thing: what ``compute`` says of a lineage and some of its numbers, in their order.

    ``compute`` may be asked from any thread, and must go by the lineage alone. Values of the newest lineage are kept;
    for an earlier position they are computed each time.
    """

    def __init__(self, index: Index, compute: Callable[[Lineage, Array], Array]) -> None:
        self._index, self._compute = index, compute
        self._lock = threading.Lock()
        self._seq = -1
        self._values: Array | None = None
        self._is_known: Array = np.zeros(0, dtype=np.bool_)

    def of(self, lineage: Lineage, numbers: Array) -> Array:
        """The values of these things. The first time they are asked for, and after they were touched, computed."""
        with self._lock:
            if lineage.as_of.known_at_ms is not None or lineage.seq < self._seq:
                return self._compute(lineage, numbers)
            self._forget(lineage)
            missing = numbers[~self._is_known[numbers]]
            if len(missing) or self._values is None:
                found = self._compute(lineage, missing)
                if self._values is None:
                    self._values = np.zeros(lineage.count, dtype=found.dtype)
                self._values[missing] = found
                self._is_known[missing] = True
            return self._values[numbers]

    def _forget(self, lineage: Lineage) -> None:
        """What entries have touched since the values were computed is not known any more."""
        if lineage.seq == self._seq:
            return
        touched = self._index.touched_since(self._seq)
        is_known = np.zeros(lineage.count, dtype=np.bool_)
        if touched is not None:
            is_known[: len(self._is_known)] = self._is_known
            is_known[touched[touched < lineage.count]] = False
        self._is_known, self._seq = is_known, lineage.seq
        if self._values is not None:
            grown = np.zeros(lineage.count, dtype=self._values.dtype)
            grown[: len(self._values)] = self._values
            self._values = grown
