"""Imports: whole or in batches, resumable, with flat memory; what the door answers comes back with lines and cells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exchange.importing import SHOWN, import_records
from exchange.workbook.reader import read_workbook
from graph.errors import BadInput, Place, StoreUnavailable, Violation, Warned
from graph.ledger.admission import Admitted
from graph.ledger.model import LARGEST_REQUEST, Receipt, Submission
from graph.records import RawRecord
from graph.rules.batch import Batch
from graph.viewer import OWNER
from support.sheets import table


class Door:
    """Accepts what has no problems and does not name a record that is bad; remembers what it has."""

    def __init__(self, *, bad: str = "") -> None:
        self.bad = bad
        self.has: list[Any] = []
        self.submissions: list[Submission] = []

    async def record(self, submission: Submission) -> Receipt:
        await asyncio.sleep(0)
        self.submissions.append(submission)
        violations = [problem for record in submission.records for problem in record.problems]
        violations += [
            Violation(code="bad", message="bad", remedy="", record=self.bad, member="data.name", place=record.place)
            for record in submission.records
            if record.value and record.value["id"] == self.bad
        ]
        if violations:
            return Receipt(accepted=False, violations=tuple(violations))
        new = [record.value for record in submission.records if record.value not in self.has]
        unchanged = len(submission.records) - len(new)
        if not submission.dry_run:
            self.has += new
        warnings = tuple(Warned(code="w", message="w") for _ in new)
        return Receipt(accepted=True, seq=len(self.has), applied=len(new), unchanged=unchanged, warnings=warnings)


def people(count: int) -> Iterator[RawRecord]:
    for number in range(1, count + 1):
        yield RawRecord({"record": "node", "kind": "Person", "id": f"P-{number}"}, Place("f.jsonl", number))


async def bring(door: Door, source: Any, **options: Any) -> Any:
    return await import_records(door, source, viewer=OWNER, idempotency_prefix="test", **options)


async def test_a_file_is_one_submission_with_all_its_settings() -> None:
    told: list[int] = []
    door = Door()
    outcome = await bring(
        door, people(3), historic=True, create_missing=frozenset({"Person"}), zone="+08:00", progress=told.append
    )
    assert (outcome.is_complete, outcome.applied, outcome.unchanged, outcome.seq) == (True, 3, 0, 3)
    assert outcome.last_good_line == 3
    assert told == [3]
    (submission,) = door.submissions
    assert submission.is_import
    assert (submission.historic, submission.zone, submission.dry_run) == (True, "+08:00", False)
    assert submission.create_missing == {"Person"}


async def test_more_than_a_request_holds_needs_batches() -> None:
    door = Door()
    outcome = await bring(door, people(LARGEST_REQUEST + 5))
    assert not outcome.is_complete
    assert [violation.code for violation in outcome.violations] == ["too_many_records"]
    assert "--batch" in outcome.violations[0].remedy
    assert door.submissions == []


async def test_exactly_what_a_request_holds_is_applied_whole() -> None:
    async def record(submission: Submission) -> Receipt:
        return Receipt(accepted=True, seq=1, applied=len(submission.records))

    door = Door()
    door.record = record  # type: ignore[method-assign]
    assert (await bring(door, people(LARGEST_REQUEST))).applied == LARGEST_REQUEST


async def test_batches_are_applied_in_order_each_under_a_key_of_its_own() -> None:
    told: list[int] = []
    door = Door()
    outcome = await bring(door, people(7), batch=3, progress=told.append)
    assert (outcome.is_complete, outcome.applied, outcome.last_good_line) == (True, 7, 7)
    assert [len(submission.records) for submission in door.submissions] == [3, 3, 1]
    assert len({submission.idempotency_key for submission in door.submissions}) == 3
    assert told == [3, 6, 7]


async def test_the_first_batch_with_violations_stops_and_the_last_good_line_is_named() -> None:
    door = Door(bad="P-5")
    outcome = await bring(door, people(9), batch=3)
    assert not outcome.is_complete
    assert outcome.applied == 3
    assert outcome.last_good_line == 3
    assert [violation.place.line for violation in outcome.violations] == [5]
    assert len(door.submissions) == 2


async def test_an_import_run_again_goes_on_where_it_stopped() -> None:
    door = Door(bad="P-5")
    await bring(door, people(9), batch=3)
    door.bad = ""
    outcome = await bring(door, people(9), batch=3)
    assert (outcome.is_complete, outcome.unchanged, outcome.applied) == (True, 3, 6)


async def test_a_batch_with_other_content_has_another_key() -> None:
    """So that mending a file and importing it again is not taken for the lost answer of the first attempt."""
    door = Door()
    await bring(door, people(2))
    await bring(door, people(3))
    await bring(door, people(3))
    keys = [submission.idempotency_key for submission in door.submissions]
    assert keys[0] != keys[1] == keys[2]


async def test_no_more_than_two_batches_are_read_ahead_of_the_door() -> None:
    read: list[int] = []

    def source() -> Iterator[RawRecord]:
        for record in people(50):
            read.append(record.place.line or 0)
            yield record

    class Watching(Door):
        async def record(self, submission: Submission) -> Receipt:
            receipt = await super().record(submission)
            assert len(read) <= len(self.has) + 5
            return receipt

    assert (await bring(Watching(), source(), batch=5)).is_complete


async def test_the_next_batch_is_read_while_one_is_written() -> None:
    is_read, is_written = asyncio.Event(), False

    async def source() -> AsyncIterator[RawRecord]:
        for number, record in enumerate(people(4)):
            if number == 2:
                assert not is_written
                is_read.set()
            yield record

    class Waiting(Door):
        async def record(self, submission: Submission) -> Receipt:
            nonlocal is_written
            await is_read.wait()
            is_written = True
            return await super().record(submission)

    async with asyncio.timeout(10):
        assert (await bring(Waiting(), source(), batch=2)).is_complete


async def test_a_door_that_can_admits_the_next_batch_while_it_applies_one() -> None:
    is_admitted, is_applied = asyncio.Event(), False

    class Admitting(Door):
        async def admit(self, submission: Submission) -> Admitted:
            if submission.records[0].place.line == 3:
                assert not is_applied
                is_admitted.set()
            return Admitted(submission=submission, batch=Batch([]))

        async def apply(self, admitted: Admitted, following: Callable[[], Admitted | None]) -> Receipt:
            nonlocal is_applied
            if admitted.submission.records[0].place.line == 1:
                assert following() is None
            await is_admitted.wait()
            is_applied = True
            return await self.record(admitted.submission)

    door = Admitting()
    async with asyncio.timeout(10):
        assert (await bring(door, people(5), batch=2)).is_complete
    assert [len(submission.records) for submission in door.submissions] == [2, 2, 1]


async def test_a_stream_is_a_source_too() -> None:
    async def source() -> AsyncIterator[RawRecord]:
        for record in people(3):
            yield record

    assert (await bring(Door(), source(), batch=2)).applied == 3


async def test_a_dry_run_changes_nothing() -> None:
    door = Door()
    outcome = await bring(door, people(3), dry_run=True)
    assert (outcome.is_complete, outcome.is_dry_run, outcome.applied, outcome.notes) == (True, True, 3, [])
    assert door.has == []
    assert outcome.last_good is None


async def test_a_dry_run_in_batches_says_what_it_cannot_check() -> None:
    def source() -> Iterator[RawRecord]:
        yield from people(4)
        yield RawRecord({"record": "node", "kind": "Peson", "id": "P-9"}, Place("f.jsonl", 5))

    door = Door()
    outcome = await bring(door, source(), batch=2, dry_run=True)
    assert len(door.submissions) == 1
    assert [violation.place.line for violation in outcome.violations] == [5]
    assert "first 2 records" in outcome.notes[0]


@pytest.mark.parametrize("batch", [0, -1, LARGEST_REQUEST + 1])
async def test_a_batch_that_no_request_can_be_is_bad_input(batch: int) -> None:
    with pytest.raises(BadInput, match="cannot be applied as one request"):
        await bring(Door(), people(1), batch=batch)


async def test_warnings_are_counted_and_the_first_are_shown() -> None:
    outcome = await bring(Door(), people(SHOWN + 50), batch=100)
    assert (len(outcome.warnings), outcome.warning_count) == (SHOWN, SHOWN + 50)
    assert outcome.as_json()["warningCount"] == SHOWN + 50


async def test_a_violation_of_the_door_names_the_cell_of_its_member(tmp_path: Path) -> None:
    path = table(tmp_path / "w.xlsx", "Person", [["Role", "Person id", "Name"], ["nurse", "P-5", "A"]])
    outcome = await bring(Door(bad="P-5"), read_workbook(path))
    assert [violation.place for violation in outcome.violations] == [Place("w.xlsx", cell="Person!C2")]


async def test_a_store_that_fails_is_the_callers_to_handle() -> None:
    class Failing(Door):
        async def record(self, submission: Submission) -> Receipt:
            raise StoreUnavailable("the store does not answer")

    with pytest.raises(StoreUnavailable):
        await bring(Failing(), people(9), batch=2)


async def test_the_outcome_as_json_has_each_violation_with_its_place() -> None:
    outcome = await bring(Door(bad="P-2"), people(2))
    outcome.violations = [replace(violation, member=None) for violation in outcome.violations]
    told = outcome.as_json()
    assert (told["accepted"], told["applied"], told["lastGood"]) == (False, 0, None)
    assert told["violations"][0]["line"] == 2
