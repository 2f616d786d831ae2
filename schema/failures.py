"""What may be expected to go wrong, as members of an answer's union."""

from __future__ import annotations

import strawberry

from graph import errors

__all__ = ["Failure", "InvalidInput", "NotFound", "NotPermitted", "TooLarge", "failure_of"]


@strawberry.type(description="Something that was named does not exist.")
class NotFound:
    ids: list[strawberry.ID]
    message: str


@strawberry.type(description="The viewer may not see what was asked for, whether it exists or not.")
class NotPermitted:
    message: str
    remedy: str


@strawberry.type(description="The answer would be too large to be whole; nothing is cut short in silence.")
class TooLarge:
    message: str
    remedy: str


@strawberry.type(description="An argument is wrong.")
class InvalidInput:
    member: str = strawberry.field(description="The argument.")
    message: str


Failure = NotFound | NotPermitted | TooLarge | InvalidInput


def failure_of(error: errors.StemgraphError) -> Failure:
    """The failure that an error is; one that nobody expects is raised again."""
    match error:
        case errors.NotFound():
            return NotFound(ids=[strawberry.ID(each) for each in error.ids], message=error.message)
        case errors.NotPermitted():
            return NotPermitted(message=error.message, remedy=error.remedy)
        case errors.Incomplete():
            return TooLarge(message=error.message, remedy=error.remedy)
        case errors.BadInput():
            return InvalidInput(member=error.member or "", message=f"{error.message} {error.remedy}".rstrip())
    raise error
