"""What was changed of a node or an operation: who, when, old, new, and the reason. Source: specification 4 (R-03)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph.errors import NotFound
from graph.reader import LATEST, AsOf, EntryRow, NodeId, id_text
from graph.records import CLOSING_FIELDS
from graph.vocabulary import KINDS, MEMBERS, USES, Field
from queries.ids import OPERATION_PREFIX, parse_node_id, parse_operation_id
from queries.operations import (
    OperationKey,
    Told,
    closed_values,
    ends_of,
    member_fields,
    stage_fields,
    told_operations,
    touched_by,
)
from queries.privacy import Unshown, View, not_to_be_looked_up

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


# -- nodes -----------------------------------------------------------------------------------------------------------


async def _of_node(view: View, node: NodeId) -> list[Change]:
    text = id_text(node)
    if view.hides_kind(node[0]):
        raise not_to_be_looked_up(text)
    makers = await view.reader.makers_of(node)
    seqs = await view.reader.operation_seqs(makers)
    targets = [text, *(f"{OPERATION_PREFIX}{maker}" for maker in makers)]
    found = {entry.seq: entry for entry in await view.reader.entries(seqs=list(seqs.values()))}
    found |= {entry.seq: entry for entry in await view.reader.entries(targets=targets)}
    entries = [found[seq] for seq in sorted(found) if found[seq].record["record"] != "closing"]
    if not entries:
        raise NotFound((text,))
    positions = [LATEST, *(AsOf(entry.seq - 1) for entry in entries if _makes(entry.record, node) is None)]
    for position in positions:
        if await view.hidden([node], position):  # what leads to one person is not told apart from what there is not
            raise NotFound((text,))
    view.show_keys("history", [node])
    fields = KINDS[node[0]].fields
    current: dict[str, Any] = {}
    told: list[_Told] = []
    for entry in entries:
        values = _makes(entry.record, node)
        if entry.record["record"] != "amendment":
            values = {**dict.fromkeys(current), **(values or {})}
            if not values:  # that it came, or went, though no field was or is recorded
                told.append(_Told(entry, "", None, None))
        for name, value in (values or {}).items():
            if current.get(name) != value:
                told.append(_Told(entry, name, current.get(name), value, fields[name]))
                current[name] = value
    return await _masked(view, text, told)


def _makes(record: Mapping[str, Any], node: NodeId) -> dict[str, Any] | None:
    """What one record says of the node's fields; None where a correction makes it no more."""
    if record["record"] in {"node", "amendment"}:
        return dict(record.get("data", {}))
    operation = record if record["record"] == "operation" else record.get("replacement")
    for output in operation.get("outputs", ()) if operation else ():
        if (output["kind"], output["id"]) == node:
            return dict(output.get("data", {}))
        if node[0] == "CellUnit" and node[1] in output.get("units", ()):
            return {}
    return None


# -- operations ------------------------------------------------------------------------------------------------------


async def _of_operation(view: View, operation: str) -> list[Change]:
    text = f"{OPERATION_PREFIX}{operation}"
    seqs = await view.reader.operation_seqs([operation])
    if operation not in seqs:
        raise NotFound((text,))
    (own,) = await view.reader.entries(seqs=[seqs[operation]])
    replaces = own.record["operation"] if own.record["record"] == "correction" else None
    if replaces is not None:
        seqs |= await view.reader.operation_seqs([replaces])
    told = await told_operations(view, [OperationKey(name, seq, 0) for name, seq in seqs.items()])
    this = told[operation]
    hidden = await view.hidden(end for each in told.values() for end in ends_of(each.record))
    for each in told.values():
        if each.correction is not None:  # what it made may be no more: whom that led to is seen from before
            hidden |= await view.hidden(ends_of(each.record), AsOf(each.correction.seq - 1))
    view.show_keys("history", [end for each in told.values() for end in ends_of(each.record) if end not in hidden])
    recorded = _as_recorded(this)
    is_timeless = view.keeps_back(ends_of(recorded), hidden)
    before = _members_of(view, told[replaces].record, hidden) if replaces is not None else {}
    changes = [_whole(view, own, replaces, operation)]
    changes += await _masked(view, text, _differences(own, before, _members_of(view, recorded, hidden)))
    for entry in this.closings:
        changes += await _masked(view, text, _closed(entry, recorded["type"], is_timeless=is_timeless))
    if this.correction is not None:
        replacement = this.correction.record.get("replacement")
        changes.append(_whole(view, this.correction, operation, replacement["id"] if replacement else None))
        if replacement:
            hidden |= await view.hidden(ends_of(replacement))
            after = _members_of(view, replacement, hidden)
            now = _members_of(view, this.record, hidden)
            changes += await _masked(view, text, _differences(this.correction, now, after))
    return changes


