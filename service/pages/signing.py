"""Signing in and out, and the choice of the language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.pages.desk import Desk, own_path
from service.routes import viewer_of
from service.signin import SESSION_COOKIE, check_origin, end_session, start_session
from service.texts import LANGUAGE_COOKIE, LANGUAGES, language_of

__all__ = ["ask_sign_in", "choose_language", "sign_in", "sign_out"]

_YEAR_SECONDS = 365 * 86_400


async def ask_sign_in(desk: Desk, request: Request) -> Response:
    """The sign-in page; with ``?link=`` a single-use link is redeemed."""
    link = request.query_params.get("link")
    if link is None or request.method == "HEAD":  # what only looks whether a link works does not use it up
        return _sign_in_page(desk, request, request.query_params.get("next", "/"))
    session = await desk.store.tokens.redeem(link)
    if session is None:
        return _sign_in_page(desk, request, "/", trouble="spent_link", status=403)
    return await _signed_in(desk, request, session.plain, "/")


async def sign_in(desk: Desk, request: Request) -> Response:
    """Takes a token, hands out a session."""
    check_origin(request, desk.base_url)
    async with request.form(max_files=0, max_fields=10) as form:
        given, seal, target = str(form.get("token", "")), form.get("seal"), str(form.get("next", "/"))
    desk.seal.check(request, seal)
    session = await desk.store.tokens.sign_in(given.strip())
    if session is None:
        return _sign_in_page(desk, request, target, trouble="wrong_token", status=403)
    return await _signed_in(desk, request, session.plain, target)


async def sign_out(desk: Desk, request: Request) -> Response:
    """Ends the session, here and in the store."""
    async with request.form(max_files=0, max_fields=10) as form:
        desk.seal.check(request, form.get("seal"))
    await desk.store.tokens.sign_out(request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/sign-in", status_code=303)
    end_session(response)
    return response


async def choose_language(desk: Desk, request: Request) -> Response:
    """Keeps the language for the person, in this browser and in the next they sign in with."""
    async with request.form(max_files=0, max_fields=10) as form:
        desk.seal.check(request, form.get("seal"))
        language, target = str(form.get("language", "")), own_path(str(form.get("next", "/")))
    response = RedirectResponse(target, status_code=303)
    if language in LANGUAGES:
        await desk.store.tokens.keep_language(viewer_of(request).person, language)
        _keep(response, language, is_secure=desk.is_secure(request))
    return response


async def _signed_in(desk: Desk, request: Request, session: str, target: str) -> Response:
    response = RedirectResponse(own_path(target), status_code=303)
    start_session(response, session, is_secure=desk.is_secure(request))
    viewer = await desk.store.tokens.find_session(session)
    if viewer is not None:
        chosen = request.query_params.get("language")  # on the sign-in page itself: later than what was kept
        if chosen in LANGUAGES:
            await desk.store.tokens.keep_language(viewer.person, chosen)
        else:
            chosen = await desk.store.tokens.language_of(viewer.person)
        if chosen in LANGUAGES:
            _keep(response, chosen, is_secure=desk.is_secure(request))
    return response


def _keep(response: Response, language: str, *, is_secure: bool) -> None:
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, path="/", secure=is_secure, httponly=True, samesite="strict"
    )


def _sign_in_page(
    desk: Desk, request: Request, target: str, *, trouble: str | None = None, status: int = 200
) -> Response:
    return desk.page(
        request,
        "sign_in.html",
        status=status,
        next=own_path(target),
        trouble=trouble,
        asked_language=language_of(request) if "language" in request.query_params else None,
    )
