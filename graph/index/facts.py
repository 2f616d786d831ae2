"""What the ledger says that questions of lineage need, in columns that only grow.

Everything is kept, voided operations and superseded fields too, each with the entry and the time it was recorded by:
so the lineage can be derived as it stood at any position and as it was known at any time. Numbers of things and
operations are given in the order in which the ledger first names them: the same wherever the ledger is read, and for
ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.index.codes import (
    CELL_LOT,
    CELL_UNIT,
    CHANGED_DISPOSITION,
    CLOSED_PROCESS,
    CONSUMED,
    CREATES,
    DESTROYS,
    DONOR,
    EQUIPMENT,
    FOREVER,
    FROM_SOME,
    INSTANT,
    INSTITUTION,
    IS_LASTING,
    KIND_CODES,
    KIND_NAMES,
    MEASURES,
    OPERATION_CODES,
    PERSON,
    POSITION,
    QC_RELEASE,
    SITE,
    SOME,
    STORAGE_OUT,
    TIMED,
    TOLD_CODES,
)
from graph.index.columns import Column, Lookup, Names, Texts
from graph.index.instants import Clock
from graph.index.said import Said
from graph.reader import AsOf, EntryRow, NodeId

__all__ = ["COLUMNS", "Facts", "Touched"]

Record = Mapping[str, Any]
_CHANGES = 1_000  # calls of `note_changed` that are remembered
Bounds = tuple[int, int]

# Name -> type of number: B is 8 bits, i 32, q 64, d a float. `*_end` of a row is where its part of the next table ends.
COLUMNS = {
    "thing_kind": "B",
    "thing_lot": "i",  # of a unit; else -1
    "node_thing": "i",  # a node record, of a stub too
    "node_seq": "i",
    "node_recorded": "q",
    "node_is_stub": "B",
    "donor_thing": "i",  # what a record or an amendment says of a donor
    "donor_is_autologous": "B",
    "position_thing": "i",  # what a record or an amendment says of a position
    "position_parent": "i",  # -1 none, -2 not said
    "position_shared": "B",  # 0, 1, 2 not said
    "position_level": "B",  # SITE, 0 another, 2 not said
    "position_seq": "i",
    "position_recorded": "q",
    "op_type": "B",
    "op_flags": "B",
    "op_start": "q",
    "op_start_last": "q",
    "op_end": "q",
    "op_end_last": "q",
    "op_seq": "i",
    "op_recorded": "q",
    "op_offset": "i",  # minutes east of UTC that its start was written in
    "op_operator": "i",
    "op_location": "i",
    "op_left": "i",  # temporary_storage_location
    "op_org": "i",  # performing_org
    "op_told": "B",  # what it says of dispositions: TOLD_CODES
    "op_told_from": "B",
    "op_inputs_end": "i",
    "op_outputs_end": "i",
    "op_uses_end": "i",
    "input_thing": "i",
    "input_quantity": "d",  # 0: none
    "input_flags": "B",
    "input_units_end": "i",
    "input_unit": "i",
    "output_thing": "i",
    "output_quantity": "d",
    "output_is_measured": "B",  # by volume, weight or number of cells, not in containers
    "output_units_end": "i",
    "output_unit": "i",
    "use_thing": "i",
    "use_flags": "B",
    "use_start": "q",
    "use_start_last": "q",
    "use_end": "q",
    "use_end_last": "q",
    "use_offset": "i",  # as op_offset
    "use_on_end": "i",
    "use_on": "i",
    "closing_op": "i",
    "closing_use": "i",  # row of the use, or -1
    "closing_end": "q",
    "closing_end_last": "q",
    "closing_seq": "i",
    "closing_recorded": "q",
    "void_op": "i",
    "void_seq": "i",
    "void_recorded": "q",
}


@dataclass(slots=True)
class Touched:
    """What some entries change, for catching up: operations by number, positions that stand elsewhere or changed."""

    operations: dict[int, None] = field(default_factory=dict)
    positions: dict[int, None] = field(default_factory=dict)


class Facts:
    """Takes ledger entries in order. ``seq`` is the last one taken."""

    def __init__(self) -> None:
        self.seq = 0
        self.columns = {name: Column(code) for name, code in COLUMNS.items()}
        self.keys, self.op_keys = Texts(), Texts()
        self.names = Names(self.keys, len(KIND_NAMES), self.columns["thing_kind"])
        self.op_names = Names(self.op_keys, 1)
        self.said = Said()
        self._begin()

    @classmethod
    def restored(
        cls,
        seq: int,
        columns: Mapping[str, Column],
        keys: tuple[Texts, Lookup],
        op_keys: tuple[Texts, Lookup],
        said: Said | None = None,
    ) -> Facts:
        """From what a snapshot holds."""
        facts = cls()
        facts.said = said or facts.said
        facts.seq, facts.columns = seq, dict(columns)
        facts.keys, facts.op_keys = keys[0], op_keys[0]
        facts.names = Names(facts.keys, len(KIND_NAMES), facts.columns["thing_kind"], known=keys[1])
        facts.op_names = Names(facts.op_keys, 1, known=op_keys[1])
        facts._begin()
        return facts

    def _begin(self) -> None:
        self._clock = Clock()
        self._changes: deque[tuple[int, int, NDArray[Any] | None]] = deque(maxlen=_CHANGES)
        # Within a request records stand in any order: what ends or voids an operation may come before it.
        self._early: dict[str, list[tuple[Record, int, int]]] = {}
        self.closings: dict[int, list[int]] = {}
        for row, op in enumerate(self.columns["closing_op"].frozen().tolist()):
            self.closings.setdefault(op, []).append(row)
        # The node records of things that were stubs at first.
        self.stubs: dict[int, list[int]] = {}
        node_thing = self.columns["node_thing"].frozen()
        for row in np.flatnonzero(self.columns["node_is_stub"].frozen()).tolist():
            self.stubs[int(node_thing[row])] = []
        for row in np.flatnonzero(np.isin(node_thing, list(self.stubs))).tolist():
            self.stubs[int(node_thing[row])].append(row)
        self.voids = {op: row for row, op in enumerate(self.columns["void_op"].frozen().tolist())}

    @property
    def thing_count(self) -> int:
        return len(self.keys)

    @property
    def op_count(self) -> int:
        return len(self.op_keys)

    def sizes(self) -> dict[str, int]:
        """How many rows each column has. What is appended later does not change those."""
        return {**{name: len(column) for name, column in self.columns.items()}, "said": len(self.said)}

    def arrays(self, sizes: Mapping[str, int] | None = None) -> dict[str, NDArray[Any]]:
        """The columns as arrays: all that there is, or the first rows as `sizes` once told."""
        if sizes is None:
            return {name: column.frozen() for name, column in self.columns.items()}
        return {name: column.first(sizes[name]) for name, column in self.columns.items()}

    def note_changed(self, after: int, until: int, things: NDArray[Any] | None) -> None:
        """Which things the entries between two positions concern; None: perhaps all."""
        self._changes.append((after, until, things))

    def changed_between(self, after: int, until: int) -> NDArray[Any] | None:
        """The things that the entries between two positions concern; None: that is not known any more, or perhaps all."""
        found, reached = [], after
        for begun, ended, things in tuple(self._changes):
            if ended <= after or begun >= until:
                continue
            if begun != reached or things is None:
                return None
            found.append(things)
            reached = ended
        return np.unique(np.concatenate(found)) if found and reached == until else None

    # -- things ----------------------------------------------------------------------------------------------------

    def thing(self, kind: int, key: str) -> int:
        """The number of a thing, which it gets when it is first named."""
        found = self.names.get(kind, key)
        if found is not None:
            return found
        lot = self.thing(CELL_LOT, key.partition("#")[0]) if kind == CELL_UNIT else -1
        row = len(self.keys)
        self.keys.append(key)
        self.columns["thing_kind"].append(kind)
        self.columns["thing_lot"].append(lot)
        self.names.add(kind, key, row)
        return row

    def _named(self, name: str, ends: Iterable[Record]) -> int:
        """The thing among an operation's ends and their units that a use calls ``Kind:key``, or only by its key."""
        bare: dict[str, tuple[int, str]] = {}
        for end in ends:
            things = [(end["kind"], end["id"]), *(("CellUnit", unit) for unit in end.get("units", ()))]
            for kind, key in things:
                if name == f"{kind}:{key}":
                    return self.thing(KIND_CODES[kind], key)
                bare[key] = KIND_CODES[kind], key
        return self.thing(*bare[name])

    def number(self, node: NodeId) -> int:
        """The number of a node, which it gets now if it was not named before."""
        return self.thing(KIND_CODES[node[0]], node[1])

    def node(self, number: int) -> NodeId:
        return KIND_NAMES[self.columns["thing_kind"][number]], self.keys[number]

    # -- operations ------------------------------------------------------------------------------------------------

    def part(self, table: str, column: str, owner: int) -> range:
        """The rows of another table that belong to one row."""
        ends = self.columns[f"{table}_{column}_end"]
        return range(ends[owner - 1] if owner else 0, ends[owner])

    def units(self, side: str, row: int) -> list[int]:
        """The units that a row of one side (input or output) names."""
        named = self.part(side, "units", row)
        return self.columns[f"{side}_unit"].part(named.start, named.stop)

    def ends(self, op: int, side: str) -> list[tuple[int, list[int]]]:
        """What an operation has at one side (input or output), each with the units that are named."""
        things = self.columns[f"{side}_thing"]
        return [(things[row], self.units(side, row)) for row in self.part("op", f"{side}s", op)]

    def is_live(self, op: int, as_of: AsOf) -> bool:
        columns = self.columns
        void = self.voids.get(op)
        voided = (None, None) if void is None else (columns["void_seq"][void], columns["void_recorded"][void])
        return as_of.shows(columns["op_seq"][op], columns["op_recorded"][op], *voided)

    def uses(self, op: int) -> range:
        return self.part("op", "uses", op)

    def on(self, use: int) -> list[int]:
        """What a use says that it touched; empty where it says nothing."""
        rows = self.part("use", "on", use)
        return self.columns["use_on"].part(rows.start, rows.stop)

    def op_times(self, op: int, as_of: AsOf) -> tuple[Bounds, Bounds]:
        """Start and end as known at a position, each the earliest and the latest; FOREVER where it is open."""
        columns = self.columns
        start = columns["op_start"][op], columns["op_start_last"][op]
        return start, self._end(op, -1, (columns["op_end"][op], columns["op_end_last"][op]), as_of)

    def use_times(self, op: int, use: int, as_of: AsOf) -> tuple[Bounds, Bounds]:
        """The same of a use with a start of its own."""
        columns = self.columns
        start = columns["use_start"][use], columns["use_start_last"][use]
        return start, self._end(op, use, (columns["use_end"][use], columns["use_end_last"][use]), as_of)

    def _end(self, op: int, use: int, recorded: Bounds, as_of: AsOf) -> Bounds:
        columns = self.columns
        for row in self.closings.get(op, ()):
            is_known = as_of.shows(columns["closing_seq"][row], columns["closing_recorded"][row], None, None)
            if is_known and columns["closing_use"][row] == use:
                return columns["closing_end"][row], columns["closing_end_last"][row]
        return recorded

    # -- entries ---------------------------------------------------------------------------------------------------

    def add(self, entries: Iterable[EntryRow], touched: Touched | None = None) -> None:
        """Takes entries, each numbered one above the last. What they change is added to ``touched``."""
        touched = touched or Touched()
        for entry in entries:
            if entry.seq != self.seq + 1:
                raise ValueError(f"entry {self.seq + 1} is missing: after entry {self.seq} comes {entry.seq}")
            self.take(entry.record, entry.seq, entry.recorded_ms, touched)
            self.seq = entry.seq

    def take(self, record: Record, seq: int, recorded: int, touched: Touched) -> None:
        """One record, in canonical form."""
        shape = record["record"]
        if shape == "operation":
            self._operation(record, seq, recorded, touched)
        elif shape == "node":
            row = self.thing(KIND_CODES[record["kind"]], record["id"])
            is_stub = int(bool(record.get("stub")))
            if is_stub or row in self.stubs:
                self.stubs.setdefault(row, []).append(len(self.columns["node_thing"]))
            for name, value in (("thing", row), ("seq", seq), ("recorded", recorded), ("is_stub", is_stub)):
                self.columns[f"node_{name}"].append(value)
            self.said.add(row, KIND_CODES[record["kind"]], record.get("data", {}), seq, recorded, is_whole=False)
            self._said(row, record.get("data", {}), seq, recorded, touched)
        elif shape == "amendment":
            row = self.thing(KIND_CODES[record["kind"]], record["id_of"])
            self.said.add(row, KIND_CODES[record["kind"]], record["data"], seq, recorded, is_whole=False)
            self._said(row, record["data"], seq, recorded, touched)
        else:
            self._later(record, seq, recorded, touched)

    def _said(self, row: int, fields: Record, seq: int, recorded: int, touched: Touched) -> None:
        """What a record or an amendment says of a thing, as far as lineage goes by it."""
        kind = self.columns["thing_kind"][row]
        if kind == POSITION:
            self._position(row, fields, seq, recorded, touched)
        elif kind == DONOR and "donor_relationship" in fields:
            self.columns["donor_thing"].append(row)
            self.columns["donor_is_autologous"].append(int(fields["donor_relationship"] == "autologous"))

    def _position(self, row: int, fields: Record, seq: int, recorded: int, touched: Touched) -> None:
        if not fields.keys() & {"parent", "shared_environment", "level"}:
            return
        parent = -2
        if "parent" in fields:
            parent = -1 if fields["parent"] is None else self.thing(POSITION, fields["parent"])
        shared = int(bool(fields["shared_environment"])) if "shared_environment" in fields else 2
        columns = self.columns
        columns["position_thing"].append(row)
        columns["position_parent"].append(parent)
        columns["position_shared"].append(shared)
        columns["position_level"].append((SITE if fields["level"] == "site" else 0) if "level" in fields else 2)
        columns["position_seq"].append(seq)
        columns["position_recorded"].append(recorded)
        touched.positions[row] = None

    def _later(self, record: Record, seq: int, recorded: int, touched: Touched) -> None:
        """A closing, or a correction with its replacement."""
        op = self.op_names.get(0, record["operation"])
        if op is None:
            self._early.setdefault(record["operation"], []).append((record, seq, recorded))
        elif record["record"] == "closing":
            self._closing(op, record, seq, recorded)
        else:
            self.voids[op] = len(self.columns["void_op"])
            for name, value in (("void_op", op), ("void_seq", seq), ("void_recorded", recorded)):
                self.columns[name].append(value)
        if op is not None:
            touched.operations[op] = None
        replacement = record.get("replacement")
        if replacement is not None and self.op_names.get(0, replacement["id"]) is None:
            self._operation(replacement, seq, recorded, touched)

    def _closing(self, op: int, record: Record, seq: int, recorded: int) -> None:
        columns = self.columns
        use = -1
        if "use" in record:
            use = self._closed_use(op, record["use"])
        end, last = self._clock.bounds(record["end"], record.get("zone"))
        self.closings.setdefault(op, []).append(len(columns["closing_op"]))
        columns["closing_op"].append(op)
        columns["closing_use"].append(use)
        columns["closing_end"].append(end)
        columns["closing_end_last"].append(last)
        columns["closing_seq"].append(seq)
        columns["closing_recorded"].append(recorded)

    def _closed_use(self, op: int, key: str) -> int:
        """The open use that a closing means by a key: a machine's; only where there is none, a reagent's; else -1."""
        columns, found = self.columns, -1
        for row in self.uses(op):
            thing = columns["use_thing"][row]
            is_open = columns["use_flags"][row] & TIMED and columns["use_end"][row] == FOREVER
            if is_open and self.keys[thing] == key:
                if columns["thing_kind"][thing] == EQUIPMENT:
                    return row
                found = row if found < 0 else found
        return found

    def _operation(self, record: Record, seq: int, recorded: int, touched: Touched) -> None:
        columns = self.columns
        code = OPERATION_CODES[record["type"]]
        zone = record.get("zone")
        bounds = self._clock.bounds
        start, start_last = bounds(record["start"], zone)
        flags = 0
        if (text := record.get("end")) is not None:
            end, end_last = bounds(text, zone)
        elif IS_LASTING[code]:
            end = end_last = FOREVER
        else:
            end, end_last, flags = start, start_last, INSTANT
        fields = record.get("data") or {}
        if code == CHANGED_DISPOSITION and fields.get("to") == "destroyed":
            flags |= DESTROYS | (FROM_SOME if "from" in fields else 0)
        location, left = fields.get("operation_location"), fields.get("temporary_storage_location")
        op = len(self.op_keys)
        self.op_keys.append(record["id"])
        self.op_names.add(0, record["id"], op)
        columns["op_type"].append(code)
        columns["op_flags"].append(flags)
        columns["op_start"].append(start)
        columns["op_start_last"].append(start_last)
        columns["op_end"].append(end)
        columns["op_end_last"].append(end_last)
        columns["op_seq"].append(seq)
        columns["op_recorded"].append(recorded)
        columns["op_offset"].append(self._clock.offset(record["start"], zone))
        columns["op_operator"].append(self.thing(PERSON, record["operator"]))
        columns["op_location"].append(self.thing(POSITION, location) if location else -1)
        columns["op_left"].append(self.thing(POSITION, left) if left else -1)
        columns["op_org"].append(self.thing(INSTITUTION, record["performing_org"]))
        told, told_from = _told(code, fields)
        columns["op_told"].append(told)
        columns["op_told_from"].append(told_from)
        known = len(self.keys)
        self._ends(record["inputs"], "input")
        self._ends(record.get("outputs", ()), "output")
        for output in record.get("outputs", ()) if CREATES[code] else ():
            kind = KIND_CODES[output["kind"]]
            thing = self.thing(kind, output["id"])
            # What is restated by a replacement is called as that says, and no more as what it replaces did.
            self.said.add(thing, kind, output.get("data") or {}, seq, recorded, is_whole=thing < known)
        for use in record.get("uses", ()):
            self._use(use, zone, record)
        columns["op_inputs_end"].append(len(columns["input_thing"]))
        columns["op_outputs_end"].append(len(columns["output_thing"]))
        columns["op_uses_end"].append(len(columns["use_thing"]))
        touched.operations[op] = None
        for later in self._early.pop(record["id"], ()):
            self._later(*later, touched)

    def _ends(self, ends: Iterable[Record], side: str) -> None:
        columns = self.columns
        things, quantities = columns[f"{side}_thing"], columns[f"{side}_quantity"]
        units, units_end = columns[f"{side}_unit"], columns[f"{side}_units_end"]
        for end in ends:
            things.append(self.thing(KIND_CODES[end["kind"]], end["id"]))
            quantities.append(end.get("quantity", 0.0))
            if side == "input":
                columns["input_flags"].append(CONSUMED if end.get("consumed") else 0)
            else:
                columns["output_is_measured"].append(end.get("unit") in MEASURES)
            for unit in end.get("units", ()):
                units.append(self.thing(CELL_UNIT, unit))
            units_end.append(len(units))

    def _use(self, use: Record, zone: str | None, operation: Record) -> None:
        columns = self.columns
        flags = CLOSED_PROCESS if use.get("process") == "closed" else 0
        times = (0, 0, 0, 0)  # those of the operation
        if "start" in use:
            flags |= TIMED
            end = use.get("end")
            times = (
                *self._clock.bounds(use["start"], zone),
                *((FOREVER, FOREVER) if end is None else self._clock.bounds(end, zone)),
            )
        on = use.get("on", ())
        if on:
            flags |= SOME
        columns["use_thing"].append(self.thing(KIND_CODES[use["kind"]], use["id"]))
        columns["use_flags"].append(flags)
        columns["use_start"].append(times[0])
        columns["use_start_last"].append(times[1])
        columns["use_end"].append(times[2])
        columns["use_end_last"].append(times[3])
        columns["use_offset"].append(self._clock.offset(use.get("start", operation["start"]), zone))
        for name in on:
            ends = (*operation["inputs"], *operation.get("outputs", ()))
            columns["use_on"].append(self._named(name, ends))
        columns["use_on_end"].append(len(columns["use_on"]))


def _told(code: int, fields: Record) -> tuple[int, int]:
    """What an operation says of dispositions: of a change, of a release, or that what leaves is only moved."""
    if code == CHANGED_DISPOSITION:
        return TOLD_CODES.get(fields.get("to", ""), 0), TOLD_CODES.get(fields.get("from", ""), 0)
    if code == QC_RELEASE:
        return TOLD_CODES.get(fields.get("test_conclusion", ""), 0), 0
    if code == STORAGE_OUT and fields.get("storage_out_reason") == "transfer":
        return TOLD_CODES["transfer"], 0
    return 0, 0
