"""The judgement of a request: every rule of records.md on the whole of it, in event-time order.

Pure: a batch and a world go in; violations, warnings, deviations and rows to be written come out. *Impossible* things
are always refused. *Forbidden* ones are refused unless the record says ``despite``; then they raise a critical deviation.
A record that was accepted before and that a late record makes forbidden (a failed test that came in after the dose)
is not refused now: it happened. It raises a critical deviation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graph.effects import Effects, Stamp, Writes, apply
from graph.errors import Deviation
from graph.records import ClosingRecord, CorrectionRecord, OperationRecord, Record
from graph.rules.account import Account, events_of
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.course import Course, Problem, Thing, run_course
from graph.rules.identity import SameAs, check_links, check_names, in_order_of_effect
from graph.rules.ranges import range_deviations
from graph.rules.times import check_times
from graph.rules.world import KnownNode, NodeId, World
from graph.times import day_end_ms
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


@dataclass(slots=True)
class _Told:
    """Forbidden problems that came up, by operation: which codes, to be held against ``despite``."""

    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


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
    ordered = in_order_of_effect(batch)
    if ordered is None or batch.violations:
        return judgement
    stamps = {id(item): stamp_of(index, item.record) for index, item in enumerate(batch.fresh)}
    touched = _touched(batch, world)
    before = {node_id: _course(world.nodes[node_id], world) for node_id in touched if node_id in world.nodes}
    effects = Effects(world)
    sealed: dict[int, Record] = {}
    for item in ordered:
        sealed[id(item)] = seal(item.record, world)
        apply(effects, sealed[id(item)], stamps[id(item)])
    told = _Told()
    owners = {operation.id: item for item, operation in batch.live}
    _check_voided(batch, world)
    _check_rings(batch, world)
    courses = {}
    for node_id in touched:
        node = world.nodes.get(node_id)
        if node is not None and not node.is_void and node.account is not None:
            courses[node_id] = _course(node, world)
            _tell(batch, world, node, courses[node_id], before.get(node_id), owners, told, clock)
    _check_positions(batch, world, courses, owners, told)
    for item, operation in batch.live:
        _check_people(item, batch, world, operation, told, keyed_digest)
        _check_resources(item, batch, world, operation, told)
        _check_running(item, world, operation)
    _check_despite(batch, told)
    for item in batch.fresh:
        item.deviations += range_deviations(item.record, world)
        _complete(batch, item)
    if not batch.violations:
        judgement.writes = effects.finish()
        judgement.applied = [(item, sealed[id(item)]) for item in batch.fresh]
    return judgement


def _course(node: KnownNode, world: World) -> Course:
    assert node.account is not None  # callers look only at what has one
    thing = Thing(kind=node.kind, key=node.key, expiry_date=node.values.get("expiry_date"))
    return run_course(thing, node.account, is_within=world.is_within)


def _touched(batch: Batch, world: World) -> list[NodeId]:
    """What has a course that the request may change, each once, in the order named."""
    found: dict[NodeId, None] = {}

    def add(operation: OperationRecord) -> None:
        for end in (*operation.inputs, *operation.outputs):
            if end.kind in _COURSED:
                found[end.kind, end.id] = None

    for item in batch.fresh:
        record = item.record
        if (operation := item.operation) is not None:
            add(operation)
        if isinstance(record, CorrectionRecord | ClosingRecord):
            known = world.operations.get(record.operation)
            if known is not None:
                add(known.record)
    return list(found)


# -- courses ---------------------------------------------------------------------------------------------------------


def _tell(
    batch: Batch,
    world: World,
    node: KnownNode,
    course: Course,
    before: Course | None,
    owners: dict[str, Item],
    told: _Told,
    clock: Clock,
) -> None:
    """Turns what a course found into violations and deviations, told at the record that brought it up."""
    assert node.account is not None
    known = {(problem.operation, problem.code) for problem in (before.problems if before else ())}
    for problem in course.problems:
        owner = owners.get(problem.operation)
        if owner is not None:
            if problem.is_forbidden and not _was_allowed(batch, world, node, problem, owner, clock):
                _forbid(batch, owner, problem, told, node.id)
            elif problem.is_forbidden:
                owner.deviations.append(_as_now_known(problem, node))
            else:
                batch.refuse(owner.record, problem.code, "inputs", problem.message, problem.remedy)
        elif (problem.operation, problem.code) in known:
            continue  # judged when that record came in
        else:
            culprit = _culprit(batch, world, node)
            if not problem.is_forbidden:
                batch.refuse(
                    culprit.record,
                    problem.code,
                    None,
                    f"It would break {problem.operation}, which is recorded: {problem.message}",
                    "Correct that record as well, in the same request.",
                )
            else:
                culprit.deviations.append(_as_now_known(problem, node))
    seen = {(finding.operation, finding.code, finding.message) for finding in (before.findings if before else ())}
    for finding in course.findings:
        if (finding.operation, finding.code, finding.message) in seen:
            continue
        owner = owners.get(finding.operation) or _culprit(batch, world, node)
        owner.deviations.append(
            Deviation(
                code=finding.code, severity=finding.severity, operation=finding.operation, subject=node.id,
                message=finding.message, value=finding.value,
            )
        )  # fmt: skip


def _as_now_known(problem: Problem, node: KnownNode) -> Deviation:
    return Deviation(
        code=problem.code, severity="critical", operation=problem.operation, subject=node.id,
        message=f"As now known: {problem.message}",
    )  # fmt: skip


def _was_allowed(batch: Batch, world: World, node: KnownNode, problem: Problem, owner: Item, clock: Clock) -> bool:
    """Whether a historic record broke no rule as the records stood when it is said to have been made.

    So a ledger that took in a dose, and later the failed test that should have stopped it, can be imported again.
    """
    claimed = owner.record.recorded_at
    operation = owner.operation
    if not clock.is_historic or claimed is None or operation is None or problem.code in operation.despite:
        return False

    def was_recorded(item: Item) -> bool:
        return item.record.recorded_at is None or item.record.recorded_at.earliest_ms <= claimed.earliest_ms

    assert node.account is not None  # only courses have problems
    here = batch.operation_of
    events = [event for event in node.account.events if event.operation not in here]
    for number, (item, other) in enumerate(batch.operations):
        corrections = batch.corrections.get(other.id, ())
        if not was_recorded(item) or any(was_recorded(correction) for correction in corrections):
            continue
        for kind, key, event in events_of(other, number, creates=OPERATIONS[other.type].creates):
            if (kind, key) == (node.kind, node.key):
                for closing in batch.closings.get((other.id, None), ()):
                    event.end, event.is_open = (closing.end.earliest_ms, closing.end.latest_ms), False
                events.append(event)
    thing = Thing(kind=node.kind, key=node.key, expiry_date=node.values.get("expiry_date"))
    course = run_course(thing, Account(events=events), is_within=world.is_within)
    return all((each.operation, each.code) != (problem.operation, problem.code) for each in course.problems)


def _culprit(batch: Batch, world: World, node: KnownNode) -> Item:
    """The record of the request that changed the thing's account: the first that names it."""
    for item in batch.fresh:
        operations = [item.operation] if item.operation else []
        if isinstance(item.record, CorrectionRecord | ClosingRecord):
            known = world.operations.get(item.record.operation)
            operations += [known.record] if known else []
        for operation in operations:
            if any((end.kind, end.id) == (node.kind, node.key) for end in (*operation.inputs, *operation.outputs)):
                return item
    return batch.fresh[0]


