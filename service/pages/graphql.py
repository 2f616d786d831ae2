"""A place to ask in GraphQL, with examples and the schema, without internet."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from schema import sdl
from service.examples import EXAMPLES
from service.pages.desk import Desk
from service.parameters import check_names

__all__ = ["show_graphql", "show_schema"]


async def show_graphql(desk: Desk, request: Request) -> Response:
    check_names(request, {"language"})
    head = await desk.store.ledger.head()
    return desk.page(request, "graphql.html", examples=EXAMPLES, seq=head.seq)


async def show_schema(_desk: Desk, _request: Request) -> Response:
    """The schema as a text, as programs read it."""
    return PlainTextResponse(sdl(), headers={"Content-Disposition": 'inline; filename="schema.graphql"'})
