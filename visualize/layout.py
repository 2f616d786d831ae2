"""Where each shape stands: generations from left to right along the flow of material, the lineage in the middle, what
went into it above, what came of it below.

Straight lines cross least where a shape stands level with what it is linked to: so each column is put in the order of
its neighbours' means, again and again from both sides, and the best order found is kept.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from visualize.generations import Side

__all__ = ["Box", "Placed", "lay_out"]

_ROUNDS = 12
_SMALLEST_STEP = 90.0  # between generations
_COLUMN_GAP = 54.0
_CELL_GAP = 14.0  # between the columns of one block
_ROW_GAP = 14.0
_BAND_GAP = 70.0
_SLANT = 30.0
# What went into a generation stands a little before it, what came of it a little after: so no line hides another.
_ASIDE = {Side.LINEAGE: 0.0, Side.INTO: -60.0, Side.OUT_OF: 60.0}
_VIEW = (1200.0, 720.0)  # pixels that a picture shall fill: decides how high a column may grow
# Ways to fold a column, the better liked first: the lineage seldom, what stands beside it low.
_ROWS = (22, 17, 13, 10, 8, 6, 5)
_ROWS_BESIDE = (2, 3, 4, 6, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The room that a shape needs with its label, and where it belongs. ``column`` grows along the flow."""

    column: int
    side: Side
    width: float
    height: float
    rank: tuple[Any, ...] = ()  # among shapes that are level with each other otherwise, the lower stands first


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The centres of all boxes, in their order, and the extent of the whole."""

    centres: Sequence[tuple[float, float]]
    width: float
    height: float


_Column = tuple[Side, int]


def lay_out(boxes: Sequence[Box], links: Sequence[tuple[int, int]], label_widths: Sequence[float]) -> Placed:
    """No two boxes overlap, and lines along the lineage are as long as their labels need: ``label_widths``, a link each.

    The same arguments always give the same picture.
    """
    near = _Neighbours(boxes, links)
    orders = _ordered(boxes, near)
    room = _room_for_labels(boxes, links, label_widths)
    placed = (_place(boxes, near, orders, room, rows, beside_rows) for rows in _ROWS for beside_rows in _ROWS_BESIDE)
    return max(placed, key=_scale)  # of equals the first


def _scale(placed: Placed) -> float:
    """At which it fits; what fits at full size fits as well as can be."""
    return min(1.0, _VIEW[0] / max(placed.width, 1), _VIEW[1] / max(placed.height, 1))


class _Neighbours:
    """What each box is linked to, and which links run along the lineage."""

    def __init__(self, boxes: Sequence[Box], links: Sequence[tuple[int, int]]) -> None:
        self.lineage = [
            (a, b) if boxes[a].column <= boxes[b].column else (b, a)
            for a, b in links
            if boxes[a].side is Side.LINEAGE and boxes[b].side is Side.LINEAGE
        ]
        self.before: dict[int, list[int]] = defaultdict(list)  # along the lineage
        self.after: dict[int, list[int]] = defaultdict(list)
        for source, target in self.lineage:
            self.before[target].append(source)
            self.after[source].append(target)
        self.beside: dict[int, list[int]] = defaultdict(list)  # of what stands beside the lineage: all
        for a, b in links:
            for one, other in ((a, b), (b, a)):
                if boxes[one].side is not Side.LINEAGE:
                    self.beside[one].append(other)

    def of(self, number: int, *, is_backward: bool) -> list[int]:
        """Those to stand level with: of the lineage the ones already passed, of what stands beside it all."""
        return [*(self.after if is_backward else self.before)[number], *self.beside[number]]


def _ordered(boxes: Sequence[Box], near: _Neighbours) -> dict[_Column, list[int]]:
    """The boxes of each column, from the top, so that few links cross."""
    columns: dict[_Column, list[int]] = defaultdict(list)
    for number, box in enumerate(boxes):
        columns[box.side, box.column].append(number)
    for members in columns.values():
        members.sort(key=lambda number: (boxes[number].rank, number))
    order = {key: columns[key] for key in sorted(columns, key=lambda key: (key[1], key[0].value))}
    best, fewest = order, _crossings(boxes, near, order)
    for turn in range(_ROUNDS):
        if not fewest:
            break
        order = _swept(boxes, near, order, list(order), is_backward=turn % 2 == 1)
        crossings = _crossings(boxes, near, order)
        if crossings < fewest:
            best, fewest = order, crossings
    return _swept(boxes, near, best, [key for key in best if key[0] is not Side.LINEAGE], is_backward=False)


def _swept(
    boxes: Sequence[Box],
    near: _Neighbours,
    order: Mapping[_Column, list[int]],
    keys: Sequence[_Column],
    *,
    is_backward: bool,
) -> dict[_Column, list[int]]:
    """These columns sorted by the mean place of their neighbours, one after the other; the others as they are."""
    swept = {key: list(members) for key, members in order.items()}
    level = _levels(swept)

    def wish(number: int) -> tuple[float, tuple[Any, ...], int]:
        others = [level[other] for other in near.of(number, is_backward=is_backward)]
        return (sum(others) / len(others) if others else level[number], boxes[number].rank, number)

    for key in reversed(keys) if is_backward else keys:
        swept[key].sort(key=wish)
        level.update(_levels({key: swept[key]}))
    return swept


def _levels(order: Mapping[_Column, Sequence[int]]) -> dict[int, float]:
    """Places within a column between 0 and 1, so that long and short columns compare."""
    return {number: (place + 0.5) / len(members) for members in order.values() for place, number in enumerate(members)}


def _crossings(boxes: Sequence[Box], near: _Neighbours, order: Mapping[_Column, Sequence[int]]) -> int:
    """How many pairs of links of the lineage between the same two columns cross. Counted by inversions: n log n."""
    place = {number: at for members in order.values() for at, number in enumerate(members)}
    between: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for source, target in near.lineage:
        between[boxes[source].column, boxes[target].column].append((place[source], place[target]))
    return sum(_inversions([target for _, target in sorted(pairs)]) for pairs in between.values())


def _inversions(values: Sequence[int]) -> int:
    """How many pairs stand the wrong way round: a Fenwick tree over the values."""
    tree = [0] * (max(values, default=0) + 2)
    found = 0
    for seen, value in enumerate(values):
        at = value + 1
        not_larger = 0
        while at:
            not_larger += tree[at]
            at -= at & -at
        found += seen - not_larger
        at = value + 1
        while at < len(tree):
            tree[at] += 1
            at += at & -at
    return found


def _room_for_labels(
    boxes: Sequence[Box], links: Sequence[tuple[int, int]], label_widths: Sequence[float]
) -> dict[int, float]:
    """The widest label of the lineage's links that reach each column from the left."""
    room: dict[int, float] = defaultdict(float)
    for (source, target), width in zip(links, label_widths, strict=True):
        if boxes[source].side is Side.LINEAGE and boxes[target].side is Side.LINEAGE:
            column = max(boxes[source].column, boxes[target].column)
            room[column] = max(room[column], width)
    return room


