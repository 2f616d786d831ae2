"""The addresses of the pages, each with its rule."""

from __future__ import annotations

import functools
from typing import Final

from starlette.routing import Route

from graph.viewer import Permission
from service.pages.coverage import show_coverage
from service.pages.desk import Desk
from service.pages.deviations import show_deviations
from service.pages.graphql import show_graphql, show_schema
from service.pages.impact import show_impact
from service.pages.importing import show_import
from service.pages.ledger import show_ledger
from service.pages.node import show_node
from service.pages.operation import show_operation
from service.pages.search import show_search
from service.pages.signing import ask_sign_in, choose_language, sign_in, sign_out
from service.pages.start import show_start
from service.pages.trace import show_trace
from service.pages.whereabouts import show_whereabouts
from service.routes import PUBLIC, Doorkeeper, Rule

__all__ = ["page_routes"]

_PAGE: Final = Rule(needs=Permission.READ, is_page=True)
_FORM: Final = Rule(needs=Permission.READ, is_form=True, is_page=True)
_PAGES: Final = {
    "/": show_start,
    "/view/search": show_search,
    # A key may hold a slash.
    "/view/node/{id:path}": show_node,
    "/view/operation/{id:path}": show_operation,
    "/view/trace": show_trace,
    "/view/impact": show_impact,
    "/view/whereabouts": show_whereabouts,
    "/view/deviations": show_deviations,
    "/view/coverage": show_coverage,
    "/view/ledger": show_ledger,
    "/view/graphql": show_graphql,
    "/view/schema": show_schema,
}


def page_routes(door: Doorkeeper, desk: Desk) -> list[Route]:
    """The routes of all pages, and of the forms on them."""
    routes = [door.route(path, functools.partial(page, desk), _PAGE) for path, page in _PAGES.items()]
    importing = functools.partial(show_import, desk)
    return [
        *routes,
        door.route("/view/import", importing, Rule(needs=Permission.IMPORT, is_page=True)),
        door.route("/sign-in", functools.partial(ask_sign_in, desk), PUBLIC),
        door.route("/sign-in", functools.partial(sign_in, desk), PUBLIC, methods=["POST"]),
        door.route("/sign-out", functools.partial(sign_out, desk), _FORM, methods=["POST"]),
        door.route("/language", functools.partial(choose_language, desk), _FORM, methods=["POST"]),
    ]
