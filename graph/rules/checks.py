"""The rules beside a thing's own course: voiding, rings, identity, people, resources, completeness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph.errors import Deviation
from graph.records import NodeRecord, OperationRecord, ResourceUse
from graph.rules.account import Event
from graph.rules.batch import Item
from graph.rules.course import Problem
from graph.rules.hearing import Hearing
from graph.rules.world import KnownNode, NodeId
from graph.times import Moment, day_end_ms
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field

__all__ = [
    "check_despite",
    "check_people",
    "check_places",
    "check_resources",
    "check_rings",
    "check_running",
    "check_voided",
    "complete",
]

_ALWAYS = -(2**62)  # before any time
_EVER = 2**62  # after any time


# -- voiding and rings -------------------------------------------------------------------------------------------------


def check_voided(hearing: Hearing) -> None:
    """Voiding is refused where something that the operation created was used."""
    world, corrections = hearing.world, hearing.batch.corrections
    if not corrections:
        return
    used_here: dict[NodeId, set[str]] = {}
    for _, operation in hearing.batch.live:
        for use in operation.uses:
            used_here.setdefault((use.kind, use.id), set()).add(operation.id)
    for name, items in corrections.items():
        old = world.operations[name].record
        for output in old.outputs if OPERATIONS[old.type].creates else ():
            node = world.nodes.get((output.kind, output.id))
            if node is None or not node.is_void:
                continue
            users = {event.operation for event in node.account.events} if node.account else set()
            users |= world.users.get(node.id, set()) | used_here.get((node.kind, node.key), set())
            users -= corrections.keys()
            if users:
                hearing.batch.refuse(
                    items[0].record, "still_used", "replacement",
                    f"{node.id}, which {old.id} made, was used by {', '.join(sorted(users))}.",
                    "Restate it in the replacement, or correct those first.",
                )  # fmt: skip


def check_rings(hearing: Hearing) -> None:
    """A correction may restate a thing out of others; none of them may come from it."""
    for items in hearing.batch.corrections.values():
        operation = items[0].operation
        if operation is None or not OPERATIONS[operation.type].creates:
            continue
        above = hearing.world.ancestors(f"{end.kind}:{end.id}" for end in operation.inputs)
        for number, output in enumerate(operation.outputs):
            if f"{output.kind}:{output.id}" in above:
                hearing.batch.refuse(
                    items[0].record, "cycle", f"replacement.outputs[{number}].id",
                    f"{output.id} would be made from what was made from it.", "Check which thing was made from which.",
                )  # fmt: skip


def check_places(hearing: Hearing) -> None:
    """No position stands in itself, at any time at which one of those above it is moved."""
    times: list[int] | None = None
    for item in hearing.batch.fresh:
        for position, member in _placed(item):
            times = _times_of_moves(hearing) if times is None else times
            if _stands_in_itself(hearing, position, times):
                hearing.batch.refuse(
                    item.record, "cycle", member, f"StoragePosition:{position} would stand in itself.",
                    "Check which position stands in which.",
                )  # fmt: skip


def _placed(item: Item) -> Iterator[tuple[str, str]]:
    """(position, member) of each position that the record puts somewhere."""
    operation = item.operation
    if operation is not None and operation.type == "MOVED":
        yield from ((end.id, f"inputs[{number}].id") for number, end in enumerate(operation.inputs))
    record = item.record
    if getattr(record, "kind", None) == "StoragePosition" and getattr(record, "values", {}).get("parent") is not None:
        yield (record.id if isinstance(record, NodeRecord) else record.target.partition(":")[2]), "data.parent"


def _times_of_moves(hearing: Hearing) -> list[int]:
    """The times between which no position is moved."""
    times = {_ALWAYS, _EVER}
    for known in hearing.world.accounted():
        if known.kind == "StoragePosition" and known.account is not None:
            times |= {event.start[0] for event in known.account.events}
    return sorted(times)


def _stands_in_itself(hearing: Hearing, position: str, times: list[int]) -> bool:
    world = hearing.world
    for at_ms in times:
        highest = world.above(position, at_ms)[-1]
        if world.parent_of(highest, at_ms) == position:
            return True
    return False


# -- people ------------------------------------------------------------------------------------------------------------


def check_people(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    """A release is not reviewed by its operator; an autologous lot is given to its donor only."""
    if operation.type == "QC_RELEASE" and operation.reviewer == operation.operator:
        problem = Problem(
            operation.id, "reviewer_is_operator", f"{operation.id} was reviewed by its own operator.",
            "Name the person who reviewed it.", is_forbidden=True,
        )  # fmt: skip
        hearing.forbid(item, problem, subject=f"Operation:{operation.id}", member="reviewer")
    if operation.type == "ADMINISTERED":
        for end in operation.inputs:
            lineage = hearing.world.ancestors([f"{end.kind}:{end.id}"])
            about = [(kind, key) for kind, _, key in (thing.partition(":") for thing in sorted(lineage))]
            for donor in (key for kind, key in about if kind == "Donor"):
                known = hearing.world.node("Donor", donor)
                if known is not None and known.values.get("donor_relationship") == "autologous":
                    _check_identity(hearing, item, operation, end.id, donor, about)


def _check_identity(
    hearing: Hearing, item: Item, operation: OperationRecord, lot: str, donor: str, about: list[NodeId]
) -> None:
    for number, output in enumerate(operation.outputs):
        is_same = _is_same_person(hearing, output.id, donor)
        things = [*about, (output.kind, output.id)]
        if is_same or hearing.is_doubtful(things):
            continue
        if is_same is None and hearing.clock.is_historic:
            hearing.batch.warn(
                item.record, "identity_unchecked",
                f"{lot} is autologous, and whether {output.id} is its donor is sealed elsewhere: not checked.",
                f"outputs[{number}].id",
            )  # fmt: skip
            continue
        problem = Problem(
            operation.id, "wrong_person",
            f"Chain of identity: {lot} comes from the autologous donor {donor}, and {output.id} is not recorded as the "
            "same person.",
            "Check the label; if it is the same person, record same_person_as on the subject.", is_forbidden=True,
        )  # fmt: skip
        hearing.forbid(item, problem, subject=f"Subject:{output.id}", member=f"outputs[{number}].id", about=things)


def _is_same_person(hearing: Hearing, subject: str, donor: str) -> bool | None:
    """None where the subject's value was sealed in another store, and its digest alone was taken over."""
    node = hearing.world.node("Subject", subject)
    value = node.values.get("same_person_as") if node else None
    if not isinstance(value, Mapping):
        return bool(value == donor)
    keyed = hearing.world.keyed_digests.get(value["sealed"])
    return None if keyed is None else keyed == hearing.keyed_digest(donor)


