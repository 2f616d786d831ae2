"""One door: whole or not at all, in one transaction, chained, applied once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

import neo4j
from graph.engine import Transaction, connect
from graph.errors import StoreUnavailable
from graph.ledger import GENESIS
from graph.reader import StoreReader
from graph.times import parse_moment
from graph.viewer import OWNER, Role, Viewer
from service.store import Store
from support.bench_sheet import BenchSheet, Json, units_of
from support.stores import empty_store, graph_of, import_all, open_again, record, run

OPERATOR = Viewer(person="P-01", role=Role.OPERATOR)
REVIEWER = Viewer(person="P-02", role=Role.REVIEWER)


def _bank() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB")
    sheet.subject("S1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=3)
    return sheet


def _dose(sheet: BenchSheet) -> list[Json]:
    """Units, edges, a sealed value, a deviation, changes of older nodes: something of everything that is written."""
    begin = len(sheet.records)
    sheet.donor("D2", blood_type="A")
    sheet.formulated([units_of("MCB1", 1)], "DP1", units=2)
    sheet.administered(
        units_of("DP1", 1), "S1", despite=["not_released"], reason="compassionate use", acknowledged_by="P-02"
    )
    return sheet.records[begin:]


class _Lost(Exception):
    """Stands for anything that ends a transaction half way."""


@pytest.fixture
def fails_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """``statement``: the number of the statement that fails, counted from 1 in each transaction; ``seen``: the last."""
    run_statement = Transaction.run
    wanted = {"statement": 0, "seen": 0}

    async def counted(self: Transaction, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        wanted["seen"] += 1
        if wanted["seen"] == wanted["statement"]:
            raise _Lost
        return await run_statement(self, statement, **parameters)

    monkeypatch.setattr(Transaction, "run", counted)
    yield wanted
    monkeypatch.undo()


async def _everything(store: Store) -> Any:
    rows = await store.engine.read("MATCH (n) RETURN labels(n)[0] AS label, properties(n) AS p")
    for row in rows:
        row["p"].pop("turn", None)  # of the head: whose turn it is to write says nothing of what is written
    others = sorted(repr((row["label"], sorted(row["p"].items(), key=str))) for row in rows)
    return others, await graph_of(store.engine)


async def test_a_request_that_fails_at_any_statement_leaves_nothing(store: Store, fails_at: dict[str, int]) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    dose = _dose(sheet)
    before = await _everything(store)
    number = 0
    while True:
        number += 1
        fails_at.update(statement=number, seen=0)
        try:
            receipt = await record(store, dose, key="dose")
        except _Lost:
            assert await _everything(store) == before, f"statement {number} left something"
            continue
        break
    # it took that many statements; with none failing all of it is there
    assert number > 10
    assert receipt.accepted
    assert [deviation.code for deviation in receipt.deviations] == ["not_released"]
    assert (await store.ledger.verify()).is_intact


async def test_nothing_of_a_request_is_seen_before_all_of_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    before = await graph_of(store.engine)
    head = await store.ledger.head()
    last, go_on = asyncio.Event(), asyncio.Event()
    commit = neo4j.AsyncTransaction.commit

    async def paused(self: neo4j.AsyncTransaction) -> None:
        last.set()  # everything is written by now
        await go_on.wait()
        await commit(self)

    monkeypatch.setattr(neo4j.AsyncTransaction, "commit", paused)
    writing = asyncio.create_task(record(store, _dose(sheet)))
    await last.wait()
    assert await graph_of(store.engine) == before
    assert await store.ledger.head() == head
    assert [entry.seq async for entry in store.ledger.entries()] == list(range(1, head.seq + 1))
    go_on.set()
    assert (await writing).accepted
    assert (await store.ledger.head()).seq == head.seq + 3


async def test_who_reads_while_others_write_never_sees_half_a_request(store: Store, server: Any) -> None:
    """The moment to look is when the head has just moved: an engine may still be at work on the rest of the commit."""
    requests = 80
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=requests)
    begun = (await import_all(store, sheet.records)).seq or 0
    reading = await connect(server.address, server.user, server.password)
    told: list[tuple[int, int, int]] = []

    async def read() -> None:
        seq = begun
        while seq < begun + requests:
            if (now := (await StoreReader(reading).head()).seq) == seq:
                continue
            seq = now
            entries = await reading.read("MATCH (e:Entry) WHERE e.seq <= $seq RETURN count(e) AS n", seq=seq)
            units = await reading.read(
                "MATCH (:CellLot)-[r:CONTAINS]->(:CellUnit) WHERE r.seq <= $seq RETURN count(r) AS n", seq=seq
            )
            told.append((seq, entries[0]["n"], units[0]["n"]))

    reader = asyncio.create_task(read())
    for number in range(1, requests + 1):
        assert (await record(store, [sheet.formulated([units_of("MCB1", number)], f"DP{number}", units=50)])).accepted
    await reader
    assert told == [(seq, seq, requests + 50 * (seq - begun)) for seq, _, _ in told]
    assert len(reading._bookmarks) <= 1  # what was learnt does not grow with the number of questions
    await reading.close()


async def test_entries_are_numbered_without_gap_and_chained_from_the_first(store: Store) -> None:
    sheet = _bank()
    for given in sheet.records:
        await record(store, [given])
    entries = [entry async for entry in store.ledger.entries()]
    assert [entry.seq for entry in entries] == list(range(1, len(sheet.records) + 1))
    assert [entry.previous for entry in entries] == [GENESIS, *(entry.digest for entry in entries[:-1])]
    assert all(entry.digest == entry.digest_over() for entry in entries)
    head = await store.ledger.head()
    assert (head.seq, head.digest) == (entries[-1].seq, entries[-1].digest)


async def test_an_entry_says_who_when_why_and_what(store: Store) -> None:
    now = parse_moment("2025-06-01T12:00:00Z").earliest_ms
    store = await empty_store(store.engine, clock=lambda: now)
    sheet = BenchSheet()
    await record(store, sheet.records)
    viewer = Viewer(person="P-01", role=Role.DATA_MANAGER, purpose="entry of paper records")
    given = {**sheet.donor("D1"), "recorded_at": "2025-02-01T08:00:00+08:00"}
    await record(store, [given], viewer=viewer, historic=True, on_behalf_of_reason="P-02 is on leave")
    *_, entry = [entry async for entry in store.ledger.entries()]
    assert (entry.name, entry.target) == ("node:Donor:D1", "Donor:D1")
    assert (entry.actor, entry.role, entry.purpose) == ("P-01", "data_manager", "entry of paper records")
    assert entry.on_behalf_of == "P-02 is on leave"
    assert entry.clock_ms == now
    assert entry.claimed_ms == parse_moment("2025-02-01T00:00:00Z").earliest_ms
    assert entry.payload == ('{"data":{"donor_relationship":"allogeneic"},"id":"D1","kind":"Donor","record":"node"}')


# -- applied once ----------------------------------------------------------------------------------------------------


async def test_a_request_handed_in_again_is_applied_once_and_gets_the_same_receipt(store: Store) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    dose = [*_dose(sheet), sheet.released(units_of("DP1", 2))]
    del dose[-1]["outputs"]  # a release without a result is a warning
    first = await record(store, dose, key="dose")
    assert first.deviations
    assert "no_result" in {warning.code for warning in first.warnings}
    before = await _everything(store)
    assert await record(store, dose, key="dose") == first
    assert await record(await open_again(store.engine, keyring=store.keyring), dose, key="dose") == first
    assert await _everything(store) == before


async def test_the_same_key_for_other_records_is_refused(store: Store) -> None:
    sheet = BenchSheet()
    await record(store, sheet.records, key="one")
    before = await _everything(store)
    for other in ([sheet.donor("D1")], [*sheet.records, sheet.donor("D2")]):
        refused = await record(store, other, key="one")
        assert [violation.code for violation in refused.violations] == ["key_used"]
        assert refused.violations[0].member == "idempotencyKey"
    assert await _everything(store) == before


async def test_a_sealed_value_is_compared_too_when_a_key_comes_again(store: Store) -> None:
    sheet = BenchSheet()
    await record(store, sheet.records)
    first = await record(store, [sheet.donor("D1", blood_type="AB")], key="donor")
    assert await record(store, [sheet.records[-1]], key="donor") == first
    refused = await record(store, [sheet.donor("D1", blood_type="A")], key="donor")
    assert [violation.code for violation in refused.violations] == ["key_used"]


async def test_keys_of_one_person_do_not_meet_those_of_another(store: Store) -> None:
    sheet = BenchSheet()
    await record(store, sheet.records)
    assert (await record(store, [sheet.donor("D1")], viewer=OPERATOR, key="one")).applied == 1
    assert (await record(store, [sheet.donor("D2")], viewer=REVIEWER, key="one")).applied == 1


async def test_a_record_that_is_there_already_changes_nothing_and_says_so(store: Store) -> None:
    sheet = _bank()
    first = await record(store, sheet.records)
    again = await record(store, sheet.records)
    assert again.accepted
    assert (again.applied, again.unchanged, again.seq) == (0, len(sheet.records), first.seq)
    more = await record(store, [*sheet.records, sheet.donor("D7")])
    assert (more.applied, more.unchanged) == (1, len(sheet.records) - 1)


async def test_what_an_operation_leads_to_but_does_not_make_gets_a_stub_where_that_is_allowed(store: Store) -> None:
    sheet = _bank()
    sheet.stored(units_of("MCB1", 1), "NEW-TANK")
    sheet.records[:] = [each for each in sheet.records if each["id"] != "NEW-TANK"]
    sheet.act("TRANSPORTED", [units_of("MCB1", 2)], [{"kind": "StoragePosition", "id": "NEW-SITE"}], end=None)
    refused = await record(store, sheet.records, historic=True, is_import=True)
    assert {violation.code for violation in refused.violations} == {"unknown_reference"}
    await import_all(store, sheet.records, create_missing=frozenset({"StoragePosition"}))
    payloads = [json.loads(entry.payload) async for entry in store.ledger.entries()]
    stubs = [payload["id"] for payload in payloads if payload.get("stub")]
    assert stubs == ["NEW-TANK", "NEW-SITE"]


async def test_a_dry_run_tells_all_and_leaves_nothing(store: Store) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    dose = _dose(sheet)
    before = await _everything(store)
    tried = await record(store, dose, key="dose", dry_run=True)
    assert tried.accepted
    assert [deviation.code for deviation in tried.deviations] == ["not_released"]
    assert await _everything(store) == before
    assert store.keyring.key_of("Donor:D2") is None
    assert (await record(store, dose, key="dose")).applied == 3


async def test_a_refused_request_leaves_nothing_and_its_key_can_be_used(store: Store) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    before = await _everything(store)
    bad = sheet.formulated([units_of("MCB1", 1, 9)], "DP1", units=2)
    refused = await record(store, [sheet.donor("D5", blood_type="A"), bad], key="one")
    assert [violation.code for violation in refused.violations] == ["unknown_unit"]
    assert refused.seq is None
    assert await _everything(store) == before
    assert store.keyring.key_of("Donor:D5") is None
    assert (await record(store, [sheet.formulated([units_of("MCB1", 1)], "DP1", units=2)], key="one")).accepted


# -- who did it ------------------------------------------------------------------------------------------------------


async def test_what_a_person_closes_is_signed_by_them(store: Store) -> None:
    sheet = _bank()
    stay = sheet.stored("MCB1")
    await import_all(store, sheet.records)
    closing = sheet.closing(stay)
    del closing["by"]
    assert (await record(store, [closing], viewer=OPERATOR)).accepted
    *_, entry = [entry async for entry in store.ledger.entries()]
    assert '"by":"P-01"' in entry.payload
    assert (await record(store, [closing], viewer=OPERATOR)).unchanged == 1


@pytest.mark.parametrize("is_import", [True, False])
async def test_who_is_no_person_must_say_who_did_it(store: Store, is_import: bool) -> None:
    sheet = _bank()
    stay = sheet.stored("MCB1")
    await import_all(store, sheet.records)
    closing = sheet.closing(stay)
    del closing["by"]
    refused = await record(store, [closing], viewer=OWNER, is_import=is_import)
    assert [(each.code, each.member) for each in refused.violations] == [("missing_member", "by")]


async def test_who_signs_for_another_gives_a_reason(store: Store) -> None:
    sheet = _bank()
    stay = sheet.stored("MCB1")
    await import_all(store, sheet.records)
    closing = sheet.closing(stay)  # by P-02
    refused = await record(store, [closing], viewer=OPERATOR)
    assert [(each.code, each.member) for each in refused.violations] == [("not_signed_in", "by")]
    assert (await record(store, [closing], viewer=OPERATOR, on_behalf_of_reason="dictated")).accepted


# -- a store that is not what it was ---------------------------------------------------------------------------------


async def test_a_second_service_makes_the_head_no_second_time(store: Store) -> None:
    await record(store, BenchSheet().records)
    head = await store.ledger.head()
    again = await open_again(store.engine, keyring=store.keyring)
    assert await again.ledger.head() == head


async def test_two_stores_have_two_epochs(store: Store) -> None:
    one = await store.ledger.head()
    other = await (await empty_store(store.engine)).ledger.head()
    assert one.seq == other.seq == 0
    assert one.epoch != other.epoch


async def test_writing_is_refused_while_the_graph_is_made_again(store: Store) -> None:
    await run(store.engine, "MATCH (h:Head) SET h.rebuilder = 'another'")
    with pytest.raises(StoreUnavailable) as caught:
        await record(store, BenchSheet().records)
    assert caught.value.is_retryable
