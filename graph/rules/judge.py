"""The judgement of a request: every rule of records.md on the whole of it, in event-time order.

Pure: a batch and a world go in; violations, warnings, deviations and rows to be written come out. *Impossible* things
are always refused. *Forbidden* ones are refused unless the record says ``despite``; then they raise a critical deviation.
A record that was accepted before and that a late record makes forbidden (a failed test that came in after the dose)
is not refused now: it happened. It raises a critical deviation.

All violations come at once: records without a fault of their own are judged beside those that have one, but for the
things that both name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from graph.effects import Effects, Stamp, Writes, apply
from graph.errors import Deviation
from graph.records import AmendmentRecord, Record
from graph.rules.account import Account, events_of
from graph.rules.batch import Batch, Item
from graph.rules.checks import (
    check_despite,
    check_people,
    check_places,
    check_resources,
    check_rings,
    check_running,
    check_voided,
    complete,
)
from graph.rules.clock import Clock
from graph.rules.course import Course, Problem, Thing, run_course
from graph.rules.hearing import Hearing
from graph.rules.identity import SameAs, check_links, check_names, in_order_of_effect
from graph.rules.occupancy import check_cells
from graph.rules.ranges import range_deviations
from graph.rules.soundness import sound_part
from graph.rules.times import check_times
from graph.rules.world import KnownNode, NodeId, World
from graph.saying import said
from graph.vocabulary import OPERATIONS

__all__ = ["Clock", "Judgement", "judge"]

Sealer = Callable[[Record, World], Record]
_COURSED = frozenset({"Tissue", "CellLot", "Reagent"})


@dataclass(slots=True)
class Judgement:
    """What came of it. ``writes`` is None where there are violations."""

    batch: Batch
    writes: Writes | None = None
    applied: list[tuple[Item, Record]] = field(default_factory=list)  # in ledger order, values sealed


def judge(
    batch: Batch,
    world: World,
    *,
    clock: Clock,
    is_same: SameAs,
    stamp_of: Callable[[int, Record], Stamp],
    seal: Sealer,
    keyed_digest: Callable[[str], str],
) -> Judgement:
    """Judges the batch against the world, which it changes. The world is to be thrown away where there are violations.

    ``stamp_of(index, record)`` gives the entry of the index-th new record; ``seal`` takes tier-3 values out of a record;
    ``keyed_digest(donor)`` is that of a donor's key, for the identity check.
    """
    judgement = Judgement(batch)
    check_names(batch, world, is_same)
    check_times(batch, clock)
    check_links(batch, world)
    part, doubtful = sound_part(batch, world) if batch.violations else (batch, frozenset())
    ordered = in_order_of_effect(part)
    if ordered is None:
        return judgement
    stamps = {id(item): stamp_of(index, item.record) for index, item in enumerate(part.fresh)}
    touched = _touched(part, world)
    before = {node_id: _course(world.nodes[node_id], world) for node_id in touched if node_id in world.nodes}
    effects = Effects(world)
    sealed: dict[int, Record] = {}
    for item in ordered:
        sealed[id(item)] = seal(item.record, world)
        apply(effects, sealed[id(item)], stamps[id(item)])
    hearing = Hearing(
        batch=part,
        world=world,
        clock=clock,
        keyed_digest=keyed_digest,
        doubtful=doubtful,
        owners={operation.id: item for item, operation in part.live},
    )
    _hear(hearing, touched, before)
    for item in part.fresh:
        item.deviations += range_deviations(item.record, world)
        complete(hearing, item)
    if not batch.violations:
        judgement.writes = effects.finish()
        judgement.applied = [(item, sealed[id(item)]) for item in batch.fresh]
    return judgement


def _hear(hearing: Hearing, touched: list[NodeId], before: Mapping[NodeId, Course]) -> None:
    """All rules, on the world as the request leaves it."""
    world = hearing.world
    check_voided(hearing)
    check_rings(hearing)
    check_places(hearing)
    courses: dict[NodeId, Course] = {}
    for node_id in touched:
        node = world.nodes.get(node_id)
        if node is None or node.is_void or node.account is None:
            continue
        courses[node_id] = _course(node, world)
        if not hearing.is_doubtful([node_id]):
            _tell(hearing, node, courses[node_id], before.get(node_id))
    check_cells(hearing, courses, before, lambda node: _course(node, world))
    for item, operation in hearing.batch.live:
        check_people(hearing, item, operation)
        check_resources(hearing, item, operation)
        check_running(hearing, item, operation)
    check_despite(hearing)


def _thing(node: KnownNode) -> Thing:
    return Thing(kind=node.kind, key=node.key, expiry_date=node.values.get("expiry_date"))


def _course(node: KnownNode, world: World) -> Course:
    assert node.account is not None  # callers look only at what has one
    return run_course(_thing(node), node.account, is_within=world.is_within)


def _touched(batch: Batch, world: World) -> list[NodeId]:
    """What has a course that the request may change, each once, in the order named."""
    found: dict[NodeId, None] = {}
    for item in batch.fresh:
        record = item.record
        operations = [item.operation] if item.operation is not None else []
        known = world.operations.get(getattr(record, "operation", ""))
        operations += [known.record] if known is not None else []
        for operation in operations:
            found |= dict.fromkeys(operation.handled)
        if isinstance(record, AmendmentRecord):
            found[record.kind, record.id_of] = None
    return [node_id for node_id in found if node_id[0] in _COURSED]


# -- courses ---------------------------------------------------------------------------------------------------------


def _tell(hearing: Hearing, node: KnownNode, course: Course, before: Course | None) -> None:
    """Turns what a course found into violations and deviations, told at the record that brought it up."""
    known = {(problem.operation, problem.code) for problem in (before.problems if before else ())}
    for problem in course.problems:
        owner = hearing.owners.get(problem.operation)
        if owner is None:
            if (problem.operation, problem.code) not in known:  # otherwise judged when that record came in
                _tell_broken(hearing, node, problem)
        elif not problem.is_forbidden:
            hearing.refuse(owner, problem, _member_of(owner, node))
        elif (teller := _learnt_from(hearing, node, problem, owner)) is not None:
            hearing.tell_as_now_known(teller, problem, node.id)
        else:
            about = [(node.kind, node.key)] if problem.code == "expired" else []
            hearing.forbid(owner, problem, subject=node.id, member=_member_of(owner, node), about=about)
    seen = {(finding.operation, finding.code, finding.message) for finding in (before.findings if before else ())}
    for finding in course.findings:
        if (finding.operation, finding.code, finding.message) not in seen:
            owner = hearing.owners.get(finding.operation) or hearing.culprit(node)
            owner.deviations.append(
                Deviation(
                    code=finding.code, severity=finding.severity, operation=finding.operation, subject=node.id,
                    message=finding.message, value=finding.value,
                )
            )  # fmt: skip


def _tell_broken(hearing: Hearing, node: KnownNode, problem: Problem) -> None:
    """The request breaks an operation that was recorded before: impossible is refused, forbidden told."""
    culprit = hearing.culprit(node)
    if problem.is_forbidden:
        hearing.tell_as_now_known(culprit, problem, node.id)
    else:
        hearing.batch.refuse(
            culprit.record,
            problem.code,
            None,
            said(
                "It would break {operation}, which is recorded: {problem}",
                operation=problem.operation,
                problem=problem.message,
            ),
            said("Correct that record as well, in the same request."),
        )


def _member_of(owner: Item, node: KnownNode) -> str:
    """Where in the operation the thing stands."""
    operation = owner.operation
    for number, end in enumerate(operation.inputs if operation is not None else ()):
        if (end.kind, end.id) == (node.kind, node.key):
            part = "units" if end.units else "quantity" if end.quantity is not None else "id"
            return f"inputs[{number}].{part}"
    return "outputs"


def _learnt_from(hearing: Hearing, node: KnownNode, problem: Problem, owner: Item) -> Item | None:
    """The record that made a historic one forbidden, where it broke no rule as the records stood when it was made.

    So a ledger that took in a dose, and later the failed test that should have stopped it, can be imported again; the
    test is then told of it, as it was then. None where it was forbidden from the first.
    """
    claimed, operation = owner.record.recorded_at, owner.operation
    if not hearing.clock.is_historic or claimed is None or operation is None or problem.code in operation.despite:
        return None

    def is_broken(at_ms: int) -> bool:
        return any(each.operation == problem.operation for each in _course_at(hearing, node, at_ms).problems)

    if is_broken(claimed.earliest_ms):
        return None
    later = [
        (item.record.recorded_at.earliest_ms, item)
        for item in hearing.batch.fresh
        if item.record.recorded_at is not None
        and item.record.recorded_at.earliest_ms > claimed.earliest_ms
        and any((node.kind, node.key) in other.handled for other in hearing.operations_of(item))
    ]
    later.sort(key=lambda pair: pair[0])
    return next((item for at_ms, item in later if is_broken(at_ms)), owner)


def _course_at(hearing: Hearing, node: KnownNode, at_ms: int) -> Course:
    """The course by what the ledger holds, and of the request by what is said to have been recorded by then."""
    batch = hearing.batch

    def was_recorded(record: Record) -> bool:
        return record.recorded_at is None or record.recorded_at.earliest_ms <= at_ms

    assert node.account is not None  # only courses have problems
    events = [event for event in node.account.events if event.operation not in batch.operation_of]
    for number, (item, other) in enumerate(batch.operations):
        corrections = batch.corrections.get(other.id, ())
        if not was_recorded(item.record) or any(was_recorded(correction.record) for correction in corrections):
            continue
        closings = [each for each in batch.closings.get((other.id, None), ()) if was_recorded(each)]
        for kind, key, event in events_of(other, number, creates=OPERATIONS[other.type].creates):
            if (kind, key) == (node.kind, node.key):
                for closing in closings:
                    event.end, event.is_open = (closing.end.earliest_ms, closing.end.latest_ms), False
                events.append(event)
    return run_course(_thing(node), Account(events=events), is_within=hearing.world.is_within)