def _forbid(batch: Batch, item: Item, problem: Problem, told: _Told, subject: str) -> None:
    """A forbidden thing: refused, or with ``despite`` a critical deviation."""
    operation = item.operation
    assert operation is not None  # only operations are told of
    told.codes[operation.id].add(problem.code)
    if problem.code in operation.despite:
        item.deviations.append(
            Deviation(
                code=problem.code, severity="critical", operation=operation.id, subject=subject, message=problem.message
            )
        )
    else:
        batch.refuse(
            item.record,
            problem.code,
            None,
            problem.message,
            f'{problem.remedy} If it happened, record it with "despite": ["{problem.code}"], reason and acknowledged_by.',
        )


def _check_voided(batch: Batch, world: World) -> None:
    """Voiding is refused where something that the operation created was used."""
    voided = [(items[0], world.operations[name].record) for name, items in batch.corrections.items()]
    for item, old in voided:
        if not OPERATIONS[old.type].creates:
            continue
        gone = {other.id for _, other in voided}
        for output in old.outputs:
            node = world.nodes.get((output.kind, output.id))
            if node is None or not node.is_void:
                continue
            users = {event.operation for event in node.account.events} if node.account else set()
            users |= world.users.get(node.id, set())
            users -= gone
            if users:
                batch.refuse(
                    item.record, "still_used", "replacement",
                    f"{node.id}, which {old.id} made, was used by {', '.join(sorted(users))}.",
                    "Restate it in the replacement, or correct those first.",
                )  # fmt: skip


