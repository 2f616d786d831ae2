"""The door of a service elsewhere, as an import sees it: records go over HTTP, what comes back names their places."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import orjson

from graph.errors import Deviation, Place, StoreUnavailable, Violation, Warned
from graph.ledger import Receipt, Submission
from graph.records import RawRecord, parse

__all__ = ["RemoteDoor"]

_TRIES: Final = 3


@dataclass(frozen=True, kw_only=True)
class _RemoteReceipt(Receipt):
    """A service lists the first warnings and deviations, and counts all."""

    all_warnings: int = 0
    all_deviations: int = 0

    @property
    def warning_count(self) -> int:
        return self.all_warnings

    @property
    def deviation_count(self) -> int:
        return self.all_deviations


class RemoteDoor:
    """Hands each submission to ``POST /import``. ``ask`` sends one request and raises what the service says."""

    def __init__(self, ask: Callable[..., Awaitable[httpx.Response]]) -> None:
        self._ask = ask

    async def record(self, submission: Submission) -> Receipt:
        """What became of it, each violation at the place that its record came from.

        An answer that was lost on its way is asked for again under the same key: it is applied once.
        """
        records = submission.records
        if any(record.problems for record in records):
            # what cannot even be read is not sent; the rest is checked by itself, so that all is told at once
            found = [violation for record in records for violation in parse(record, submission.zone)[1]]
            return Receipt(accepted=False, violations=tuple(found))
        answer = (await self._send(submission)).json()
        violations = tuple(_violation(each, records) for each in answer["violations"])
        return _RemoteReceipt(
            accepted=answer["accepted"],
            seq=answer["seq"],
            applied=answer["applied"],
            unchanged=answer["unchanged"],
            violations=violations,
            warnings=tuple(Warned(**each) for each in answer["warnings"]),
            deviations=tuple(Deviation(**each) for each in answer["deviations"]),
            all_warnings=answer["warningCount"],
            all_deviations=answer["deviationCount"],
        )

    async def _send(self, submission: Submission) -> httpx.Response:
        parameters = {
            "historic": str(submission.historic).lower(),
            "dryRun": str(submission.dry_run).lower(),
            "createMissing": ",".join(sorted(submission.create_missing)),
            **({} if submission.zone is None else {"zone": submission.zone}),
        }
        body = b"".join(_line(record.value) for record in submission.records)
        headers = {"Idempotency-Key": submission.idempotency_key, "Content-Type": "application/x-ndjson"}
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._ask("POST", "/import", params=parameters, content=body, headers=headers)
            except StoreUnavailable as error:
                if not tries_left or not isinstance(error.__cause__, httpx.TransportError):
                    raise
        raise AssertionError("the last try returns or raises")


def _line(value: Any) -> bytes:
    try:
        return orjson.dumps(value) + b"\n"
    except TypeError:  # a number or text that no record may hold: the service says so
        return json.dumps(value).encode() + b"\n"


def _violation(told: Mapping[str, Any], records: Sequence[RawRecord]) -> Violation:
    line = told["line"]
    place = records[line - 1].place if line is not None and line <= len(records) else Place()
    return Violation(
        code=told["code"],
        message=told["message"],
        remedy=told["remedy"],
        record=told["record"],
        member=told["member"],
        place=place,
    )
