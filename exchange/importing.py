"""Records from a source through the door: whole, or in batches that can be resumed.

Rules of sizes: records.md, "Sizes". A source is any iterable of raw records, usually from `exchange.sources`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, Protocol, runtime_checkable

import orjson

from exchange.placed import PlacedRecord
from graph.errors import BadInput, Deviation, Place, Violation, Warned
from graph.ledger.admission import Admitted
from graph.ledger.model import LARGEST_REQUEST, Receipt, Submission
from graph.records import RawRecord, parse
from graph.saying import said
from graph.times import BadTime, parse_zone
from graph.viewer import Viewer

__all__ = ["ImportOutcome", "Source", "import_records"]

Source = Iterable[RawRecord] | AsyncIterable[RawRecord]
SHOWN: Final = 200  # warnings and deviations that an outcome holds; the rest is counted


class Door(Protocol):
    """What takes submissions: the ledger."""

    async def record(self, submission: Submission) -> Receipt: ...


@runtime_checkable
class AdmittingDoor(Protocol):
    """A door that can read the next submission while it applies one."""

    async def admit(self, submission: Submission) -> Admitted: ...

    async def apply(self, admitted: Admitted, following: Callable[[], Admitted | None]) -> Receipt: ...


@dataclass(kw_only=True)
class ImportOutcome:
    """What became of an import.

    ``is_complete``: every record of the source is in the ledger now (would be, in a dry run). Otherwise ``violations``
    says why not, and ``last_good`` names the last record that is: None where nothing was applied. The first 200
    warnings and deviations are listed, all are counted. ``notes``: what a dry run could not check.
    """

    is_complete: bool = False
    is_dry_run: bool = False
    applied: int = 0
    unchanged: int = 0
    seq: int | None = None
    violations: list[Violation] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    warning_count: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    deviation_count: int = 0
    last_good: Place | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def last_good_line(self) -> int | None:
        return self.last_good.line if self.last_good else None

    def add(self, receipt: Receipt) -> None:
        self.applied += receipt.applied
        self.unchanged += receipt.unchanged
        self.seq = self.seq if receipt.seq is None else receipt.seq
        self.warning_count += receipt.warning_count
        self.warnings += receipt.warnings[: max(0, SHOWN - len(self.warnings))]
        self.deviation_count += receipt.deviation_count
        self.deviations += receipt.deviations[: max(0, SHOWN - len(self.deviations))]

    def as_json(self) -> dict[str, Any]:
        """As the import's HTTP answer and ``--json`` give it."""
        good = self.last_good
        return {
            "accepted": self.is_complete,
            "dryRun": self.is_dry_run,
            "seq": self.seq,
            "applied": self.applied,
            "unchanged": self.unchanged,
            "violations": [violation.as_json() for violation in self.violations],
            "warnings": [warning.as_json() for warning in self.warnings],
            "warningCount": self.warning_count,
            "deviations": [deviation.as_json() for deviation in self.deviations],
            "deviationCount": self.deviation_count,
            "lastGood": None if good is None else {"file": good.file, "line": good.line, "cell": good.cell},
            "notes": self.notes,
        }


