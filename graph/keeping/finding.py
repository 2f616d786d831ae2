"""Things by a piece of their key or name, from the index: what exists at the head of the ledger."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from graph.index.codes import CREATES, KIND_CODES, KIND_NAMES
from graph.index.facts import Facts
from graph.index.lineage import Lineage
from graph.index.said import naming_fields
from graph.index.shelf import Shelf
from graph.index.tables import Array
from graph.keeping.existing import exists
from graph.vocabulary import NAMING_FIELDS

__all__ = ["Finder", "finder_of"]

_PAGE: Final = 1 << 16  # texts that are taken at once


class Finder:
    """Keys and names in a form in which they are found; brought up to the ledger before each look."""

    def __init__(self) -> None:
        self._keys, self._names = Shelf(), Shelf()
        self._lasting = np.empty(0, dtype=np.bool_)
        self._voids = 0  # corrections that were looked at
        self._made_by_voided: set[int] = set()
        self._lock = threading.Lock()

    def things(self, lineage: Lineage, text: str, kinds: Mapping[str, int]) -> Array:
        """The numbers of the things whose key or name holds the text, whatever its case; ascending.

        ``kinds``: those to look in, each with the highest tier of the names that count. ``lineage`` is the last one.
        """
        facts = lineage.facts
        with self._lock:
            self._take(facts, lineage.count)
            by_key = self._keys.rows(text)
            said = self._names.rows(text)
            lasting = self._lasting
        kind_of, said_of = facts.columns["thing_kind"], facts.said.columns
        said = said[lasting[said]]
        named = said_of["thing"].take(said)
        may = np.zeros((len(KIND_NAMES), len(NAMING_FIELDS)), dtype=np.bool_)
        for kind, tier in kinds.items():
            may[KIND_CODES[kind], naming_fields(kind, tier)] = True
        named = named[may[kind_of.take(named), said_of["field"].take(said)]]
        is_wanted = np.zeros(len(KIND_NAMES), dtype=np.bool_)
        is_wanted[[KIND_CODES[kind] for kind in kinds]] = True
        found = np.union1d(by_key[is_wanted[kind_of.take(by_key)]], named)
        found = found[found < lineage.count]
        doubtful = np.fromiter(self._made_by_voided, dtype=np.int64, count=len(self._made_by_voided))
        gone = [
            number for number in found[np.isin(found, doubtful)].tolist() if not exists(lineage, lineage.node(number))
        ]
        return found[~np.isin(found, gone)] if gone else found

    def _take(self, facts: Facts, count: int) -> None:
        """What was recorded since."""
        for shelf, texts, last in ((self._keys, facts.keys, count), (self._names, facts.said.texts, len(facts.said))):
            for first in range(shelf.count, last, _PAGE):
                shelf.put(texts.take(np.arange(first, min(first + _PAGE, last))))
        if len(self._lasting) != self._names.count:
            self._lasting = facts.said.lasting(self._names.count)
        voided = facts.columns["void_op"]
        for op in voided.part(self._voids, len(voided)):
            if CREATES[facts.columns["op_type"][op]]:
                for thing, units in facts.ends(op, "output"):
                    self._made_by_voided.update((thing, *units))
        self._voids = len(voided)


_FINDERS: WeakKeyDictionary[Facts, Finder] = WeakKeyDictionary()


def finder_of(facts: Facts) -> Finder:
    """The one that these facts have."""
    return _FINDERS.setdefault(facts, Finder())
