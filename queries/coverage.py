"""Which of the specification's 158 items are recorded: for a lot with all it comes from, or for the whole store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Any

from graph.errors import BadInput, NotFound
from graph.reader import AsOf, Direction, EntryRow, NodeId, by_kind, id_text
from graph.saying import said
from graph.vocabulary import ITEMS, KINDS, OPERATIONS, Home, Item
from queries.ids import parse_node_id
from queries.operations import merged_record, operation_keys, told_operations
from queries.privacy import View, not_to_be_looked_up
from queries.walk import walk

__all__ = ["Coverage", "CoverageStatus", "CoveredItem", "coverage"]


@unique
class CoverageStatus(Enum):
    """PRESENT: recorded wherever it belongs. MISSING: not, in at least one place. NOT_APPLICABLE: it belongs nowhere."""

    PRESENT = "PRESENT"
    MISSING = "MISSING"
    NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredItem:
    """One item: in how many of the places where it belongs it is recorded."""

    id: str
    list: str
    zh: str
    en: str
    status: CoverageStatus
    present_count: int
    expected_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All items in the order of the specification, and how many have each status."""

    lot: str | None
    items: Sequence[CoveredItem]
    present: int
    missing: int
    not_applicable: int
    as_of_seq: int


@dataclass(slots=True)
class _Held:
    """What is recorded: the live operations, and which fields each node has."""

    operations: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: dict[NodeId, set[str]] = field(default_factory=dict)
    made: set[NodeId] = field(default_factory=set)

    def has(self, node: NodeId, name: str) -> bool:
        return name in self.fields.get(node, ())


async def coverage(view: View, lot: str | None = None) -> Coverage:
    """The items of a lot and all it comes from, or without one of the whole store (reads the whole ledger).

    Tells only what is recorded, never a value. Raises BadInput, NotFound, NotPermitted.
    """
    head = await view.reader.head()
    as_of = AsOf(head.seq)
    held = await _all(view, as_of) if lot is None else await _of_lot(view, lot, as_of)
    items = [_covered(item, held) for item in ITEMS.values() if not item.is_added]
    counts = {status: sum(item.status is status for item in items) for status in CoverageStatus}
    return Coverage(
        lot=lot,
        items=items,
        present=counts[CoverageStatus.PRESENT],
        missing=counts[CoverageStatus.MISSING],
        not_applicable=counts[CoverageStatus.NOT_APPLICABLE],
        as_of_seq=head.seq,
    )


async def _of_lot(view: View, lot: str, as_of: AsOf) -> _Held:
    node = parse_node_id(lot, "lot")
    if not KINDS[node[0]].is_material:
        raise BadInput(
            said("{lot} is not material.", lot=lot),
            remedy=said("Name a lot, a unit, a tissue or a subject."),
            member="lot",
        )
    if view.hides_kind(node[0]):
        raise not_to_be_looked_up(lot)
    if node not in await view.reader.nodes(by_kind([node]), as_of):
        raise NotFound((id_text(node),))
    if await view.hidden([node]):  # what leads to one person is not told apart from what there is not
        raise NotFound((id_text(node),))
    found = await walk(view.reader, [node], Direction.BACKWARD, as_of)
    lineage = {each for each in found.depths if KINDS[each[0]].is_material}
    keys = {key.id: key for own in (await operation_keys(view, lineage, as_of)).values() for key in own}
    held = _Held()
    for told in (await told_operations(view, list(keys.values()))).values():
        record = told.record
        is_within = not OPERATIONS[record["type"]].is_material or any(
            (output["kind"], output["id"]) in lineage for output in record.get("outputs", ())
        )
        if is_within:
            held.operations[record["id"]] = record
    named = {end for record in held.operations.values() for end in _named(record)} | set(found.depths)
    rows = await view.reader.nodes(by_kind(named), as_of)
    # Who is named by an institution or a study is one step further.
    officers = {
        ("Person", row.values[name])
        for row in rows.values()
        for name in ("principal_officer", "principal_investigator")
        if isinstance(row.values.get(name), str)
    }
    rows |= await view.reader.nodes(by_kind(officers - set(rows)), as_of)
    for each, row in rows.items():
        held.fields[each] = set(row.values)
        if row.made_by is not None:
            held.made.add(each)
    return held


async def _all(view: View, as_of: AsOf) -> _Held:
    """The whole ledger, read once in its order."""
    held = _Held()
    closings: dict[str, list[EntryRow]] = {}
    async for entry in view.reader.all_entries(as_of.seq):
        record = entry.record
        match record["record"]:
            case "node":
                _take_fields(held, (record["kind"], record["id"]), record.get("data", {}))
            case "amendment":
                _take_fields(held, (record["kind"], record["id_of"]), record.get("data", {}))
            case "operation":
                _take_operation(held, record)
            case "closing":
                closings.setdefault(record["operation"], []).append(entry)
            case "correction":
                held.operations.pop(record["operation"], None)
                if record.get("replacement"):
                    _take_operation(held, record["replacement"])
    for operation, entries in closings.items():
        if operation in held.operations:
            held.operations[operation] = merged_record(held.operations[operation], entries)
    return held