# -- reagents and machines ---------------------------------------------------------------------------------------------


def check_resources(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    """Reagents used before they were made or after they expired; machines that ran across a decontamination."""
    for number, use in enumerate(operation.uses):
        node = hearing.world.node(use.kind, use.id)
        if node is None or hearing.is_doubtful([(use.kind, use.id)]):
            continue
        start = use.start or operation.start
        if node.made is not None and start.latest_ms < node.made[0]:
            problem = Problem(
                operation.id, "before_made", f"{use.id} did not exist yet when {operation.id} used it.",
                "Check the times of both operations.",
            )  # fmt: skip
            hearing.refuse(item, problem, f"uses[{number}].id")
        expiry = node.values.get("expiry_date")
        if isinstance(expiry, str) and start.earliest_ms >= day_end_ms(expiry, start.offset_minutes):
            problem = Problem(
                operation.id, "expired", f"{use.id} expired on {expiry}, before {operation.id} used it.",
                "Check the lot on the label.", is_forbidden=True,
            )  # fmt: skip
            about = [(use.kind, use.id)]
            hearing.forbid(item, problem, subject=node.id, member=f"uses[{number}].id", about=about)
        if use.kind == "Equipment" and node.account is not None:
            for event in node.account.events:
                if event.type == "DECONTAMINATED" and _runs_across(operation, use, start, event):
                    item.deviations.append(_across(operation.id, node, event.operation))


def _runs_across(operation: OperationRecord, use: ResourceUse, start: Moment, cleaning: Event) -> bool:
    """Whether a run certainly began before a decontamination and went on after it."""
    end = use.end if use.start is not None else operation.end
    is_open = use.is_open if use.start is not None else operation.is_open
    cleaned = cleaning.end or cleaning.start
    if start.latest_ms >= cleaned[0]:
        return False
    return is_open if end is None else cleaned[1] < end.earliest_ms


def check_running(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    """Runs recorded before that a decontamination of this request cuts in two."""
    for end in operation.inputs:
        for run in hearing.world.running.get((operation.id, end.id), ()):
            node = hearing.world.node(end.kind, end.id)
            if node is not None and run not in hearing.batch.corrections:
                item.deviations.append(_across(run, node, operation.id))


def _across(run: str, machine: KnownNode, cleaning: str) -> Deviation:
    return Deviation(
        code="run_across_decontamination", severity="major", operation=run, subject=machine.id,
        message=f"{run} ran in {machine.key} across its decontamination {cleaning}.",
    )  # fmt: skip


# -- what is only said -------------------------------------------------------------------------------------------------


def check_despite(hearing: Hearing) -> None:
    """Warns of rules that were set aside for nothing."""
    if hearing.batch.violations:
        return  # what calls for it may not have been looked at
    for item, operation in hearing.batch.live:
        for code in operation.despite:
            if code not in hearing.codes[operation.id]:
                message = f"{operation.id} sets {code} aside, which nothing calls for."
                hearing.batch.warn(item.record, "despite_unneeded", message, "despite")


def complete(hearing: Hearing, item: Item) -> None:
    """Completeness warnings, and words that are not among the known ones: neither is refused."""
    batch, operation = hearing.batch, item.operation
    for member, field, value in _told(item):
        if field.choices and not field.closed:
            for one in value if field.many else [value]:
                if isinstance(one, str) and one not in field.choices:
                    message = f"{member} has a value that is not among the known ones."
                    batch.warn(item.record, "unknown_choice", message, member)
    if operation is None:
        return
    if operation.type == "QC_RELEASE":
        _complete_release(hearing, item, operation)
    if operation.type == "STORAGE_IN":
        for number, end in enumerate(operation.inputs):
            if not _has_stay(hearing, (end.kind, end.id)):
                message = f"{operation.id} hands {end.id} over, and no STORED says where it stands."
                batch.warn(item.record, "no_stay", message, f"inputs[{number}].id")


def _complete_release(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    warn, verdict = hearing.batch.warn, operation.values.get("test_conclusion")
    if not operation.outputs:
        warn(item.record, "no_result", f"{operation.id} releases without a result.", "outputs")
    if operation.reviewer is None:
        warn(item.record, "no_reviewer", f"{operation.id} names no reviewer.", "reviewer")
    if verdict is None:
        message = f"{operation.id} gives no conclusion: no disposition changes."
        warn(item.record, "no_conclusion", message, "data.test_conclusion")
    if verdict == "conditional" and "open_tests" not in operation.values:
        warn(item.record, "no_open_tests", f"{operation.id} releases conditionally and names no open test.", "data")


def _has_stay(hearing: Hearing, thing: NodeId) -> bool:
    node = hearing.world.nodes.get(thing)
    is_stored = node is not None and node.account is not None and any(e.type == "STORED" for e in node.account.events)
    return is_stored or thing in hearing.batch.stored


def _told(item: Item) -> Iterator[tuple[str, Field, Any]]:
    """(member, declared field, value) of each value that the record gives."""
    record, operation = item.record, item.operation
    if operation is None:
        fields = KINDS[record.kind].fields if hasattr(record, "kind") else {}
        for name, value in getattr(record, "values", {}).items():
            if name in fields and value is not None:
                yield f"data.{name}", fields[name], value
        return
    for name, value in operation.values.items():
        yield f"data.{name}", OPERATIONS[operation.type].fields[name], value
    unit = MEMBERS["inputs"].fields["unit"]
    for side, ends in (("inputs", operation.inputs), ("outputs", operation.outputs)):
        for number, end in enumerate(ends):
            if end.unit is not None:
                yield f"{side}[{number}].unit", unit, end.unit
    for number, output in enumerate(operation.outputs):
        for name, value in output.values.items():
            yield f"outputs[{number}].data.{name}", KINDS[output.kind].fields[name], value
    for number, use in enumerate(operation.uses):
        for name, value in use.values.items():
            yield f"uses[{number}].data.{name}", USES[use.kind].fields[name], value
