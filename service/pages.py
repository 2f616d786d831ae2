"""The pages for people: start, sign-in, the GraphQL page. Server-made, no framework, nothing from the internet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from graph.viewer import Permission, Viewer
from service.examples import EXAMPLES
from service.routes import viewer_of
from service.signin import SESSION_COOKIE, FormSeal, check_origin, end_session, start_session
from service.store import Store
from service.transfers import may_export_records
from service.words import language_of, words_in

__all__ = ["Pages"]

_TEMPLATES: Final = Jinja2Templates(directory=Path(__file__).parent / "templates")


class Pages:
    """The endpoints of the pages, over one store."""

    def __init__(self, store: Store, *, base_url: str | None) -> None:
        self._store = store
        self._base_url = base_url
        self._seal = FormSeal(store.keyring)

    async def start(self, request: Request) -> Response:
        """What one can do here."""
        viewer = viewer_of(request)
        head = await self._store.ledger.head()
        return self._page(
            request,
            "start.html",
            viewer,
            entries=head.seq,
            may_export=may_export_records(viewer),
            may_import=viewer.may(Permission.IMPORT),
        )

    async def graphql(self, request: Request) -> Response:
        """A place to ask in GraphQL, with examples, without internet."""
        return self._page(request, "graphql.html", viewer_of(request), examples=EXAMPLES)

    async def ask_sign_in(self, request: Request) -> Response:
        """The sign-in page; with ``?link=`` a single-use link is redeemed."""
        link = request.query_params.get("link")
        if link is None or request.method == "HEAD":  # what only looks whether a link works does not use it up
            return self._sign_in_page(request, request.query_params.get("next", "/"))
        session = await self._store.tokens.redeem(link)
        if session is None:
            return self._sign_in_page(request, "/", problem="spent_link", status=403)
        return self._signed_in(request, session.plain, "/")

    async def sign_in(self, request: Request) -> Response:
        """Takes a token, hands out a session."""
        check_origin(request, self._base_url)
        async with request.form(max_files=0, max_fields=10) as form:
            given, seal, target = str(form.get("token", "")), form.get("seal"), str(form.get("next", "/"))
        self._seal.check(request, seal)
        session = await self._store.tokens.sign_in(given.strip())
        if session is None:
            return self._sign_in_page(request, target, problem="wrong_token", status=403)
        return self._signed_in(request, session.plain, target)

    async def sign_out(self, request: Request) -> Response:
        """Ends the session, here and in the store."""
        async with request.form(max_files=0, max_fields=10) as form:
            self._seal.check(request, form.get("seal"))
        await self._store.tokens.sign_out(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse("/sign-in", status_code=303)
        end_session(response)
        return response

    def problem(self, request: Request, status: int, message: str, remedy: str) -> Response:
        """Why a page cannot be shown, and what to do."""
        viewer = getattr(request.state, "viewer", None)
        words = words_in(language_of(request))
        heading = words.get(f"problem_{status}", words["problem"])
        return self._page(
            request, "problem.html", viewer, status=status, heading=heading, message=message, remedy=remedy
        )

    def _is_secure(self, request: Request) -> bool:
        return (self._base_url or str(request.base_url)).startswith("https:")

    def _signed_in(self, request: Request, session: str, target: str) -> Response:
        response = RedirectResponse(_own_path(target), status_code=303)
        start_session(response, session, is_secure=self._is_secure(request))
        return response

    def _sign_in_page(
        self, request: Request, target: str, *, problem: str | None = None, status: int = 200
    ) -> Response:
        said = None if problem is None else words_in(language_of(request))[problem]
        return self._page(request, "sign_in.html", None, status=status, next=_own_path(target), problem=said)

    def _page(
        self, request: Request, template: str, viewer: Viewer | None, *, status: int = 200, **values: Any
    ) -> Response:
        kept, seal = self._seal.seal(request)
        language = language_of(request)
        context = {"words": words_in(language), "language": language, "viewer": viewer, "seal": seal, **values}
        response = _TEMPLATES.TemplateResponse(request, template, context, status_code=status)
        self._seal.attach(response, kept, is_secure=self._is_secure(request))
        return response


def _own_path(target: str) -> str:
    """The path asked for, if it is one of ours: no link sends a browser elsewhere after signing in."""
    parts = urlsplit(target)
    is_own = not parts.scheme and not parts.netloc and target.startswith("/") and target[1:2] not in ("/", "\\")
    return target if is_own and target.isprintable() else "/"
