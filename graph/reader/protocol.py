"""What can be read of a lineage, whoever keeps it: the database, an index, or a test's memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Protocol

from graph.encoding import decode_value
from graph.vocabulary import KINDS, OPERATIONS

__all__ = [
    "LATEST",
    "MAKING_EDGES",
    "AsOf",
    "DeviationRow",
    "Direction",
    "EdgeRow",
    "Edges",
    "EntryRow",
    "HeadRow",
    "NodeId",
    "NodeRow",
    "Reader",
    "by_kind",
    "id_text",
]

# Edges by which a thing comes into being.
MAKING_EDGES = (*(name for name, operation in OPERATIONS.items() if operation.creates), "CONTAINS")

NodeId = tuple[str, str]  # kind and key
Frontier = Mapping[str, Collection[str]]  # keys by kind


@unique
class Direction(Enum):
    """Along the flow of material, or against it."""

    FORWARD = "FORWARD"
    BACKWARD = "BACKWARD"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The position of an answer: what entries up to ``seq`` say, and of those what was recorded by ``known_at_ms``.

    Without ``known_at_ms`` everything up to the position counts. Later entries never do, so the pages of one answer
    agree with each other whatever is written meanwhile.
    """

    seq: int
    known_at_ms: int | None = None

    def shows(self, seq: int, recorded_ms: int, voided_seq: int | None, voided_ms: int | None) -> bool:
        """Whether something recorded, and perhaps voided, by these entries stands at this position."""
        if seq > self.seq or (self.known_at_ms is not None and recorded_ms > self.known_at_ms):
            return False
        if voided_seq is None or voided_seq > self.seq:
            return True
        return self.known_at_ms is not None and voided_ms is not None and voided_ms > self.known_at_ms


LATEST = AsOf(2**62)  # later than any entry: whatever is known


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node as stored. ``values`` are its fields, decoded; a sealed one reads ``{"sealed": digest}``."""

    kind: str
    key: str
    seq: int
    recorded_ms: int
    values: Mapping[str, Any]
    is_stub: bool = False
    made_by: str | None = None  # operation id; None where a node record made it

    @property
    def node_id(self) -> NodeId:
        return self.kind, self.key

    @classmethod
    def from_properties(cls, kind: str, properties: Mapping[str, Any]) -> NodeRow:
        fields = KINDS[kind].fields
        return cls(
            kind=kind,
            key=properties["key"],
            seq=properties["seq"],
            recorded_ms=properties["recorded_ms"],
            values={
                name: decode_value(field, properties[name])
                for name, field in fields.items()
                if properties.get(name) is not None
            },
            is_stub=bool(properties.get("is_stub")),
            made_by=properties.get("made_by"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRow:
    """One edge, in the direction it is written in. ``end_ms`` None: open, at the position asked for."""

    type: str
    source: NodeId
    target: NodeId
    operation_id: str
    seq: int
    start_ms: int | None = None
    start_latest_ms: int | None = None  # only where it differs
    end_ms: int | None = None
    end_latest_ms: int | None = None
    offset_minutes: int = 0
    operation_location: str | None = None  # positions that the operation names
    temporary_storage_location: str | None = None
    matched: str | None = None  # which of the values asked for it has, from `edges_where`

    def other(self, node: NodeId) -> NodeId:
        return self.target if node == self.source else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One ledger entry. ``record`` is the canonical record; sealed values in it read ``{"sealed": digest}``."""

    seq: int
    name: str  # "operation:O07", "node:CellLot:MCB1", "closing:A01-C", …
    target: str  # "Operation:O07", "CellLot:MCB1"
    record: Mapping[str, Any]
    recorded_ms: int  # the claimed time where historic, otherwise the ledger's clock
    clock_ms: int
    actor: str | None = None
    role: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRow:
    """Where the ledger stands. An empty ledger has seq 0."""

    seq: int
    digest: str
    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationRow:
    """A departure that the ledger keeps. ``members`` as the entry holds them, without the id."""

    id: str
    seq: int
    is_open: bool
    members: Mapping[str, Any]


