"""A small index of what one question is about, fetched from the database level by level; the same kernels answer it.

For a lineage larger than memory, and to hold the index against. What is fetched is all that the start may lead to,
whatever the time, so an answer found in it is the one found in the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from graph.index.derivation import derive
from graph.index.facts import Facts, Touched
from graph.index.lineage import Lineage
from graph.index.work import Workshop
from graph.keeping.asked import Asked
from graph.reader import AsOf, Direction, EdgeRow, EntryRow, NodeId, Reader, by_kind, id_text
from graph.vocabulary import EDGE_TYPES, KINDS, MATERIAL_EDGES, OPERATIONS, USES

__all__ = ["Pushdown"]

_MATERIAL_EDGES = frozenset(MATERIAL_EDGES)
_USED_REAGENT, _USED_EQUIPMENT = USES["Reagent"].edge, USES["Equipment"].edge
_OF_PLACES = ("operation_location", "temporary_storage_location")
_AT_PLACE = {
    member: tuple(name for name, operation in OPERATIONS.items() if member in operation.fields) for member in _OF_PLACES
}


class Pushdown:
    """Reads the database anew for each question."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._workshop = Workshop()

    async def position(self) -> AsOf:
        return AsOf((await self._reader.head()).seq)

    async def lineage(self, as_of: AsOf, asked: Asked) -> Lineage:
        net = _Net(self._reader, as_of, asked)
        await net.cast()
        facts, touched = Facts(), Touched()
        for entry in await net.entries():
            facts.take(entry.record, entry.seq, entry.recorded_ms, touched)
        facts.seq = as_of.seq
        return Lineage(facts=facts, derived=derive(facts.arrays(), as_of), workshop=self._workshop, as_of=as_of)


