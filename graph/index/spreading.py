"""The kernel of impact analysis: the earliest time from which each thing is affected (recall.md, "Spreading").

Everything is taken in the order of time: since nothing is affected before what affects it, the first time that reaches
a thing is its earliest, and each edge and presence is looked at once. What is reached through material alone when the
first edge to it begins, as most things are, cannot be reached earlier: it does not wait for its time to come. Epochs of machines and vessels are nodes like
things. Among equal times what is reached without an inexact time on the way comes first.

Parts are given the arrays they need one by one: Numba 0.68 hands a tuple of arrays on by value, and counts references
each time it is looked into.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import FOREVER, INCLUSIVE, INEXACT, NEVER, POINT, PRESENCE_CLASS, RUN, SHARES
from graph.index.jit import aside, kernel, part
from graph.index.moments import earliest, put, take_all
from graph.index.segment import BLOCK
from graph.index.tables import Array
from graph.index.view import EDGES_CHANGED, PRESENCES_CHANGED, find_row, is_dead, last_at_most

__all__ = [
    "BY_SEED",
    "CANCELLED",
    "CLOSED",
    "DOUBTED",
    "EDGE",
    "EDGES_SEEN",
    "FULL",
    "HOW",
    "NEW",
    "PRESENCE",
    "PRESENCES_SEEN",
    "REACHED",
    "THROUGH_EQUIPMENT",
    "THROUGH_STORAGE",
    "VIA",
    "Seeds",
    "Work",
    "spread",
    "tidy",
]

# State of a node: bits, then how it was reached, then by which seed, edge or presence.
_SETTLED, DOUBTED, _WAITING_SURE = 1, 2, 4
HOW, VIA = 3, 8  # how many bits to the right
# NEW: one of what came since the base.
BY_SEED, EDGE, PRESENCE, _ARRIVALS, NEW = 0, 2, 4, 6, 1

CANCELLED, FULL = 1, 2  # why a run ended early
_CHECKED = 1023  # nodes between two looks at the cancel flag

# What a run goes by.
THROUGH_EQUIPMENT, THROUGH_STORAGE, CLOSED = 1, 2, 4

# Places in `counts`: nodes reached, entries used, the last that is in doubt, what was looked at, whether room ran out.
REACHED, _ENTRIES, _DOUBTS, EDGES_SEEN, PRESENCES_SEEN, _OVERFLOW = 0, 1, 2, 3, 4, 5


class Seeds(NamedTuple):
    """What is affected at first, by time. Kept by the caller: which seed and presence each comes from."""

    thing: Array
    time: Array
    doubt: Array  # 1: by an inexact time


class Work(NamedTuple):
    """What a run writes on. Clean before and after: the parts that were touched are, by `tidy`."""

    nodes: Array  # two numbers each: time, and state with how and via
    reached: Array  # nodes, each after what reached it
    entries: Array  # what waits: node, how with doubt, via, the next entry of the same moment
    head: Array  # the queue: of the base's moments, from the second offset on the new ones', then the cuts'
    bits: Array
    offsets: Array
    counts: Array


@part
def _settle(nodes: Any, reached: Any, counts: Any, node: int, now: int, how: int, via: int, doubt: int) -> None:
    nodes[node, 0] = now
    nodes[node, 1] = _SETTLED | doubt | how << HOW | via << VIA
    count = counts[REACHED]
    reached[count] = node
    counts[REACHED] = count + 1


@part
def _reach(
    nodes: Any, reached: Any, entries: Any, counts: Any, node: int, now: int, how: int, via: int, doubt: int
) -> None:  # fmt: skip
    """Reached at this very time: settled, or put back until all that is reached without doubt is."""
    if nodes[node, 1] & _SETTLED == 0:
        if doubt == 0:
            _settle(nodes, reached, counts, node, now, how, via, 0)
        else:
            entry = counts[_ENTRIES]
            if entry < len(entries):
                entries[entry, 0] = node
                entries[entry, 1] = how
                entries[entry, 2] = via
                entries[entry, 3] = counts[_DOUBTS]
                counts[_DOUBTS] = entry
                counts[_ENTRIES] = entry + 1
            else:
                counts[_OVERFLOW] = 1


@part
def _await(
    nodes: Any, entries: Any, head: Any, bits: Any, counts: Any,
    moment: int, at: int, node: int, how: int, via: int, doubt: int,
) -> None:  # fmt: skip
    """Will be reached at a later time, unless something reaches it before. Arrivals wait as often as they are entered."""
    is_wanted = True
    if how & ~NEW != _ARRIVALS:
        known = nodes[node, 1]
        is_better = nodes[node, 0] > at or (nodes[node, 0] == at and doubt == 0 and known & _WAITING_SURE == 0)
        is_wanted = known & _SETTLED == 0 and is_better
        if is_wanted:
            nodes[node, 0] = at
            nodes[node, 1] = 0 if doubt else _WAITING_SURE
    if is_wanted:
        entry = counts[_ENTRIES]
        if entry < len(entries):
            entries[entry, 0] = node
            entries[entry, 1] = how << HOW | doubt
            entries[entry, 2] = via
            counts[_ENTRIES] = entry + 1
            put(head, bits, entries, moment, entry)
        else:
            counts[_OVERFLOW] = 1


@part
def _lasts(until: int, place: int, is_now: bool, is_inclusive: bool) -> Any:
    """Whether something that ends at one place of a table of times is not over at another (``is_now``: exactly there)."""
    return until > place or (until == place and is_now and is_inclusive)


@part
def _edges(
    keys: Any, off: Any, times: Any, target: Any, start: Any, until: Any, flags: Any, dead: Any, has_dead: bool,
    nodes: Any, reached: Any, entries: Any, head: Any, bits: Any, counts: Any,
    offset: int, how: int, node: int, now: int, place: int, mode: int,
) -> None:  # fmt: skip
    first, last = find_row(keys, off, node)
    is_now = place >= 0 and times[place] == now
    doubt = nodes[node, 1] & DOUBTED
    counts[EDGES_SEEN] += last - first
    for edge in range(first, last):
        mark = flags[edge]
        is_open = _lasts(until[edge], place, is_now, (mode & CLOSED) | (mark & INCLUSIVE) != 0)
        if is_open and not (has_dead and is_dead(dead, edge)):
            inexact = doubt | (DOUBTED if mark & INEXACT else 0)
            begun = start[edge]
            if begun <= place:
                _reach(nodes, reached, entries, counts, target[edge], now, how, edge, inexact)
            else:
                _await(
                    nodes, entries, head, bits, counts,
                    offset + begun, times[begun], target[edge], how, edge, inexact,
                )  # fmt: skip


@part
def _edges_ahead(
    keys: Any, off: Any, times: Any, target: Any, start: Any, until: Any, flags: Any, dead: Any, has_dead: bool,
    first_start: Any, changed: Any, has_new: bool,
    nodes: Any, reached: Any, entries: Any, head: Any, bits: Any, counts: Any,
    node: int, now: int, place: int, mode: int,
) -> None:  # fmt: skip
    """As `_edges` of the base, of a node that may be ahead of ``now``: then ``first_start`` is the place of its time."""
    first, last = find_row(keys, off, node)
    is_here, is_now, doubt = True, False, 0
    if first < last:  # of the many that lead to nothing, no more is looked at
        is_here = nodes[node, 0] == now
        if not is_here:
            place = first_start[node]
        is_now = not is_here or (place >= 0 and times[place] == now)
        doubt = nodes[node, 1] & DOUBTED
        counts[EDGES_SEEN] += last - first
    for edge in range(first, last):
        mark = flags[edge]
        other = target[edge]
        is_open = _lasts(until[edge], place, is_now, (mode & CLOSED) | (mark & INCLUSIVE) != 0)
        if is_open and nodes[other, 1] & _SETTLED == 0 and not (has_dead and is_dead(dead, edge)):
            inexact = doubt | (DOUBTED if mark & INEXACT else 0)
            due = max(start[edge], place)
            if is_here and due == place:
                _reach(nodes, reached, entries, counts, other, now, EDGE, edge, inexact)
            elif inexact == 0 and first_start[other] == due and not (has_new and changed[other] & EDGES_CHANGED):
                if nodes[other, 0] >= times[due]:
                    _settle(nodes, reached, counts, other, times[due], EDGE, edge, 0)
            else:
                _await(nodes, entries, head, bits, counts, due, times[due], other, EDGE, edge, inexact)


@part
def _expect(nodes: Any, seeds: Any) -> None:
    """Seeds are affected at their times at the latest: what is ahead of time must not pass them by."""
    for seed in range(len(seeds.thing)):
        node = seeds.thing[seed]
        if seeds.time[seed] < nodes[node, 0]:
            nodes[node, 0] = seeds.time[seed]
            nodes[node, 1] = 0 if seeds.doubt[seed] else _WAITING_SURE


@aside
def _stop_expecting(nodes: Any, seeds: Any) -> None:
    for node in seeds.thing:
        if nodes[node, 1] & _SETTLED == 0:
            nodes[node, 0] = NEVER
            nodes[node, 1] = 0


@part
def _passes(marks: int, mode: int) -> Any:
    return mode & (THROUGH_EQUIPMENT if marks & PRESENCE_CLASS == RUN else THROUGH_STORAGE) != 0


@part
def _contaminate(
    keys: Any, off: Any, times: Any, presence: Any, hub_off: Any, arrived: Any, over: Any, marks: Any, dead: Any, has_dead: bool,
    cut_off: Any, cut_time: Any, cut_place: Any, epoch_exact: Any,
    nodes: Any, reached: Any, entries: Any, head: Any, bits: Any, counts: Any,
    offset: int, cuts_offset: int, things: int, how: int, node: int, now: int, place: int, mode: int,
) -> None:  # fmt: skip
    """A thing that is affected affects the epochs that it is, or will be, present in."""
    first, last = find_row(keys, off, node)
    is_now = place >= 0 and times[place] == now
    for pointer in range(first, last):
        row = presence[pointer]
        mark = marks[row]
        if mark & SHARES == 0:
            break
        counts[PRESENCES_SEEN] += 1
        is_inclusive = (mode & CLOSED) | (mark & POINT) != 0
        if not _passes(mark, mode) or not _lasts(over[row], place, is_now, is_inclusive):
            continue
        if has_dead and is_dead(dead, row):
            continue
        hub = last_at_most(hub_off, 0, len(hub_off), row) // 2
        arrival, ended = times[arrived[row]], times[over[row]]
        cut_first, cut_last = cut_off[hub], cut_off[hub + 1]
        # The epoch after the cut before, in which the thing is when it is affected, or arrives; then the later ones.
        cut = last_at_most(cut_time, cut_first, cut_last, max(now, arrival)) + 1
        while True:
            since = max(arrival, cut_time[cut - 1]) if cut > cut_first else arrival
            if since > ended or (since == ended and not is_inclusive):
                break
            doubt = nodes[node, 1] & DOUBTED
            if mark & INEXACT or not epoch_exact[cut + hub]:
                doubt |= DOUBTED
            epoch = things + hub + cut
            if since <= now:
                _reach(nodes, reached, entries, counts, epoch, now, how, row, doubt)
            else:
                moment = offset + arrived[row] if since == arrival else cuts_offset + cut_place[cut - 1]
                _await(
                    nodes, entries, head, bits, counts, moment, since, epoch, how, row, doubt
                )  # fmt: skip
            if cut == cut_last:
                break
            cut += 1


@aside
def _hub_of(cut_off: Any, epoch: int) -> Any:
    """The hub of an epoch by its number. Epochs stand in the order of hubs: one for each, and one for each cut."""
    low, high = 0, len(cut_off) - 1
    while low < high:
        middle = (low + high) // 2
        if cut_off[middle] + middle <= epoch:
            low = middle + 1
        else:
            high = middle
    return low - 1


@part
def _arrivals(
    times: Any, hub_off: Any, thing: Any, arrived: Any, over: Any, marks: Any, dead: Any, has_dead: bool,
    cut_off: Any, cut_time: Any,
    nodes: Any, reached: Any, entries: Any, head: Any, bits: Any, counts: Any,
    offset: int, things: int, how: int, node: int, hub: int, row: int, now: int, place: int, mode: int,
) -> None:  # fmt: skip
    """From ``row`` on: who arrives in an affected epoch now is reached; the next to arrive is waited for."""
    cut = node - things - hub
    ended = cut_time[cut] if cut < cut_off[hub + 1] else FOREVER
    doubt = nodes[node, 1] & DOUBTED
    for later in range(row, hub_off[2 * hub + 1]):
        counts[PRESENCES_SEEN] += 1
        mark, arrival = marks[later], arrived[later]
        is_empty = over[later] == arrival and (mode & CLOSED) | (mark & POINT) == 0
        is_usable = _passes(mark, mode) and not is_empty and not (has_dead and is_dead(dead, later))
        if is_usable and nodes[thing[later], 1] & _SETTLED == 0:
            if arrival > place:
                if times[arrival] < ended:
                    _await(
                        nodes, entries, head, bits, counts,
                        offset + arrival, now, node, _ARRIVALS | how & NEW, later, 0,
                    )  # fmt: skip
                break
            inexact = doubt | (DOUBTED if mark & INEXACT else 0)
            _reach(nodes, reached, entries, counts, thing[later], now, how, later, inexact)


@part
def _present(
    times: Any, thing: Any, over: Any, marks: Any, latest: Any, dead: Any, has_dead: bool,
    nodes: Any, reached: Any, entries: Any, counts: Any,
    how: int, node: int, first: int, split: int, now: int, place: int, mode: int,
) -> None:  # fmt: skip
    """An epoch that is affected affects what is present in it."""
    is_now = place >= 0 and times[place] == now
    doubt = nodes[node, 1] & DOUBTED
    row = first
    while row < split:
        if latest[row // BLOCK] < place:
            row = (row // BLOCK + 1) * BLOCK
            continue
        counts[PRESENCES_SEEN] += 1
        mark = marks[row]
        is_there = _lasts(over[row], place, is_now, (mode & CLOSED) | (mark & POINT) != 0)
        if is_there and _passes(mark, mode) and not (has_dead and is_dead(dead, row)):
            inexact = doubt | (DOUBTED if mark & INEXACT else 0)
            _reach(nodes, reached, entries, counts, thing[row], now, how, row, inexact)
        row += 1


@aside
def _expand_new(view: Any, work: Any, node: int, now: int, place: int, mode: int) -> None:
    """What a node affects by what came since the base."""
    new, things = view.new, len(view.changed)
    offset = work.offsets[1]
    if node >= things:
        hub = _hub_of(view.cut_off, node - things)
        first, last = new.hub_off[2 * hub], new.hub_off[2 * hub + 1]
        split = last_at_most(new.arrived, first, last, place) + 1
        _present(
            new.times, new.thing, new.over, new.marks, new.latest, view.dead_presences, False,
            work.nodes, work.reached, work.entries, work.counts,
            PRESENCE | NEW, node, first, split, now, place, mode,
        )  # fmt: skip
        _arrive_new(view, work, node, hub, split, now, place, mode)
        return
    if view.changed[node] & EDGES_CHANGED:
        _edges(
            new.keys, new.off, new.times, new.target, new.start, new.until, new.flags, view.dead_edges, False,
            work.nodes, work.reached, work.entries, work.head, work.bits, work.counts,
            offset, EDGE | NEW, node, now, place, mode,
        )  # fmt: skip
    if view.changed[node] & PRESENCES_CHANGED and mode & (THROUGH_EQUIPMENT | THROUGH_STORAGE):
        _contaminate(
            new.thing_keys, new.thing_off, new.times, new.presence, new.hub_off, new.arrived, new.over, new.marks,
            view.dead_presences, False, view.cut_off, view.cut_time, view.cut_place, view.epoch_exact,
            work.nodes, work.reached, work.entries, work.head, work.bits, work.counts,
            offset, work.offsets[2], things, PRESENCE | NEW, node, now, place, mode,
        )  # fmt: skip


@aside
def _arrive_new(view: Any, work: Any, node: int, hub: int, row: int, now: int, place: int, mode: int) -> None:
    new = view.new
    _arrivals(
        new.times, new.hub_off, new.thing, new.arrived, new.over, new.marks, view.dead_presences, False,
        view.cut_off, view.cut_time,
        work.nodes, work.reached, work.entries, work.head, work.bits, work.counts,
        work.offsets[1], len(view.changed), PRESENCE | NEW, node, hub, row, now, place, mode,
    )  # fmt: skip


@aside
def _drain_new(view: Any, work: Any, moment: int, now: int, place: int, mode: int) -> None:
    """What was waited for at a moment that only what came since the base, or a decontamination, has."""
    entry = take_all(work.head, work.bits, moment)
    while entry >= 0:
        node, how, via = work.entries[entry, 0], work.entries[entry, 1], work.entries[entry, 2]
        entry = np.int64(work.entries[entry, 3])
        if how >> HOW & ~NEW == _ARRIVALS:
            hub = _hub_of(view.cut_off, node - len(view.changed))
            _arrive_new(view, work, node, hub, via, now, place, mode)
        else:
            _reach(work.nodes, work.reached, work.entries, work.counts, node, now, how >> HOW, via, how & DOUBTED)


@kernel
def spread(view: Any, seeds: Any, work: Any, mode: int, cancel: Any) -> int:
    """Runs to the end, or until cancelled or out of room. What was reached is in ``work``; `tidy` follows.

    ``mode``: the channels besides material, and whether ends count as still present (CLOSED, rule 8).
    """
    base = view.base
    times, keys, off, target, start, until, flags = (
        base.times,
        base.keys,
        base.off,
        base.target,
        base.start,
        base.until,
        base.flags,
    )
    thing_keys, thing_off, presence, hub_off = base.thing_keys, base.thing_off, base.presence, base.hub_off
    thing, arrived, over, marks, latest = base.thing, base.arrived, base.over, base.marks, base.latest
    changed, hub_changed, dead_edges, dead_rows = view.changed, view.hub_changed, view.dead_edges, view.dead_presences
    cut_off, cut_time, cut_place, cut_times, exact = (
        view.cut_off,
        view.cut_time,
        view.cut_place,
        view.cut_times,
        view.epoch_exact,
    )
    new_times = view.new.times
    nodes, reached, entries, counts = work.nodes, work.reached, work.entries, work.counts
    head, bits = work.head, work.bits
    seed_thing, seed_time, seed_doubt = seeds.thing, seeds.time, seeds.doubt
    new_offset, cuts_offset, end_offset = work.offsets[1], work.offsets[2], work.offsets[3]
    things = len(changed)
    is_shared = mode & (THROUGH_EQUIPMENT | THROUGH_STORAGE) != 0
    has_new = len(new_times) > 1
    first_start = view.first
    if not is_shared:
        _expect(nodes, seeds)
    counts[_DOUBTS] = -1
    place, new_place, cut, seed, done = -1, -1, -1, 0, 0
    while True:
        moment = earliest(head, bits, place + 1, new_offset)
        new_moment = earliest(head, bits, new_offset + new_place + 1, cuts_offset) if has_new else -1
        cut_moment = earliest(head, bits, cuts_offset + cut + 1, end_offset) if is_shared else -1
        now = NEVER
        if moment >= 0:
            now = times[moment]
        if new_moment >= 0:
            now = min(now, new_times[new_moment - new_offset])
        if cut_moment >= 0:
            now = min(now, cut_times[cut_moment - cuts_offset])
        if seed < len(seed_time):
            now = min(now, seed_time[seed])
        if now == NEVER or counts[_OVERFLOW]:
            _stop_expecting(nodes, seeds)
            return FULL if counts[_OVERFLOW] else 0
        is_base = moment >= 0 and times[moment] == now
        place = moment if is_base else last_at_most(times, place + 1, len(times), now)
        while new_place + 1 < len(new_times) and new_times[new_place + 1] <= now:
            new_place += 1
        entry = take_all(head, bits, moment) if is_base else -1
        while entry >= 0:
            node, how, via = entries[entry, 0], entries[entry, 1], entries[entry, 2]
            entry = np.int64(entries[entry, 3])
            if how >> HOW == _ARRIVALS:
                hub = _hub_of(cut_off, node - things)
                _arrivals(
                    times, hub_off, thing, arrived, over, marks, dead_rows, hub_changed[hub] != 0, cut_off, cut_time,
                    nodes, reached, entries, head, bits, counts,
                    0, things, PRESENCE, node, hub, via, now, place, mode,
                )  # fmt: skip
            else:
                _reach(nodes, reached, entries, counts, node, now, how >> HOW, via, how & DOUBTED)
        if new_moment >= 0 and new_times[new_moment - new_offset] == now:
            _drain_new(view, work, new_moment, now, new_place, mode)
        if cut_moment >= 0 and cut_times[cut_moment - cuts_offset] == now:
            cut = cut_moment - cuts_offset
            _drain_new(view, work, cut_moment, now, new_place, mode)
        while seed < len(seed_time) and seed_time[seed] == now:
            doubt = DOUBTED if seed_doubt[seed] else 0
            _reach(nodes, reached, entries, counts, seed_thing[seed], now, BY_SEED, seed, doubt)
            seed += 1
        while True:
            while done < counts[REACHED]:
                node = reached[done]
                if node < things:
                    mark = changed[node]
                    has_dead = mark & EDGES_CHANGED != 0
                    if is_shared:
                        _edges(
                            keys, off, times, target, start, until, flags, dead_edges, has_dead,
                            nodes, reached, entries, head, bits, counts,
                            0, EDGE, node, now, place, mode,
                        )  # fmt: skip
                        _contaminate(
                            thing_keys, thing_off, times, presence, hub_off, arrived, over, marks,
                            dead_rows, mark & PRESENCES_CHANGED != 0, cut_off, cut_time, cut_place, exact,
                            nodes, reached, entries, head, bits, counts,
                            0, cuts_offset, things, PRESENCE, node, now, place, mode,
                        )  # fmt: skip
                    else:
                        _edges_ahead(
                            keys, off, times, target, start, until, flags, dead_edges, has_dead,
                            first_start, changed, has_new,
                            nodes, reached, entries, head, bits, counts,
                            node, now, place, mode,
                        )  # fmt: skip
                    if mark:
                        _expand_new(view, work, node, now, new_place, mode)
                else:
                    hub = _hub_of(cut_off, node - things)
                    is_changed = hub_changed[hub] != 0
                    if 2 * hub + 1 < len(hub_off):
                        first = hub_off[2 * hub]
                        split = last_at_most(arrived, first, hub_off[2 * hub + 1], place) + 1
                        _present(
                            times, thing, over, marks, latest, dead_rows, is_changed,
                            nodes, reached, entries, counts, PRESENCE, node, first, split, now, place, mode,
                        )  # fmt: skip
                        _arrivals(
                            times, hub_off, thing, arrived, over, marks, dead_rows, is_changed, cut_off, cut_time,
                            nodes, reached, entries, head, bits, counts,
                            0, things, PRESENCE, node, hub, split, now, place, mode,
                        )  # fmt: skip
                    if is_changed:
                        _expand_new(view, work, node, now, new_place, mode)
                done += 1
                if counts[_OVERFLOW] or (done & _CHECKED == 0 and cancel[0]):
                    _stop_expecting(nodes, seeds)
                    return FULL if counts[_OVERFLOW] else CANCELLED
            entry = counts[_DOUBTS]
            if entry < 0:
                break
            counts[_DOUBTS] = entries[entry, 3]
            node = entries[entry, 0]
            if nodes[node, 1] & _SETTLED == 0:
                _settle(nodes, reached, counts, node, now, entries[entry, 1], entries[entry, 2], DOUBTED)


@kernel
def tidy(work: Any) -> None:
    """Makes clean again what a run touched, finished or not."""
    nodes, counts, reached, entries = work.nodes, work.counts, work.reached, work.entries
    head, bits = work.head, work.bits
    for place in range(counts[REACHED]):
        node = reached[place]
        nodes[node, 0] = NEVER
        nodes[node, 1] = 0
    for entry in range(counts[_ENTRIES]):
        node = entries[entry, 0]
        nodes[node, 0] = NEVER
        nodes[node, 1] = 0
    end = work.offsets[len(work.offsets) - 1]
    moment = earliest(head, bits, 0, end)
    while moment >= 0:
        take_all(head, bits, moment)
        moment = earliest(head, bits, moment, end)
    counts[:] = 0
