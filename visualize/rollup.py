"""What of a trace is drawn: every thing on its own while they are few, groups of a kind and generation where not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from graph.reader import NodeId
from queries.trace import Trace, TraceEdge, TraceNode
from visualize.generations import Side, Standing

__all__ = [
    "LARGEST_PICTURE",
    "MOST_LINKS",
    "NEXT_TO",
    "NOTHING_OPENED",
    "ONE_BY_ONE",
    "Drawing",
    "Link",
    "Opened",
    "Shown",
    "openings",
    "roll_up",
]

ONE_BY_ONE = 200  # things; as many can be told apart in a picture
_TANGLE = 1000  # lines between them; more hide what they link
# What is rolled up may as well be easy to take in.
LARGEST_PICTURE = 120  # shapes
MOST_LINKS = 400
_NAMED = 12  # members that a group names, for a reader to go on from
NEXT_TO = 30  # neighbours of a thing that open one by one; more open as groups of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a reader took out of the groups of a picture: these ``things`` on their own, and what stands one step from some
    of them: where they came from (``sources``), what became of them (``results``). In the order in which they were opened.
    """

    things: tuple[NodeId, ...] = ()
    sources: tuple[NodeId, ...] = ()
    results: tuple[NodeId, ...] = ()

    @property
    def every(self) -> tuple[NodeId, ...]:
        """All that was named, each once."""
        return tuple(dict.fromkeys((*self.things, *self.sources, *self.results)))

    def __bool__(self) -> bool:
        return bool(self.every)

    def last_of(self, numbers: Mapping[NodeId, int]) -> int | None:
        """The number of what was named last, among the things that are drawn by themselves."""
        return next((numbers[node] for node in reversed(self.every) if node in numbers), None)

    def without(self, node: NodeId) -> Opened:
        """With one put back into its group."""
        return Opened(
            things=tuple(each for each in self.things if each != node),
            sources=tuple(each for each in self.sources if each != node),
            results=tuple(each for each in self.results if each != node),
        )


NOTHING_OPENED = Opened()


