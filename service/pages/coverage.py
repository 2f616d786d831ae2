"""Which of the specification's 158 items are recorded, of a lot with all it comes from or of the whole store."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import BadInput
from graph.saying import said
from graph.vocabulary import LISTS
from queries.coverage import CoverageStatus, coverage
from service.pages.desk import Desk
from service.parameters import check_names, flag

__all__ = ["show_coverage"]

_STATUSES: Final = {status.value.lower(): status for status in CoverageStatus}


async def show_coverage(desk: Desk, request: Request) -> Response:
    """``?lot=CellLot:DP1``, or ``whole=true`` for the store, which reads the whole ledger; ``status`` narrows."""
    check_names(request, {"lot", "whole", "status", "language"})
    lot, status = request.query_params.get("lot", "").strip(), request.query_params.get("status") or "all"
    if status != "all" and status not in _STATUSES:
        raise BadInput(
            said("{name}={asked} is none.", name="status", asked=repr(status)),
            remedy=said("One of: {known}.", known=", ".join(["all", *_STATUSES])),
            member="status",
        )
    found = None
    if lot or flag(request, "whole"):
        found = await coverage(desk.view(request), lot or None)
    items = found.items if found is not None else ()
    shown = [item for item in items if status in {"all", item.status.value.lower()}]
    return desk.page(
        request,
        "coverage.html",
        lot=lot,
        found=found,
        chosen=status,
        statuses=["all", *_STATUSES],
        lists=[(code, LISTS[code], own) for code in LISTS if (own := [item for item in shown if item.list == code])],
        counts={
            code: tuple(
                sum(item.list == code and item.status in wanted for item in items)
                for wanted in ({CoverageStatus.PRESENT}, {CoverageStatus.PRESENT, CoverageStatus.MISSING})
            )
            for code in LISTS
        },
    )
