"""What was changed of a node or an operation: who, when, old, new, and the reason. Source: specification 4 (R-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.errors import NotFound, NotPermitted
from graph.reader import EntryRow, NodeId
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, Field
from queries.ids import OPERATION_PREFIX, parse_node_id, parse_operation_id
from queries.privacy import Unshown, View

__all__ = ["Change", "history"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One member that was recorded or changed. ``old`` and ``new`` are None where absent, or masked.

    ``by`` is who answers for it; ``actor`` who was signed in when it went into the ledger.
    """

    seq: int
    record: str  # node, operation, closing, correction, amendment
    record_id: str
    recorded_ms: int
    clock_ms: int
    by: str | None
    actor: str | None
    role: str | None
    purpose: str | None
    member: str
    old: Any
    new: Any
    reason: str | None
    is_masked: bool


async def history(view: View, id_: str) -> list[Change]:
    """The changes of a node (``Kind:key``) or an operation (``Operation:O07``), in ledger order.

    Raises BadInput, NotFound, NotPermitted (a node whose code the viewer may not see).
    """
    if id_.strip().startswith(OPERATION_PREFIX):
        return await _of_operation(view, parse_operation_id(id_))
    return await _of_node(view, parse_node_id(id_))


async def _of_node(view: View, node: NodeId) -> list[Change]:
    text = f"{node[0]}:{node[1]}"
    if view.hides_kind(node[0]) or await view.hidden([node]):
        raise NotPermitted(f"Your role may not look up {text}.", remedy="Ask a colleague whose role may.")
    entries = await view.reader.entries(targets=[text])
    made = await _made(view, node)
    entries = sorted([*made, *entries], key=lambda entry: entry.seq)
    if not entries:
        raise NotFound((text,))
    fields = KINDS[node[0]].fields
    current: dict[str, Any] = {}
    told: list[tuple[EntryRow, str, Any, Any]] = []
    for entry in entries:
        values = _values_of(entry.record, node)
        if entry.record["record"] != "amendment":
            gone = {name: None for name in current if name not in values}
            values = {**gone, **values}
            if not values:
                told.append((entry, "", None, None))
        for name, value in values.items():
            if current.get(name) != value:
                told.append((entry, name, current.get(name), value))
                current[name] = value
    return await _masked(view, text, fields, told)


async def _made(view: View, node: NodeId) -> list[EntryRow]:
    """The entries of the operations that made the node, corrected ones too."""
    rows = await view.reader.nodes({node[0]: [node[1]]})
    made_by = rows[node].made_by if node in rows else None
    found: dict[int, EntryRow] = {}
    while made_by is not None:
        seqs = await view.reader.operation_seqs([made_by])
        made_by = None
        for entry in await view.reader.entries(seqs=list(seqs.values())):
            found[entry.seq] = entry
            if entry.record["record"] == "correction":  # and what it replaced
                made_by = entry.record["operation"]
    return [entry for entry in found.values() if _makes(entry.record, node)]


def _makes(record: Mapping[str, Any], node: NodeId) -> bool:
    operation = record.get("replacement", record)
    return any(
        (output["kind"], output["id"]) == node or (node[0] == "CellUnit" and node[1] in output.get("units", ()))
        for output in operation.get("outputs", ())
    )


def _values_of(record: Mapping[str, Any], node: NodeId) -> dict[str, Any]:
    """What one record says of the node's fields."""
    if record["record"] in {"node", "amendment"}:
        return dict(record.get("data", {}))
    operation = record.get("replacement", record)
    for output in operation.get("outputs", ()):
        if (output["kind"], output["id"]) == node:
            return dict(output.get("data", {}))
    return {}


async def _of_operation(view: View, operation: str) -> list[Change]:
    seqs = await view.reader.operation_seqs([operation])
    if operation not in seqs:
        raise NotFound((f"{OPERATION_PREFIX}{operation}",))
    text = f"{OPERATION_PREFIX}{operation}"
    entries = [
        *await view.reader.entries(seqs=[seqs[operation]]),
        *await view.reader.entries(targets=[text]),
    ]
    changes: list[Change] = []
    type_ = ""
    for entry in entries:
        record = entry.record
        if entry.seq == seqs[operation]:
            own = record if record["record"] == "operation" else record["replacement"]
            type_ = own["type"]
            changes.append(await _whole(view, entry, operation, text))
        elif record["record"] == "closing":
            fields = {**OPERATIONS[type_].fields, "end": MEMBERS["closing"].fields["end"]}
            told = [(entry, name, None, value) for name, value in record.get("data", {}).items()]
            told = [(entry, "end", None, record["end"]), *told]
            if "use" in record:
                told = [(entry, "end", None, record["end"])]
            changes += await _masked(view, text, fields, told)
        elif record["record"] == "correction":
            changes.append(await _corrected(view, entry, operation, text))
    return changes


async def _whole(view: View, entry: EntryRow, operation: str, text: str) -> Change:
    """The operation as it came into the ledger: masked as a whole, member by member."""
    return await _change(view, entry, text, None, operation)


async def _corrected(view: View, entry: EntryRow, operation: str, text: str) -> Change:
    replacement = entry.record.get("replacement")
    return await _change(view, entry, text, operation, replacement["id"] if replacement else None)


async def _change(view: View, entry: EntryRow, text: str, old: str | None, new: str | None) -> Change:
    reason, is_masked = _reason(view, entry)
    return Change(**_who(view, entry), member="operation", old=old, new=new, reason=reason, is_masked=is_masked)


async def _masked(
    view: View, text: str, fields: Mapping[str, Field], told: Sequence[tuple[EntryRow, str, Any, Any]]
) -> list[Change]:
    unshown: list[Unshown] = []
    for _, name, old, new in told:
        declared = {name: fields[name]} if name in fields else {}
        unshown += [Unshown(text, declared, {name: value} if value is not None else {}) for value in (old, new)]
    shown = await view.show("history", unshown)
    changes = []
    for number, (entry, name, _, _) in enumerate(told):
        before, after = shown[2 * number], shown[2 * number + 1]
        reason, is_reason_masked = _reason(view, entry)
        changes.append(
            Change(
                **_who(view, entry),
                member=name,
                old=before.values.get(name),
                new=after.values.get(name),
                reason=reason,
                is_masked=bool(before.masked or after.masked) or is_reason_masked,
            )
        )
    return changes


def _reason(view: View, entry: EntryRow) -> tuple[str | None, bool]:
    """Why, where the record says; free text, so of tier 2 at least."""
    shape = entry.record["record"]
    reason = entry.record.get("reason") if shape in {"amendment", "correction"} else None
    if reason is None:
        return None, False
    tier = MEMBERS[shape].fields["reason"].tier
    return (reason, False) if tier <= view.tier else (None, True)


def _who(view: View, entry: EntryRow) -> dict[str, Any]:
    record = entry.record
    may_name = KINDS["Person"].tier <= view.tier
    operation = record.get("replacement") or record
    return {
        "seq": entry.seq,
        "record": record["record"],
        "record_id": record["id"],
        "recorded_ms": entry.recorded_ms,
        "clock_ms": entry.clock_ms,
        "by": (record.get("by") or operation.get("operator")) if may_name else None,
        "actor": entry.actor if may_name else None,
        "role": entry.role,
        "purpose": entry.purpose if may_name else None,
    }
