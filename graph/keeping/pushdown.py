"""A small lineage of only what an answer can depend on, fetched level by level: for a ledger larger than memory.

The neighbourhood of the start is taken whatever the time, and rather too wide than too narrow; derivation and kernels
are those of the whole index, so that the answers are the same. It is also what the index is held against.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from graph.index.derivation import derive
from graph.index.facts import Facts, Touched
from graph.index.lineage import Lineage
from graph.index.work import Workshop
from graph.keeping.asked import Asked
from graph.reader import AsOf, Direction, EntryRow, NodeId, Reader, by_kind, id_text
from graph.records import lot_of_unit
from graph.vocabulary import EDGE_TYPES, KINDS, OPERATIONS

__all__ = ["Pushdown"]

Record = Mapping[str, Any]
_POSITION, _UNIT, _LOT = "StoragePosition", "CellUnit", "CellLot"
_CAUSES = frozenset({"Equipment", "Person", _POSITION})
_MEMBERS = {
    "Person": {"operator": tuple(OPERATIONS)},
    _POSITION: {
        name: tuple(type_ for type_, operation in OPERATIONS.items() if name in operation.fields)
        for name in ("operation_location", "temporary_storage_location")
    },
}


class Pushdown:
    """Reads the database anew for each question: how often depends on its depth, not on how many things there are."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._workshop = Workshop()

    async def position(self) -> AsOf:
        return AsOf((await self._reader.head()).seq)

    async def lineage(self, as_of: AsOf, asked: Asked) -> Lineage:
        """Enough for what was asked, and for nothing else. Its numbers are its own."""
        area = _Area(asked)
        for node in asked.starts:
            area.enter(node)
        while level := area.next_level():
            area.take(await self._touching(level, as_of))
        area.take(await self._telling(area, as_of))
        facts, touched = Facts(), Touched()
        for entry in area.entries():
            facts.take(entry.record, entry.seq, entry.recorded_ms, touched)
        facts.seq = as_of.seq
        for node in area.inside:
            facts.number(node)
        return Lineage(facts=facts, derived=derive(facts.arrays(), as_of), workshop=self._workshop, as_of=as_of)

    async def _telling(self, area: _Area, as_of: AsOf) -> list[EntryRow]:
        """What tells of the things that were found: their own records, and the sites in which they were."""
        level = area.places()
        named, seqs = {*area.inside, *level}, set()
        while level:
            edges = await self._reader.neighbours(Direction.FORWARD, by_kind(level), ("PART_OF",), as_of)
            seqs |= {edge.seq for edge in edges}
            level = list({edge.target for edge in edges} - named)
            named |= set(level)
        return await self._entries([id_text(node) for node in named], seqs, as_of)

    async def _touching(self, nodes: Collection[NodeId], as_of: AsOf) -> list[EntryRow]:
        """The entries of the operations that name any of the nodes: as input, output, resource, what a use touched,
        position or operator; what closed or corrected these; and for positions what is recorded of themselves, and of
        those that they ever stood in or that stood in them.
        """
        keys, reader = by_kind(nodes), self._reader
        edges = []
        for direction in Direction:
            edges += await reader.neighbours(direction, keys, EDGE_TYPES, as_of)
        for kind, members in _MEMBERS.items():
            if kind in keys:
                for member, types in members.items():
                    edges += await reader.edges_where(member, keys[kind], types, as_of)
        operations = {edge.operation_id for edge in edges if edge.type != "PART_OF"}
        seqs = {edge.seq for edge in edges}
        targets = [f"Operation:{operation}" for operation in operations]
        positions = {*keys.get(_POSITION, ())}
        positions |= {end[1] for edge in edges if edge.type == "PART_OF" for end in (edge.source, edge.target)}
        targets += [f"{_POSITION}:{key}" for key in sorted(positions)]
        return await self._entries(targets, seqs, as_of)

    async def _entries(self, targets: Collection[str], seqs: Collection[int], as_of: AsOf) -> list[EntryRow]:
        found = await self._reader.entries(seqs=sorted(seqs), targets=sorted(targets), up_to=as_of.seq)
        return [entry for entry in found if as_of.known_at_ms is None or entry.recorded_ms <= as_of.known_at_ms]


