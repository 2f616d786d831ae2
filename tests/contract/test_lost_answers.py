"""The store is lost at the worst moment: what was acknowledged is there, and what is handed in again is there once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Engine, connect
from graph.errors import StoreUnavailable
from graph.keys import KeyFile
from graph.models import install
from service.store import Store
from support.bench_sheet import BenchSheet, Json, units_of
from support.cut_line import Cut, CutLine, cut_line
from support.stores import StartEngine, graph_of, import_all, open_again, record


@pytest.fixture
async def line(server: Any) -> AsyncIterator[CutLine]:
    """A wire to the store that can be cut."""
    async with cut_line(server.address) as line:
        yield line


@pytest.fixture
async def far(store: Store, line: CutLine, server: Any) -> AsyncIterator[Store]:
    """The same store, at the other end of the wire."""
    engine = await connect(line.address, server.user, server.password, outage_seconds=0.3)
    yield await open_again(engine, keyring=store.keyring)
    await engine.close()


def _bank() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.subject("S1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=9)
    return sheet


def _dose(sheet: BenchSheet, number: int) -> list[Json]:
    """Three records; what it takes can be taken once, and it raises a deviation."""
    begin = len(sheet.records)
    sheet.donor(f"D-{number}", blood_type="AB")
    sheet.formulated([units_of("MCB1", number)], f"DP{number}", units=1)
    sheet.administered(
        units_of(f"DP{number}", 1), "S1", despite=["not_released"], reason="urgent", acknowledged_by="P-02"
    )
    return sheet.records[begin:]


async def test_an_answer_lost_for_a_moment_is_asked_for_again_unseen(store: Store, far: Store, line: CutLine) -> None:
    sheet = _bank()
    begun = await import_all(store, sheet.records)
    for number, cut in enumerate(Cut, 1):
        line.cut_next(cut, lasts=False)
        receipt = await record(far, _dose(sheet, number), key=f"dose {number}")
        assert receipt.accepted, receipt.violations
        assert receipt.applied == 3
        assert len(receipt.deviations) == 1
        assert line.cuts == number
        assert (await store.ledger.head()).seq == (begun.seq or 0) + 3 * number
    assert (await store.ledger.verify()).is_intact


async def test_who_hears_nothing_of_what_was_committed_hands_it_in_again_and_it_is_there_once(
    store: Store, far: Store, line: CutLine
) -> None:
    sheet = _bank()
    begun = await import_all(store, sheet.records)
    dose = _dose(sheet, 1)
    line.cut_next(Cut.BEFORE_ANSWER)
    with pytest.raises(StoreUnavailable) as caught:
        await record(far, dose, key="dose")
    assert caught.value.is_retryable
    assert "again" in caught.value.remedy
    assert (await store.ledger.head()).seq == (begun.seq or 0) + 3
    written = await graph_of(store.engine)
    line.mend()
    receipt = await record(far, dose, key="dose")
    assert (receipt.accepted, receipt.applied, receipt.seq) == (True, 3, (begun.seq or 0) + 3)
    assert len(receipt.deviations) == 1
    assert await graph_of(store.engine) == written
    # the next request stands on what was written, not on what was believed lost
    refused = await record(far, [sheet.formulated([units_of("MCB1", 1)], "DP9", units=1)])
    assert [violation.code for violation in refused.violations] == ["unit_gone"]
    assert (await store.ledger.verify()).is_intact


async def test_what_never_reached_the_store_leaves_nothing_and_is_applied_when_it_comes_again(
    store: Store, far: Store, line: CutLine
) -> None:
    sheet = _bank()
    begun = await import_all(store, sheet.records)
    before = await graph_of(store.engine)
    dose = _dose(sheet, 1)
    line.cut_next(Cut.BEFORE_COMMIT)
    with pytest.raises(StoreUnavailable):
        await record(far, dose, key="dose")
    assert await graph_of(store.engine) == before
    assert (await store.ledger.head()).seq == begun.seq
    line.mend()
    assert (await record(far, dose, key="dose")).applied == 3
    assert (await store.ledger.verify()).is_intact


# -- the engine itself is killed -------------------------------------------------------------------------------------


async def _opened(address: str, server: Any, keys: Path) -> tuple[Engine, Store]:
    engine = await connect(address, server.user, server.password, outage_seconds=0.3)
    await install(engine)
    return engine, await open_again(engine, keyring=KeyFile(keys))


async def test_an_engine_killed_at_the_commit_has_all_that_was_acknowledged_and_the_retry_once(
    start_engine: StartEngine, tmp_path: Path
) -> None:
    sheet = _bank()
    keys = tmp_path / "keys.jsonl"
    server = await start_engine()
    engine, store = await _opened(server.address, server, keys)
    begun = await import_all(store, sheet.records)
    await engine.close()
    seq = begun.seq or 0
    for number, cut in enumerate(Cut, 1):
        async with cut_line(server.address) as line:
            engine, store = await _opened(line.address, server, keys)
            acknowledged = await record(store, [sheet.donor(f"before {number}")])
            dose = _dose(sheet, number)
            line.cut_next(cut, server.kill)
            with pytest.raises(StoreUnavailable):
                await record(store, dose, key=f"dose {number}")
            await engine.close()
        server = await start_engine()
        engine, store = await _opened(server.address, server, keys)
        assert acknowledged.seq == seq + 1
        is_there = cut is Cut.BEFORE_ANSWER
        assert (await store.ledger.head()).seq == seq + (4 if is_there else 1)
        receipt = await record(store, dose, key=f"dose {number}")
        assert (receipt.applied, receipt.seq) == (3, seq + 4)
        assert (await store.ledger.verify()).first_difference is None
        await engine.close()
        seq += 4
    server.kill()
