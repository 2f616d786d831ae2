"""The marks, bars and links of an impact as pyvis gives them to the drawing script, and what that draws behind them."""

from __future__ import annotations

from typing import Any, Final

from graph.vocabulary import KINDS
from visualize.bends import bend
from visualize.impact.drawing import Bar, Drawing, Link
from visualize.impact.layout import Placed, lay_out
from visualize.labels import LINE_FONT_SIZE, shape_label, short, text_size
from visualize.network import OPTIONS, UNSEEN, Network, Timeline, label_with_doubt, node_style, shape_middle, shape_size
from visualize.timeline import Rectangle, dates, rounded
from visualize.words import Speech

__all__ = ["network_of_impact"]

_STRONG, _FAINT, _CARRIED = "#333333", "#a0a6ac", "#5b4a8a"
_LONGEST_IN_BAR_LABEL: Final = 13


def network_of_impact(drawing: Drawing, say: Speech, offset_minutes: int) -> Timeline:
    """The network, laid out. Marks have their number as id, bars follow them, then the ends of lines at bars."""
    import pyvis.network  # it imports IPython: not for who draws nothing

    labels = [label_with_doubt(shape_label(mark, say), is_uncertain=mark.is_uncertain) for mark in drawing.marks]
    bar_labels = [_bar_label(drawing, bar, say) for bar in drawing.bars]
    sizes = [shape_size(mark.kind, label) for mark, label in zip(drawing.marks, labels, strict=True)]
    placed = lay_out(drawing, sizes, [text_size(label, LINE_FONT_SIZE)[0] for label in bar_labels])
    network = pyvis.network.Network(directed=True)
    network.options = OPTIONS
    for number, (mark, label, at) in enumerate(zip(drawing.marks, labels, placed.marks, strict=True)):
        style = node_style(mark, label)
        if mark.is_uncertain:
            style["shapeProperties"] = {"borderDashes": [4, 3]}
        network.add_node(number, label=label, x=rounded(at.x), y=rounded(shape_middle(mark.kind, at.y, label)), **style)
    first = len(drawing.marks)
    for number, (bar, label, at) in enumerate(zip(drawing.bars, bar_labels, placed.bars, strict=True)):
        network.add_node(
            first + number, label=label, x=rounded(at.x), y=rounded(at.y), shape="custom", bar=_bar(drawing, bar, at)
        )
    anchors = _add_links(network, drawing, placed)
    return Timeline(
        Network(nodes=network.nodes, edges=network.edges, options=OPTIONS, width=placed.width, height=placed.height),
        _behind(drawing, placed, say, offset_minutes),
        anchors,
    )


def _bar_label(drawing: Drawing, bar: Bar, say: Speech) -> str:
    carrier = short(drawing.marks[bar.carrier].node[1], _LONGEST_IN_BAR_LABEL)
    if bar.is_window:
        return f"{carrier} · {say('window')}"
    if bar.operation_id is None:
        return f"{carrier} · {bar.count:,} ×"
    return f"{carrier} · {short(bar.operation_id, _LONGEST_IN_BAR_LABEL)}"


def _bar(drawing: Drawing, bar: Bar, at: Rectangle) -> dict[str, Any]:
    kind = drawing.marks[bar.carrier].kind
    return {
        "width": rounded(at.width),
        "height": at.height,
        "colour": KINDS[kind].colour,
        "look": "window" if bar.is_window else "run" if kind == "Equipment" else "stay",
        "open": bar.end_ms is None and not bar.is_masked,
    }


def _add_links(network: Any, drawing: Drawing, placed: Placed) -> dict[int, int]:
    """Lines end at bars where time is nearest: at nodes that are not seen."""
    marks = len(drawing.marks)
    where = [(node["x"], node["y"]) for node in network.nodes]
    anchors: dict[tuple[int, float, float], int] = {}
    next_id = marks + len(drawing.bars)

    def end_at(shape: int, other: int) -> int:
        if shape < marks:
            return shape
        bar, away = placed.bars[shape - marks], _rectangle(placed, other, marks)
        x = min(max(away.x, bar.left + 4), bar.right - 4)
        y = bar.y if other >= marks else bar.top if away.y < bar.y else bar.bottom
        key = shape, rounded(x), y
        if key not in anchors:
            anchors[key] = next_id + len(anchors)
            network.add_node(anchors[key], x=key[1], y=rounded(y), **UNSEEN)
        return anchors[key]

    for number, link in enumerate(drawing.links):
        ends = end_at(link.source, link.target), end_at(link.target, link.source)
        style = _edge_style(link, marks)
        if link.source < marks and link.target < marks:
            others = [at for mark, at in enumerate(placed.marks) if mark not in ends]
            if (bent := bend(where[ends[0]], where[ends[1]], others)) is not None:
                style["smooth"] = bent
        network.add_edge(*ends, id=number, **style)
    return {anchor: shape for (shape, _, _), anchor in anchors.items()}


def _rectangle(placed: Placed, shape: int, marks: int) -> Rectangle:
    return placed.marks[shape] if shape < marks else placed.bars[shape - marks]


def _edge_style(link: Link, marks: int) -> dict[str, Any]:
    is_carried = link.source >= marks or link.target >= marks
    is_part = link.edge is not None and link.edge.type == "CONTAINS"  # a unit is its lot, only smaller
    colour = _CARRIED if is_carried else _FAINT if is_part else _STRONG
    return {
        "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}},
        "color": {"color": colour, "highlight": "#000000", "hover": "#000000"},
        "width": 1 if is_part else 1.5,
        "dashes": [6, 4] if is_carried else False,
    }


def _behind(drawing: Drawing, placed: Placed, say: Speech, offset_minutes: int) -> dict[str, Any]:
    return {
        "left": -placed.width / 2,
        "right": placed.width / 2,
        "timeLeft": placed.time_left,
        "timeRight": placed.time_right,
        "bands": [{"label": say(f"tier_{band.tier}"), "top": band.top, "bottom": band.bottom} for band in placed.bands],
        "ticks": dates(placed.ticks, offset_minutes),
        "always": say("always") if any(_is_always(mark) for mark in drawing.marks) else "",
        "masked": say("since_masked") if any(mark.is_since_masked for mark in drawing.marks) else "",
    }


def _is_always(mark: Any) -> bool:
    return mark.since_ms is None and not mark.is_since_masked and not mark.is_carrier
