"""The form in which it is asked what is affected: what it is filled with, and the address that it becomes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from graph.index.hazards import Channel, Hazard
from graph.vocabulary import CHANNELS, HAZARDS, KINDS, kind_code
from service.pages.impact_questions import seed_texts, tiers_of
from service.pages.questions import kinds_of
from service.parameters import flag
from service.seeds import joined_seed, split_seed
from service.texts import language_of

__all__ = ["form_values", "one_address"]


def one_address(request: Request, path: str) -> str:
    """A form has fields of their own for the times of a seed; the address that is shared has them with the seed."""
    given = request.query_params
    windows = zip(given.getlist("seed"), _padded(request, "from"), _padded(request, "until"), strict=False)
    seeds = [("seed", joined_seed(seed.strip(), since.strip(), until.strip())) for seed, since, until in windows]
    rest = [(name, text) for name, text in given.multi_items() if name not in {"seed", "from", "until"} and text]
    return f"{path}?{urlencode([*rest, *((name, text) for name, text in seeds if text)])}"


def _padded(request: Request, name: str) -> list[str]:
    given = request.query_params
    return [*given.getlist(name), *[""] * len(given.getlist("seed"))]


def form_values(request: Request) -> dict[str, Any]:
    """What the form is filled with: what is asked now, or came along from the page before."""
    given = request.query_params
    language = language_of(request)
    return {
        "seeds": [split_seed(text) for text in seed_texts(request)],
        "hazards": [(hazard.value, HAZARDS.label(hazard.value, language)) for hazard in Hazard],
        "hazard": given.get("hazard", "").upper(),
        "channel_sets": _channel_sets(language),
        "channels": ",".join(sorted(given.get("channels", "").upper().split(","))),
        "known_at": given.get("knownAt", ""),
        "closed": flag(request, "closedIntervals"),
        "kind_codes": {kind: kind_code(kind) for kind in KINDS},
        "kinds_chosen": set(kinds_of(request) or ()),
        "tiers_chosen": set(tiers_of(request) or ()),
    }


def _channel_sets(language: str) -> list[tuple[str, str]]:
    sets = (
        (Channel.MATERIAL,),
        (Channel.EQUIPMENT, Channel.MATERIAL),
        (Channel.MATERIAL, Channel.STORAGE),
        (Channel.EQUIPMENT, Channel.MATERIAL, Channel.STORAGE),
    )
    return [
        (",".join(channel.value for channel in each), " + ".join(CHANNELS.label(c.value, language) for c in each))
        for each in sets
    ]
