"""What all pages share: the eyes they look through, the language, the frame around them, and how errors are said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graph.viewer import Permission, Viewer
from queries.privacy import View
from service.pages.rendering import template_of
from service.routes import viewer_of
from service.signin import FormSeal
from service.store import Store
from service.texts import Texts, language_of

__all__ = ["Desk", "PageEndpoint", "own_path"]


class Desk:
    """Makes pages of one store."""

    def __init__(self, store: Store, *, base_url: str | None) -> None:
        """``base_url`` is what browsers see where a proxy stands before the service."""
        self.store = store
        self.base_url = base_url
        self.seal = FormSeal(store.keyring)

    def view(self, request: Request) -> View:
        """The lineage as the one who asks may see it. Make one for each answer."""
        return self.store.view(viewer_of(request), remembers=True)

    def texts(self, request: Request) -> Texts:
        return Texts(language_of(request))

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """The whole page, with the seal that its forms need."""
        kept, seal = self.seal.seal(request)
        response = HTMLResponse(self._rendered(request, template, seal=seal, **values), status_code=status)
        self.seal.attach(response, kept, is_secure=self.is_secure(request))
        return response

    def part(self, request: Request, template: str, **values: Any) -> Response:
        """A piece of a page, for a script that puts it in its place."""
        return HTMLResponse(self._rendered(request, template, seal="", **values))

    def problem(self, request: Request, status: int, message: str, remedy: str) -> Response:
        """Why a page cannot be shown, and what to do."""
        return self.page(request, "problem.html", status=status, problem=status, message=message, remedy=remedy)

    def is_secure(self, request: Request) -> bool:
        return (self.base_url or str(request.base_url)).startswith("https:")

    def _rendered(self, request: Request, template: str, **values: Any) -> str:
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        language = language_of(request)
        return template_of(template, language).render(
            viewer=viewer,
            may_import=viewer is not None and viewer.may(Permission.IMPORT),
            here=_here(request),
            path=request.url.path,
            **values,
        )


PageEndpoint = Callable[[Desk, Request], Awaitable[Response]]


def own_path(target: str) -> str:
    """The path asked for, if it is one of ours: no form sends a browser elsewhere."""
    parts = urlsplit(target)
    is_own = not parts.scheme and not parts.netloc and target.startswith("/") and target[1:2] not in ("/", "\\")
    return target if is_own and target.isprintable() else "/"


def _here(request: Request) -> str:
    """The address of this page without a language of its own."""
    url = request.url.remove_query_params("language")
    return f"{url.path}?{url.query}" if url.query else url.path