class _Net:
    """What was found so far. ``spread``: all that may be affected; ``known``: whose operations were fetched."""

    def __init__(self, reader: Reader, as_of: AsOf, asked: Asked) -> None:
        self._reader, self._as_of, self._asked = reader, as_of, asked
        self._spread: set[NodeId] = set()
        self._hubs: set[NodeId] = set()  # machines and positions through which it may go on
        self._known: set[NodeId] = set()
        self._operations: dict[str, int] = {}  # operation -> the entry that recorded it
        self._shared: dict[str, bool] = {}  # positions -> whether they ever were one environment

    async def cast(self) -> None:
        level = await self._beginning()
        while level:
            edges = await self._around(level)
            level = await self._onward(edges)

    async def _beginning(self) -> list[NodeId]:
        starts = list(dict.fromkeys(self._asked.starts))
        self._spread |= {node for node in starts if KINDS[node[0]].is_material}
        machines = [node for node in starts if node[0] == "Equipment"]
        places = [node for node in starts if node[0] == "StoragePosition"]
        self._hubs |= {*machines, *await self._inside(places)}
        found = await self._by_member("operator", [key for kind, key in starts if kind == "Person"], tuple(OPERATIONS))
        found += await self._at_places(sorted(key for kind, key in self._hubs if kind == "StoragePosition"))
        return self._new([*self._spread, *self._hubs, *found])

    def _new(self, nodes: Iterable[NodeId]) -> list[NodeId]:
        new = [node for node in dict.fromkeys(nodes) if node not in self._known]
        self._known.update(new)
        return new

    async def _around(self, level: Sequence[NodeId]) -> list[EdgeRow]:
        """All edges at these things, both ways; their operations are noted."""
        frontier = by_kind(level)
        edges = await self._reader.neighbours(Direction.FORWARD, frontier, EDGE_TYPES, self._as_of)
        edges += await self._reader.neighbours(Direction.BACKWARD, frontier, EDGE_TYPES, self._as_of)
        self._note(edges)
        return edges

    def _note(self, edges: Iterable[EdgeRow]) -> None:
        for edge in edges:
            if edge.type != "PART_OF":
                self._operations[edge.operation_id] = edge.seq

    async def _onward(self, edges: Sequence[EdgeRow]) -> list[NodeId]:
        """What is looked at next: what may be affected, where it was, and what tells of it."""
        told: dict[NodeId, None] = {}
        places: dict[str, None] = {}
        for edge in edges:
            self._follow(edge)
            if edge.type == "CONTAINS":
                told[edge.source] = None  # what was done to the lot by its name was done to the unit
                told[edge.target] = None
            for node in (edge.source, edge.target):
                if node[0] == "StoragePosition":
                    places[node[1]] = None
                elif node[0] == "Equipment":
                    told[node] = None
            places |= {place: None for member in _OF_PLACES if (place := getattr(edge, member)) is not None}
        above = await self._above(places)
        found: list[NodeId] = []
        if self._asked.storage:
            found = await self._vessels([edge for edge in edges if self._is_stay(edge)], above)
        return self._new([*self._spread, *self._hubs, *told, *above, *found])

    def _follow(self, edge: EdgeRow) -> None:
        """Along an edge, with what it comes from, or leads to, known to be affected."""
        asked, source, target = self._asked, edge.source, edge.target
        is_along = edge.type in _MATERIAL_EDGES or (asked.uses and edge.type == _USED_REAGENT)
        if is_along and Direction.FORWARD in asked.directions and source in self._spread:
            self._affect(target)
        if is_along and Direction.BACKWARD in asked.directions and target in self._spread:
            self._affect(source)
        if source in self._hubs or target in self._hubs:
            self._affect(target if source in self._hubs else source)
        if asked.equipment and edge.type == _USED_EQUIPMENT and target in self._spread:
            self._hubs.add(source)

    def _affect(self, node: NodeId) -> None:
        if KINDS[node[0]].is_material:
            self._spread.add(node)

    # -- people and places -----------------------------------------------------------------------------------------

    async def _by_member(self, member: str, values: Collection[str], types: Sequence[str]) -> list[NodeId]:
        """What operations with such a member are about: all of it may be affected."""
        if not values:
            return []
        edges = await self._reader.edges_where(member, values, types, self._as_of)
        self._note(edges)
        ends = [end for edge in edges for end in (edge.source, edge.target)]
        for end in ends:
            self._affect(end)
        return ends

    async def _at_places(self, places: Collection[str]) -> list[NodeId]:
        return [end for member, types in _AT_PLACE.items() for end in await self._by_member(member, places, types)]

    async def _inside(self, places: Collection[NodeId]) -> set[NodeId]:
        """The positions and all that ever stood below them."""
        return await self._along_places(places, Direction.BACKWARD)

    async def _above(self, places: Iterable[str]) -> set[NodeId]:
        return await self._along_places([("StoragePosition", place) for place in places], Direction.FORWARD)

    async def _along_places(self, places: Collection[NodeId], direction: Direction) -> set[NodeId]:
        found, level = set(places), list(places)
        while level:
            edges = await self._reader.neighbours(direction, by_kind(level), ("PART_OF",), self._as_of)
            ends = {edge.target if direction is Direction.FORWARD else edge.source for edge in edges}
            level = list(ends - found)
            found |= ends
        return found

    def _is_stay(self, edge: EdgeRow) -> bool:
        is_of_it = edge.source in self._spread or edge.target in self._spread
        return is_of_it and (edge.target[0] == "StoragePosition" or edge.temporary_storage_location is not None)

    async def _vessels(self, stays: Sequence[EdgeRow], above: Collection[NodeId]) -> list[NodeId]:
        """The environments in which things stayed become ways on, with all that stood below them."""
        await self._learn_shared(above)
        own: dict[NodeId, None] = {}
        for edge in stays:
            for node in (edge.target, ("StoragePosition", edge.temporary_storage_location or "")):
                if node[0] == "StoragePosition" and node[1]:
                    own[node] = None
        over = await self._above(key for _, key in own)
        vessels = [node for node in {*own, *over} if node in own or self._shared.get(node[1])]
        inside = [node for node in await self._inside(vessels) if node not in self._hubs]
        self._hubs.update(inside)
        return await self._at_places([key for _, key in inside])

    async def _learn_shared(self, places: Collection[NodeId]) -> None:
        unknown = [node for node in places if node[1] not in self._shared]
        for entry in await self._reader.entries(targets=[id_text(node) for node in unknown], up_to=self._as_of.seq):
            fields = entry.record.get("data") or {}
            key = entry.target.partition(":")[2]
            self._shared[key] = self._shared.get(key, False) or bool(fields.get("shared_environment"))
        for node in unknown:
            self._shared.setdefault(node[1], False)

    # -- entries ---------------------------------------------------------------------------------------------------

    async def entries(self) -> list[EntryRow]:
        """All that the ledger says of what was found, up to the position, in its order."""
        targets = [f"Operation:{operation}" for operation in self._operations]
        targets += [id_text(node) for node in self._known]
        return await self._reader.entries(
            targets=targets, seqs=sorted(set(self._operations.values())), up_to=self._as_of.seq
        )