def _as_recorded(told: Told) -> Mapping[str, Any]:
    """The operation as its own entry has it, without what closings added."""
    record: Mapping[str, Any] = told.entry.record
    return record if record["record"] == "operation" else record["replacement"]


def _whole(view: View, entry: EntryRow, old: str | None, new: str | None) -> Change:
    """That an operation came, went, or stands for another."""
    reason, is_masked = _reason(view, entry)
    return Change(**_who(view, entry), member="operation", old=old, new=new, reason=reason, is_masked=is_masked)


def _members_of(
    view: View, record: Mapping[str, Any], hidden: Collection[NodeId]
) -> dict[str, tuple[Field | None, Any]]:
    """Member -> (declared field, value). Ends and uses stand as lists, their fields by the id of the thing."""
    is_timeless = view.keeps_back(ends_of(record), hidden)
    own = member_fields(record["type"], is_timeless=is_timeless)
    found: dict[str, tuple[Field | None, Any]] = {"type": (None, record["type"])}
    found |= {name: (declared, record[name]) for name, declared in own.items() if record.get(name) is not None}
    for name, value in record.get("data", {}).items():
        found[f"data.{name}"] = (stage_fields(record["type"], is_timeless=is_timeless)[name], value)
    for side in ("inputs", "outputs", "uses"):
        ends = record.get(side, ())
        if ends:
            found[side] = (None, [_end(view, record, end, hidden, is_timeless=is_timeless) for end in ends])
        for end in ends:
            fields = USES[end["kind"]].fields if side == "uses" else KINDS[end["kind"]].fields
            named = view.shown_id((end["kind"], end["id"]), hidden)
            for name, value in end.get("data", {}).items():
                found[f"{side}[{named}].data.{name}"] = (fields[name], value)
    return found


def _end(
    view: View, record: Mapping[str, Any], end: Mapping[str, Any], hidden: Collection[NodeId], *, is_timeless: bool
) -> dict[str, Any]:
    """An input, output or use without its fields, as far as the viewer may see its keys."""
    left_out = {"kind", "data", "units", "on", *(("start", "end") if is_timeless else ())}
    shown = {name: value for name, value in end.items() if name not in left_out}
    shown["id"] = view.shown_id((end["kind"], end["id"]), hidden)
    if "units" in end:
        shown["units"] = [view.shown_id(("CellUnit", unit), hidden) for unit in end["units"]]
    if "on" in end:
        shown["on"] = [view.shown_id(touched, hidden) for touched in touched_by(record, end)]
    return shown


def _differences(
    entry: EntryRow, old: Mapping[str, tuple[Field | None, Any]], new: Mapping[str, tuple[Field | None, Any]]
) -> list[_Told]:
    nothing = (None, None)
    return [
        _Told(entry, name, old.get(name, nothing)[1], new.get(name, nothing)[1], (new.get(name) or old[name])[0])
        for name in {**old, **new}
        if old.get(name, nothing)[1] != new.get(name, nothing)[1]
    ]


def _closed(entry: EntryRow, type_: str, *, is_timeless: bool) -> list[_Told]:
    """What a closing added, of the operation or of one use in it."""
    use = entry.record.get("use")
    end, values = closed_values(entry.record)
    where = f"uses[{use}]." if use is not None else ""
    own_end = member_fields(type_, is_timeless=is_timeless)["end"]
    end_field = own_end if use is None or is_timeless else None
    return [
        _Told(entry, f"{where}end", None, end, end_field),
        *(_Told(entry, f"{where}data.{name}", None, value, CLOSING_FIELDS[name]) for name, value in values.items()),
    ]


# -- what is shown of it ---------------------------------------------------------------------------------------------


class _Told(NamedTuple):
    """One member that a record set, with its declaration where it has one."""

    entry: EntryRow
    member: str
    old: Any
    new: Any
    declared: Field | None = None


async def _masked(view: View, text: str, told: Sequence[_Told]) -> list[Change]:
    shown = await view.show(
        "history",
        [
            Unshown(
                text,
                {each.member: each.declared} if each.declared is not None else {},
                {each.member: value} if value is not None else {},
            )
            for each in told
            for value in (each.old, each.new)
        ],
    )
    changes = []
    for number, each in enumerate(told):
        before, after = shown[2 * number], shown[2 * number + 1]
        old, new = before.values.get(each.member), after.values.get(each.member)
        is_masked = bool(before.masked or after.masked)
        if each.member and old == new and not is_masked:
            continue  # restated: sealed anew, and the same
        reason, is_reason_masked = _reason(view, each.entry)
        changes.append(
            Change(
                **_who(view, each.entry),
                member=each.member,
                old=old,
                new=new,
                reason=reason,
                is_masked=is_masked or is_reason_masked,
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