def openings(opened: Opened, node: NodeId, sources: str, results: str) -> list[tuple[str, Opened]]:
    """What a reader may open or put back at a thing that stands on its own: (word for it, what is opened then)."""
    ways = []
    if node not in opened.sources:
        ways.append((sources, replace(opened, sources=(*opened.sources, node))))
    if node not in opened.results:
        ways.append((results, replace(opened, results=(*opened.results, node))))
    if node in opened.every:
        ways.append(("put_back", opened.without(node)))
    return ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One shape of the picture: a single thing, or a group. ``named`` are the group's first, in the answer's order."""

    kind: str
    side: Side
    generation: int  # a group's first
    generation_last: int
    depth: int  # of the nearest to the start
    depth_last: int
    column: int  # generations that are drawn together have one
    named: tuple[TraceNode, ...]
    count: int
    next_to: tuple[NodeId, bool] | None = None  # of a group: all sources (False) or results (True) of what was opened

    @property
    def is_group(self) -> bool:
        return self.count > 1

    @property
    def is_start(self) -> bool:
        return self.depth == 0

    @property
    def node(self) -> NodeId:
        """The thing itself, or the first of the group."""
        return self.named[0].node


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All edges between two shapes, as one line. ``is_both_ways``: some run against it."""

    source: int  # numbers of shapes
    target: int
    edges: tuple[TraceEdge, ...]
    is_both_ways: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is drawn of a trace. The counts of the shapes add up to the nodes of the trace.

    ``within_count``: edges between things of one group, which have no line.
    """

    shapes: Sequence[Shown]
    links: Sequence[Link]
    within_count: int

    @property
    def is_rolled_up(self) -> bool:
        return any(shape.is_group for shape in self.shapes)

    def is_of_group(self, link: Link) -> bool:
        """Whether a line leads to or from a group."""
        return self.shapes[link.source].is_group or self.shapes[link.target].is_group


class _Group(NamedTuple):
    """What is rolled up together."""

    kind: str
    side: Side
    column: int
    is_start: bool
    apart: tuple[NodeId, bool] | None  # what was opened and, of its neighbours, on which side of it they are


_Apart = Mapping[NodeId, tuple[NodeId, bool]]


def roll_up(
    answer: Trace,
    standing: Mapping[NodeId, Standing],
    *,
    opened: Opened = NOTHING_OPENED,
    one_by_one: int = ONE_BY_ONE,
    largest: int = LARGEST_PICTURE,
    most_links: int = MOST_LINKS,
) -> Drawing:
    """Everything on its own where that is little enough; otherwise as much as fits. What stands beside the lineage is
    rolled up first, the starts last, and of what comes at the same time the largest groups. What was ``opened`` is not.

    Where there are more generations than fit, neighbouring ones are drawn together. Cost: a few times nodes and edges.
    """
    if len(answer.nodes) <= one_by_one:
        drawing = _drawing(answer, standing, _groups(answer.nodes, standing, 1, {}), frozenset())
        if len(drawing.links) <= _TANGLE:
            return drawing
    apart = _apart(answer, opened)
    alone = sum(node == whose for node, (whose, _) in apart.items())
    span = 1
    while len(groups := _groups(answer.nodes, standing, span, apart)) > largest + alone and span < len(answer.nodes):
        span *= 2
    foldable = sorted(
        (key for key, items in groups.items() if len(items) > 1),
        key=lambda key: (key.is_start, key.side is Side.LINEAGE, -len(groups[key])),
    )
    count = len(answer.nodes)
    rolled = 0
    while rolled < len(foldable) and (count > largest + alone or span > 1):
        count -= len(groups[foldable[rolled]]) - 1
        rolled += 1
    while True:
        drawing = _drawing(answer, standing, groups, frozenset(foldable[:rolled]))
        if len(drawing.links) <= most_links + NEXT_TO * len(opened.every) or rolled == len(foldable):
            return drawing
        rolled += max(1, (len(foldable) - rolled) // 2)


def _apart(answer: Trace, opened: Opened) -> dict[NodeId, tuple[NodeId, bool]]:
    """What is not rolled up with its kind: on its own (with itself), or with the other neighbours of what was opened."""
    if not opened:
        return {}
    known = {item.node for item in answer.nodes}
    found = {node: (node, True) for node in opened.every if node in known}
    wanted = {False: set(opened.sources), True: set(opened.results)}
    near: dict[tuple[NodeId, bool], dict[NodeId, None]] = defaultdict(dict)
    for edge in answer.edges:
        if edge.source in wanted[True]:
            near[edge.source, True][edge.target] = None
        if edge.target in wanted[False]:
            near[edge.target, False][edge.source] = None
    alone = len(found)
    for whose, neighbours in near.items():
        has_room = len(neighbours) <= NEXT_TO and alone + len(neighbours) <= ONE_BY_ONE
        alone += len(neighbours) if has_room else 0
        for node in neighbours:
            found.setdefault(node, (node, True) if has_room else whose)
    return found


def _groups(
    nodes: Iterable[TraceNode], standing: Mapping[NodeId, Standing], span: int, apart: _Apart
) -> dict[_Group, list[TraceNode]]:
    groups: dict[_Group, list[TraceNode]] = defaultdict(list)
    for item in nodes:
        place = standing[item.node]
        key = _Group(item.node[0], place.side, place.generation // span, item.depth == 0, apart.get(item.node))
        groups[key].append(item)
    return groups


def _drawing(
    answer: Trace,
    standing: Mapping[NodeId, Standing],
    groups: Mapping[_Group, Sequence[TraceNode]],
    rolled: frozenset[_Group],
) -> Drawing:
    shapes: list[Shown] = []
    number_of: dict[NodeId, int] = {}
    for key, members in groups.items():
        for items in [members] if key in rolled else [[item] for item in members]:
            generations = [standing[item.node].generation for item in items]
            number_of.update((item.node, len(shapes)) for item in items)
            shapes.append(
                Shown(
                    kind=key.kind,
                    side=key.side,
                    generation=min(generations),
                    generation_last=max(generations),
                    depth=min(item.depth for item in items),
                    depth_last=max(item.depth for item in items),
                    column=key.column,
                    named=tuple(items[:_NAMED]),
                    count=len(items),
                    next_to=key.apart if len(items) > 1 else None,
                )
            )
    between: dict[tuple[int, int], list[TraceEdge]] = defaultdict(list)
    within = 0
    for edge in answer.edges:
        ends = number_of[edge.source], number_of[edge.target]
        if ends[0] == ends[1]:
            within += 1
        else:
            between[ends].append(edge)
    return Drawing(shapes=shapes, links=_links(between), within_count=within)


def _links(between: Mapping[tuple[int, int], Sequence[TraceEdge]]) -> list[Link]:
    """Lines that run both ways between two shapes would lie on each other: they are one, with two arrows."""
    links: list[Link] = []
    for (source, target), edges in between.items():
        against = between.get((target, source), ())
        if not against or source < target:
            links.append(Link(source=source, target=target, edges=(*edges, *against), is_both_ways=bool(against)))
    return links
