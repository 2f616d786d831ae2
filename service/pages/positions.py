"""At which entry of the ledger a page answers: pages of one answer name it, so that they agree."""

from __future__ import annotations

from starlette.requests import Request

from graph.errors import BadInput
from queries.privacy import View
from service.parameters import number

__all__ = ["asked_position"]


async def asked_position(view: View, request: Request) -> int | None:
    """``at=85``; None: the head. Raises BadInput for an entry that there is not yet."""
    at = number(request, "at")
    if at is not None and at > (await view.lineages().position()).seq:
        raise BadInput(f"at={at} is a later entry than this ledger has.", remedy="Leave it out.", member="at")
    return at
