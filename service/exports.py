"""Answers as files over HTTP: made in slices beside the loop, each sent before the next is made, the trailer last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from exchange.answers import EDGES, FORMATS, NODES, FileOfAnswer, Format, Table, contents_file, impact_file, trace_file
from graph.errors import BadInput
from graph.saying import said
from queries.contents import contents
from queries.impact import impact
from service.pages.contents_questions import CONTENTS_PARAMETERS, asked_for_contents, contents_of
from service.pages.impact_questions import IMPACT_PARAMETERS, asked_for_impact, assumed_zone_of, impact_of, tiers_of
from service.pages.questions import QUESTION_PARAMETERS, asked_of, kinds_of, position_of, question_of
from service.parameters import check_names, flag
from service.routes import viewer_of
from service.store import Store
from service.waiting import waiting

__all__ = ["export_contents", "export_impact", "export_trace"]

_OF_FILE: Final = frozenset({"format", "at", "pushdown"})
_TABLES: Final = ("ndjson", "csv", "xlsx")
_LISTS: Final = {"things": (NODES,), "links": (EDGES,)}


async def export_trace(request: Request, store: Store) -> Response:
    """What a trace lists: the question as `/view/trace` has it, ``format``, and ``list`` for things or links only.

    ``at``: the entry of the ledger at which it is answered. Of CSV, which holds one table, the things.
    """
    check_names(request, QUESTION_PARAMETERS | _OF_FILE | {"list"})
    form, question = _format(request), question_of(request)
    listed, pushdown = _tables(request, form), flag(request, "pushdown")
    with waiting(request) as gone:
        view = store.view(viewer_of(request), gone=gone)
        at = await position_of(request, view, pushdown=pushdown)
        answer = await question.ask(view, as_of_seq=at, pushdown=pushdown)
    return await _streamed(store, trace_file(view, answer, _by_name(asked_of(question)), listed), form)


async def export_impact(request: Request, store: Store) -> Response:
    """The items of an impact: ``hazard``, ``seed`` …, ``kinds`` and ``tiers`` for some of them only, ``format``, ``at``."""
    check_names(request, IMPACT_PARAMETERS | _OF_FILE)
    form, question = _format(request), impact_of(request)
    kinds, tiers, pushdown = kinds_of(request), tiers_of(request), flag(request, "pushdown")
    with waiting(request) as gone:
        view = store.view(viewer_of(request), gone=gone)
        at = await position_of(request, view, pushdown=pushdown)
        answer = await impact(view, question, as_of_seq=at, pushdown=pushdown)
    asked = _by_name(asked_for_impact(question, kinds=kinds, tiers=tiers))
    file = await asyncio.to_thread(
        impact_file, view, answer, asked, kinds=kinds, tiers=tiers, assumed_zone=assumed_zone_of(request)
    )
    return await _streamed(store, file, form)


async def export_contents(request: Request, store: Store) -> Response:
    """What stands in a place: the question as `/view/contents` has it, with ``entry``, and ``format``: a table's."""
    check_names(request, CONTENTS_PARAMETERS | {"format", "pushdown"})
    form, question, pushdown = _format(request, _TABLES), contents_of(request), flag(request, "pushdown")
    with waiting(request) as gone:
        view = store.view(viewer_of(request), gone=gone)
        entry = await position_of(request, view, "entry", pushdown=pushdown)
        answer = await contents(view, question.asked, as_of_seq=entry, pushdown=pushdown)
    file = await asyncio.to_thread(
        contents_file,
        view,
        answer,
        _by_name(asked_for_contents(question)),
        kinds=question.kinds,
        affected=question.affected,
        assumed_zone=assumed_zone_of(request, "at"),
    )
    return await _streamed(store, file, form)


def _format(request: Request, known: Collection[str] = tuple(FORMATS)) -> Format:
    name = request.query_params.get("format") or "ndjson"
    if name not in known:
        raise BadInput(
            said("{name}={asked} is none.", name="format", asked=repr(name)),
            remedy=said("One of: {known}.", known=", ".join(known)),
            member="format",
        )
    return FORMATS[name]


def _tables(request: Request, form: Format) -> Sequence[Table]:
    name = request.query_params.get("list") or ("" if form.holds_tables else "things")
    if name and name not in _LISTS:
        raise BadInput(
            said("{name}={asked} is none.", name="list", asked=repr(name)),
            remedy=said("One of: {known}.", known=", ".join(_LISTS)),
            member="list",
        )
    return _LISTS[name] if name else (NODES, EDGES)


def _by_name(parameters: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for name, value in parameters:
        asked.setdefault(name, []).append(value)
    return asked


async def _streamed(store: Store, file: FileOfAnswer, form: Format) -> Response:
    """What is wrong with the first slice is still an error of its own; later the file is cut, and has no trailer."""
    pieces = form.write(file)
    first = await _next(store, pieces)
    return StreamingResponse(
        _rest(store, first, pieces),
        media_type=form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}.{form.name}"',
            "X-Ledger-Position": str(file.as_of_seq),
            "X-Complete": str(file.completeness.complete).lower(),
            "X-Count": str(file.count),
        },
    )


async def _next(store: Store, pieces: Iterator[bytes]) -> bytes | None:
    """The next piece, made in a thread; what it shows of persons is in the access log before it leaves."""
    piece = await asyncio.to_thread(next, pieces, None)
    await store.access_log.flush()
    return piece


async def _rest(store: Store, first: bytes | None, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    piece = first
    while piece is not None:
        if piece:
            yield piece
        piece = await _next(store, pieces)
