"""What of an impact answer is drawn: marks for what is affected, bars for what carried it, links along the paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph.index.hazards import Seed
from graph.reader import NodeId
from graph.vocabulary import KINDS
from queries.groups import Carrier, Group
from queries.impact import ImpactItem
from queries.trace import TraceEdge

__all__ = ["Bar", "Drawing", "Link", "Mark", "draw"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A thing that is affected, a group of them, or a machine, position or person that carried the hazard.

    ``since_ms`` None: always; or not shown, where ``is_since_masked``. ``before_ms``: of a group, the end of its span.
    """

    kind: str
    node: NodeId  # of a group: its kind, and nothing
    tier: int
    since_ms: int | None = None
    before_ms: int | None = None
    is_since_masked: bool = False
    count: int = 1
    is_start: bool = False
    is_hidden: bool = False
    is_uncertain: bool = False
    is_carrier: bool = False
    is_beside: bool = False  # not asked for, but on the path to what is
    offset_minutes: int = 0
    next_to: NodeId | None = None  # of a group: what was opened, and affected all of it

    @property
    def is_group(self) -> bool:
        return self.node[1] == ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A run of a machine, a stay in a position or an act of a person; without ``operation_id`` several of them, by which
    ``count`` things were reached from the start to the end, or the window asked about (``is_window``).

    ``start_ms`` None: always, or not shown (``is_masked``); ``end_ms`` None: open.
    """

    carrier: int  # the number of its mark
    operation_id: str | None
    start_ms: int | None
    end_ms: int | None
    is_masked: bool = False
    is_window: bool = False
    count: int = 1
    offset_minutes: int = 0
    edge: TraceEdge | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a path between two shapes: marks by their number, bars after them. ``edge`` None: within a carrier."""

    source: int
    target: int
    edge: TraceEdge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """``paths``: for a mark the numbers of the links that lead to it from its seed, in this order."""

    marks: Sequence[Mark]
    bars: Sequence[Bar]
    links: Sequence[Link]
    paths: Mapping[int, Sequence[int]]
    target: int | None

    @property
    def is_rolled_up(self) -> bool:
        return any(mark.is_group for mark in self.marks)

    @property
    def first_start(self) -> int | None:
        """The mark that a reader begins at: the first seed that is drawn, else the first of all."""
        first = next((number for number, mark in enumerate(self.marks) if mark.is_start), None)
        return 0 if first is None and self.marks else first

    def before(self, number: int) -> int | None:
        """The affected thing from which a path led to a mark; None where it came from a seed that is no item."""
        for link in reversed(self.paths.get(number, ())):
            source = self.links[link].source
            if source < len(self.marks) and not self.marks[source].is_carrier:
                return source
        return None


def draw(
    items: Sequence[ImpactItem],
    groups: Iterable[tuple[Group, NodeId | None]],
    paths: Sequence[Sequence[TraceEdge]],
    seeds: Sequence[Seed],
    *,
    target: NodeId | None = None,
    beside: Iterable[NodeId] = (),
    carriers: Iterable[Carrier] = (),
) -> Drawing:
    """``groups``, with the thing that affected all of one, where that was opened. ``paths``: one for each item. ``beside``: items that were not asked for, but lie on a path. ``carriers``: of what
    is in groups.
    """
    aside = frozenset(beside)
    starts = {seed.node for seed in seeds}
    work = _Work()
    for item in items:
        work.add(_item_mark(item, is_start=item.node in starts, is_beside=item.node in aside))
    for seed in seeds:
        if not KINDS[seed.node[0]].is_material:
            work.add_window(seed)
    for item, path in zip(items, paths, strict=True):
        work.add_path(item, path)
    for carrier in carriers:
        work.add_carrier(carrier)
    for group, whose in groups:
        work.marks.append(_group_mark(group, whose))
        if whose is not None:
            work.links.append(Link(work.number_of[whose], len(work.marks) - 1, None))
    return Drawing(
        marks=work.marks,
        # Bars stand after the marks, however many of these came later.
        bars=work.bars,
        links=[Link(work.number(link.source), work.number(link.target), link.edge) for link in work.links],
        paths=work.paths,
        target=None if target is None else work.number_of.get(target),
    )


def _item_mark(item: ImpactItem, *, is_start: bool, is_beside: bool) -> Mark:
    return Mark(
        kind=item.node[0],
        node=item.node,
        tier=item.tier,
        since_ms=item.since_ms,
        is_since_masked=item.is_since_masked,
        is_start=is_start,
        is_hidden=item.is_hidden,
        is_uncertain=item.uncertain,
        is_beside=is_beside,
        offset_minutes=item.offset_minutes,
    )


