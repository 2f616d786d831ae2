"""The question behind a picture, and everything its page shows: asked through `queries`, as one viewer may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from graph.reader import AsOf, Direction, NodeId
from queries.nodes import Node, node_bodies
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.trace import Trace, trace
from visualize.generations import standings
from visualize.rollup import NOTHING_OPENED, Drawing, Opened, roll_up

__all__ = ["Picture", "TraceQuestion", "ask_picture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuestion:
    """What is asked; the members are those of `queries.trace.trace`. ``opened``: what the picture shows one by one."""

    start: tuple[str, ...]
    direction: Direction
    kinds: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = None
    max_depth: int | None = None
    known_at_ms: int | None = None
    known_at_offset: int = 0  # minutes; of the time as it was asked
    opened: Opened = NOTHING_OPENED

    async def ask(self, view: View, *, as_of_seq: int | None = None, pushdown: bool = False) -> Trace:
        """The answer, at an entry or at the last one. Raises what `queries.trace.trace` raises."""
        return await trace(
            view,
            self.start,
            self.direction,
            kinds=self.kinds,
            operations=self.operations,
            max_depth=self.max_depth,
            known_at_ms=self.known_at_ms,
            as_of_seq=as_of_seq,
            pushdown=pushdown,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A trace, what of it is drawn, and what is recorded of what is drawn on its own."""

    question: TraceQuestion
    answer: Trace
    drawing: Drawing
    bodies: Mapping[NodeId, Node]
    operations: Mapping[str, Operation]


async def ask_picture(view: View, question: TraceQuestion, *, as_of_seq: int | None = None) -> Picture:
    """Traces, rolls up, and reads the stage data of what is left to show; ``as_of_seq``: at this entry, not the last.

    How often the store is asked does not depend on how many nodes there are. Raises what `queries.trace.trace` raises.
    """
    answer = await question.ask(view, as_of_seq=as_of_seq)
    drawing = await asyncio.to_thread(_drawn, answer, question)
    as_of = AsOf(answer.as_of_seq, question.known_at_ms)
    alone = [shape.named[0] for shape in drawing.shapes if not shape.is_group]
    bodies = await node_bodies(view, [item.node for item in alone if not item.is_hidden], as_of)
    view.show_keys(
        "picture",
        [item.node for shape in drawing.shapes if shape.is_group for item in shape.named if not item.is_hidden],
    )
    acts = dict.fromkeys(
        edge.operation_id
        for link in drawing.links
        if not drawing.is_of_group(link)
        for edge in link.edges
        if edge.operation_id is not None
    )
    return Picture(
        question=question,
        answer=answer,
        drawing=drawing,
        bodies=bodies,
        operations=await operations_by_id(view, acts, as_of) if acts else {},
    )


def _drawn(answer: Trace, question: TraceQuestion) -> Drawing:
    return roll_up(answer, standings(answer, question.direction), opened=question.opened)
