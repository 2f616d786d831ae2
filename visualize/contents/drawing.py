"""What is drawn of what stands in a place: a box for each position, in it things, or groups of one kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from graph.index.codes import KIND_CODES
from graph.index.tables import Array
from graph.keeping.contents import NOWHERE
from graph.reader import NodeId
from queries.contents import Contents, Inside, KindCount
from visualize.rollup import LARGEST_PICTURE, ONE_BY_ONE

__all__ = ["Box", "Item", "Plan", "plan_of"]

_MOST_BOXES: Final = 60  # side by side in an overview, one or more groups in each


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A position, within another box (None: the one asked about). Counts are of all that stands in it or below.

    ``positions``: more than one where an overview has no room for each of them; then it has no key.
    """

    node: NodeId
    parent: int | None
    count: int
    affected: int
    positions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing (``row`` of the answer) or a group of one kind, in a box; as a drawable shape."""

    box: int
    kind: str
    node: NodeId  # of a group, and of a thing until it is known how it may be shown: its kind, and nothing
    row: int | None
    count: int = 1
    affected: int = 0
    tier: int = 0  # the lowest that there is in it; 0: nothing is affected, or not asked
    uncertain: int = 0  # of how many it is uncertain whether or where they stand there
    is_start: bool = False

    @property
    def is_uncertain(self) -> bool:
        return self.uncertain > 0

    @property
    def is_group(self) -> bool:
        return self.row is None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Boxes, outer ones before inner ones, the first is the one asked about; items by box. ``empty``: how many positions
    below it have nothing in them.
    """

    boxes: list[Box] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    is_rolled_up: bool = False
    empty: int = 0

    @property
    def rows(self) -> list[int]:
        """The rows of the answer that are drawn by themselves."""
        return [item.row for item in self.items if item.row is not None]


def plan_of(answer: Contents, chosen: Array) -> Plan:
    """Everything by itself, in the positions it stands in, where that is little enough; otherwise rolled up by kind in the
    positions directly below. ``chosen``: the rows to be drawn.
    """
    occupied = {number for position in _positions(answer, chosen) for number in answer.path(position)}
    if len(chosen) <= ONE_BY_ONE and len(occupied) <= LARGEST_PICTURE:
        return _one_by_one(answer, chosen, len(occupied))
    return _rolled_up(answer, chosen)


def _positions(answer: Contents, chosen: Array) -> list[int]:
    found: list[int] = np.unique(answer.rows.position[chosen]).tolist()
    return found


def _one_by_one(answer: Contents, chosen: Array, occupied: int) -> Plan:
    rows = answer.ordered(0, len(chosen), chosen)
    number_of: dict[int, int] = {answer.number: 0}
    parents: list[int | None] = [None]
    positions = [answer.number]
    items = []
    counts: dict[int, int] = {}
    affected: dict[int, int] = {}
    for row in rows:
        here = int(answer.rows.position[row])
        way = answer.path(here)
        for outer, inner in zip((answer.number, *way), way, strict=False):
            if inner not in number_of:
                number_of[inner] = len(positions)
                positions.append(inner)
                parents.append(number_of[outer])
        for position in (answer.number, *way):
            counts[position] = counts.get(position, 0) + 1
            affected[position] = affected.get(position, 0) + int(answer.tier[row] > 0)
        items.append(_alone(answer, row, number_of[here]))
    boxes = [
        Box(
            node=answer.lineage.node(position),
            parent=parent,
            count=counts.get(position, 0),
            affected=affected.get(position, 0),
        )
        for position, parent in zip(positions, parents, strict=True)
    ]
    return Plan(boxes=boxes, items=items, empty=answer.position_count - occupied)


def _alone(answer: Contents, row: int, box: int) -> Item:
    tier = int(answer.tier[row])
    kind = answer.lineage.node(int(answer.rows.thing[row]))[0]
    return Item(
        box=box,
        kind=kind,
        node=(kind, ""),
        row=row,
        affected=int(tier > 0),
        tier=tier,
        uncertain=int(answer.rows.uncertain[row]),
    )


def _rolled_up(answer: Contents, chosen: Array) -> Plan:
    inside = answer.inside(chosen)
    # Those in which something is affected first, then the fullest: what is not drawn is the least of it.
    ranked = sorted(inside, key=lambda each: (not each.is_itself, -each.affected, -each.count))
    shown = {each.position for each in ranked[:_MOST_BOXES]}
    left_out = ranked[_MOST_BOXES:]
    total = Box(
        node=answer.asked.position,
        parent=None,
        count=len(np.unique(answer.rows.thing[chosen])),
        affected=len(np.unique(answer.rows.thing[chosen[answer.tier[chosen] > 0]])),
    )
    boxes, items = [total], []
    for each in inside:
        if each.position not in shown:
            continue
        box = 0
        if not each.is_itself:
            box = len(boxes)
            boxes.append(Box(node=each.position, parent=0, count=each.count, affected=each.affected))
        items += _groups(answer, chosen, each, box)
    if left_out:
        boxes.append(
            Box(
                node=(answer.asked.position[0], ""),
                parent=0,
                count=sum(each.count for each in left_out),
                affected=sum(each.affected for each in left_out),
                positions=len(left_out),
            )
        )
    empty = len(answer.children) - sum(not each.is_itself for each in inside)
    return Plan(boxes=boxes, items=items, is_rolled_up=True, empty=empty)


def _groups(answer: Contents, chosen: Array, inside: Inside, box: int) -> list[Item]:
    number = answer.lineage.find(inside.position)
    rows = answer.rows_in(NOWHERE if inside.is_itself or number is None else number, chosen)
    return [_group(answer, rows[answer.kinds[rows] == KIND_CODES[kind.kind]], kind, box) for kind in inside.kinds]


def _group(answer: Contents, rows: Array, kind: KindCount, box: int) -> Item:
    if len(rows) == 1:
        return _alone(answer, int(rows[0]), box)
    tiers = answer.tier[rows]
    return Item(
        box=box,
        kind=kind.kind,
        node=(kind.kind, ""),
        row=None,
        count=kind.count,
        affected=kind.affected,
        tier=int(tiers[tiers > 0].min(initial=4)) % 4,
        uncertain=kind.uncertain,
    )