def _take_fields(held: _Held, node: NodeId, values: Mapping[str, Any]) -> None:
    names = held.fields.setdefault(node, set())
    names |= {name for name, value in values.items() if value is not None}
    names -= {name for name, value in values.items() if value is None}


def _take_operation(held: _Held, record: Mapping[str, Any]) -> None:
    held.operations[record["id"]] = record
    if OPERATIONS[record["type"]].creates:
        for output in record.get("outputs", ()):
            node = (output["kind"], output["id"])
            _take_fields(held, node, output.get("data", {}))
            held.made.add(node)


def _named(record: Mapping[str, Any]) -> Iterator[NodeId]:
    for side in ("inputs", "outputs", "uses"):
        for end in record.get(side, ()):
            yield end["kind"], end["id"]
    for member, kind in (
        ("performing_org", "Institution"),
        ("study", "Study"),
        ("operator", "Person"),
        ("reviewer", "Person"),
    ):
        if record.get(member):
            yield kind, record[member]
    applicant = record.get("data", {}).get("applicant")
    if isinstance(applicant, str):
        yield "Person", applicant


# -- places ------------------------------------------------------------------------------------------------------

# Items whose lack shows at a thing, because the operation that records them would not be there at all.
_AT_INPUT = {"COL-03": ("TESTED", "Donor"), "F-05": ("TRAINED", "Person")}
# Lists that are about certain things only: what is handled must be one of them.
_ABOUT = {"COL": {"Donor", "Tissue"}} | {part: {"CellLot"} for part in ("STI", "STO", "OUT", "TRN")}


def _covered(item: Item, held: _Held) -> CoveredItem:
    found = list(_places(item, held))
    present = sum(found)
    if not found:
        status = CoverageStatus.NOT_APPLICABLE
    else:
        status = CoverageStatus.PRESENT if present == len(found) else CoverageStatus.MISSING
    return CoveredItem(
        id=item.id,
        list=item.list,
        zh=item.zh,
        en=item.en,
        status=status,
        present_count=present,
        expected_count=len(found),
    )


def _places(item: Item, held: _Held) -> Iterator[bool]:
    """For each place where the item belongs, whether it is there. Several homes in one place: any of them will do."""
    if item.id in _AT_INPUT:
        operation, kind = _AT_INPUT[item.id]
        done = {
            (end["kind"], end["id"])
            for record in held.operations.values()
            if record["type"] == operation
            for end in record["inputs"]
        }
        yield from (node in done for node in held.fields if node[0] == kind)
        return
    own_operations = {home.operation for home in item.homes if home.operation is not None}
    own_operations -= {"PREPARED"} if len(own_operations) > 1 else set()  # another way to say who prepared a reagent
    if own_operations:
        for record in held.operations.values():
            if record["type"] not in own_operations:
                continue
            about = _ABOUT.get(item.list)
            if about is not None and about.isdisjoint(end["kind"] for end in record["inputs"]):
                continue
            homes = [home for home in item.homes if home.operation == record["type"]]
            yield from _at_operation(homes, record, held)
        return
    kinds = dict.fromkeys(home.kind for home in item.homes)
    first = next(iter(kinds))  # a further kind is where the detail stands of what the first names
    first = "Institution" if "Institution" in kinds else "Study" if "Study" in kinds else first
    names = [home.field for home in item.homes if home.kind == first]
    for node in held.fields:
        if node[0] == first:
            yield any(held.has(node, name) for name in names)


def _at_operation(homes: Iterable[Home], record: Mapping[str, Any], held: _Held) -> Iterator[bool]:
    """One place for each thing that the item is about: the operation itself, or each output, use or lot."""
    whole: list[bool] = []
    for home in homes:
        side, _, name = home.member.partition(".")
        if side in {"outputs", "uses", "inputs"} and name.startswith("data."):
            for end in record.get(side, ()):
                if end["kind"] == home.kind:
                    node = (end["kind"], end["id"])
                    is_told = home.field in end.get("data", {}) or (side == "outputs" and held.has(node, home.field))
                    is_told = is_told or (home.field == "reagent_prepared_by" and node in held.made)
                    whole.append(is_told)
        elif side in KINDS:
            about = [node for node in _named(record) if node[0] == side]
            if side == "Person":
                about = [("Person", record["data"]["applicant"])] if record.get("data", {}).get("applicant") else []
            whole += [held.has(node, home.field) for node in dict.fromkeys(about)]
        elif side in {"inputs", "outputs", "uses"} and not name:
            whole.append(any(end["kind"] == home.kind for end in record.get(side, ())))
        elif side in {"inputs", "outputs"}:
            # where units are named, the quantity is their number
            names = (name, "units") if name == "quantity" else (name,)
            whole.append(any(end.get(each) for end in record.get(side, ()) for each in names))
        elif side == "data":
            whole.append(record.get("data", {}).get(name) is not None)
        else:
            whole.append(record.get(side) is not None)
    if whole:
        yield any(whole)
