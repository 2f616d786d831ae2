"""A file in: dropped or chosen, checked or applied, with everything wrong at its line or cell."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from graph.viewer import Permission
from graph.vocabulary import KINDS
from service.pages.desk import Desk
from service.pages.zone import site_zone
from service.parameters import check_names
from service.routes import viewer_of

__all__ = ["show_import"]

# What an import may make stubs of without asking twice; tissues, lots and donors are chosen one by one.
_COMMON: Final = ("Person", "Equipment", "Reagent", "StoragePosition")


async def show_import(desk: Desk, request: Request) -> Response:
    """The form. The file itself goes to ``POST /import``, as a program would send it."""
    check_names(request, {"language"})
    head = await desk.store.ledger.head()
    return desk.page(
        request,
        "import.html",
        seq=head.seq,
        may_claim_times=viewer_of(request).may(Permission.IMPORT_HISTORIC),
        missing_kinds=[*_COMMON, *(kind for kind in KINDS if kind in {"Donor", "Tissue", "CellLot"})],
        zone=site_zone(),
    )
