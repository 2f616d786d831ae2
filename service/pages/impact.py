"""Impact: the form, the answer with its summary and list, and as a picture."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from graph.reader import id_text
from graph.times import render
from graph.viewer import Permission
from graph.vocabulary import DISPOSITIONS, HAZARDS
from queries.explain import Explanation, explain
from queries.impact import ImpactAsked, ImpactItem, Order, impact, impact_items, suspects
from queries.nodes import briefs
from queries.privacy import View
from queries.slices import digest_of
from queries.tally import completeness, counts, parts, sites, standing_of
from service.pages.addresses import node_address
from service.pages.brief import brief_of
from service.pages.contents_questions import contents_address
from service.pages.desk import Desk
from service.pages.edges import edge_row
from service.pages.impact_form import form_values, one_address
from service.pages.impact_questions import (
    IMPACT_PARAMETERS,
    asked_for_impact,
    assumed_zone_of,
    impact_address_of,
    impact_of,
    tiers_of,
)
from service.pages.paging import page_number, pager
from service.pages.questions import OPENED_PARAMETERS, instant_of, kinds_of, opened_of, opened_parameters, position_of
from service.pages.zone import site_offset
from service.parameters import check_names, choice, flag
from service.texts import Texts, language_of
from visualize import ImpactQuestion, ask_impact_picture, impact_page
from visualize.values import span_text

__all__ = ["show_impact"]

_PATH: Final = "/view/impact"
_EXPORT: Final = "/export/impact"
_ROWS_EACH: Final = 100
_ROUTES: Final = 10
_PLACES: Final = 3  # seeds that are positions, for which it is offered to see what stands there
_DIGESTED: Final = 5_000  # items; the digest of more is made when it is asked for
_FILES: Final = {"csv": "CSV", "xlsx": "Excel", "ndjson": "NDJSON", "graphml": "GraphML"}
_FORMS: Final = ("list", "picture", "form")
_PARAMETERS: Final = IMPACT_PARAMETERS | OPENED_PARAMETERS | {
    "as", "at", "sort", "find", "page", "target", "since", "before", "digest", "from", "until", "language", "standalone",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question, and what of its answer is to be shown."""

    question: ImpactQuestion
    at: int | None
    order: Order
    find: str = ""  # of the list only what holds this

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Those of the question and of the part that is shown."""
        found = asked_for_impact(self.question.asked, kinds=self.question.kinds, tiers=self.question.tiers)
        for name, ms in zip(("since", "before"), self.question.between, strict=True):
            if ms is not None:
                found.append((name, render(ms, site_offset(ms))))
        return found


async def show_impact(desk: Desk, request: Request) -> Response:
    """Without ``hazard`` the form. With it the answer as ``as`` says: ``list``, or ``picture`` (``standalone=true``: a
    page to keep as a file); ``form`` asks again. ``target`` names what is to be explained.
    """
    check_names(request, _PARAMETERS)
    form = choice(request, "as", _FORMS)
    if form == "form" or "hazard" not in request.query_params:
        return desk.page(request, "impact_form.html", **form_values(request))
    if {"from", "until"} & set(request.query_params):
        return RedirectResponse(one_address(request, _PATH), status_code=303)
    view = desk.view(request)
    asked = _Asked(
        question=ImpactQuestion(
            asked=impact_of(request),
            kinds=kinds_of(request),
            tiers=tiers_of(request),
            between=(instant_of(request, "since"), instant_of(request, "before")),
            target=request.query_params.get("target", "").strip() or None,
            opened=opened_of(request),
        ),
        at=await position_of(request, view),
        order=Order(choice(request, "sort", [order.value for order in Order])),
        find=request.query_params.get("find", "").strip(),
    )
    return await _picture(request, view, asked) if form == "picture" else await _list(desk, request, view, asked)


async def _picture(request: Request, view: View, asked: _Asked) -> Response:
    picture = await ask_impact_picture(view, asked.question, as_of_seq=asked.at, site_offset=site_offset(None))
    is_alone, say = flag(request, "standalone"), Texts(language_of(request))
    remarks = [remark for remark in [_zone_remark(request, say)] if remark]
    at = {} if asked.at is None else {"at": str(asked.at)}
    page = await asyncio.to_thread(
        impact_page,
        picture,
        language=say.language,
        remarks=remarks,
        nonce=request.state.nonce,
        address=None if is_alone else _picture_address(at),
        thing_address=None if is_alone else node_address,
        contents_address=None if is_alone else contents_address,
        listed=None if is_alone else impact_address_of(_PATH, asked.parameters, at=str(picture.as_of_seq)),
    )
    return HTMLResponse(page)


def _zone_remark(request: Request, say: Texts) -> str:
    """That times of the question were taken in the site's zone; empty where each has an offset of its own."""
    zone = assumed_zone_of(request)
    if zone is None:
        return ""
    return say("Times that were written without an offset are taken in the site's zone, %(zone)s.", zone=zone)


