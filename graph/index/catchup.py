"""Keeps what is derived up with new entries: what they change is derived anew, the rest is left as it is.

Rows of edges belong to their operation, but for a lot's edges to its units, which belong to the unit; presences belong
to the thing that was present. A record changes the rows of its operation and of the things that the operation names:
those rows of the base are marked dead, and stand anew beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from graph.index.codes import (
    CLASS,
    CONTAINS,
    CREATES,
    DECONTAMINATED,
    HERE,
    IS_MATERIAL_KIND,
    LEFT,
    MOVED,
    PRESENCE_CLASS,
    STAY,
)
from graph.index.derivation import Cuts, Derived, number_hubs, rows_of, with_cuts
from graph.index.edges import Edges, no_edges
from graph.index.extract import Extract, Incidents, extract
from graph.index.facts import Facts, Touched
from graph.index.places import Fields, Move, Places
from graph.index.presence import Presences, no_presences, positions_used
from graph.index.segment import Segment, make_segment
from graph.index.tables import Array, fixed, tables
from graph.index.view import EDGES_CHANGED, PRESENCES_CHANGED, find_part, last_place
from graph.reader import AsOf

__all__ = ["CatchUp"]

R = TypeVar("R", Edges, Presences)


class CatchUp:
    """A base with what came since. `apply` gives the next view; those given before stay as they are."""

    def __init__(self, facts: Facts, columns: Mapping[str, Array], derived: Derived) -> None:
        """``derived`` is that of the columns, without anything beside its base."""
        self._facts, self._columns = facts, columns
        self.derived = derived
        self._base_ops = self._known_ops = len(columns["op_type"])
        self._moved: list[int] = np.flatnonzero(columns["op_type"] == MOVED).tolist()
        view = derived.view
        self._kinds = derived.kinds
        self._changed, self._hub_changed = view.changed.copy(), view.hub_changed.copy()
        self._dead_edges, self._dead_presences = view.dead_edges.copy(), view.dead_presences.copy()
        self._edges, self._presences = no_edges(), no_presences()

    @cached_property
    def _incidents(self) -> Incidents:
        return Incidents(self._columns)  # not before something changes: it costs a sort

    @property
    def size(self) -> int:
        """How many edges and presences stand beside the base."""
        return len(self._edges.source) + len(self._presences.thing)

    # -- what is touched -------------------------------------------------------------------------------------------

    def _kind(self, thing: int) -> int:
        kind: int = self._facts.columns["thing_kind"][thing]
        return kind

    def _units(self, lot: int, as_of: AsOf) -> list[int]:
        """The units of a lot, by the live operation that made it."""
        for op in reversed(self._incidents.of(lot)):
            if CREATES[self._facts.columns["op_type"][op]] and self._facts.is_live(op, as_of):
                for thing, units in self._facts.ends(op, "output"):
                    if thing == lot:
                        return units
        return []

    def _things(self, ops: Iterable[int], as_of: AsOf) -> set[int]:
        """The things whose presences, or whose being contained, may have changed with the operations."""
        found: set[int] = set()
        for op in ops:
            for thing, units in self._facts.ends(op, "input"):
                if IS_MATERIAL_KIND[self._kind(thing)]:
                    found |= {thing, *(units or self._units(thing, as_of))}
            for thing, units in self._facts.ends(op, "output"):
                found |= {thing, *units}
            for use in self._facts.uses(op):
                found |= set(self._facts.on(use))
        return {thing for thing in found if IS_MATERIAL_KIND[self._kind(thing)]}

    def _stood_in(self, positions: Iterable[int]) -> set[int]:
        """Things that were stored or left in these very positions."""
        found: set[int] = set()
        view = self.derived.view
        for position in positions:
            hub = self.derived.hubs.get(position)
            if hub is None:
                continue
            for segment in (view.base, view.new):
                if 2 * hub + 2 < len(segment.hub_off):
                    rows = slice(int(segment.hub_off[2 * hub]), int(segment.hub_off[2 * hub + 2]))
                    kind = segment.marks[rows] & PRESENCE_CLASS
                    is_there = (segment.marks[rows] & HERE != 0) & ((kind == STAY) | (kind == LEFT))
                    found |= set(segment.thing[rows][is_there].tolist())
        return found

    # -- places and decontaminations -------------------------------------------------------------------------------

    def _places(self, as_of: AsOf) -> Places:
        column = self._facts.columns
        fields: list[Fields] = [
            (column["position_thing"][row], column["position_parent"][row], column["position_shared"][row])
            for row in range(len(column["position_thing"]))
        ]
        moves: list[Move] = [
            (position, column["op_start"][op], column["op_start_last"][op], op, self._facts.ends(op, "output")[0][0])
            for op in self._moved
            if self._facts.is_live(op, as_of)
            for position, _ in self._facts.ends(op, "input")
        ]
        return Places(fields, moves)

    def _cuts(self, thing: int, as_of: AsOf) -> Cuts:
        found: dict[int, bool] = {}
        for op in dict.fromkeys(self._incidents.of(thing)):
            if self._facts.columns["op_type"][op] == DECONTAMINATED and self._facts.is_live(op, as_of):
                start, end = self._facts.op_times(op, as_of)
                found[end[1]] = found.get(end[1], False) or (start[0] == start[1] and end[0] == end[1])
        return tuple(sorted(found.items()))

    # -- applying --------------------------------------------------------------------------------------------------

    def apply(self, touched: Touched, as_of: AsOf) -> Array | None:
        """Derives anew what was touched. The facts hold everything up to the position, and nothing later.

        Gives the things that are concerned, by number; None where positions stand elsewhere: then all may be.
        """
        facts = self._facts
        for op in range(self._known_ops, facts.op_count):
            self._incidents.add(facts, op)
            if facts.columns["op_type"][op] == MOVED:
                self._moved.append(op)
        self._known_ops = facts.op_count
        self._grow()
        ops = sorted(touched.operations)
        types = {op: facts.columns["op_type"][op] for op in ops}
        things = self._things(ops, as_of)
        moved = {
            *touched.positions,
            *(thing for op in ops if types[op] == MOVED for thing, _ in facts.ends(op, "input")),
        }
        if moved:
            old, new = self.derived.places, self._places(as_of)
            things |= self._stood_in(old.below(moved) | new.below(moved))
            self.derived = replace(self.derived, places=new)
        cleaned = [thing for op in ops if types[op] == DECONTAMINATED for thing, _ in facts.ends(op, "input")]
        cuts = self.derived.cuts
        if cleaned:
            cuts = {**cuts, **{thing: self._cuts(thing, as_of) for thing in cleaned}}
            cuts = {thing: those for thing, those in cuts.items() if those}  # the only one may have been voided
        fresh = self._derive(ops, things, as_of)
        self._bury(ops, things)
        self._put(ops, things, *fresh)
        self._finish(cuts)
        return None if moved else np.array(sorted(things), dtype=np.int64)

    def _grow(self) -> None:
        known, count = len(self._changed), self._facts.thing_count
        self._changed = np.concatenate((self._changed, np.zeros(count - known, dtype=np.uint8)))
        fresh = self._facts.columns["thing_kind"].part(known, count)
        self._kinds = np.concatenate((self._kinds, np.array(fresh, dtype=np.uint8)))

    def _derive(self, ops: Sequence[int], things: set[int], as_of: AsOf) -> tuple[Edges, Presences]:
        """Rows of the operations and things, derived from all operations that concern them."""
        lots = self._facts.columns["thing_lot"]
        families = {thing if lots[thing] < 0 else lots[thing] for thing in things}
        concerned = sorted({*ops, *(op for family in families for op in self._incidents.of(family))})
        places = self.derived.places
        part = extract(self._facts, concerned, lambda position: [span.position for span in places.vessels(position)])
        table = tables(part.columns, as_of)
        used = part.things[positions_used(table)].tolist()
        edges, presences = rows_of(table, places.rows(used, len(part.things), part.number))
        return _renumbered(part, edges, presences)

    def _bury(self, ops: Sequence[int], things: set[int]) -> None:
        """Marks as dead what the base says of the operations and things."""
        base = self.derived.view.base
        for thing in things:
            first, last = find_part(base.thing_keys, base.thing_off, thing)
            for row in base.presence[first:last].tolist():
                self._dead_presences[row >> 3] |= 1 << (row & 7)
                self._hub_changed[last_place(base.hub_off, row) // 2] = 1
                self._changed[thing] |= PRESENCES_CHANGED
            first, last = find_part(base.back_keys, base.back_off, thing)
            for edge, source in zip(base.edge[first:last].tolist(), base.source[first:last].tolist(), strict=True):
                if base.flags[edge] & CLASS == CONTAINS:
                    self._kill(base, edge, source)
        for op in ops:
            if op < self._base_ops:
                for source in self._sources(op):
                    first, last = find_part(base.keys, base.off, source)
                    of_op = (base.op[first:last] == op) & (base.flags[first:last] & CLASS != CONTAINS)
                    for edge in (first + np.flatnonzero(of_op)).tolist():
                        self._kill(base, edge, source)

    def _sources(self, op: int) -> set[int]:
        found = {self._facts.columns["use_thing"][use] for use in self._facts.uses(op)}
        for thing, units in self._facts.ends(op, "input"):
            found |= set(units or [thing])
        return found

    def _kill(self, base: Segment, edge: int, source: int) -> None:
        self._dead_edges[edge >> 3] |= 1 << (edge & 7)
        self._changed[source] |= EDGES_CHANGED
        self._changed[base.target[edge]] |= EDGES_CHANGED

    def _put(self, ops: Sequence[int], things: set[int], edges: Edges, presences: Presences) -> None:
        """Replaces what stands beside the base of the operations and things."""
        every_op, every_thing = np.array(ops, dtype=np.int32), np.array(sorted(things), dtype=np.int32)

        def concerned(rows: Edges) -> Array:
            is_contained = rows.flags & CLASS == CONTAINS
            found: Array = np.where(is_contained, np.isin(rows.target, every_thing), np.isin(rows.op, every_op))
            return found

        edges = _chosen(edges, concerned(edges))
        self._edges = _joined(_chosen(self._edges, ~concerned(self._edges)), edges)
        presences = _chosen(presences, np.isin(presences.thing, every_thing))
        kept = ~np.isin(self._presences.thing, every_thing)
        self._presences = _joined(_chosen(self._presences, kept), presences)
        self._changed[edges.source] |= EDGES_CHANGED
        self._changed[edges.target] |= EDGES_CHANGED
        self._changed[presences.thing] |= PRESENCES_CHANGED

    def _finish(self, cuts: Mapping[int, Cuts]) -> None:
        """Makes the next view."""
        derived, view = self.derived, self.derived.view
        hubs = dict(derived.hubs)
        numbers = number_hubs(hubs, self._presences.hub)
        for thing in cuts:
            hubs.setdefault(thing, len(hubs))
        self._hub_changed = np.concatenate(
            (self._hub_changed, np.zeros(len(hubs) - len(self._hub_changed), dtype=np.uint8))
        )
        self._hub_changed[numbers] = 1
        new = make_segment(self._edges, self._presences, numbers, len(self._changed), len(hubs), is_sparse=True)
        view = fixed(
            view._replace(
                new=new,
                changed=self._changed.copy(),
                hub_changed=self._hub_changed.copy(),
                dead_edges=self._dead_edges.copy(),
                dead_presences=self._dead_presences.copy(),
            )
        )
        if cuts is not derived.cuts or len(hubs) != len(derived.hubs):
            view = with_cuts(view, hubs, cuts)
        self.derived = replace(derived, view=view, kinds=fixed((self._kinds,))[0], hubs=hubs, cuts=cuts)


def _renumbered(part: Extract, edges: Edges, presences: Presences) -> tuple[Edges, Presences]:
    """With the numbers of the facts."""
    things, ops = part.things, part.ops
    return (
        edges._replace(source=things[edges.source], target=things[edges.target], op=ops[edges.op]),
        presences._replace(hub=things[presences.hub], thing=things[presences.thing], op=ops[presences.op]),
    )


def _chosen(rows: R, is_chosen: Array) -> R:
    return type(rows)(*(column[is_chosen] for column in rows))


def _joined(first: R, second: R) -> R:
    return type(first)(*(np.concatenate(columns) for columns in zip(first, second, strict=True)))
