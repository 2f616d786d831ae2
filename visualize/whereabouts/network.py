"""The bars of a picture of whereabouts as pyvis gives them to the drawing script, and the bands and dates behind them."""

from __future__ import annotations

from typing import Any, Final

from graph.vocabulary import KINDS
from queries.whereabouts import Manner
from visualize.labels import LINE_FONT_SIZE, short, text_size
from visualize.network import OPTIONS, UNSEEN, Network, Timeline
from visualize.timeline import dates, rounded
from visualize.whereabouts.asking import WhereaboutsPicture
from visualize.whereabouts.drawing import Band, Bar, Drawing
from visualize.whereabouts.layout import Placed, PlacedBar, lay_out
from visualize.whereabouts.saying import manner_label, part_text
from visualize.words import Speech

__all__ = ["LOOKS", "band_text", "bar_text", "network_of_whereabouts"]

_LONGEST_LABEL: Final = 24
_LONGEST_NAME: Final = 24  # of each place in the name of a band
# How a bar is drawn, by manner; each can be told from the others without its colour.
LOOKS: Final = {
    Manner.OPERATION: "plain",
    Manner.RUN: "run",
    Manner.TEMPORARY: "stripes",
    Manner.STAY: "stay",
    Manner.COUNT: "cross",
    Manner.ON_THE_WAY: "way",
    Manner.ARRIVED: "hollow",
    Manner.TAKEN: "full",
    Manner.GAP: "window",
}
_COLOURS: Final = {
    Manner.OPERATION: "#d9dee4",
    Manner.RUN: KINDS["Equipment"].colour,
    Manner.TAKEN: "#333333",
}
_POSITION: Final = KINDS["StoragePosition"].colour
_LINE: Final = {
    "arrows": {"to": {"enabled": True, "scaleFactor": 0.4}},
    "color": {"color": "#5b4a8a", "highlight": "#000000", "hover": "#000000"},
    "width": 1,
    "dashes": [6, 4],
}


def network_of_whereabouts(picture: WhereaboutsPicture, say: Speech) -> Timeline:
    """The network, laid out. A bar has its number as id."""
    import pyvis.network  # it imports IPython: not for who draws nothing

    drawing = picture.drawing
    labels = [short(bar_text(picture, bar, say), _LONGEST_LABEL) for bar in drawing.bars]
    bands = [band_text(band, say) for band in drawing.bands]
    placed = lay_out(
        drawing,
        [text_size(label, LINE_FONT_SIZE)[0] for label in labels],
        [text_size(band, LINE_FONT_SIZE)[0] for band in bands],
    )
    network = pyvis.network.Network(directed=True)
    network.options = OPTIONS
    for number, (bar, label, at) in enumerate(zip(drawing.bars, labels, placed.bars, strict=True)):
        network.add_node(number, label=label, x=rounded(at.at.x), y=rounded(at.at.y), shape="custom", bar=_bar(bar, at))
    anchors = _add_links(network, drawing, placed)
    return Timeline(
        Network(nodes=network.nodes, edges=network.edges, options=OPTIONS, width=placed.width, height=placed.height),
        {
            "left": rounded(-placed.width / 2),
            "right": rounded(placed.width / 2),
            "timeLeft": rounded(placed.time_left),
            "timeRight": rounded(placed.time_right),
            "bands": [
                {"label": label, "top": rounded(top), "bottom": rounded(bottom)}
                for label, (top, bottom) in zip(bands, placed.bands, strict=True)
            ],
            "ticks": dates(placed.ticks, picture.offset_minutes),
            "always": "",
            "masked": say("since_masked") if any(bar.start is None for bar in drawing.bars) else "",
        },
        anchors,
    )


def _add_links(network: Any, drawing: Drawing, placed: Placed) -> dict[int, int]:
    """Lines from the end of a bar to the beginning of another: between nodes that are not seen."""
    anchors: dict[tuple[int, float], int] = {}

    def end_at(bar: int, x: float) -> int:
        key = bar, rounded(x)
        if key not in anchors:
            anchors[key] = len(drawing.bars) + len(anchors)
            network.add_node(anchors[key], x=key[1], y=rounded(placed.bars[bar].at.y), **UNSEEN)
        return anchors[key]

    for number, link in enumerate(drawing.links):
        source, target = placed.bars[link.source].at, placed.bars[link.target].at
        network.add_edge(end_at(link.source, source.right), end_at(link.target, target.left), id=number, **_LINE)
    return {anchor: bar for (bar, _), anchor in anchors.items()}


def band_text(band: Band, say: Speech) -> str:
    """The place with what it stood in; or how it was, where that is no place."""
    names = " › ".join(short(name, _LONGEST_NAME) for _, name in band.names) + (" › …" if band.is_cut else "")
    if band.manner is Manner.ON_THE_WAY:
        return say("way_to", place=names) if names else say("manner_on_the_way")
    if band.manner is Manner.OPERATION:
        return f"{say('manner_operation')} · {say('no_place')}"
    return manner_label(band.manner, say) if band.manner is not None else names


def bar_text(picture: WhereaboutsPicture, bar: Bar, say: Speech) -> str:
    """Which of it; of many how many."""
    if bar.interval is None:
        return f"{bar.count:,} × {manner_label(bar.manner, say)}"
    return part_text(bar.interval, picture.answer, say)


def _look(manner: Manner) -> dict[str, Any]:
    return {"look": LOOKS[manner], "colour": _COLOURS.get(manner, _POSITION)}


def _bar(bar: Bar, placed: PlacedBar) -> dict[str, Any]:
    return _look(bar.manner) | {
        "width": rounded(placed.at.width),
        "height": placed.at.height,
        "open": bar.is_open,
        "several": bar.interval is None,
        "softLeft": rounded(placed.soft_left),
        "softRight": rounded(placed.soft_right),
    }
