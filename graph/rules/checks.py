"""The rules beside a thing's own course: voiding, rings, identity, people, resources, completeness."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from graph.errors import Deviation
from graph.records import AmendmentRecord, NodeRecord, OperationRecord, ResourceUse
from graph.rules.account import Event
from graph.rules.batch import Item
from graph.rules.course import Problem
from graph.rules.departures import ACROSS, EXPIRED_USED, OWN_REVIEW, WRONG_PERSON
from graph.rules.hearing import Hearing
from graph.rules.world import KnownNode, NodeId
from graph.saying import said
from graph.times import day_end_ms
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
                    items[0].record,
                    "still_used",
                    "replacement",
                    said(
                        "{thing}, which {operation} made, was used by {users}.",
                        thing=node.id,
                        operation=old.id,
                        users=", ".join(sorted(users)),
                    ),
                    said("Restate it in the replacement, or correct those first."),
                )


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
                    items[0].record,
                    "cycle",
                    f"replacement.outputs[{number}].id",
                    said("{thing} would be made from what was made from it.", thing=output.id),
                    said("Check which thing was made from which."),
                )


def check_places(hearing: Hearing) -> None:
    """No position stands in itself, at any time at which one of those above it is moved."""
    times: list[int] | None = None
    for item in hearing.batch.fresh:
        for position, member in _placed(item):
            times = _times_of_moves(hearing) if times is None else times
            if _stands_in_itself(hearing, position, times):
                hearing.batch.refuse(
                    item.record,
                    "cycle",
                    member,
                    said("{thing} would stand in itself.", thing=f"StoragePosition:{position}"),
                    said("Check which position stands in which."),
                )


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
            operation.id,
            "reviewer_is_operator",
            said(OWN_REVIEW, operation=operation.id),
            said("Name the person who reviewed it."),
            is_forbidden=True,
        )
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
                item.record,
                "identity_unchecked",
                said(
                    "{lot} is autologous, and whether {subject} is its donor is sealed elsewhere: not checked.",
                    lot=lot,
                    subject=output.id,
                ),
                f"outputs[{number}].id",
            )
            continue
        problem = Problem(
            operation.id,
            "wrong_person",
            said(
                WRONG_PERSON,
                lot=lot,
                donor=donor,
                output=output.id,
            ),
            said("Check the label; if it is the same person, record same_person_as on the subject."),
            is_forbidden=True,
        )
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
                operation.id,
                "before_made",
                said("{thing} did not exist yet when {operation} used it.", thing=use.id, operation=operation.id),
                said("Check the times of both operations."),
            )
            hearing.refuse(item, problem, f"uses[{number}].id")
        expiry = node.values.get("expiry_date")
        if isinstance(expiry, str) and start.earliest_ms >= day_end_ms(expiry, start.offset_minutes):
            problem = Problem(
                operation.id,
                "expired",
                said(
                    EXPIRED_USED,
                    thing=use.id,
                    expiry=expiry,
                    operation=operation.id,
                ),
                said("Check the lot on the label."),
                is_forbidden=True,
            )
            about = [(use.kind, use.id)]
            hearing.forbid(item, problem, subject=node.id, member=f"uses[{number}].id", about=about)
        if use.kind == "Equipment":
            for cleaning in _cut_by(hearing, node, operation, use):
                item.deviations.append(_across(operation.id, node, cleaning.operation))


def _cut_by(hearing: Hearing, machine: KnownNode, operation: OperationRecord, use: ResourceUse) -> Iterator[Event]:
    """The decontaminations before which a run certainly began and after which it went on."""
    start = use.start or operation.start
    end = use.end if use.start is not None else operation.end
    is_open = use.is_open if use.start is not None else operation.is_open
    if end is None and not is_open:
        return
    cleanings = hearing.cleanings(machine)
    first = bisect_right(cleanings, start.latest_ms, key=lambda cleaning: cleaning[0])
    for cleaned_ms, _, cleaning in islice(cleanings, first, None):
        if end is not None and cleaned_ms >= end.earliest_ms:
            return
        if end is None or (cleaning.end or cleaning.start)[1] < end.earliest_ms:
            yield cleaning


def check_running(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    """Runs recorded before that a decontamination of this request cuts in two."""
    for end in operation.inputs:
        for run in hearing.world.running.get((operation.id, end.id), ()):
            node = hearing.world.node(end.kind, end.id)
            if node is not None and run not in hearing.batch.corrections:
                item.deviations.append(_across(run, node, operation.id))


def _across(run: str, machine: KnownNode, cleaning: str) -> Deviation:
    return Deviation(
        code="run_across_decontamination",
        severity="major",
        operation=run,
        subject=machine.id,
        message=said(
            ACROSS,
            run=run,
            machine=machine.key,
            cleaning=cleaning,
        ),
    )


# -- what is only said -------------------------------------------------------------------------------------------------


def check_despite(hearing: Hearing) -> None:
    """Warns of rules that were set aside for nothing."""
    if hearing.batch.violations:
        return  # what calls for it may not have been looked at
    for item, operation in hearing.batch.live:
        for code in operation.despite:
            if code not in hearing.codes[operation.id]:
                message = said(
                    "{operation} sets {code} aside, which nothing calls for.", operation=operation.id, code=code
                )
                hearing.batch.warn(item.record, "despite_unneeded", message, "despite")


def complete(hearing: Hearing, item: Item) -> None:
    """Completeness warnings, and words that are not among the known ones: neither is refused."""
    batch, operation = hearing.batch, item.operation
    for member, field, value in _chosen(item):
        for one in value if field.many else [value]:
            if isinstance(one, str) and one not in field.choices:
                message = said("{member} has a value that is not among the known ones.", member=member)
                batch.warn(item.record, "unknown_choice", message, member)
    if operation is None:
        return
    if operation.type == "QC_RELEASE":
        _complete_release(hearing, item, operation)
    if operation.type == "STORAGE_IN":
        for number, end in enumerate(operation.inputs):
            if not _has_stay(hearing, (end.kind, end.id)):
                message = said(
                    "{operation} hands {thing} over, and no STORED says where it stands.",
                    operation=operation.id,
                    thing=end.id,
                )
                batch.warn(item.record, "no_stay", message, f"inputs[{number}].id")


def _complete_release(hearing: Hearing, item: Item, operation: OperationRecord) -> None:
    warn, verdict = hearing.batch.warn, operation.values.get("test_conclusion")
    if not operation.outputs:
        warn(
            item.record, "no_result", said("{operation} releases without a result.", operation=operation.id), "outputs"
        )
    if operation.reviewer is None:
        warn(item.record, "no_reviewer", said("{operation} names no reviewer.", operation=operation.id), "reviewer")
    if verdict is None:
        message = said("{operation} gives no conclusion: no disposition changes.", operation=operation.id)
        warn(item.record, "no_conclusion", message, "data.test_conclusion")
    if verdict == "conditional" and "open_tests" not in operation.values:
        warn(
            item.record,
            "no_open_tests",
            said("{operation} releases conditionally and names no open test.", operation=operation.id),
            "data",
        )


def _has_stay(hearing: Hearing, thing: NodeId) -> bool:
    node = hearing.world.nodes.get(thing)
    is_stored = node is not None and node.account is not None and any(e.type == "STORED" for e in node.account.events)
    return is_stored or thing in hearing.batch.stored


def _chosen(item: Item) -> Iterator[tuple[str, Field, Any]]:
    """(member, declared field, value) of each value that the record gives where known ones are offered."""
    record, operation = item.record, item.operation
    if operation is not None:
        yield from _chosen_in(operation)
    elif isinstance(record, NodeRecord | AmendmentRecord):
        yield from _offered(_OF_KIND[record.kind], record.values, "data.")


def _chosen_in(operation: OperationRecord) -> Iterator[tuple[str, Field, Any]]:
    yield from _offered(_OF_OPERATION[operation.type], operation.values, "data.")
    for side, ends in (("inputs", operation.inputs), ("outputs", operation.outputs)):
        for number, end in enumerate(ends):
            if end.unit is not None:
                yield from _offered(_OF_END, {"unit": end.unit}, f"{side}[{number}].")
    for number, output in enumerate(operation.outputs):
        yield from _offered(_OF_KIND[output.kind], output.values, f"outputs[{number}].data.")
    for number, use in enumerate(operation.uses):
        yield from _offered(_OF_USE[use.kind], use.values, f"uses[{number}].data.")


def _offered(fields: Mapping[str, Field], values: Mapping[str, Any], where: str) -> Iterator[tuple[str, Field, Any]]:
    for name, field in fields.items():
        if values.get(name) is not None:
            yield f"{where}{name}", field, values[name]


def _with_open_choices(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields whose known values are offered, and to which others may be given."""
    return {name: field for name, field in fields.items() if field.choices and not field.closed}


_OF_KIND = {name: _with_open_choices(kind.fields) for name, kind in KINDS.items()}
_OF_OPERATION = {name: _with_open_choices(operation.fields) for name, operation in OPERATIONS.items()}
_OF_USE = {name: _with_open_choices(use.fields) for name, use in USES.items()}
_OF_END = _with_open_choices(MEMBERS["inputs"].fields)
