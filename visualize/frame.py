"""What all pages with a picture share: they need nothing else, and run nothing but our own scripts.

Data reaches a page escaped, as text or as JSON that no script is made of. A page carries a Content-Security-Policy of
its own, so that it is as strict in a file as from the service.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
import orjson
from markupsafe import Markup

from graph.vocabulary import KINDS
from queries.trace import Completeness
from visualize.details import Section
from visualize.labels import Drawable
from visualize.network import READABLE, Network, drawing_script
from visualize.words import Speech, kind_label

__all__ = ["BY_ID", "legend_of", "names_of_starts", "notes_of", "render", "rolled_up_text", "script_words", "told"]

_FOLDER: Final = Path(__file__).parent / "templates"
_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
# Stands in an address for an id that a reader will type.
BY_ID: Final = "{id}"
_NAMED: Final = 3
_USUAL_WIDTH: Final = 1200  # pixels for the picture in a window of 1600


def render(
    template: str,
    say: Speech,
    *,
    network: Network,
    content: Any,
    nonce: str | None,
    has_timeline: bool = False,
    behind: str | None = None,
    **values: Any,
) -> str:
    """The page, as text. ``nonce`` is the one of the answer's Content-Security-Policy, if it is served under one;
    ``has_timeline``, or ``behind``, a script: its content says what lies behind the shapes.
    """
    return _TEMPLATES.get_template(template).render(
        say=say,
        nonce=nonce or secrets.token_urlsafe(18),
        height=_height(network),
        content=_json(content),
        style=Markup(_file("picture.css")),  # noqa: S704 - our own file
        own_scripts=[
            Markup(_file(name))  # noqa: S704 - our own files
            for name in (
                *(["timeline.js"] if has_timeline else []),
                *([behind] if behind else []),
                "painting.js",
                "saving.js",
                "picture.js",
            )
        ],
        drawing_script=Markup(drawing_script()),  # noqa: S704 - the package's file
        **values,
    )


def legend_of(shapes: Iterable[Drawable], say: Speech) -> list[tuple[str, str, str, int]]:
    """Kinds that are drawn: label, shape, colour, how many things."""
    counts: Counter[str] = Counter()
    for shape in shapes:
        counts[shape.kind] += shape.count
    return [
        (kind_label(name, say.language), kind.shape, kind.colour, counts[name])
        for name, kind in KINDS.items()
        if name in counts
    ]


def names_of_starts(ids: Sequence[str], say: Speech) -> str:
    """The first few of where a question begins, and how many more there are."""
    named = say("joined").join(ids[:_NAMED])
    rest = len(ids) - _NAMED
    return f"{named} {say('and_more', count=rest)}" if rest > 0 else named


def notes_of(completeness: Completeness, say: Speech) -> list[str]:
    """Whose origin is not recorded, and what is kept from the viewer."""
    notes: list[str] = []
    if completeness.unrecorded:
        names = say("joined").join(completeness.unrecorded)
        rest = completeness.unrecorded_count - len(completeness.unrecorded)
        notes.append(say("unrecorded", names=f"{names} {say('and_more', count=rest)}" if rest else names))
    if completeness.hidden:
        notes.append(say("hidden", count=completeness.hidden))
    return notes


def rolled_up_text(word: str, total: int, shapes: Iterable[Drawable], say: Speech) -> str | None:
    """How many things are drawn in how many groups; None where each is drawn by itself."""
    groups = [shape for shape in shapes if shape.is_group]
    grouped = sum(group.count for group in groups)
    return say(word, total=f"{total:,}", groups=len(groups), grouped=f"{grouped:,}") if groups else None


def script_words(say: Speech) -> dict[str, str]:
    """What the page's script says by itself."""
    return {
        "nothing": say("nothing_chosen"),
        "matches": say("matches", at="{at}", count="{count}"),
        "noMatch": say("no_match"),
        "oneOfThem": say("one_of_them"),
        "showIt": say("show_it"),
    }


def told(section: Section) -> list[Any]:
    """A section as the page's script takes it."""
    return [section.heading, [[row.label, row.text] for row in section.rows]]


def _height(network: Network) -> int:
    """Of the room for the picture, so that little of it stays empty where the picture is fitted into a wide window."""
    scale = min(1.0, max(_USUAL_WIDTH / max(network.width, 1), READABLE))
    return round(min(max(network.height * scale + 60, 340), 1000))


def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _json(content: Any) -> Markup:
    """JSON that ends no script element and is no markup, whatever texts it holds."""
    text = orjson.dumps(content).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing in it is markup any more
