"""The ledger: where it stands, its entries, and its verification for who may."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from graph.viewer import Permission
from queries.ledger import ledger_page
from service.pages.desk import Desk
from service.parameters import check_names, number
from service.transfers import may_export_records

__all__ = ["show_ledger"]

_EACH: Final = 50


async def show_ledger(desk: Desk, request: Request) -> Response:
    """``?before=41``: the entries before that one."""
    check_names(request, {"before", "language"})
    view = desk.view(request)
    return desk.page(
        request,
        "ledger.html",
        ledger=await ledger_page(view, first=_EACH, before=number(request, "before")),
        is_newest=number(request, "before") is None,
        may_verify=view.viewer.may(Permission.VERIFY),
        may_export=may_export_records(view.viewer),
    )