class Edges(Protocol):
    """What is read of a lineage to walk along it."""

    async def nodes_where(self, kind: str, field: str, values: Collection[str], as_of: AsOf) -> list[NodeRow]:
        """The nodes of a kind whose field is one of these. Reads the whole kind."""
        ...

    async def neighbours(
        self, direction: Direction, frontier: Frontier, edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        """The edges of these types that leave (FORWARD) or reach (BACKWARD) the frontier; one level, no order."""
        ...

    async def edges_where(
        self, member: str, values: Collection[str], edge_types: Collection[str], as_of: AsOf
    ) -> list[EdgeRow]:
        """The edges of these types whose ``member`` (operator, performing_org, a position named) is one of these."""
        ...


class Reader(Edges, Protocol):
    """Reads in batches: how often the store is asked depends on kinds and edge types, never on how many nodes."""

    @property
    def product(self) -> str: ...

    @property
    def version(self) -> str: ...

    async def head(self) -> HeadRow: ...

    async def nodes(self, keys: Frontier, as_of: AsOf | None = None) -> dict[NodeId, NodeRow]:
        """Those of the nodes that exist at the position (now, without one). One statement a kind."""
        ...

    async def stubs(self, keys: Frontier, as_of: AsOf) -> list[NodeId]:
        """Those of the nodes that were only named, not described, at the position."""
        ...

    async def units_of(self, lots: Collection[str], as_of: AsOf) -> list[NodeId]:
        """The units of itemised lots."""
        ...

    async def entries(
        self,
        *,
        names: Collection[str] = (),
        targets: Collection[str] = (),
        seqs: Collection[int] = (),
        up_to: int | None = None,
    ) -> list[EntryRow]:
        """Entries with one of the names, targets or numbers, each once, in ledger order."""
        ...

    def all_entries(self, up_to: int) -> AsyncIterator[EntryRow]:
        """Every entry in ledger order, with flat memory."""
        ...

    async def operation_seqs(self, ids: Collection[str]) -> dict[str, int]:
        """The number of the entry that recorded each operation, a replacement's too. Unknown ids are left out."""
        ...

    async def operation_ids(self, prefix: str, limit: int) -> list[str]:
        """Operations whose id begins so, replacements too: at least the first ``limit`` of them, in no order."""
        ...

    async def makers_of(self, node: NodeId) -> list[str]:
        """The operations that ever made the node, corrected ones too, by id; none where a node record did."""
        ...

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
        """How many nodes of the kind hold ``text`` in their key or a field, whatever its case; and a page, by key.

        ``without``: keys that are passed over, and not counted.
        """
        ...

    async def deviations(
        self, is_open: bool | None, up_to: int, *, highest_tier: int, after: tuple[int, int], limit: int
    ) -> tuple[int, list[DeviationRow]]:
        """How many departures of values up to a tier there are, and a page of them after (entry, number), in that order."""
        ...

    async def deviations_of(self, operations: Collection[str], up_to: int, highest_tier: int) -> list[DeviationRow]:
        """The departures of these operations, of values up to a tier, in the order of the ledger."""
        ...

    async def count(self, kind: str, field: str | None, as_of: AsOf) -> int:
        """How many nodes of a kind there are, or have the field."""
        ...


def id_text(node: NodeId) -> str:
    """``CellLot:L1P1``."""
    return f"{node[0]}:{node[1]}"


def by_kind(nodes: Iterable[NodeId]) -> dict[str, list[str]]:
    """The nodes as keys by kind, each once, in the order given."""
    grouped: dict[str, dict[str, None]] = defaultdict(dict)
    for kind, key in nodes:
        grouped[kind][key] = None
    return {kind: list(keys) for kind, keys in grouped.items()}