def _group_mark(group: Group, next_to: NodeId | None) -> Mark:
    return Mark(
        kind=group.kind,
        node=(group.kind, ""),
        tier=group.tier,
        since_ms=group.since_ms,
        before_ms=group.before_ms,
        is_since_masked=group.is_since_masked,
        count=group.count,
        next_to=next_to,
    )


@dataclass(slots=True)
class _Work:
    """Puts a drawing together. Until all marks are known, bars are numbered below zero."""

    marks: list[Mark] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    paths: dict[int, list[int]] = field(default_factory=dict)
    number_of: dict[NodeId, int] = field(default_factory=dict)
    _bar_of: dict[tuple[int, str | None], int] = field(default_factory=dict)
    _link_of: dict[tuple[int, int, str | None], int] = field(default_factory=dict)

    def number(self, shape: int) -> int:
        return shape if shape >= 0 else len(self.marks) - shape - 1

    def add(self, mark: Mark) -> int:
        self.number_of[mark.node] = len(self.marks)
        self.marks.append(mark)
        return len(self.marks) - 1

    def add_window(self, seed: Seed) -> None:
        number = self._carrier(seed.node, 1, is_start=True)
        if seed.from_ms is not None or seed.until_ms is not None:
            self.bars.append(
                Bar(
                    carrier=number,
                    operation_id=None,
                    start_ms=seed.from_ms,
                    end_ms=seed.until_ms,
                    is_window=True,
                )
            )

    def add_carrier(self, carrier: Carrier) -> None:
        number = self._carrier(carrier.node, carrier.tier)
        self.bars.append(
            Bar(
                carrier=number,
                operation_id=None,
                start_ms=carrier.first_ms,
                end_ms=carrier.last_ms,
                is_masked=carrier.first_ms is None,
                count=carrier.count,
            )
        )

    def add_path(self, item: ImpactItem, path: Sequence[TraceEdge]) -> None:
        here: int | None = None
        steps: list[int] = []
        for edge in path:
            source, target = edge.source, edge.target
            if here is None:
                here = self._shape(source, item.tier)
            if not KINDS[target[0]].is_material:
                bar = self._bar(target, edge, item.tier)
                steps.append(self._link(here, bar, edge))
                here = bar
            elif not KINDS[source[0]].is_material:
                bar = self._bar(source, edge, item.tier)
                if here != bar:
                    steps.append(self._link(here, bar, None))
                here = self._shape(target, item.tier)
                steps.append(self._link(bar, here, edge))
            else:
                there = self._shape(target, item.tier)
                steps.append(self._link(here, there, edge))
                here = there
        self.paths[self.number_of[item.node]] = steps

    def _shape(self, node: NodeId, tier: int) -> int:
        if not KINDS[node[0]].is_material:
            return self._carrier(node, tier)
        return self.number_of[node]

    def _carrier(self, node: NodeId, tier: int, *, is_start: bool = False) -> int:
        """The mark of a carrier; it stands in the band of the lowest tier that it carried something to."""
        number = self.number_of.get(node)
        if number is None:
            return self.add(Mark(kind=node[0], node=node, tier=tier, is_start=is_start, is_carrier=True))
        mark = self.marks[number]
        self.marks[number] = replace(mark, tier=min(tier, mark.tier), is_start=is_start or mark.is_start)
        return number

    def _bar(self, node: NodeId, edge: TraceEdge, tier: int) -> int:
        carrier = self._carrier(node, tier)
        key = carrier, edge.operation_id
        if key not in self._bar_of:
            self.bars.append(
                Bar(
                    carrier=carrier,
                    operation_id=edge.operation_id,
                    start_ms=edge.start_ms,
                    end_ms=edge.end_ms if edge.end_latest_ms is None else edge.end_latest_ms,
                    is_masked=edge.start_ms is None,
                    offset_minutes=edge.offset_minutes,
                    edge=edge,
                )
            )
            self._bar_of[key] = -len(self.bars)
        return self._bar_of[key]

    def _link(self, source: int, target: int, edge: TraceEdge | None) -> int:
        key = source, target, None if edge is None else edge.operation_id
        if key not in self._link_of:
            self._link_of[key] = len(self.links)
            self.links.append(Link(source, target, edge))
        return self._link_of[key]
