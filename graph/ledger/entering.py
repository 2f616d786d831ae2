"""What a request that is accepted becomes: chained entries, the deviations they raised, its receipt. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from graph.errors import Deviation
from graph.ledger.model import Entry, Head, Receipt, Submission, deviation_row, digest_of_row
from graph.records import CorrectionRecord, Record, canonical
from graph.rules.judge import Judgement

__all__ = ["Entered", "enter", "recorded_ms", "request_key"]

Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Rows for the database, the receipt, and where the head stands after it."""

    entries: Rows
    deviations: Rows
    request: dict[str, Any]
    receipt: Receipt
    head: Head


def enter(judgement: Judgement, submission: Submission, *, head: Head, now: int) -> Entered:
    """The entries that follow the head, one for each new record, in the order of the request."""
    viewer = submission.viewer
    digest, seq = head.digest, head.seq
    entries: Rows = []
    raised: Rows = []
    told: list[Deviation] = []
    for item, record in judgement.applied:
        seq += 1
        deviations = tuple(
            replace(deviation, id=f"{seq}-{number}") for number, deviation in enumerate(item.deviations, 1)
        )
        operation = item.operation
        entry = Entry(
            seq=seq,
            name=record.name,
            target=record.target,
            payload=canonical(record.canonical).decode(),
            clock_ms=now,
            claimed_ms=record.recorded_at.earliest_ms if record.recorded_at else None,
            actor=viewer.person,
            role=viewer.role.value,
            purpose=viewer.purpose,
            on_behalf_of=submission.on_behalf_of_reason,
            request=request_key(submission),
            also=operation.name if isinstance(record, CorrectionRecord) and operation else None,
            operator=operation.operator if operation else None,
            deviations=deviations,
            previous=digest,
        )
        row = entry.properties()
        row["digest"] = digest = digest_of_row(row)
        entries.append(row)
        told += deviations
        raised += [deviation_row(deviation, seq, entry.recorded_ms) for deviation in deviations]
    receipt = Receipt(
        accepted=True,
        seq=seq,
        applied=len(entries),
        unchanged=sum(item.is_unchanged for item in judgement.batch.items),
        warnings=tuple(judgement.batch.warnings),
        deviations=tuple(told),
    )
    request = _request_row(submission, receipt, now)
    after = replace(head, seq=seq, digest=digest)
    return Entered(entries=entries, deviations=raised, request=request, receipt=receipt, head=after)


def request_key(submission: Submission) -> str:
    """Keys of one person do not meet those of another."""
    return f"{submission.viewer.person}/{submission.idempotency_key}"


def recorded_ms(record: Record, now: int) -> int:
    """When the record is said to have been recorded: as it claims, otherwise now."""
    return record.recorded_at.earliest_ms if record.recorded_at is not None else now


def _request_row(submission: Submission, receipt: Receipt, now: int) -> dict[str, Any]:
    kept = {
        "seq": receipt.seq,
        "applied": receipt.applied,
        "unchanged": receipt.unchanged,
        "warnings": [warning.as_json() for warning in receipt.warnings],
        "deviations": [deviation.as_json() for deviation in receipt.deviations],
    }
    return {"key": request_key(submission), "receipt": orjson.dumps(kept).decode(), "clock_ms": now}
