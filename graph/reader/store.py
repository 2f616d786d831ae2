"""The reader over the database behind Bolt. One edge type a pattern, the label on the side that is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

import orjson

from graph.errors import being_rebuilt
from graph.reader.protocol import (
    LATEST,
    MAKING_EDGES,
    AsOf,
    DeviationRow,
    Direction,
    EdgeRow,
    EntryRow,
    Frontier,
    HeadRow,
    NodeId,
    NodeRow,
)
from graph.vocabulary import EDGE_FLOWS, KINDS, OPERATIONS

__all__ = ["StoreReader"]

_NEVER = LATEST.seq  # later than any time and any entry
_ENTRY_PAGE = 2_000
_LOOKS = 100
_LAST_CHARACTER = "\uffff"
_UP_TO_TIER = "(d.tier IS NULL OR d.tier <= $tier)"
_ENTRY = (
    "e.seq AS seq, e.name AS name, e.target AS target, e.payload AS payload, e.clock_ms AS clock_ms, "
    "e.claimed_ms AS claimed_ms, e.actor AS actor, e.role AS role, e.purpose AS purpose"
)


class _Engine(Protocol):
    @property
    def product(self) -> str: ...

    @property
    def version(self) -> str: ...

    async def read(self, statement: str, /, **parameters: Any) -> list[dict[str, Any]]: ...


def _visible(name: str) -> str:
    """AsOf.shows, in Cypher."""
    return (
        f"{name}.seq <= $seq AND {name}.recorded_ms <= $known AND "
        f"({name}.voided_seq IS NULL OR {name}.voided_seq > $seq OR {name}.voided_ms > $known)"
    )


def _position(as_of: AsOf) -> dict[str, int]:
    return {"seq": as_of.seq, "known": _NEVER if as_of.known_at_ms is None else as_of.known_at_ms}


def _places(edge_type: str) -> str:
    names = ("operation_location", "temporary_storage_location")
    fields = OPERATIONS[edge_type].fields if edge_type in OPERATIONS else {}
    return ", ".join(f"r.{name}" if name in fields else "null" for name in names)


_MEMBERS = (
    "r.operation_id, r.seq, r.start_ms, r.start_latest_ms, r.end_ms, r.end_latest_ms, r.offset_minutes, r.closed_ms, "
    "r.closed_seq"
)


@cache
def _edges(edge_type: str, near: str, direction: Direction) -> str:
    """The edges of one type at nodes of one kind.

    ArcadeDB 26.10 reads every node of the label for `WHERE a.key IN $keys` with an unlabelled far end; `UNWIND` with
    the key in the pattern uses the index on both engines.
    """
    arrow = f"-[r:{edge_type}]->" if direction is Direction.FORWARD else f"<-[r:{edge_type}]-"
    return (
        f"UNWIND $keys AS x MATCH (a:{near} {{key: x}}){arrow}(b) WHERE {_visible('r')} "
        f"RETURN [a.key, labels(b)[0], b.key, {_MEMBERS}, {_places(edge_type)}] AS edge"
    )


@cache
def _edges_where(edge_type: str, member: str) -> str:
    return (
        f"MATCH (a)-[r:{edge_type}]->(b) WHERE r.{member} IN $values AND {_visible('r')} "
        f"RETURN r.{member} AS matched, "
        f"[labels(a)[0], a.key, labels(b)[0], b.key, {_MEMBERS}, {_places(edge_type)}] AS edge"
    )


@cache
def _can_touch(edge_type: str, kind: str, direction: Direction) -> bool:
    side = 0 if direction is Direction.FORWARD else 1
    return any(flow[side] == kind for flow in EDGE_FLOWS[edge_type])


def _edge(edge_type: str, source: NodeId, target: NodeId, members: Sequence[Any], as_of: AsOf) -> EdgeRow:
    operation_id, seq, start, start_latest, end, end_latest, offset, closed_ms, closed_seq, location, left = members
    is_unknown_end = (closed_seq is not None and closed_seq > as_of.seq) or (
        closed_ms is not None and as_of.known_at_ms is not None and closed_ms > as_of.known_at_ms
    )
    return EdgeRow(
        type=edge_type,
        source=source,
        target=target,
        operation_id=operation_id,
        seq=seq,
        start_ms=start,
        start_latest_ms=start_latest,
        end_ms=None if is_unknown_end else end,
        end_latest_ms=None if is_unknown_end else end_latest,
        offset_minutes=offset or 0,
        operation_location=location,
        temporary_storage_location=left,
    )


def _entry(row: Mapping[str, Any]) -> EntryRow:
    claimed = row["claimed_ms"]
    return EntryRow(
        seq=row["seq"],
        name=row["name"],
        target=row["target"],
        record=orjson.loads(row["payload"]),
        recorded_ms=row["clock_ms"] if claimed is None else claimed,
        clock_ms=row["clock_ms"],
        actor=row["actor"],
        role=row["role"],
        purpose=row["purpose"],
    )


class StoreReader:
    """Reads the lineage from the database. Safe to share; holds no state but the engine."""

    def __init__(self, engine: _Engine) -> None:
        self._engine = engine

    @property
    def product(self) -> str:
        return self._engine.product

    @property
    def version(self) -> str:
        return self._engine.version

    async def head(self) -> HeadRow:
        rows = await self._engine.read(
            "MATCH (h:Head) RETURN h.seq AS seq, h.digest AS digest, h.epoch AS epoch, h.rebuilder AS rebuilder"
        )
        if not rows:
            return HeadRow(seq=0, digest="", epoch="")
        if rows[0]["rebuilder"]:
            raise being_rebuilt()
        head = HeadRow(seq=rows[0]["seq"], digest=rows[0]["digest"] or "", epoch=str(rows[0]["epoch"] or ""))
        if self._engine.product == "Neo4j":
            await self._until_shown(head.seq)
        return head

    async def _until_shown(self, seq: int) -> None:
        """Neo4j shows a commit piece by piece while it applies it, its indexes last (docs/engines.md, "Readers").

        So a head is trusted once its entry is found by its index; a moment later at most. What is never found is left
        to `verify` to name.
        """
        for _ in range(_LOOKS):
            if not seq or await self._engine.read("MATCH (e:Entry {seq: $seq}) RETURN e.seq AS seq", seq=seq):
                return

    async def nodes(self, keys: Frontier, as_of: AsOf | None = None) -> dict[NodeId, NodeRow]:
        found: dict[NodeId, NodeRow] = {}
        position = _position(as_of or LATEST)
        for kind, wanted in keys.items():
            if wanted:
                for node in await self._nodes(kind, "n.key IN $keys", keys=list(wanted), **position):
                    found[node.node_id] = node
        return found

    async def nodes_where(self, kind: str, field: str, values: Collection[str], as_of: AsOf) -> list[NodeRow]:
        return await self._nodes(kind, f"n.{field} IN $values", values=list(values), **_position(as_of))

    async def _nodes(self, kind: str, where: str, **params: Any) -> list[NodeRow]:
        names = ["key", "seq", "recorded_ms", "is_stub", "made_by", *KINDS[kind].fields]
        rows = await self._engine.read(
            f"MATCH (n:{kind}) WHERE {where} AND {_visible('n')} "
            f"RETURN [{', '.join(f'n.{name}' for name in names)}] AS node",
            **params,
        )
        return [NodeRow.from_properties(kind, dict(zip(names, row["node"], strict=True))) for row in rows]

    async def stubs(self, keys: Frontier, as_of: AsOf) -> list[NodeId]:
        found: dict[NodeId, None] = {}
        for kind, wanted in keys.items():
            rows = await self._engine.read(
                f"MATCH (n:{kind}) WHERE n.key IN $keys AND n.is_stub = true RETURN n.key AS key", keys=list(wanted)
            )
            found |= {(kind, row["key"]): None for row in rows}
        if as_of.known_at_ms is not None:
            found |= dict.fromkeys(await self._completed_later(keys, as_of))
        return list(found)

    async def _completed_later(self, keys: Frontier, as_of: AsOf) -> list[NodeId]:
        """Nodes that have been described since, but were stubs at the position: the ledger knows."""
        named = {f"stub:{kind}:{key}": (kind, key) for kind, wanted in keys.items() for key in wanted}
        stubs = {named[entry.name] for entry in await self.entries(names=list(named))}
        described = {f"node:{kind}:{key}": (kind, key) for kind, key in stubs}
        known = await self.entries(names=list(described), up_to=as_of.seq)
        in_time = {
            described[entry.name]
            for entry in known
            if as_of.known_at_ms is None or entry.recorded_ms <= as_of.known_at_ms
        }
        return [node for node in stubs if node not in in_time]

    async def neighbours(
        self, direction: Direction, frontier: Frontier, edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        edges: list[EdgeRow] = []
        for kind, keys in frontier.items():
            if not keys:
                continue
            for edge_type in edge_types:
                if not _can_touch(edge_type, kind, direction):
                    continue
                rows = await self._engine.read(
                    _edges(edge_type, kind, direction), keys=list(dict.fromkeys(keys)), **_position(as_of)
                )
                for row in rows:
                    near_key, far_kind, far_key, *members = row["edge"]
                    near, far = (kind, near_key), (far_kind, far_key)
                    source, target = (near, far) if direction is Direction.FORWARD else (far, near)
                    edges.append(_edge(edge_type, source, target, members, as_of))
        return edges

    async def edges_where(
        self, member: str, values: Collection[str], edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        edges: list[EdgeRow] = []
        for edge_type in edge_types:
            rows = await self._engine.read(_edges_where(edge_type, member), values=list(values), **_position(as_of))
            for row in rows:
                from_kind, from_key, to_kind, to_key, *members = row["edge"]
                edge = _edge(edge_type, (from_kind, from_key), (to_kind, to_key), members, as_of)
                edges.append(replace(edge, matched=row["matched"]))
        return edges

    async def units_of(self, lots: Collection[str], as_of: AsOf) -> list[NodeId]:
        if not lots:
            return []
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
        found: dict[int, EntryRow] = {}
        for member, values in (("name", names), ("target", targets), ("seq", seqs)):
            if not values:
                continue
            rows = await self._engine.read(
                f"MATCH (e:Entry) WHERE e.{member} IN $values AND e.seq <= $up_to RETURN {_ENTRY}",
                values=list(values),
                up_to=_NEVER if up_to is None else up_to,
            )
            for row in rows:
                found[row["seq"]] = _entry(row)
        return [found[seq] for seq in sorted(found)]

    async def all_entries(self, up_to: int) -> AsyncIterator[EntryRow]:
        after = 0
        while after < up_to:
            last = min(after + _ENTRY_PAGE, up_to)
            rows = await self._engine.read(
                f"MATCH (e:Entry) WHERE e.seq > $after AND e.seq <= $last RETURN {_ENTRY} ORDER BY e.seq",
                after=after,
                last=last,
            )
            for row in rows:
                yield _entry(row)
            after = last

    async def operation_seqs(self, ids: Collection[str]) -> dict[str, int]:
        names = {f"operation:{operation}": operation for operation in ids}
        found: dict[str, int] = {}
        # A replacement stands in the entry of its correction, which says so in `also`.
        for member in ("name", "also"):
            if wanted := [name for name, operation in names.items() if operation not in found]:
                rows = await self._engine.read(
                    f"MATCH (e:Entry) WHERE e.{member} IN $names RETURN e.{member} AS name, e.seq AS seq", names=wanted
                )
                found |= {names[row["name"]]: row["seq"] for row in rows}
        return found

    async def operation_ids(self, prefix: str, limit: int) -> list[str]:
        begin = f"operation:{prefix}"
        found: set[str] = set()
        for member in ("name", "also"):
            # A range, and not STARTS WITH: ArcadeDB 26.10 looks in its index for the first only.
            rows = await self._engine.read(
                f"MATCH (e:Entry) WHERE e.{member} >= $begin AND e.{member} < $end "
                f"RETURN e.{member} AS name ORDER BY e.{member} LIMIT $limit",
                begin=begin,
                end=f"{begin}{_LAST_CHARACTER}",
                limit=limit,
            )
            found |= {row["name"].partition(":")[2] for row in rows}
        return list(found)

    async def makers_of(self, node: NodeId) -> list[str]:
        found: set[str] = set()
        for edge_type in MAKING_EDGES:
            if _can_touch(edge_type, node[0], Direction.BACKWARD):
                # A test without a result has an edge from what it tested to itself: it made nothing.
                rows = await self._engine.read(
                    f"MATCH (n:{node[0]} {{key: $key}})<-[r:{edge_type}]-(a) WHERE NOT (labels(a)[0] = $kind AND a.key = $key) "
                    "RETURN DISTINCT r.operation_id AS operation",
                    key=node[1],
                    kind=node[0],
                )
                found |= {row["operation"] for row in rows}
        return sorted(found)

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
        tests = " OR ".join(f"toLower(n.{name}) CONTAINS $text" for name in ("key", *fields))
        where = f"MATCH (n:{kind}) WHERE ({tests}) AND {_visible('n')}"
        params: dict[str, Any] = {"text": text.lower(), **_position(as_of)}
        if without:
            where += " AND NOT n.key IN $without"
            params["without"] = list(without)
        counted = await self._engine.read(f"{where} RETURN count(n) AS total", **params)
        total: int = counted[0]["total"]
        if not total or not limit:
            return total, []
        later = "AND n.key > $after " if after is not None else ""
        rows = await self._engine.read(
            f"{where} {later}RETURN n.key AS key ORDER BY n.key LIMIT $limit", after=after, limit=limit, **params
        )
        keys = [row["key"] for row in rows]
        nodes = await self.nodes({kind: keys}, as_of)
        return total, [nodes[kind, key] for key in keys if (kind, key) in nodes]

    async def deviations(
        self, is_open: bool | None, up_to: int, *, highest_tier: int, after: tuple[int, int], limit: int
    ) -> tuple[int, list[DeviationRow]]:
        where = f"MATCH (d:Deviation) WHERE d.seq <= $up_to AND {_UP_TO_TIER}"
        params: dict[str, Any] = {"up_to": up_to, "tier": highest_tier}
        if is_open is not None:
            where += " AND d.is_open = $is_open"
            params["is_open"] = is_open
        counted = await self._engine.read(f"{where} RETURN count(d) AS total", **params)
        if not limit:
            return counted[0]["total"], []
        # An entry raises few, but more than one: those of the cursor's own entry are read again and passed over, and the
        # last entry's are read whole, for the limit may fall among them.
        rows = await self._engine.read(
            f"{where} AND d.seq >= $from RETURN d.seq AS seq ORDER BY d.seq LIMIT $limit",
            **params,
            **{"from": after[0], "limit": limit + after[1] + 1},
        )
        if not rows:
            return counted[0]["total"], []
        rows = await self._engine.read(
            f"{where} AND d.seq >= $from AND d.seq <= $last RETURN properties(d) AS d",
            **params,
            **{"from": after[0], "last": rows[-1]["seq"]},
        )
        found = _in_order(rows)
        return counted[0]["total"], [row for row in found if _deviation_place(row.id) > after][:limit]

    async def deviations_of(self, operations: Collection[str], up_to: int, highest_tier: int) -> list[DeviationRow]:
        rows = await self._engine.read(
            f"MATCH (d:Deviation) WHERE d.operation IN $operations AND d.seq <= $up_to AND {_UP_TO_TIER} "
            "RETURN properties(d) AS d",
            operations=list(operations),
            up_to=up_to,
            tier=highest_tier,
        )
        return _in_order(rows)

    async def count(self, kind: str, field: str | None, as_of: AsOf) -> int:
        has = f"n.{field} IS NOT NULL AND " if field else ""
        rows = await self._engine.read(
            f"MATCH (n:{kind}) WHERE {has}{_visible('n')} RETURN count(n) AS total", **_position(as_of)
        )
        total: int = rows[0]["total"]
        return total


def _deviation_place(key: str) -> tuple[int, int]:
    seq, _, number = key.partition("-")
    return int(seq), int(number or 0)


def _in_order(rows: Sequence[Mapping[str, Any]]) -> list[DeviationRow]:
    return sorted((_deviation(row["d"]) for row in rows), key=lambda row: _deviation_place(row.id))


def _deviation(properties: Mapping[str, Any]) -> DeviationRow:
    hidden = {"key", "seq", "is_open"}
    return DeviationRow(
        id=properties["key"],
        seq=properties["seq"],
        is_open=bool(properties.get("is_open", True)),
        members={name: value for name, value in properties.items() if name not in hidden and value is not None},
    )
