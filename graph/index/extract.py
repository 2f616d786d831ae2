"""Some operations with all that belongs to them, as small facts of their own: for deriving anew what a few records change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.index.columns import TYPES
from graph.index.facts import COLUMNS, Facts
from graph.index.tables import Array

__all__ = ["Extract", "Incidents", "extract"]


class Incidents:
    """Which operations name a thing as input or output, or as what a use touched. Units count as their lots."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        lot = columns["thing_lot"]
        self._families = np.where(lot >= 0, lot, np.arange(len(lot), dtype=np.int32))
        inputs, outputs, uses = (_owners(columns[f"op_{name}_end"]) for name in ("inputs", "outputs", "uses"))
        on = uses[_owners(columns["use_on_end"])]
        things = np.concatenate((columns["input_thing"], columns["output_thing"], self._families[columns["use_on"]]))
        ops = np.concatenate((inputs, outputs, on))
        order = np.lexsort((ops, things))
        self._ops = ops[order]
        self._off = np.zeros(len(lot) + 1, dtype=np.int64)
        np.cumsum(np.bincount(things, minlength=len(lot)), out=self._off[1:])
        self._new: dict[int, list[int]] = {}

    def add(self, facts: Facts, op: int) -> None:
        """Takes in an operation that came since."""
        lots = facts.columns["thing_lot"]
        things = [thing for side in ("input", "output") for thing, _ in facts.ends(op, side)]
        for use in facts.uses(op):
            things += [thing if lots[thing] < 0 else lots[thing] for thing in facts.on(use)]
        for thing in dict.fromkeys(things):
            self._new.setdefault(thing, []).append(op)

    def of(self, thing: int) -> list[int]:
        """The operations that name a thing that is no unit; in order, perhaps more than once."""
        known: list[int] = []
        if thing < len(self._off) - 1:
            known = self._ops[self._off[thing] : self._off[thing + 1]].tolist()
        return known + self._new.get(thing, [])


def _owners(ends: Array) -> Array:
    """Of each row of a table, the row that it belongs to."""
    sizes = np.diff(ends, prepend=0)
    owners: Array = np.repeat(np.arange(len(ends), dtype=np.int32), sizes)
    return owners


@dataclass(frozen=True, kw_only=True)
class Extract:
    """Columns with numbers of their own: ``things`` and ``ops`` are the numbers in the facts, ascending."""

    columns: dict[str, Array]
    things: Array
    ops: Array

    def number(self, thing: int) -> int:
        return int(np.searchsorted(self.things, thing))


# The columns that refer to things; -1 stays -1.
_THINGS = (
    "thing_lot", "op_operator", "op_location", "op_left", "input_thing", "input_unit", "output_thing", "output_unit",
    "use_thing", "use_on",
)  # fmt: skip
_PARTS = {"op": ("inputs", "outputs", "uses"), "input": ("units",), "output": ("units",), "use": ("on",)}
_TABLES = {"inputs": "input", "outputs": "output", "uses": "use"}


def extract(facts: Facts, ops: Sequence[int], vessels: Callable[[int], Iterable[int]]) -> Extract:
    """The operations, given in ascending order. ``vessels`` names what a position may belong to, to be numbered too."""
    found: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for op in ops:
        _row(facts, found, "op", op)
        for row in facts.closings.get(op, ()):
            _row(facts, found, "closing", row)
        if (void := facts.voids.get(op)) is not None:
            _row(facts, found, "void", void)
    return _numbered(facts, found, ops, vessels)


def _row(facts: Facts, found: dict[str, list[float]], table: str, row: int) -> None:
    """Copies a row with the rows of other tables that belong to it."""
    for part in _PARTS.get(table, ()):
        rows = facts.part(table, part, row)
        if part in _TABLES:
            for other in rows:
                _row(facts, found, _TABLES[part], other)
        else:
            name = f"{table}_{part.rstrip('s')}"
            found[name] += facts.columns[name].part(rows.start, rows.stop)
    for name in _OWN[table]:
        found[name].append(facts.columns[name][row])
    for part in _PARTS.get(table, ()):
        name = f"{_TABLES[part]}_thing" if part in _TABLES else f"{table}_{part.rstrip('s')}"
        found[f"{table}_{part}_end"].append(len(found[name]))


_OWN = {
    table: [
        name
        for name in COLUMNS
        if name.startswith(f"{table}_") and not name.endswith(("units_end", "on_end", "inputs_end", "outputs_end", "uses_end"))
        and name not in {"input_unit", "output_unit", "use_on"}
    ]
    for table in ("op", "input", "output", "use", "closing", "void")
}  # fmt: skip


def _numbered(
    facts: Facts, found: dict[str, list[float]], ops: Sequence[int], vessels: Callable[[int], Iterable[int]]
) -> Extract:
    columns = {name: np.array(values, dtype=TYPES[COLUMNS[name]]) for name, values in found.items()}
    named = np.unique(np.concatenate([columns[name] for name in _THINGS]))
    things = set(named[named >= 0].tolist())
    positions = {*columns["output_thing"].tolist(), *columns["op_left"].tolist()} - {-1}
    things |= {vessel for position in positions for vessel in vessels(position)}
    lots = facts.columns["thing_lot"]
    things |= {lots[thing] for thing in things} - {-1}
    numbers = np.array(sorted(things), dtype=np.int32)
    columns["thing_kind"] = np.array([facts.columns["thing_kind"][thing] for thing in numbers.tolist()], dtype=np.uint8)
    columns["thing_lot"] = np.array([lots[thing] for thing in numbers.tolist()], dtype=np.int32)
    for name in _THINGS:
        values = columns[name]
        columns[name] = np.where(values < 0, -1, np.searchsorted(numbers, values)).astype(np.int32)
    known = np.array(ops, dtype=np.int32)
    for name in ("closing_op", "void_op"):
        columns[name] = np.searchsorted(known, columns[name]).astype(np.int32)
    columns["closing_use"] = _renumbered_uses(facts, ops, columns)
    return Extract(columns=columns, things=numbers, ops=known)


def _renumbered_uses(facts: Facts, ops: Sequence[int], columns: dict[str, Array]) -> Array:
    """The uses that closings end, by their new rows."""
    uses = [use for op in ops for use in facts.uses(op)]
    new = {use: row for row, use in enumerate(uses)}
    return np.array([new.get(use, -1) for use in columns["closing_use"].tolist()], dtype=np.int32)
