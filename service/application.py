"""The ASGI application: what is served, to whom, in one place."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from graph.errors import StemgraphError
from graph.saying import said
from graph.viewer import Permission
from service.administration import Administration
from service.answers import error_answer
from service.exports import export_contents, export_impact, export_trace
from service.metrics import CONTENT_TYPE, Metrics
from service.pages import Desk, page_routes
from service.questions import Questions
from service.routes import PUBLIC, Doorkeeper, Rule
from service.security import SecurityHeaders
from service.signin import BearerTokens, LocalCommands, Sessions
from service.store import Store
from service.transfers import export_stream, take_import

__all__ = ["build_application"]

_GRAPHQL_BODY = 32 * 1024 * 1024


def build_application(store: Store, *, base_url: str | None = None) -> Starlette:
    """The service over an open store.

    ``base_url`` is what browsers see where a proxy stands before it: its origin is the one that forms must come from.
    """
    metrics = Metrics()
    desk = Desk(store, base_url=base_url)
    questions = Questions(store)
    administration = Administration(store)
    # In the order they are asked. OpenID Connect will be one more.
    authenticators = (BearerTokens(store.tokens), LocalCommands(store.keyring), Sessions(store.tokens))
    door = Doorkeeper(
        authenticators,
        base_url=base_url,
        metrics=metrics,
        before_answer=store.access_log.flush,
        error_page=desk.problem,
    )

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        try:
            await store.engine.read("RETURN 1 AS one")
        except StemgraphError:
            return JSONResponse({"ready": False}, status_code=503)
        return JSONResponse({"ready": True})

    async def figures(_request: Request) -> Response:
        head = await store.ledger.head()
        return Response(metrics.text(ledger_entries=head.seq), media_type=CONTENT_TYPE)

    async def records_in(request: Request) -> Response:
        return await take_import(request, store)

    async def records_out(request: Request) -> Response:
        return await export_stream(request, store)

    async def trace_out(request: Request) -> Response:
        return await export_trace(request, store)

    async def impact_out(request: Request) -> Response:
        return await export_impact(request, store)

    async def contents_out(request: Request) -> Response:
        return await export_contents(request, store)

    async def unknown(request: Request, error: Exception) -> Response:
        return _http_error(desk, request, error)

    reads = Rule(needs=Permission.READ)
    routes = [
        door.route("/healthz", healthz, PUBLIC),
        door.route("/readyz", readyz, PUBLIC),
        door.route("/metrics", figures, reads),
        *page_routes(door, desk),
        door.route(
            "/graphql", questions.answer, Rule(needs=Permission.READ, body_limit=_GRAPHQL_BODY), methods=["POST"]
        ),
        door.route("/import", records_in, Rule(needs=Permission.IMPORT, body_limit=None), methods=["POST"]),
        door.route("/export/records", records_out, Rule(needs=Permission.EXPORT)),
        door.route("/export/trace", trace_out, Rule(needs=Permission.EXPORT)),
        door.route("/export/impact", impact_out, Rule(needs=Permission.EXPORT)),
        door.route("/export/contents", contents_out, Rule(needs=Permission.EXPORT)),
        door.route("/verify", administration.verify, Rule(needs=Permission.VERIFY), methods=["POST"]),
        door.route("/rebuild", administration.rebuild, Rule(needs=Permission.REBUILD), methods=["POST"]),
        door.route("/tokens", administration.list_tokens, Rule(needs=Permission.MANAGE_TOKENS)),
        door.route("/tokens", administration.create_token, Rule(needs=Permission.MANAGE_TOKENS), methods=["POST"]),
        door.route(
            "/tokens/{key}", administration.revoke_token, Rule(needs=Permission.MANAGE_TOKENS), methods=["DELETE"]
        ),
        # Our own style sheet and scripts: the sign-in page needs them, and nothing of a study is among them.
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static"),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: unknown},
    )


def _http_error(desk: Desk, request: Request, error: Exception) -> Response:
    """What no route answers; as a page to who opens one in a browser."""
    assert isinstance(error, HTTPException)
    code, message, remedy = "bad_request", error.detail, said("Correct the request.")
    if error.status_code == 404:
        code, message, remedy = "no_such_route", said("There is no such address here."), said("See docs/operating.md.")
    elif error.status_code == 405:
        message = said("This address does not take {method}.", method=request.method)
    if "text/html" in request.headers.get("accept", ""):
        return desk.problem(request, error.status_code, message, remedy)
    return error_answer(error.status_code, code, message, remedy)
