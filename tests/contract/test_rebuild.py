"""The graph can be dropped and made again from the entries: the same to the last property."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from graph.engine import Transaction
from graph.errors import Conflict, IntegrityBroken, StemgraphError, StoreUnavailable
from graph.ledger import replay
from graph.viewer import OWNER, Role
from queries.deviations import deviations
from queries.privacy import View
from service.store import Store
from support.bench_sheet import BenchSheet
from support.stores import graph_of, import_all, open_again, record, run
from support.trial import correction, excursion, trial


@pytest.fixture
async def whole(store: Store) -> Store:
    """The trial with all that was learnt later."""
    for records in (trial(), correction(), excursion()):
        await import_all(store, records)
    return store


async def test_rebuilding_makes_the_identical_graph(whole: Store) -> None:
    before, head = await graph_of(whole.engine), await whole.ledger.head()
    rebuilt = await whole.ledger.rebuild()
    assert await graph_of(whole.engine) == before
    assert await whole.ledger.head() == head
    assert rebuilt.entries == head.seq
    assert rebuilt.nodes == sum(len(rows) for label, rows in before.items() if label not in {"edges", "Deviation"})
    assert rebuilt.edges == len(before["edges"])


async def test_what_was_lost_or_altered_in_the_graph_is_mended(whole: Store) -> None:
    before = await graph_of(whole.engine)
    await run(whole.engine, "MATCH (n:CellLot) DETACH DELETE n")
    await run(whole.engine, "MATCH (n:Donor) SET n.donor_relationship = 'autologous'")
    await run(whole.engine, "MATCH (a:Donor), (b:Subject) CREATE (a)-[:EXPANDED {operation_id: 'X'}]->(b)")
    await whole.ledger.rebuild()
    assert await graph_of(whole.engine) == before
    assert (await whole.ledger.verify()).is_intact


async def test_the_graph_is_the_same_in_whatever_portions_it_is_made(
    whole: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await graph_of(whole.engine)
    monkeypatch.setattr(replay, "_REBUILT", 10)
    monkeypatch.setattr(replay, "_DELETED", 7)
    await whole.ledger.rebuild()
    assert await graph_of(whole.engine) == before


async def test_entries_values_keys_tokens_and_the_access_log_are_left_alone(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB")
    await import_all(store, sheet.records)
    token = await store.tokens.create("P-01", Role.VIEWER, None)
    store.access_log.append(OWNER, "node", ["Donor:D1"], 3)
    await store.access_log.flush()
    entries = [entry async for entry in store.ledger.entries()]
    await store.ledger.rebuild()
    assert [entry async for entry in store.ledger.entries()] == entries
    assert await store.tokens.find(token.plain) is not None
    assert [entry.ids async for entry in store.access_log.read()] == [("Donor:D1",)]
    sealed = (await store.reader.nodes({"Donor": ["D1"]}))["Donor", "D1"].values["blood_type"]["sealed"]
    assert await store.ledger.vault.open([sealed]) == {sealed: "AB"}


async def test_a_request_that_came_before_is_known_after_it(store: Store) -> None:
    sheet = BenchSheet()
    first = await record(store, sheet.records, key="one")
    await store.ledger.rebuild()
    assert await record(store, sheet.records, key="one") == first


async def test_writing_goes_on_after_it_with_the_right_state(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    await import_all(store, sheet.records)
    await store.ledger.rebuild()
    sheet.expanded("L1", "L2")
    assert (await record(store, sheet.records[-1:])).accepted
    sheet.expanded("L1", "L3")
    again = await record(store, sheet.records[-1:])
    assert [violation.code for violation in again.violations] == ["nothing_left"]
    assert (await store.ledger.verify()).is_intact


class _CutShort(Exception):
    """Stands for a power cut."""


def _cut(monkeypatch: pytest.MonkeyPatch, at: str, count: int) -> None:
    """The process ends at the count-th statement that begins so."""
    run_statement = Transaction.run
    left = [count]

    async def until_cut(self: Transaction, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        if statement.startswith(at):
            left[0] -= 1
            if not left[0]:
                raise _CutShort
        return await run_statement(self, statement, **parameters)

    monkeypatch.setattr(Transaction, "run", until_cut)


@pytest.mark.parametrize(("at", "count"), [("MATCH (n:CellLot)", 1), ("UNWIND", 1), ("UNWIND", 12)])
async def test_cut_short_the_store_is_refused_until_it_is_run_again(
    whole: Store, monkeypatch: pytest.MonkeyPatch, at: str, count: int
) -> None:
    before = await graph_of(whole.engine)
    with monkeypatch.context() as patched:
        patched.setattr(replay, "_REBUILT", 10)
        _cut(patched, at, count)
        with pytest.raises(_CutShort):
            await whole.ledger.rebuild()
    # as the next service finds it
    store = await open_again(whole.engine, keyring=whole.keyring)
    sheet = BenchSheet(prefix="later-")
    for refused in (
        deviations(View(reader=store.reader, viewer=OWNER)),
        record(store, [sheet.donor("D9")]),
        store.ledger.verify(),
        store.ledger.head(),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            await refused
        assert caught.value.code == "being_rebuilt"
        assert "rebuild" in caught.value.remedy
    await store.ledger.rebuild()
    assert await graph_of(store.engine) == before
    assert (await store.ledger.verify()).is_intact


async def test_an_altered_ledger_is_refused_and_the_graph_stays(whole: Store) -> None:
    before = await graph_of(whole.engine)
    await run(whole.engine, "MATCH (e:Entry {seq: 40}) SET e.actor = 'somebody'")
    with pytest.raises(IntegrityBroken, match="Entry 40"):
        await whole.ledger.rebuild()
    assert await graph_of(whole.engine) == before
    assert (await whole.reader.head()).seq == 88


async def test_a_ledger_that_lost_its_end_is_refused(whole: Store) -> None:
    await run(whole.engine, "MATCH (e:Entry {seq: 88}) DELETE e")
    with pytest.raises(IntegrityBroken, match="88"):
        await whole.ledger.rebuild()


async def test_of_two_rebuilds_at_once_one_makes_the_graph_and_the_other_is_told(
    whole: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "_REBUILT", 10)
    before = await graph_of(whole.engine)
    other = await open_again(whole.engine, keyring=whole.keyring)
    ends = await asyncio.gather(whole.ledger.rebuild(), other.ledger.rebuild(), return_exceptions=True)
    told = [end for end in ends if isinstance(end, StemgraphError)]
    assert [type(end) for end in told] == [Conflict]
    assert told[0].code == "rebuild_taken_over"
    assert await graph_of(whole.engine) == before
    assert (await whole.ledger.verify()).is_intact
