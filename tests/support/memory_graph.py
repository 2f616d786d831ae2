"""A lineage in memory that answers like the database: records in, the reader protocol out."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from graph.effects import Effects, Stamp, apply
from graph.ledger.sealing_records import tier3_members
from graph.reader import MAKING_EDGES, AsOf, DeviationRow, Direction, EdgeRow, EntryRow, HeadRow, NodeId, NodeRow
from graph.records import OperationRecord, RawRecord, Record, parse, parse_stored
from graph.rules.world import World
from graph.times import parse_moment

__all__ = ["MemoryGraph", "MemoryLog", "MemoryVault", "read_lines"]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


class MemoryVault:
    """Sealed values by digest; tells how often it was opened."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.openings = 0

    async def open(self, digests: Collection[str]) -> Mapping[str, Any]:
        self.openings += 1
        return {digest: self.values[digest] for digest in digests if digest in self.values}


class MemoryLog:
    """The access log as a list of (person, what, ids, tier)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, tuple[str, ...], int]] = []
        self.flushes = 0

    def append(self, viewer: Any, what: str, ids: Iterable[str], tier: int) -> None:
        self.entries.append((viewer.person, what, tuple(ids), tier))

    async def flush(self) -> None:
        self.flushes += 1


class MemoryGraph:
    """Takes records in the order of a ledger and gives back what the reader over the database would."""

    product = "Memory"
    version = "1"

    def __init__(self, records: Iterable[Mapping[str, Any]] = ()) -> None:
        self.vault = MemoryVault()
        self.reads = 0
        self._effects = Effects(World())
        self._entries: list[EntryRow] = []
        self._also: dict[str, int] = {}
        self.found_deviations: list[DeviationRow] = []
        for record in records:
            self.add(record)

    def add(self, given: Mapping[str, Any]) -> int:
        record, problems = parse(RawRecord(dict(given)))
        assert record is not None, problems
        assert not problems, problems
        sealed = self._sealed(record)
        seq = len(self._entries) + 1
        recorded = parse_moment(given["recorded_at"]).earliest_ms if "recorded_at" in given else seq
        self._entries.append(
            EntryRow(
                seq=seq,
                name=sealed.name,
                target=sealed.target,
                record=sealed.canonical,
                recorded_ms=recorded,
                clock_ms=recorded,
                actor="owner",
                role="owner",
            )
        )
        replacement = getattr(sealed, "replacement", None)
        if isinstance(replacement, OperationRecord):
            self._also[replacement.id] = seq
        apply(self._effects, sealed, Stamp(seq, recorded))
        self._effects.finish()
        return seq

    def _sealed(self, record: Record) -> Record:
        payload = orjson.loads(orjson.dumps(record.canonical))
        for holder, name, _ in tier3_members(payload):
            value = holder[name]
            digest = hashlib.sha256(orjson.dumps([record.name, name, value])).hexdigest()
            self.vault.values[digest] = value
            holder[name] = {"sealed": digest}
        return parse_stored(payload)

    # -- the reader --------------------------------------------------------------------------------------------

    async def head(self) -> HeadRow:
        self.reads += 1
        return HeadRow(seq=len(self._entries), digest="d", epoch="e")

    def _rows(self, kind: str, as_of: AsOf | None) -> list[dict[str, Any]]:
        position = as_of or AsOf(len(self._entries))
        rows = self._effects.writes.nodes.get(kind, {}).values()
        return [
            row
            for row in rows
            if position.shows(row["seq"], row["recorded_ms"], row.get("voided_seq"), row.get("voided_ms"))
        ]

    async def nodes(self, keys: Mapping[str, Collection[str]], as_of: AsOf | None = None) -> dict[NodeId, NodeRow]:
        found: dict[NodeId, NodeRow] = {}
        for kind, wanted in keys.items():
            self.reads += 1
            for row in self._rows(kind, as_of):
                if row["key"] in set(wanted):
                    node = NodeRow.from_properties(kind, row)
                    found[node.node_id] = node
        return found

    async def nodes_where(self, kind: str, field: str, values: Collection[str], as_of: AsOf) -> list[NodeRow]:
        self.reads += 1
        return [NodeRow.from_properties(kind, row) for row in self._rows(kind, as_of) if row.get(field) in values]

    async def stubs(self, keys: Mapping[str, Collection[str]], as_of: AsOf) -> list[NodeId]:
        found = []
        for kind, wanted in keys.items():
            self.reads += 1
            for key in wanted:
                names = {
                    entry.name
                    for entry in self._entries
                    if entry.seq <= as_of.seq and (as_of.known_at_ms is None or entry.recorded_ms <= as_of.known_at_ms)
                }
                if f"stub:{kind}:{key}" in names and f"node:{kind}:{key}" not in names:
                    found.append((kind, key))
        return found

    def _edges(self, edge_types: Collection[str], as_of: AsOf) -> Iterable[tuple[EdgeRow, Mapping[str, Any]]]:
        for (edge_type, from_kind, to_kind), rows in self._effects.writes.edges.items():
            if edge_type not in edge_types:
                continue
            for from_key, to_key, row in rows:
                if not as_of.shows(row["seq"], row["recorded_ms"], row.get("voided_seq"), row.get("voided_ms")):
                    continue
                closed = (row["closed_seq"], row["closed_ms"]) if row.get("closed_seq") is not None else None
                is_open = closed is not None and not as_of.shows(*closed, None, None)
                yield (
                    EdgeRow(
                        type=edge_type,
                        source=(from_kind, from_key),
                        target=(to_kind, to_key),
                        operation_id=row["operation_id"],
                        seq=row["seq"],
                        start_ms=row.get("start_ms"),
                        start_latest_ms=row.get("start_latest_ms"),
                        end_ms=None if is_open else row.get("end_ms"),
                        end_latest_ms=None if is_open else row.get("end_latest_ms"),
                        offset_minutes=row.get("offset_minutes", 0),
                        operation_location=row.get("operation_location"),
                        temporary_storage_location=row.get("temporary_storage_location"),
                    ),
                    row,
                )

    async def neighbours(
        self,
        direction: Direction,
        frontier: Mapping[str, Collection[str]],
        edge_types: Collection[str],
        as_of: AsOf,
    ) -> list[EdgeRow]:
        self.reads += 1
        near = {(kind, key) for kind, keys in frontier.items() for key in keys}
        return [
            edge
            for edge, _ in self._edges(edge_types, as_of)
            if (edge.source if direction is Direction.FORWARD else edge.target) in near
        ]

    async def edges_where(
        self, member: str, values: Collection[str], edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        self.reads += 1
        return [
            replace(edge, matched=row[member])
            for edge, row in self._edges(edge_types, as_of)
            if row.get(member) in values
        ]

    async def units_of(self, lots: Collection[str], as_of: AsOf) -> list[NodeId]:
        edges = await self.neighbours(Direction.FORWARD, {"CellLot": lots}, ("CONTAINS",), as_of)
        return [edge.target for edge in edges]

    async def entries(
        self,
        *,
        names: Collection[str] = (),
        targets: Collection[str] = (),
        seqs: Collection[int] = (),
        up_to: int | None = None,
    ) -> list[EntryRow]:
        self.reads += 1
        return [
            entry
            for entry in self._entries
            if (entry.name in names or entry.target in targets or entry.seq in seqs)
            and (up_to is None or entry.seq <= up_to)
        ]

    async def all_entries(self, up_to: int) -> AsyncIterator[EntryRow]:
        for entry in self._entries[:up_to]:
            yield entry

    async def operation_seqs(self, ids: Collection[str]) -> dict[str, int]:
        self.reads += 1
        by_name = {entry.name: entry.seq for entry in self._entries}
        found = {name: by_name[f"operation:{name}"] for name in ids if f"operation:{name}" in by_name}
        return found | {name: self._also[name] for name in ids if name in self._also}

    async def operation_ids(self, prefix: str, limit: int) -> list[str]:
        self.reads += 1
        names = {entry.name.partition(":")[2] for entry in self._entries if entry.name.startswith("operation:")}
        return sorted(name for name in {*names, *self._also} if name.startswith(prefix))[:limit]

    async def makers_of(self, node: NodeId) -> list[str]:
        self.reads += 1
        return sorted(
            {
                row["operation_id"]
                for (edge_type, from_kind, to_kind), rows in self._effects.writes.edges.items()
                if edge_type in MAKING_EDGES and to_kind == node[0]
                for from_key, to_key, row in rows
                if to_key == node[1] and (from_kind, from_key) != node
            }
        )

    async def search(
        self,
        kind: str,
        text: str,
        fields: Sequence[str],
        as_of: AsOf,
        *,
        after: str | None,
        limit: int,
        without: Collection[str] = (),
    ) -> tuple[int, list[NodeRow]]:
        self.reads += 1
        wanted = text.lower()
        rows = [
            row
            for row in self._rows(kind, as_of)
            if row["key"] not in without and any(wanted in str(row.get(name, "")).lower() for name in ("key", *fields))
        ]
        rows.sort(key=lambda row: str(row["key"]))
        later = [row for row in rows if after is None or row["key"] > after]
        return len(rows), [NodeRow.from_properties(kind, row) for row in later[:limit]]

    async def deviations(
        self, is_open: bool | None, up_to: int, *, highest_tier: int, after: tuple[int, int], limit: int
    ) -> tuple[int, list[DeviationRow]]:
        rows = [
            row
            for row in self.found_deviations
            if row.seq <= up_to and is_open in (None, row.is_open) and row.members.get("tier", 0) <= highest_tier
        ]
        later = [row for row in rows if tuple(int(part) for part in row.id.split("-")) > after]
        return len(rows), later[:limit]

    async def deviations_of(self, operations: Collection[str], up_to: int, highest_tier: int) -> list[DeviationRow]:
        self.reads += 1
        return [
            row
            for row in self.found_deviations
            if row.seq <= up_to
            and row.members.get("operation") in operations
            and row.members.get("tier", 0) <= highest_tier
        ]

    async def count(self, kind: str, field: str | None, as_of: AsOf) -> int:
        return sum(1 for row in self._rows(kind, as_of) if field is None or field in row)
