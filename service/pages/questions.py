"""The question of a trace as it stands in an address, both ways."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from graph.errors import BadInput
from graph.reader import Direction, NodeId, id_text
from graph.saying import said
from graph.times import BadTime, Moment, parse_moment, render
from graph.vocabulary import KINDS, OPERATIONS, kind_code, kind_of_code
from queries.ids import parse_node_id
from queries.privacy import View
from service.pages.zone import site_zone
from service.parameters import names, number
from visualize import ONE_BY_ONE, Opened, TraceQuestion

__all__ = [
    "OPENED_PARAMETERS",
    "QUESTION_PARAMETERS",
    "address_of",
    "asked_of",
    "instant_of",
    "kinds_of",
    "known_at_of",
    "opened_of",
    "opened_parameters",
    "position_of",
    "question_of",
]

QUESTION_PARAMETERS: Final = frozenset({"start", "direction", "kinds", "operations", "maxDepth", "knownAt"})
OPENED_PARAMETERS: Final = frozenset({"show", "sources", "results"})


def question_of(request: Request) -> TraceQuestion:
    """``?start=CellLot:MCB1&direction=backward``, and ``kinds``, ``operations``, ``maxDepth``, ``knownAt`` as GraphQL
    has them. What is left empty, as forms send it, is not asked.
    """
    known_at = known_at_of(request)
    return TraceQuestion(
        start=tuple(dict.fromkeys(text.strip() for text in request.query_params.getlist("start") if text.strip())),
        direction=_direction(request),
        kinds=kinds_of(request),
        operations=_operations(request),
        max_depth=number(request, "maxDepth"),
        known_at_ms=known_at.earliest_ms if known_at else None,
        known_at_offset=known_at.offset_minutes if known_at else 0,
    )


def asked_of(question: TraceQuestion) -> list[tuple[str, str]]:
    """The parameters that ask the question."""
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
    return asked


def address_of(path: str, question: TraceQuestion, **more: str) -> str:
    return f"{path}?{urlencode([*asked_of(question), *more.items()])}"


def opened_of(request: Request) -> Opened:
    """``show``, ``sources`` and ``results``: ids that a picture shows one by one, with what is next to them.

    Raises BadInput for what is no id, and where more are named than a picture can show.
    """
    given = request.query_params

    def of(name: str) -> tuple[NodeId, ...]:
        texts = dict.fromkeys(text.strip() for text in given.getlist(name) if text.strip())
        return tuple(parse_node_id(text, name) for text in texts)

    opened = Opened(things=of("show"), sources=of("sources"), results=of("results"))
    if len(opened.every) > ONE_BY_ONE:
        raise BadInput(
            said(
                "{count} things are to be shown one by one; a picture shows at most {most} so.",
                count=len(opened.every),
                most=ONE_BY_ONE,
            ),
            remedy=said("Put some back into their groups."),
            member="show",
        )
    return opened


def opened_parameters(opened: Opened) -> list[tuple[str, str]]:
    """The parameters that `opened_of` reads."""
    named = (("show", opened.things), ("sources", opened.sources), ("results", opened.results))
    return [(name, id_text(node)) for name, nodes in named for node in nodes]


def _direction(request: Request) -> Direction:
    text = request.query_params.get("direction", "")
    try:
        return Direction[text.upper()]
    except KeyError:
        raise BadInput(
            said("direction={text} is no direction.", text=repr(text)),
            remedy=said("Write direction=backward or forward."),
            member="direction",
        ) from None


def kinds_of(request: Request) -> tuple[str, ...] | None:
    """``CELL_LOT`` or ``CellLot``."""
    asked = names(request, "kinds")
    try:
        return tuple(name if name in KINDS else kind_of_code(name) for name in asked) or None
    except KeyError as error:
        raise BadInput(
            said("kinds: {name} is no kind.", name=repr(error.args[0])),
            remedy=said("Kinds are {kinds}.", kinds=", ".join(kind_code(kind) for kind in KINDS)),
            member="kinds",
        ) from None


def _operations(request: Request) -> tuple[str, ...] | None:
    asked = names(request, "operations")
    for name in asked:
        if name not in OPERATIONS:
            raise BadInput(
                said("operations: {name} is no type of operation.", name=repr(name)),
                remedy=said("Types are {operations}.", operations=", ".join(OPERATIONS)),
                member="operations",
            )
    return asked or None


def known_at_of(request: Request) -> Moment | None:
    """``knownAt``: as of when the records are taken; None: as they are. Raises BadInput for what is no exact time."""
    text = request.query_params.get("knownAt", "").strip()
    if not text:
        return None
    try:
        moment = parse_moment(text.replace(" ", "+"))  # an address that was typed has a + where a space arrives
    except BadTime as error:
        raise BadInput(
            said("{member}: {problem}.", member="knownAt", problem=error.args[0]),
            remedy=said("Write 2025-06-01T00:00:00+08:00."),
            member="knownAt",
        ) from None
    if not moment.is_exact:
        raise BadInput(said("knownAt is not exact."), remedy=said("Write 2025-06-01T00:00:00+08:00."), member="knownAt")
    return moment


def instant_of(request: Request, name: str) -> int | None:
    """A time in the address, such as ``since=2025-03-08``: a day is its first midnight, in the site's zone where it has no
    offset. Raises BadInput for what is none.
    """
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        # An address that was typed has a + where a space arrives.
        return parse_moment(text.replace(" ", "+"), site_zone()).earliest_ms
    except BadTime as error:
        raise BadInput(
            said("{member}: {problem}.", member=name, problem=error.args[0]),
            remedy=said("Write 2025-03-08 or 2025-03-08T09:30:00+08:00."),
            member=name,
        ) from None


async def position_of(request: Request, view: View, name: str = "at", *, pushdown: bool = False) -> int | None:
    """The entry that ``at``, or another parameter, names. Raises BadInput where the ledger has none such."""
    seq = number(request, name)
    if seq is not None and seq > (await view.lineages(pushdown=pushdown).position()).seq:
        raise BadInput(
            said("{name}={seq} names a later entry than there is.", name=name, seq=seq),
            remedy=said("Leave it out for the last."),
            member=name,
        )
    return seq
