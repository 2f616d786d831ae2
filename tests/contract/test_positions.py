"""An answer stands at a position: what the entries up to one say, and of those what was recorded by a time."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import NotFound
from graph.reader import AsOf, Direction, EdgeRow
from graph.times import parse_moment
from graph.viewer import OWNER
from queries.history import history
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import BenchSheet, Json
from support.stores import import_all, record

# When the records below are said to have been made.
MADE, CLOSED, CORRECTED, VOIDED = (f"2025-0{month}-01T00:00:00Z" for month in (3, 4, 5, 6))


def _ms(text: str) -> int:
    return parse_moment(text).earliest_ms


def _at(moment: str, *records: Json) -> list[Json]:
    return [{**given, "recorded_at": moment} for given in records]


@pytest.fixture
async def told(store: Store) -> Store:
    """L2 was first said to come from L1, then from L9; the stay of L2 was closed, and B1's making voided."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.donor("D9")
    for number in ("1", "9"):
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
    wrong = sheet.expanded("L1", "L2")
    never = sheet.expanded("L9", "B1")
    stay = sheet.stored("L2")
    await import_all(store, _at(MADE, *sheet.records))
    closing = sheet.closing(stay)
    await import_all(store, _at(CLOSED, closing))
    mended = {**wrong, "inputs": [{"kind": "CellLot", "id": "L9"}]}
    voided = sheet.correction(never, None)
    corrected = sheet.correction(wrong, mended)
    await import_all(store, [*_at(VOIDED, voided), *_at(CORRECTED, corrected)])
    return store


async def _donors_of(store: Store, lot: str, **position: Any) -> list[str]:
    answer = await trace(View(reader=store.reader, viewer=OWNER), [f"CellLot:{lot}"], Direction.BACKWARD, **position)
    return sorted(node.node[1] for node in answer.nodes if node.node[0] == "Donor")


async def _stay(store: Store, as_of: AsOf) -> EdgeRow:
    (edge,) = await store.reader.neighbours(Direction.FORWARD, {"CellLot": ["L2"]}, ["STORED"], as_of)
    return edge


async def test_an_answer_knows_what_had_been_recorded_by_then_and_no_more(told: Store) -> None:
    assert await _donors_of(told, "L2", known_at_ms=_ms(MADE)) == ["D1"]
    assert await _donors_of(told, "L2", known_at_ms=_ms(CORRECTED) - 1) == ["D1"]
    assert await _donors_of(told, "L2", known_at_ms=_ms(CORRECTED)) == ["D9"]
    assert await _donors_of(told, "L2") == ["D9"]


async def test_what_was_recorded_later_does_not_exist_yet(told: Store) -> None:
    with pytest.raises(NotFound):
        await _donors_of(told, "L2", known_at_ms=_ms(MADE) - 1)


async def test_what_was_voided_since_was_still_there(told: Store) -> None:
    assert await _donors_of(told, "B1", known_at_ms=_ms(VOIDED) - 1) == ["D9"]
    with pytest.raises(NotFound):
        await _donors_of(told, "B1", known_at_ms=_ms(VOIDED))
    with pytest.raises(NotFound):
        await _donors_of(told, "B1")


async def test_a_stay_whose_end_was_recorded_later_was_still_open(told: Store) -> None:
    head = (await told.reader.head()).seq
    now = await _stay(told, AsOf(head))
    assert now.end_ms is not None
    assert (await _stay(told, AsOf(head, _ms(CLOSED)))).end_ms == now.end_ms
    assert (await _stay(told, AsOf(head, _ms(CLOSED) - 1))).end_ms is None


async def test_a_page_asked_for_later_answers_from_the_same_entry(told: Store) -> None:
    head = (await told.reader.head()).seq
    assert await _donors_of(told, "L2", as_of_seq=head - 2) == ["D1"]
    assert await _donors_of(told, "B1", as_of_seq=head - 2) == ["D9"]
    open_then = await _stay(told, AsOf(head - 3))
    assert open_then.end_ms is None
    assert await _donors_of(told, "L2", as_of_seq=head) == ["D9"]


async def test_the_time_claimed_counts_and_not_when_it_was_imported(told: Store) -> None:
    entries = [entry async for entry in told.ledger.entries()]
    assert {entry.recorded_ms for entry in entries} == {_ms(each) for each in (MADE, CLOSED, CORRECTED, VOIDED)}
    assert all(entry.clock_ms > _ms(VOIDED) for entry in entries)


async def test_recorded_times_are_claimed_by_historic_imports_only(store: Store) -> None:
    sheet = BenchSheet()
    refused = await record(store, _at(MADE, *sheet.records))
    assert {violation.member for violation in refused.violations} == {"recorded_at"}


async def test_history_tells_old_and_new_value_person_time_and_reason(told: Store) -> None:
    sheet = BenchSheet(prefix="later-")
    amended = {**sheet.amendment("Donor", "D1", ethnicity="Han", donor_relationship="autologous"), "reason": "misread"}
    await import_all(told, _at(VOIDED, amended))
    view = View(reader=told.reader, viewer=OWNER, vault=told.ledger.vault)
    changes = {change.member: change for change in await history(view, "Donor:D1") if change.record == "amendment"}
    assert set(changes) == {"ethnicity", "donor_relationship"}
    relationship = changes["donor_relationship"]
    assert (relationship.old, relationship.new) == ("allogeneic", "autologous")
    assert (changes["ethnicity"].old, changes["ethnicity"].new) == (None, "Han")
    assert (relationship.by, relationship.reason, relationship.recorded_ms) == ("P-02", "misread", _ms(VOIDED))
    corrected = await history(view, "Operation:EXPANDED-1")
    assert corrected[0].record == "operation"
    assert {change.reason for change in corrected if change.record == "correction"} == {"written down wrong"}
