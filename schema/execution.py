"""One request answered: what GraphQL gives, with errors that teach and tell no value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from graph.errors import BadInput, NotFound, StemgraphError, StoreUnavailable
from schema.asking import Context
from schema.assembly import assembled

__all__ = ["Answer", "execute"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``is_request_error``: nothing was run. ``failures``: what nobody expected, for the service's log only."""

    data: Mapping[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)
    is_request_error: bool = False
    failures: list[BaseException] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        if self.is_request_error:
            return {"errors": self.errors}
        return {"data": self.data, "errors": self.errors} if self.errors else {"data": self.data}


async def execute(
    context: Context, query: str, variables: Mapping[str, Any] | None, operation_name: str | None
) -> Answer:
    """The answer to one request. Raises StoreUnavailable: then there is none."""
    try:
        result = await assembled().execute(
            query, variable_values=dict(variables or {}), context_value=context, operation_name=operation_name
        )
    except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
        unclear = _told("no_operation", "It is not clear which operation to run.", "Name one with operationName.")
        return Answer(data=None, errors=[unclear], is_request_error=True)
    errors = result.errors or []
    causes = [cause for error in errors if (cause := error.original_error) is not None]
    for cause in causes:
        if isinstance(cause, StoreUnavailable):
            raise cause
    return Answer(
        data=result.data,
        errors=[_tell(error) for error in errors],
        is_request_error=result.data is None and all(error.path is None for error in errors),
        failures=[
            error.original_error for error in errors if _is_unexpected(error) and error.original_error is not None
        ],
    )


def _is_unexpected(error: GraphQLError) -> bool:
    cause = error.original_error
    if cause is None or isinstance(cause, StemgraphError):
        return False
    return error.path is not None or not error.locations  # with a place in the query and no path: a bad argument


def _tell(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, StemgraphError):
        members: dict[str, Any] = {}
        if isinstance(cause, BadInput) and cause.member is not None:
            members["member"] = cause.member
        if isinstance(cause, NotFound):
            members["ids"] = list(cause.ids)
        told = _told(cause.code, cause.message, cause.remedy, **members)
    elif _is_unexpected(error):
        told = _told("internal_error", "The service failed on this part.", "See the service's log; try again.")
    elif error.extensions and "code" in error.extensions:
        told = {"message": error.message, "extensions": dict(error.extensions)}
    else:
        told = _told("bad_request", _without_values(error.message), "See the schema at /view/graphql.")
    if error.locations:
        told["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        told["path"] = error.path
    return told


def _told(code: str, message: str, remedy: str, **members: Any) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, "remedy": remedy, **members}}


# GraphQL's library quotes the values that came in. They may be personal, and errors are kept in logs.
_FOUND = re.compile(r"(?:[,;]? found|\.? Found): .*", re.DOTALL)
_REPRESENT = re.compile(r"(cannot represent [^:]*?)(?: value)?: .*", re.DOTALL)
_WORD = re.compile(r"Value '.*?' does not exist", re.DOTALL)


def _without_values(message: str) -> str:
    message = _FOUND.sub(".", message)
    return _WORD.sub("This word does not exist", _REPRESENT.sub(r"\1.", message))
