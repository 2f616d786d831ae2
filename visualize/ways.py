"""How each shape of a trace is reached from the start: the lines of one shortest way, along the flow where there is one."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from graph.reader import Direction
from visualize.generations import Side
from visualize.rollup import Drawing

__all__ = ["ways_from_start"]


def ways_from_start(drawing: Drawing, direction: Direction) -> dict[int, list[int]]:
    """For each shape that hangs together with a start the numbers of the links to it, from the start on.

    The lineage is followed as the trace runs; what stands beside it hangs on by what it touched. Cost: the drawing, and
    the lengths of the ways.
    """
    onward: dict[int, list[tuple[int, int]]] = defaultdict(list)
    either: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, link in enumerate(drawing.links):
        ends = (link.source, link.target) if direction is Direction.FORWARD else (link.target, link.source)
        either[ends[0]].append((number, ends[1]))
        either[ends[1]].append((number, ends[0]))
        if all(drawing.shapes[end].side is Side.LINEAGE for end in ends):
            onward[ends[0]].append((number, ends[1]))
            if link.is_both_ways:
                onward[ends[1]].append((number, ends[0]))
    ways: dict[int, list[int]] = {number: [] for number, shape in enumerate(drawing.shapes) if shape.is_start}
    _spread(ways, onward)
    _spread(ways, either)
    return ways


def _spread(ways: dict[int, list[int]], steps: Mapping[int, Iterable[tuple[int, int]]]) -> None:
    waiting = deque(sorted(ways, key=lambda number: len(ways[number])))
    while waiting:
        here = waiting.popleft()
        for link, there in steps.get(here, ()):
            if there not in ways:
                ways[there] = [*ways[here], link]
                waiting.append(there)
