"""From facts to a view: edges, presences, epochs, all derived anew."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from graph.index.codes import DECONTAMINATED
from graph.index.edges import derive_edges
from graph.index.facts import Facts
from graph.index.incidence import incidence
from graph.index.places import Places
from graph.index.presence import derive_presences
from graph.index.segment import Segment, make_segment
from graph.index.tables import Array, Tables, fixed, tables
from graph.index.view import View
from graph.reader import AsOf

__all__ = ["Cuts", "Derived", "derive", "empty_segment", "make_cuts", "make_view"]


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """When things were decontaminated: thing -> instants (latest end) with whether each is exact, ascending."""

    by_thing: dict[int, tuple[tuple[int, bool], ...]]


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Everything that is derived. ``hubs``: number of each machine, position and person that has presences or epochs."""

    view: View
    hubs: dict[int, int]
    places: Places
    cuts: Cuts


def make_cuts(table: Tables) -> Cuts:
    found: dict[int, dict[int, bool]] = {}
    for op in np.flatnonzero((table.op_type == DECONTAMINATED) & table.is_live).tolist():
        at = int(table.end_last[op])
        is_exact = bool(table.start[op] == table.start_last[op] and table.end[op] == at)
        for row in range(int(table.inputs_off[op]), int(table.inputs_off[op + 1])):
            of_thing = found.setdefault(int(table.input_thing[row]), {})
            of_thing[at] = of_thing.get(at, False) or is_exact
    return Cuts(by_thing={thing: tuple(sorted(cuts.items())) for thing, cuts in found.items()})


def make_view(base: Segment, new: Segment, hubs: dict[int, int], cuts: Cuts, marks: tuple[Array, Array, Array, Array]) -> View:
    """Puts the parts together. ``marks``: changed things and hubs, dead edges and presences of the base."""
    hub_thing = np.fromiter(hubs, dtype=np.int32, count=len(hubs))
    rows = [cuts.by_thing.get(thing, ()) for thing in hubs]
    cut_off = np.zeros(len(hubs) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=cut_off[1:])
    cut_time = np.array([at for row in rows for at, _ in row], dtype=np.int64)
    cut_times, cut_place = np.unique(cut_time, return_inverse=True)
    changed, hub_changed, dead_edges, dead_presences = marks
    return fixed(View(
        base=base,
        new=new,
        changed=changed,
        hub_changed=hub_changed,
        dead_edges=dead_edges,
        dead_presences=dead_presences,
        hub_thing=hub_thing,
        cut_off=cut_off,
        cut_time=cut_time,
        epoch_exact=np.array([is_exact for row in rows for is_exact in _epochs(row)], dtype=np.bool_),
        cut_times=cut_times,
        cut_place=cut_place.astype(np.int32),
    ))


def _epochs(cuts: tuple[tuple[int, bool], ...]) -> list[bool]:
    """Of each epoch between the cuts, whether both its bounds are exact; before the first and after the last: the one."""
    exact = [True, *(is_exact for _, is_exact in cuts), True]
    return [begun and ended for begun, ended in itertools.pairwise(exact)]


def number_hubs(hubs: dict[int, int], things: Array) -> Array:
    """The numbers of hubs by their things, with new numbers for those that have none."""
    for thing in np.unique(things).tolist():
        hubs.setdefault(thing, len(hubs))
    if not hubs:
        return np.empty(0, dtype=np.int32)
    known = np.fromiter(hubs, dtype=np.int32, count=len(hubs))
    order = np.argsort(known)
    found: Array = order[np.searchsorted(known[order], things)]
    return found.astype(np.int32)


def derive(facts: Facts, as_of: AsOf) -> Derived:
    """Derives everything as it stood at a position. Cost: about that of sorting all edges and presences."""
    table = tables(facts, as_of)
    links = incidence(table)
    places = Places(facts, table, as_of)
    cuts = make_cuts(table)
    edges = derive_edges(table, links)
    presences = derive_presences(table, links, places)
    hubs: dict[int, int] = {}
    numbers = number_hubs(hubs, presences.hub)
    for thing in cuts.by_thing:
        hubs.setdefault(thing, len(hubs))
    count = facts.thing_count
    base = make_segment(edges, presences, numbers, count, len(hubs))
    return Derived(view=make_view(base, empty_segment(len(hubs)), hubs, cuts, clean_marks(base, count, len(hubs))), hubs=hubs, places=places, cuts=cuts)


def clean_marks(base: Segment, things: int, hubs: int) -> tuple[Array, Array, Array, Array]:
    """Nothing has changed since the base."""
    return (
        np.zeros(things, dtype=np.uint8),
        np.zeros(hubs, dtype=np.uint8),
        np.zeros(base.edge_count // 8 + 1, dtype=np.uint8),
        np.zeros(base.presence_count // 8 + 1, dtype=np.uint8),
    )


def empty_segment(hubs: int) -> Segment:
    """A sparse segment without rows."""
    from graph.index.edges import Edges
    from graph.index.presence import Presences

    no_edges = Edges(*(np.empty(0, dtype=kind) for kind in (np.int32, np.int32, np.int64, np.int64, np.int32, np.uint8)))
    no_rows = Presences(*(np.empty(0, dtype=kind) for kind in (np.int32, np.int32, np.int64, np.int64, np.int32, np.uint8)))
    return make_segment(no_edges, no_rows, np.empty(0, dtype=np.int32), 0, hubs, is_sparse=True)
