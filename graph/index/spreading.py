"""The kernel of impact analysis: the earliest time from which each thing is affected (recall.md, "Spreading").

Everything is taken in the order of time: since nothing is affected before what affects it, the first time that reaches
a thing is its earliest, and each edge and presence is looked at once. Epochs of machines and vessels are nodes like
things. Among equal times what is reached without an inexact time on the way comes first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graph.index.codes import FOREVER, INCLUSIVE, INEXACT, NEVER, POINT, PRESENCE_CLASS, RUN, SHARES
from graph.index.jit import kernel, part
from graph.index.moments import clear, earliest, put, take_all
from graph.index.segment import BLOCK
from graph.index.tables import Array
from graph.index.view import EDGES_CHANGED, PRESENCES_CHANGED, find_row, is_dead, last_at_most

__all__ = [
    "BY_SEED",
    "CANCELLED",
    "CLOSED",
    "DOUBTED",
    "EDGE",
    "FULL",
    "NEW",
    "PRESENCE",
    "THROUGH_EQUIPMENT",
    "THROUGH_STORAGE",
    "Seeds",
    "Work",
    "spread",
    "tidy",
]

# How a node was reached; `via` is then the seed, edge or presence. NEW: one of what came since the base.
BY_SEED, EDGE, PRESENCE, _ARRIVALS, NEW = 0, 2, 4, 6, 1
_DOUBTFUL_ENTRY = 8

# State of a node.
_SETTLED, DOUBTED, _WAITING_SURE = 1, 2, 4

CANCELLED, FULL = 1, 2  # why a run ended early

# What a run goes by.
THROUGH_EQUIPMENT, THROUGH_STORAGE, CLOSED = 1, 2, 4
_CHECKED = 1023  # nodes between two looks at the cancel flag

# Places in `counts`.
_REACHED, _ENTRIES, _DOUBTS, EDGES_SEEN, PRESENCES_SEEN, _OVERFLOW = 0, 1, 2, 3, 4, 5


class Seeds(NamedTuple):
    """What is affected at first, by time. ``via`` tells which seed, and by which presence; kept by the caller."""

    thing: Array
    time: Array
    doubt: Array  # 1: by an inexact time


class Work(NamedTuple):
    """What a run writes on. Clean before and after: the parts that were touched are, by `tidy`."""

    time: Array  # by node
    state: Array
    how: Array
    via: Array
    reached: Array  # nodes in the order of time
    base: Any  # queues
    new: Any
    cuts: Any
    entry_node: Array
    entry_how: Array
    entry_via: Array
    entry_next: Array
    doubt_node: Array
    doubt_how: Array
    doubt_via: Array
    counts: Array


@part
def _settle(work: Any, node: int, now: int, how: int, via: int, doubt: int) -> None:
    work.time[node] = now
    work.state[node] = _SETTLED | doubt
    work.how[node] = how
    work.via[node] = via
    work.reached[work.counts[_REACHED]] = node
    work.counts[_REACHED] += 1


@part
def _reach(work: Any, node: int, now: int, how: int, via: int, doubt: int) -> None:
    """Reached at this very time: settled, or put back until all that is reached without doubt is."""
    if work.state[node] & _SETTLED:
        return
    if doubt == 0:
        _settle(work, node, now, how, via, doubt)
        return
    place = work.counts[_DOUBTS]
    if place >= len(work.doubt_node):
        work.counts[_OVERFLOW] = 1
        return
    work.doubt_node[place] = node
    work.doubt_how[place] = how
    work.doubt_via[place] = via
    work.counts[_DOUBTS] = place + 1


@part
def _await(work: Any, queue: Any, moment: int, at: int, node: int, how: int, via: int, doubt: int) -> None:
    """Will be reached at a later time, unless something reaches it before. Arrivals wait as often as they are entered."""
    if how & ~NEW != _ARRIVALS:
        state = work.state[node]
        if state & _SETTLED or work.time[node] < at:
            return
        if work.time[node] == at and (doubt or state & _WAITING_SURE):
            return
        work.time[node] = at
        work.state[node] = 0 if doubt else _WAITING_SURE
    entry = work.counts[_ENTRIES]
    if entry >= len(work.entry_node):
        work.counts[_OVERFLOW] = 1
        return
    work.entry_node[entry] = node
    work.entry_how[entry] = how | (_DOUBTFUL_ENTRY if doubt else 0)
    work.entry_via[entry] = via
    work.counts[_ENTRIES] = entry + 1
    put(queue, moment, entry, work.entry_next)


@part
def _lasts(until: int, place: int, is_now: bool, is_inclusive: bool) -> Any:
    """Whether something that ends at one place of a table of times is not over at another (``is_now``: exactly there)."""
    return until > place or (until == place and is_now and is_inclusive)


@part
def _edges(work: Any, view: Any, segment: Any, queue: Any, node: int, now: int, place: int, mode: int) -> None:
    first, last = find_row(segment.keys, segment.off, node)
    is_now = place >= 0 and segment.times[place] == now
    has_dead = view.changed[node] & EDGES_CHANGED != 0 and segment.mark == 0
    doubt = work.state[node] & DOUBTED
    how = EDGE | segment.mark
    work.counts[EDGES_SEEN] += last - first
    for edge in range(first, last):
        flags = segment.flags[edge]
        if not _lasts(segment.until[edge], place, is_now, (mode & CLOSED) | (flags & INCLUSIVE) != 0):
            continue
        if has_dead and is_dead(view.dead_edges, edge):
            continue
        inexact = doubt | (DOUBTED if flags & INEXACT else 0)
        start, target = np.int64(segment.start[edge]), np.int64(segment.target[edge])
        if start <= place:
            _reach(work, target, now, how, edge, inexact)
        else:
            _await(work, queue, start, segment.times[start], target, how, edge, inexact)


@part
def _passes(marks: int, mode: int) -> Any:
    return mode & (THROUGH_EQUIPMENT if marks & PRESENCE_CLASS == RUN else THROUGH_STORAGE) != 0


@part
def _contaminate(work: Any, view: Any, segment: Any, queue: Any, node: int, now: int, place: int, mode: int) -> None:
    """A thing that is affected affects the epochs that it is, or will be, present in."""
    first, last = find_row(segment.thing_keys, segment.thing_off, node)
    is_now = place >= 0 and segment.times[place] == now
    has_dead = view.changed[node] & PRESENCES_CHANGED != 0 and segment.mark == 0
    how = PRESENCE | segment.mark
    for pointer in range(first, last):
        row = np.int64(segment.presence[pointer])
        marks = segment.marks[row]
        if marks & SHARES == 0:
            break
        work.counts[PRESENCES_SEEN] += 1
        is_inclusive = (mode & CLOSED) | (marks & POINT) != 0
        if not _passes(marks, mode) or not _lasts(segment.over[row], place, is_now, is_inclusive):
            continue
        if has_dead and is_dead(view.dead_presences, row):
            continue
        hub = last_at_most(segment.hub_off, 0, len(segment.hub_off), row) // 2
        arrived, over = segment.times[segment.arrived[row]], segment.times[segment.over[row]]
        cut_first, cut_last = view.cut_off[hub], view.cut_off[hub + 1]
        # The epoch after the cut before, in which the thing is when it is affected, or arrives; then the later ones.
        cut = last_at_most(view.cut_time, cut_first, cut_last, max(now, arrived)) + 1
        while True:
            since = max(arrived, view.cut_time[cut - 1]) if cut > cut_first else arrived
            if since > over or (since == over and not is_inclusive):
                break
            doubt = work.state[node] & DOUBTED
            if marks & INEXACT or not view.epoch_exact[cut + hub]:
                doubt |= DOUBTED
            epoch = len(view.changed) + hub + cut
            if since <= now:
                _reach(work, epoch, now, how, row, doubt)
            elif since == arrived:
                _await(work, queue, np.int64(segment.arrived[row]), since, epoch, how, row, doubt)
            else:
                _await(work, work.cuts, np.int64(view.cut_place[cut - 1]), since, epoch, how, row, doubt)
            if cut == cut_last:
                break
            cut += 1


@part
def _hub_of(view: Any, epoch: int) -> int:
    """The hub of an epoch by its node. Epochs stand in the order of hubs: one for each, and one for each cut."""
    wanted, low, high = epoch - len(view.changed), 0, len(view.cut_off) - 1
    while low < high:
        middle = (low + high) // 2
        if view.cut_off[middle] + middle <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1


@part
def _arrivals(work: Any, view: Any, segment: Any, queue: Any, epoch: int, row: int, now: int, place: int, mode: int) -> None:
    """From ``row`` on: who arrives in an affected epoch now is reached; the next to arrive is waited for."""
    hub = _hub_of(view, epoch)
    cut = epoch - len(view.changed) - hub
    ended = view.cut_time[cut] if cut < view.cut_off[hub + 1] else FOREVER
    doubt = work.state[epoch] & DOUBTED
    has_dead = view.hub_changed[hub] != 0 and segment.mark == 0
    last = segment.hub_off[2 * hub + 1]
    while row < last:
        work.counts[PRESENCES_SEEN] += 1
        marks, arrived, thing = segment.marks[row], np.int64(segment.arrived[row]), np.int64(segment.thing[row])
        is_empty = segment.over[row] == arrived and (mode & CLOSED) | (marks & POINT) == 0
        is_usable = _passes(marks, mode) and not is_empty and not (has_dead and is_dead(view.dead_presences, row))
        if is_usable and work.state[thing] & _SETTLED == 0:
            if arrived > place:
                if segment.times[arrived] < ended:
                    how = _ARRIVALS | segment.mark
                    _await(work, queue, arrived, now, epoch, how, row, doubt & 0)
                return
            _reach(work, thing, now, PRESENCE | segment.mark, row, doubt | (DOUBTED if marks & INEXACT else 0))
        row += 1


@part
def _expose(work: Any, view: Any, segment: Any, queue: Any, epoch: int, now: int, place: int, mode: int) -> None:
    """An epoch that is affected affects what is present in it, and what arrives."""
    hub = _hub_of(view, epoch)
    if 2 * hub + 1 >= len(segment.hub_off):
        return  # the hub is newer than the base
    row = np.int64(segment.hub_off[2 * hub])
    split = last_at_most(segment.arrived, row, np.int64(segment.hub_off[2 * hub + 1]), place) + 1
    is_now = place >= 0 and segment.times[place] == now
    doubt = work.state[epoch] & DOUBTED
    has_dead = view.hub_changed[hub] != 0 and segment.mark == 0
    while row < split:
        if segment.latest[row // BLOCK] < place:
            row = (row // BLOCK + 1) * BLOCK
            continue
        work.counts[PRESENCES_SEEN] += 1
        marks = segment.marks[row]
        if _lasts(segment.over[row], place, is_now, (mode & CLOSED) | (marks & POINT) != 0) and _passes(marks, mode):
            if not (has_dead and is_dead(view.dead_presences, row)):
                inexact = doubt | (DOUBTED if marks & INEXACT else 0)
                _reach(work, np.int64(segment.thing[row]), now, PRESENCE | segment.mark, row, inexact)
        row += 1
    _arrivals(work, view, segment, queue, epoch, split, now, place, mode)


@part
def _drain(work: Any, view: Any, segment: Any, queue: Any, moment: int, now: int, place: int, mode: int) -> None:
    """What was waited for at this moment has come."""
    entry = take_all(queue, moment)
    while entry >= 0:
        node, how, via = np.int64(work.entry_node[entry]), np.int64(work.entry_how[entry]), np.int64(work.entry_via[entry])
        if how & ~NEW == _ARRIVALS:
            _arrivals(work, view, segment, queue, node, via, now, place, mode)
        else:
            _reach(work, node, now, how & ~_DOUBTFUL_ENTRY, via, DOUBTED if how & _DOUBTFUL_ENTRY else 0)
        entry = np.int64(work.entry_next[entry])


@part
def _expand(work: Any, view: Any, segment: Any, queue: Any, node: int, now: int, place: int, mode: int) -> None:
    """What a node that is affected affects, within one segment."""
    if node >= len(view.changed):
        _expose(work, view, segment, queue, node, now, place, mode)
        return
    _edges(work, view, segment, queue, node, now, place, mode)
    if mode & (THROUGH_EQUIPMENT | THROUGH_STORAGE):
        _contaminate(work, view, segment, queue, node, now, place, mode)


@kernel
def spread(view: Any, seeds: Any, work: Any, mode: int, cancel: Any) -> int:
    """Runs to the end, or until cancelled or out of room. What was reached is in ``work``; `tidy` follows.

    ``mode``: the channels besides material, and whether ends count as still present (CLOSED, rule 8).
    """
    base, new = view.base.times, view.new.times
    place, new_place, cut, seed, head = -1, -1, -1, 0, 0
    while True:
        moment, new_moment = earliest(work.base, place + 1), earliest(work.new, new_place + 1)
        cut_moment = earliest(work.cuts, cut + 1)
        now = NEVER
        if moment >= 0:
            now = base[moment]
        if new_moment >= 0:
            now = min(now, new[new_moment])
        if cut_moment >= 0:
            now = min(now, view.cut_times[cut_moment])
        if seed < len(seeds.time):
            now = min(now, seeds.time[seed])
        if now == NEVER or work.counts[_OVERFLOW]:
            return FULL if work.counts[_OVERFLOW] else 0
        is_base = moment >= 0 and base[moment] == now
        place = moment if is_base else last_at_most(base, place + 1, len(base), now)
        if is_base:
            _drain(work, view, view.base, work.base, moment, now, place, mode)
        while new_place + 1 < len(new) and new[new_place + 1] <= now:
            new_place += 1
        if new_moment >= 0 and new[new_moment] == now:
            _drain(work, view, view.new, work.new, new_moment, now, new_place, mode)
        if cut_moment >= 0 and view.cut_times[cut_moment] == now:
            cut = cut_moment
            _drain(work, view, view.base, work.cuts, cut_moment, now, place, mode)
        while seed < len(seeds.time) and seeds.time[seed] == now:
            _reach(work, np.int64(seeds.thing[seed]), now, np.int64(BY_SEED), seed, DOUBTED if seeds.doubt[seed] else 0)
            seed += 1
        while True:
            while head < work.counts[_REACHED]:
                node = np.int64(work.reached[head])
                _expand(work, view, view.base, work.base, node, now, place, mode)
                if node >= len(view.changed) or view.changed[node]:
                    _expand(work, view, view.new, work.new, node, now, new_place, mode)
                head += 1
                if work.counts[_OVERFLOW]:
                    return FULL
                if head & _CHECKED == 0 and cancel[0]:
                    return CANCELLED
            last = work.counts[_DOUBTS] - 1
            if last < 0:
                break
            work.counts[_DOUBTS] = last
            node = np.int64(work.doubt_node[last])
            if work.state[node] & _SETTLED == 0:
                _settle(work, node, now, np.int64(work.doubt_how[last]), np.int64(work.doubt_via[last]), np.int64(DOUBTED))


@kernel
def tidy(work: Any) -> None:
    """Makes clean again what a run touched, finished or not."""
    for place in range(work.counts[_REACHED]):
        node = work.reached[place]
        work.time[node] = NEVER
        work.state[node] = 0
    for entry in range(work.counts[_ENTRIES]):
        node = work.entry_node[entry]
        work.time[node] = NEVER
        work.state[node] = 0
    clear(work.base)
    clear(work.new)
    clear(work.cuts)
    work.counts[:] = 0
