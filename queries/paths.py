"""Why something is affected: the path that reached it first, as the viewer may see it."""

from __future__ import annotations

from graph.keeping import PathStep, path_of
from graph.reader import NodeId
from graph.vocabulary import KINDS, member_tier
from queries.impact import Impact, log_shown
from queries.privacy import View
from queries.trace import TraceEdge

__all__ = ["shown_steps", "winning_path"]


def winning_path(view: View, answer: Impact, number: int) -> list[TraceEdge]:
    """The steps from the seed to a thing of the answer, each from what was affected to what that affected."""
    return shown_steps(view, answer, path_of(answer.lineage, answer.spread, answer.seeds, number))


def shown_steps(view: View, answer: Impact, steps: list[PathStep]) -> list[TraceEdge]:
    """Logs the personal codes on it."""
    edges = [_shown(view, answer, step) for step in steps]
    log_shown(view, answer, list(dict.fromkeys(end for edge in edges for end in (edge.source, edge.target))))
    return edges


def _shown(view: View, answer: Impact, step: PathStep) -> TraceEdge:
    is_timeless = member_tier(step.operation_type, "start") > view.tier or (
        step.type != step.operation_type
        and any(KINDS[kind].is_person and view.hides_kind(kind) for kind, _ in (step.source, step.target))
    )

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


def _name(view: View, answer: Impact, node: NodeId) -> NodeId:
    row = answer.row_of(node)
    return view.stubs.name(node) if row is not None and answer.hidden[row] else node
