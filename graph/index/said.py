"""What things are called besides their keys, as records and amendments said it: names that can be searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from graph.index.codes import KIND_NAMES
from graph.index.columns import Column, Texts
from graph.index.tables import Array
from graph.vocabulary import KINDS, NAMING_FIELDS, FieldType

__all__ = ["SAID_COLUMNS", "Said", "naming_fields"]

SAID_COLUMNS: Final = {"thing": "i", "field": "B", "seq": "i", "recorded": "q"}
_HIGHEST_TIER: Final = 2  # what is sealed has no text


def naming_fields(kind: str, highest_tier: int = _HIGHEST_TIER) -> list[int]:
    """The places in `NAMING_FIELDS` of those that a kind has, up to a tier."""
    fields = KINDS[kind].fields
    return [
        place
        for place, name in enumerate(NAMING_FIELDS)
        if name in fields
        and fields[name].tier <= min(highest_tier, _HIGHEST_TIER)
        and fields[name].type is FieldType.STRING
    ]


_FIELDS: Final = [[(place, NAMING_FIELDS[place]) for place in naming_fields(kind)] for kind in KIND_NAMES]


class Said:
    """One row for each name that a record gave; of several of one thing and field the last one counts. It only grows."""

    def __init__(self, columns: Mapping[str, Column] | None = None, texts: Texts | None = None) -> None:
        self.columns = dict(columns) if columns else {name: Column(code) for name, code in SAID_COLUMNS.items()}
        self.texts = Texts() if texts is None else texts

    def __len__(self) -> int:
        """Rows that are whole: the last column is appended to last."""
        return len(self.columns["recorded"])

    def add(self, thing: int, kind: int, fields: Mapping[str, Any], seq: int, recorded: int, *, is_whole: bool) -> None:
        """What a record says of a thing. ``is_whole``: what it leaves out, the thing has not (any more)."""
        for place, name in _FIELDS[kind]:
            value = fields.get(name)
            if isinstance(value, str) or name in fields or is_whole:
                self.texts.append(value if isinstance(value, str) else "")
                for column, number in zip(SAID_COLUMNS, (thing, place, seq, recorded), strict=True):
                    self.columns[column].append(number)

    def lasting(self, count: int) -> Array:
        """Which of the first rows are the last of their thing and field (bool)."""
        code = self.columns["thing"].first(count).astype(np.int64) * len(NAMING_FIELDS) + self.columns["field"].first(
            count
        )
        found = np.zeros(count, dtype=np.bool_)
        found[count - 1 - np.unique(code[::-1], return_index=True)[1]] = True
        return found
