"""The limits that recorded values are held against: which range, in which version. Source: specification 4 (R-07)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from graph.reader import LATEST, AsOf, NodeId, NodeRow, by_kind, id_text
from graph.records import OperationRecord, RawRecord, parse
from graph.rules.ranges import AppliedRange, applied_ranges
from graph.rules.world import KnownNode, World
from queries.operations import OperationKey, ends_of, told_operations
from queries.privacy import View

__all__ = ["ranges_of"]


async def ranges_of(view: View, operations: Collection[str], as_of: AsOf = LATEST) -> dict[str, Sequence[AppliedRange]]:
    """The limits of each operation's values, by its id. Tells no value: show a range beside a value that is shown.

    Reads all ReferenceRange records; otherwise a fixed number of statements, however many operations.
    """
    seqs = await view.reader.operation_seqs(operations)
    told = await told_operations(view, [OperationKey(name, seq, 0) for name, seq in seqs.items()], as_of)
    world = await _world(view, [each.record for each in told.values()], as_of)
    found: dict[str, Sequence[AppliedRange]] = {}
    for name, each in told.items():
        record, _ = parse(RawRecord(dict(each.record)))
        found[name] = applied_ranges(record, world) if isinstance(record, OperationRecord) else ()
    return found


async def _world(view: View, records: Sequence[Mapping[str, object]], as_of: AsOf) -> World:
    """What decides which range holds: the things that the operations name, and the ranges that are recorded."""
    ends: dict[NodeId, None] = dict.fromkeys(end for record in records for end in ends_of(record))
    rows = await view.reader.nodes(by_kind(end for end in ends if end[0] != "CellUnit"), as_of)
    names = {field for record in records for field in _fields_of(record)}
    ranges = await view.reader.nodes_where("ReferenceRange", "field", sorted(names), as_of) if names else []
    versions = {
        entry.target: entry.seq
        for entry in await view.reader.entries(targets=[id_text(row.node_id) for row in ranges], up_to=as_of.seq)
        if entry.record["record"] == "amendment"
    }
    return World(
        nodes={node: _known(row) for node, row in rows.items()},
        ranges=[replace(_known(row), amended_seq=versions.get(id_text(row.node_id))) for row in ranges],
    )


def _known(row: NodeRow) -> KnownNode:
    return KnownNode(kind=row.kind, key=row.key, values=dict(row.values), seq=row.seq)


def _fields_of(record: Mapping[str, object]) -> set[str]:
    """Names of all values in an operation, in its maps too."""
    found: set[str] = set()
    ahead: list[object] = [record.get("data"), *_data_of(record)]
    while ahead:
        part = ahead.pop()
        if isinstance(part, Mapping):
            found |= set(part)
            ahead += part.values()
        elif isinstance(part, list):
            ahead += part
    return found | ({"transfer_hours"} if record["type"] == "TRANSPORTED" else set())


def _data_of(record: Mapping[str, object]) -> list[object]:
    sides = [record.get("outputs") or (), record.get("uses") or ()]
    return [end.get("data") for side in sides if isinstance(side, list) for end in side]
