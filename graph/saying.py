"""A message that a person reads: English text, which still knows the sentence it was made of and the values in it.

So it can be said in another language where somebody reads it, and everything else (JSON, logs, the command line) may
take it for the text that it is. Whatever makes a plain text of it makes the English one.
"""

from __future__ import annotations

import re
from typing import Final, Self

__all__ = ["PLACE", "Saying", "put", "said"]

PLACE: Final = re.compile(r"\{(\w+)\}")  # where a value stands in a sentence


class Saying(str):
    """The English text. ``template`` is the sentence with ``{name}`` for each of ``values``; a value may be a saying."""

    __slots__ = ("template", "values")

    template: str
    values: dict[str, str]

    def __new__(cls, template: str, values: dict[str, str]) -> Self:
        text = super().__new__(cls, put(template, values))
        text.template = template
        text.values = values
        return text

    def __reduce__(self) -> tuple[type[Saying], tuple[str, dict[str, str]]]:
        return Saying, (self.template, self.values)


def said(template: str, **values: object) -> Saying:
    """``said("{thing} has no unit {unit}.", thing="WCB1", unit=21)``; `make messages` collects the sentences.

    What a value is called says how it is read: a ``state`` is a disposition, a ``kind`` a kind of node.
    """
    return Saying(template, {name: value if isinstance(value, str) else str(value) for name, value in values.items()})


def put(template: str, values: dict[str, str]) -> str:
    """The sentence with its values; a place for which there is none stays as it is."""
    return PLACE.sub(lambda place: values.get(place[1], place[0]), template)
