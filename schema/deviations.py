"""A departure that the ledger keeps, as GraphQL shows it."""

from __future__ import annotations

import strawberry

from queries import deviations as departures
from queries.ids import OPERATION_PREFIX
from schema.naming import camel

__all__ = ["Deviation", "show_deviation"]


@strawberry.type(description="A departure from limits or rules that the service found at the write.")
class Deviation:
    id: strawberry.ID
    seq: int = strawberry.field(description="The ledger entry that raised it.")
    is_open: bool
    code: str
    severity: str = strawberry.field(description="minor, major or critical.")
    message: str | None
    operation: strawberry.ID | None
    subject: strawberry.ID | None = strawberry.field(description="The thing concerned.")
    field: str | None
    value: str | None
    direction: str | None = strawberry.field(description="On which side of the limits it lies.")
    range_version: str | None = strawberry.field(description="The range, in its version, that was departed from.")
    masked_fields: list[str]


def show_deviation(found: departures.Deviation) -> Deviation:
    return Deviation(
        id=strawberry.ID(found.id),
        seq=found.seq,
        is_open=found.is_open,
        code=found.code,
        severity=found.severity,
        message=found.message,
        operation=None if found.operation is None else strawberry.ID(f"{OPERATION_PREFIX}{found.operation}"),
        subject=None if found.subject is None else strawberry.ID(found.subject),
        field=found.field,
        value=found.value,
        direction=found.direction,
        range_version=found.range_version,
        masked_fields=[camel(name) for name in found.masked],
    )