class _Block:
    """The boxes of one column in rows, column after column where they are too many for one; centred on the origin.

    Beside the lineage the upper rows stand further to the right, so that the lines of one row pass by the next.
    """

    def __init__(self, boxes: Sequence[Box], members: Sequence[int], rows: int, slant: float) -> None:
        column_count = math.ceil(len(members) / rows)
        row_count = math.ceil(len(members) / column_count)
        parts = [members[at : at + row_count] for at in range(0, len(members), row_count)]
        widths = [max(boxes[number].width for number in part) for part in parts]
        step = max(boxes[number].height for number in members) + _ROW_GAP
        lean = slant * (row_count - 1)
        self.members = members
        self.is_single = len(parts) == 1
        self.width = sum(widths) + _CELL_GAP * (len(parts) - 1) + lean
        self.height = step * row_count - _ROW_GAP
        self.offsets: dict[int, tuple[float, float]] = {}
        x = -self.width / 2
        for part, width in zip(parts, widths, strict=True):
            for row, number in enumerate(part):
                self.offsets[number] = (x + width / 2 + lean - slant * row, step * (row - (row_count - 1) / 2))
            x += width + _CELL_GAP


def _blocks(
    boxes: Sequence[Box],
    near: _Neighbours,
    orders: Mapping[_Column, Sequence[int]],
    rows: int,
    beside_rows: int,
) -> dict[_Column, _Block]:
    blocks: dict[_Column, _Block] = {}
    for key, members in orders.items():
        if key[0] is not Side.LINEAGE:
            blocks[key] = _Block(boxes, members, beside_rows, _SLANT)
            continue
        own = list(members)
        if len(own) > rows:  # what leads on stands at the side where it does: no line then runs across the block
            own.sort(key=lambda number: bool(near.after[number]) - bool(near.before[number]))
        blocks[key] = _Block(boxes, own, rows, 0.0)
    return blocks


