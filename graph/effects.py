"""What a record writes into the graph. The door and the rebuild both go through here, so they cannot differ.

``Effects`` is told of records in an order in which a thing is made before it is taken; it changes the world in memory
and gathers the rows to be written. It judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graph.encoding import encode_values
from graph.records import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    OutputEnd,
    ResourceUse,
    lot_of_unit,
)
from graph.rules.account import ACCOUNTED, Account, Bounds, Event, events_of
from graph.rules.world import KnownNode, KnownOperation, NodeId, World
from graph.times import Moment, with_offset
from graph.vocabulary import KINDS, OPERATIONS, USES, FieldType

__all__ = ["EdgeChange", "EdgeKey", "Effects", "Properties", "Stamp", "Writes"]

EdgeKey = tuple[str, str, str]  # edge type, kind it leaves, kind it reaches
Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which ledger entry a change belongs to, and when it is said to have been recorded."""

    seq: int
    recorded_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeChange:
    """New property values for the edges of one operation that leave one node."""

    edge: EdgeKey
    from_key: str
    operation_id: str
    properties: Properties


@dataclass(slots=True)
class Writes:
    """Rows for the database, grouped as the statements need them."""

    nodes: dict[str, dict[str, Properties]] = field(default_factory=lambda: defaultdict(dict))
    node_changes: dict[str, dict[str, Properties]] = field(default_factory=lambda: defaultdict(dict))
    edges: dict[EdgeKey, list[tuple[str, str, Properties]]] = field(default_factory=lambda: defaultdict(list))
    edge_changes: list[EdgeChange] = field(default_factory=list)


def _interval(start: Bounds, end: Bounds | None, *, is_open: bool, offset: int) -> Properties:
    properties: Properties = {"start_ms": start[0], "offset_minutes": offset}
    if start[1] != start[0]:
        properties["start_latest_ms"] = start[1]
    if end is None and not is_open:
        end = start
    if end is not None:
        properties["end_ms"] = end[0]
        if end[1] != end[0]:
            properties["end_latest_ms"] = end[1]
    return properties


def _bounds(moment: Moment | None) -> Bounds | None:
    return None if moment is None else (moment.earliest_ms, moment.latest_ms)


def _closed(end: Moment, stamp: Stamp) -> Properties:
    properties: Properties = {"end_ms": end.earliest_ms, "closed_ms": stamp.recorded_ms, "closed_seq": stamp.seq}
    if not end.is_exact:
        properties["end_latest_ms"] = end.latest_ms
    return properties


def _node_values(kind: str, values: Mapping[str, Any], zone: str | None) -> dict[str, Any]:
    """The values as a node has them: times with their offset in them, for a node has no zone."""
    fields = KINDS[kind].fields
    return {
        name: with_offset(value, zone) if isinstance(value, str) and fields[name].type is FieldType.TIME else value
        for name, value in values.items()
    }


