"""Who is asking: bearer tokens, proofs of local commands, browser sessions; more ways are one class each."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from graph.errors import BadInput, NotPermitted
from graph.keys import KeyRing
from graph.ledger.tokens import SESSION_HOURS, Tokens
from graph.saying import said
from graph.viewer import OWNER, Viewer
from service.local import LocalProofs

__all__ = [
    "SESSION_COOKIE",
    "Authenticator",
    "BearerTokens",
    "FormSeal",
    "LocalCommands",
    "Sessions",
    "SignedIn",
    "check_origin",
    "end_session",
    "own_origin",
    "purpose_of",
    "sign_in_by",
    "start_session",
]

SESSION_COOKIE: Final = "stemgraph_session"
FORM_COOKIE: Final = "stemgraph_form"
_LONGEST_PURPOSE: Final = 500


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who asks, and whether the browser sent the proof by itself: then a request needs a sign of its page too."""

    viewer: Viewer
    is_by_cookie: bool = False


class Authenticator(Protocol):
    """One way to sign in. OpenID Connect will be another."""

    async def viewer_of(self, connection: HTTPConnection) -> SignedIn | None:
        """Who asks; None if this way says nothing about it."""


class BearerTokens:
    """``Authorization: Bearer sg_…``: a token made by `stemgraph token create`."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def viewer_of(self, connection: HTTPConnection) -> SignedIn | None:
        viewer = await self._tokens.find(_bearer(connection))
        return None if viewer is None else SignedIn(viewer=viewer)


class LocalCommands:
    """``Authorization: Bearer local.…``: a command that can read the key file acts as the owner."""

    def __init__(self, ring: KeyRing) -> None:
        self._proofs = LocalProofs(ring)

    async def viewer_of(self, connection: HTTPConnection) -> SignedIn | None:
        return SignedIn(viewer=OWNER) if self._proofs.is_valid(_bearer(connection)) else None


class Sessions:
    """The cookie of a browser that signed in; ignored where a bearer is given."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def viewer_of(self, connection: HTTPConnection) -> SignedIn | None:
        session = connection.cookies.get(SESSION_COOKIE)
        if session is None or "authorization" in connection.headers:
            return None
        viewer = await self._tokens.find_session(session)
        return None if viewer is None else SignedIn(viewer=viewer, is_by_cookie=True)


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


async def sign_in_by(authenticators: Sequence[Authenticator], connection: HTTPConnection) -> SignedIn | None:
    """The first that knows the caller, with the purpose that the request states; None if none does."""
    for authenticator in authenticators:
        found = await authenticator.viewer_of(connection)
        if found is not None:
            viewer = replace(found.viewer, purpose=purpose_of(connection))
            return replace(found, viewer=viewer)
    return None


def purpose_of(connection: HTTPConnection) -> str | None:
    """What ``X-Purpose`` says, percent-decoded (a header holds no Chinese otherwise); None where it is missing.

    Raises:
        BadInput: too long, or with control characters.
    """
    purpose = unquote(connection.headers.get("x-purpose", "")).strip()
    if len(purpose) > _LONGEST_PURPOSE or not (purpose.isprintable()):
        raise BadInput(
            said("The X-Purpose header is too long or holds control characters."),
            remedy=said(
                "State the purpose in one line of at most {longest} characters.",
                longest=_LONGEST_PURPOSE,
            ),
        )
    return purpose or None


def own_origin(connection: HTTPConnection, base_url: str | None) -> str:
    """The origin of our own pages, as a browser names it."""
    parts = urlsplit(base_url) if base_url else urlsplit(str(connection.base_url))
    return f"{parts.scheme}://{parts.netloc}"


def check_origin(connection: HTTPConnection, base_url: str | None) -> None:
    """Refuses what another site's page made a signed-in browser send.

    Raises:
        NotPermitted: the ``Origin`` is missing or is not ours.
    """
    if connection.headers.get("origin") != own_origin(connection, base_url):
        raise NotPermitted(
            said("The request does not come from a page of this service."),
            remedy=said(
                "Use the service's own pages, or send a token as Authorization: Bearer. Behind a proxy, "
                "start the service with --base-url."
            ),
            code="wrong_origin",
        )


def start_session(response: Response, session: str, *, is_secure: bool) -> None:
    """Hands a browser its session. Nothing but the random name is in the cookie."""
    response.set_cookie(
        SESSION_COOKIE,
        session,
        max_age=SESSION_HOURS * 3600,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def end_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


class FormSeal:
    """Ties a form to the browser it was shown to, so that no other site can send it."""

    def __init__(self, ring: KeyRing) -> None:
        self._secret = ring.secret("forms")

    def seal(self, connection: HTTPConnection) -> tuple[str, str]:
        """What the browser keeps as a cookie, and what stands in the form."""
        kept = connection.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        return kept, self._sign(kept)

    def attach(self, response: Response, kept: str, *, is_secure: bool) -> None:
        response.set_cookie(FORM_COOKIE, kept, path="/", secure=is_secure, httponly=True, samesite="strict")

    def check(self, connection: HTTPConnection, given: object) -> None:
        """Raises NotPermitted where a form was not shown by us to this browser."""
        kept = connection.cookies.get(FORM_COOKIE, "")
        if not kept or not isinstance(given, str) or not hmac.compare_digest(given.encode(), self._sign(kept).encode()):
            raise NotPermitted(
                said("The form is out of date."), remedy=said("Open the page again, then send it."), code="stale_form"
            )

    def _sign(self, kept: str) -> str:
        return hmac.new(self._secret, kept.encode(), hashlib.sha256).hexdigest()
