"""Which of many things a viewer may not see, as marks in their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.index.codes import KIND_NAMES
from graph.index.lineage import Lineage
from graph.index.tables import Array
from graph.reader import AsOf
from graph.vocabulary import lot_key_tier
from queries.personal import personal_marks
from queries.privacy import View

__all__ = ["Marks", "marks_of"]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """``hidden``: the viewer may not see the key. ``personal``: it leads to one person."""

    hidden: Array
    personal: Array


async def marks_of(view: View, lineage: Lineage, numbers: Array, as_of: AsOf, indexed: Lineage | None) -> Marks:
    """Of things by number. ``indexed`` is the lineage where it is the index's."""
    kinds_above = np.array([view.hides_kind(kind) for kind in KIND_NAMES])
    hidden: Array = kinds_above[lineage.facts.columns["thing_kind"].take(numbers)]
    personal = await _personal(view, lineage, numbers, as_of, indexed)
    if view.tier < lot_key_tier(is_autologous=True):
        hidden = hidden | personal
    return Marks(hidden=hidden, personal=personal)


async def _personal(view: View, lineage: Lineage, numbers: Array, as_of: AsOf, indexed: Lineage | None) -> Array:
    if indexed is not None and view.index is not None:
        return await personal_marks(view.index, indexed, numbers, as_of)
    nodes = [lineage.node(number) for number in numbers.tolist()]
    led = await view.led_to_one_person(nodes, as_of)
    return np.array([node in led for node in nodes], dtype=np.bool_)
