"""The question behind a picture of an impact, and everything its page shows, as one viewer may see it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from graph.index.tables import Array
from graph.reader import NodeId
from graph.vocabulary import KINDS
from queries.explain import path_rows, winning_paths
from queries.groups import Group, carriers, grouped
from queries.ids import parse_node_id
from queries.impact import Impact, ImpactAsked, impact, items_of, log_shown
from queries.nodes import Node, node_bodies
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.starts import check_starts
from queries.tally import Counts, completeness, counts
from queries.trace import Completeness, TraceEdge
from visualize.impact.drawing import Drawing, draw
from visualize.rollup import LARGEST_PICTURE, NEXT_TO, NOTHING_OPENED, ONE_BY_ONE, Opened

__all__ = ["ImpactPicture", "ImpactQuestion", "ask_impact_picture"]

_MOST_SPANS: Final = 20  # side by side in an overview
_CARRIERS: Final = 10  # of which an overview tells how many things were reached by them
_STARTS: Final = 20  # seeds that an overview shows by name
_GROUPS_NEXT_TO, _SPANS_NEXT_TO = 12, 4  # of what one thing affected, where that is more than opens one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactQuestion:
    """What is asked, and what of the answer is to be drawn: some kinds, tiers, or what is affected from a time in
    ``[between)``. ``target``: the id of a thing whose path is to stand out. ``opened``: what is shown one by one.
    """

    asked: ImpactAsked
    kinds: tuple[str, ...] | None = None
    tiers: tuple[int, ...] | None = None
    between: tuple[int | None, int | None] = (None, None)
    target: str | None = None
    opened: Opened = NOTHING_OPENED

    @property
    def is_part(self) -> bool:
        return self.kinds is not None or self.tiers is not None or self.between != (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactPicture:
    """An answer, what of it is drawn, and what is recorded of what is drawn on its own.

    ``listed``: how many items were asked for; more may be drawn, where paths lead through them. ``offset_minutes`` is
    the offset in which most of the times were recorded.
    """

    question: ImpactQuestion
    completeness: Completeness
    counts: Counts
    as_of_seq: int
    listed: int
    drawing: Drawing
    bodies: Mapping[NodeId, Node]
    operations: Mapping[str, Operation]
    offset_minutes: int
    is_target_affected: bool
    not_opened: Sequence[NodeId]  # not in the answer, as far as the viewer may see it
    is_stopped: bool  # before all was found


async def ask_impact_picture(
    view: View, question: ImpactQuestion, *, as_of_seq: int | None = None, site_offset: int = 0
) -> ImpactPicture:
    """Asks, rolls up, and reads the records of what is left to show.

    ``site_offset``: minutes, for an answer that is told in no offset of its own. Raises what `queries.impact.impact`
    raises, and NotFound or NotPermitted for the target.
    """
    answer = await impact(view, question.asked, as_of_seq=as_of_seq)
    target_row = None
    if question.target is not None:
        target = parse_node_id(question.target, "target")
        await check_starts(view, [target], answer.as_of, None if answer.is_pushed_down else answer.lineage)
        target_row = answer.row_of(target)
    listed, drawing, offset = await asyncio.to_thread(_drawn, view, answer, question, target_row, site_offset)
    bodies = await node_bodies(
        view, [mark.node for mark in drawing.marks if not mark.is_group and not mark.is_hidden], answer.as_of
    )
    acts = dict.fromkeys(
        edge.operation_id
        for edge in (link.edge for link in drawing.links)
        if edge is not None and edge.operation_id is not None
    )
    return ImpactPicture(
        question=question,
        completeness=completeness(view, answer),
        counts=counts(answer),
        as_of_seq=answer.as_of.seq,
        listed=listed,
        drawing=drawing,
        bodies=bodies,
        operations=await operations_by_id(view, acts, answer.as_of) if acts else {},
        offset_minutes=offset,
        is_target_affected=target_row is not None,
        not_opened=[node for node in question.opened.every if _seen(answer, node) is None],
        is_stopped=not answer.spread.is_complete,
    )


def _drawn(
    view: View, answer: Impact, question: ImpactQuestion, target_row: int | None, site_offset: int
) -> tuple[int, Drawing, int]:
    chosen = answer.chosen(question.kinds, question.tiers, question.between)
    listed = answer.total if chosen is None else len(chosen)
    offset = _usual_offset(view, answer, chosen, site_offset)
    asked = set(answer.rows(0, listed, chosen)) if listed <= ONE_BY_ONE else set()
    alone = asked | (set() if target_row is None else _path_to(answer, target_row))
    groups: list[tuple[Group, NodeId | None]] = []
    if listed > ONE_BY_ONE:
        opened = _opened(answer, question.opened)
        alone |= opened.alone | _starts(answer, question)
        together = [(whose, after[~np.isin(after, list(alone))]) for whose, after in opened.together]
        for whose, after in together:
            near = grouped(answer, after, most=_GROUPS_NEXT_TO, most_spans=_SPANS_NEXT_TO, offset_minutes=offset)
            groups += [(group, whose) for group in near]
        apart = alone.union(*(after.tolist() for _, after in together))
        rest = grouped(
            answer, chosen, most=LARGEST_PICTURE, most_spans=_MOST_SPANS, without=apart, offset_minutes=offset
        )
        groups += [(group, None) for group in rest]
        alone |= {group.row for group, _ in groups if group.count == 1}
    elif question.is_part:
        # What a path leads through is drawn with what it leads to, as long as there is room.
        on_paths = alone.union(*(path_rows(answer, row) for row in asked))
        alone = on_paths if len(on_paths) <= ONE_BY_ONE else alone
    rows = answer.rows(0, len(alone), np.array(sorted(alone), dtype=np.int64))
    items = items_of(view, answer, rows)
    log_shown(view, answer, [item.node for item in items if not item.is_hidden])
    drawn = {item.node for item in items}
    carrying = carriers(view, answer, chosen, most=_CARRIERS) if groups else []
    drawing = draw(
        items,
        [(group, whose) for group, whose in groups if group.count > 1],
        [_end_of_path(path, drawn) for path in winning_paths(view, answer, rows)],
        question.asked.seeds,
        target=None if target_row is None else items[rows.index(target_row)].node,
        beside=[item.node for row, item in zip(rows, items, strict=True) if asked and row not in asked],
        carriers=carrying,
    )
    return listed, drawing, offset


def _end_of_path(path: Sequence[TraceEdge], drawn: Collection[NodeId]) -> Sequence[TraceEdge]:
    """The last part of a path: as far back as all it leads through is drawn."""
    first = len(path)
    while first and (path[first - 1].source in drawn or not KINDS[path[first - 1].source[0]].is_material):
        first -= 1
    return path[first:]


class _OpenedRows(NamedTuple):
    """Rows to draw one by one; and those to draw in groups of their own, with what affected them."""

    alone: set[int]
    together: list[tuple[NodeId, Array]]


def _opened(answer: Impact, opened: Opened) -> _OpenedRows:
    """What is hidden opens only next to what it is seen with: nobody learns by its id that it is affected."""
    found = _OpenedRows(set(), [])
    rows = {node: row for node in opened.every if (row := _seen(answer, node)) is not None}
    found.alone.update(rows.values())
    for node in opened.sources:
        if node in rows and (before := int(answer.before[rows[node]])) >= 0:
            found.alone.add(before)
    for node in opened.results:
        if node in rows:
            after = np.flatnonzero(answer.before == rows[node])
            if len(after) <= NEXT_TO and len(found.alone) + len(after) <= ONE_BY_ONE:
                found.alone.update(after.tolist())
            else:
                found.together.append((node, after))
    return found


def _seen(answer: Impact, node: NodeId) -> int | None:
    row = answer.row_of(node)
    return None if row is None or answer.hidden[row] else row


def _usual_offset(view: View, answer: Impact, chosen: Array | None, site_offset: int) -> int:
    """That of most of the first things that were reached by something recorded."""
    starts = {seed.node for seed in answer.asked.seeds}  # what is asked has no recorded offset
    items = items_of(view, answer, answer.rows(0, ONE_BY_ONE, chosen))
    offsets = Counter(item.offset_minutes for item in items if item.since_ms is not None and item.node not in starts)
    return offsets.most_common(1)[0][0] if offsets else site_offset


def _starts(answer: Impact, question: ImpactQuestion) -> set[int]:
    """The rows of the first seeds, where they are among what is drawn."""
    found = {row for seed in question.asked.seeds[:_STARTS] if (row := answer.row_of(seed.node)) is not None}
    chosen = answer.chosen(question.kinds, question.tiers, question.between)
    return found if chosen is None else found.intersection(chosen.tolist())


def _path_to(answer: Impact, row: int) -> set[int]:
    """What lies on the way to the target; only itself, where that is more than can be told apart."""
    found = set(path_rows(answer, row))
    return found if len(found) <= ONE_BY_ONE else {row}
