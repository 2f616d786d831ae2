"""The question of an impact as it stands in an address, both ways.

``?hazard=CONTAGIOUS&seed=Equipment:INC-2@2025-03-08/2025-04-15&channels=MATERIAL,EQUIPMENT``; ``seed`` may come again,
``knownAt`` and ``closedIntervals`` are as GraphQL has them, ``kinds`` and ``tiers`` choose what is listed.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from graph.errors import BadInput
from graph.index.hazards import Channel, Hazard, Seed
from graph.reader import id_text
from graph.saying import said
from graph.times import render
from graph.vocabulary import HAZARDS, kind_code
from queries.impact import ImpactAsked
from service.pages.questions import known_at_of
from service.pages.zone import site_offset, site_zone
from service.parameters import flag, names
from service.seeds import has_offset, joined_seed, seeds_of, split_seed

__all__ = [
    "IMPACT_PARAMETERS",
    "asked_for_impact",
    "assumed_zone_of",
    "impact_address_of",
    "impact_of",
    "seed_text",
    "seed_texts",
    "site_text",
    "tiers_of",
]

IMPACT_PARAMETERS: Final = frozenset({"hazard", "seed", "channels", "knownAt", "closedIntervals", "kinds", "tiers"})
_TIERS: Final = (1, 2, 3)


def impact_of(request: Request) -> ImpactAsked:
    """What is asked. Raises BadInput, which names the parameter; what is left empty, as forms send it, is not asked."""
    known_at = known_at_of(request)
    return ImpactAsked(
        hazard=_hazard(request),
        seeds=tuple(dict.fromkeys(seed for text in seed_texts(request) for seed in _seeds(text))),
        channels=_channels(request),
        known_at_ms=known_at.earliest_ms if known_at else None,
        closed=flag(request, "closedIntervals"),
    )


def assumed_zone_of(request: Request, *more: str) -> str | None:
    """The site's zone, where a time of the question has no offset and so was taken in it; None: each has its own.

    ``more``: names of other parameters that are times.
    """
    bounds = [bound for text in seed_texts(request) for bound in split_seed(_typed(text))[1:]]
    bounds += [request.query_params.get(name, "").strip().replace(" ", "+") for name in ("since", "before", *more)]
    return site_zone() if any(bound and not has_offset(bound) for bound in bounds) else None


def tiers_of(request: Request) -> tuple[int, ...] | None:
    """``tiers=1,2``; None: all."""
    asked = names(request, "tiers")
    if unknown := [name for name in asked if name not in map(str, _TIERS)]:
        raise BadInput(
            said("tiers: {unknown} is no tier.", unknown=repr(unknown[0])),
            remedy=said("Tiers are 1, 2 and 3."),
            member="tiers",
        )
    return tuple(sorted(map(int, asked))) or None


def seed_texts(request: Request) -> list[str]:
    """The seeds as they are written in the address."""
    return [text.strip() for text in request.query_params.getlist("seed") if text.strip()]


def asked_for_impact(
    asked: ImpactAsked, *, kinds: tuple[str, ...] | None = None, tiers: tuple[int, ...] | None = None
) -> list[tuple[str, str]]:
    """The parameters that ask the question: the same for pages, pictures and downloads."""
    found: list[tuple[str, str]] = [("hazard", asked.hazard.value)]
    found += [("seed", seed_text(seed)) for seed in asked.seeds]
    if asked.channels is not None:
        found.append(("channels", ",".join(channel.value for channel in Channel if channel in asked.channels)))
    if asked.known_at_ms is not None:
        found.append(("knownAt", site_text(asked.known_at_ms)))
    if asked.closed:
        found.append(("closedIntervals", "true"))
    if kinds is not None:
        found.append(("kinds", ",".join(kind_code(kind) for kind in kinds)))
    if tiers is not None:
        found.append(("tiers", ",".join(map(str, tiers))))
    return found


def impact_address_of(path: str, parameters: list[tuple[str, str]], **more: str) -> str:
    return f"{path}?{urlencode([*parameters, *more.items()])}"


def seed_text(seed: Seed) -> str:
    """``Equipment:INC-2@2025-03-08T00:00:00+08:00/2025-04-15T00:00:00+08:00``, in the site's zone."""
    since, until = ("" if ms is None else site_text(ms) for ms in (seed.from_ms, seed.until_ms))
    return joined_seed(id_text(seed.node), since, until)


def site_text(ms: int) -> str:
    """A time in an address, in the site's zone."""
    return render(ms, site_offset(ms)).replace(".000", "")


def _hazard(request: Request) -> Hazard:
    text = request.query_params.get("hazard", "").strip()
    try:
        return Hazard(text.upper())
    except ValueError:
        raise BadInput(
            said("hazard={text} is no hazard.", text=repr(text)) if text else said("hazard is missing."),
            remedy=said("One of: {known}.", known=", ".join(HAZARDS)),
            member="hazard",
        ) from None


def _channels(request: Request) -> frozenset[Channel] | None:
    asked = names(request, "channels")
    try:
        return frozenset(Channel(name.upper()) for name in asked) or None
    except ValueError:
        known = ", ".join(channel.value for channel in Channel)
        raise BadInput(
            said("channels: {asked} are no channels.", asked=", ".join(asked)),
            remedy=said("One of: {known}.", known=known),
            member="channels",
        ) from None


def _seeds(text: str) -> list[Seed]:
    """A day is its first midnight in the site's zone, where it has no offset."""
    return [asked.seed() for asked in seeds_of(_typed(text), zone=site_zone(), member="seed")]


def _typed(text: str) -> str:
    """An address that was typed has a + where a space arrives in a window."""
    name, at, window = text.rpartition("@")
    return f"{name}@{window.replace(' ', '+')}" if at else text
