"""The kernel of traces: what is reached along edges of chosen classes, whatever the time; level by level."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph.index.codes import CLASS
from graph.index.jit import kernel, part
from graph.index.tables import Array
from graph.index.view import EDGES_CHANGED, find_row, is_dead

__all__ = ["CANCELLED", "COMPLETE", "CUT", "Walker", "reach", "untouch"]

_CHECKED = 1023
# How a walk ended.
COMPLETE, CUT, CANCELLED = 0, 1, 2


class Walker(NamedTuple):
    """What a walk writes on. ``seen`` is all zero before, and after `untouch`."""

    seen: Array
    reached: Array
    levels: Array


@part
def _forward(segment: Any, dead: Any, has_dead: bool, node: int, classes: int, seen: Any, reached: Any, count: int) -> int:
    first, last = find_row(segment.keys, segment.off, node)
    for edge in range(first, last):
        target = segment.target[edge]
        if seen[target] or (classes >> (segment.flags[edge] & CLASS)) & 1 == 0 or (has_dead and is_dead(dead, edge)):
            continue
        seen[target] = 1
        reached[count] = target
        count += 1
    return count


@part
def _backward(segment: Any, dead: Any, has_dead: bool, node: int, classes: int, seen: Any, reached: Any, count: int) -> int:
    first, last = find_row(segment.back_keys, segment.back_off, node)
    for place in range(first, last):
        source = segment.source[place]
        if seen[source]:
            continue
        edge = segment.edge[place]
        if (classes >> (segment.flags[edge] & CLASS)) & 1 == 0 or (has_dead and is_dead(dead, edge)):
            continue
        seen[source] = 1
        reached[count] = source
        count += 1
    return count


@kernel
def reach(view: Any, starts: Any, forward: bool, classes: int, deepest: int, work: Any, cancel: Any) -> Any:
    """(how many were reached, how many levels there are, whether it is COMPLETE, CUT at ``deepest``, or CANCELLED).

    ``classes`` has a bit for each class of edges walked. ``work.reached`` gets the nodes by level, the starts first;
    ``work.levels`` where each level ends.
    """
    seen, reached = work.seen, work.reached
    count = 0
    for start in starts:
        if not seen[start]:
            seen[start] = 1
            reached[count] = start
            count += 1
    head, level = 0, 0
    while head < count:
        last = count
        work.levels[level] = last
        if level == deepest:
            for place in range(head, last):
                if _has_more(view, reached[place], forward, classes, seen):
                    return count, level + 1, CUT
            break
        while head < last:
            node = reached[head]
            changed = view.changed[node] & EDGES_CHANGED != 0
            if forward:
                count = _forward(view.base, view.dead_edges, changed, node, classes, seen, reached, count)
                if changed:
                    count = _forward(view.new, view.dead_edges, False, node, classes, seen, reached, count)
            else:
                count = _backward(view.base, view.dead_edges, changed, node, classes, seen, reached, count)
                if changed:
                    count = _backward(view.new, view.dead_edges, False, node, classes, seen, reached, count)
            head += 1
            if head & _CHECKED == 0 and cancel[0]:
                work.levels[level + 1] = count
                return count, level + 2, CANCELLED
        level += 1
    return count, level + (1 if head < count else 0), COMPLETE


@part
def _has_more(view: Any, node: int, forward: bool, classes: int, seen: Any) -> Any:
    """Whether something that was not reached lies one step on."""
    changed = view.changed[node] & EDGES_CHANGED != 0
    for is_new in (False, True):
        segment = view.new if is_new else view.base
        if is_new and not changed:
            break
        if forward:
            first, last = find_row(segment.keys, segment.off, node)
        else:
            first, last = find_row(segment.back_keys, segment.back_off, node)
        for place in range(first, last):
            edge = place if forward else segment.edge[place]
            other = segment.target[place] if forward else segment.source[place]
            if seen[other] or (classes >> (segment.flags[edge] & CLASS)) & 1 == 0:
                continue
            if is_new or not changed or not is_dead(view.dead_edges, edge):
                return True
    return False


@kernel
def untouch(seen: Any, reached: Any, count: int) -> None:
    for place in range(count):
        seen[reached[place]] = 0
