"""Tracing: the form, the answer as a list that can be sorted and filtered, and as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graph.errors import BadInput
from graph.reader import AsOf, Direction, id_text
from graph.saying import said
from graph.viewer import Permission
from graph.vocabulary import KINDS, OPERATIONS, kind_code
from queries.impact import can_be_seed
from queries.nodes import briefs
from queries.trace import TraceEdge, TraceNode, trace_edges, trace_nodes
from service.pages.addresses import node_address
from service.pages.brief import brief_of
from service.pages.desk import Desk
from service.pages.edges import edge_row
from service.pages.paging import after_page, page_number, pager
from service.pages.questions import (
    OPENED_PARAMETERS,
    QUESTION_PARAMETERS,
    address_of,
    asked_of,
    opened_of,
    opened_parameters,
    position_of,
    question_of,
)
from service.parameters import check_names, choice, flag
from service.texts import language_of
from visualize import Address, TraceQuestion, ask_picture, trace_page
from visualize.labels import numbers_as_numbers
from visualize.values import span_text
from visualize.words import edge_label

__all__ = ["show_trace"]

_PATH: Final = "/view/trace"
_ROWS_EACH: Final = 100
_PARAMETERS: Final = (
    QUESTION_PARAMETERS | OPENED_PARAMETERS | {"as", "at", "list", "sort", "find", "page", "language", "standalone"}
)
_SORTS: Final = ("steps", "kind", "id")


async def show_trace(desk: Desk, request: Request) -> Response:
    """Without ``start`` the form. With it the picture of the answer (``standalone=true``: a page to keep as a file,
    which leads nowhere), or the list, with ``as=list``; ``as=form`` asks again.
    """
    check_names(request, _PARAMETERS)
    form = request.query_params.get("as", "picture")
    if form not in {*_FORMS, "form"}:
        known = ", ".join([*_FORMS, "form"])
        raise BadInput(
            said("as={form} is no form of the answer.", form=repr(form)),
            remedy=said("One of: {known}.", known=known),
            member="as",
        )
    if form == "form" or not (set(request.query_params) & {"start", "direction"}):
        return _form(desk, request)
    return await _FORMS[form](desk, request, question_of(request))


def _form(desk: Desk, request: Request) -> Response:
    return desk.page(request, "trace_form.html", **_form_values(request))


def _form_values(request: Request) -> dict[str, Any]:
    """What the form is filled with: what is asked now, or came along from the page before."""
    asked = request.query_params
    chosen = {part.strip() for text in asked.getlist("kinds") for part in text.split(",")}
    return {
        "starts": [text for text in asked.getlist("start") if text.strip()],
        "direction": asked.get("direction", "backward").lower(),
        "kind_codes": {kind: kind_code(kind) for kind in KINDS},
        "kinds_chosen": {kind for kind in KINDS if kind in chosen or kind_code(kind) in chosen},
        "operation_types": list(OPERATIONS),
        "operations_chosen": {part for text in asked.getlist("operations") for part in text.split(",")},
        "max_depth": asked.get("maxDepth", ""),
        "known_at": asked.get("knownAt", ""),
    }


async def _picture(desk: Desk, request: Request, question: TraceQuestion) -> Response:
    view = desk.view(request)
    position = await position_of(request, view)
    question = replace(question, opened=opened_of(request))
    picture = await ask_picture(view, question, as_of_seq=position)
    is_alone = flag(request, "standalone")
    at = {} if position is None else {"at": str(position)}
    page = await asyncio.to_thread(
        trace_page,
        picture,
        language=language_of(request),
        nonce=request.state.nonce,
        address=None if is_alone else _picture_address(question, at),
        thing_address=None if is_alone else node_address,
        listed=None if is_alone else address_of(_PATH, question, **{"as": "list", "at": str(picture.answer.as_of_seq)}),
    )
    return HTMLResponse(page)


def _picture_address(shown: TraceQuestion, at: dict[str, str]) -> Address:
    """The same question stays at its position; any other is asked of the records as they are."""

    def address(question: TraceQuestion, language: str) -> str:
        is_same = replace(question, opened=shown.opened) == shown
        asked = [*asked_of(question), *opened_parameters(question.opened)]
        return f"{_PATH}?{urlencode([*asked, *(at if is_same else {}).items(), ('language', language)])}"

    return address


async def _list(desk: Desk, request: Request, question: TraceQuestion) -> Response:
    view = desk.view(request)
    answer = await question.ask(view, as_of_seq=await position_of(request, view))
    lists_links = choice(request, "list", ("things", "links")) == "links"
    sort = choice(request, "sort", _SORTS)
    find = request.query_params.get("find", "").strip()
    page = page_number(request)
    after = after_page(answer.as_of_seq, page, _ROWS_EACH)
    values: dict[str, Any] = {}
    if lists_links:
        chosen = replace(answer, edges=_found_edges(answer.edges, find, desk.texts(request).language))
        links = trace_edges(view, chosen, _ROWS_EACH, after)
        values |= {"links": [edge_row(edge) for edge in links.items], "total": links.total}
    else:
        chosen = replace(answer, nodes=_sorted(_found_nodes(answer.nodes, find), sort))
        things = trace_nodes(view, chosen, _ROWS_EACH, after)
        as_of = AsOf(answer.as_of_seq, question.known_at_ms)
        bodies = await briefs(view, [item.node for item in things.items if not item.is_hidden], as_of)
        language = desk.texts(request).language
        values |= {
            "things": things.items,
            "briefs": {node: brief_of(body, language) for node, body in bodies.items()},
            "stubs": {node for node, body in bodies.items() if body.is_stub},
            "total": things.total,
        }
    turned = Direction.BACKWARD if question.direction is Direction.FORWARD else Direction.FORWARD
    at = str(answer.as_of_seq)
    return desk.page(
        request,
        "trace.html",
        question=question,
        answer=answer,
        known_at_text=(
            None if question.known_at_ms is None else span_text(question.known_at_ms, None, question.known_at_offset)
        ),
        lists_links=lists_links,
        sort=sort,
        find=find,
        pager=pager(request, page=page, size=_ROWS_EACH, total=values["total"], at=at),
        address=lambda **more: address_of(_PATH, question, **{"as": "list", "at": at, **more}),
        picture_address=address_of(_PATH, question, at=at),
        shown_address=lambda node: address_of(_PATH, question, at=at, show=id_text(node)),
        seeds=[start for start in question.start if can_be_seed(start.partition(":")[0])],
        turned_address=address_of(_PATH, replace(question, direction=turned), **{"as": "list"}),
        csv_address=(
            address_of("/export/trace", question, format="csv", list="links" if lists_links else "things", at=at)
            if view.viewer.may(Permission.EXPORT)
            else None
        ),
        asked=asked_of(question),
        **values,
        **_form_values(request),
    )


_FORMS: Final = {"picture": _picture, "list": _list}


def _found_nodes(nodes: Sequence[TraceNode], find: str) -> Sequence[TraceNode]:
    wanted = find.casefold()
    return [item for item in nodes if wanted in id_text(item.node).casefold()] if wanted else nodes


def _found_edges(edges: Sequence[TraceEdge], find: str, language: str) -> Sequence[TraceEdge]:
    wanted = find.casefold()
    if not wanted:
        return edges
    return [
        edge
        for edge in edges
        if wanted
        in " ".join(
            (
                id_text(edge.source),
                id_text(edge.target),
                edge.operation_id or "",
                edge.type,
                edge_label(edge.type, language),
            )
        ).casefold()
    ]


def _sorted(nodes: Sequence[TraceNode], sort: str) -> Sequence[TraceNode]:
    """By steps from the start, as the answer is, or by kind or id."""
    if sort == "steps":
        return nodes
    order = list(KINDS)
    if sort == "kind":
        return sorted(nodes, key=lambda item: (order.index(item.node[0]), numbers_as_numbers(item.node[1])))
    return sorted(nodes, key=lambda item: (numbers_as_numbers(item.node[1]), order.index(item.node[0])))
