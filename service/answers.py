"""Errors as one JSON shape, whatever went wrong on whichever route."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse

from graph.errors import (
    BadInput,
    Conflict,
    Incomplete,
    IntegrityBroken,
    Misconfigured,
    NotFound,
    NotPermitted,
    StemgraphError,
    StoreUnavailable,
)

__all__ = ["error_answer", "status_of"]

_STATUS: Final[dict[type[StemgraphError], int]] = {
    BadInput: 400,
    NotFound: 404,
    NotPermitted: 403,
    Conflict: 409,
    Incomplete: 422,
    StoreUnavailable: 503,
    Misconfigured: 500,
    IntegrityBroken: 500,
}


def status_of(error: StemgraphError) -> int:
    """The HTTP status that tells a client what it can do about an error."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def error_answer(status: int, code: str, message: str, remedy: str) -> JSONResponse:
    """``{"error": {"code", "message", "remedy"}}``; ``code`` is stable, the rest is for people."""
    headers = {401: {"WWW-Authenticate": 'Bearer realm="stemgraph"'}, 503: {"Retry-After": "5"}}.get(status)
    content = {"error": {"code": code, "message": message, "remedy": remedy}}
    return JSONResponse(content, status_code=status, headers=headers)
