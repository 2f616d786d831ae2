"""The edges of a lineage out of the index, one level at a time: what the database gives, without asking it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from graph.index.codes import (
    CELL_UNIT,
    CREATES,
    EQUIPMENT,
    FOREVER,
    INSTANT,
    INSTITUTION,
    IS_MATERIAL,
    KIND_CODES,
    KIND_NAMES,
    OPERATION_NAMES,
    PERSON,
    POSITION,
    TIMED,
)
from graph.index.lineage import Lineage
from graph.keeping.inverse import inverse_of
from graph.reader import AsOf, Direction, EdgeRow, NodeId, NodeRow, Reader
from graph.vocabulary import OPERATIONS, USES

__all__ = ["LineageEdges"]

_USE_EDGES = {KIND_CODES[kind]: use.edge for kind, use in USES.items()}
# Members that name a thing: the column, and the kind of what it names.
_MEMBERS = {
    "operator": ("op_operator", PERSON),
    "performing_org": ("op_org", INSTITUTION),
    "operation_location": ("op_location", POSITION),
    "temporary_storage_location": ("op_left", POSITION),
}
_PLACES = ("operation_location", "temporary_storage_location")
Bounds = tuple[int, int]


class LineageEdges:
    """The edges of one lineage, at its position. Where positions stand in each other is asked of the reader."""

    def __init__(self, lineage: Lineage, reader: Reader) -> None:
        self._lineage, self._reader = lineage, reader
        self._facts = lineage.facts
        self._inverse = inverse_of(lineage.facts)

    async def neighbours(
        self, direction: Direction, frontier: Mapping[str, Collection[str]], edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        """The edges of these types that leave (FORWARD) or reach (BACKWARD) the frontier."""
        edges: list[EdgeRow] = []
        if "PART_OF" in edge_types and (places := frontier.get("StoragePosition")):
            edges = await self._reader.neighbours(direction, {"StoragePosition": places}, ("PART_OF",), as_of)
        edges += await asyncio.to_thread(self._level, direction, frontier, frozenset(edge_types))
        return edges

    async def edges_where(
        self,
        member: str,
        values: Collection[str],
        edge_types: Collection[str],
        as_of: AsOf,  # noqa: ARG002 - the lineage's own
    ) -> list[EdgeRow]:
        """The edges of these types whose ``member`` is one of these."""
        return await asyncio.to_thread(self._where, member, values, frozenset(edge_types))

    async def nodes_where(self, kind: str, field: str, values: Collection[str], as_of: AsOf) -> list[NodeRow]:
        return await self._reader.nodes_where(kind, field, values, as_of)

    def _where(self, member: str, values: Collection[str], types: frozenset[str]) -> list[EdgeRow]:
        column, kind = _MEMBERS[member]
        edges: list[EdgeRow] = []
        for value in values:
            number = self._lineage.find((KIND_NAMES[kind], value))
            for op in self._inverse.rows(column, number) if number is not None else ():
                name = self._type(op)
                if name in types and self._is_live(op):
                    edges += [replace(edge, matched=value) for edge in self._own(op)]
        return edges

    # -- one level ---------------------------------------------------------------------------------------------------

    def _level(
        self, direction: Direction, frontier: Mapping[str, Collection[str]], types: frozenset[str]
    ) -> list[EdgeRow]:
        edges: list[EdgeRow] = []
        for kind, keys in frontier.items():
            for key in dict.fromkeys(keys):
                number = self._lineage.find((kind, key))
                if number is not None:
                    near = (kind, key)
                    if direction is Direction.FORWARD:
                        edges += [edge for edge in self._around(number, types) if edge.source == near]
                    else:
                        edges += [edge for edge in self._around(number, types) if edge.target == near]
        return edges

    def _around(self, number: int, types: frozenset[str]) -> Iterator[EdgeRow]:
        """The edges of all operations that name a thing, or its lot; the others' among them, too."""
        for op in self._operations(number):
            name = self._type(op)
            is_wanted = name in types or not types.isdisjoint(_BESIDE)
            if not is_wanted or not self._is_live(op):
                continue
            if name in types:
                yield from self._own(op, number)
            yield from self._uses(op, types, number)
            if "CONTAINS" in types and CREATES[self._facts.columns["op_type"][op]]:
                yield from self._contained(op, number)

    def _operations(self, number: int) -> list[int]:
        """The operations that name a thing anywhere, in the order of the ledger; each once."""
        inverse, found = self._inverse, dict.fromkeys(self._inverse.operations(number))
        if self._facts.columns["thing_kind"][number] == CELL_UNIT:
            found |= dict.fromkeys(op for op, _ in inverse.outputs(self._facts.columns["thing_lot"][number]))
        return sorted(found)

    def _type(self, op: int) -> str:
        name: str = OPERATION_NAMES[self._facts.columns["op_type"][op]]
        return name

    def _is_live(self, op: int) -> bool:
        return self._facts.is_live(op, self._lineage.as_of)

    # -- the edges of an operation -----------------------------------------------------------------------------------

    def _own(self, op: int, near: int | None = None) -> Iterator[EdgeRow]:
        """Its own edges; of those the ones at a thing, where one is given."""
        name = self._type(op)
        operation = OPERATIONS[name]
        outputs = [thing for thing, _ in self._facts.ends(op, "output")]
        start, end = self._facts.op_times(op, self._lineage.as_of)
        places: dict[str, Any] = {
            member: self._key(self._facts.columns[_MEMBERS[member][0]][op])
            for member in _PLACES
            if member in operation.fields
        }
        for taken, units in self._facts.ends(op, "input"):
            for source in units or [taken]:
                for target in [source] if operation.is_reflexive or not outputs else outputs:
                    if near is None or near in {source, target}:
                        ends = (target, source) if operation.is_from_output else (source, target)
                        yield replace(self._row(name, op, *ends, start, end), **places)

    def _uses(self, op: int, types: frozenset[str], near: int) -> Iterator[EdgeRow]:
        columns = self._facts.columns
        for use in self._facts.uses(op):
            resource = columns["use_thing"][use]
            name = _USE_EDGES[columns["thing_kind"][resource]]
            if name not in types:
                continue
            touched = self._facts.on(use) or self._touched(op)
            if near != resource:
                touched = [near] if near in touched else []
            if touched:
                start, end = self._use_times(op, use, resource)
                for target in touched:
                    edge = self._row(name, op, resource, target, start, end)
                    yield replace(edge, offset_minutes=columns["use_offset"][use])

    def _use_times(self, op: int, use: int, resource: int) -> tuple[Bounds, Bounds]:
        columns, as_of = self._facts.columns, self._lineage.as_of
        if columns["use_flags"][use] & TIMED:
            return self._facts.use_times(op, use, as_of)
        start, end = self._facts.op_times(op, as_of)
        # A machine without times in an instant act ran until what it touched was next moved: not known here.
        is_unknown = columns["op_flags"][op] & INSTANT and columns["thing_kind"][resource] == EQUIPMENT
        return start, (FOREVER, FOREVER) if is_unknown and end == start else end

    def _touched(self, op: int) -> list[int]:
        """What an operation touched, where a use of it does not say: what it made, else what went in."""
        if IS_MATERIAL[self._facts.columns["op_type"][op]]:
            return [thing for thing, _ in self._facts.ends(op, "output")]
        return [thing for taken, units in self._facts.ends(op, "input") for thing in units or [taken]]

    def _contained(self, op: int, near: int) -> Iterator[EdgeRow]:
        start, _ = self._facts.op_times(op, self._lineage.as_of)
        for lot, units in self._facts.ends(op, "output"):
            for unit in units:
                if near in {lot, unit}:
                    yield self._row("CONTAINS", op, lot, unit, start, (FOREVER, FOREVER))

    def _key(self, thing: int) -> str | None:
        return None if thing < 0 else self._facts.keys[thing]

    def _node(self, thing: int) -> NodeId:
        return self._lineage.node(thing)

    def _row(self, name: str, op: int, source: int, target: int, start: Bounds, end: Bounds) -> EdgeRow:
        columns = self._facts.columns
        return EdgeRow(
            type=name,
            source=self._node(source),
            target=self._node(target),
            operation_id=self._facts.op_keys[op],
            seq=columns["op_seq"][op],
            start_ms=start[0],
            start_latest_ms=None if start[1] == start[0] else start[1],
            end_ms=None if end[0] == FOREVER else end[0],
            end_latest_ms=None if end[1] == end[0] else end[1],
            offset_minutes=columns["op_offset"][op],
        )


_BESIDE: Iterable[str] = frozenset({*_USE_EDGES.values(), "CONTAINS"})
