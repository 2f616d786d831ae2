"""Each type of operation has a mutation; what it hands to the door is the record that a file would have held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from graph.records import RawRecord, parse
from graph.vocabulary import KINDS, OPERATIONS, USES, Field, FieldType
from schema.naming import camel, operation_class
from support.asking import KeptDoor, ask_memory, data_of
from support.filled import filled_records
from support.memory_graph import MemoryGraph
from support.trial import trial

Json = dict[str, Any]
_ACTS = [each for each in (*filled_records(), *trial()) if each["record"] == "operation"]
_PLAIN = ("id", "start", "end", "performing_org", "operator", "reviewer", "study", "source_document", "despite",
          "acknowledged_by", "zone", "recorded_at")  # fmt: skip


def _data(fields: Mapping[str, Field], values: Json) -> Json:
    return {camel(name): _value(fields[name], value) for name, value in values.items()}


def _value(field: Field, value: Any) -> Any:
    """As a client of GraphQL writes it."""
    if field.type is FieldType.REF:
        return f"{field.ref}:{value}"
    if field.type is FieldType.RANGE:
        return {"low": value[0], "high": value[1]}
    if field.type is FieldType.SERIES:
        if isinstance(value, list):
            return {"points": [{"at": at, "value": number} for at, number in value]}
        return value if isinstance(value, dict) else {"value": value}
    return value


def _output(end: Json, type_: str) -> Json:
    written = _end(end)
    if data := end.get("data"):
        kinds = {kind for _, kind in OPERATIONS[type_].flows}
        name = "data" if len(kinds) == 1 else end["kind"][0].lower() + end["kind"][1:]
        written[name] = _data(KINDS[end["kind"]].fields, data)
    return written


def _end(end: Json) -> Json:
    rest = {name: value for name, value in end.items() if name not in {"kind", "id", "data"}}
    return {"id": f"{end['kind']}:{end['id']}", **rest}


def _use(use: Json) -> Json:
    return {**_end(use), "data": _data(USES[use["kind"]].fields, use.get("data", {}))}


def _input(act: Json) -> Json:
    """A record as the input of its mutation."""
    written: Json = {camel(name): act[name] for name in _PLAIN if name in act}
    written |= {"idempotencyKey": act["id"], "inputs": [_end(end) for end in act["inputs"]]}
    if "outputs" in act and not OPERATIONS[act["type"]].is_reflexive:
        written["outputs"] = [_output(end, act["type"]) for end in act["outputs"]]
    for kind in USES:
        if uses := [_use(use) for use in act.get("uses", ()) if use["kind"] == kind]:
            written[f"{kind.lower()}Uses"] = uses
    if "reason" in act:
        written["despiteReason"] = act["reason"]
    if captured := act.get("captured"):
        written["captured"] = [{"field": name, "equipment": f"Equipment:{key}"} for name, key in captured.items()]
    if data := act.get("data"):
        written["data"] = _data(OPERATIONS[act["type"]].fields, data)
    return written


def _canonical(value: Any) -> Any:
    record, problems = parse(RawRecord(value))
    assert record is not None, problems
    canonical = dict(record.canonical)
    if canonical.get("uses"):  # a mutation takes reagents and machines apart; their order says nothing
        canonical["uses"] = sorted(canonical["uses"], key=lambda use: (list(USES).index(use["kind"]), use["id"]))
    return canonical


def test_the_acts_below_are_of_every_type() -> None:
    assert {act["type"] for act in _ACTS} == set(OPERATIONS)


@pytest.mark.parametrize("type_", OPERATIONS)
async def test_a_typed_mutation_hands_in_the_record_that_a_file_would_hold(type_: str) -> None:
    for act in (act for act in _ACTS if act["type"] == type_):
        door = KeptDoor()
        name = operation_class(type_)
        query = (
            f"mutation($input: {name}Input!) {{ record{name}(input: $input) {{ accepted violations {{ message }} }} }}"
        )
        answer = data_of(await ask_memory(MemoryGraph(), query, {"input": _input(act)}, door=door))
        assert answer[f"record{name}"] == {"accepted": True, "violations": []}
        (submission,) = door.submissions
        (given,) = submission.records
        expected = dict(act)
        if OPERATIONS[type_].is_reflexive:
            expected.pop("outputs", None)  # what is done to a thing itself needs no output
        assert _canonical(given.value) == _canonical(expected)
        assert submission.idempotency_key == act["id"]


async def test_an_id_without_its_kind_is_told_and_reaches_no_door() -> None:
    door = KeptDoor()
    act = {
        "idempotencyKey": "k", "id": "A1", "start": "2025-01-18T10:00:00Z", "performingOrg": "ORG-1", "operator": "P-1",
        "inputs": [{"id": "D1"}], "outputs": [{"id": "Tissue:T1"}],
    }  # fmt: skip
    query = (
        "mutation($i: CollectedInput!) { recordCollected(input: $i) { accepted violations { member code remedy } } }"
    )
    answer = data_of(await ask_memory(MemoryGraph(), query, {"i": act}, door=door))["recordCollected"]
    assert not answer["accepted"]
    assert [(each["member"], each["code"]) for each in answer["violations"]] == [("inputs[0].id", "bad_input")]
    assert door.submissions == []


async def test_all_that_is_wrong_with_an_input_is_told_at_once() -> None:
    act = {
        "idempotencyKey": "k", "id": "A1", "start": "2025-01-18T10:00:00Z", "performingOrg": "ORG-1", "operator": "P-1",
        "inputs": [{"id": "T1"}, {"id": "Tissue:T2"}], "outputs": [{"id": "Nonsense:L1"}],
        "reagentUses": [{"id": "Equipment:INC-1"}], "equipmentUses": [{"id": "INC-1"}],
    }  # fmt: skip
    query = "mutation($i: SeparatedInput!) { recordSeparated(input: $i) { accepted violations { member remedy } } }"
    answer = data_of(await ask_memory(MemoryGraph(), query, {"i": act}))["recordSeparated"]
    wrong = ["inputs[0].id", "outputs[0].id", "reagentUses[0].id", "equipmentUses[0].id"]
    assert [each["member"] for each in answer["violations"]] == wrong


async def test_fields_of_another_kind_than_the_ids_are_told() -> None:
    act = {
        "idempotencyKey": "k", "id": "A1", "start": "2025-01-18T10:00:00Z", "performingOrg": "ORG-1", "operator": "P-1",
        "inputs": [{"id": "Tissue:T1"}], "outputs": [{"id": "Tissue:T2", "cellLot": {"passageNumber": 1}}],
    }  # fmt: skip
    query = "mutation($i: ThawedInput!) { recordThawed(input: $i) { accepted violations { member } } }"
    answer = data_of(await ask_memory(MemoryGraph(), query, {"i": act}))["recordThawed"]
    assert answer == {"accepted": False, "violations": [{"member": "outputs[0].data"}]}


async def test_a_series_of_two_shapes_is_told() -> None:
    act = {
        "idempotencyKey": "k", "id": "A1", "start": "2025-01-18", "zone": "+08:00", "performingOrg": "ORG-1",
        "operator": "P-1", "inputs": [{"id": "CellLot:L1"}], "outputs": [{"id": "StoragePosition:T"}],
        "data": {"inTransitTemperature": {"value": 4, "min": 2}},
    }  # fmt: skip
    query = "mutation($i: StorageInInput!) { recordStorageIn(input: $i) { accepted violations { member } } }"
    answer = data_of(await ask_memory(MemoryGraph(), query, {"i": act}))["recordStorageIn"]
    assert answer == {"accepted": False, "violations": [{"member": "data.in_transit_temperature"}]}
