"""`verify` finds every difference between the ledger and what is made from it, and names the first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from graph.errors import IntegrityBroken
from service.store import Store
from support.bench_sheet import BenchSheet, units_of
from support.stores import import_all, run
from support.trial import correction, excursion, trial


@pytest.fixture
async def lineage(store: Store) -> Store:
    """A small store with some of everything: units, a stay that ended, a sealed value, a deviation."""
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB", ethnicity="Han", donor_relationship="autologous")
    sheet.subject("S1", same_person_as="D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=3)
    stay = sheet.stored("MCB1")
    sheet.closing(stay)
    sheet.formulated([units_of("MCB1", 1)], "DP1", units=1)
    sheet.administered(
        units_of("DP1", 1), "S1", despite=["not_released"], reason="compassionate use", acknowledged_by="P-02"
    )
    await import_all(store, sheet.records)
    return store


async def _first_difference(store: Store) -> str:
    found = await store.ledger.verify()
    assert found.first_difference is not None
    assert not found.is_intact
    return found.first_difference


async def test_what_the_door_wrote_is_intact(store: Store) -> None:
    for records in (trial(), correction(), excursion()):
        await import_all(store, records)
        found = await store.ledger.verify()
        assert found.first_difference is None
        assert found.entries == found.seq == (await store.ledger.head()).seq


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (
            "MATCH (e:Entry {seq: 7}) SET e.payload = replace(e.payload, 'autologous', 'allogeneic')",
            "Entry 7 .*altered",
        ),
        ("MATCH (e:Entry {seq: 9}) SET e.actor = 'somebody'", "Entry 9 .*altered"),
        ("MATCH (e:Entry {seq: 9}) SET e.clock_ms = e.clock_ms - 1", "Entry 9 .*altered"),
        ("MATCH (e:Entry {seq: 9}) SET e.purpose = 'none'", "Entry 9 .*altered"),
        ("MATCH (e:Entry {seq: 9}) SET e.more = 'x'", "Entry 9 was altered"),
        ("MATCH (e:Entry {seq: 9}) REMOVE e.payload", "Entry 9 was altered"),
        ("MATCH (e:Entry {seq: 9}) SET e.digest = 'other'", "Entry 9 .*altered"),
        ("MATCH (e:Entry {seq: 9}) SET e.previous = 'other'", "Entry 9 .*does not follow entry 8"),
        ("MATCH (e:Entry {seq: 9}) DELETE e", "Entry 9 is missing"),
        ("MATCH (e:Entry {seq: 1}) DELETE e", "Entry 1 is missing"),
        ("MATCH (h:Head) SET h.digest = 'other'", "The head says"),
        ("MATCH (h:Head) SET h.seq = h.seq + 1", "The head says"),
        ("MATCH (h:Head), (e:Entry {seq: h.seq}) DELETE e", "The head says"),
        (
            "MATCH (h:Head), (e:Entry {seq: h.seq - 1}) SET h.seq = e.seq, h.digest = e.digest",
            "Entry .* stands after the last one that the head knows",
        ),
        ("MATCH (n:Donor {key: 'D1'}) SET n.donor_relationship = 'allogeneic'", "Donor:D1 .*donor_relationship"),
        (
            "MATCH (n:CellLot {key: 'MCB1'}) SET n.account = replace(n.account, '1..3', '1..4')",
            "CellLot:MCB1 .*account",
        ),
        ("MATCH (n:CellLot {key: 'MCB1'}) SET n.voided_ms = 1", "CellLot:MCB1 .*voided_ms"),
        ("MATCH (n:CellLot {key: 'MCB1'}) REMOVE n.made_by", "CellLot:MCB1 .*made_by"),
        ("MATCH (n:CellUnit {key: 'MCB1#3'}) DETACH DELETE n", "CellUnit:MCB1#3 is not in the graph"),
        ("CREATE (:CellLot {key: 'NEW', seq: 9, recorded_ms: 1})", "CellLot:NEW is in the graph, and no entry"),
        ("MATCH ()-[r:SEPARATED]->() SET r.start_ms = r.start_ms + 1", "SEPARATED from Tissue:T1 to CellLot:L1"),
        ("MATCH ()-[r:STORED]->() REMOVE r.end_ms", "STORED from CellLot:MCB1 to StoragePosition:TANK-1"),
        ("MATCH ()-[r:COLLECTED]->() DELETE r", "COLLECTED from Donor:D1 to Tissue:T1"),
        ("MATCH (a)-[r:COLLECTED]->(b) CREATE (a)-[s:COLLECTED]->(b) SET s = properties(r)", "COLLECTED from Donor:D1"),
        (
            "MATCH (a:CellLot {key: 'L1'}), (b:CellLot {key: 'DP1'}) CREATE (a)-[:EXPANDED {operation_id: 'X'}]->(b)",
            "EXPANDED from CellLot:L1 to CellLot:DP1",
        ),
        (
            "MATCH (a:Donor {key: 'D1'}), (b:Subject {key: 'S1'}) CREATE (a)-[:EXPANDED {operation_id: 'X'}]->(b)",
            "EXPANDED from a Donor to a Subject",
        ),
        ("MATCH (d:Deviation) SET d.severity = 'minor'", "Deviation:.*severity"),
        ("MATCH (d:Deviation) DELETE d", "Deviation:.* is not in the graph"),
        ("MATCH (s:Sealed) SET s.keyed = 'other'", "The sealed value .* is not what was sealed"),
    ],
)
async def test_a_difference_is_found_and_named(lineage: Store, tampering: str, told: str) -> None:
    await run(lineage.engine, tampering)
    difference = await _first_difference(lineage)
    assert re.search(told, difference), difference


async def test_a_sealed_value_that_was_exchanged_is_found(lineage: Store) -> None:
    rows = await lineage.engine.read("MATCH (s:Sealed) RETURN s.digest AS digest, s.ciphertext AS it, s.persons AS who")
    first, second = (row for row in rows if row["who"] == ["Donor:D1"])
    await run(
        lineage.engine,
        "MATCH (s:Sealed {digest: $digest}) SET s.ciphertext = $it",
        digest=first["digest"],
        it=second["it"],
    )
    assert await _first_difference(lineage) == f"The sealed value {first['digest'][:12]}… is not what was sealed."


async def test_the_message_holds_no_value(lineage: Store) -> None:
    await run(lineage.engine, "MATCH (n:Donor {key: 'D1'}) SET n.donor_relationship = 'value of tier two'")
    assert "value of tier two" not in await _first_difference(lineage)


async def test_an_entry_put_in_with_a_digest_of_its_own_breaks_the_chain_behind_it(lineage: Store) -> None:
    """Who alters an entry and computes its digest anew is betrayed by the next one."""
    entries = {entry.seq: entry async for entry in lineage.ledger.entries()}
    altered = replace(entries[9], actor="somebody")
    altered = replace(altered, digest=altered.digest_over())
    await run(lineage.engine, "MATCH (e:Entry {seq: 9}) SET e = $entry", entry=altered.properties())
    assert (await _first_difference(lineage)).startswith("Entry 10 ")


async def test_a_ledger_without_head_is_told_as_broken(lineage: Store) -> None:
    await run(lineage.engine, "MATCH (h:Head) DELETE h")
    with pytest.raises(IntegrityBroken, match="no head"):
        await lineage.ledger.verify()


async def test_destroyed_values_are_no_difference(lineage: Store) -> None:
    lineage.keyring.destroy("Donor:D1")
    assert (await lineage.ledger.verify()).first_difference is None