def _picture_address(at: dict[str, str]) -> Any:
    def address(question: ImpactQuestion, language: str) -> str:
        asked = _Asked(question=question, at=None, order=Order.TIER)
        target = {} if question.target is None else {"target": question.target}
        parameters = [*asked.parameters, *opened_parameters(question.opened)]
        return impact_address_of(_PATH, parameters, **{"as": "picture", **at, **target, "language": language})

    return address


async def _list(desk: Desk, request: Request, view: View, asked: _Asked) -> Response:
    question = asked.question
    language = language_of(request)
    explained = await _explained(view, asked)
    answer = await impact(view, question.asked, as_of_seq=asked.at) if explained is None else explained.answer
    at = str(answer.as_of.seq)
    page = page_number(request)
    items = impact_items(
        view,
        answer,
        _ROWS_EACH,
        None,
        kinds=question.kinds,
        tiers=question.tiers,
        between=question.between,
        text=asked.find,
        order=asked.order,
        skip=(page - 1) * _ROWS_EACH,
    )
    bodies = await briefs(view, [item.node for item in items.items if not item.is_hidden], answer.as_of)
    totals = counts(answer)
    standing = await asyncio.to_thread(standing_of, answer)
    found = await asyncio.to_thread(parts, standing)
    is_digested = totals.total <= _DIGESTED or flag(request, "digest")
    sorting = {} if asked.order is Order.TIER else {"sort": asked.order.value}
    finding = {"find": asked.find} if asked.find else {}

    def address(**more: str) -> str:
        return impact_address_of(_PATH, asked.parameters, **{"at": at, **sorting, **finding, **more})

    return desk.page(
        request,
        "impact.html",
        asked=question.asked,
        question=question,
        seed_names=[id_text(seed.node) for seed in question.asked.seeds],
        hazard_label=HAZARDS.label(question.asked.hazard.value, language),
        seq=answer.as_of.seq,
        whole=completeness(view, answer),
        is_stopped=not answer.spread.is_complete,
        known_at_text=_known_at(question.asked),
        zone_remark=_zone_remark(request, desk.texts(request)),
        counts=totals,
        sites=await asyncio.to_thread(sites, view, answer, standing),
        dispositions=[
            (DISPOSITIONS.label(name, language), found.by_disposition[name])
            for name in sorted(found.by_disposition, key=_rank_of_disposition)
        ],
        to_hold=found.to_hold,
        suspects=await suspects(view, answer),
        digest=await asyncio.to_thread(digest_of, view, answer) if is_digested else None,
        digest_address=address(digest="true"),
        explained=explained,
        routes=[]
        if explained is None
        else [[edge_row(edge) for edge in route] for route in (explained.path, *explained.others)],
        items=[_row(item, question.asked) for item in items.items],
        briefs={node: brief_of(body, language) for node, body in bodies.items()},
        sort=asked.order.value,
        pager=pager(request, page=page, size=_ROWS_EACH, total=items.total, at=at),
        total=items.total,
        address=address,
        sorted_address=lambda sort: impact_address_of(_PATH, asked.parameters, **{"at": at, "sort": sort, **finding}),
        find=asked.find,
        kept=[pair for pair in asked.parameters if pair[0] not in {"kinds", "tiers"}],
        places=[
            (seed.node, contents_address(seed.node, question.asked))
            for seed in question.asked.seeds[:_PLACES]
            if seed.node[0] == "StoragePosition"
        ],
        picture_address=impact_address_of(_PATH, asked.parameters, **{"as": "picture", "at": at, **_target(question)}),
        files=_files(view, question, at),
        **form_values(request),
    )


def _files(view: View, question: ImpactQuestion, at: str) -> list[tuple[str, str, str]]:
    """What may be downloaded: the file's ending, what it is called, its address."""
    if not view.viewer.may(Permission.EXPORT):
        return []
    parameters = asked_for_impact(question.asked, kinds=question.kinds, tiers=question.tiers)
    return [
        (ending, name, impact_address_of(_EXPORT, parameters, format=ending, at=at)) for ending, name in _FILES.items()
    ]


async def _explained(view: View, asked: _Asked) -> Explanation | None:
    if asked.question.target is None:
        return None
    return await explain(view, asked.question.asked, asked.question.target, first=_ROUTES, as_of_seq=asked.at)


def _target(question: ImpactQuestion) -> dict[str, str]:
    return {} if question.target is None else {"target": question.target}


def _known_at(asked: ImpactAsked) -> str | None:
    at = asked.known_at_ms
    return None if at is None else span_text(at, None, site_offset(at))


def _rank_of_disposition(name: str) -> int:
    return DISPOSITIONS.index(name) if name in DISPOSITIONS else len(DISPOSITIONS)


def _row(item: ImpactItem, asked: ImpactAsked) -> dict[str, Any]:
    since = item.since_ms
    if since is None:
        return {"item": item, "since": None}
    # That of a seed was asked, not recorded.
    is_asked = any(seed.node == item.node and seed.from_ms == since for seed in asked.seeds)
    return {"item": item, "since": span_text(since, None, site_offset(since) if is_asked else item.offset_minutes)}
