"""The kernel of traces: what is reached along edges of chosen classes, whatever the time; level by level."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph.index.codes import CLASS
from graph.index.jit import aside, kernel, part
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
def _step(
    keys: Any, off: Any, ends: Any, edges: Any, is_back: bool, flags: Any, dead: Any, has_dead: bool,
    classes: int, node: int, seen: Any, reached: Any, count: int,
) -> Any:  # fmt: skip
    """Reaches what lies one step from a node. ``edges`` leads from a place backward to its edge; forward they are one."""
    first, last = find_row(keys, off, node)
    for place in range(first, last):
        other = ends[place]
        if not seen[other]:
            edge = edges[place] if is_back else place
            if (classes >> (flags[edge] & CLASS)) & 1 and not (has_dead and is_dead(dead, edge)):
                seen[other] = 1
                reached[count] = other
                count += 1
    return count


@aside
def _step_new(view: Any, forward: bool, classes: int, node: int, seen: Any, reached: Any, count: int) -> Any:
    new, dead = view.new, view.dead_edges
    if forward:
        return _step(
            new.keys, new.off, new.target, new.edge, False, new.flags, dead, False, classes, node, seen, reached, count
        )
    return _step(
        new.back_keys, new.back_off, new.source, new.edge, True, new.flags, dead, False, classes, node, seen, reached, count
    )  # fmt: skip


@aside
def _has_more(view: Any, nodes: Any, forward: bool, classes: int, seen: Any) -> bool:
    """Whether something that was not reached lies one step on."""
    base, dead = view.base, view.dead_edges
    for node in nodes:
        for is_new in (False, True):
            if is_new and view.changed[node] & EDGES_CHANGED == 0:
                continue
            segment = view.new if is_new else base
            if forward:
                first, last = find_row(segment.keys, segment.off, node)
            else:
                first, last = find_row(segment.back_keys, segment.back_off, node)
            for place in range(first, last):
                edge = place if forward else segment.edge[place]
                other = segment.target[place] if forward else segment.source[place]
                is_walked = (classes >> (segment.flags[edge] & CLASS)) & 1 != 0
                if not seen[other] and is_walked and (is_new or not is_dead(dead, edge)):
                    return True
    return False


@kernel
def reach(view: Any, starts: Any, forward: bool, classes: int, deepest: int, work: Any, cancel: Any) -> Any:
    """(how many were reached, how many levels there are, whether it is COMPLETE, CUT at ``deepest``, or CANCELLED).

    ``classes`` has a bit for each class of edges walked. ``work.reached`` gets the nodes by level, the starts first;
    ``work.levels`` where each level ends.
    """
    seen, reached, levels = work.seen, work.reached, work.levels
    base, changed, dead = view.base, view.changed, view.dead_edges
    keys, off, target, flags = base.keys, base.off, base.target, base.flags
    back_keys, back_off, source, edges = base.back_keys, base.back_off, base.source, base.edge
    count = 0
    for start in starts:
        if not seen[start]:
            seen[start] = 1
            reached[count] = start
            count += 1
    done, level = 0, 0
    while done < count:
        last = count
        levels[level] = last
        if level == deepest:
            is_cut = _has_more(view, reached[done:last], forward, classes, seen)
            return count, level + 1, CUT if is_cut else COMPLETE
        while done < last:
            node = reached[done]
            is_changed = changed[node] & EDGES_CHANGED != 0
            if forward:
                count = _step(
                    keys, off, target, edges, False, flags, dead, is_changed, classes, node, seen, reached, count
                )
            else:
                count = _step(
                    back_keys, back_off, source, edges, True, flags, dead, is_changed, classes, node, seen, reached, count
                )  # fmt: skip
            if is_changed:
                count = _step_new(view, forward, classes, node, seen, reached, count)
            done += 1
            if done & _CHECKED == 0 and cancel[0]:
                levels[level + 1] = count
                return count, level + 2, CANCELLED
        level += 1
    return count, level, COMPLETE


@kernel
def untouch(seen: Any, reached: Any, count: int) -> None:
    for place in range(count):
        seen[reached[place]] = 0
