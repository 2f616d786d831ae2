"""What comes next is judged while a request is committed, and that is never seen but in the time it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from exchange.generator import generate
from exchange.importing import import_records
from graph.engine.counting import statement_count
from graph.ledger import Ledger, Submission
from graph.ledger.admission import Admitted
from graph.ledger.drafting import Drafting
from graph.viewer import OWNER
from service.store import Store
from support.bench_sheet import BenchSheet, units_of
from support.stores import empty_store, graph_of, import_all, lines_of, open_again, raw, record

Json = dict[str, Any]


async def _admitted(ledger: Ledger, records: Sequence[Mapping[str, Any]], key: str) -> Admitted:
    return await ledger.admit(
        Submission(records=raw(records), viewer=OWNER, idempotency_key=key, historic=True, is_import=True)
    )


def _bank() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=4)
    return sheet


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of each request that was read from the store to be judged."""
    told: list[str] = []
    load = Drafting.load

    async def noted(self: Drafting, tx: Any, admitted: Admitted, *more: Any) -> Any:
        told.append(admitted.submission.idempotency_key)
        return await load(self, tx, admitted, *more)

    monkeypatch.setattr(Drafting, "load", noted)
    return told


async def test_what_comes_next_is_read_and_judged_once(store: Store, loads: list[str]) -> None:
    sheet = _bank()
    sheet.expanded(units_of("MCB1", 1), "L2")
    first = await _admitted(store.ledger, sheet.records[:-1], "first")
    second = await _admitted(store.ledger, sheet.records[-1:], "second")
    assert (await store.ledger.apply(first, lambda: second)).accepted
    assert (await store.ledger.apply(second)).accepted
    assert loads == ["first", "second"]
    assert (await store.ledger.verify()).first_difference is None


async def test_what_another_service_wrote_in_between_counts(store: Store, loads: list[str]) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    other = await open_again(store.engine, keyring=store.keyring)
    third = sheet.stored(units_of("MCB1", 3))
    mine = sheet.expanded(units_of("MCB1", 1), "L2")
    theirs = sheet.expanded(units_of("MCB1", 1), "L3")
    first, second = await _admitted(store.ledger, [third], "first"), await _admitted(store.ledger, [mine], "second")
    assert (await store.ledger.apply(first, lambda: second)).accepted
    assert (await record(other, [theirs], key="theirs")).accepted
    loads.clear()
    with statement_count() as sent:
        receipt = await store.ledger.apply(second)
    assert [violation.code for violation in receipt.violations] == ["unit_gone"]
    assert loads == ["second"]
    assert not any("CREATE (n:Entry)" in statement for statement in sent.statements)  # it was seen before, not after


async def test_what_this_service_wrote_in_between_counts(store: Store) -> None:
    sheet = _bank()
    await import_all(store, sheet.records)
    third = sheet.stored(units_of("MCB1", 3))
    mine = sheet.expanded(units_of("MCB1", 1), "L2")
    theirs = sheet.expanded(units_of("MCB1", 1), "L3")
    first, second = await _admitted(store.ledger, [third], "first"), await _admitted(store.ledger, [mine], "second")
    assert (await store.ledger.apply(first, lambda: second)).accepted
    assert (await record(store, [theirs])).accepted
    assert [violation.code for violation in (await store.ledger.apply(second)).violations] == ["unit_gone"]


async def test_a_draft_with_violations_is_refused_as_any_request(store: Store) -> None:
    sheet = _bank()
    again = sheet.expanded(units_of("MCB1", 1), "L2")
    first = await _admitted(store.ledger, sheet.records, "first")
    second = await _admitted(store.ledger, [{**again, "id": "other"}], "second")
    assert (await store.ledger.apply(first, lambda: second)).accepted
    before = await graph_of(store.engine)
    receipt = await store.ledger.apply(second)
    assert {violation.code for violation in receipt.violations} == {"exists_already"}
    assert await graph_of(store.engine) == before


async def test_a_record_that_the_batch_before_sealed_is_known_again(store: Store) -> None:
    sheet = _bank()
    subject = sheet.subject("S1", same_person_as="D1")
    first, second = await _admitted(store.ledger, sheet.records, "first"), await _admitted(store.ledger, [subject], "2")
    assert (await store.ledger.apply(first, lambda: second)).accepted
    receipt = await store.ledger.apply(second)
    assert (receipt.accepted, receipt.applied, receipt.unchanged) == (True, 0, 1)


@pytest.mark.parametrize("batch", [150, 400])
async def test_a_trial_in_batches_is_the_trial(store: Store, batch: int) -> None:
    """Nothing that an earlier batch made, closed, stored, sealed or corrected is missed by the next one's draft."""
    trial = list(generate(donors=6, seed=11))

    class Undrafted:
        """The same ledger, which is not told what comes next."""

        def __init__(self, ledger: Ledger) -> None:
            self.record = ledger.record

    async def imported(door: Any) -> None:
        outcome = await import_records(
            door, raw(trial), viewer=OWNER, idempotency_prefix="trial", historic=True, batch=batch
        )
        assert outcome.is_complete, outcome.violations[:3]

    await imported(store.ledger)
    assert (await store.ledger.verify()).first_difference is None
    drafted = await _told(store)
    again = await empty_store(store.engine)
    await imported(Undrafted(again.ledger))
    assert await _told(again) == drafted


async def _told(store: Store) -> list[str]:
    """The graph and the export, but for the digests of sealed values, which have a salt of their own each time."""
    edges_and_nodes = [str(row) for rows in (await graph_of(store.engine)).values() for row in rows]
    lines = [line.decode() for line in await lines_of(store)]
    return sorted(re.sub(r"[0-9a-f]{64}", "digest", each) for each in (*edges_and_nodes, *lines))
