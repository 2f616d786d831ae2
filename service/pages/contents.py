"""What stands in a place: the form, the answer with its summary and list, and as a picture."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from graph.reader import NodeId, id_text
from graph.viewer import Permission
from graph.vocabulary import DISPOSITIONS, HAZARDS
from queries.contents import Contents, ContentsOrder, contents
from queries.nodes import briefs
from queries.privacy import View
from queries.standings import Standing, contents_completeness, standings
from service.pages.addresses import node_address
from service.pages.brief import brief_of
from service.pages.contents_questions import (
    CONTENTS_PARAMETERS,
    CONTENTS_PATH,
    asked_for_contents,
    contents_of,
)
from service.pages.desk import Desk
from service.pages.impact_form import form_values, one_address
from service.pages.impact_questions import assumed_zone_of, impact_address_of
from service.pages.paging import page_number, pager
from service.pages.questions import position_of
from service.pages.zone import site_offset
from service.parameters import check_names, choice, flag
from service.seeds import split_seed
from service.texts import language_of
from visualize import ContentsQuestion, ask_contents_picture, contents_page
from visualize.values import span_text

__all__ = ["show_contents"]

_ROWS_EACH: Final = 100
_PLACES_EACH: Final = 50
_EXPORT: Final = "/export/contents"
_FILES: Final = {"csv": "CSV", "xlsx": "Excel", "ndjson": "NDJSON"}
_FORMS: Final = ("list", "picture", "form")
_PARAMETERS: Final = CONTENTS_PARAMETERS | {
    "as", "sort", "page", "places", "from", "until", "language", "standalone",
}  # fmt: skip


async def show_contents(desk: Desk, request: Request) -> Response:
    """Without ``position`` the form. With it the answer as ``as`` says: ``list``, or ``picture`` (``standalone=true``: a
    page to keep as a file); ``form`` asks again.
    """
    check_names(request, _PARAMETERS)
    form = choice(request, "as", _FORMS)
    if form == "form" or not request.query_params.get("position", "").strip():
        return desk.page(request, "contents_form.html", **_form_values(request))
    if {"from", "until"} & set(request.query_params):
        return RedirectResponse(_one_address(request), status_code=303)
    view = desk.view(request)
    question = contents_of(request)
    entry = await position_of(request, view, "entry")
    if form == "picture":
        return await _picture(request, view, question, entry)
    return await _list(desk, request, view, question, entry)


def _one_address(request: Request) -> str:
    """What a form sends, as the address that is shared: of what is affected nothing, where no hazard was chosen."""
    address = one_address(request, CONTENTS_PATH)
    if request.query_params.get("hazard", "").strip():
        return address
    about_hazard = {"seed", "channels", "closedIntervals", "from", "until"}
    rest = [(name, text) for name, text in request.query_params.multi_items() if name not in about_hazard and text]
    return f"{CONTENTS_PATH}?{urlencode(rest)}"


def _form_values(request: Request) -> dict[str, Any]:
    """What the form is filled with: what is asked now, or came along; with nothing else, the place itself is what was
    wrong.
    """
    given = request.query_params
    values = form_values(request)
    position = given.get("position", "").strip()
    return {
        **values,
        "position": position,
        "at_text": given.get("at", ""),
        "seeds": values["seeds"] or ([split_seed(position)] if position else []),
    }


async def _picture(request: Request, view: View, question: ContentsQuestion, entry: int | None) -> Response:
    picture = await ask_contents_picture(view, question, as_of_seq=entry)
    is_alone = flag(request, "standalone")
    given = {} if entry is None else {"entry": str(entry)}

    def address(asked: ContentsQuestion, language: str, is_list: bool) -> str:
        form = {"entry": str(picture.answer.as_of.seq)} if is_list else {"as": "picture", **given}
        return impact_address_of(CONTENTS_PATH, asked_for_contents(asked), **form, language=language)

    page = await asyncio.to_thread(
        contents_page,
        picture,
        site_offset=site_offset(question.asked.at_ms),
        language=language_of(request),
        nonce=request.state.nonce,
        address=None if is_alone else address,
        above=_above(picture.answer),
        thing_address=None if is_alone else node_address,
    )
    return HTMLResponse(page)


def _above(answer: Contents) -> NodeId | None:
    """The position in which the one asked about stood."""
    lineage = answer.lineage
    parent = lineage.derived.places.parent_at(answer.number, answer.first_ms)
    return None if parent is None else lineage.node(parent)


async def _list(desk: Desk, request: Request, view: View, question: ContentsQuestion, entry: int | None) -> Response:
    language = language_of(request)
    answer = await contents(view, question.asked, as_of_seq=entry)
    asked = asked_for_contents(question)
    kept = {"entry": str(answer.as_of.seq), "at": dict(asked)["at"]}
    order = ContentsOrder(choice(request, "sort", [order.value for order in ContentsOrder]))
    chosen = answer.chosen(question.kinds, affected=question.affected)
    page = page_number(request)
    numbers = await asyncio.to_thread(answer.ordered, (page - 1) * _ROWS_EACH, _ROWS_EACH, chosen, order=order)
    rows = await asyncio.to_thread(standings, view, answer, numbers)
    inside = await asyncio.to_thread(answer.inside)
    places_page = page_number(request, "places")
    begin = (places_page - 1) * _PLACES_EACH
    bodies = await briefs(view, [row.node for row in rows if not row.is_hidden], answer.as_of)
    sorting = {} if order is ContentsOrder.PLACE else {"sort": order.value}

    def address(**more: str) -> str:
        return impact_address_of(CONTENTS_PATH, asked, **{"entry": kept["entry"], **sorting, **more})

    def address_in(position: NodeId) -> str:
        inner = [("position", id_text(position)), *(pair for pair in asked if pair[0] != "position")]
        return impact_address_of(CONTENTS_PATH, inner, entry=kept["entry"])

    about = question.asked.impact
    known_at = question.asked.known_at_ms
    return desk.page(
        request,
        "contents.html",
        question=question,
        answer=answer,
        seq=answer.as_of.seq,
        whole=contents_completeness(view, answer),
        is_stopped=not (answer.places.is_complete and (answer.impact is None or answer.impact.spread.is_complete)),
        known_at_text=None if known_at is None else span_text(known_at, None, site_offset(known_at)),
        moment=_site_text(question.asked.at_ms // 1000 * 1000),
        assumed_zone=assumed_zone_of(request, "at"),
        hazard_label=None if about is None else HAZARDS.label(about.hazard.value, language),
        seed_names=[] if about is None else [id_text(seed.node) for seed in about.seeds],
        impact_address=None if about is None else _impact_address(question),
        above=_above(answer),
        places=inside[begin : begin + _PLACES_EACH],
        places_pager=pager(request, page=places_page, size=_PLACES_EACH, total=len(inside), name="places", **kept),
        rows=[_row(row, language) for row in rows],
        briefs={node: brief_of(body, language) for node, body in bodies.items()},
        sort=order.value,
        total=len(chosen),
        pager=pager(request, page=page, size=_ROWS_EACH, total=len(chosen), **kept),
        sorted_address=lambda sort: impact_address_of(CONTENTS_PATH, asked, entry=kept["entry"], sort=sort),
        address_in=address_in,
        kept=[pair for pair in asked if pair[0] not in {"kinds", "affected"}],
        files=_files(view, asked, kept["entry"]),
        picture_address=address(**{"as": "picture"}),
        **_form_values(request),
    )


def _files(view: View, asked: list[tuple[str, str]], entry: str) -> list[tuple[str, str, str]]:
    """What may be downloaded: the file's ending, what it is called, its address."""
    if not view.viewer.may(Permission.EXPORT):
        return []
    return [
        (ending, name, impact_address_of(_EXPORT, asked, format=ending, entry=entry)) for ending, name in _FILES.items()
    ]


def _impact_address(question: ContentsQuestion) -> str:
    """All that is affected by the same question, wherever it is."""
    asked = asked_for_contents(question)
    about = {"position", "at", "kinds", "affected"}
    return impact_address_of("/view/impact", [pair for pair in asked if pair[0] not in about])


def _site_text(ms: int) -> str:
    return span_text(ms, None, site_offset(ms))


def _row(row: Standing, language: str) -> dict[str, Any]:
    since, until, affected = row.since_ms, row.until_ms, row.affected_since_ms
    return {
        "row": row,
        "since": None if since is None else span_text(since, row.since_latest_ms, row.offset_minutes),
        "until": None if until is None else span_text(until, None, row.offset_minutes),
        "affected_since": None if affected is None else span_text(affected, None, row.offset_minutes),
        "dispositions": [DISPOSITIONS.label(name, language) for name in row.dispositions],
    }
