"""A route and its rule in one line. There is no other way to make a route: so none is without a rule."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from graph.errors import NotPermitted, StemgraphError
from graph.saying import said
from graph.viewer import Permission, Viewer
from service.answers import error_answer, status_of
from service.logs import log, log_failure
from service.messages import asked_texts, spoken
from service.metrics import Metrics
from service.signin import Authenticator, SignedIn, check_origin, sign_in_by

__all__ = ["PUBLIC", "Doorkeeper", "Rule", "viewer_of"]

Endpoint = Callable[[Request], Awaitable[Response]]
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""})


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who may use a route. ``needs`` None: anyone, without signing in."""

    needs: Permission | None
    is_page: bool = False  # sends a browser that is not signed in to the sign-in page
    is_form: bool = False  # takes an HTML form; its handler checks the form's seal
    body_limit: int | None = 64 * 1024  # bytes; None: the handler streams the body


PUBLIC: Final = Rule(needs=None)


class Doorkeeper:
    """Signs in, checks the rule, bounds the body, turns errors into answers, counts and logs; then lets through."""

    def __init__(
        self,
        authenticators: Sequence[Authenticator],
        *,
        base_url: str | None,
        metrics: Metrics,
        before_answer: Callable[[], Awaitable[None]],
        error_page: Callable[[Request, int, str, str], Response],
    ) -> None:
        """``before_answer`` makes the access log durable: no answer leaves before it. ``error_page`` shows a status, a
        message and what to do to who opened a page.
        """
        self._authenticators = authenticators
        self._base_url = base_url
        self._metrics = metrics
        self._before_answer = before_answer
        self._error_page = error_page

    def route(self, path: str, endpoint: Endpoint, rule: Rule, *, methods: Sequence[str] = ("GET",)) -> Route:
        """A Starlette route that obeys ``rule``."""

        async def guarded(request: Request) -> Response:
            started = time.perf_counter()
            answer = functools.partial(self._said, request, rule)
            try:
                response = await self._let_through(request, endpoint, rule)
            except StemgraphError as error:
                response = answer(status_of(error), error.code, error.message, error.remedy)
            except HTTPException as error:
                response = answer(error.status_code, "bad_request", error.detail, said("Correct the request."))
            except ClientDisconnect:
                response = answer(400, "cut_short", said("The request was cut short."), said("Send it again."))
            except Exception as error:  # noqa: BLE001  the edge: whatever it is, it is logged and answered
                log_failure("request failed", error, route=path)
                response = answer(
                    500,
                    "internal_error",
                    said("The service failed on this request."),
                    said("See the service's log; try again."),
                )
            seconds = time.perf_counter() - started
            self._metrics.count_request(path, request.method, response.status_code, seconds)
            log(
                "request",
                route=path,
                method=request.method,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
            return response

        guarded.rule = rule  # type: ignore[attr-defined]  # read by the test that walks all routes
        return Route(path, guarded, methods=list(methods))

    def _said(self, request: Request, rule: Rule, status: int, code: str, message: str, remedy: str) -> Response:
        """An error in the form that was asked for: a page to who opens one in a browser, JSON to all others."""
        if rule.is_page and "text/html" in request.headers.get("accept", ""):
            return self._error_page(request, status, message, remedy)
        say = asked_texts(request)
        return error_answer(status, code, spoken(say, message), spoken(say, remedy))

    async def _let_through(self, request: Request, endpoint: Endpoint, rule: Rule) -> Response:
        if rule.body_limit is not None:
            request = Request(request.scope, _bounded(request, rule.body_limit))
        if rule.needs is not None:
            signed_in = await sign_in_by(self._authenticators, request)
            if signed_in is None:
                return self._ask_to_sign_in(request, rule)
            request.state.viewer = signed_in.viewer
            if not signed_in.viewer.may(rule.needs):
                raise NotPermitted(
                    said(
                        "The role {role} may not do this ({needs}).",
                        role=signed_in.viewer.role.value,
                        needs=rule.needs.value,
                    ),
                    remedy=said("Ask an administrator for a token of a role that may."),
                )
            self._check_sent_on_purpose(request, signed_in, rule)
        response = await endpoint(request)
        await self._before_answer()
        return response

    def _ask_to_sign_in(self, request: Request, rule: Rule) -> Response:
        if rule.is_page and request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/sign-in?next={quote(request.url.path + query, safe='')}", status_code=303)
        say = asked_texts(request)
        message, remedy = (
            said("Nothing here is readable without signing in."),
            said("Send Authorization: Bearer TOKEN."),
        )
        return error_answer(401, "not_signed_in", spoken(say, message), spoken(say, remedy))

    def _check_sent_on_purpose(self, request: Request, signed_in: SignedIn, rule: Rule) -> None:
        if not signed_in.is_by_cookie or request.method in _SAFE_METHODS:
            return
        check_origin(request, self._base_url)
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not rule.is_form and content_type in _FORM_TYPES:
            raise NotPermitted(
                said("A request by cookie alone is not taken as a form."),
                remedy=said("Send it with its own Content-Type, such as application/json."),
                code="not_a_form",
            )


def viewer_of(request: Request) -> Viewer:
    """Who asks, on a route that needs signing in."""
    viewer: Viewer = request.state.viewer
    return viewer


def _bounded(request: Request, limit: int) -> Receive:
    too_large = HTTPException(413, said("The body is larger than {limit} bytes.", limit=limit))
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise too_large
    seen = 0
    receive = request.receive

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise too_large
        return message

    return bounded
