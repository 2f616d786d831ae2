"""Is a record new, the same again, or another under a name that is taken? And does what it names exist?"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from graph.records import (
    CLOSING_FIELDS,
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    NodeRecord,
    OperationRecord,
    Record,
    is_sealed,
    lot_of_unit,
)
from graph.rules.batch import Batch, Item
from graph.rules.world import NodeId, World
from graph.saying import Saying, said
from graph.times import Moment
from graph.vocabulary import KINDS, OPERATIONS, USES
from graph.vocabulary.base import Field, FieldType

__all__ = ["check_links", "check_names", "in_order_of_effect", "named", "references"]

_MOST_SUGGESTED = 50
_MOST_COMPARED = 2_000

SameAs = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


def check_names(batch: Batch, world: World, is_same: SameAs) -> None:
    """Marks what was applied before; refuses another record under a name that is taken."""
    seen: dict[str, Record] = {}
    for item in batch.items:
        for name in _names(item.record):
            if (known := world.entries.get(name)) is not None:
                told = said("{thing} was recorded before, with other content.", thing=name)
                remedy = said("Give this record another id; to mend the earlier one, correct or amend it.")
                if _holds_seal(known.payload):
                    remedy = said(
                        "{remedy} If it is the same: sealed values are compared for who recorded it, and for who may "
                        "see them.",
                        remedy=remedy,
                    )
                is_again = name == item.record.name and is_same(item.record.canonical, known.payload)
            elif (first := seen.get(name)) is not None:
                told = said("{thing} stands twice in this request, with different content.", thing=name)
                remedy = said("Keep one of them.")
                is_again = first.canonical == item.record.canonical
            else:
                seen[name] = item.record
                continue
            if is_again:
                item.is_unchanged = True
                break  # and so is the replacement that it brings along
            batch.refuse(item.record, "other_content", "id", told, remedy)


def _holds_seal(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_sealed(value) or any(_holds_seal(each) for each in value.values())
    return isinstance(value, list) and any(_holds_seal(each) for each in value)


def _names(record: Record) -> Iterator[str]:
    yield record.name
    if isinstance(record, CorrectionRecord) and record.replacement is not None:
        yield record.replacement.name


def named(record: Record) -> Iterator[NodeId]:
    """What ``references`` gives, without the members: for the many that ask only for the things."""
    if isinstance(record, OperationRecord):
        yield from _named_by_operation(record)
    elif isinstance(record, CorrectionRecord):
        if record.replacement is not None:
            yield from _named_by_operation(record.replacement)
        if record.by is not None:
            yield "Person", record.by
    else:
        yield from ((kind, key) for _, kind, key in references(record))


def _named_by_operation(record: OperationRecord) -> Iterator[NodeId]:
    yield "Institution", record.performing_org
    yield "Person", record.operator
    for kind, key in (
        ("Person", record.reviewer),
        ("Person", record.acknowledged_by),
        ("Study", record.study),
        ("Document", record.source_document),
    ):
        if key is not None:
            yield kind, key
    for end in record.inputs:
        yield end.kind, end.id
    is_made = OPERATIONS[record.type].creates
    for output in record.outputs:
        if not is_made:
            yield output.kind, output.id
        yield from _keys(_KIND_REFS[output.kind], output.values)
    for use in record.uses:
        yield use.kind, use.id
        yield from _keys(_USE_REFS[use.kind], use.values)
    yield from _keys(_OPERATION_REFS[record.type], record.values)
    for device in record.captured.values():
        yield "Equipment", device


def _keys(refs: Mapping[str, Field], values: Mapping[str, Any]) -> Iterator[NodeId]:
    for name in refs:
        if name in values:
            yield from ((kind, key) for _, kind, key in _field_references(refs, {name: values[name]}, ""))


def _refs(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: field for name, field in fields.items() if field.type is FieldType.REF and field.ref is not None}


_KIND_REFS = {name: _refs(kind.fields) for name, kind in KINDS.items()}
_USE_REFS = {name: _refs(use.fields) for name, use in USES.items()}
_OPERATION_REFS = {name: _refs(operation.fields) for name, operation in OPERATIONS.items()}


def references(record: Record) -> Iterator[tuple[str, str, str]]:
    """(member, kind, key) of everything that the record names and does not make."""
    if isinstance(record, NodeRecord):
        yield from _field_references(KINDS[record.kind].fields, record.values, "data.")
    elif isinstance(record, AmendmentRecord):
        yield "id_of", record.kind, record.id_of
        yield from _field_references(KINDS[record.kind].fields, record.values, "data.")
    elif isinstance(record, CorrectionRecord):
        if record.replacement is not None:
            for member, kind, key in references(record.replacement):
                yield f"replacement.{member}", kind, key
    elif isinstance(record, ClosingRecord):
        yield from _field_references(CLOSING_FIELDS, record.values, "data.")
    elif isinstance(record, OperationRecord):
        yield from _operation_references(record)
    by = getattr(record, "by", None)
    if by is not None:
        yield "by", "Person", by


def _operation_references(record: OperationRecord) -> Iterator[tuple[str, str, str]]:
    operation = OPERATIONS[record.type]
    yield "performing_org", "Institution", record.performing_org
    yield "operator", "Person", record.operator
    for member, kind, key in (
        ("reviewer", "Person", record.reviewer),
        ("acknowledged_by", "Person", record.acknowledged_by),
        ("study", "Study", record.study),
        ("source_document", "Document", record.source_document),
    ):
        if key is not None:
            yield member, kind, key
    for number, end in enumerate(record.inputs):
        yield f"inputs[{number}].id", end.kind, end.id
    for number, output in enumerate(record.outputs):
        if not operation.creates:
            yield f"outputs[{number}].id", output.kind, output.id
        yield from _field_references(KINDS[output.kind].fields, output.values, f"outputs[{number}].data.")
    for number, use in enumerate(record.uses):
        yield f"uses[{number}].id", use.kind, use.id
        yield from _field_references(USES[use.kind].fields, use.values, f"uses[{number}].data.")
    yield from _field_references(operation.fields, record.values, "data.")
    for name, device in record.captured.items():
        yield f"captured.{name}", "Equipment", device


def _field_references(
    fields: Mapping[str, Field], values: Mapping[str, Any], where: str
) -> Iterator[tuple[str, str, str]]:
    for name, value in values.items():
        field = fields[name]
        if field.type is not FieldType.REF or field.ref is None or value is None:
            continue
        for key in value if field.many else [value]:
            if isinstance(key, str):  # a sealed one cannot be followed
                yield f"{where}{name}", field.ref, key


def check_links(batch: Batch, world: World) -> None:
    """Refuses what names something that does not exist, or makes something that does."""
    declared: dict[NodeId, Record] = {}
    for item in batch.fresh:
        if isinstance(item.record, NodeRecord):
            declared.setdefault((item.record.kind, item.record.id), item.record)
    makers = batch.makers
    restated = _restated(batch, world)

    there: set[NodeId] = set()  # most are named again and again

    def exists(kind: str, key: str) -> bool:
        if (kind, key) in there:
            return True
        thing = ("CellLot", lot_of_unit(key)) if kind == "CellUnit" else (kind, key)
        if world.node(*thing) is None and thing not in declared and thing not in makers:
            return thing[1] in batch.unread
        there.add((kind, key))
        return True

    for item in batch.fresh:
        record = item.record
        is_whole = all(exists(*thing) for thing in named(record))
        for member, kind, key in () if is_whole else references(record):
            if not exists(kind, key):
                batch.refuse(
                    record,
                    "unknown_reference",
                    member,
                    _no_such(batch, world, member, kind, key),
                    said("Record it first, or in the same request; stubs are made with --create-missing."),
                )
        _check_made(batch, world, item, makers, restated)
        _check_closing(batch, world, item)
        _check_correction(batch, world, item)
    _check_reagent_lots(batch, world)


def _no_such(batch: Batch, world: World, member: str, kind: str, key: str) -> Saying:
    """That there is none, and what there is instead: looked for a few times only, it compares with every other key."""
    told = {"member": member, "thing": f"{kind}:{key}"}
    if len(batch.violations) >= _MOST_SUGGESTED:
        return said("{member} names {thing}, which does not exist.", **told)
    known = itertools.islice((other for name, other in world.nodes if name == kind), _MOST_COMPARED)
    close = difflib.get_close_matches(key, known, n=1)
    if not close:
        return said("{member} names {thing}, which does not exist.", **told)
    like = f"{kind}:{close[0]}"
    return said("{member} names {thing}, which does not exist (there is {like}).", like=like, **told)


def _restated(batch: Batch, world: World) -> dict[NodeId, str]:
    """Things whose making is being corrected away, by the operation that made them."""
    gone: dict[NodeId, str] = {}
    for name in batch.corrections:
        old = world.operations.get(name)
        if old is not None and OPERATIONS[old.record.type].creates:
            gone |= {(output.kind, output.id): old.record.id for output in old.record.outputs}
    return gone


def _check_made(
    batch: Batch,
    world: World,
    item: Item,
    makers: Mapping[NodeId, Item],
    restated: Mapping[NodeId, str],
) -> None:
    record, operation = item.record, item.operation
    if record.name in world.entries or (operation is not None and operation.name in world.entries):
        return  # refused as another record of that id: what it makes is there because of the first
    if isinstance(record, NodeRecord):
        known = world.node(record.kind, record.id)
        maker = None if record.is_stub else makers.get((record.kind, record.id))
        if maker is not None or (known is not None and not known.is_stub):
            by = maker.record.id if maker else (known.made_by if known else None) or said("a record before")
            batch.refuse(
                record,
                "exists_already",
                "id",
                said("{thing} is made by {by} already.", thing=f"{record.kind}:{record.id}", by=by),
                said("Leave this record out, or amend the node."),
            )
    if operation is None or not OPERATIONS[operation.type].creates or operation.id in batch.corrections:
        return
    for number, output in enumerate(operation.outputs):
        node_id = (output.kind, output.id)
        known = world.node(*node_id)
        other = makers[node_id]
        if known is not None and not known.is_stub and node_id not in restated:
            batch.refuse(
                record,
                "exists_already",
                f"outputs[{number}].id",
                said(
                    "{thing} exists already (made by {made_by}).",
                    thing=f"{output.kind}:{output.id}",
                    made_by=known.made_by or said("a node record"),
                ),
                said("Give the output a code of its own."),
            )
        elif other is not item and other.operation is not None and other.operation.id != operation.id:
            batch.refuse(
                record,
                "exists_already",
                f"outputs[{number}].id",
                said("{thing} is also made by {record}.", thing=f"{output.kind}:{output.id}", record=other.record.id),
                said("Each thing is made by one operation."),
            )


def _check_closing(batch: Batch, world: World, item: Item) -> None:
    record = item.record
    if not isinstance(record, ClosingRecord):
        return
    here, known = batch.operation_of.get(record.operation), world.operations.get(record.operation)
    operation = here[1] if here is not None else known.record if known is not None else None
    if operation is None and record.operation in batch.unread:
        return
    if operation is None:
        batch.refuse(
            record,
            "unknown_reference",
            "operation",
            said("operation names {operation}, which does not exist.", operation=record.operation),
            said("Record the operation first, or in the same request."),
        )
        return
    if known is not None and known.corrected_by is not None:
        batch.refuse(
            record,
            "already_corrected",
            "operation",
            said(
                "{operation} was corrected by {corrected_by}.",
                operation=record.operation,
                corrected_by=known.corrected_by,
            ),
            said("Close its replacement instead."),
        )
        return
    use = None
    if record.use is not None:
        open_uses = operation.open_uses(record.use)
        if len(open_uses) != 1:
            batch.refuse(
                record,
                "no_open_use",
                "use",
                said(
                    "{operation} has {count} open uses of {use}.",
                    operation=record.operation,
                    count=len(open_uses),
                    use=record.use,
                ),
                said("Name a machine with one open use there."),
            )
            return
        use = open_uses[0]
    elif not operation.is_open:
        batch.refuse(
            record,
            "not_open",
            "operation",
            said("{operation} has an end already, or is an instant.", operation=record.operation),
            said("Mend a wrong end by a correction."),
        )
        return
    others = [
        other
        for other in (*(known.closings if known else []), *batch.closings[record.operation, record.use])
        if other is not record and other.use == record.use
    ]
    earlier = [other for other in others if _bounds(other.end) != _bounds(record.end)]
    if earlier:
        batch.refuse(
            record,
            "already_closed",
            "end",
            said(
                "{operation} was closed by {closing} with another end.",
                operation=record.operation,
                closing=earlier[0].id,
            ),
            said("Mend a wrong end by a correction."),
        )
    start = use.start if use is not None and use.start is not None else operation.start
    if record.end.latest_ms < start.earliest_ms:
        batch.refuse(
            record,
            "end_before_start",
            "end",
            said("end is before the start of {operation}.", operation=record.operation),
            said("Check both."),
        )
    fields = USES[use.kind].fields if use is not None else OPERATIONS[operation.type].fields
    present = [use.values if use is not None else operation.values, *(other.values for other in others)]
    _check_closing_values(batch, record, fields, present)


def _bounds(moment: Moment) -> tuple[int, int]:
    return moment.earliest_ms, moment.latest_ms


def _check_closing_values(
    batch: Batch, record: ClosingRecord, fields: Mapping[str, Field], present: Iterable[Mapping[str, Any]]
) -> None:
    """A closing adds members of what it ends; one that was given before, there or by another closing, stays."""
    for name, value in record.values.items():
        if name not in fields:
            close = difflib.get_close_matches(name, fields, n=1)
            batch.refuse(
                record, "unknown_member", f"data.{name}", said("{member} is no field of that operation.", member=f"data.{name}"),
                said("Did you mean {nearest}?", nearest=close[0]) if close else said("Leave it out."),
            )  # fmt: skip
        elif any(name in given and given[name] != value for given in present):
            batch.refuse(
                record,
                "other_content",
                f"data.{name}",
                said("{member} was recorded before with another value.", member=f"data.{name}"),
                said("Mend it by a correction."),
            )


def _check_correction(batch: Batch, world: World, item: Item) -> None:
    record = item.record
    if not isinstance(record, CorrectionRecord):
        return
    known = world.operations.get(record.operation)
    if known is None and record.operation not in batch.operation_of:
        if record.operation not in batch.unread:
            batch.refuse(
                record,
                "unknown_reference",
                "operation",
                said("operation names {operation}, which does not exist.", operation=record.operation),
                said("Name the operation that is wrong."),
            )
        return
    others = [other.record.id for other in batch.corrections[record.operation] if other is not item]
    corrected_by = known.corrected_by if known is not None else None
    if corrected_by is not None or others:
        batch.refuse(
            record,
            "already_corrected",
            "operation",
            said(
                "{operation} is corrected by {corrected_by} already.",
                operation=record.operation,
                corrected_by=corrected_by or others[0],
            ),
            said("An operation is corrected once, then its replacement."),
        )


def _check_reagent_lots(batch: Batch, world: World) -> None:
    """(manufacturer, name, lot number) is unique, on the values as the request leaves them."""
    values: dict[str, dict[str, Any]] = {}
    told: dict[str, Record] = {}
    for item in batch.fresh:
        record = item.record
        if isinstance(record, NodeRecord) and record.kind == "Reagent":
            values[record.id] = {**record.values, **values.get(record.id, {})}
            told[record.id] = record
        elif (operation := item.operation) is not None and operation.id not in batch.corrections:
            for output in operation.outputs:
                if output.kind == "Reagent":
                    values[output.id] = {**output.values, **values.get(output.id, {})}
                    told[output.id] = record
    for item in batch.late:
        record = item.record
        if isinstance(record, AmendmentRecord) and record.kind == "Reagent":
            known = world.node("Reagent", record.id_of)
            before = values.get(record.id_of, known.values if known is not None else {})
            values[record.id_of] = {**before, **record.values}
            told[record.id_of] = record
    lots = {lot: key for lot, key in world.reagent_lots.items() if key not in values}
    for key, given in values.items():
        lot = reagent_lot(given)
        if lot is not None and lots.setdefault(lot, key) != key:
            batch.refuse(
                told[key], "exists_already", "data.lot_number",
                said("That manufacturer, name and lot number is {thing} already.", thing="Reagent:" + lots[lot]),
                said("Use that key, or mend the lot number."),
            )  # fmt: skip


def reagent_lot(values: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """(manufacturer, name, lot number) where all three are known: unique among reagents."""
    lot = tuple(values.get(name) for name in ("manufacturer", "name", "lot_number"))
    return lot if all(isinstance(part, str) for part in lot) else None  # type: ignore[return-value]


def in_order_of_effect(batch: Batch) -> list[Item] | None:
    """The new records, each after what makes the things it takes; None, with violations, where that is a ring.

    Nodes come before operations, amendments and closings after; otherwise the order of the request is kept, but that of
    amendments whose recorded times say which was the last.
    """
    makers = batch.makers
    acts = [item for item in batch.fresh if item.operation is not None or isinstance(item.record, CorrectionRecord)]
    number = {id(item): index for index, item in enumerate(acts)}
    needed: list[set[int]] = []
    for item in acts:
        needs = set()
        operation = item.operation
        if operation is not None and operation.id not in batch.corrections:
            for end in operation.inputs:
                maker = makers.get((end.kind, end.id))
                if maker is not None and (maker is not item or OPERATIONS[operation.type].creates):
                    needs.add(number[id(maker)])
        if isinstance(item.record, CorrectionRecord) and item.record.operation in batch.operation_of:
            needs.add(number[id(batch.operation_of[item.record.operation][0])])
        needed.append(needs)
    ordered = (
        acts
        if all(max(needs, default=-1) < index for index, needs in enumerate(needed))
        else _sorted(batch, acts, needed)
    )
    if ordered is None:
        return None
    nodes = [item for item in batch.fresh if isinstance(item.record, NodeRecord)]
    nodes.sort(key=lambda item: not getattr(item.record, "is_stub", False))
    return nodes + ordered + batch.late


def _sorted(batch: Batch, acts: Sequence[Item], needed: Sequence[set[int]]) -> list[Item] | None:
    """The acts, each after those it needs, which are told by their place; None, with violations, where that is a ring."""
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, needs in enumerate(needed):
        sorter.add(index, *sorted(needs))
    try:
        sorter.prepare()
    except CycleError as error:
        ring = [acts[index].record for index in error.args[1]]
        for record in ring[1:]:
            batch.refuse(
                record,
                "cycle",
                "inputs",
                said(
                    "{record} is made from what is made from it ({ring}).",
                    record=record.id,
                    ring=" → ".join(each.id for each in ring),
                ),
                said("Check which thing was made from which."),
            )
        return None
    ordered: list[Item] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [acts[index] for index in ready]
        sorter.done(*ready)
    return ordered
