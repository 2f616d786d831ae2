"""Every information item of the specification, recorded through the door on a real store, is read back in GraphQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.times import parse_moment
from graph.vocabulary import ITEMS, KINDS, OPERATIONS, USES, Field, FieldType, Home
from schema.naming import camel, operation_class
from service.store import Store
from support.asking import ask, data_of
from support.filled import filled_records
from support.stores import record

Json = dict[str, Any]
_PARTS = {FieldType.RANGE: " { low high }", FieldType.SERIES: " { value min max mean points { at value } }"}
_ACT = """
  id recordedAt start end performingOrg operator reviewer study sourceDocument despite despiteReason acknowledgedBy
  captured { field equipment }
  inputs { id quantity unit units isConsumed }
  outputs { id quantity unit units }
"""
_MEMBERS = {"reason": "despiteReason", "consumed": "isConsumed"}


def _selection(fields: Mapping[str, Field], owner: str = "") -> str:
    return " ".join(f"{_name(field, owner)}{_PARTS.get(field.type, '')}" for field in fields.values())


def _name(field: Field, owner: str = "") -> str:
    """A range's own ``kind`` is told apart from the kind of node that it is."""
    return "referenceRangeKind" if owner == "ReferenceRange" and field.name == "kind" else camel(field.name)


def _shown(field: Field, value: Any) -> Any:
    """What GraphQL should give for a recorded value, times as instants."""
    match field.type:
        case FieldType.REF:
            return f"{field.ref}:{value}"
        case FieldType.TIME:
            return parse_moment(value).earliest_ms
        case FieldType.RANGE:
            return {"low": value[0], "high": value[1]}
        case FieldType.SERIES:
            points = [{"at": parse_moment(at).earliest_ms, "value": number} for at, number in value]
            return {"value": None, "min": None, "max": None, "mean": None, "points": points}
    return value


def _instants(value: Any) -> Any:
    """What GraphQL gave, times as instants."""
    if isinstance(value, list):
        return [_instants(item) for item in value]
    if isinstance(value, dict):
        return {name: _instants(item) for name, item in value.items()}
    if isinstance(value, str) and value[:2] == "20" and value[10:11] == "T":
        return parse_moment(value).earliest_ms
    return value


@dataclass(frozen=True)
class _Read:
    """The nodes and the operations as GraphQL shows them, by id."""

    things: Mapping[str, Json]
    acts: Mapping[str, Json]


async def _read(store: Store, records: list[Json]) -> _Read:
    keys = {f"{each['kind']}:{each['id']}": each["kind"] for each in records if each["record"] == "node"}
    acts = {each["id"]: each for each in records if each["record"] == "operation"}
    for act in acts.values():
        keys |= {f"{end['kind']}:{end['id']}": end["kind"] for end in act.get("outputs", ())}
    things: dict[str, Json] = {}
    for id_, kind in keys.items():
        body = _selection(KINDS[kind].fields, kind)
        found = data_of(
            await ask(
                store, f"query($id: ID!) {{ node(id: $id) {{ id ... on {kind} {{ key {body} }} }} }}", {"id": id_}
            )
        )
        things[id_] = found["node"]
    read: dict[str, Json] = {}
    uses = " ".join(f"... on {kind}Use {{ {_selection(use.fields)} }}" for kind, use in USES.items())
    for id_, act in acts.items():
        body = f"... on {operation_class(act['type'])}Operation {{ {_selection(OPERATIONS[act['type']].fields)} }}"
        query = (
            f"query($id: ID!) {{ operation(id: $id) {{ {_ACT} uses {{ id start end process on {uses} }} {body} }} }}"
        )
        read[id_] = data_of(await ask(store, query, {"id": f"Operation:{id_}"}))["operation"]
    return _Read(things, read)


def _pairs(home: Home, records: list[Json], read: _Read) -> Iterator[tuple[Any, Any]]:
    """For each place where the home is recorded, the value that should be shown and the one that is."""
    side, _, rest = home.member.partition(".")
    if side in KINDS:
        made = [end for each in records for end in each.get("outputs", ()) if OPERATIONS[each["type"]].creates]
        for each in [*(each for each in records if each["record"] == "node"), *made]:
            if each["kind"] == side and home.field in each["data"]:
                shown = read.things[f"{side}:{each['id']}"][_name(home.declared, side)]
                yield _shown(home.declared, each["data"][home.field]), _instants(shown)
        return
    for each in records:
        if each["record"] == "operation" and home.operation in (None, each["type"]):
            yield from _in_act(home, side, rest, each, read)


def _in_act(home: Home, side: str, rest: str, act: Json, read: _Read) -> Iterator[tuple[Any, Any]]:
    shown = read.acts[act["id"]]
    if side == "data":
        if home.field in act["data"]:
            yield _shown(home.declared, act["data"][home.field]), _instants(shown[camel(home.field)])
    elif side in {"inputs", "outputs", "uses"}:
        for end, told in zip(act.get(side, ()), shown[side], strict=True):
            if home.kind in (None, end["kind"]):
                yield from _in_end(home, rest, end, told, read)
    elif side == "recorded_at":
        yield True, shown["recordedAt"] is not None
    elif side == "captured":
        named = [{"field": name, "equipment": f"Equipment:{key}"} for name, key in act["captured"].items()]
        yield named, shown["captured"]
    elif side in act:
        expected = f"Operation:{act['id']}" if side == "id" else _shown(home.declared, act[side])
        yield expected, _instants(shown[_MEMBERS.get(side, camel(side))])


def _in_end(home: Home, rest: str, end: Json, told: Json, read: _Read) -> Iterator[tuple[Any, Any]]:
    if not rest:
        yield f"{end['kind']}:{end['id']}", told["id"]
    elif rest.startswith("data."):
        if home.field in end.get("data", {}):
            is_made = home.kind in KINDS and home.part is KINDS.get(home.kind or "")
            source = read.things[f"{end['kind']}:{end['id']}"] if is_made else told
            yield _shown(home.declared, end["data"][home.field]), _instants(source[camel(home.field)])
    elif rest == "on":
        yield len(end.get("on", ())), len(told["on"])
    elif rest == "units":
        if "units" in end:
            first, _, last = end["units"][0].partition("-")
            numbers = range(int(first), int(last or first) + 1)
            yield [f"{end['id']}#{number}" for number in numbers], told["units"]
    elif rest in end:
        yield _shown(home.declared, end[rest]), _instants(told[_MEMBERS.get(rest, camel(rest))])


async def test_every_item_that_is_recorded_is_read_back(store: Store) -> None:
    records = filled_records()
    receipt = await record(store, records)
    assert receipt.accepted, [violation.as_json() for violation in receipt.violations]
    read = await _read(store, records)
    nowhere, wrong = [], []
    for item in ITEMS.values():
        pairs = [(home.member, *pair) for home in item.homes for pair in _pairs(home, records, read)]
        if not pairs:
            nowhere.append(item.id)
        wrong += [(item.id, member, expected, shown) for member, expected, shown in pairs if expected != shown]
    assert nowhere == []
    assert wrong == []
    assert sum(not item.is_added for item in ITEMS.values()) == 158
