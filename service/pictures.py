"""The page with the picture of a trace."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graph.errors import BadInput
from graph.reader import Direction
from graph.times import BadTime, Moment, parse_moment, render
from graph.vocabulary import KINDS, OPERATIONS, kind_code, kind_of_code
from service.parameters import check_names, flag, names, number
from service.routes import viewer_of
from service.store import Store
from service.words import language_of
from visualize import TraceQuestion, ask_picture, trace_page

__all__ = ["view_trace"]

_PATH: Final = "/view/trace"
_PARAMETERS: Final = frozenset(
    {"start", "direction", "kinds", "operations", "maxDepth", "knownAt", "language", "standalone"}
)


async def view_trace(request: Request, store: Store) -> Response:
    """``?start=CellLot:MCB1&direction=backward``, and ``kinds``, ``operations``, ``maxDepth``, ``knownAt`` as GraphQL
    has them. ``standalone=true``: a page to keep as a file, which leads nowhere.
    """
    check_names(request, _PARAMETERS)
    question = _question(request)
    view = store.view(viewer_of(request))
    picture = await ask_picture(view, question)
    page = await asyncio.to_thread(
        trace_page,
        picture,
        language=language_of(request),
        nonce=request.state.nonce,
        address=None if flag(request, "standalone") else _address,
    )
    return HTMLResponse(page)


def _question(request: Request) -> TraceQuestion:
    known_at = _known_at(request)
    return TraceQuestion(
        start=tuple(dict.fromkeys(text.strip() for text in request.query_params.getlist("start") if text.strip())),
        direction=_direction(request),
        kinds=_kinds(request),
        operations=_operations(request),
        max_depth=number(request, "maxDepth"),
        known_at_ms=known_at.earliest_ms if known_at else None,
        known_at_offset=known_at.offset_minutes if known_at else 0,
    )


def _direction(request: Request) -> Direction:
    text = request.query_params.get("direction", "")
    try:
        return Direction[text.upper()]
    except KeyError:
        raise BadInput(
            f"direction={text!r} is no direction.", remedy="Write direction=backward or forward.", member="direction"
        ) from None


def _kinds(request: Request) -> tuple[str, ...] | None:
    """``CELL_LOT`` or ``CellLot``."""
    asked = names(request, "kinds")
    try:
        return tuple(name if name in KINDS else kind_of_code(name) for name in asked) or None
    except KeyError as error:
        raise BadInput(
            f"kinds: {error.args[0]!r} is no kind.",
            remedy=f"Kinds are {', '.join(kind_code(kind) for kind in KINDS)}.",
            member="kinds",
        ) from None


def _operations(request: Request) -> tuple[str, ...] | None:
    asked = names(request, "operations")
    for name in asked:
        if name not in OPERATIONS:
            raise BadInput(
                f"operations: {name!r} is no type of operation.",
                remedy=f"Types are {', '.join(OPERATIONS)}.",
                member="operations",
            )
    return asked or None


def _known_at(request: Request) -> Moment | None:
    text = request.query_params.get("knownAt")
    if not text:
        return None
    try:
        moment = parse_moment(text.replace(" ", "+"))  # an address that was typed has a + where a space arrives
    except BadTime as error:
        raise BadInput(f"knownAt: {error}.", remedy="Write 2025-06-01T00:00:00+08:00.", member="knownAt") from None
    if not moment.is_exact:
        raise BadInput("knownAt is not exact.", remedy="Write 2025-06-01T00:00:00+08:00.", member="knownAt")
    return moment


def _address(question: TraceQuestion, language: str) -> str:
    """Where the answer to a question is to be seen."""
    asked: list[tuple[str, str]] = [("start", start) for start in question.start]
    asked.append(("direction", question.direction.value.lower()))
    if question.kinds is not None:
        asked.append(("kinds", ",".join(kind_code(kind) for kind in question.kinds)))
    if question.operations is not None:
        asked.append(("operations", ",".join(question.operations)))
    if question.max_depth is not None:
        asked.append(("maxDepth", str(question.max_depth)))
    if question.known_at_ms is not None:
        asked.append(("knownAt", render(question.known_at_ms, question.known_at_offset)))
    asked.append(("language", language))
    return f"{_PATH}?{urlencode(asked)}"
