"""A request under judgement: its records, what came of each, and the order in which they take effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from graph.errors import Deviation, Violation, Warned
from graph.records import AmendmentRecord, ClosingRecord, CorrectionRecord, OperationRecord, Record
from graph.vocabulary import OPERATIONS

__all__ = ["Batch", "Item"]

_NOW = 2**62  # later than any claim


@dataclass(slots=True)
class Item:
    """One record of the request. ``is_unchanged``: it was applied before, and is a no-op now."""

    record: Record
    is_unchanged: bool = False
    deviations: list[Deviation] = field(default_factory=list)
    claimed_ms: int | None = None  # when it is said to have been recorded; None: now

    def __post_init__(self) -> None:
        if self.claimed_ms is None and self.record.recorded_at is not None:
            self.claimed_ms = self.record.recorded_at.earliest_ms

    @property
    def operation(self) -> OperationRecord | None:
        """The operation that the record puts into effect, if any."""
        if isinstance(self.record, OperationRecord):
            return self.record
        return self.record.replacement if isinstance(self.record, CorrectionRecord) else None


@dataclass
class Batch:
    """The request. Everything found is gathered here; nothing is raised.

    The looked-up lists are made once, after it is known which records are new.
    """

    items: list[Item]
    violations: list[Violation] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    unread: frozenset[str] = frozenset()  # keys that records name which could not be read
    refused: set[int] = field(default_factory=set)  # ids (in memory) of the records that were refused

    @cached_property
    def fresh(self) -> list[Item]:
        return [item for item in self.items if not item.is_unchanged]

    @cached_property
    def operations(self) -> list[tuple[Item, OperationRecord]]:
        return [(item, operation) for item in self.fresh if (operation := item.operation) is not None]

    @cached_property
    def operation_of(self) -> dict[str, tuple[Item, OperationRecord]]:
        return {operation.id: (item, operation) for item, operation in self.operations}

    @cached_property
    def corrections(self) -> dict[str, list[Item]]:
        """The records of the request that correct an operation, wherever that is recorded."""
        found: dict[str, list[Item]] = {}
        for item in self.fresh:
            if isinstance(item.record, CorrectionRecord):
                found.setdefault(item.record.operation, []).append(item)
        return found

    @cached_property
    def closings(self) -> dict[tuple[str, str | None], list[ClosingRecord]]:
        found: dict[tuple[str, str | None], list[ClosingRecord]] = {}
        for item in self.fresh:
            if isinstance(item.record, ClosingRecord):
                found.setdefault((item.record.operation, item.record.use), []).append(item.record)
        return found

    @cached_property
    def live(self) -> list[tuple[Item, OperationRecord]]:
        """The operations that stand when the whole request is applied."""
        return [(item, operation) for item, operation in self.operations if operation.id not in self.corrections]

    @cached_property
    def late(self) -> list[Item]:
        """Amendments and closings, which take effect after all else: the last recorded last."""
        found = [item for item in self.fresh if isinstance(item.record, AmendmentRecord | ClosingRecord)]
        return sorted(found, key=lambda item: _NOW if item.claimed_ms is None else item.claimed_ms)

    @cached_property
    def stored(self) -> set[tuple[str, str]]:
        """What the request puts into a place."""
        return {
            (end.kind, end.id)
            for _, operation in self.operations
            if operation.type == "STORED"
            for end in operation.inputs
        }

    @cached_property
    def makers(self) -> dict[tuple[str, str], Item]:
        """Which record of the request makes a thing; the first where two claim it, a corrected one only if no other."""
        found: dict[tuple[str, str], Item] = {}
        for item, operation in sorted(self.operations, key=lambda pair: pair[1].id in self.corrections):
            if OPERATIONS[operation.type].creates:
                for output in operation.outputs:
                    found.setdefault((output.kind, output.id), item)
        return found

    def refuse(self, record: Record, code: str, member: str | None, message: str, remedy: str) -> None:
        violation = Violation(
            code=code, message=message, remedy=remedy, record=record.id, member=member, place=record.place
        )
        self.refused.add(id(record))
        if violation not in self.violations[-50:]:  # one fault, told once for each record
            self.violations.append(violation)

    def warn(self, record: Record, code: str, message: str, member: str | None = None) -> None:
        self.warnings.append(Warned(code=code, message=message, record=record.id, member=member, place=record.place))
