"""A record from a sheet, which remembers the cell of each member."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.errors import Place
from graph.records import RawRecord

__all__ = ["PlacedRecord"]


@dataclass(frozen=True, slots=True)
class PlacedRecord(RawRecord):
    """``place`` is the record's first cell; ``cells`` says where each member stands: ``inputs[0].units`` -> ``采集!H7``."""

    cells: Mapping[str, Place] = field(default_factory=dict)

    def place_of(self, member: str | None) -> Place:
        """The cell of the member, or of what it is part of; the record's own where it has none."""
        path = member or ""
        if path not in self.cells:  # of a list, such as all inputs: its first
            inside = (cell for name, cell in self.cells.items() if name.startswith((f"{path}[", f"{path}.")))
            if path and (first := next(inside, None)):
                return first
        while path:
            if found := self.cells.get(path):
                return found
            path = re.sub(r"(\.[^.\[]*|\[\d+\]|^[^.\[]+)$", "", path)
        return self.place