async def import_records(
    door: Door,
    source: Source,
    *,
    viewer: Viewer,
    idempotency_prefix: str,
    historic: bool = False,
    create_missing: frozenset[str] = frozenset(),
    zone: str | None = None,
    batch: int | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportOutcome:
    """Applies the records of the source, in their order.

    Without ``batch``: all or nothing, up to 20,000 records. With it: so many at a time, each batch all or nothing,
    until the source ends or a batch has violations. Run again, it goes on where it stopped: what is recorded already
    changes nothing. Memory holds three batches, for the next ones are read, admitted and judged while one is written.
    ``progress`` is told after each batch how many records are done. Raises BadInput where ``batch`` is no number of
    records a request may have or ``zone`` is none, and what the door raises.
    """
    if zone is not None:
        try:
            parse_zone(zone)
        except BadTime as error:
            raise BadInput(
                said("{member}: {problem}.", member="zone", problem=error.args[0]),
                remedy=said("Give an offset, such as +08:00."),
                member="zone",
            ) from None
    if batch is not None and not 1 <= batch <= LARGEST_REQUEST:
        raise BadInput(
            said("A batch of {batch} records cannot be applied as one request.", batch=batch),
            remedy=said("Give a number from 1 to {most}.", most=LARGEST_REQUEST),
            member="batch",
        )
    outcome = ImportOutcome(is_dry_run=dry_run)
    tell = progress or _silent
    fetch = _fetcher(source)

    def submission(records: Sequence[RawRecord], number: int) -> Submission:
        return Submission(
            records=records,
            viewer=viewer,
            idempotency_key=f"{idempotency_prefix}:{number}:{_digest(records)}",
            historic=historic,
            create_missing=create_missing,
            zone=zone,
            dry_run=dry_run,
            is_import=True,
        )

    if batch is None:
        records = await fetch(LARGEST_REQUEST + 1)
        if len(records) > LARGEST_REQUEST:
            outcome.violations.append(_too_large(records[-1].place))
            return outcome
        await _apply(door, submission(records, 1), outcome)
        outcome.is_complete = not outcome.violations
        tell(len(records))
    elif dry_run:
        await _try(door, submission, fetch, batch, zone, outcome, tell)
    else:
        await _in_batches(door, submission, fetch, batch, outcome, tell)
    return outcome


Fetch = Callable[[int], Awaitable[list[RawRecord]]]  # how many at most


def _silent(_done: int) -> None:
    """Tells nobody."""


async def _in_batches(
    door: Door,
    submission: Callable[[Sequence[RawRecord], int], Submission],
    fetch: Fetch,
    size: int,
    outcome: ImportOutcome,
    progress: Callable[[int], None],
) -> None:
    number = done = 0

    async def next_batch() -> Submission | Admitted | None:
        nonlocal number
        records = await fetch(size)
        if not records:
            return None
        number += 1
        batch = await asyncio.to_thread(submission, records, number)
        return await door.admit(batch) if isinstance(door, AdmittingDoor) else batch

    def following() -> Admitted | None:
        is_there = coming.done() and not coming.cancelled() and coming.exception() is None
        batch = coming.result() if is_there else None
        return batch if isinstance(batch, Admitted) else None

    coming = asyncio.ensure_future(next_batch())
    try:
        while (batch := await coming) is not None:
            coming = asyncio.ensure_future(next_batch())
            done += await _apply(door, batch, outcome, following)
            if outcome.violations:
                return
            progress(done)
    finally:
        # a read in a thread cannot be cut short; wait for it, so that its file can be closed
        await asyncio.gather(coming, return_exceptions=True)
    outcome.is_complete = True


async def _try(
    door: Door,
    submission: Callable[[Sequence[RawRecord], int], Submission],
    fetch: Fetch,
    size: int,
    zone: str | None,
    outcome: ImportOutcome,
    progress: Callable[[int], None],
) -> None:
    """A dry run in batches: the first against the store, the others by themselves, for those before are not there."""
    first = await fetch(size)
    await _apply(door, submission(first, 1), outcome)
    done = len(first)
    progress(done)
    while records := await fetch(size):
        for record in records:
            outcome.violations += _exact(parse(record, zone)[1], records)
        if done == len(first):
            outcome.notes.append(
                said(
                    "Only the first {done} records were checked against the store and each other; the rest, "
                    "each by itself, because a dry run leaves nothing for later batches to stand on.",
                    done=done,
                )
            )
        done += len(records)
        progress(done)
    outcome.is_complete = not outcome.violations


async def _apply(
    door: Door,
    batch: Submission | Admitted,
    outcome: ImportOutcome,
    following: Callable[[], Admitted | None] = lambda: None,
) -> int:
    """How many records were handed in."""
    if isinstance(batch, Admitted):
        assert isinstance(door, AdmittingDoor)  # it has admitted the batch
        submission, receipt = batch.submission, await door.apply(batch, following)
    else:
        submission, receipt = batch, await door.record(batch)
    if receipt.accepted:
        outcome.add(receipt)
        if submission.records and not submission.dry_run:
            outcome.last_good = submission.records[-1].place
    else:
        outcome.violations += _exact(receipt.violations, submission.records)
    return len(submission.records)


def _exact(violations: Iterable[Violation], records: Sequence[RawRecord]) -> list[Violation]:
    """The violations, each at the cell of its member where the record came from a sheet."""
    sheets = {record.place: record for record in records if isinstance(record, PlacedRecord)}
    return [
        replace(violation, place=sheet.place_of(violation.member))
        if (sheet := sheets.get(violation.place)) and violation.member
        else violation
        for violation in violations
    ]


def _digest(records: Sequence[RawRecord]) -> str:
    digest = hashlib.sha256()
    for record in records:
        try:
            digest.update(orjson.dumps(record.value, option=orjson.OPT_SORT_KEYS) + b"\n")
        except TypeError:  # a number or text that no record may hold; the door will say so
            digest.update(repr(record.value).encode())
    return digest.hexdigest()[:32]


def _too_large(place: Place) -> Violation:
    return Violation(
        code="too_many_records",
        message=said(
            "There are more than {most} records, the most that are applied whole.",
            most=LARGEST_REQUEST,
        ),
        remedy=said("Import with --batch (batch=… over HTTP), which applies so many at a time; or split the file."),
        place=place,
    )


def _fetcher(source: Source) -> Fetch:
    """A function that gives the next so many records; fewer at the end, and none after it."""
    if isinstance(source, AsyncIterable):
        incoming: AsyncIterator[RawRecord] = aiter(source)

        async def receive(count: int) -> list[RawRecord]:
            records: list[RawRecord] = []
            while len(records) < count and (record := await anext(incoming, None)) is not None:
                records.append(record)
            return records

        return receive
    outgoing: Iterator[RawRecord] = iter(source)
    return lambda count: asyncio.to_thread(lambda: list(islice(outgoing, count)))
