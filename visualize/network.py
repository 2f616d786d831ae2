"""The shapes and lines of a picture as pyvis gives them to the drawing script: placed, coloured, labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from graph.reader import Direction
from graph.vocabulary import KINDS
from visualize.generations import Side
from visualize.labels import (
    FONT_SIZE,
    LINE_FONT_SIZE,
    Drawable,
    has_label_inside,
    is_step,
    line_label,
    numbers_as_numbers,
    shape_label,
    text_size,
)
from visualize.layout import Box, lay_out
from visualize.picture import Picture
from visualize.rollup import Link, Shown
from visualize.words import Speech

__all__ = [
    "OPTIONS",
    "READABLE",
    "UNSEEN",
    "Network",
    "Timeline",
    "drawing_script",
    "label_with_doubt",
    "network_of",
    "node_style",
    "shape_middle",
    "shape_size",
]

READABLE: Final = 0.55  # scale below which labels are too small: then a part of the picture is shown first
_SCRIPT: Final = "templates/lib/vis-9.1.2/vis-network.min.js"  # inside the package pyvis
_SIZE: Final = 13  # half the width of a shape with its label below
_MARGIN: Final = 7  # around a label inside its shape
_MOST_LINE_LABELS: Final = 60
_INK, _FAINT = "#333333", "#b4b4b4"

# A node that only holds the end of a line, as parameters of a node of pyvis.
UNSEEN: Final[dict[str, Any]] = {
    "label": " ", "shape": "dot", "size": 0.5, "borderWidth": 0, "color": "rgba(0,0,0,0)",
}  # fmt: skip
OPTIONS: Final[dict[str, Any]] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "dragNodes": False,
        "hover": True,
        "tooltipDelay": 120,
        "keyboard": {"enabled": True, "bindToWindow": False},
        "selectConnectedEdges": True,
        "hideEdgesOnDrag": False,
    },
    "nodes": {"physics": False, "chosen": True, "margin": 6},
    "edges": {"smooth": False, "arrowStrikethrough": False, "selectionWidth": 2, "hoverWidth": 1.5},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the drawing script is given. ``width`` and ``height`` are the picture's own, in pixels at full size."""

    nodes: Sequence[dict[str, Any]]
    edges: Sequence[dict[str, Any]]
    options: dict[str, Any]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """A network, and what is drawn behind it: bands, dates, and the bars, which are nodes with a shape of our own.

    ``anchors``: of nodes that only hold the end of a line, the bar that it belongs to.
    """

    network: Network
    behind: dict[str, Any]
    anchors: dict[int, int]


def drawing_script() -> str:
    """The text of vis-network as the package pyvis carries it, its licence at its head."""
    return resources.files("pyvis").joinpath(_SCRIPT).read_text(encoding="utf-8")


def network_of(picture: Picture, say: Speech) -> Network:
    """The network, laid out. The number of a shape or line in the drawing is its id."""
    import pyvis.network  # it imports IPython: not for who draws nothing

    drawing = picture.drawing
    downstream = 1 if picture.question.direction is Direction.FORWARD else -1
    labels = [shape_label(shape, say) for shape in drawing.shapes]
    has_names = sum(is_step(link) for link in drawing.links) <= _MOST_LINE_LABELS
    line_labels = [line_label(link, say) if has_names or drawing.is_of_group(link) else "" for link in drawing.links]
    placed = lay_out(
        [_box(shape, label, shape.column * downstream) for shape, label in zip(drawing.shapes, labels, strict=True)],
        [(link.source, link.target) for link in drawing.links],
        [text_size(label, LINE_FONT_SIZE)[0] for label in line_labels],
    )
    network = pyvis.network.Network(directed=True)
    network.options = OPTIONS
    for number, (shape, label, (x, y)) in enumerate(zip(drawing.shapes, labels, placed.centres, strict=True)):
        network.add_node(number, label=label, x=x, y=y, **node_style(shape, label))
    for number, (link, label) in enumerate(zip(drawing.links, line_labels, strict=True)):
        network.add_edge(link.source, link.target, id=number, label=label, **_edge_style(link, drawing.shapes))
    return Network(nodes=network.nodes, edges=network.edges, options=OPTIONS, width=placed.width, height=placed.height)


