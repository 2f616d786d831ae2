"""Whose material it is, read from the index: what comes from donors who are themselves to be treated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.keeping import Asked
from graph.reader import AsOf, Direction, NodeId
from graph.vocabulary import lot_key_tier
from queries.privacy import View

__all__ = ["note_personal", "personal_rows"]


async def personal_rows(view: View, lineage: Lineage, numbers: Array, as_of: AsOf) -> Array | None:
    """Which of the things lead to one person, where the viewer may not see those; None where it may, or there are none.

    What led to one person at the position, or is now known to have, counts.
    """
    if view.tier >= lot_key_tier(is_autologous=True):
        return None
    found: Array | None = None
    for position in {AsOf(as_of.seq), as_of}:
        donors = [("Donor", key) for key in await view.autologous_donors(position)]
        if not donors:
            continue
        if view.index is None:
            nodes = [lineage.node(number) for number in numbers.tolist()]
            hidden = await view.hidden(nodes, as_of)
            return np.array([node in hidden for node in nodes], dtype=np.bool_)
        led = np.isin(numbers, await _reached(view, position, donors, Direction.FORWARD))
        found = led if found is None else found | led
    return found


async def note_personal(view: View, nodes: Sequence[NodeId], as_of: AsOf) -> None:
    """Notes which of the nodes on a page lead to one person: that they are shown is logged."""
    if view.index is None:
        await view.hidden(nodes, as_of)  # notes it
        return
    for position in {AsOf(as_of.seq), as_of}:
        donors = {("Donor", key) for key in await view.autologous_donors(position)}
        for node in nodes if donors else ():
            lineage = await view.index.lineage(position, Asked(starts=(node,)))
            reached = await _reached(view, position, [node], Direction.BACKWARD)
            if not donors.isdisjoint(lineage.node(number) for number in reached.tolist()):
                view.note_personal([node])


async def _reached(view: View, position: AsOf, starts: Sequence[NodeId], direction: Direction) -> Array:
    assert view.index is not None
    lineage = await view.index.lineage(position, Asked(starts=tuple(starts), directions=(direction,), uses=False))
    numbers = [number for node in starts if (number := lineage.find(node)) is not None]
    return lineage.reach(numbers, direction).nodes
