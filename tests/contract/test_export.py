"""What went in comes out again, and goes in elsewhere: the same export, the same answers."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from graph.reader import Direction, id_text
from graph.viewer import OWNER
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import BenchSheet, Json, units_of
from support.stores import empty_store, graph_of, import_all, lines_of, record
from support.trial import correction, excursion, trial


def _everything() -> list[Json]:
    """Sealed values of all sorts, a stub, a closing, a correction, an amendment, an autologous dose."""
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship="autologous", blood_type="AB", birth_date="1990-03-04")
    sheet.subject("S1", same_person_as="D1")
    tested = {"kind": "QCResult", "id": "HIV-1", "data": {"test_item": "HIV", "test_result": "non-reactive"}}
    sheet.act("TESTED", [{"kind": "Donor", "id": "D1"}], [tested])
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    typed = {"kind": "QCResult", "id": "HLA-1", "data": {"test_item": "HLA typing", "test_result": "A*02:01"}}
    sheet.act("TESTED", [{"kind": "CellLot", "id": "L1"}], [typed])
    sheet.cryopreserved("L1", "MCB1", units=2)
    stay = sheet.stored("MCB1")
    sheet.closing(stay)
    wrong = sheet.formulated([units_of("MCB1", 1)], "DP1", units=1)
    sheet.correction(wrong, {**wrong, "inputs": [units_of("MCB1", 2)]})
    sheet.released("DP1")
    sheet.administered(units_of("DP1", 1), "S1")
    sheet.amendment("Donor", "D1", blood_type="B", ethnicity=None, family_history="none")
    sheet.amendment("QCResult", "HIV-1", test_result="reactive")
    sheet.amendment("QCResult", "HLA-1", test_result="A*24:02")
    return sheet.records


async def _answers(store: Store) -> dict[str, Any]:
    """What became of each donor, where each subject's dose came from, with its times, and every deviation."""
    view = View(reader=store.reader, viewer=OWNER)
    told: dict[str, Any] = {}
    for kind, direction in (("Donor", Direction.FORWARD), ("Subject", Direction.BACKWARD)):
        for row in await store.engine.read(f"MATCH (n:{kind}) RETURN n.key AS key"):
            answer = await trace(view, [id_text((kind, row["key"]))], direction)
            told[f"{kind}:{row['key']}"] = (answer.nodes, answer.edges, answer.completeness)
    rows = await store.engine.read("MATCH (d:Deviation) RETURN d.code AS code, d.message AS message")
    told["deviations"] = sorted((row["code"], row["message"]) for row in rows)
    return told


def _parsed(lines: list[bytes]) -> list[Json]:
    return [orjson.loads(line) for line in lines]


async def test_an_export_imported_elsewhere_gives_the_same_export_and_the_same_answers(store: Store) -> None:
    for records in (trial(), correction(), excursion()):
        await import_all(store, records)
    lines, answers, head = await lines_of(store), await _answers(store), await store.ledger.head()
    elsewhere = await empty_store(store.engine)
    await import_all(elsewhere, _parsed(lines))
    assert await lines_of(elsewhere) == lines
    assert await _answers(elsewhere) == answers
    assert (await elsewhere.ledger.head()).seq == head.seq
    assert (await elsewhere.ledger.verify()).is_intact


async def test_what_was_recorded_one_by_one_can_be_imported_as_a_whole(store: Store) -> None:
    for given in _everything():
        receipt = await record(store, [given])
        assert receipt.accepted, receipt.violations
    lines, opened, answers = await lines_of(store), await lines_of(store, sealed=True), await _answers(store)
    assert len(answers.pop("deviations")) == 1  # the amended result is out of its range
    for exported in (lines, opened):
        elsewhere = await empty_store(store.engine, keyring=store.keyring)
        await import_all(elsewhere, _parsed(exported))
        assert await lines_of(elsewhere) == lines
        assert await lines_of(elsewhere, sealed=True) == exported
        # what is sealed elsewhere cannot be held against a range here
        assert len((told := await _answers(elsewhere)).pop("deviations")) == (exported is opened)
        assert told == answers
        assert (await elsewhere.ledger.verify()).first_difference is None


