"""Records on their way into the ledger: their tier-3 values are replaced, and nothing else of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from exchange.generator import generate
from graph.keys import MemoryKeys
from graph.ledger.sealing_records import Sealer, tier3_members
from graph.records import RawRecord, Record, is_sealed, parse, parse_stored
from graph.rules.world import World


def _parsed(raw: dict[str, Any]) -> Record:
    record, violations = parse(RawRecord(raw))
    assert record is not None, violations
    return record


def _amendment(kind: str, **data: Any) -> dict[str, Any]:
    return {
        "record": "amendment", "id": "A1", "kind": kind, "id_of": "X1", "data": data, "reason": "misread", "by": "P1",
    }  # fmt: skip


def _correction(operation: dict[str, Any]) -> dict[str, Any]:
    again = {**operation, "id": f"{operation['id']}-R"}
    again.pop("recorded_at", None)
    return {
        "record": "correction", "id": "C1", "operation": operation["id"], "reason": "misread", "by": "P1",
        "replacement": again,
    }  # fmt: skip


def _records() -> list[Record]:
    trial = list(generate(donors=6, seed=4))
    raw = [
        *trial,
        _amendment("Donor", birth_year=1980, sex=None),
        _amendment("AdverseEvent", term="fever", outcome=None),
    ]
    raw += [_correction(each) for each in trial if each.get("type") in {"TESTED", "EXPERIENCED", "ADMINISTERED"}]
    return [_parsed(each) for each in raw]


SEALED = [record for record in _records() if any(True for _ in tier3_members(record.canonical))]


def test_the_records_are_of_every_shape_that_holds_such_values() -> None:
    assert {record.canonical["record"] for record in SEALED} == {"node", "operation", "amendment", "correction"}


@pytest.mark.parametrize("record", SEALED, ids=lambda record: record.name)
def test_a_sealed_record_is_what_its_entry_will_say(record: Record) -> None:
    sealed = Sealer(MemoryKeys()).seal(record, World())
    again = replace(parse_stored(sealed.canonical), recorded_at=record.recorded_at, place=record.place)
    for member in fields(sealed):
        assert getattr(sealed, member.name) == getattr(again, member.name), member.name


@pytest.mark.parametrize("record", SEALED, ids=lambda record: record.name)
def test_each_value_of_tier_3_is_replaced_and_the_record_given_stays(record: Record) -> None:
    before = repr(record)
    sealed = Sealer(MemoryKeys()).seal(record, World())
    values = [holder[name] for holder, name, _ in tier3_members(sealed.canonical)]
    assert values
    assert all(is_sealed(value) and set(value) == {"sealed"} for value in values)
    assert repr(record) == before
