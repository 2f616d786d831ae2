"""Whose material it is, among the things of one answer: what comes from donors who are themselves to be treated."""

from __future__ import annotations

import asyncio

import numpy as np

from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping import Asked, Index
from graph.reader import AsOf

__all__ = ["all_personal", "personal_marks"]


async def personal_marks(index: Index, lineage: Lineage, numbers: Array, as_of: AsOf) -> Array:
    """Which of the things lead to one person, at the position or at the head of the ledger; as marks in their order.

    ``lineage`` is the index's at the position.
    """
    found = np.zeros(len(numbers), dtype=np.bool_)
    for position in {AsOf(as_of.seq), as_of, AsOf(max(as_of.seq, index.state().seq))}:
        there = lineage if position == lineage.as_of else await index.lineage(position, Asked(starts=()))
        marks = await all_personal(there)
        known = numbers < len(marks)
        found[known] |= marks[numbers[known]]
    return found


async def all_personal(lineage: Lineage) -> Array:
    """By thing whether it leads to one person."""
    return await asyncio.to_thread(lambda: lineage.leads_to_one_person)
