"""Where a thing has been: the answer as a list of intervals, and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from graph.errors import BadInput
from graph.reader import NodeId, id_text
from graph.times import Moment, render
from queries.ids import parse_node_id
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.whereabouts import Hand, Interval, Manner, Whereabouts, whereabouts, whereabouts_page
from service.pages.desk import Desk
from service.pages.paging import page_number, pager
from service.pages.questions import known_at_of, position_of
from service.parameters import check_names, choice
from service.texts import language_of
from visualize.values import moment_text
from visualize.whereabouts.saying import end_text, manner_label, part_text, start_text
from visualize.words import Speech

__all__ = ["show_whereabouts"]

_PATH: Final = "/view/whereabouts"
_ROWS_EACH: Final = 100
_NOW: Final = 12  # of the places where it is now, those that are named
_PLACES_OFFERED: Final = 200
_PARAMETERS: Final = frozenset({"id", "knownAt", "as", "at", "manner", "within", "page", "language", "standalone"})
_LASTING: Final = frozenset({Manner.STAY, Manner.TEMPORARY, Manner.ON_THE_WAY, Manner.ARRIVED, Manner.GAP})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question, and what of its answer is to be shown."""

    id: str
    known_at: Moment | None
    at: int | None
    manner: Manner | None
    within: NodeId | None

    def address(self, **more: str) -> str:
        """Where the same is asked; ``more`` replaces what is asked, and an empty text leaves it out."""
        asked = {
            "id": self.id,
            "knownAt": "" if self.known_at is None else render(self.known_at.earliest_ms, self.known_at.offset_minutes),
            "manner": "" if self.manner is None else self.manner.value,
            "within": "" if self.within is None else id_text(self.within),
            **more,
        }
        return f"{_PATH}?{urlencode([(name, text) for name, text in asked.items() if text])}"


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
    """``?id=CellLot:L1P1`` as a ``list`` of intervals, or as a ``picture`` (``standalone=true``: a page to keep as a file).

    ``manner`` and ``within`` choose what is listed: those of one manner, or what was in one place.
    """
    check_names(request, _PARAMETERS)
    choice(request, "as", ("list",))
    view, asked = desk.view(request), await _asked(desk, request)
    known_at = None if asked.known_at is None else asked.known_at.earliest_ms
    answer = await whereabouts(view, asked.id, known_at_ms=known_at, as_of_seq=asked.at)
    return await _list(desk, request, view, asked, answer)


async def _asked(desk: Desk, request: Request) -> _Asked:
    id_ = request.query_params.get("id", "").strip()
    if not id_:
        raise BadInput("id is missing.", remedy="Write id=CellLot:L1P1, or go there from the lot's page.", member="id")
    manner = request.query_params.get("manner", "")
    within = request.query_params.get("within", "").strip()
    return _Asked(
        id=id_,
        known_at=known_at_of(request),
        at=await position_of(request, desk.view(request)),
        manner=Manner(choice(request, "manner", [each.value for each in Manner])) if manner else None,
        within=parse_node_id(within, "within") if within else None,
    )


async def _list(desk: Desk, request: Request, view: View, asked: _Asked, answer: Whereabouts) -> Response:
    page = page_number(request)
    manners = None if asked.manner is None else (asked.manner,)
    items = whereabouts_page(
        view, answer, _ROWS_EACH, None, manners=manners, within=asked.within, skip=(page - 1) * _ROWS_EACH
    )
    now = [each for each in answer.intervals if each.is_open and each.manner in _LASTING]
    shown = [*items.items, *now[:_NOW]]
    hands = {hand.operation for each in shown for hand in (each.began, each.ended) if hand is not None}
    operations = await operations_by_id(view, sorted(hands), answer.as_of) if hands else {}
    telling = _Telling(answer, operations, Speech(language_of(request)))
    at = str(answer.as_of.seq)
    return desk.page(
        request,
        "whereabouts.html",
        thing=answer.node,
        answer=answer,
        whole=answer.completeness,
        seq=answer.as_of.seq,
        known_at_text=None if asked.known_at is None else moment_text(asked.known_at),
        known_at=request.query_params.get("knownAt", ""),
        gaps=answer.by_manner.get(Manner.GAP, 0),
        now=[telling.row(each) for each in now[:_NOW]],
        now_count=len(now),
        rows=[telling.row(each) for each in items.items],
        total=items.total,
        manners=[(each.value, manner_label(each, telling.say), answer.by_manner[each]) for each in answer.by_manner],
        manner=None if asked.manner is None else asked.manner.value,
        places=_places(answer)[:_PLACES_OFFERED],
        within=asked.within,
        kept=[("id", asked.id), ("knownAt", request.query_params.get("knownAt", "")), ("at", at)],
        whole_address=asked.address(manner="", within="", at=at),
        picture_address=asked.address(**{"as": "picture", "at": at, "manner": ""}),
        pager=pager(request, page=page, size=_ROWS_EACH, total=items.total, at=at),
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
