"""Records handed to the ledger, whatever way they came: as they are, or put together from an operation's members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.errors import BadInput, Conflict, NotFound, NotPermitted, Place, StemgraphError, Violation
from graph.ledger.model import Receipt, Submission
from graph.reader import DeviationRow
from graph.records import BadValue, RawRecord, clean_key
from graph.saying import said
from queries.deviations import Deviation, show_deviations
from queries.ids import parse_operation_id
from resolvers.asking import Asking

__all__ = ["Recorded", "Request", "correct", "record", "record_operation", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How records are handed in; see `graph.ledger.Submission`."""

    idempotency_key: str
    historic: bool = False
    create_missing: frozenset[str] = frozenset()
    dry_run: bool = False
    on_behalf_of_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of it. ``deviations``: those that it raised, as far as the viewer may see them."""

    receipt: Receipt
    deviations: Sequence[Deviation] = field(default=())


async def record(asking: Asking, records: Any, request: Request) -> Recorded:
    """Applies a list of records, whole or not at all. What is wrong, or not permitted, comes back as violations.

    A violation's line is the record's place in the list. Raises StoreUnavailable: ask again with the same key.
    """
    given = records if isinstance(records, list) else [records]
    try:
        submission = Submission(
            records=[RawRecord(value, Place(line=number)) for number, value in enumerate(given, 1)],
            viewer=asking.view.viewer,
            idempotency_key=clean_key(request.idempotency_key, said("the key")),
            historic=request.historic,
            create_missing=request.create_missing,
            dry_run=request.dry_run,
            on_behalf_of_reason=request.on_behalf_of_reason,
        )
        receipt = await asking.door.record(submission)
    except BadValue as error:
        return refused(
            BadInput(
                said("{member}: {problem}.", member="idempotencyKey", problem=error.problem),
                remedy=error.remedy,
                member="idempotencyKey",
            )
        )
    except (BadInput, NotFound, NotPermitted, Conflict) as error:
        return refused(error)
    raised = [
        DeviationRow(
            id=each.id or "", seq=int((each.id or "0").partition("-")[0]), is_open=True, members=each.as_json()
        )
        for each in receipt.deviations
    ]
    return Recorded(receipt=receipt, deviations=await show_deviations(asking.view, raised))


async def record_operation(asking: Asking, type_: str, members: Mapping[str, Any], request: Request) -> Recorded:
    """Applies one operation, given by the members of its record."""
    return await record(asking, [{"record": "operation", "type": type_, **members}], request)


async def correct(
    asking: Asking,
    *,
    id_: str,
    operation: str,
    reason: str,
    by: str | None,
    replacement: Mapping[str, Any] | None,
    request: Request,
) -> Recorded:
    """Corrects one operation: ``replacement`` says how it was, None that it did not happen."""
    correction = {
        "record": "correction",
        "id": id_,
        "operation": parse_operation_id(operation),
        "reason": reason,
        "replacement": replacement,
    }
    return await record(asking, [correction if by is None else {**correction, "by": by}], request)


def refused(*errors: StemgraphError) -> Recorded:
    """Errors that are expected, told as violations."""
    violations: list[Violation] = []
    for error in errors:
        member = error.member if isinstance(error, BadInput) else None
        problem = Violation(code=error.code, message=error.message, remedy=error.remedy, member=member)
        violations += (isinstance(error, BadInput) and error.violations) or (problem,)
    return Recorded(receipt=Receipt(accepted=False, violations=tuple(violations)))
