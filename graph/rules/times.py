"""Rules of time that need the clock and the record alone."""

from __future__ import annotations

from collections.abc import Iterator

from graph.records import ClosingRecord
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.saying import said
from graph.times import Moment, render

__all__ = ["check_times"]


def _times(item: Item) -> Iterator[tuple[str, Moment]]:
    """(member, time) of every event that the record tells of."""
    if isinstance(item.record, ClosingRecord):
        yield "end", item.record.end
    operation = item.operation
    if operation is None:
        return
    yield "start", operation.start
    if operation.end is not None:
        yield "end", operation.end
    for number, use in enumerate(operation.uses):
        if use.start is not None:
            yield f"uses[{number}].start", use.start
        if use.end is not None:
            yield f"uses[{number}].end", use.end


def _is_in_order(item: Item, clock: Clock) -> bool:
    """Whether there is nothing to say of the record's times, as of nearly all: asked without naming any of them."""
    claimed = item.record.recorded_at
    if claimed is None:
        last = clock.now_ms
    elif clock.is_historic:
        last = min(clock.now_ms, claimed.earliest_ms)
    else:
        return False
    if claimed is not None and claimed.earliest_ms > clock.now_ms:
        return False
    return all(moment.earliest_ms <= last for moment in _moments(item))


def _moments(item: Item) -> Iterator[Moment]:
    """As ``_times``, without the members."""
    if isinstance(item.record, ClosingRecord):
        yield item.record.end
    operation = item.operation
    if operation is None:
        return
    yield operation.start
    if operation.end is not None:
        yield operation.end
    for use in operation.uses:
        if use.start is not None:
            yield use.start
        if use.end is not None:
            yield use.end


def check_times(batch: Batch, clock: Clock) -> None:
    """No event after the ledger's clock; a claimed recorded time only where allowed, not in the future, not too early."""
    for item in batch.fresh:
        record = item.record
        if _is_in_order(item, clock):
            continue
        times = list(_times(item))
        for member, moment in times:
            if moment.earliest_ms > clock.now_ms:
                batch.refuse(
                    record,
                    "in_the_future",
                    member,
                    said(
                        "{member} lies after the ledger's clock ({clock}).",
                        member=member,
                        clock=render(clock.now_ms, moment.offset_minutes),
                    ),
                    said("Record it when it has happened."),
                )
        claimed = record.recorded_at
        if claimed is None:
            continue
        if not clock.is_historic:
            batch.refuse(
                record, "recorded_at", "recorded_at", said("recorded_at is accepted only from a historic import."),
                said("Leave it out, or import with --historic (role data manager)."),
            )  # fmt: skip
        elif claimed.earliest_ms > clock.now_ms:
            batch.refuse(
                record, "recorded_at", "recorded_at", said("recorded_at lies in the future."), said("Check the year.")
            )
        else:
            for member, moment in times:
                if moment.earliest_ms > claimed.earliest_ms:
                    batch.refuse(
                        record,
                        "recorded_at",
                        "recorded_at",
                        said("recorded_at is before {member}: nothing is recorded before it happens.", member=member),
                        said("Check both times."),
                    )
