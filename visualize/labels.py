"""The words on shapes and lines, and the room they take: as the server lays out, it cannot ask a browser."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Protocol

from graph.reader import NodeId
from graph.vocabulary import KINDS, MATERIAL_EDGES
from visualize.rollup import Link
from visualize.words import Speech, edge_label, kind_label

__all__ = [
    "FONT_SIZE",
    "LINE_FONT_SIZE",
    "Drawable",
    "has_label_inside",
    "is_step",
    "line_label",
    "numbers_as_numbers",
    "shape_label",
    "short",
    "text_size",
]

FONT_SIZE: Final = 14
LINE_FONT_SIZE: Final = 12
# Widths as parts of the font's size, on the wide side of what usual fonts have.
_NARROW: Final = 0.57
_CAPITAL: Final = 0.72
_WIDEST: Final = 0.95
_LONGEST: Final = 22  # letters; the rest is in the details and the table
_LONGEST_INSIDE: Final = 10  # where the shape grows with its label
_WITH_LABEL_INSIDE: Final = frozenset({"box", "database", "ellipse"})
_NO_STEP: Final = "CONTAINS"  # a unit is its lot, only smaller: that needs no thick line
_STEPS: Final = frozenset(MATERIAL_EDGES) - {_NO_STEP}


class Drawable(Protocol):
    """What every shape of a picture has: a thing of a kind, or a group of them."""

    @property
    def kind(self) -> str: ...

    @property
    def node(self) -> NodeId: ...

    @property
    def count(self) -> int: ...

    @property
    def is_group(self) -> bool: ...

    @property
    def is_start(self) -> bool: ...


def has_label_inside(kind: str) -> bool:
    return KINDS[kind].shape in _WITH_LABEL_INSIDE


def shape_label(shape: Drawable, say: Speech) -> str:
    """The key, or how many, and below it the kind."""
    kind = kind_label(shape.kind, say.language)
    if has_label_inside(shape.kind):
        kind, longest = kind.replace(" ", "\n"), _LONGEST_INSIDE
    else:
        longest = _LONGEST
    return f"{shape.count:,} ×\n{kind}" if shape.is_group else f"{short(shape.node[1], longest)}\n{kind}"


def is_step(link: Link) -> bool:
    """Whether material was made of material along this line."""
    return any(edge.type in _STEPS for edge in link.edges)


def line_label(link: Link, say: Speech) -> str:
    """What the lineage's steps are called; containment and use are told by their look."""
    types = dict.fromkeys(edge.type for edge in link.edges if edge.type in _STEPS)
    return "\n".join(edge_label(name, say.language) for name in list(types)[:2])


def short(text: str, longest: int) -> str:
    """The text, its middle left out where it is too long: ids differ at their ends.

    Set apart from its neighbours, so that a right-to-left mark in it turns nothing else round.
    """
    whole = text
    if _letters(text) > longest:
        text = f"{_cut(text, (longest - 1) // 2)}…{_cut(text[::-1], longest // 2)[::-1]}"
    return text if whole.isascii() else f"\u2068{text}\u2069"


def text_size(label: str, font_size: int = FONT_SIZE) -> tuple[float, float]:
    """About as many pixels wide and high as a browser makes it."""
    lines = label.split("\n")
    return max(sum(_part_of_size(letter) for letter in line) for line in lines) * font_size, len(
        lines
    ) * font_size * 1.2


def numbers_as_numbers(key: str) -> list[tuple[int, str]]:
    """What to sort keys by, so that WCB1#9 comes before WCB1#10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", key)]


def _part_of_size(character: str) -> float:
    if character in "MW@%—…":
        return _WIDEST
    return _CAPITAL if character.isupper() else _NARROW * _width(character)


def _letters(text: str) -> int:
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _cut(text: str, longest: int) -> str:
    seen = 0
    for at, character in enumerate(text):
        seen += _width(character)
        if seen > longest:
            return text[:at]
    return text
