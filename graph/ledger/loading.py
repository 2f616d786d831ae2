"""Reads from the store what judging a request needs: a fixed number of statements, whatever the size of the ledger."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from graph.encoding import decode_value
from graph.engine import Transaction
from graph.records import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    Record,
    lot_of_unit,
    parse_stored,
)
from graph.rules.account import ACCOUNTED, Account
from graph.rules.identity import references
from graph.rules.world import KnownEntry, KnownNode, KnownOperation, NodeId, World
from graph.vocabulary import KINDS, OPERATIONS, is_genetic

__all__ = ["NodeCache", "load_world"]

_MOST_CACHED = 20_000  # so that memory does not grow with the ledger; what is used again is used soon
_USED_ONCE = frozenset({"CellUnit", "QCResult", "AdverseEvent"})  # units are known through their lot


class NodeCache:
    """What the last requests of this process left known, valid while nobody else has moved the head.

    The head is told by its digest. Its number would not do: where a commit failed, another process may have written
    other entries of the same numbers.
    """

    def __init__(self) -> None:
        self._nodes: OrderedDict[NodeId, KnownNode] = OrderedDict()
        self._digest = ""

    def at(self, digest: str) -> None:
        """Forgets everything unless the head is where this process left it."""
        if digest != self._digest:
            self._nodes.clear()
            self._digest = digest

    def get(self, node_id: NodeId) -> KnownNode | None:
        found = self._nodes.get(node_id)
        return None if found is None else _copy(found)

    def keep(self, nodes: Iterable[KnownNode], digest: str) -> None:
        """What is known once the head has this digest, should the transaction be committed."""
        self._digest = digest
        for node in nodes:
            if node.kind in _USED_ONCE:
                continue
            node.is_new = False
            self._nodes[node.kind, node.key] = node
            self._nodes.move_to_end((node.kind, node.key))
        while len(self._nodes) > _MOST_CACHED:
            self._nodes.popitem(last=False)

    def forget(self) -> None:
        self._nodes.clear()
        self._digest = ""


def _copy(node: KnownNode) -> KnownNode:
    """So that a judgement that fails leaves the kept one as it was."""
    account = node.account
    return replace(
        node,
        values=dict(node.values),
        account=None if account is None else replace(account, events=list(account.events)),
    )


async def load_world(
    tx: Transaction, records: Sequence[Record], cache: NodeCache, before_uses: Callable[[], Awaitable[None]]
) -> World:
    """Everything that the records name, with the accounts of what they take, as it stands in the store.

    ``before_uses`` is awaited before edges of uses are read, which few requests need; of other edges only stays are.
    """
    loader = _Loader(tx, cache, before_uses)
    await loader.load_entries(records)
    await loader.load_operations(records)
    await loader.load_nodes(_named(records, loader.world))
    await loader.load_makers(records)
    await loader.load_restated_units(records)
    await loader.load_neighbourhood(records)
    await loader.load_reagent_lots(records)
    await loader.load_ranges()
    return loader.world


def _acts(records: Iterable[Record]) -> list[OperationRecord]:
    found = []
    for record in records:
        if isinstance(record, OperationRecord):
            found.append(record)
        elif isinstance(record, CorrectionRecord) and record.replacement is not None:
            found.append(record.replacement)
    return found


def _of_operation(operation: OperationRecord) -> Iterable[NodeId]:
    for ends in (operation.inputs, operation.outputs, operation.uses):
        for end in ends:
            yield end.kind, end.id


def _named(records: Iterable[Record], world: World) -> dict[NodeId, None]:
    named: dict[NodeId, None] = {}
    for record in records:
        for _, kind, key in references(record):
            named[kind, key] = None
        if isinstance(record, NodeRecord):
            named[record.kind, record.id] = None
    for operation in (*_acts(records), *(known.record for known in world.operations.values())):
        named.update(dict.fromkeys(_of_operation(operation)))
    return named


def _has_genetic_result(operation: OperationRecord) -> bool:
    return any(is_genetic(output.values.get("test_item")) for output in operation.outputs if output.kind == "QCResult")


def _places_something(record: Record) -> bool:
    """Whether the record says where a position stands."""
    if not isinstance(record, NodeRecord | AmendmentRecord):
        return False
    return record.kind == "StoragePosition" and record.values.get("parent") is not None


class _Loader:
    def __init__(self, tx: Transaction, cache: NodeCache, before_uses: Callable[[], Awaitable[None]]) -> None:
        self.tx = tx
        self.cache = cache
        self.before_uses = before_uses
        self.world = World()

    async def load_entries(self, records: Sequence[Record]) -> None:
        names = [record.name for record in records]
        names += [operation.name for operation in _acts(records) if operation.name not in names[-1:]]
        names = list(dict.fromkeys(names))
        columns = "e.seq AS seq, e.payload AS payload, e.actor AS actor"
        for row in await self.tx.run(
            f"UNWIND $names AS x MATCH (e:Entry {{name: x}}) RETURN e.name AS name, {columns}",
            names=names,
        ):
            self.world.entries[row["name"]] = KnownEntry(
                row["name"], row["seq"], orjson.loads(row["payload"]), row["actor"]
            )
        operations = [name for name in names if name.startswith("operation:")]
        if operations:
            for row in await self.tx.run(
                f"UNWIND $names AS x MATCH (e:Entry {{also: x}}) RETURN e.also AS name, {columns}",
                names=operations,
            ):
                replacement = orjson.loads(row["payload"])["replacement"]
                self.world.entries[row["name"]] = KnownEntry(row["name"], row["seq"], replacement, row["actor"])

    async def load_operations(self, records: Iterable[Record]) -> None:
        wanted = {record.operation for record in records if isinstance(record, ClosingRecord | CorrectionRecord)}
        await self._operations(wanted)

    async def _operations(self, wanted: Iterable[str]) -> None:
        wanted = sorted(set(wanted) - set(self.world.operations))
        if not wanted:
            return
        columns = "e.seq AS seq, e.payload AS payload, e.clock_ms AS clock_ms, e.claimed_ms AS claimed_ms"
        rows = await self.tx.run(
            f"UNWIND $targets AS x MATCH (e:Entry {{target: x}}) RETURN {columns}",
            targets=[f"Operation:{name}" for name in wanted],
        )
        rows += await self.tx.run(
            f"UNWIND $names AS x MATCH (e:Entry {{also: x}}) RETURN {columns}",
            names=[f"operation:{name}" for name in wanted],
        )
        found = {row["seq"]: row for row in rows}
        later: list[tuple[dict[str, Any], Record]] = []
        for row in (found[seq] for seq in sorted(found)):
            record = parse_stored(orjson.loads(row["payload"]))
            made = record.replacement if isinstance(record, CorrectionRecord) else record
            if isinstance(made, OperationRecord) and made.id in wanted:
                recorded = row["clock_ms"] if row["claimed_ms"] is None else row["claimed_ms"]
                self.world.operations[made.id] = KnownOperation(made, row["seq"], recorded)
            later.append((row, record))
        for _, record in later:
            if isinstance(record, ClosingRecord) and record.operation in self.world.operations:
                self.world.operations[record.operation].closings.append(record)
            elif isinstance(record, CorrectionRecord) and record.operation in self.world.operations:
                self.world.operations[record.operation].corrected_by = record.id

    async def load_nodes(self, named: Iterable[NodeId]) -> None:
        by_kind: dict[str, list[str]] = defaultdict(list)
        for name in named:
            node_id = ("CellLot", lot_of_unit(name[1])) if name[0] == "CellUnit" else name
            if node_id in self.world.nodes:
                continue
            if (cached := self.cache.get(node_id)) is not None:
                self.world.nodes[node_id] = cached
            else:
                by_kind[node_id[0]].append(node_id[1])
        for kind, keys in by_kind.items():
            for row in await self.tx.run(
                f"UNWIND $keys AS x MATCH (n:{kind} {{key: x}}) RETURN properties(n) AS n",
                keys=list(dict.fromkeys(keys)),
            ):
                self.world.nodes[kind, row["n"]["key"]] = known_node(kind, row["n"])

    async def load_makers(self, records: Iterable[Record]) -> None:
        """The operations that made what is amended: whom a value concerns is read from them."""
        makers = set()
        for record in records:
            if isinstance(record, AmendmentRecord):
                node = self.world.nodes.get((record.kind, record.id_of))
                if node is not None and node.made_by is not None and not KINDS[record.kind].is_person:
                    makers.add(node.made_by)
        await self._operations(makers)

    async def load_restated_units(self, records: Iterable[Record]) -> None:
        """Units of a lot that exists already, voided or as a stub: they are not made twice."""
        units = []
        for operation in _acts(records):
            if OPERATIONS[operation.type].creates:
                for output in operation.outputs:
                    if output.units and (output.kind, output.id) in self.world.nodes:
                        units += list(output.units)
        if units:
            for row in await self.tx.run(
                "UNWIND $keys AS x MATCH (n:CellUnit {key: x}) RETURN properties(n) AS n", keys=units
            ):
                node = known_node("CellUnit", row["n"])
                self.world.nodes["CellUnit", node.key] = node

    async def load_neighbourhood(self, records: Sequence[Record]) -> None:
        acts = _acts(records)
        has_correction = any(isinstance(record, CorrectionRecord) for record in records)
        await self._origins(records)
        await self._same_persons()
        await self._occupants(acts, every_stay=has_correction)
        types = {operation.type for operation in acts}
        accounts = [node.account for node in self.world.accounted() if node.account is not None]
        counts = any(event.type == "COUNTED" for account in accounts for event in account.events)
        if counts or types & {"COUNTED", "MOVED"} or any(_places_something(record) for record in records):
            await self._places(acts, accounts)
        if has_correction:
            await self._users(records)
        await self._running(acts)

    async def _origins(self, records: Iterable[Record]) -> None:
        """What was made from what, upwards, where the donor matters or a ring could arise; a level at a time."""
        level: set[str] = set()
        for record in records:
            acts = _acts([record])
            for operation in acts:
                if (
                    isinstance(record, CorrectionRecord)
                    or operation.type == "ADMINISTERED"
                    or _has_genetic_result(operation)
                ):
                    level |= {f"{end.kind}:{end.id}" for end in operation.inputs}
            if isinstance(record, AmendmentRecord) and record.kind == "QCResult":
                node = self.world.nodes.get((record.kind, record.id_of))
                maker = self.world.operations.get(node.made_by or "") if node is not None else None
                if maker is not None:  # whose result it is decides under whose keys it is sealed
                    level |= {f"{end.kind}:{end.id}" for end in maker.record.inputs}
        seen: set[str] = set()
        while level:
            await self.load_nodes((kind, key) for kind, _, key in (thing.partition(":") for thing in sorted(level)))
            seen |= level
            above: set[str] = set()
            for thing in level:
                kind, _, key = thing.partition(":")
                node = self.world.nodes.get((kind, key))
                if node is not None and node.account is not None:
                    above |= set(node.account.parents)
            level = above - seen

    async def _same_persons(self) -> None:
        digests = [
            node.values["same_person_as"]["sealed"]
            for node in self.world.nodes.values()
            if node.kind == "Subject" and isinstance(node.values.get("same_person_as"), Mapping)
        ]
        if digests:
            for row in await self.tx.run(
                "UNWIND $digests AS x MATCH (s:Sealed {digest: x}) RETURN s.digest AS digest, s.keyed AS keyed",
                digests=digests,
            ):
                if row["keyed"] is not None:
                    self.world.keyed_digests[row["digest"]] = row["keyed"]

    async def _occupants(self, acts: Iterable[OperationRecord], *, every_stay: bool) -> None:
        positions = {output.id for operation in acts if operation.type == "STORED" for output in operation.outputs}
        if every_stay:
            positions |= {
                event.position
                for node in self.world.accounted()
                if node.account is not None
                for event in node.account.events
                if event.type == "STORED" and event.position is not None
            }
            await self.load_nodes(("StoragePosition", position) for position in sorted(positions))
        cells = [
            position
            for position in sorted(positions)
            if (node := self.world.node("StoragePosition", position)) is not None and node.values.get("level") == "cell"
        ]
        if not cells:
            return
        found: set[NodeId] = set()
        for row in await self.tx.run(
            "UNWIND $cells AS x MATCH (p:StoragePosition {key: x})<-[r:STORED]-(m) WHERE r.voided_ms IS NULL "
            "RETURN p.key AS cell, labels(m) AS kinds, m.key AS key",
            cells=cells,
        ):
            kind, key = row["kinds"][0], row["key"]
            thing = ("CellLot", lot_of_unit(key)) if kind == "CellUnit" else (kind, key)
            self.world.occupants.setdefault(row["cell"], set()).add(thing)
            found.add(thing)
        await self.load_nodes(sorted(found))

    async def _places(self, acts: Iterable[OperationRecord], accounts: Iterable[Account]) -> None:
        """The positions above every position that matters, wherever it stood at any time; a level at a time."""
        level = {event.position for account in accounts for event in account.events if event.position is not None}
        level |= {output.id for act in acts for output in act.outputs if output.kind == "StoragePosition"}
        level |= {key for kind, key in self.world.nodes if kind == "StoragePosition"}
        seen: set[str] = set()
        while level:
            await self.load_nodes(("StoragePosition", key) for key in sorted(level))
            seen |= level
            above: set[str] = set()
            for key in level:
                node = self.world.nodes.get(("StoragePosition", key))
                if node is not None:
                    above.add(node.values.get("parent", key))
                    above |= {event.position or key for event in (node.account.events if node.account else ())}
            level = above - seen

    async def _users(self, records: Iterable[Record]) -> None:
        """Operations that used reagents whose making is being corrected."""
        reagents = {
            output.id
            for record in records
            if isinstance(record, CorrectionRecord) and record.operation in self.world.operations
            for output in self.world.operations[record.operation].record.outputs
            if output.kind == "Reagent"
        }
        if reagents:
            await self.before_uses()
            for row in await self.tx.run(
                "UNWIND $keys AS x MATCH (a:Reagent {key: x})-[r:USED_REAGENT]->() WHERE r.voided_ms IS NULL "
                "RETURN a.key AS key, collect(DISTINCT r.operation_id) AS operations",
                keys=sorted(reagents),
            ):
                self.world.users[f"Reagent:{row['key']}"] = set(row["operations"])

    async def _running(self, acts: Iterable[OperationRecord]) -> None:
        """Runs that a decontamination recorded now cuts in two; looked for only where a run ends after it."""
        rows = []
        for operation in acts:
            if operation.type != "DECONTAMINATED":
                continue
            cut = (operation.end or operation.start).latest_ms
            for end in operation.inputs:
                node = self.world.nodes.get((end.kind, end.id))
                if node is not None and node.account is not None and (node.account.runs_until_ms or 0) > cut:
                    rows.append({"key": end.id, "cut": cut, "operation": operation.id})
        if rows:
            await self.before_uses()
            for row in await self.tx.run(
                "UNWIND $rows AS row MATCH (e:Equipment {key: row.key})-[r:USED_EQUIPMENT]->() "
                "WHERE r.voided_ms IS NULL AND r.is_uncertain IS NULL AND r.start_ms < row.cut "
                "AND (r.end_ms IS NULL OR r.end_ms > row.cut) "
                "RETURN row.operation AS operation, e.key AS machine, collect(DISTINCT r.operation_id) AS runs",
                rows=rows,
            ):
                self.world.running[row["operation"], row["machine"]] = sorted(row["runs"])

    async def load_reagent_lots(self, records: Iterable[Record]) -> None:
        numbers = set()
        for record in records:
            if isinstance(record, NodeRecord | AmendmentRecord) and record.kind == "Reagent":
                numbers.add(record.values.get("lot_number"))
                node = self.world.nodes.get(("Reagent", getattr(record, "id_of", record.id)))
                numbers.add(node.values.get("lot_number") if node else None)
        for operation in _acts(records):
            numbers |= {output.values.get("lot_number") for output in operation.outputs if output.kind == "Reagent"}
        wanted = sorted(number for number in numbers if isinstance(number, str))
        if not wanted:
            return
        for row in await self.tx.run(
            "UNWIND $numbers AS x MATCH (r:Reagent {lot_number: x}) WHERE r.voided_ms IS NULL "
            "RETURN r.key AS key, r.manufacturer AS manufacturer, r.name AS name, r.lot_number AS lot_number",
            numbers=wanted,
        ):
            if row["manufacturer"] is not None and row["name"] is not None:
                self.world.reagent_lots[row["manufacturer"], row["name"], row["lot_number"]] = row["key"]

    async def load_ranges(self) -> None:
        rows = await self.tx.run("MATCH (n:ReferenceRange) WHERE n.voided_ms IS NULL RETURN properties(n) AS n")
        for row in rows:
            node = known_node("ReferenceRange", row["n"])
            self.world.ranges.append(self.world.nodes.setdefault((node.kind, node.key), node))


def known_node(kind: str, properties: Mapping[str, Any]) -> KnownNode:
    """A node's row as the rules see it."""
    fields = KINDS[kind].fields
    values = {name: decode_value(fields[name], stored) for name, stored in properties.items() if name in fields}
    made_ms = properties.get("made_ms")
    account = None
    if kind in ACCOUNTED:
        account = Account.loads(properties["account"]) if "account" in properties else Account()
    return KnownNode(
        kind=kind,
        key=properties["key"],
        values=values,
        seq=properties["seq"],
        recorded_ms=properties["recorded_ms"],
        amended_seq=properties.get("amended_seq"),
        made_by=properties.get("made_by"),
        made=None if made_ms is None else (made_ms, properties.get("made_latest_ms", made_ms)),
        is_stub=bool(properties.get("is_stub", False)),
        is_void="voided_ms" in properties,
        account=account,
    )