def _place(
    boxes: Sequence[Box],
    near: _Neighbours,
    orders: Mapping[_Column, Sequence[int]],
    room: Mapping[int, float],
    rows: int,
    beside_rows: int,
) -> Placed:
    blocks = _blocks(boxes, near, orders, rows, beside_rows)
    x_of = _columns_apart(blocks, room)
    y_of = _levelled(boxes, near, {key: block for key, block in blocks.items() if key[0] is Side.LINEAGE})
    top = min((y - boxes[number].height / 2 for number, y in y_of.items()), default=0.0)
    bottom = max((y + boxes[number].height / 2 for number, y in y_of.items()), default=0.0)
    centres: list[tuple[float, float]] = [(0.0, 0.0)] * len(boxes)
    for (side, column), block in blocks.items():
        band = {
            Side.LINEAGE: 0.0,
            Side.INTO: top - _BAND_GAP - block.height / 2,
            Side.OUT_OF: bottom + _BAND_GAP + block.height / 2,
        }[side]
        for number, (dx, dy) in block.offsets.items():
            centres[number] = (x_of[side, column] + dx, y_of.get(number, band + dy))
    return _measured(boxes, centres)


def _columns_apart(blocks: Mapping[_Column, _Block], room: Mapping[int, float]) -> dict[_Column, float]:
    """The middle of each block, so that none touches another of its band, and generations keep their order."""
    found: dict[_Column, float] = {}
    edge_of: dict[Side, float] = {}
    here = 0.0
    for column in sorted({column for _, column in blocks}):
        own = {side: block for (side, at), block in blocks.items() if at == column}
        needed = [
            edge_of[side] + _gap(side, room.get(column, 0.0)) + block.width / 2 - _ASIDE[side]
            for side, block in own.items()
            if side in edge_of
        ]
        here = max([here + _SMALLEST_STEP, *needed])
        for side, block in own.items():
            found[side, column] = here + _ASIDE[side]
            edge_of[side] = here + _ASIDE[side] + block.width / 2
    return found


def _gap(side: Side, label_width: float) -> float:
    return max(_COLUMN_GAP, label_width) if side is Side.LINEAGE else _CELL_GAP


def _levelled(boxes: Sequence[Box], near: _Neighbours, blocks: Mapping[_Column, _Block]) -> dict[int, float]:
    """Heights in which the lineage runs as level as it can: from the left, then back, then from the left again."""
    y_of = {number: dy for block in blocks.values() for number, (_, dy) in block.offsets.items()}
    in_order = sorted(blocks, key=lambda key: key[1])
    for keys, neighbours in ((in_order, near.before), (in_order[::-1], near.after), (in_order, near.before)):
        for key in keys:
            block = blocks[key]
            wishes: list[float] = []
            for number in block.members:
                others = [y_of[other] for other in neighbours[number]]
                wishes.append(sum(others) / len(others) if others else y_of[number])
            if block.is_single:
                y_of.update(zip(block.members, _spread(wishes, [boxes[n].height for n in block.members]), strict=True))
            else:
                middle = sum(wishes) / len(wishes)
                y_of.update((number, middle + dy) for number, (_, dy) in block.offsets.items())
    return y_of


def _spread(wishes: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The places nearest to the wishes that keep the order and the distance: pooled where neighbours would collide."""
    offsets = [0.0]
    for upper, lower in pairwise(heights):
        offsets.append(offsets[-1] + (upper + lower) / 2 + _ROW_GAP)
    pools: list[list[float]] = []  # sum, count
    for wish, offset in zip(wishes, offsets, strict=True):
        pools.append([wish - offset, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    means = [total / count for total, count in pools for _ in range(int(count))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _measured(boxes: Sequence[Box], centres: Sequence[tuple[float, float]]) -> Placed:
    """With the extent of the whole, and its middle in the origin."""
    across = [(x - box.width / 2, x + box.width / 2) for (x, _), box in zip(centres, boxes, strict=True)]
    down = [(y - box.height / 2, y + box.height / 2) for (_, y), box in zip(centres, boxes, strict=True)]
    (left, right), (top, bottom) = _extent(across), _extent(down)
    middle = ((left + right) / 2, (top + bottom) / 2)
    return Placed(
        centres=[(round(x - middle[0], 1), round(y - middle[1], 1)) for x, y in centres],
        width=right - left,
        height=bottom - top,
    )


def _extent(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min((low for low, _ in spans), default=0.0), max((high for _, high in spans), default=0.0)
