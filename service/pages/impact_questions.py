"""The question of an impact as it stands in an address, both ways.

``?hazard=CONTAGIOUS&seed=Equipment:INC-2@2025-03-08/2025-04-15&channels=MATERIAL,EQUIPMENT``; ``seed`` may come again,
``knownAt`` and ``closedIntervals`` are as GraphQL has them, ``kinds`` and ``tiers`` choose what is listed.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from graph.errors import BadInput
from graph.index.hazards import Channel, Hazard, Seed
from graph.reader import id_text
from graph.times import BadTime, parse_moment, render
from graph.vocabulary import HAZARDS, kind_code
from queries.ids import parse_node_id
from queries.impact import ImpactAsked
from service.pages.questions import known_at_of
from service.pages.zone import site_offset, site_zone
from service.parameters import flag, names

__all__ = [
    "IMPACT_PARAMETERS",
    "asked_for_impact",
    "impact_address_of",
    "impact_of",
    "instant_of",
    "joined_seed",
    "seed_text",
    "seed_texts",
    "split_seed",
    "tiers_of",
]

IMPACT_PARAMETERS: Final = frozenset({"hazard", "seed", "channels", "knownAt", "closedIntervals", "kinds", "tiers"})
_TIERS: Final = (1, 2, 3)
# A key may hold an @: what follows the last one is a window only where it looks like one.
_WINDOW: Final = re.compile(r"@(\d{4}-[^@/]*)?(?:/(\d{4}-[^@/]*))?$")


def impact_of(request: Request) -> ImpactAsked:
    """What is asked. Raises BadInput, which names the parameter; what is left empty, as forms send it, is not asked."""
    known_at = known_at_of(request)
    return ImpactAsked(
        hazard=_hazard(request),
        seeds=tuple(dict.fromkeys(_seed(text) for text in seed_texts(request))),
        channels=_channels(request),
        known_at_ms=known_at.earliest_ms if known_at else None,
        closed=flag(request, "closedIntervals"),
    )


def tiers_of(request: Request) -> tuple[int, ...] | None:
    """``tiers=1,2``; None: all."""
    asked = names(request, "tiers")
    if unknown := [name for name in asked if name not in map(str, _TIERS)]:
        raise BadInput(f"tiers: {unknown[0]!r} is no tier.", remedy="Tiers are 1, 2 and 3.", member="tiers")
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
        found.append(("knownAt", _rendered(asked.known_at_ms)))
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
    since, until = ("" if ms is None else _rendered(ms) for ms in (seed.from_ms, seed.until_ms))
    return joined_seed(id_text(seed.node), since, until)


def joined_seed(name: str, since: str, until: str) -> str:
    """A seed in one text."""
    window = f"@{since}{f'/{until}' if until else ''}"
    # A key that ends as if with a window is set apart from none.
    return f"{name}{window}" if since or until or _WINDOW.search(name) else name


def split_seed(text: str) -> tuple[str, str, str]:
    """Its id, and what is written of its from and until: empty where nothing is."""
    window = _WINDOW.search(text)
    return (text, "", "") if window is None else (text[: window.start()], window[1] or "", window[2] or "")


def instant_of(request: Request, name: str) -> int | None:
    """A time in the address, such as ``since=2025-03-08``. Raises BadInput for what is none."""
    return _instant(request.query_params.get(name, ""), name)


def _rendered(ms: int) -> str:
    return render(ms, site_offset(ms)).replace(".000", "")


def _hazard(request: Request) -> Hazard:
    text = request.query_params.get("hazard", "").strip()
    try:
        return Hazard(text.upper())
    except ValueError:
        raise BadInput(
            f"hazard={text!r} is no hazard." if text else "hazard is missing.",
            remedy=f"One of: {', '.join(HAZARDS)}.",
            member="hazard",
        ) from None


def _channels(request: Request) -> frozenset[Channel] | None:
    asked = names(request, "channels")
    try:
        return frozenset(Channel(name.upper()) for name in asked) or None
    except ValueError:
        known = ", ".join(channel.value for channel in Channel)
        raise BadInput(
            f"channels: {', '.join(asked)} are no channels.", remedy=f"Channels are {known}.", member="channels"
        ) from None


def _seed(text: str) -> Seed:
    name, since, until = split_seed(text)
    return Seed(node=parse_node_id(name, "seed"), from_ms=_instant(since, "seed"), until_ms=_instant(until, "seed"))


def _instant(text: str, member: str) -> int | None:
    """A day is its first midnight, in the site's zone where it has no offset."""
    if not text.strip():
        return None
    try:
        # An address that was typed has a + where a space arrives.
        return parse_moment(text.strip().replace(" ", "+"), site_zone()).earliest_ms
    except BadTime as error:
        raise BadInput(
            f"{member}: {error}.", remedy="Write 2025-03-08 or 2025-03-08T09:30:00+08:00.", member=member
        ) from None
