"""Impact of a hazard: who is affected, by which channels, since when; and the path that made it so."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from graph.errors import BadInput
from graph.index.codes import ALWAYS, EQUIPMENT, FOREVER, IS_MATERIAL_KIND, KIND_NAMES, PERSON, POSITION
from graph.index.derivation import Derived
from graph.index.hazards import Channel, Hazard, Seed, channel_sets
from graph.index.sorting import ascending, place_in
from graph.index.spreading import (
    CANCELLED,
    CLOSED,
    DOUBTED,
    FULL,
    HOW,
    REACHED,
    THROUGH_EQUIPMENT,
    THROUGH_STORAGE,
    VIA,
    Seeds,
    Work,
    spread,
    tidy,
)
from graph.index.tables import Array
from graph.index.view import View
from graph.index.windows import Found, Hubs, present
from graph.index.work import Workshop
from graph.saying import said

__all__ = ["PlacedSeed", "Run", "Spread", "find_spread", "place_seeds"]

_GROWTH = 8
_HOW_BITS = 2 ** (VIA - HOW) - 1


@dataclass(frozen=True, kw_only=True)
class PlacedSeed:
    """Seeds as the kernel takes them, by time, each with the seed (its place) and presence it comes from, -1: itself."""

    seeds: Seeds
    origin: Array
    presence: Array
    is_new: Array


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one set of channels reached, epochs included: nodes in the order of time, and how each was reached."""

    nodes: Array
    time: Array
    doubt: Array
    how: Array
    via: Array

    @cached_property
    def _order(self) -> Array:
        return ascending(self.nodes, int(self.nodes.max(initial=0)) + 1)

    def place(self, node: int) -> int | None:
        """Where a node stands in the arrays; None if it was not reached."""
        at = int(place_in(self.nodes, node, sorter=self._order))
        if at == len(self.nodes) or self.nodes[self._order[at]] != node:
            return None
        return int(self._order[at])

    def places(self, nodes: Array) -> Array:
        """Where nodes stand in the arrays. All of them must have been reached."""
        places: Array = self._order[place_in(self.nodes, nodes, sorter=self._order)]
        return places


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The answer: one row for each thing that is affected, by tier, then by number.

    ``nodes`` are numbers of things (int32), ``tier`` is 1, 2 or 3 (int8), ``since`` epoch milliseconds (int64; ALWAYS
    where there is no earliest time), ``uncertain`` whether an inexact time lies on the winning path. Not
    ``is_complete``: it was cancelled, and what is there is affected, but more may be.
    """

    nodes: Array
    tier: Array
    since: Array
    uncertain: Array
    at: Array  # where each stands in the run that gives its tier
    is_complete: bool
    placed: PlacedSeed
    runs: tuple[Run, ...]  # one for each set of channels, as far as they were computed
    tiers: tuple[int, ...]  # the tier that each run gives

    @cached_property
    def _parts(self) -> list[tuple[int, int]]:
        """The rows of each tier: within them, nodes ascend."""
        bounds = np.searchsorted(self.tier, np.array([*self.tiers, 4], dtype=self.tier.dtype)).tolist()
        return list(pairwise(bounds))

    def place(self, node: int) -> int | None:
        """Where a thing stands in the arrays; None if it is not affected."""
        for first, last in self._parts:
            at = first + int(place_in(self.nodes[first:last], node))
            if at < last and self.nodes[at] == node:
                return int(at)
        return None

    def places(self, nodes: Array) -> Array:
        """Where things stand in the arrays; -1 for what is not affected."""
        found = np.full(len(nodes), -1, dtype=np.int64)
        for first, last in self._parts:
            if first == last:
                continue
            at = first + place_in(self.nodes[first:last], nodes)
            at[at == last] = first
            is_here = self.nodes[at] == nodes
            found[is_here] = at[is_here]
        return found


def hubs_reached(view: View, spread: Spread) -> list[int]:
    """The machines, positions and people whose epochs were reached: causes, by number."""
    nodes = spread.runs[-1].nodes
    epochs = nodes[nodes >= view.thing_count] - view.thing_count
    first = view.cut_off[:-1] + np.arange(len(view.hub_thing))
    hubs = np.unique(np.searchsorted(first, epochs, side="right") - 1)
    found: list[int] = view.hub_thing[hubs].tolist()
    return found


def _window(derived: Derived, hazard: Hazard, thing: int, seed: Seed) -> tuple[int, int, bool]:
    """(since, until, whether the end is the asker's own)."""
    since = ALWAYS if seed.from_ms is None else seed.from_ms
    if seed.until_ms is not None:
        return since, seed.until_ms, True
    if hazard is Hazard.CONTAGIOUS and seed.from_ms is not None:
        after = [at for at, _ in derived.cuts.get(thing, ()) if at > since]
        if after:
            return since, after[0], False
    return since, FOREVER, False


def _present(derived: Derived, hazard: Hazard, thing: int, kind: int, seed: Seed, *, closed: bool) -> Found:
    since, until, is_own = (
        _window(derived, hazard, thing, seed) if kind != PERSON else _window(derived, Hazard.EXPOSURE, thing, seed)
    )
    spans = [(derived.hubs.get(thing), ALWAYS, FOREVER, True, True)]
    if kind == POSITION:
        spans = [
            (derived.hubs.get(span.position), span.start, span.end, span.is_start_exact, span.is_sure)
            for span in derived.places.inside(thing)
        ]
    rows = [span for span in spans if span[0] is not None]
    hubs = Hubs(
        hub=np.array([row[0] for row in rows], dtype=np.int32),
        since=np.array([row[1] for row in rows], dtype=np.int64),
        until=np.array([row[2] for row in rows], dtype=np.int64),
        exact=np.array([row[3] for row in rows], dtype=np.bool_),
        sure=np.array([row[4] for row in rows], dtype=np.bool_),
    )
    # A window of one instant holds that instant; a window that a decontamination ends never holds its end.
    ended = is_own and (closed or since == until)
    shares_only = hazard is Hazard.CONTAGIOUS and kind == EQUIPMENT
    return present(derived.view, hubs, since, until, shares_only=shares_only, ended=ended, closed=closed)


def place_seeds(
    derived: Derived, kinds: Any, hazard: Hazard, seeds: Sequence[tuple[int, Seed]], *, closed: bool
) -> PlacedSeed:
    """Finds what the seeds affect at first. ``kinds`` gives the kind of a thing by number."""
    parts: list[tuple[Array, ...]] = []
    for origin, (thing, seed) in enumerate(seeds):
        kind = kinds[thing]
        if seed.from_ms is not None and seed.until_ms is not None and seed.until_ms < seed.from_ms:
            raise BadInput(
                said("A window ends before it begins."), remedy=said("Check from and until."), member="until"
            )
        if IS_MATERIAL_KIND[kind]:
            if seed.until_ms is not None:
                raise BadInput(
                    said(
                        "{thing} is material, and what was affected stays so: until does not go with it.",
                        thing=f"{KIND_NAMES[kind]}:{seed.node[1]}",
                    ),
                    remedy=said("Leave until out."),
                    member="until",
                )
            time = ALWAYS if seed.from_ms is None else seed.from_ms
            parts.append(
                (np.array([thing]), np.array([time]), np.zeros(1), np.full(1, -1), np.zeros(1), np.full(1, origin))
            )
        elif kind in {EQUIPMENT, POSITION, PERSON}:
            found = _present(derived, hazard, thing, kind, seed, closed=closed)
            parts.append((*found, np.full(len(found.thing), origin)))
        else:
            raise BadInput(
                said("Nothing spreads from {thing}.", thing=f"{KIND_NAMES[kind]}:{seed.node[1]}"),
                remedy=said("Name material, a reagent, a machine, a position or a person."),
                member="seeds",
            )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.empty(0)] * 6
    things, times, doubts, presences, is_new, origins = columns
    order = np.lexsort((things, doubts, times))
    return PlacedSeed(
        seeds=Seeds(
            thing=things[order].astype(np.int32),
            time=times[order].astype(np.int64),
            doubt=doubts[order].astype(np.uint8),
        ),
        origin=origins[order].astype(np.int32),
        presence=presences[order].astype(np.int32),
        is_new=is_new[order].astype(np.bool_),
    )