def _check_rings(batch: Batch, world: World) -> None:
    """A correction may restate a thing out of others; none of them may come from it."""
    for items in batch.corrections.values():
        operation = items[0].operation
        if operation is None or not OPERATIONS[operation.type].creates:
            continue
        above = world.ancestors(f"{end.kind}:{end.id}" for end in operation.inputs)
        for number, output in enumerate(operation.outputs):
            if f"{output.kind}:{output.id}" in above:
                batch.refuse(
                    items[0].record, "cycle", f"replacement.outputs[{number}].id",
                    f"{output.id} would be made from what was made from it.", "Check which thing was made from which.",
                )  # fmt: skip


# -- other rules -----------------------------------------------------------------------------------------------------


def _check_positions(
    batch: Batch, world: World, courses: dict[NodeId, Course], owners: dict[str, Item], told: _Told
) -> None:
    """One storage cell holds one thing at a time."""
    stays: dict[str, list[tuple[int, int | None, str, str]]] = defaultdict(list)
    things = {node_id for cell in world.occupants for node_id in world.occupants[cell]}
    for node_id in {*courses, *things}:
        node = world.nodes.get(node_id)
        if node is None or node.is_void or node.account is None:
            continue
        course = courses.get(node_id) or _course(node, world)
        for stay in course.stays:
            position = world.node("StoragePosition", stay.position)
            if position is not None and position.values.get("level") == "cell":
                end = None if stay.end is None else stay.end[0]
                stays[stay.position].append((stay.start[1], end, stay.operation, node.id))
    for cell, held in stays.items():
        held.sort(key=lambda stay: (stay[0], stay[2]))
        for number, (start, end, operation, thing) in enumerate(held):
            for other_start, _, other_operation, other_thing in held[number + 1 :]:
                if other_operation == operation or (end is not None and other_start >= end):
                    continue
                late, early = (
                    (operation, other_operation)
                    if operation in owners and other_operation not in owners
                    else (other_operation, operation)
                )
                if late in owners:
                    problem = Problem(
                        late, "position_taken", f"{cell} still held {thing if late == other_operation else other_thing} ({early}).",
                        "Take that out first, or name another cell.", is_forbidden=True,
                    )  # fmt: skip
                    _forbid(batch, owners[late], problem, told, f"StoragePosition:{cell}")


def _check_people(
    item: Item,
    batch: Batch,
    world: World,
    operation: OperationRecord,
    told: _Told,
    keyed_digest: Callable[[str], str],
) -> None:
    if operation.type == "QC_RELEASE" and operation.reviewer == operation.operator:
        problem = Problem(
            operation.id, "reviewer_is_operator", f"{operation.id} was reviewed by its own operator.",
            "Name the person who reviewed it.", is_forbidden=True,
        )  # fmt: skip
        _forbid(batch, item, problem, told, f"Operation:{operation.id}")
    if operation.type != "ADMINISTERED":
        return
    for end in operation.inputs:
        for donor in sorted(world.donors_of(end.kind, end.id)):
            known = world.node("Donor", donor)
            if known is None or known.values.get("donor_relationship") != "autologous":
                continue
            for output in operation.outputs:
                if not _is_same_person(world, output.id, donor, keyed_digest):
                    problem = Problem(
                        operation.id, "wrong_person",
                        f"Chain of identity: {end.id} comes from the autologous donor {donor}, and {output.id} is not "
                        "recorded as the same person.",
                        "Check the label; if it is the same person, record same_person_as on the subject.",
                        is_forbidden=True,
                    )  # fmt: skip
                    _forbid(batch, item, problem, told, f"Subject:{output.id}")


