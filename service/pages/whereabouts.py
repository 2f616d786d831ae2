"""Where a thing has been: the answer as a list of intervals, and as a picture."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graph.reader import NodeId, id_text
from graph.times import render
from queries.ids import parse_node_id
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.whereabouts import Hand, Interval, Manner, Whereabouts, whereabouts, whereabouts_page
from service.pages.addresses import node_address
from service.pages.desk import Desk
from service.pages.paging import page_number, pager
from service.pages.questions import known_at_of, position_of
from service.pages.zone import site_offset
from service.parameters import check_names, choice, flag
from service.texts import language_of
from visualize import WhereaboutsQuestion, ask_whereabouts_picture, whereabouts_picture_page
from visualize.values import span_text
from visualize.whereabouts.saying import end_text, manner_label, part_text, start_text
from visualize.words import Speech

__all__ = ["show_whereabouts"]

_PATH: Final = "/view/whereabouts"
_ROWS_EACH: Final = 100
_NOW: Final = 12  # of the places where it is now, those that are named
_PLACES_OFFERED: Final = 200
_FORMS: Final = ("list", "picture")
_PARAMETERS: Final = frozenset(
    {"id", "knownAt", "as", "at", "manner", "within", "page", "part", "language", "standalone"}
)
_LASTING: Final = frozenset({Manner.STAY, Manner.TEMPORARY, Manner.ON_THE_WAY, Manner.ARRIVED, Manner.GAP})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question, and the ledger's position that it is to be answered at."""

    question: WhereaboutsQuestion
    at: int | None

    def address(self, question: WhereaboutsQuestion | None = None, **more: str) -> str:
        """Where it, or another, is asked at this position."""
        asked = self.question if question is None else question
        known_at = asked.known_at_ms
        parameters = {
            "id": asked.id,
            "knownAt": "" if known_at is None else render(known_at, asked.known_at_offset),
            "manner": "" if asked.manner is None else asked.manner.value,
            "within": "" if asked.within is None else id_text(asked.within),
            "part": "" if asked.part is None else str(asked.part),
            "at": "" if self.at is None else str(self.at),
            **more,
        }
        return f"{_PATH}?{urlencode([(name, text) for name, text in parameters.items() if text])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _HandCell:
    """The operation that began or ended an interval, and the person, where the viewer may see who it was."""

    hand: Hand
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One interval as it is listed."""

    interval: Interval
    manner: str
    which: str
    start: str
    end: str
    began: _HandCell | None
    ended: _HandCell | None


async def show_whereabouts(desk: Desk, request: Request) -> Response:
    """Without ``id`` the form. ``?id=CellLot:L1P1`` as a ``list``, or as a ``picture`` (``standalone=true``: a page to keep as a file).

    ``manner`` and ``within`` choose what is listed: those of one manner, or what was in one place.
    """
    check_names(request, _PARAMETERS)
    form = choice(request, "as", _FORMS)
    if not request.query_params.get("id", "").strip():
        return desk.page(request, "whereabouts_form.html")
    view, asked = desk.view(request), await _asked(desk, request)
    return await _picture(request, view, asked) if form == "picture" else await _list(desk, request, view, asked)


async def _asked(desk: Desk, request: Request) -> _Asked:
    id_ = request.query_params.get("id", "").strip()
    manner = request.query_params.get("manner", "")
    within = request.query_params.get("within", "").strip()
    known_at = known_at_of(request)
    return _Asked(
        question=WhereaboutsQuestion(
            id=id_,
            known_at_ms=None if known_at is None else known_at.earliest_ms,
            known_at_offset=0 if known_at is None else known_at.offset_minutes,
            manner=Manner(choice(request, "manner", [each.value for each in Manner])) if manner else None,
            within=parse_node_id(within, "within") if within else None,
            part=page_number(request, "part") if "part" in request.query_params else None,
        ),
        at=await position_of(request, desk.view(request)),
    )


async def _picture(request: Request, view: View, asked: _Asked) -> Response:
    picture = await ask_whereabouts_picture(view, asked.question, as_of_seq=asked.at, site_offset=site_offset(None))
    is_alone = flag(request, "standalone")
    listed = replace(asked, at=picture.answer.as_of.seq)
    page = await asyncio.to_thread(
        whereabouts_picture_page,
        picture,
        language=language_of(request),
        nonce=request.state.nonce,
        address=None
        if is_alone
        else lambda question, language: asked.address(question, **{"as": "picture", "language": language}),
        thing_address=None if is_alone else node_address,
        listed=None if is_alone else listed.address(replace(asked.question, part=None)),
    )
    return HTMLResponse(page)


async def _list(desk: Desk, request: Request, view: View, asked: _Asked) -> Response:
    question = asked.question
    answer = await whereabouts(view, question.id, known_at_ms=question.known_at_ms, as_of_seq=asked.at)
    page = page_number(request)
    items = whereabouts_page(
        view,
        answer,
        _ROWS_EACH,
        None,
        manners=None if question.manner is None else (question.manner,),
        within=question.within,
        skip=(page - 1) * _ROWS_EACH,
    )
    now = [each for each in answer.intervals if each.is_open and each.manner in _LASTING]
    shown = [*items.items, *now[:_NOW]]
    hands = {hand.operation for each in shown for hand in (each.began, each.ended) if hand is not None}
    operations = await operations_by_id(view, sorted(hands), answer.as_of) if hands else {}
    telling = _Telling(answer, operations, Speech(language_of(request)))
    here = replace(asked, at=answer.as_of.seq)
    known_at = question.known_at_ms
    return desk.page(
        request,
        "whereabouts.html",
        speak=telling.say,
        thing=answer.node,
        answer=answer,
        whole=answer.completeness,
        seq=answer.as_of.seq,
        known_at_text=None if known_at is None else span_text(known_at, None, question.known_at_offset),
        known_at=request.query_params.get("knownAt", ""),
        gaps=answer.by_manner.get(Manner.GAP, 0),
        now=[telling.row(each) for each in now[:_NOW]],
        now_count=len(now),
        rows=[telling.row(each) for each in items.items],
        total=items.total,
        manners=[(each.value, manner_label(each, telling.say), answer.by_manner[each]) for each in answer.by_manner],
        manner=None if question.manner is None else question.manner.value,
        places=_places(answer)[:_PLACES_OFFERED],
        within=question.within,
        kept=[("id", question.id), ("knownAt", request.query_params.get("knownAt", "")), ("at", str(here.at))],
        whole_address=here.address(replace(question, manner=None, within=None)),
        picture_address=here.address(question, **{"as": "picture"}),
        pager=pager(request, page=page, size=_ROWS_EACH, total=items.total, at=str(here.at)),
    )


def _places(answer: Whereabouts) -> list[NodeId]:
    """Everything that it was in, the outermost first, by name."""
    depth: dict[NodeId, int] = {}
    for each in answer.intervals:
        for level, place in enumerate(each.names):
            depth[place] = min(level, depth.get(place, level))
    return sorted(depth, key=lambda place: (place[0], depth[place], place[1]))


class _Telling:
    """Says intervals in a reader's language."""

    def __init__(self, answer: Whereabouts, operations: dict[str, Operation], say: Speech) -> None:
        self.say = say
        self._answer, self._operations = answer, operations

    def row(self, interval: Interval) -> _Row:
        return _Row(
            interval=interval,
            manner=manner_label(interval.manner, self.say),
            which=part_text(interval, self._answer, self.say),
            start=start_text(interval, self.say),
            end=end_text(interval, self.say),
            began=self._hand(interval, interval.began),
            ended=self._hand(interval, interval.ended),
        )

    def _hand(self, interval: Interval, hand: Hand | None) -> _HandCell | None:
        return None if hand is None else _HandCell(hand=hand, person=interval.person(hand, self._operations))
