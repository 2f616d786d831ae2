"""Search over every id and name; as one types, the same answer without the frame around it."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import BadInput
from graph.saying import said
from graph.vocabulary import KINDS
from queries.finding import operations_named
from queries.nodes import BRIEF, Node, search
from queries.pages import Page
from queries.privacy import View
from service.pages.brief import brief_of
from service.pages.desk import Desk
from service.pages.questions import kinds_of
from service.parameters import check_names

__all__ = ["show_search"]

_EACH: Final = 40
_SUGGESTED: Final = 8
_OPERATIONS: Final = 5
_PARTS: Final = {"results": "search_results.html", "suggestions": "search_suggestions.html"}


async def show_search(desk: Desk, request: Request) -> Response:
    """``?q=MCB``, with ``kinds`` and ``after``. ``part=results`` or ``suggestions``: for a script, as one types."""
    check_names(request, {"q", "kinds", "after", "part", "language"})
    view = desk.view(request)
    text, part = request.query_params.get("q", "").strip(), request.query_params.get("part")
    if part is not None and part not in _PARTS:
        raise BadInput(
            said("{name}={asked} is none.", name="part", asked=repr(part)),
            remedy=said("Write part=results or part=suggestions."),
            member="part",
        )
    kinds = kinds_of(request)
    first = _SUGGESTED if part == "suggestions" else _EACH
    found = await _found(view, text, kinds, first, request.query_params.get("after")) if text else None
    acts = await operations_named(view, text, first=_OPERATIONS) if text else []
    say = desk.texts(request)
    shown = found.items if found is not None else []
    values: dict[str, Any] = {
        "q": text,
        "kinds_chosen": kinds or (),
        "found": found,
        "acts": acts,
        "seq": found.as_of_seq if found is not None else None,
        "briefs": {node.node: brief_of(node, say.language) for node in shown},
    }
    return (
        desk.part(request, _PARTS[part], **values) if part is not None else desk.page(request, "search.html", **values)
    )


async def _found(view: View, text: str, kinds: tuple[str, ...] | None, first: int, after: str | None) -> Page[Node]:
    kind, colon, key = text.partition(":")
    if colon and kind in KINDS and key.strip():  # the id as it is written elsewhere: search for its key in that kind
        return await search(view, key.strip(), kinds=[kind], first=first, after=after, only=BRIEF)
    return await search(view, text, kinds=kinds, first=first, after=after, only=BRIEF)