def _run(derived: Derived, placed: PlacedSeed, workshop: Workshop, mode: int, cancel: Array) -> tuple[Run, bool]:
    room = 0
    while True:
        with workshop.spreading(derived.view, room) as work:
            status = spread(derived.view, placed.seeds, work, mode, cancel)
            run = _take(work)
            room = len(work.entries) * _GROWTH
            tidy(work)
        if status != FULL:
            return run, status != CANCELLED


def _take(work: Work) -> Run:
    nodes = work.reached[: work.counts[REACHED]].copy()
    time, state = work.nodes[nodes].T
    return Run(
        nodes=nodes,
        time=time,
        doubt=(state & DOUBTED) != 0,
        how=(state >> HOW & _HOW_BITS).astype(np.uint8),
        via=(state >> VIA).astype(np.int32),
    )


def find_spread(
    derived: Derived,
    placed: PlacedSeed,
    workshop: Workshop,
    hazard: Hazard,
    channels: Collection[Channel] | None,
    *,
    closed: bool,
    cancel: Array,
) -> Spread:
    """Computes nested sets of channels: a thing's tier is the first that reaches it, its time the one in that set."""
    things = derived.view.thing_count
    runs: list[Run] = []
    tiers: list[int] = []
    parts: list[tuple[Array, ...]] = []
    is_complete = True
    with workshop.walking(derived.view) as marks:
        for tier, equipment, storage in channel_sets(hazard, channels):
            mode = (
                (THROUGH_EQUIPMENT if equipment else 0)
                | (THROUGH_STORAGE if storage else 0)
                | (CLOSED if closed else 0)
            )
            run, is_complete = _run(derived, placed, workshop, mode, cancel)
            runs.append(run)
            tiers.append(tier)
            rows = np.flatnonzero(run.nodes < things)
            if parts:
                rows = rows[marks.seen[run.nodes[rows]] == 0]
            nodes = run.nodes[rows]
            marks.seen[nodes] = 1
            rows = rows[ascending(nodes, things)]
            tier_of = np.full(len(rows), tier, dtype=np.int8)
            parts.append((run.nodes[rows], tier_of, run.time[rows], run.doubt[rows], rows))
            if not is_complete:
                break
        for part in parts:
            marks.seen[part[0]] = 0
    nodes, tier_of, since, uncertain, at = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Spread(
        nodes=nodes,
        tier=tier_of,
        since=since,
        uncertain=uncertain,
        at=at,
        is_complete=is_complete,
        placed=placed,
        runs=tuple(runs),
        tiers=tuple(tiers),
    )
