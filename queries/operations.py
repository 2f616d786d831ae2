"""Operations as recorded, with what was said of them later: closings, the correction that voided one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from graph.reader import AsOf, Direction, EntryRow, NodeId, by_kind
from graph.records import CLOSING_FIELDS
from graph.times import Moment, parse_moment, with_offset
from graph.vocabulary import EDGE_TYPES, KINDS, MEMBERS, OPERATIONS, USES, Field, FieldType, lot_key_tier, member_tier
from queries.privacy import Shown, Unshown, View

__all__ = [
    "Closing",
    "End",
    "Operation",
    "OperationKey",
    "Told",
    "Used",
    "closed_values",
    "ends_of",
    "member_fields",
    "merged_record",
    "operation",
    "operation_keys",
    "operations",
    "operations_by_id",
    "told_operations",
    "touched_by",
]

_TO_OPERATIONS = tuple(name for name in EDGE_TYPES if name not in {"CONTAINS", "PART_OF"})
_USES = frozenset(use.edge for use in USES.values())
# Members of an operation that stand as values of their own, outside its fields.
_TIMES = frozenset({FieldType.TIME, FieldType.DATE})
_MEMBERS = (
    "performing_org", "operator", "reviewer", "study", "source_document", "captured", "despite", "reason",
    "acknowledged_by", "start", "end",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OperationKey:
    """An operation, and the entry that records it."""

    id: str
    seq: int
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One thing at one end of an operation. ``values``: what the record says of an output that it makes."""

    node: NodeId
    is_hidden: bool
    quantity: float | None
    unit: str | None
    units: tuple[str, ...]
    is_consumed: bool
    values: Mapping[str, Any]
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A reagent or machine in an operation."""

    node: NodeId
    is_hidden: bool
    start: Moment | None
    end: Moment | None
    is_open: bool
    process: str
    on: tuple[str, ...]
    values: Mapping[str, Any]
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A record that ended the operation, or one use in it."""

    id: str
    end: Moment | None
    use: str | None
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One act. ``members`` are its own (operator, …), ``values`` its stage fields; both lack what is masked."""

    id: str
    type: str
    seq: int
    recorded_ms: int
    start: Moment | None
    end: Moment | None
    is_open: bool
    members: Mapping[str, Any]
    values: Mapping[str, Any]
    masked: tuple[str, ...]
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    uses: tuple[Used, ...]
    closings: tuple[Closing, ...]
    corrected_by: str | None = None  # id of the correction that voided it
    replaced_by: str | None = None  # id of the operation that stands for it
    replaces: str | None = None
    masked_members: tuple[str, ...] = ()  # of `masked`, those outside the stage fields
    zone: str | None = None  # of the times in its values that have no offset of their own

    @property
    def said_to_be_masked(self) -> tuple[str, ...]:
        """What is worth telling a reader that it is kept back: no reason where no rule was set aside."""
        may_have_reason = "despite" in self.members or "despite" in self.masked
        return tuple(name for name in self.masked if name != "reason" or may_have_reason)


@dataclass(slots=True)
class Told:
    """An operation's record with the closings applied."""

    record: Mapping[str, Any]
    entry: EntryRow
    closings: list[EntryRow] = field(default_factory=list)
    correction: EntryRow | None = None


async def operation(view: View, operation_id: str) -> Operation | None:
    """The operation, corrected ones included; None where there is none."""
    seqs = await view.reader.operation_seqs([operation_id])
    keys = [OperationKey(name, seq, 0) for name, seq in seqs.items()]
    found = await operations(view, keys)
    return found[0] if found else None


