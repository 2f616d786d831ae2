"""The first page: what can be found and done here, and where the ledger stands."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from graph.viewer import Permission
from queries.deviations import deviations
from queries.ledger import ledger_page
from queries.service import service_info
from service.pages.desk import Desk
from service.parameters import check_names
from service.transfers import may_export_records

__all__ = ["show_start"]

_LATEST: Final = 8


async def show_start(desk: Desk, request: Request) -> Response:
    check_names(request, {"language"})
    view = desk.view(request)
    open_ones = await deviations(view, is_open=True, first=0)
    return desk.page(
        request,
        "start.html",
        ledger=await ledger_page(view, first=_LATEST),
        info=await service_info(view),
        open_deviations=open_ones.total + open_ones.hidden_count,
        may_export=may_export_records(view.viewer),
        may_verify=view.viewer.may(Permission.VERIFY),
    )
