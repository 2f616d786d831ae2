"""The request under judgement, with what all checks share: who is told what, and what a rule broken leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from graph.errors import Deviation
from graph.records import AmendmentRecord, ClosingRecord, CorrectionRecord, OperationRecord
from graph.rules.account import Event
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.departures import NOW_KNOWN
from graph.rules.parcels import Problem
from graph.rules.world import KnownNode, NodeId, World
from graph.saying import said

__all__ = ["Hearing"]


@dataclass(slots=True)
class Hearing:
    """``doubtful``: things that refused or unread records name; nothing can be said of them, so nothing is."""

    batch: Batch
    world: World
    clock: Clock
    keyed_digest: Callable[[str], str]
    doubtful: frozenset[NodeId] = frozenset()
    owners: dict[str, Item] = field(default_factory=dict)  # operation -> the record that puts it into effect
    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # forbidden, by operation
    _cleanings: dict[NodeId, list[tuple[int, int, Event]]] = field(default_factory=dict)

    def cleanings(self, machine: KnownNode) -> list[tuple[int, int, Event]]:
        """The decontaminations of a machine, each with its start and entry, in the order of these."""
        node_id = (machine.kind, machine.key)
        if (found := self._cleanings.get(node_id)) is None:
            events = machine.account.events if machine.account is not None else ()
            cleaned = (event for event in events if event.type == "DECONTAMINATED")
            found = [((event.end or event.start)[0], event.seq, event) for event in cleaned]
            found.sort(key=lambda cleaning: cleaning[:2])
            self._cleanings[node_id] = found
        return found

    def is_doubtful(self, things: Collection[NodeId]) -> bool:
        """Whether one of these things is named by a record that could not be taken in."""
        if not self.doubtful and not self.batch.unread:
            return False
        return any(thing in self.doubtful or thing[1] in self.batch.unread for thing in things)

    # -- what a broken rule leads to -------------------------------------------------------------------------------

    def refuse(self, item: Item, problem: Problem, member: str) -> None:
        remedy = problem.remedy
        if problem.is_forbidden:
            remedy = said(
                '{remedy} If it happened, record it with "despite": ["{code}"], reason and acknowledged_by.',
                remedy=problem.remedy,
                code=problem.code,
            )
        self.batch.refuse(item.record, problem.code, _path(item, member), problem.message, remedy)

    def forbid(
        self, item: Item, problem: Problem, *, subject: str, member: str, about: Collection[NodeId] = ()
    ) -> None:
        """A forbidden thing: refused; a critical deviation with ``despite``, or where it was not to be known then.

        ``about``: the things whose records decide it.
        """
        self.codes[problem.operation].add(problem.code)
        operation = item.operation
        if operation is not None and problem.code in operation.despite:
            item.deviations.append(_critical(problem, subject, problem.message))
        elif self.was_learnt_later(item, about):
            self.tell_as_now_known(item, problem, subject)
        else:
            self.refuse(item, problem, member)

    @staticmethod
    def tell_as_now_known(item: Item, problem: Problem, subject: str) -> None:
        """It happened, and only later records make it forbidden."""
        item.deviations.append(_critical(problem, subject, said(NOW_KNOWN, problem=problem.message)))

    def was_learnt_later(self, item: Item, about: Collection[NodeId]) -> bool:
        """Whether a historic record was made before something in the request that amends or corrects these things.

        So a ledger that took in a dose, and later the amendment that would have forbidden it, can be imported again.
        """
        claimed = item.record.recorded_at
        if not self.clock.is_historic or claimed is None or not about:
            return False
        return any(
            other.record.recorded_at is not None
            and other.record.recorded_at.earliest_ms > claimed.earliest_ms
            and not set(about).isdisjoint(self._mended(other))
            for other in self.batch.fresh
        )

    def _mended(self, item: Item) -> Iterator[NodeId]:
        if isinstance(item.record, AmendmentRecord):
            yield item.record.kind, item.record.id_of
        elif isinstance(item.record, CorrectionRecord):
            for operation in self.operations_of(item):
                yield from operation.handled

    # -- who is told -----------------------------------------------------------------------------------------------

    def operations_of(self, item: Item) -> list[OperationRecord]:
        """The operations that a record puts into effect, ends or voids."""
        operations = [item.operation] if item.operation is not None else []
        if isinstance(item.record, CorrectionRecord | ClosingRecord):
            known = self.world.operations.get(item.record.operation)
            operations += [known.record] if known is not None else []
        return operations

    def culprit(self, node: KnownNode) -> Item:
        """The record of the request that changed what is known of a thing: the first that names it."""
        for item in self.batch.fresh:
            if isinstance(item.record, AmendmentRecord) and item.record.target == node.id:
                return item
            if any((node.kind, node.key) in operation.handled for operation in self.operations_of(item)):
                return item
        return self.batch.fresh[0]


def _critical(problem: Problem, subject: str, message: str) -> Deviation:
    return Deviation(
        code=problem.code, severity="critical", operation=problem.operation, subject=subject, message=message
    )


def _path(item: Item, member: str) -> str:
    return f"replacement.{member}" if isinstance(item.record, CorrectionRecord) else member
