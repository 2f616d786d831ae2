"""The index of a store that others write to: exact at each position, or silent."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Engine, connect
from graph.errors import IntegrityBroken
from graph.index import Channel, Hazard, Index, Lineage, Seed
from graph.index.comparing import first_difference
from graph.keeping import Asked
from graph.keys import KeyFile
from graph.reader import HeadRow
from service.store import Store
from support.asking import ask
from support.bench_sheet import BenchSheet, some_of
from support.stores import empty_store, import_all, open_again, run
from support.writer_process import WriterProcess

WRITERS, REQUESTS = 3, 12
SEEDS = [Seed(node=("Donor", "D1"))]
ASKED = Asked(starts=(("Donor", "D1"),), equipment=True, storage=True)
IMPACT = """{ impact(input: {hazard: CONTAGIOUS, seeds: [{id: "Donor:D1"}]}) {
  __typename ... on Impact { asOfSeq summary { total } } } }"""


@pytest.fixture
def access(server: Any, tmp_path: Path) -> dict[str, Any]:
    """How another process opens the same store."""
    keys = str(tmp_path / "keys.jsonl")
    return {"address": server.address, "user": server.user, "password": server.password, "keys": keys}


@pytest.fixture
async def store(engine: Engine, access: dict[str, Any]) -> Store:
    """A store with a bank, whose keys other processes share."""
    store = await empty_store(engine, keyring=KeyFile(access["keys"]))
    await import_all(store, _bank().records)
    return store


def _bank() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", quantity=200)
    return sheet


def _requests(name: str, chance: random.Random) -> list[list[dict[str, Any]]]:
    """One to four records at a time: vials taken from the bank into the same incubator."""
    sheet = BenchSheet(prefix=f"{name}-", hours=1000)
    found = []
    for number in range(REQUESTS):
        begin = len(sheet.records)
        for part in range(chance.randint(1, 4)):
            sheet.expanded(some_of("MCB1", 1), f"{name}-{number}-{part}")
        found.append(sheet.records[begin:])
    return found


def _answer(lineage: Lineage) -> list[tuple[object, ...]]:
    spread = lineage.impact(Hazard.CONTAGIOUS, SEEDS, list(Channel))
    return [
        (lineage.node(int(number)), int(tier), int(since), bool(doubt))
        for number, tier, since, doubt in zip(spread.nodes, spread.tier, spread.since, spread.uncertain, strict=True)
    ]


async def _read_while(store: Store, writing: set[int], told: dict[int, list[tuple[object, ...]]]) -> None:
    """Asks again and again, and keeps what was answered at each position."""
    assert store.index is not None
    last = 0
    while writing:
        position = await store.index.position()
        assert position.seq >= last
        last = position.seq
        answer = _answer(await store.index.lineage(position, ASKED))
        assert told.setdefault(position.seq, answer) == answer


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_writers_do_each_answer_is_that_of_a_fresh_build(
    store: Store, access: dict[str, Any], seed: int
) -> None:
    """One of the writers is killed in the middle of its work; two readers look on."""
    chance = random.Random(seed)
    begun = (await store.ledger.head()).seq
    writers = [
        await WriterProcess.start(**access, name=f"W{number}", requests=_requests(f"W{number}", chance))
        for number in range(WRITERS)
    ]
    engines = [await connect(access["address"], access["user"], access["password"]) for _ in range(2)]
    readers = [await open_again(engine, keyring=KeyFile(access["keys"])) for engine in engines]
    for reader in readers:
        assert reader.index is not None
        _answer(await reader.index.lineage(await reader.index.position(), ASKED))  # kernels are compiled now, not later
    writing, told = set(range(WRITERS)), dict[int, list[tuple[object, ...]]]()
    victim, after = writers[0], begun + chance.randint(3, 20)

    async def write(number: int) -> None:
        try:
            if writers[number] is not victim:
                receipts = await writers[number].write()
                assert all(receipt["accepted"] for receipt in receipts)
                return
            victim.begin()
            while (await store.ledger.head()).seq < after:
                pass
            await victim.kill()
        finally:
            writing.discard(number)

    await asyncio.gather(
        *(write(number) for number in range(WRITERS)), *(_read_while(reader, writing, told) for reader in readers)
    )
    head = (await store.ledger.head()).seq
    assert head > begun + (WRITERS - 1) * REQUESTS
    assert len(told) > 5
    entries = [entry async for entry in store.reader.all_entries(head)]
    assert [entry.seq for entry in entries] == list(range(1, head + 1))
    for position, answer in told.items():
        fresh = Index.build(entries[:position], HeadRow(seq=position, digest="", epoch="")).lineage
        assert _answer(fresh) == answer, position
    for reader in readers:
        assert reader.index is not None
        grown = await reader.index.lineage(await reader.index.position(), ASKED)
        anew = Index.build(entries, HeadRow(seq=head, digest="", epoch="")).lineage
        assert first_difference(grown, anew) is None
    assert (await store.verify()).first_difference is None
    for engine in engines:
        await engine.close()


_HIDE = "MATCH (e:Entry {seq: $seq}) DETACH DELETE e"
_ALTER = "MATCH (e:Entry {seq: $seq}) SET e.payload = replace(e.payload, 'later-late', 'later-lost')"
_OTHER = "MATCH (h:Head) SET h.epoch = 'another'"


@pytest.mark.parametrize(
    ("fault", "named"), [(_HIDE, "is missing"), (_ALTER, "was altered"), (_OTHER, "its epoch has changed")]
)
async def test_a_ledger_that_was_tampered_with_is_named_and_nothing_of_it_is_served(
    store: Store, access: dict[str, Any], fault: str, named: str
) -> None:
    """Behind the back of a service whose index has not yet read what another one wrote."""
    assert store.index is not None
    seq = (await store.index.position()).seq
    sheet = BenchSheet(prefix="later-", hours=1000)
    for number in range(3):
        sheet.expanded(some_of("MCB1", 1), f"later-late{number}")
    other = await open_again(store.engine, keyring=KeyFile(access["keys"]))
    await import_all(other, sheet.records)
    await run(store.engine, fault, **({} if fault is _OTHER else {"seq": seq + 2}))
    for _ in range(2):
        with pytest.raises(IntegrityBroken, match=named):
            await store.index.position()
    answer = await ask(store, IMPACT)
    assert answer.data is None or answer.data.get("impact") is None
    assert answer.errors


async def test_an_older_store_put_back_is_named(store: Store, access: dict[str, Any]) -> None:
    assert store.index is not None
    other = await open_again(store.engine, keyring=KeyFile(access["keys"]))
    before = await store.ledger.head()
    sheet = BenchSheet(prefix="later-", hours=1000)
    sheet.expanded(some_of("MCB1", 1), "later")
    await import_all(other, sheet.records)
    await store.index.position()
    await run(store.engine, "MATCH (h:Head) SET h.seq = $seq, h.digest = $digest", seq=before.seq, digest=before.digest)
    await run(store.engine, _HIDE, seq=before.seq + 1)
    with pytest.raises(IntegrityBroken, match="An older store was put back"):
        await store.index.position()


async def test_verification_names_what_the_index_has_and_the_ledger_has_not(store: Store) -> None:
    assert store.index is not None
    assert (await store.verify()).is_intact
    lineage = await store.index.lineage(await store.index.position(), ASKED)
    target = lineage.derived.view.base.target
    target.setflags(write=True)
    target[0] = 0
    found = await store.verify()
    assert not found.is_intact
    assert (found.first_difference or "").startswith("The index: of ")