def _database_size(label: str) -> float:
    """The drawing script makes them as high as they are wide, and the upper third is the lid."""
    width, height = text_size(label)
    return max(width + 2 * _MARGIN, (height + _MARGIN) * 1.5)


def shape_size(kind: str, label: str) -> tuple[float, float]:
    """How wide and high a shape of the kind is with its label."""
    text_width, text_height = text_size(label)
    match KINDS[kind].shape:
        case "database":
            size = _database_size(label)
            return size, size
        case "box" | "ellipse":
            return text_width * 1.3 + 2 * _MARGIN, text_height * 1.3 + 2 * _MARGIN
        case _:
            return max(text_width, _SIZE * 2.0), _SIZE * 2 + text_height + 8


def _box(shape: Shown, label: str, column: int) -> Box:
    width, height = shape_size(shape.kind, label)
    rank = (list(KINDS).index(shape.kind), *numbers_as_numbers(shape.node[1]))
    return Box(column=column, side=shape.side, width=width, height=height, rank=rank)


def label_with_doubt(label: str, *, is_uncertain: bool) -> str:
    """A question mark behind the name."""
    name, _, rest = label.partition("\n")
    return f"{name} ?\n{rest}" if is_uncertain else label


def shape_middle(kind: str, y: float, label: str) -> float:
    """Of a shape and its label, whose middle is at ``y``: where the label is below, the shape's middle is above that."""
    return y if has_label_inside(kind) else y - text_size(label)[1] / 2 - 4


def node_style(shape: Drawable, label: str, colour: str | None = None) -> dict[str, Any]:
    """How the drawing script shall draw a shape, as parameters of a node of pyvis. ``colour``: instead of its kind's."""
    kind = KINDS[shape.kind]
    is_inside = has_label_inside(shape.kind)
    background = colour or kind.colour
    colours = {"background": background, "border": _INK}
    style: dict[str, Any] = {
        "shape": kind.shape,
        "size": _SIZE,
        "color": {**colours, "highlight": colours, "hover": colours},
        "borderWidth": 4 if shape.is_start else 1.5,
        "borderWidthSelected": 4,
        "font": {
            "size": FONT_SIZE,
            "color": _inside_ink(background) if is_inside else "#111111",
            # not a stroke: that of the second line would cut the feet of the first
            **({} if is_inside else {"background": "rgba(255,255,255,0.75)"}),
        },
        "labelHighlightBold": False,
    }
    if kind.shape == "database":  # its label hangs from the top: pushed down from the lid to the front
        width, height = text_size(label)
        size = _database_size(label)
        aside = (size - width) / 2
        style["margin"] = {
            "top": size / 3 + (size * 0.6 - height) / 2,
            "left": aside,
            "right": aside,
            "bottom": _MARGIN,
        }
    if shape.is_group:
        style["shadow"] = {"enabled": True, "color": "#777777", "size": 0, "x": 5, "y": -5}  # like a stack
    return style


def _inside_ink(background: str) -> str:
    """Black or white, whichever is read more easily on the colour."""
    red, green, blue = (int(background[at : at + 2], 16) for at in (1, 3, 5))
    return "#111111" if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else "#ffffff"


def _edge_style(link: Link, shapes: Sequence[Shown]) -> dict[str, Any]:
    is_strong = is_step(link)
    colour = _INK if is_strong else _FAINT
    came_of_it = not is_strong and Side.OUT_OF in {shapes[link.source].side, shapes[link.target].side}
    arrow = {"enabled": True, "scaleFactor": 0.6 if is_strong else 0.4}
    return {
        "arrows": {"to": arrow, "from": arrow} if link.is_both_ways else {"to": arrow},
        "color": {"color": colour, "highlight": "#000000", "hover": "#000000"},
        "width": 2 if is_strong else 1,
        "dashes": [5, 4] if came_of_it else False,
        "font": {"size": LINE_FONT_SIZE, "color": "#444444", "strokeWidth": 4, "strokeColor": "#ffffff"},
    }
