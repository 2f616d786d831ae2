"""The question behind a picture of what stands in a place, and everything its page shows, as one viewer may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph.reader import NodeId
from queries.contents import Contents, ContentsAsked, contents
from queries.nodes import Node, briefs
from queries.privacy import View
from queries.standings import Standing, contents_completeness, standings
from queries.trace import Completeness
from visualize.contents.drawing import Plan, plan_of

__all__ = ["ContentsPicture", "ContentsQuestion", "ask_contents_picture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsQuestion:
    """What is asked, and what of the answer is listed: some kinds, or only what is, or is not, affected."""

    asked: ContentsAsked
    kinds: tuple[str, ...] | None = None
    affected: bool | None = None

    @property
    def is_part(self) -> bool:
        return self.kinds is not None or self.affected is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsPicture:
    """An answer, how it is drawn, and what is recorded of what is drawn by itself. ``rows`` are those of ``plan.rows``."""

    question: ContentsQuestion
    answer: Contents
    completeness: Completeness
    plan: Plan
    rows: Mapping[int, Standing]
    bodies: Mapping[NodeId, Node]
    listed: int


async def ask_contents_picture(
    view: View, question: ContentsQuestion, *, as_of_seq: int | None = None
) -> ContentsPicture:
    """Asks, draws by itself what there is room for, rolls up the rest, and reads the records of what is left to show.

    Raises what `queries.contents.contents` raises.
    """
    answer = await contents(view, question.asked, as_of_seq=as_of_seq)
    chosen = answer.chosen(question.kinds, affected=question.affected)
    plan = await asyncio.to_thread(plan_of, answer, chosen)
    rows = plan.rows
    told = dict(zip(rows, await asyncio.to_thread(standings, view, answer, rows), strict=True))
    items = [item if item.row is None else replace(item, node=told[item.row].node) for item in plan.items]
    nodes = [row.node for row in told.values() if not row.is_hidden] + [
        box.node for box in plan.boxes if box.positions == 1
    ]
    return ContentsPicture(
        question=question,
        answer=answer,
        completeness=contents_completeness(view, answer),
        plan=replace(plan, items=items),
        rows=told,
        bodies=await briefs(view, nodes, answer.as_of),
        listed=len(chosen),
    )