def _is_same_person(world: World, subject: str, donor: str, keyed_digest: Callable[[str], str]) -> bool:
    node = world.node("Subject", subject)
    value = node.values.get("same_person_as") if node else None
    if isinstance(value, dict):
        return world.keyed_digests.get(value["sealed"]) == keyed_digest(donor)
    return value == donor


def _check_resources(item: Item, batch: Batch, world: World, operation: OperationRecord, told: _Told) -> None:
    """Reagents used before they were made or after they expired; machines that ran across a decontamination."""
    for number, use in enumerate(operation.uses):
        node = world.node(use.kind, use.id)
        if node is None:
            continue
        start = use.start or operation.start
        if node.made is not None and start.latest_ms < node.made[0]:
            batch.refuse(
                item.record, "before_made", f"uses[{number}].start",
                f"{use.id} did not exist yet when {operation.id} used it.", "Check the times of both operations.",
            )  # fmt: skip
        expiry = node.values.get("expiry_date")
        if use.kind == "Reagent" and isinstance(expiry, str):
            if start.earliest_ms >= day_end_ms(expiry, start.offset_minutes):
                problem = Problem(
                    operation.id, "expired", f"{use.id} expired on {expiry}, before {operation.id} used it.",
                    "Check the lot on the label.", is_forbidden=True,
                )  # fmt: skip
                _forbid(batch, item, problem, told, node.id)
        if use.kind == "Equipment" and node.account is not None:
            end = use.end if use.start is not None else operation.end
            for event in node.account.events:
                cleaned = event.end or event.start
                if event.type != "DECONTAMINATED" or event.operation == operation.id:
                    continue
                if (
                    start.latest_ms < cleaned[0]
                    and (end is None or cleaned[1] < end.earliest_ms)
                    and (end is not None or use.is_open or operation.is_open)
                ):
                    item.deviations.append(
                        Deviation(
                            code="run_across_decontamination", severity="major", operation=operation.id, subject=node.id,
                            message=f"{operation.id} ran in {use.id} across its decontamination {event.operation}.",
                        )
                    )  # fmt: skip


def _check_running(item: Item, world: World, operation: OperationRecord) -> None:
    for run in world.running.get(operation.id, ()):
        machine = operation.inputs[0]
        item.deviations.append(
            Deviation(
                code="run_across_decontamination", severity="major", operation=run, subject=f"{machine.kind}:{machine.id}",
                message=f"{run} ran in {machine.id} across its decontamination {operation.id}.",
            )
        )  # fmt: skip


def _check_despite(batch: Batch, told: _Told) -> None:
    for item, operation in batch.live:
        for code in operation.despite:
            if code not in told.codes[operation.id]:
                batch.warn(
                    item.record,
                    "despite_unneeded",
                    f"{operation.id} sets {code} aside, which nothing calls for.",
                    "despite",
                )


def _complete(batch: Batch, item: Item) -> None:
    """Completeness warnings: what is missing is never refused."""
    operation = item.operation
    if operation is None:
        return
    if operation.type == "QC_RELEASE":
        if not operation.outputs:
            batch.warn(item.record, "no_result", f"{operation.id} releases without a result.", "outputs")
        if operation.reviewer is None:
            batch.warn(item.record, "no_reviewer", f"{operation.id} names no reviewer.", "reviewer")
    if operation.type == "STORAGE_IN":
        for end in operation.inputs:
            if (end.kind, end.id) not in batch.stored:
                batch.warn(
                    item.record, "no_stay", f"{operation.id} hands {end.id} over, and no STORED says where it stands."
                )
    for name, choices, value in _open_choices(operation):
        if value not in choices:
            batch.warn(item.record, "unknown_choice", f"{name} has a value that is not among the known ones.", name)


def _open_choices(operation: OperationRecord) -> Iterator[tuple[str, tuple[str, ...], object]]:
    for name, value in operation.values.items():
        declared = OPERATIONS[operation.type].fields[name]
        if declared.choices and not declared.closed:
            for one in value if declared.many else [value]:
                yield f"data.{name}", declared.choices, one
