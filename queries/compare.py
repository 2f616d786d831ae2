"""One trace as the records stood at two times: what was added and what was taken away between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graph.errors import NotFound
from graph.reader import Direction
from queries.privacy import View
from queries.trace import Completeness, Summary, Trace, TraceEdge, TraceNode, trace

__all__ = ["Comparison", "compare"]

T = TypeVar("T", TraceNode, TraceEdge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two answers at one position of the ledger. Added: only in ``after``; removed: only in ``before``."""

    before: Trace
    after: Trace
    added_nodes: Sequence[TraceNode]
    removed_nodes: Sequence[TraceNode]
    added_edges: Sequence[TraceEdge]
    removed_edges: Sequence[TraceEdge]


async def compare(
    view: View,
    start: Collection[str],
    direction: Direction,
    *,
    before_ms: int,
    after_ms: int,
    kinds: Collection[str] | None = None,
    operations: Collection[str] | None = None,
    max_depth: int | None = None,
    as_of_seq: int | None = None,
) -> Comparison:
    """The trace by what was recorded up to each of the two times. What was not recorded by the first is all added.

    A thing is the same where its id is; an edge where type, operation, ends and times are. Raises as `trace` does.
    """

    async def at(known_at_ms: int, seq: int | None) -> Trace:
        return await trace(
            view,
            start,
            direction,
            kinds=kinds,
            operations=operations,
            max_depth=max_depth,
            known_at_ms=known_at_ms,
            as_of_seq=seq,
        )

    after = await at(after_ms, as_of_seq)
    try:
        before = await at(before_ms, after.as_of_seq)
    except NotFound:  # its start was not recorded yet
        before = _nothing(after.as_of_seq)
    return Comparison(
        before=before,
        after=after,
        added_nodes=_without(after.nodes, before.nodes),
        removed_nodes=_without(before.nodes, after.nodes),
        added_edges=_without(after.edges, before.edges),
        removed_edges=_without(before.edges, after.edges),
    )


def _nothing(seq: int) -> Trace:
    return Trace(
        nodes=(),
        edges=(),
        completeness=Completeness(complete=True, reason=None, depth_reached=0, nodes_seen=0, hidden=0),
        summary=Summary(total=0, by_kind=(), by_depth=()),
        as_of_seq=seq,
    )


def _without(things: Sequence[T], others: Iterable[T]) -> list[T]:
    """Those that are not among the others, in their order."""
    known = {_same(other) for other in others}
    return [thing for thing in things if _same(thing) not in known]


def _same(thing: TraceNode | TraceEdge) -> object:
    return thing.node if isinstance(thing, TraceNode) else thing
