"""From facts to a view: edges, presences, epochs, all derived anew."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graph.index.codes import DECONTAMINATED
from graph.index.edges import Edges, derive_edges, no_edges
from graph.index.incidence import incidence
from graph.index.places import Places, Vessels, read_places
from graph.index.presence import Presences, derive_presences, no_presences, positions_used
from graph.index.segment import Segment, make_segment
from graph.index.tables import Array, Tables, fixed, tables
from graph.index.view import View
from graph.reader import AsOf

__all__ = ["Cuts", "Derived", "clean_view", "cuts_of", "derive", "empty_segment", "number_hubs", "rows_of", "with_cuts"]

# Of one thing, when it was decontaminated (latest end), and whether that is exact; ascending.
Cuts = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Everything that is derived.

    ``hubs``: numbers of the machines, positions and people that have presences or epochs. ``cuts`` by thing. ``kinds``
    of all things, as codes.
    """

    view: View
    kinds: Array
    hubs: Mapping[int, int]
    places: Places
    cuts: Mapping[int, Cuts]


def cuts_of(table: Tables) -> dict[int, Cuts]:
    """The decontaminations of each thing."""
    found: dict[int, dict[int, bool]] = {}
    for op in np.flatnonzero((table.op_type == DECONTAMINATED) & table.is_live).tolist():
        at = int(table.end_last[op])
        is_exact = bool(table.start[op] == table.start_last[op] and table.end[op] == at)
        for row in range(int(table.inputs_off[op]), int(table.inputs_off[op + 1])):
            of_thing = found.setdefault(int(table.input_thing[row]), {})
            of_thing[at] = of_thing.get(at, False) or is_exact
    return {thing: tuple(sorted(cuts.items())) for thing, cuts in found.items()}


def _epochs(cuts: Cuts) -> list[bool]:
    """Of each epoch between the cuts, whether both its bounds are exact; before the first and after the last: the one."""
    exact = [True, *(is_exact for _, is_exact in cuts), True]
    return [begun and ended for begun, ended in itertools.pairwise(exact)]


def with_cuts(view: View, hubs: Mapping[int, int], cuts: Mapping[int, Cuts]) -> View:
    """The view with these hubs and their epochs."""
    rows = [cuts.get(thing, ()) for thing in hubs]
    cut_off = np.zeros(len(hubs) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=cut_off[1:])
    cut_time = np.array([at for row in rows for at, _ in row], dtype=np.int64)
    cut_times, cut_place = np.unique(cut_time, return_inverse=True)
    return fixed(
        view._replace(
            hub_thing=np.fromiter(hubs, dtype=np.int32, count=len(hubs)),
            cut_off=cut_off,
            cut_time=cut_time,
            epoch_exact=np.array([is_exact for row in rows for is_exact in _epochs(row)], dtype=np.bool_),
            cut_times=cut_times,
            cut_place=cut_place.astype(np.int32),
        )
    )


def empty_segment(hubs: int) -> Segment:
    """A sparse segment without rows."""
    return make_segment(no_edges(), no_presences(), np.empty(0, dtype=np.int32), 0, hubs, is_sparse=True)


def clean_view(base: Segment, things: int, hubs: Mapping[int, int], cuts: Mapping[int, Cuts]) -> View:
    """A base since which nothing has changed."""
    nothing = np.empty(0, dtype=np.int64)
    view = View(
        base=base,
        new=empty_segment(len(hubs)),
        changed=np.zeros(things, dtype=np.uint8),
        hub_changed=np.zeros(len(hubs), dtype=np.uint8),
        dead_edges=np.zeros(base.edge_count // 8 + 1, dtype=np.uint8),
        dead_presences=np.zeros(base.presence_count // 8 + 1, dtype=np.uint8),
        hub_thing=nothing,
        cut_off=nothing,
        cut_time=nothing,
        epoch_exact=nothing,
        cut_times=nothing,
        cut_place=nothing,
        first=_first_starts(base),
    )
    return with_cuts(view, hubs, cuts)


def _first_starts(base: Segment) -> Array:
    """Edges stand by target, and of each target by their start."""
    first = np.full(len(base.back_off) - 1, len(base.times), dtype=np.int32)
    is_led_to = np.diff(base.back_off) > 0
    first[is_led_to] = base.start[base.edge[base.back_off[:-1][is_led_to]]]
    return first


def number_hubs(hubs: dict[int, int], things: Array) -> Array:
    """The numbers of hubs by their things; those that have none get the next."""
    for thing in np.unique(things).tolist():
        hubs.setdefault(thing, len(hubs))
    known = np.fromiter(hubs, dtype=np.int32, count=len(hubs))
    order = np.argsort(known)
    found: Array = order[np.searchsorted(known[order], things)]
    return found.astype(np.int32)


def rows_of(table: Tables, vessels: Vessels) -> tuple[Edges, Presences]:
    """Edges and presences of all that is in the tables; ``vessels`` are those of the positions used there."""
    links = incidence(table)
    return derive_edges(table, links), derive_presences(table, links, vessels)


def derive(columns: Mapping[str, Array], as_of: AsOf) -> Derived:
    """Derives everything as it stood at a position. Costs about what sorting all edges and presences does."""
    table = tables(columns, as_of)
    places = read_places(columns, table, as_of)
    cuts = cuts_of(table)
    edges, presences = rows_of(table, places.rows(positions_used(table), len(table.kind)))
    hubs: dict[int, int] = {}
    numbers = number_hubs(hubs, presences.hub)
    for thing in cuts:
        hubs.setdefault(thing, len(hubs))
    things = len(table.kind)
    base = make_segment(edges, presences, numbers, things, len(hubs))
    return Derived(view=clean_view(base, things, hubs, cuts), kinds=table.kind, hubs=hubs, places=places, cuts=cuts)
