"""The ledger as a list: what was recorded, when, by whom, the newest first. Source: specification 4 (R-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import BadInput
from graph.reader import LATEST, AsOf, EntryRow, NodeId
from graph.saying import said
from graph.vocabulary import KINDS
from queries.pages import check_first
from queries.privacy import View

__all__ = ["LedgerEntry", "LedgerPage", "ledger_page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One entry. It is about a thing or about an operation; ``replacement`` is a correction's, where it has one.

    ``id`` of the record is None where it would tell of a thing that is kept from the viewer.
    """

    seq: int
    record: str  # node, stub, operation, closing, correction, amendment
    id: str | None
    node: NodeId | None  # a stub's, where hidden
    is_hidden: bool
    operation: str | None
    operation_type: str | None
    replacement: str | None
    recorded_ms: int
    clock_ms: int
    actor: str | None
    role: str | None
    purpose: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """Entries, the newest first, and where the ledger stands."""

    entries: Sequence[LedgerEntry]
    head_seq: int
    digest: str
    before: int | None  # for the next page; None where this is the last


async def ledger_page(view: View, *, first: int = 50, before: int | None = None) -> LedgerPage:
    """The ``first`` entries before that one; without one, the newest. A fixed number of statements."""
    check_first(first)
    head = await view.reader.head()
    last = head.seq if before is None else min(before - 1, head.seq)
    if last < 0:
        raise BadInput(
            said("before is {before}.", before=before), remedy=said("Give the number of an entry."), member="before"
        )
    oldest = max(last - first, 0)
    rows = await view.reader.entries(seqs=range(oldest + 1, last + 1)) if last > oldest else []
    hidden = await _hidden(view, rows)
    view.show_keys("ledger", [node for row in rows if (node := _node_of(row)) is not None and node not in hidden])
    return LedgerPage(
        entries=[_shown(view, row, hidden) for row in reversed(rows)],
        head_seq=head.seq,
        digest=head.digest,
        before=oldest + 1 if oldest else None,
    )


def _node_of(row: EntryRow) -> NodeId | None:
    kind, _, key = row.target.partition(":")
    return (kind, key) if kind in KINDS else None


async def _hidden(view: View, rows: Sequence[EntryRow]) -> frozenset[NodeId]:
    nodes = [node for row in rows if (node := _node_of(row)) is not None]
    hidden = await view.hidden(nodes, LATEST)
    for row in rows:
        # What was amended may have led to one person then, and be made by nothing now.
        node = _node_of(row)
        if row.record["record"] == "amendment" and node is not None and node not in hidden:
            hidden |= await view.hidden([node], AsOf(row.seq - 1))
    return hidden


def _shown(view: View, row: EntryRow, hidden: frozenset[NodeId]) -> LedgerEntry:
    record, node = row.record, _node_of(row)
    is_hidden = node in hidden
    may_name = KINDS["Person"].tier <= view.tier
    told = _operation_of(record)
    replacement = record.get("replacement")
    return LedgerEntry(
        seq=row.seq,
        record="stub" if row.name.startswith("stub:") else record["record"],
        id=None if is_hidden else record["id"],
        node=view.stubs.name(node) if is_hidden and node is not None else node,
        is_hidden=is_hidden,
        operation=None if node is not None else row.target.partition(":")[2],
        operation_type=told.get("type") if told is not None else None,
        replacement=replacement["id"] if replacement else None,
        recorded_ms=row.recorded_ms,
        clock_ms=row.clock_ms,
        actor=row.actor if may_name else None,
        role=row.role,
        purpose=row.purpose if may_name else None,
    )


def _operation_of(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return record if record["record"] == "operation" else record.get("replacement")