class _Area:
    """What may be affected, or is needed to tell when; grown from the entries that were fetched."""

    def __init__(self, asked: Asked) -> None:
        self._asked_for = asked
        self.inside: set[NodeId] = set()  # what may be affected, and the hubs that may pass it on
        self._asked: set[NodeId] = set()
        self._wanted: dict[NodeId, None] = {}
        self._entries: dict[int, EntryRow] = {}
        self._naming: dict[NodeId, list[Record]] = {}  # operations by the nodes they name
        self._below: dict[str, set[str]] = {}
        self._above: dict[str, set[str]] = {}
        self._shared: dict[str, bool] = {}
        self._units: dict[str, set[NodeId]] = {}  # inside, by lot
        self._climbing: set[str] = set()  # positions whose vessels are looked for

    def entries(self) -> Sequence[EntryRow]:
        return [self._entries[seq] for seq in sorted(self._entries)]

    def places(self) -> list[NodeId]:
        """The positions that are named in what was fetched."""
        return sorted(node for node in self._naming if node[0] == _POSITION)

    def next_level(self) -> list[NodeId]:
        level, self._wanted = list(self._wanted), {}
        return level

    def _want(self, node: NodeId) -> None:
        """Its operations are needed: of a unit, all those of its lot."""
        for wanted in (node, (_LOT, lot_of_unit(node[1]))) if node[0] == _UNIT else (node,):
            if wanted not in self._asked:
                self._asked.add(wanted)
                self._wanted[wanted] = None

    def enter(self, node: NodeId) -> None:
        """It may be affected, or pass something on: so may what lies one step further, as far as that is known yet."""
        ahead = [node]
        while ahead:
            here = ahead.pop()
            if here in self.inside:
                continue
            self.inside.add(here)
            self._want(here)
            if here[0] == _POSITION:
                ahead += [(_POSITION, below) for below in self._below.get(here[1], ())]
            records = self._naming.get(here, ())
            if here[0] == _UNIT:  # what names the lot may mean the unit
                lot = lot_of_unit(here[1])
                self._units.setdefault(lot, set()).add(here)
                records = [*records, *self._naming.get((_LOT, lot), ())]
            for record in records:
                ahead += self._beyond(here, record)

    def take(self, entries: Iterable[EntryRow]) -> None:
        """Takes in what was fetched."""
        operations = []
        for entry in entries:
            if entry.seq in self._entries:
                continue
            self._entries[entry.seq] = entry
            record = entry.record
            if record["record"] in {"node", "amendment"}:
                self._position(record)
            operation = record.get("replacement") if record["record"] == "correction" else record
            if operation and operation["record"] == "operation":
                operations.append(operation)
                for node in _named(operation):
                    self._naming.setdefault(node, []).append(operation)
                if operation["type"] == "MOVED":
                    for end in operation["inputs"]:
                        self._put(end["id"], operation["outputs"][0]["id"])
        for operation in operations:
            named = _named(operation)
            units = {unit for kind, key in named if kind == _LOT for unit in self._units.get(key, ())}
            for node in (named | units) & self.inside:
                for beyond in self._beyond(node, operation):
                    self.enter(beyond)
        self._climb()

    # -- positions -------------------------------------------------------------------------------------------------

    def _position(self, record: Record) -> None:
        key = record["id_of"] if record["record"] == "amendment" else record["id"]
        fields = record.get("data", {})
        if fields.get("parent"):
            self._put(key, fields["parent"])
        if fields.get("shared_environment"):
            self._shared[key] = True  # at some time; that it was not always so makes the area too wide at most

    def _put(self, below: str, above: str) -> None:
        self._below.setdefault(above, set()).add(below)
        self._above.setdefault(below, set()).add(above)
        if (_POSITION, above) in self.inside:
            self.enter((_POSITION, below))

    def _climb(self) -> None:
        """Looks for the vessels that stays count in: what stands in them, or below, is inside."""
        ahead = list(self._climbing)
        while ahead:
            here = ahead.pop()
            self._want((_POSITION, here))
            if self._shared.get(here) or not self._above.get(here):
                self.enter((_POSITION, here))
            for above in self._above.get(here, ()):
                if above not in self._climbing:
                    self._climbing.add(above)
                    ahead.append(above)

    # -- operations ------------------------------------------------------------------------------------------------

    def _beyond(self, node: NodeId, record: Record) -> Iterator[NodeId]:
        """What may be affected through an operation that names something that may be."""
        if Direction.FORWARD in self._asked_for.directions:
            yield from self._ahead(node, record)
        if Direction.BACKWARD in self._asked_for.directions:
            yield from _behind(node, record)

    def _ahead(self, node: NodeId, record: Record) -> Iterator[NodeId]:
        kind = node[0]
        made = list(_ends(record.get("outputs", ())))
        if kind in _CAUSES or (kind == "Reagent" and self._asked_for.uses):
            yield from _touched(record)
            for use in record.get("uses", ()):
                yield from _on(use, record)
        if not KINDS[kind].is_material:
            return
        if OPERATIONS[record["type"]].is_material and node in _ends(record["inputs"]):
            yield from made
        if OPERATIONS[record["type"]].creates and node in made:
            yield from (unit for unit in made if unit[0] == _UNIT and lot_of_unit(unit[1]) == node[1])
        if self._asked_for.equipment:
            yield from (("Equipment", use["id"]) for use in record.get("uses", ()) if use["kind"] == "Equipment")
        if self._asked_for.storage:
            stays = [end["id"] for end in record.get("outputs", ()) if end["kind"] == _POSITION]
            left = record.get("data", {}).get("temporary_storage_location")
            self._climbing |= {*stays, *([left] if left else [])}


def _behind(node: NodeId, record: Record) -> Iterator[NodeId]:
    """What a thing was made of: a unit, of its lot."""
    operation, made = OPERATIONS[record["type"]], list(_ends(record.get("outputs", ())))
    if operation.is_material and node in made:
        yield from _ends(record["inputs"])
    if operation.creates and node[0] == _UNIT and node in made:
        yield _LOT, lot_of_unit(node[1])


def _ends(ends: Iterable[Record]) -> Iterator[NodeId]:
    for end in ends:
        yield end["kind"], end["id"]
        yield from ((_UNIT, unit) for unit in end.get("units", ()))


def _touched(record: Record) -> Iterator[NodeId]:
    side = "outputs" if OPERATIONS[record["type"]].is_material else "inputs"
    return (node for node in _ends(record.get(side, ())) if KINDS[node[0]].is_material)


def _on(use: Record, record: Record) -> Iterator[NodeId]:
    """What a use names, whichever of the ends of the same key it is."""
    ends = [*_ends(record["inputs"]), *_ends(record.get("outputs", ()))]
    for name in use.get("on", ()):
        yield from (node for node in ends if name in (node[1], f"{node[0]}:{node[1]}"))


def _named(record: Record) -> set[NodeId]:
    """All that an operation names."""
    named = {*_ends(record["inputs"]), *_ends(record.get("outputs", ()))}
    named |= {(use["kind"], use["id"]) for use in record.get("uses", ())}
    named.add(("Person", record["operator"]))
    fields = record.get("data", {})
    named |= {
        (_POSITION, fields[name]) for name in ("operation_location", "temporary_storage_location") if name in fields
    }
    return named
