"""Departures from limits and rules, open ones first asked for."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import BadInput
from graph.saying import said
from queries.deviations import deviations
from service.pages.desk import Desk
from service.parameters import check_names

__all__ = ["show_deviations"]

_EACH: Final = 50
_SHOWN: Final[dict[str, bool | None]] = {"open": True, "handled": False, "all": None}


async def show_deviations(desk: Desk, request: Request) -> Response:
    """``?show=open``, ``handled`` or ``all``; ``after`` leads on."""
    check_names(request, {"show", "after", "language"})
    show = request.query_params.get("show", "open")
    if show not in _SHOWN:
        raise BadInput(
            said("{name}={asked} is none.", name="show", asked=repr(show)),
            remedy=said("One of: {known}.", known=", ".join(_SHOWN)),
            member="show",
        )
    found = await deviations(
        desk.view(request), is_open=_SHOWN[show], first=_EACH, after=request.query_params.get("after") or None
    )
    values: dict[str, Any] = {"found": found, "show": show, "shows": list(_SHOWN), "seq": found.as_of_seq}
    return desk.page(request, "deviations.html", **values)