async def test_a_line_is_the_record_in_canonical_form_with_its_recorded_time(store: Store) -> None:
    sheet = BenchSheet()
    await import_all(store, [{**given, "recorded_at": "2025-01-02T08:00:00+08:00"} for given in sheet.records])
    assert (await lines_of(store))[0] == (
        b'{"id":"ORG-1","kind":"Institution","record":"node","recorded_at":"2025-01-02T00:00:00.000+00:00"}\n'
    )


async def test_without_values_an_export_holds_digests_only(store: Store) -> None:
    await import_all(store, _everything())
    text = b"".join(await lines_of(store)).decode()
    for value in ("AB", "1990-03-04", "non-reactive", "reactive", "A*02:01", "A*24:02", '"B"', '"same_person_as":"D1"'):
        assert value not in text
    donor = next(given for given in _parsed(await lines_of(store)) if given.get("id") == "D1")
    assert set(donor["data"]["blood_type"]) == {"sealed"}


async def test_with_values_an_export_opens_in_a_store_with_other_keys(store: Store) -> None:
    await import_all(store, _everything())
    opened = await lines_of(store, sealed=True)
    elsewhere = await empty_store(store.engine)
    await import_all(elsewhere, _parsed(opened))
    assert await lines_of(elsewhere, sealed=True) == opened
    donor = (await elsewhere.reader.nodes({"Donor": ["D1"]}))["Donor", "D1"]
    digest = donor.values["blood_type"]["sealed"]
    assert await elsewhere.ledger.vault.open([digest]) == {digest: "B"}


async def test_a_destroyed_value_is_exported_as_its_digest_and_the_rest_with_its_value(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB")
    sheet.donor("D2", blood_type="A")
    await import_all(store, sheet.records)
    store.keyring.destroy("Donor:D1")
    lines = await lines_of(store)
    first, second = (given["data"]["blood_type"] for given in _parsed(await lines_of(store, sealed=True))[-2:])
    assert set(first) == {"sealed"}
    assert second["value"] == "A"
    elsewhere = await empty_store(store.engine)
    await import_all(elsewhere, _parsed(lines))
    assert await lines_of(elsewhere) == lines


async def test_a_value_that_is_not_the_one_sealed_is_refused(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB")
    await import_all(store, sheet.records)
    records = _parsed(await lines_of(store, sealed=True))
    records[-1]["data"]["blood_type"]["value"] = "A"
    elsewhere = await empty_store(store.engine)
    refused = await record(elsewhere, records, historic=True, is_import=True)
    assert [(each.code, each.member) for each in refused.violations] == [("bad_value", "blood_type")]


async def test_a_plain_value_equals_the_sealed_one_it_was(store: Store) -> None:
    records = _everything()
    await import_all(store, records)
    assert (await record(store, records, is_import=True)).unchanged == len(records)
    other = {**records[6], "data": {**records[6]["data"], "blood_type": "A"}}
    refused = await record(store, [other], is_import=True)
    assert "other_content" in {violation.code for violation in refused.violations}


async def test_a_sealed_value_may_be_said_again_with_its_salt(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    tested = {"kind": "QCResult", "id": "HIV-1", "data": {"test_item": "HIV", "test_result": "negative"}}
    wrong = sheet.act("TESTED", [{"kind": "Donor", "id": "D1"}], [tested])
    await import_all(store, sheet.records)
    opened = _parsed(await lines_of(store, sealed=True))[-1]
    opened.pop("recorded_at")
    sheet.correction(wrong, {**opened, "reviewer": "P-02"})
    await import_all(store, sheet.records[-1:])
    assert (await store.ledger.verify()).is_intact


@pytest.mark.parametrize("seed", range(3))
async def test_a_shuffled_file_gives_the_same_graph(store: Store, seed: int) -> None:
    records = [*trial(), *correction(), *excursion()]
    await import_all(store, records)
    graph, answers = await graph_of(store.engine, exactly=False), await _answers(store)
    random.Random(seed).shuffle(records)
    elsewhere = await empty_store(store.engine)
    await import_all(elsewhere, records)
    assert await graph_of(elsewhere.engine, exactly=False) == graph
    assert await _answers(elsewhere) == answers
    assert (await elsewhere.ledger.verify()).is_intact
