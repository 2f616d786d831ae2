"""What a request comes to: read from the store at one position of the ledger, then judged in memory.

A draft holds as long as the head stays where it was read: every write moves the head.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graph.effects import Stamp, Writes
from graph.engine import Transaction
from graph.keys import KeyRing
from graph.ledger.admission import Admitted
from graph.ledger.entering import Entered, enter, recorded_ms
from graph.ledger.loading import NodeCache, load_world
from graph.ledger.model import Head, Submission
from graph.ledger.sealing_records import Sealer, is_same_record, tier3_members
from graph.ledger.vault import Vault
from graph.records import NodeRecord, RawRecord, is_sealed, parse
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.identity import check_names, named
from graph.rules.judge import judge
from graph.rules.world import World
from graph.sealing import same_person_digest
from graph.viewer import Viewer
from graph.vocabulary import OPERATIONS

__all__ = ["Accepted", "Case", "Drafting"]

_SEALED_TIER: Final = 3  # of values that are kept sealed


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request with all that judging it needs, as the store stands at the head. Judged once: that changes it."""

    admitted: Admitted
    head: Head
    batch: Batch
    world: World
    salts: Mapping[str, bytes]  # of the sealed values that its records come back to

    def is_same(self, given: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
        return is_same_record(given, stored, self.salts.get)

    def is_repeated(self) -> bool:
        """Whether every record of the request is in the ledger already, as a request handed in again has it."""
        check_names(self.batch, self.world, self.is_same)
        return not self.batch.violations and all(item.is_unchanged for item in self.batch.items)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What is to be written, all of it in one transaction."""

    entered: Entered
    sealed: tuple[list[dict[str, Any]], list[dict[str, Any]]] = field(repr=False)  # new, and returning
    writes: Writes


async def _at_once() -> None:
    """There is nothing to wait for."""


class Drafting:
    """Loads cases, and judges them. ``cache`` is what the last requests of this process left known."""

    def __init__(self, ring: KeyRing, vault: Vault, *, clock: Callable[[], int]) -> None:
        self._ring = ring
        self._vault = vault
        self._clock = clock
        self.cache = NodeCache()

    async def load(
        self, tx: Transaction, admitted: Admitted, head: Head, before_uses: Callable[[], Awaitable[None]] = _at_once
    ) -> Case:
        """The case as the transaction sees the store, whose head is given; ``before_uses`` as in ``load_world``."""
        parsed = admitted.batch  # left as it is: a request may be tried again
        batch = Batch([Item(item.record) for item in parsed.items], list(parsed.violations), unread=parsed.unread)
        self.cache.at(head.digest)
        world = await load_world(tx, [item.record for item in batch.items], self.cache, before_uses)
        salts = await self._salts(tx, batch, world, admitted.submission.viewer)
        _add_stubs(batch, world, admitted.submission)
        return Case(admitted=admitted, head=head, batch=batch, world=world, salts=salts)

    async def _salts(self, tx: Transaction, batch: Batch, world: World, viewer: Viewer) -> dict[str, bytes]:
        """So that plain values can be compared with the digests of what was recorded.

        For who may see such values, or handed the record in before: to anybody else "the same" would tell the value.
        """
        digests = [
            holder[name]["sealed"]
            for item in batch.items
            if (known := world.entries.get(item.record.name)) is not None
            and (viewer.highest_tier >= _SEALED_TIER or known.actor == viewer.person)
            for holder, name, _ in tier3_members(known.payload)
            if is_sealed(holder[name])
        ]
        return {digest: salt for digest, (_, salt) in (await self._vault.unseal(digests, tx)).items()}

    def judge(self, case: Case) -> Accepted | None:
        """None where the case's batch holds violations. Pure but for the clock and new keys; takes seconds for thousands."""
        now = self._clock()
        head, submission = case.head, case.admitted.submission
        sealer = Sealer(self._ring)
        judgement = judge(
            case.batch,
            case.world,
            clock=Clock(now_ms=now, is_historic=submission.historic),
            is_same=case.is_same,
            stamp_of=lambda index, record: Stamp(head.seq + 1 + index, recorded_ms(record, now)),
            seal=sealer.seal,
            keyed_digest=lambda donor: same_person_digest(donor, self._ring),
        )
        if case.batch.violations or judgement.writes is None:
            return None
        entered = enter(judgement, submission, head=head, now=now)
        sealed = ([], []) if submission.dry_run else sealer.rows()  # they need keys, and a dry run makes none
        return Accepted(entered=entered, sealed=sealed, writes=judgement.writes)


def _add_stubs(batch: Batch, world: World, submission: Submission) -> None:
    """Marked stubs for what is named and missing, of the kinds that were allowed, before the record that needs them."""
    if not submission.create_missing:
        return
    made = {
        (output.kind, output.id)
        for item in batch.items
        if item.operation and OPERATIONS[item.operation.type].creates
        for output in item.operation.outputs
    }
    declared = {(item.record.kind, item.record.id) for item in batch.items if isinstance(item.record, NodeRecord)}
    items: list[Item] = []
    for item in batch.items:
        for node_id in named(item.record):
            kind, key = node_id
            if kind not in submission.create_missing or node_id in declared or node_id in made:
                continue
            if world.node(kind, key) is None:
                declared.add(node_id)
                value = {"record": "node", "kind": kind, "id": key, "stub": True}
                if item.record.recorded_at is not None:
                    value["recorded_at"] = item.record.recorded_at.text
                stub, violations = parse(RawRecord(value, item.record.place))
                batch.violations += violations
                if stub is not None:
                    items.append(Item(stub))
        items.append(item)
    batch.items[:] = items