async def operation_keys(view: View, wanted: Iterable[NodeId], as_of: AsOf) -> dict[NodeId, list[OperationKey]]:
    """The live operations in which each node took part, was used or acted, by start and id.

    Those that name units of a lot are the lot's too. How often the store is asked does not depend on the nodes.
    """
    every = list(dict.fromkeys(wanted))
    found: dict[NodeId, dict[str, OperationKey]] = {node: {} for node in every}
    lots = [key for kind, key in every if kind == "CellLot"]
    owners: dict[NodeId, list[NodeId]] = {node: [node] for node in every}
    for unit in await view.reader.units_of(lots, as_of):
        owners.setdefault(unit, []).append(("CellLot", unit[1].partition("#")[0]))
    frontier = by_kind(owners)
    for direction in Direction:
        edges = await view.reader.neighbours(direction, frontier, _TO_OPERATIONS, as_of)
        # A use may begin later than its operation: it tells when that was only where nothing else does.
        for edge in sorted(edges, key=lambda edge: edge.type in _USES):
            near = edge.source if direction is Direction.FORWARD else edge.target
            for owner in owners[near]:
                _take(found[owner], OperationKey(edge.operation_id, edge.seq, edge.start_ms or 0))
    for kind, member in (("Person", "operator"), ("Institution", "performing_org"), ("Study", "study")):
        doers = [key for node_kind, key in every if node_kind == kind]
        for edge in await view.reader.edges_where(member, doers, tuple(OPERATIONS), as_of) if doers else ():
            _take(found[kind, edge.matched or ""], OperationKey(edge.operation_id, edge.seq, edge.start_ms or 0))
    return {node: sorted(keys.values(), key=lambda key: (key.start_ms, key.id)) for node, keys in found.items()}


def _take(keys: dict[str, OperationKey], key: OperationKey) -> None:
    known = keys.get(key.id)
    if known is None or (known.start_ms == 0 and key.start_ms):
        keys[key.id] = key


async def operations_by_id(view: View, ids: Iterable[str], as_of: AsOf) -> dict[str, Operation]:
    """Those of the operations that exist, as told up to the position. A fixed number of statements, however many."""
    seqs = await view.reader.operation_seqs(list(dict.fromkeys(ids)))
    found = await operations(view, [OperationKey(name, seq, 0) for name, seq in seqs.items()], as_of)
    return {each.id: each for each in found}


async def operations(view: View, keys: Sequence[OperationKey], as_of: AsOf | None = None) -> list[Operation]:
    """The operations, in the order of the keys, as told up to the position (by now, without one).

    A fixed number of statements, however many.
    """
    if not keys:
        return []
    told = await told_operations(view, keys, as_of)
    return await _shown(view, [told[key.id] for key in keys])


async def told_operations(view: View, keys: Sequence[OperationKey], as_of: AsOf | None = None) -> dict[str, Told]:
    """The operations' records by id, unmasked, with what was said of them later: for questions, not for answers."""
    entries = {entry.seq: entry for entry in await view.reader.entries(seqs=sorted({key.seq for key in keys}))}
    told: dict[str, Told] = {}
    for key in keys:
        entry = entries[key.seq]
        record = entry.record if entry.record["record"] == "operation" else entry.record["replacement"]
        told[key.id] = Told(record=record, entry=entry)
    for entry in await view.reader.entries(targets=[f"Operation:{name}" for name in told]):
        if as_of is not None and not as_of.shows(entry.seq, entry.recorded_ms, None, None):
            continue
        target = told[entry.target.removeprefix("Operation:")]
        if entry.record["record"] == "closing":
            target.closings.append(entry)
        elif entry.record["record"] == "correction":
            target.correction = entry
    for item in told.values():
        item.record = merged_record(item.record, item.closings)
    return told


def merged_record(record: Mapping[str, Any], closings: Iterable[EntryRow]) -> Mapping[str, Any]:
    """The record with what closings add: the end, and stage fields; of the operation or of one use."""
    merged = dict(record)
    for entry in closings:
        closing = entry.record
        end, values = closed_values(closing)
        if "use" not in closing:
            merged["end"] = end
            merged["data"] = {**merged.get("data", {}), **values}
            continue
        closed = _closed_use(record["uses"], closing["use"])
        merged["uses"] = [
            {**use, "end": end, "data": {**use.get("data", {}), **values}} if number == closed else use
            for number, use in enumerate(merged["uses"])
        ]
    return merged