class Effects:
    """Applies records to a world and gathers what is to be written."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.writes = Writes()
        self.dirty: set[NodeId] = set()
        self._rows: dict[str, list[tuple[EdgeKey, str, Properties]]] = defaultdict(list)  # new edges by operation

    def finish(self) -> Writes:
        """The rows, with the accounts that changed."""
        for node_id in self.dirty:
            node = self.world.nodes[node_id]
            if node.account is not None:
                self._set(node, {"account": node.account.dumps()})
        self.dirty.clear()
        return self.writes

    # -- rows ------------------------------------------------------------------------------------------------------

    def _set(self, node: KnownNode, properties: Properties) -> None:
        """Property values of a node: into its new row where it has one, else as a change. None removes."""
        row = self.writes.nodes[node.kind].get(node.key)
        if row is None:
            self.writes.node_changes[node.kind].setdefault(node.key, {}).update(properties)
            return
        for name, value in properties.items():
            if value is None:
                row.pop(name, None)
            else:
                row[name] = value

    def _make(self, node: KnownNode, stamp: Stamp) -> None:
        """A new node, or the same again where its making had been voided or only its stub was there."""
        known = self.world.nodes.get((node.kind, node.key))
        node.seq, node.recorded_ms = stamp.seq, stamp.recorded_ms
        properties: Properties = {
            "key": node.key,
            "seq": stamp.seq,
            "recorded_ms": stamp.recorded_ms,
            **encode_values(KINDS[node.kind].fields, node.values),
        }
        if node.is_stub:
            properties["is_stub"] = True
        if node.made_by is not None and node.made is not None:
            properties |= {"made_by": node.made_by, "made_ms": node.made[0]}
            if node.made[1] != node.made[0]:
                properties["made_latest_ms"] = node.made[1]
        if node.kind == "CellUnit":
            properties["lot"] = lot_of_unit(node.key)
        if known is None:
            node.is_new = True
            self.writes.nodes[node.kind][node.key] = properties
        else:
            # what the stub or the voided making said, and the new one does not, goes
            gone = dict.fromkeys(KINDS[node.kind].fields)
            gone |= dict.fromkeys(("is_stub", "voided_ms", "voided_seq", "made_by", "made_ms", "made_latest_ms"))
            if known.recorded_ms <= stamp.recorded_ms:
                properties.pop("recorded_ms")  # it has been known to exist since then
                properties.pop("seq")
            node.is_new = known.is_new
            node.account = node.account or known.account
            self._set(node, {**gone, **properties})
        if node.kind in ACCOUNTED:
            node.account = node.account or Account()
        self.world.nodes[node.kind, node.key] = node
        if node.kind == "ReferenceRange":
            self.world.ranges = [*(kept for kept in self.world.ranges if kept.key != node.key), node]

    def _edge(self, operation: str, edge: EdgeKey, from_key: str, to_key: str, properties: Properties) -> None:
        self.writes.edges[edge].append((from_key, to_key, properties))
        self._rows[operation].append((edge, from_key, properties))

    def _change(self, operation: str, edge: EdgeKey, from_key: str, properties: Properties) -> None:
        """New values for edges of an operation: in its new rows where it has them, else as a change."""
        rows = [row for row in self._rows.get(operation, ()) if row[0] == edge and row[1] == from_key]
        for _, _, row in rows:
            row.update(properties)
        if not rows:
            self.writes.edge_changes.append(
                EdgeChange(edge=edge, from_key=from_key, operation_id=operation, properties=properties)
            )

    # -- the five records ------------------------------------------------------------------------------------------

    def node(self, record: NodeRecord, stamp: Stamp) -> None:
        values = _node_values(record.kind, record.values, record.zone)
        node = KnownNode(kind=record.kind, key=record.id, values=values, is_stub=record.is_stub)
        self._make(node, stamp)
        if record.kind == "StoragePosition" and (parent := record.values.get("parent")):
            self._part_of(node, parent, record.name, stamp, {})

    def operation(self, record: OperationRecord, stamp: Stamp) -> None:
        kind = OPERATIONS[record.type]
        self.world.operations[record.id] = KnownOperation(record, stamp.seq, stamp.recorded_ms, is_new=True)
        made = (record.start.earliest_ms, record.start.latest_ms)
        if kind.creates:
            parents = tuple(f"{end.kind}:{end.id}" for end in record.inputs)
            for output in record.outputs:
                values = _node_values(output.kind, output.values, record.zone)
                node = KnownNode(kind=output.kind, key=output.id, values=values, made_by=record.id, made=made)
                self._make(node, stamp)
                if node.account is not None:
                    node.account.parents = parents
                for unit in output.units:
                    self._make(KnownNode(kind="CellUnit", key=unit, made_by=record.id, made=made), stamp)
        for kind_name, key, event in events_of(record, stamp.seq, creates=kind.creates):
            node_known = self.world.nodes.get((kind_name, key))
            if node_known is not None and node_known.account is not None and self._is_kept(kind_name, record.type):
                node_known.account.events.append(event)
                self.dirty.add((kind_name, key))
        for edge, from_key, to_key, properties in self._edges(record, stamp):
            self._edge(record.id, edge, from_key, to_key, properties)
        self._runs(record)
        if record.type == "MOVED":
            self._moved(record, stamp)

    @staticmethod
    def _is_kept(kind: str, operation: str) -> bool:
        """Machines keep their decontaminations, positions their moves; what is material keeps all."""
        if kind == "Equipment":
            return operation == "DECONTAMINATED"
        if kind == "StoragePosition":
            return operation == "MOVED"
        return True

    def closing(self, record: ClosingRecord, stamp: Stamp) -> None:
        known = self.world.operations[record.operation]
        known.closings.append(record)
        operation = known.record
        ended = {**_closed(record.end, stamp)}
        if record.use is not None:
            use = operation.open_uses(record.use)[0]
            ended |= encode_values(USES[use.kind].fields, record.values)
            for kind, _key in self._touched(operation, use):
                self._change(operation.id, (USES[use.kind].edge, use.kind, kind), use.id, ended)
            self._run_until(use.kind, use.id, record.end.latest_ms)
            return
        stage = encode_values(OPERATIONS[operation.type].fields, record.values)
        for edge, from_key in {(edge, from_key) for edge, from_key, _, _ in self._own_edges(operation, stamp)}:
            self._change(operation.id, edge, from_key, {**ended, **stage})
        for use in operation.uses:
            if use.start is None:  # it has its operation's times
                for kind, _key in self._touched(operation, use):
                    self._change(operation.id, (USES[use.kind].edge, use.kind, kind), use.id, dict(ended))
        for end in operation.inputs:
            node = self.world.nodes.get((end.kind, end.id))
            if node is not None and node.account is not None:
                node.account.events = [
                    replace(event, end=_bounds(record.end), is_open=False) if event.operation == operation.id else event
                    for event in node.account.events
                ]
                self.dirty.add((end.kind, end.id))

    def correction(self, record: CorrectionRecord, stamp: Stamp) -> None:
        known = self.world.operations[record.operation]
        known.corrected_by = record.id
        old = known.record
        voided: Properties = {"voided_ms": stamp.recorded_ms, "voided_seq": stamp.seq}
        for edge, from_key in {
            (edge, from_key) for edge, from_key, _, _ in self._edges(old, Stamp(known.seq, known.recorded_ms))
        }:
            self._change(old.id, edge, from_key, dict(voided))
        for end in (*old.inputs, *old.outputs):
            node = self.world.nodes.get((end.kind, end.id))
            if node is not None and node.account is not None:
                node.account = node.account.without(old.id)
                if isinstance(end, OutputEnd) and OPERATIONS[old.type].creates:
                    node.account.parents = ()
                self.dirty.add((end.kind, end.id))
        if old.type == "MOVED":
            self._unmoved(old, stamp)
        if OPERATIONS[old.type].creates:
            for output in old.outputs:
                for kind, key in ((output.kind, output.id), *(("CellUnit", unit) for unit in output.units)):
                    node = self.world.nodes.get((kind, key)) or KnownNode(kind=kind, key=key)
                    node.is_void = True
                    self.world.nodes[kind, key] = node
                    self._set(node, dict(voided))
        if record.replacement is not None:
            self.operation(record.replacement, stamp)

    def amendment(self, record: AmendmentRecord, stamp: Stamp) -> None:
        node = self.world.nodes[record.kind, record.id_of]
        values = _node_values(record.kind, record.values, record.zone)
        for name, value in values.items():
            if value is None:
                node.values.pop(name, None)
            else:
                node.values[name] = value
        encoded = encode_values(KINDS[record.kind].fields, values)
        self._set(node, {**dict.fromkeys(values), **encoded})
        if record.kind == "ReferenceRange":  # its versions are told apart
            node.amended_seq = stamp.seq
            self._set(node, {"amended_seq": stamp.seq})
        if record.kind == "StoragePosition" and "parent" in record.values:
            self._placed_anew(node, record, stamp)

    # -- edges -----------------------------------------------------------------------------------------------------

    def _own_edges(self, record: OperationRecord, stamp: Stamp) -> Iterator[tuple[EdgeKey, str, str, Properties]]:
        """The edges of the operation's own type (records.md, "Operation types")."""
        kind = OPERATIONS[record.type]
        base: Properties = {
            "operation_id": record.id,
            "seq": stamp.seq,
            "recorded_ms": stamp.recorded_ms,
            **_interval(
                (record.start.earliest_ms, record.start.latest_ms),
                _bounds(record.end),
                is_open=record.is_open,
                offset=record.start.offset_minutes,
            ),
            **encode_values(kind.fields, record.values),
        }
        for name in ("performing_org", "operator", "reviewer", "study"):
            if (who := getattr(record, name)) is not None:
                base[name] = who
        for end in record.inputs:
            properties = dict(base)
            if end.quantity is not None and not end.units:
                properties["quantity"] = end.quantity
            if end.unit is not None:
                properties["unit"] = end.unit
            if end.consumed:
                properties["consumed"] = True
            sources = [("CellUnit", unit) for unit in end.units] or [(end.kind, end.id)]
            for source_kind, source in sources:
                targets: list[NodeId] = [(output.kind, output.id) for output in record.outputs]
                if kind.is_reflexive or not targets:
                    targets = [(source_kind, source)]  # to itself; a test without a result too
                for target_kind, target in targets:
                    if kind.is_from_output:
                        yield (record.type, target_kind, source_kind), target, source, dict(properties)
                    else:
                        yield (record.type, source_kind, target_kind), source, target, dict(properties)

    @staticmethod
    def _touched(record: OperationRecord, use: ResourceUse) -> list[NodeId]:
        """What a use touched: what it names, else what was made, else what went in (units where they are named)."""
        if use.on:
            return [(name.partition(":")[0], name.partition(":")[2]) for name in use.on]
        if OPERATIONS[record.type].is_material:
            return [(output.kind, output.id) for output in record.outputs]
        touched: list[NodeId] = []
        for end in record.inputs:
            touched += [("CellUnit", unit) for unit in end.units] or [(end.kind, end.id)]
        return touched

    def _edges(self, record: OperationRecord, stamp: Stamp) -> Iterator[tuple[EdgeKey, str, str, Properties]]:
        yield from self._own_edges(record, stamp)
        marks: Properties = {"operation_id": record.id, "seq": stamp.seq, "recorded_ms": stamp.recorded_ms}
        for use in record.uses:
            resource = USES[use.kind]
            start = use.start or record.start
            if use.start is not None:
                end, is_open = _bounds(use.end), use.is_open
            else:
                end, is_open = _bounds(record.end), record.is_open
            # A machine without times in an instant act ran until what it touched was next moved: not known here.
            is_uncertain = use.start is None and end is None and not is_open and use.kind == "Equipment"
            properties: Properties = {
                **marks,
                **_interval(
                    (start.earliest_ms, start.latest_ms),
                    end,
                    is_open=is_open or is_uncertain,
                    offset=start.offset_minutes,
                ),
                "process": use.process,
                **encode_values(resource.fields, use.values),
            }
            if is_uncertain:
                properties["is_uncertain"] = True
            for kind, key in self._touched(record, use):
                yield (resource.edge, use.kind, kind), use.id, key, dict(properties)
        if OPERATIONS[record.type].creates:
            times = _interval(
                (record.start.earliest_ms, record.start.latest_ms),
                None,
                is_open=True,
                offset=record.start.offset_minutes,
            )
            for output in record.outputs:
                for unit in output.units:
                    yield ("CONTAINS", output.kind, "CellUnit"), output.id, unit, {**marks, **times}

    # -- machines and positions ------------------------------------------------------------------------------------

    def _runs(self, record: OperationRecord) -> None:
        for use in record.uses:
            if use.kind != "Equipment":
                continue
            last = use.end if use.start is not None else record.end
            self._run_until(use.kind, use.id, None if last is None else last.latest_ms)

    def _run_until(self, kind: str, key: str, until_ms: int | None) -> None:
        """The latest end of the machine's runs, so that a later decontamination knows whether to look for one."""
        node = self.world.nodes.get((kind, key))
        if node is None or node.account is None:
            return
        latest = max(node.account.runs_until_ms or 0, until_ms if until_ms is not None else FOREVER_MS)
        if latest != node.account.runs_until_ms:
            node.account.runs_until_ms = latest
            self.dirty.add((kind, key))

    def _part_of(self, node: KnownNode, parent: str, operation: str, stamp: Stamp, times: Properties) -> None:
        marks: Properties = {"operation_id": operation, "seq": stamp.seq, "recorded_ms": stamp.recorded_ms}
        self._edge(operation, ("PART_OF", node.kind, node.kind), node.key, parent, {**marks, **times})

    def _moves(self, node: KnownNode) -> list[Event]:
        assert node.account is not None  # positions always have one
        return sorted(node.account.events, key=lambda event: (event.start, event.seq))

    @staticmethod
    def _record_of_place(node: KnownNode) -> str:
        """What the edge goes by that says where a position stood before it was ever moved."""
        assert node.account is not None  # positions always have one
        return node.account.placed_by or f"node:StoragePosition:{node.key}"

    def _ended(self, node: KnownNode, operation: str, end: Bounds | None) -> None:
        """Until when the position stood where ``operation`` says; None: it stands there still."""
        earliest, latest = end or (None, None)
        properties = {"end_ms": earliest, "end_latest_ms": latest if latest != earliest else None}
        self._change(operation, ("PART_OF", node.kind, node.kind), node.key, properties)

    def _placed_anew(self, node: KnownNode, record: AmendmentRecord, stamp: Stamp) -> None:
        """An amendment says where the position stood from the first, in place of what was said before."""
        assert node.account is not None  # positions always have one
        voided = {"voided_ms": stamp.recorded_ms, "voided_seq": stamp.seq}
        self._change(self._record_of_place(node), ("PART_OF", node.kind, node.kind), node.key, voided)
        node.account.placed_by = record.name
        self.dirty.add((node.kind, node.key))
        if (parent := record.values["parent"]) is not None:
            self._part_of(node, parent, record.name, stamp, {})
            if moves := self._moves(node):
                self._ended(node, record.name, moves[0].start)

    def _moved(self, record: OperationRecord, stamp: Stamp) -> None:
        """A position has a new parent from the start on; where it was before ends then."""
        for end in record.inputs:
            node = self.world.nodes[end.kind, end.id]
            moves = self._moves(node)
            index = next(number for number, event in enumerate(moves) if event.operation == record.id)
            later = moves[index + 1].start if index + 1 < len(moves) else None
            times = _interval(moves[index].start, later, is_open=later is None, offset=record.start.offset_minutes)
            self._part_of(node, record.outputs[0].id, record.id, stamp, times)
            before = moves[index - 1].operation if index else self._record_of_place(node)
            self._ended(node, before, moves[index].start)

    def _unmoved(self, record: OperationRecord, stamp: Stamp) -> None:
        """A move that did not happen: where the position was before goes on until the next."""
        for end in record.inputs:
            node = self.world.nodes[end.kind, end.id]
            voided = {"voided_ms": stamp.recorded_ms, "voided_seq": stamp.seq}
            self._change(record.id, ("PART_OF", node.kind, node.kind), node.key, voided)
            at = (record.start.earliest_ms, record.start.latest_ms)
            before = [event for event in self._moves(node) if event.start <= at]
            after = [event for event in self._moves(node) if event.start > at]
            name = before[-1].operation if before else self._record_of_place(node)
            self._ended(node, name, after[0].start if after else None)


FOREVER_MS = 2**62


def apply(effects: Effects, record: Mapping[str, Any] | Any, stamp: Stamp) -> None:
    """One record of any of the five kinds."""
    if isinstance(record, NodeRecord):
        effects.node(record, stamp)
    elif isinstance(record, OperationRecord):
        effects.operation(record, stamp)
    elif isinstance(record, ClosingRecord):
        effects.closing(record, stamp)
    elif isinstance(record, CorrectionRecord):
        effects.correction(record, stamp)
    elif isinstance(record, AmendmentRecord):
        effects.amendment(record, stamp)
