"""Several processes write at once, and the ledger is as if one had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.engine import Engine
from graph.keys import KeyFile
from service.store import Store
from support.bench_sheet import BenchSheet, Json, some_of, units_of
from support.stores import empty_store, import_all, record
from support.writer_process import at_once

WRITERS = 3
LATER = 1000  # hours: a sheet that begins when the bank is there


@pytest.fixture
def access(server: Any, tmp_path: Path) -> dict[str, Any]:
    """How another process opens the same store."""
    return {
        "address": server.address,
        "user": server.user,
        "password": server.password,
        "keys": str(tmp_path / "keys.jsonl"),
    }


@pytest.fixture
async def store(engine: Engine, access: dict[str, Any]) -> Store:
    """An empty store whose keys other processes share."""
    return await empty_store(engine, keyring=KeyFile(access["keys"]))


def _takes(sheet: BenchSheet, name: str, count: int) -> list[list[Json]]:
    """Requests of one writer, all drawing from the same bank: each takes one vial and tests a donor."""
    requests = []
    for number in range(count):
        begin = len(sheet.records)
        sheet.expanded(some_of("MCB1", 1), f"{name}-{number}")
        result = {"kind": "QCResult", "id": f"{name}-{number}", "data": {"test_item": "HIV", "test_result": "negative"}}
        sheet.act("TESTED", [{"kind": "Donor", "id": "D1"}], [result])
        requests.append(sheet.records[begin:])
    return requests


async def test_no_update_is_lost_no_number_missing_no_entry_twice(store: Store, access: dict[str, Any]) -> None:
    sheet = _bank(quantity=100)
    begun = await import_all(store, sheet.records)
    requests = [_takes(BenchSheet(prefix=f"W{number}-", hours=LATER), f"W{number}", 8) for number in range(WRITERS)]
    receipts = [receipt for own in await at_once(requests, **access) for receipt in own]
    assert [receipt["violations"] for receipt in receipts] == [[]] * len(receipts)
    written = WRITERS * 8 * 2
    assert begun.seq is not None
    assert (await store.ledger.head()).seq == begun.seq + written
    entries = [entry async for entry in store.ledger.entries()]
    assert [entry.seq for entry in entries] == list(range(1, begun.seq + written + 1))
    assert len({entry.name for entry in entries}) == len(entries)
    assert await store.ledger.verify() == await store.ledger.verify()
    assert (await store.ledger.verify()).first_difference is None
    # every vial that was taken is missing from the bank, and not one more
    over = BenchSheet(prefix="last-", hours=5 * LATER)
    over.expanded(some_of("MCB1", 100 - WRITERS * 8), "the rest")
    assert (await record(store, over.records[-1:])).accepted
    over.expanded(some_of("MCB1", 1), "too much")
    refused = await record(store, over.records[-1:])
    assert [violation.code for violation in refused.violations] == ["overdraw"]


async def test_of_two_who_take_the_same_vial_one_wins_and_the_other_is_told(
    store: Store, access: dict[str, Any]
) -> None:
    await import_all(store, _bank(units=6).records)
    requests = []
    for name in ("A", "B"):
        sheet = BenchSheet(prefix=f"{name}-", hours=LATER)
        own = [sheet.expanded(units_of("MCB1", number), f"{name}{number}") for number in range(1, 7)]
        requests.append([[each] for each in own])
    first, second = await at_once(requests, **access)
    for mine, theirs in zip(first, second, strict=True):
        assert {mine["accepted"], theirs["accepted"]} == {True, False}
        told = theirs if mine["accepted"] else mine
        assert [violation["code"] for violation in told["violations"]] == ["unit_gone"]
        assert told["violations"][0]["record"] is not None
    assert (await store.ledger.verify()).first_difference is None


async def test_the_same_request_by_two_processes_is_applied_once(store: Store, access: dict[str, Any]) -> None:
    await import_all(store, _bank(quantity=10).records)
    sheet = BenchSheet(prefix="same-", hours=LATER)
    requests = [[[sheet.expanded(some_of("MCB1", 1), f"same{number}")] for number in range(4)]]
    before = (await store.ledger.head()).seq
    first, second = await at_once(requests * 2, **access)
    assert all(receipt["accepted"] for receipt in first + second)
    assert [one["applied"] + other["applied"] for one, other in zip(first, second, strict=True)] == [1] * 4
    assert (await store.ledger.head()).seq == before + 4


def _bank(*, units: int = 0, quantity: int = 0) -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=units, quantity=quantity)
    return sheet
