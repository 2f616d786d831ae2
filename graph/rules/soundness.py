"""The part of a faulty request that can still be judged, so that all its violations are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from graph.records import AmendmentRecord, ClosingRecord, CorrectionRecord, NodeRecord, OperationRecord
from graph.rules.batch import Batch, Item
from graph.rules.world import NodeId, World
from graph.vocabulary import OPERATIONS

__all__ = ["sound_part"]


def sound_part(batch: Batch, world: World) -> tuple[Batch, frozenset[NodeId]]:
    """The records without a fault that need none with one; and the things of which nothing can be said.

    Those are what the other records name: an unread release makes a lot seem unreleased.
    """
    faulty = {id(item) for item in batch.fresh if id(item.record) in batch.refused}
    while True:
        made = _made(batch, faulty)
        missing = made[True] - made[False] - world.nodes.keys()
        known = made[False] | world.nodes.keys()
        gone = {operation.id for item, operation in batch.operations if id(item) in faulty}
        more = {
            id(item)
            for item in batch.fresh
            if id(item) not in faulty and (_needs(batch, item, missing, known) or _mends(item) in gone | batch.unread)
        }
        if not more:
            break
        faulty |= more
    doubtful = {thing for item in batch.fresh if id(item) in faulty for thing in _named(item, world)}
    sound = [item for item in batch.fresh if id(item) not in faulty]
    part = Batch(items=sound, violations=batch.violations, warnings=batch.warnings, unread=batch.unread)
    return part, frozenset(doubtful)


def _made(batch: Batch, faulty: set[int]) -> dict[bool, set[NodeId]]:
    """What the request makes: by a faulty record or not."""
    made: dict[bool, set[NodeId]] = {True: set(), False: set()}
    for item in batch.fresh:
        made[id(item) in faulty].update(_makes(item))
    return made


def _makes(item: Item) -> Iterator[NodeId]:
    if isinstance(item.record, NodeRecord):
        yield item.record.kind, item.record.id
    operation = item.operation
    if operation is not None and OPERATIONS[operation.type].creates:
        yield from ((output.kind, output.id) for output in operation.outputs)


def _needs(batch: Batch, item: Item, missing: set[NodeId], known: AbstractSet[NodeId]) -> bool:
    """Whether the record takes effect on something that will not be there: a faulty record makes it, or an unread one."""
    record = item.record
    needed = [(record.kind, record.id_of)] if isinstance(record, AmendmentRecord) else []
    if item.operation is not None:
        needed += item.operation.involved
    return any(each in missing or (each[1] in batch.unread and each not in known) for each in needed)


def _mends(item: Item) -> str | None:
    """The operation that the record ends or corrects."""
    record = item.record
    return record.operation if isinstance(record, ClosingRecord | CorrectionRecord) else None


def _named(item: Item, world: World) -> Iterator[NodeId]:
    record = item.record
    if isinstance(record, NodeRecord | AmendmentRecord):
        kind, _, key = record.target.partition(":")
        yield kind, key
    operations: list[OperationRecord] = [item.operation] if item.operation is not None else []
    known = world.operations.get(_mends(item) or "")
    operations += [known.record] if known is not None else []
    for operation in operations:
        yield from operation.involved
