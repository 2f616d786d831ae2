"""The plan as pyvis gives it to the drawing script: boxes are nodes with a shape of our own, behind what stands in them."""

from __future__ import annotations

from typing import Final

from visualize.contents.asking import ContentsPicture
from visualize.contents.drawing import Box, Item
from visualize.contents.layout import HEAD, PAD, lay_out_plan
from visualize.labels import LINE_FONT_SIZE, shape_label, short, text_size
from visualize.network import OPTIONS, Network, label_with_doubt, node_style, shape_middle, shape_size
from visualize.words import Speech

__all__ = ["CLEAN", "TIER_COLOURS", "box_name", "item_label", "network_of_plan"]

# Told apart by lightness too; a thick rim and the text of the label say the same (Okabe and Ito's colours).
TIER_COLOURS: Final = {1: "#d55e00", 2: "#e69f00", 3: "#f0e442"}
CLEAN: Final = "#ffffff"
_THICK: Final = 4
_LONGEST_NAME: Final = 28
_HIDDEN_LINE: Final = {"color": "#c8ccd2"}


def network_of_plan(picture: ContentsPicture, say: Speech) -> Network:
    """Boxes have their number as id, the things and groups in them follow. Lines, which are not drawn, tell what stands in
    what: for files of the graph.
    """
    import pyvis.network  # it imports IPython: not for who draws nothing

    plan = picture.plan
    is_asked = picture.question.asked.impact is not None
    labels = [item_label(item, say, is_asked=is_asked) for item in plan.items]
    names = [box_name(box, say, is_asked=is_asked, longest=_LONGEST_NAME) for box in plan.boxes]
    placed = lay_out_plan(
        plan,
        [shape_size(item.kind, label) for item, label in zip(plan.items, labels, strict=True)],
        [text_size(name, LINE_FONT_SIZE)[0] for name in names],
    )
    network = pyvis.network.Network(directed=True)
    network.options = OPTIONS
    depths: list[int] = []
    for number, (box, name, at) in enumerate(zip(plan.boxes, names, placed.boxes, strict=True)):
        depths.append(0 if box.parent is None else depths[box.parent] + 1)
        place = {
            "width": round(at.width, 1), "height": round(at.height, 1), "depth": depths[number],
            "affected": bool(box.affected), "several": box.positions > 1, "head": HEAD, "pad": PAD,
        }  # fmt: skip
        network.add_node(number, label=name, x=round(at.x, 1), y=round(at.y, 1), shape="custom", place=place)
    first = len(plan.boxes)
    for number, (item, label, spot) in enumerate(zip(plan.items, labels, placed.items, strict=True)):
        style = node_style(item, label, _colour(item) if is_asked else None)
        if item.affected:
            style["borderWidth"] = _THICK
        if item.is_uncertain:
            style["shapeProperties"] = {"borderDashes": [4, 3]}
        y = round(shape_middle(item.kind, spot.y, label), 1)
        network.add_node(first + number, label=label, x=round(spot.x, 1), y=y, **style)
    ends = [(box.parent, number) for number, box in enumerate(plan.boxes) if box.parent is not None]
    ends += [(item.box, first + number) for number, item in enumerate(plan.items)]
    for number, (outer, inner) in enumerate(ends):
        network.add_edge(outer, inner, id=number, hidden=True, color=_HIDDEN_LINE, width=1)
    return Network(nodes=network.nodes, edges=network.edges, options=OPTIONS, width=placed.width, height=placed.height)


def item_label(item: Item, say: Speech, *, is_asked: bool) -> str:
    """The key or how many, the kind, and whether it is affected."""
    label = label_with_doubt(shape_label(item, say), is_uncertain=item.is_uncertain)
    if not is_asked or not item.affected:
        return label
    told = say("affected_count", count=f"{item.affected:,}") if item.is_group else f"▲ {say(f'tier_{item.tier}')}"
    return f"{label}\n{told}"


def _colour(item: Item) -> str:
    return TIER_COLOURS[item.tier] if item.affected else CLEAN


def box_name(box: Box, say: Speech, *, is_asked: bool, longest: int | None = None) -> str:
    """Which position, how many things, and how many of them are affected."""
    key = box.node[1] if longest is None else short(box.node[1], longest)
    name = key if box.positions == 1 else say("more_positions", count=f"{box.positions:,}")
    told = say("so_many", count=f"{box.count:,}")
    if is_asked and box.affected:
        told = say("joined").join((told, say("affected_count", count=f"{box.affected:,}")))
    return f"{name} · {told}"
