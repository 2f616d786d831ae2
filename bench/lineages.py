"""A synthetic lineage of any size as arrays: shaped like trials, made in seconds, the same for the same seed.

Things are numbered in the order of their making. Lots come from one or two of the lots made lately, so that lineages
stay apart as those of donors do; each uses a few reagent lots, of which some few are used very often, and passes through
machines that are cleaned now and then, and stays in tanks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.index.codes import HERE, INCLUSIVE, MATERIAL, POINT, RUN, SHARES, STAY, USE
from graph.index.derivation import clean_view
from graph.index.edges import Edges
from graph.index.presence import Presences
from graph.index.segment import make_segment
from graph.index.tables import Array
from graph.index.view import View

__all__ = ["Synthetic", "make_lineage"]

HOUR = 3_600_000
_REAGENTS_EACH = 3
_FAMILY = 60  # lots that come, one way or another, from one donor


@dataclass(frozen=True, kw_only=True)
class Synthetic:
    """``common`` are the reagents that are used most, ``first_lot`` the number of the first lot."""

    view: View
    first_lot: int
    common: Array


def _reagents(rng: np.random.Generator, lots: int, count: int) -> Array:
    """Which reagent lot each use takes: one of those current at the time, or of a few that everybody uses."""
    current = (np.arange(lots)[:, None] * count // lots + rng.integers(0, 40, (lots, _REAGENTS_EACH))) % count
    is_common = rng.random((lots, _REAGENTS_EACH)) < 0.05
    common = rng.integers(0, 4, (lots, _REAGENTS_EACH))
    return np.where(is_common, common, current)


def make_lineage(things: int, *, seed: int = 0, machines: int | None = None) -> Synthetic:
    """About five edges a thing, presences included."""
    rng = np.random.default_rng(seed)
    reagents = things // 50
    lots = things - reagents
    made = np.sort(rng.integers(0, things // 8 + 1, lots)) * HOUR
    lasts = rng.integers(0, 200, lots) * HOUR
    place = np.arange(lots)
    family = place // _FAMILY * _FAMILY
    parent = family + ((place - family) * rng.random(lots)).astype(np.int64)
    has_parent = place > family
    pooled = rng.random(lots) < 0.01  # a few take from another family
    second = np.where(pooled, family * rng.random(lots), family + (place - family) * rng.random(lots)).astype(np.int64)
    has_second = has_parent & ((rng.random(lots) < 0.3) | pooled) & (second != parent)
    source = np.concatenate(
        (reagents + parent[has_parent], reagents + second[has_second], _reagents(rng, lots, reagents).ravel())
    )
    child = np.concatenate((place[has_parent], place[has_second], np.repeat(place, _REAGENTS_EACH)))
    is_use = np.arange(len(source)) >= has_parent.sum() + has_second.sum()
    edges = Edges(
        source=source.astype(np.int32),
        target=(reagents + child).astype(np.int32),
        start=made[child],
        until=(made + lasts)[child],
        op=child.astype(np.int32),
        flags=(np.where(is_use, USE, MATERIAL) | np.where(lasts[child] == 0, INCLUSIVE, 0)).astype(np.uint8),
    )
    machines, tanks = machines or max(1, lots // 4000), max(1, lots // 8000)
    is_stored = rng.random(lots) < 0.3
    hub = np.concatenate((rng.integers(0, machines, lots), machines + rng.integers(0, tanks, lots)[is_stored]))
    who = np.concatenate((place, place[is_stored]))
    is_stay = np.arange(len(who)) >= lots
    stays = np.where(is_stay, rng.integers(50, 3000, len(who)), rng.integers(0, 200, len(who))) * HOUR
    presences = Presences(
        hub=hub,
        thing=(reagents + who).astype(np.int32),
        start=made[who],
        end=made[who] + stays,
        op=who.astype(np.int32),
        flags=(np.where(is_stay, STAY, RUN) | np.where(stays == 0, POINT, 0) | SHARES | HERE).astype(np.uint8),
    )
    hubs = {things + number: number for number in range(machines + tanks)}
    cleaned = {
        things + number: tuple((at, True) for at in range(0, int(made[-1]), 2000 * HOUR)) for number in range(machines)
    }
    base = make_segment(edges, presences, hub.astype(np.int32), things, len(hubs))
    return Synthetic(view=clean_view(base, things, hubs, cleaned), first_lot=reagents, common=np.arange(4))
