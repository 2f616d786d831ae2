"""The part of the lineage that a request touches, in memory: what the store said, overlaid with what the request adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.records import ClosingRecord, OperationRecord
from graph.rules.account import Account, Bounds

__all__ = ["KnownEntry", "KnownNode", "KnownOperation", "NodeId", "World"]

NodeId = tuple[str, str]  # kind and key


@dataclass(slots=True)
class KnownNode:
    """A node as the rules see it. ``made`` bounds the start of the operation that made it, None for a recorded one."""

    kind: str
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    recorded_ms: int = 0
    amended_seq: int | None = None  # of a reference range: the entry that last changed its limits
    made_by: str | None = None
    made: Bounds | None = None
    is_stub: bool = False
    is_void: bool = False
    is_new: bool = False  # made by this request
    account: Account | None = None

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(slots=True)
class KnownOperation:
    """An operation with what was said of it later."""

    record: OperationRecord
    seq: int
    recorded_ms: int
    closings: list[ClosingRecord] = field(default_factory=list)
    corrected_by: str | None = None
    is_new: bool = False

    @property
    def is_live(self) -> bool:
        return self.corrected_by is None


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A ledger entry with the same name as a record of the request."""

    name: str
    seq: int
    payload: Mapping[str, Any]
    actor: str | None = None  # who handed it in


@dataclass(slots=True)
class World:
    """What is known. Absent from ``nodes`` means that there is no such node."""

    nodes: dict[NodeId, KnownNode] = field(default_factory=dict)
    operations: dict[str, KnownOperation] = field(default_factory=dict)
    entries: dict[str, KnownEntry] = field(default_factory=dict)
    reagent_lots: dict[tuple[str, str, str], str] = field(default_factory=dict)
    occupants: dict[str, set[NodeId]] = field(default_factory=dict)  # of storage cells: what was ever stored there
    keyed_digests: dict[str, str] = field(default_factory=dict)  # digest of a sealed value -> its keyed digest
    users: dict[str, set[str]] = field(default_factory=dict)  # node id -> operations that used or took it
    # (decontamination, machine) -> operations recorded before that ran in it at that time
    running: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    ranges: list[KnownNode] = field(default_factory=list)

    def node(self, kind: str, key: str) -> KnownNode | None:
        """The node, unless there is none or its making was voided."""
        found = self.nodes.get((kind, key))
        if found is None and kind == "CellUnit":
            return self._unit(key)
        return None if found is None or found.is_void else found

    def _unit(self, key: str) -> KnownNode | None:
        """Units are known through the account of their lot."""
        lot = self.node("CellLot", key.partition("#")[0])
        if lot is None or lot.account is None:
            return None
        name = key.partition("#")[2]
        has_it = any(event.role == "made" and name in event.units for event in lot.account.events)
        return KnownNode(kind="CellUnit", key=key, made=lot.made, account=None) if has_it else None

    def ancestors(self, start: Iterable[str]) -> set[str]:
        """Full ids of all that the things were made from, themselves included, as far as it is loaded."""
        seen: set[str] = set()
        ahead = list(start)
        while ahead:
            current = ahead.pop()
            if current in seen:
                continue
            seen.add(current)
            kind, _, key = current.partition(":")
            node = self.nodes.get((kind, key))
            if node is not None and node.account is not None:
                ahead += node.account.parents
        return seen

    def donors_of(self, kind: str, key: str) -> set[str]:
        """Keys of the donors that a thing comes from, as far as its origin is recorded."""
        found = self.ancestors([f"{kind}:{key}"])
        return {thing.removeprefix("Donor:") for thing in found if thing.startswith("Donor:")}

    def is_within(self, position: str, place: str, at_ms: int) -> bool:
        """Whether a position was the place at that time, or stood below it, as far as what is above it is loaded."""
        return place in self.above(position, at_ms)

    def above(self, position: str, at_ms: int) -> list[str]:
        """The position and those it stood in at that time, from below. Where they form a ring, each stands there once."""
        found: dict[str, None] = {}
        current: str | None = position
        while current is not None and current not in found:
            found[current] = None
            current = self.parent_of(current, at_ms)
        return list(found)

    def parent_of(self, position: str, at_ms: int) -> str | None:
        """The position above at that time: where it was last moved to, else what its own record says."""
        node = self.node("StoragePosition", position)
        if node is None:
            return None
        moves = node.account.events if node.account is not None else []
        before = [event for event in moves if event.start[0] <= at_ms]
        if before:
            return max(before, key=lambda event: (event.start, event.seq)).position
        parent: str | None = node.values.get("parent")
        return parent

    def accounted(self) -> Iterator[KnownNode]:
        return (node for node in self.nodes.values() if node.account is not None)
