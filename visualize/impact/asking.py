"""The question behind a picture of an impact, and everything its page shows, as one viewer may see it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.index.tables import Array
from graph.reader import NodeId
from queries.explain import path_rows, winning_paths
from queries.groups import Group, carriers, grouped
from queries.ids import parse_node_id
from queries.impact import Impact, ImpactAsked, impact, items_of, log_shown
from queries.nodes import Node, node_bodies
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.starts import check_starts
from queries.tally import Counts, completeness, counts
from queries.trace import Completeness
from visualize.impact.drawing import Drawing, draw
from visualize.rollup import LARGEST_PICTURE, ONE_BY_ONE

__all__ = ["ImpactPicture", "ImpactQuestion", "ask_impact_picture"]

_MOST_SPANS: Final = 20  # side by side in an overview
_CARRIERS: Final = 10  # of which an overview tells how many things were reached by them
_STARTS: Final = 20  # seeds that an overview shows by name


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactQuestion:
    """What is asked, and what of the answer is to be drawn: some kinds, tiers, or what is affected from a time in
    ``[between)``. ``target``: the id of a thing whose path is to stand out.
    """

    asked: ImpactAsked
    kinds: tuple[str, ...] | None = None
    tiers: tuple[int, ...] | None = None
    between: tuple[int | None, int | None] = (None, None)
    target: str | None = None

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
    groups: list[Group] = []
    if listed > ONE_BY_ONE:
        alone |= _starts(answer, question)
        groups = grouped(
            answer, chosen, most=LARGEST_PICTURE, most_spans=_MOST_SPANS, without=alone, offset_minutes=offset
        )
        alone |= {group.row for group in groups if group.count == 1}
    elif question.is_part:
        # What a path leads through is drawn with what it leads to, as long as there is room.
        on_paths = alone.union(*(path_rows(answer, row) for row in asked))
        alone = on_paths if len(on_paths) <= ONE_BY_ONE else alone
    rows = answer.rows(0, len(alone), np.array(sorted(alone), dtype=np.int64))
    items = items_of(view, answer, rows)
    log_shown(view, answer, [item.node for item in items if not item.is_hidden])
    paths = [
        path if alone.issuperset(path_rows(answer, row)) else []
        for row, path in zip(rows, winning_paths(view, answer, rows), strict=True)
    ]
    carrying = carriers(view, answer, chosen, most=_CARRIERS) if groups else []
    drawing = draw(
        items,
        [group for group in groups if group.count > 1],
        paths,
        question.asked.seeds,
        target=None if target_row is None else items[rows.index(target_row)].node,
        beside=[item.node for row, item in zip(rows, items, strict=True) if asked and row not in asked],
        carriers=carrying,
    )
    return listed, drawing, offset


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
