"""The question of what stands in a place as it stands in an address, both ways.

``?position=StoragePosition:TANK-A&at=2025-03-08T09:00:00+08:00&knownAt=…``, and the parameters of an impact where it is
asked what of it is affected; ``kinds`` and ``affected`` choose what is listed. ``entry`` is the entry of the ledger.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from graph.errors import BadInput
from graph.reader import NodeId, id_text
from graph.saying import said
from graph.vocabulary import kind_code
from queries.contents import ContentsAsked
from queries.days import moment_asked
from queries.ids import parse_node_id
from queries.impact import ImpactAsked
from service.pages.impact_questions import IMPACT_PARAMETERS, asked_for_impact, impact_of, seed_texts, site_text
from service.pages.questions import instant_of, kinds_of, known_at_of
from service.parameters import choice
from visualize import ContentsQuestion

__all__ = ["CONTENTS_PARAMETERS", "CONTENTS_PATH", "asked_for_contents", "contents_address", "contents_of"]

CONTENTS_PATH: Final = "/view/contents"
CONTENTS_PARAMETERS: Final = (IMPACT_PARAMETERS - {"tiers"}) | {"position", "at", "entry", "affected"}
_AFFECTED: Final = {"": None, "yes": True, "no": False}
_ABOUT_HAZARD: Final = ("seed", "channels", "closedIntervals", "affected")


def contents_of(request: Request) -> ContentsQuestion:
    """What is asked. Raises BadInput, which names the parameter; without ``at`` the moment is now."""
    known_at = known_at_of(request)
    at_ms = moment_asked(instant_of(request, "at"))
    about = _impact(request)
    affected = _AFFECTED[choice(request, "affected", list(_AFFECTED))]
    return ContentsQuestion(
        asked=ContentsAsked(
            position=parse_node_id(request.query_params.get("position", ""), "position"),
            at_ms=at_ms,
            known_at_ms=known_at.earliest_ms if known_at else None,
            impact=about,
        ),
        kinds=kinds_of(request),
        affected=affected,
    )


def _impact(request: Request) -> ImpactAsked | None:
    given = request.query_params
    if given.get("hazard", "").strip():
        return impact_of(request)
    if seed_texts(request) or any(given.get(name) for name in _ABOUT_HAZARD):
        raise BadInput(
            said("hazard is missing: what is affected can be told of a hazard only."),
            remedy=said("Name one, or leave out seed, channels, closedIntervals and affected."),
            member="hazard",
        )
    return None


def asked_for_contents(question: ContentsQuestion) -> list[tuple[str, str]]:
    """The parameters that ask the question: the moment, too, where it was asked for now."""
    asked = question.asked
    found = [("position", id_text(asked.position)), ("at", site_text(asked.at_ms))]
    if asked.impact is not None:
        found += asked_for_impact(asked.impact)
    elif asked.known_at_ms is not None:
        found.append(("knownAt", site_text(asked.known_at_ms)))
    if question.kinds is not None:
        found.append(("kinds", ",".join(kind_code(kind) for kind in question.kinds)))
    if question.affected is not None:
        found.append(("affected", "yes" if question.affected else "no"))
    return found


def contents_address(position: NodeId, about: ImpactAsked | None = None) -> str:
    """Where it is told what stands in a position now; and what of it is affected, by this question."""
    asked = [] if about is None else asked_for_impact(about)
    return f"{CONTENTS_PATH}?{urlencode([('position', id_text(position)), *asked])}"
