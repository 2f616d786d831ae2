"""Mutations: records as they are, a typed one for each type of operation, and corrections. All go through one door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry
from strawberry.types import Info

from graph.errors import Violation as Refusal
from graph.errors import Warned
from graph.vocabulary import OPERATIONS
from resolvers import recording
from resolvers.recording import Recorded, Request
from schema.asking import context_of
from schema.described import mutation
from schema.deviations import Deviation, show_deviation
from schema.inputs import OPERATION_INPUTS, RequestInput, operation_members
from schema.naming import camel
from schema.scalars import JSON
from schema.vocabulary import names_of

__all__ = ["RecordingMutation", "TypedMutation"]


@strawberry.type(description="One reason why nothing was recorded.")
class Violation:
    file: str | None
    line: int | None = strawberry.field(description="The record's place in the list.")
    cell: str | None
    record: strawberry.ID | None = strawberry.field(description="The record's id.")
    member: str | None = strawberry.field(description="Its member, as records name it.")
    code: str
    message: str
    remedy: str = strawberry.field(description="What to do.")


@strawberry.type(description="Something incomplete or superfluous in what was recorded all the same.")
class Warning:  # noqa: A001 - its name in the API
    record: strawberry.ID | None
    member: str | None
    code: str
    message: str


@strawberry.type(description="What became of the records: all of them are in, or none is.")
class RecordResult:
    accepted: bool
    seq: int | None = strawberry.field(description="The ledger's head after it.")
    applied: int
    unchanged: int = strawberry.field(description="Records that the ledger had already, the same.")
    violations: list[Violation]
    warnings: list[Warning]
    deviations: list[Deviation] = strawberry.field(description="Departures that the records raised.")


@strawberry.input(description="Records as files have them.")
class RecordInput(RequestInput):
    records: JSON = strawberry.field(description="A list of records, or one.")


@strawberry.input(description="An operation did not happen as it was recorded.")
class CorrectInput(RequestInput):
    id: strawberry.ID = strawberry.field(description="Of the correction, new.")
    operation: strawberry.ID
    reason: str
    replacement: JSON | None = strawberry.field(
        default=None, description="The operation record as it was, with a new id; null: it did not happen."
    )
    by: strawberry.ID | None = strawberry.field(default=None, description="Who corrects; the person signed in.")


@strawberry.type
class RecordingMutation:
    @mutation
    async def record(self, info: Info, input: RecordInput) -> RecordResult:  # noqa: A002 - the argument's name
        """Records a list of records, whole or not at all."""
        return _show(await recording.record(context_of(info), input.records, _request(input)))

    @mutation
    async def correct(self, info: Info, input: CorrectInput) -> RecordResult:  # noqa: A002 - the argument's name
        """Corrects an operation: replaces it, or says that it did not happen."""
        replacement: Any = input.replacement
        if isinstance(replacement, dict):
            replacement = {"record": "operation", **replacement}
        recorded = await recording.correct(
            context_of(info),
            id_=input.id,
            operation=input.operation,
            reason=input.reason,
            by=None if input.by is None else input.by.removeprefix("Person:"),
            replacement=replacement,
            request=_request(input),
        )
        return _show(recorded)


def _typed(type_: str) -> Callable[..., Awaitable[RecordResult]]:
    async def resolve(info: Info, input: Any) -> RecordResult:  # noqa: A002 - the argument's name
        members, problems = operation_members(input)
        if problems:
            return _show(recording.refused(*problems))
        return _show(await recording.record_operation(context_of(info), type_, members, _request(input)))

    resolve.__annotations__ |= {"input": OPERATION_INPUTS[type_], "return": RecordResult}
    return resolve


def _typed_mutations() -> Any:
    """A mutation for each type of operation: ``recordCollected``, …"""
    fields = {
        f"record_{type_.lower()}": strawberry.mutation(
            resolver=_typed(type_),
            name=camel(f"record_{type_.lower()}"),
            description=f"{operation.en} {operation.zh}. {operation.__doc__}",
        )
        for type_, operation in OPERATIONS.items()
    }
    return strawberry.type(type("TypedMutation", (), fields))


TypedMutation: Any = _typed_mutations()


def _request(given: RequestInput) -> Request:
    return Request(
        idempotency_key=given.idempotency_key,
        historic=bool(given.historic),
        create_missing=frozenset(names_of(given.create_missing) or ()),
        dry_run=bool(given.dry_run),
        on_behalf_of_reason=given.on_behalf_of_reason,
    )


def _show(recorded: Recorded) -> RecordResult:
    receipt = recorded.receipt
    return RecordResult(
        accepted=receipt.accepted,
        seq=receipt.seq,
        applied=receipt.applied,
        unchanged=receipt.unchanged,
        violations=[_violation(each) for each in receipt.violations],
        warnings=[_warning(each) for each in receipt.warnings],
        deviations=[show_deviation(each) for each in recorded.deviations],
    )


def _violation(found: Refusal) -> Violation:
    return Violation(
        file=found.place.file,
        line=found.place.line,
        cell=found.place.cell,
        record=None if found.record is None else strawberry.ID(found.record),
        member=found.member,
        code=found.code,
        message=found.message,
        remedy=found.remedy,
    )


def _warning(found: Warned) -> Warning:
    return Warning(
        record=None if found.record is None else strawberry.ID(found.record),
        member=found.member,
        code=found.code,
        message=found.message,
    )
