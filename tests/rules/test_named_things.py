"""What a record names, told with its members and without: the same things."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.generator import generate
from graph.records import RawRecord, Record, parse
from graph.rules.identity import named, references
from support.trial import correction, excursion, trial


def _parsed(raw: dict[str, Any]) -> Record:
    record, violations = parse(RawRecord(raw))
    assert record is not None, violations
    return record


RECORDS = [_parsed(each) for each in (*trial(), *correction(), *excursion(), *generate(donors=25, seed=5))]


def test_there_are_records_of_every_shape_but_amendments() -> None:
    assert {record.canonical["record"] for record in RECORDS} >= {"node", "operation", "closing", "correction"}


@pytest.mark.parametrize("start", range(0, len(RECORDS), 500))
def test_the_same_things_are_named_with_their_members_and_without(start: int) -> None:
    for record in RECORDS[start : start + 500]:
        assert list(dict.fromkeys(named(record))) == list(
            dict.fromkeys((kind, key) for _, kind, key in references(record))
        ), record.id


def test_devices_documents_and_keys_in_values_are_named() -> None:
    raw = {
        "record": "operation", "type": "EXPANDED", "id": "O1", "start": "2025-01-18T10:00:00+08:00",
        "performing_org": "ORG-1", "operator": "P-1", "reviewer": "P-2", "source_document": "DOC-1", "study": "ST-1",
        "inputs": [{"kind": "CellLot", "id": "L0"}], "outputs": [{"kind": "CellLot", "id": "L1"}],
        "uses": [{"kind": "Reagent", "id": "R-1", "data": {"reagent_prepared_by": "P-3"}}],
        "data": {"operation_ambient_temperature": 21}, "captured": {"operation_ambient_temperature": "SENSOR-4"},
    }  # fmt: skip
    assert set(named(_parsed(raw))) == {
        ("Institution", "ORG-1"), ("Person", "P-1"), ("Person", "P-2"), ("Person", "P-3"), ("Document", "DOC-1"),
        ("Study", "ST-1"), ("CellLot", "L0"), ("Reagent", "R-1"), ("Equipment", "SENSOR-4"),
    }  # fmt: skip
