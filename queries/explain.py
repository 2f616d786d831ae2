"""Why something is affected: the path that reached it first, and other routes, as the viewer may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph.errors import BadInput
from graph.index.hazards import channel_sets
from graph.index.paths import PathStep, path_of
from graph.index.tables import Array
from graph.keeping import run_kernel
from graph.keeping.routes import Routes, routes_to
from graph.reader import NodeId
from graph.saying import said
from graph.vocabulary import KINDS, member_tier
from queries.ids import parse_node_id
from queries.impact import Impact, ImpactAsked, ImpactItem, impact, item_of, log_shown
from queries.privacy import View
from queries.starts import check_starts
from queries.trace import TraceEdge

__all__ = [
    "MOST_ROUTES",
    "Explanation",
    "explain",
    "longest_path",
    "path_length",
    "path_rows",
    "winning_path",
    "winning_paths",
]

MOST_ROUTES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """``item`` None: the target is not affected. Not ``has_all_routes``: there are more than are shown, or may be."""

    answer: Impact
    target: NodeId
    item: ImpactItem | None
    path: Sequence[TraceEdge]
    others: Sequence[Sequence[TraceEdge]]
    has_all_routes: bool


async def explain(
    view: View,
    asked: ImpactAsked,
    target: str,
    *,
    first: int,
    as_of_seq: int | None = None,
    pushdown: bool = False,
) -> Explanation:
    """Why the target is affected: the winning path, and up to ``first`` other routes.

    Raises what `queries.impact` raises, and NotFound or NotPermitted for the target.
    """
    node = parse_node_id(target, "target")
    if not 0 <= first <= MOST_ROUTES:
        raise BadInput(
            said("first is {first}; it may be 0 to {most}.", first=first, most=MOST_ROUTES),
            remedy=said("Ask for fewer."),
            member="first",
        )
    answer = await impact(view, asked, as_of_seq=as_of_seq, pushdown=pushdown)
    await check_starts(view, [node], answer.as_of, None if answer.is_pushed_down else answer.lineage)
    row = answer.row_of(node)
    if row is None:
        return Explanation(
            answer=answer, target=node, item=None, path=(), others=(), has_all_routes=answer.spread.is_complete
        )
    number = int(answer.spread.nodes[row])
    sets = channel_sets(asked.hazard, asked.channels)

    def work(cancel: Array) -> Routes:
        return routes_to(
            answer.lineage,
            answer.spread,
            answer.seeds,
            number,
            most=first,
            equipment=sets[-1][1],
            storage=sets[-1][2],
            closed=asked.closed,
            cancel=cancel,
        )

    routes = (await run_kernel(work, view.kernel_seconds, view.gone)).found
    item = item_of(view, answer, row)
    log_shown(view, answer, [item.node])
    return Explanation(
        answer=answer,
        target=node,
        item=item,
        path=winning_path(view, answer, number),
        others=[_shown_steps(view, answer, route) for route in routes.routes],
        has_all_routes=routes.is_complete,
    )


def winning_path(view: View, answer: Impact, number: int, *, last: int | None = None) -> list[TraceEdge]:
    """The steps from the seed to a thing of the answer, each from what was affected to what that affected."""
    return _shown_steps(view, answer, path_of(answer.lineage, answer.spread, answer.seeds, number, last=last))


def path_length(answer: Impact, number: int) -> int:
    """How many steps the winning path of a thing of the answer has."""
    row = answer.spread.place(number)
    return 0 if row is None else int(answer.lengths[row])


def longest_path(answer: Impact) -> int:
    """The steps of the longest winning path; 0 where nothing is affected but seeds."""
    return int(answer.lengths.max(initial=0))


def winning_paths(view: View, answer: Impact, rows: Sequence[int]) -> list[list[TraceEdge]]:
    """The winning path of each of these rows. Cost: their lengths; what is personal of all is logged at once."""
    numbers = [int(answer.spread.nodes[row]) for row in rows]
    found = [
        [_shown(view, answer, step) for step in path_of(answer.lineage, answer.spread, answer.seeds, number)]
        for number in numbers
    ]
    _log_ends(view, answer, (edge for path in found for edge in path))
    return found


def path_rows(answer: Impact, row: int) -> list[int]:
    """The rows of what lies on the winning path of a row, in no order; itself included."""
    steps = path_of(answer.lineage, answer.spread, answer.seeds, int(answer.spread.nodes[row]))
    ends = dict.fromkeys(end for step in steps for end in (step.source, step.target))
    found = (answer.row_of(node) for node in ends)
    return sorted({row, *(each for each in found if each is not None)})


def _shown_steps(view: View, answer: Impact, steps: Sequence[PathStep]) -> list[TraceEdge]:
    edges = [_shown(view, answer, step) for step in steps]
    _log_ends(view, answer, edges)
    return edges


def _log_ends(view: View, answer: Impact, edges: Iterable[TraceEdge]) -> None:
    log_shown(view, answer, list(dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))))


def _shown(view: View, answer: Impact, step: PathStep) -> TraceEdge:
    is_timeless = member_tier(step.operation_type, "start") > view.tier or (
        step.type != step.operation_type
        and any(KINDS[kind].is_person and view.hides_kind(kind) for kind, _ in (step.source, step.target))
    )

    # When what is hidden was reached is not shown: nor are the times of the steps to and from it.
    is_timeless = is_timeless or any(_is_hidden(answer, end) for end in (step.source, step.target))

    def at(ms: int | None) -> int | None:
        return None if is_timeless else ms

    return TraceEdge(
        type=step.type,
        operation_id=step.operation_id,
        source=_name(view, answer, step.source),
        target=_name(view, answer, step.target),
        start_ms=at(step.start_ms),
        start_latest_ms=None if step.start_latest_ms == step.start_ms else at(step.start_latest_ms),
        end_ms=at(step.end_ms),
        end_latest_ms=None if step.end_latest_ms == step.end_ms else at(step.end_latest_ms),
        offset_minutes=step.offset_minutes,
    )


def _is_hidden(answer: Impact, node: NodeId) -> bool:
    row = answer.row_of(node)
    return row is not None and bool(answer.hidden[row])


def _name(view: View, answer: Impact, node: NodeId) -> NodeId:
    return view.stubs.name(node) if _is_hidden(answer, node) else node
