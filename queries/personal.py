"""Whose material it is, among the things of one answer: what comes from donors who are themselves to be treated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping import Asked
from graph.reader import AsOf, Direction, NodeId
from queries.privacy import View

__all__ = ["personal_rows"]


async def personal_rows(view: View, lineage: Lineage, numbers: Array, as_of: AsOf) -> Array:
    """Which of the things lead to one person, at the position or as is now known; as marks in their order."""
    found = np.zeros(len(numbers), dtype=np.bool_)
    for position in {AsOf(as_of.seq), as_of}:
        donors = [("Donor", key) for key in sorted(await view.autologous_donors(position))]
        if not donors:
            continue
        if view.index is None:
            nodes = [lineage.node(number) for number in numbers.tolist()]
            led = await view.led_to_one_person(nodes, as_of)
            return np.array([node in led for node in nodes], dtype=np.bool_)
        found |= np.isin(numbers, await _descendants(view, position, donors))
    return found


async def _descendants(view: View, position: AsOf, donors: Sequence[NodeId]) -> Array:
    assert view.index is not None
    lineage = await view.index.lineage(position, Asked(starts=tuple(donors), uses=False))
    numbers = [number for node in donors if (number := lineage.find(node)) is not None]
    return lineage.reach(numbers, Direction.FORWARD).nodes
