"""The question behind a picture of where a thing has been, and everything its page shows, as one viewer may see it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.reader import NodeId
from queries.operations import Operation, operations_by_id
from queries.privacy import View
from queries.whereabouts import Interval, Manner, Whereabouts, log_shown, whereabouts
from visualize.rollup import ONE_BY_ONE
from visualize.whereabouts.drawing import Drawing, draw

__all__ = ["WhereaboutsPicture", "WhereaboutsQuestion", "ask_whereabouts_picture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereaboutsQuestion:
    """What is asked, and what of the answer is to be drawn: one manner, what was in one place, or one part of that, each
    interval by itself (``part`` from 1).
    """

    id: str
    known_at_ms: int | None = None
    known_at_offset: int = 0  # minutes; of the time as it was asked
    manner: Manner | None = None
    within: NodeId | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereaboutsPicture:
    """An answer, what of it is drawn, and what is recorded of the operations that are drawn.

    ``listed``: how many intervals were asked for; ``parts``: in how many parts they are drawn one by one.
    ``offset_minutes`` is the offset in which most of the times were recorded.
    """

    question: WhereaboutsQuestion
    answer: Whereabouts
    listed: int
    parts: int
    drawing: Drawing
    operations: Mapping[str, Operation]
    offset_minutes: int


async def ask_whereabouts_picture(
    view: View, question: WhereaboutsQuestion, *, as_of_seq: int | None = None, site_offset: int = 0
) -> WhereaboutsPicture:
    """Asks, rolls up, and reads the operations of what is left to show.

    ``site_offset``: minutes, for an answer that tells no time. Raises what `queries.whereabouts.whereabouts` raises.
    """
    answer = await whereabouts(view, question.id, known_at_ms=question.known_at_ms, as_of_seq=as_of_seq)
    chosen = answer.chosen(None if question.manner is None else (question.manner,), question.within)
    begin = 0 if question.part is None else (question.part - 1) * ONE_BY_ONE
    drawn = chosen if question.part is None else chosen[begin : begin + ONE_BY_ONE]
    drawing = await asyncio.to_thread(draw, drawn, _steps(answer, drawn))
    log_shown(view, answer)
    alone = [bar.interval for bar in drawing.bars if bar.interval is not None]
    hands = dict.fromkeys(hand.operation for each in alone for hand in (each.began, each.ended) if hand is not None)
    return WhereaboutsPicture(
        question=question,
        answer=answer,
        listed=len(chosen),
        parts=-(-len(chosen) // ONE_BY_ONE),
        drawing=drawing,
        operations=await operations_by_id(view, hands, answer.as_of) if hands else {},
        offset_minutes=_usual_offset(drawn, site_offset),
    )


def _steps(answer: Whereabouts, drawn: Sequence[Interval]) -> list[tuple[int, int]]:
    """Those between intervals that are drawn, by their place among these."""
    place = {id(each): number for number, each in enumerate(drawn)}
    ends = [
        (place.get(id(answer.intervals[one])), place.get(id(answer.intervals[other]))) for one, other in answer.steps
    ]
    return [(one, other) for one, other in ends if one is not None and other is not None]


def _usual_offset(intervals: Sequence[Interval], site_offset: int) -> int:
    offsets = Counter(each.start.offset_minutes for each in intervals if each.start is not None)
    return offsets.most_common(1)[0][0] if offsets else site_offset