def _closed_use(uses: Sequence[Mapping[str, Any]], key: str) -> int:
    """The place of the use that a closing means by a key, as `OperationRecord.open_uses` tells it."""
    named = [
        number for number, use in enumerate(uses) if use["id"] == key and "start" in use and use.get("end") is None
    ]
    machines = [number for number in named if uses[number]["kind"] == "Equipment"]
    return (machines or named or [-1])[0]


def closed_values(closing: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The end and the values that a closing adds, their times with their offsets: its zone is not the operation's."""
    zone = closing.get("zone")
    values = {
        name: with_offset(value, zone) if CLOSING_FIELDS[name].type is FieldType.TIME else value
        for name, value in closing.get("data", {}).items()
    }
    return with_offset(closing["end"], zone), values


def _handled(record: Mapping[str, Any]) -> list[NodeId]:
    """What goes in and comes out, and its units."""
    sides = [*record.get("inputs", ()), *record.get("outputs", ())]
    return [(end["kind"], end["id"]) for end in sides] + [
        ("CellUnit", unit) for end in sides for unit in end.get("units", ())
    ]


def ends_of(record: Mapping[str, Any]) -> list[NodeId]:
    return [*_handled(record), *((use["kind"], use["id"]) for use in record.get("uses", ()))]


async def _shown(view: View, every: Sequence[Told]) -> list[Operation]:
    hidden = await view.hidden(node for told in every for node in ends_of(told.record))
    for told in every:
        if told.correction is not None:  # what it made may be no more: whom that led to is seen from before
            hidden |= await view.hidden(ends_of(told.record), AsOf(told.correction.seq - 1))
    unshown: list[Unshown] = []
    for told in every:
        record = told.record
        name = f"Operation:{record['id']}"
        is_timeless = view.keeps_back(ends_of(record), hidden)
        unshown.append(Unshown(name, member_fields(record["type"], is_timeless=is_timeless), _members(record)))
        unshown.append(Unshown(name, stage_fields(record["type"], is_timeless=is_timeless), record.get("data", {})))
        for side, fields in (("inputs", None), ("outputs", KINDS), ("uses", USES)):
            for end in record.get(side, ()):
                declared = fields[end["kind"]].fields if fields is not None else {}
                unshown.append(Unshown(name, declared, end.get("data", {})))
    shown = iter(await view.show("operation", unshown))
    view.show_keys("operation", {node for told in every for node in ends_of(told.record) if node not in hidden})
    found: list[Operation] = []
    for told in every:
        record, correction = told.record, told.correction
        members, stage = next(shown), next(shown)
        sides = {side: [(end, next(shown)) for end in record.get(side, ())] for side in ("inputs", "outputs", "uses")}
        zone = record.get("zone")
        is_timeless = view.keeps_back(ends_of(record), hidden)
        replacement = correction.record.get("replacement") if correction is not None else None
        is_replacement = told.entry.record["record"] == "correction"
        found.append(
            Operation(
                id=record["id"],
                type=record["type"],
                seq=told.entry.seq,
                recorded_ms=told.entry.recorded_ms,
                start=_moment(members.values.get("start"), zone),
                end=_moment(members.values.get("end"), zone),
                is_open=OPERATIONS[record["type"]].is_lasting and record.get("end") is None and not is_timeless,
                members=members.values,
                values=stage.values,
                masked=(*members.masked, *stage.masked),
                inputs=tuple(_end(view, end, part.values, part.masked, hidden) for end, part in sides["inputs"]),
                outputs=tuple(_end(view, end, part.values, part.masked, hidden) for end, part in sides["outputs"]),
                uses=tuple(
                    _used(view, use, touched_by(record, use), part, hidden, zone, is_timeless=is_timeless)
                    for use, part in sides["uses"]
                ),
                closings=tuple(_closing(view, entry, zone, is_timeless=is_timeless) for entry in told.closings),
                corrected_by=correction.record["id"] if correction is not None else None,
                replaced_by=replacement["id"] if replacement else None,
                replaces=told.entry.record["operation"] if is_replacement else None,
                masked_members=members.masked,
                zone=zone,
            )
        )
    return found


@cache
def member_fields(operation_type: str, *, is_timeless: bool = False) -> Mapping[str, Field]:
    """The members that stand as values of their own, each at the tier it has in this type of operation. ``is_timeless``:
    with something that leads to one person, so its times are as private as that.
    """
    declared = MEMBERS["operation"].fields
    found = {
        name: declared[name]
        if member_tier(operation_type, name) == declared[name].tier
        else replace(declared[name], tier=member_tier(operation_type, name))
        for name in _MEMBERS
    }
    return _timeless(found) if is_timeless else found


@cache
def stage_fields(operation_type: str, *, is_timeless: bool = False) -> Mapping[str, Field]:
    """The stage data of an operation, as `member_fields`."""
    fields = OPERATIONS[operation_type].fields
    return _timeless(fields) if is_timeless else fields


def _timeless(fields: Mapping[str, Field]) -> dict[str, Field]:
    tier = lot_key_tier(is_autologous=True)
    return {
        name: replace(each, tier=max(each.tier, tier)) if each.type in _TIMES else each for name, each in fields.items()
    }


def _members(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in _MEMBERS if record.get(name) is not None}


def _moment(text: str | None, zone: str | None) -> Moment | None:
    return None if text is None else parse_moment(text, zone)


def _end(
    view: View, end: Mapping[str, Any], values: Mapping[str, Any], masked: tuple[str, ...], hidden: frozenset[NodeId]
) -> End:
    node: NodeId = (end["kind"], end["id"])
    is_hidden = node in hidden
    return End(
        node=view.stubs.name(node) if is_hidden else node,
        is_hidden=is_hidden,
        quantity=float(len(units)) if (units := end.get("units")) else end.get("quantity"),
        unit=end.get("unit"),
        units=tuple(
            view.stubs.name(("CellUnit", unit))[1] if ("CellUnit", unit) in hidden else unit
            for unit in end.get("units", ())
        ),
        is_consumed=bool(end.get("consumed")),
        values=values,
        masked=("id", *masked) if is_hidden else masked,
    )


def touched_by(record: Mapping[str, Any], use: Mapping[str, Any]) -> list[NodeId]:
    """What a use touched, where the record says so: by bare ids, with the kind only where two things share one."""
    if "on" not in use:
        return []
    handled = _handled(record)
    by_name = {key: (kind, key) for kind, key in handled} | {f"{kind}:{key}": (kind, key) for kind, key in handled}
    return [by_name[name] for name in use["on"]]


def _used(
    view: View,
    use: Mapping[str, Any],
    on: Sequence[NodeId],
    part: Shown,
    hidden: frozenset[NodeId],
    zone: str | None,
    *,
    is_timeless: bool,
) -> Used:
    node: NodeId = (use["kind"], use["id"])
    return Used(
        node=view.stubs.name(node) if node in hidden else node,
        is_hidden=node in hidden,
        start=None if is_timeless else _moment(use.get("start"), zone),
        end=None if is_timeless else _moment(use.get("end"), zone),
        is_open="start" in use and use.get("end") is None and not is_timeless,
        process=use.get("process", "open"),
        on=tuple(view.shown_id(touched, hidden) for touched in on),
        values=part.values,
        masked=part.masked,
    )


def _closing(view: View, entry: EntryRow, zone: str | None, *, is_timeless: bool) -> Closing:
    by_tier = MEMBERS["closing"].fields["by"].tier
    return Closing(
        id=entry.record["id"],
        end=None if is_timeless else _moment(entry.record["end"], entry.record.get("zone", zone)),
        use=entry.record.get("use"),
        by=entry.record.get("by") if by_tier <= view.tier else None,
    )
