"""The one door: check, write, chain. Whatever is recorded comes through ``Ledger.record``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from graph.effects import Stamp, Writes
from graph.engine import Engine, Transaction
from graph.errors import Deviation, IntegrityBroken, StoreUnavailable, Violation, Warned, being_rebuilt
from graph.keys import KeyRing
from graph.ledger.admission import Admitted, admit, check_permitted
from graph.ledger.chain import check_chain
from graph.ledger.entering import Entered, enter, recorded_ms, request_key
from graph.ledger.exporting import export_lines
from graph.ledger.loading import NodeCache, load_world
from graph.ledger.model import (
    GENESIS,
    Entry,
    Head,
    Rebuilt,
    Receipt,
    Submission,
    Verification,
)
from graph.ledger.replay import rebuild
from graph.ledger.sealing_records import Sealer, is_same_record, tier3_members
from graph.ledger.vault import Vault
from graph.ledger.verifying import verify
from graph.ledger.writing import write_graph, write_rows, write_sealed
from graph.records import NodeRecord, RawRecord, is_sealed, parse
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.identity import SameAs, check_names, references
from graph.rules.judge import judge
from graph.rules.world import World
from graph.sealing import same_person_digest
from graph.times import now_ms

__all__ = ["Ledger", "open_ledger"]


async def open_ledger(engine: Engine, ring: KeyRing, *, clock: Callable[[], int] = now_ms) -> Ledger:
    """The ledger of a store whose constraints are installed. Makes its head where it has none.

    ``clock`` gives milliseconds since 1970; tests put their own.
    """

    async def begin(tx: Transaction) -> None:
        await tx.run(
            "MERGE (h:Head {key: 'head'}) ON CREATE SET h.seq = 0, h.digest = $genesis, h.epoch = $epoch, h.turn = 0",
            genesis=GENESIS,
            epoch=secrets.token_hex(16),
        )

    await engine.write(begin)
    return Ledger(engine, ring, clock=clock)


class Ledger:
    """The append-only record of everything, and the only way to write to the store."""

    def __init__(self, engine: Engine, ring: KeyRing, *, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._ring = ring
        self._clock = clock
        self._turn = asyncio.Lock()  # one writer at a time in a process; across processes the head orders them
        self._cache = NodeCache()
        self.vault = Vault(engine, ring)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def head(self) -> Head:
        """Where the ledger stands. Raises StoreUnavailable while the graph is being made again from it."""
        rows = await self._engine.read(_HEAD)
        head = _head(rows)
        if rows[0]["rebuilder"]:
            raise being_rebuilt()
        return head

    async def entries(self, after: int = 0, until: int | None = None) -> AsyncIterator[Entry]:
        """All entries in order, read in pages, up to the head as it stands when this begins."""
        last = _head(await self._engine.read(_HEAD)).seq if until is None else until
        while after < last:
            rows = await self._engine.read(
                "MATCH (e:Entry) WHERE e.seq > $after AND e.seq <= $until RETURN properties(e) AS entry "
                "ORDER BY e.seq LIMIT $page",
                after=after,
                until=min(last, after + PAGE),
                page=PAGE,
            )
            if not rows:
                return  # a gap: whoever verifies names it
            for row in rows:
                yield Entry.of(row["entry"])
            after = rows[-1]["entry"]["seq"]

    async def export(self, *, sealed: bool = False, until: int | None = None) -> AsyncIterator[bytes]:
        """The records as JSON Lines, in ledger order, each in canonical form with its recorded time.

        ``until``: up to this entry; without it, up to the head as it stands when this begins. ``sealed``: with the
        values of tier 3 and their salts; who may have them is the caller's business.
        """
        async for line in export_lines(self.entries(until=until), self.vault, with_values=sealed):
            yield line

    async def verify(self) -> Verification:
        """Recomputes the chain and compares the graph with what the entries say; names the first difference."""
        found = await self._verified()
        if found is None:
            async with self._turn:  # others in this process wait; those in other processes are rarely so busy
                for _ in range(_VERIFICATIONS):
                    if (found := await self._verified()) is not None:
                        break
        if found is None:
            raise StoreUnavailable(
                "Others write all the time: what is in between cannot be told from a difference.",
                remedy="Verify again when fewer write.",
            )
        return found

    async def _verified(self) -> Verification | None:
        """None where somebody wrote meanwhile, and what differs may be what they wrote."""
        head = await self.head()
        found = await verify(self.entries(until=head.seq), head, self._engine, self.vault)
        return found if found.is_intact or await self.head() == head else None

    async def rebuild(self) -> Rebuilt:
        """Drops the graph and makes it again from the entries. Entries, sealed values, keys and tokens stay."""
        async with self._turn:
            self._cache.forget()
            head = _head(await self._engine.read(_HEAD))
            await check_chain(self.entries(until=head.seq), head)
            return await rebuild(self.entries, self._engine)

    # -- writing ---------------------------------------------------------------------------------------------------

    async def admit(self, submission: Submission) -> Admitted:
        """The submission with its records read, for ``apply``; meanwhile others may record.

        Raises NotPermitted where the viewer may not record.
        """
        check_permitted(submission)
        return Admitted(submission=submission, batch=await asyncio.to_thread(admit, submission))

    async def record(self, submission: Submission) -> Receipt:
        """As ``admit`` and ``apply``."""
        return await self.apply(await self.admit(submission))

    async def apply(self, admitted: Admitted) -> Receipt:
        """Applies the records, whole or not at all.

        Violations come back in the receipt, all of them. Raises StoreUnavailable where the store does not answer: hand
        the same submission in again then, with the same key.
        """
        batch = admitted.batch
        if not batch.items:
            return _refusal(batch)
        async with self._turn:
            try:
                return await self._engine.write(lambda tx: self._apply(tx, admitted.submission, batch))
            except _Refused as refusal:
                return refusal.receipt

    async def _apply(self, tx: Transaction, submission: Submission, parsed: Batch) -> Receipt:
        # a retry starts afresh
        batch = Batch([Item(item.record) for item in parsed.items], list(parsed.violations), unread=parsed.unread)
        head = await self._advance(tx)
        known = await self._known_receipt(tx, submission)
        self._cache.at(head.digest)
        world = await load_world(tx, [item.record for item in batch.items], self._cache)
        salts = await self._salts(batch, world)

        def is_same(given: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
            return is_same_record(given, stored, salts.get)

        if known is not None:
            # nothing is to be written: the transaction is rolled back
            raise _Refused(known if _is_repeated(batch, world, is_same) else _key_used(submission))
        _add_stubs(batch, world, submission)
        # Seconds of work for a large request, in which others who ask this process are answered.
        judged = await asyncio.to_thread(self._judged, batch, world, submission, head, is_same)
        if judged is None:
            self._cache.forget()
            if submission.dry_run:
                raise _Refused(_refusal(batch))
            # Committed, with the head's turn alone: where another process has written meanwhile, that fails and all is
            # read again. An engine that locks nothing may have shown half of what the other one wrote.
            return _refusal(batch)
        entered, sealed, writes = judged
        await self._write(tx, entered, sealed, writes)
        if submission.dry_run:
            self._cache.forget()
            raise _Refused(replace(entered.receipt, seq=head.seq))
        self._cache.keep(world.nodes.values(), entered.digest)
        return entered.receipt

    def _judged(
        self, batch: Batch, world: World, submission: Submission, head: Head, is_same: SameAs
    ) -> tuple[Entered, list[dict[str, Any]], Writes] | None:
        """Entries, sealed values and rows of the graph; None where the batch holds violations."""
        now = self._clock()
        sealer = Sealer(self._ring)
        judgement = judge(
            batch,
            world,
            clock=Clock(now_ms=now, is_historic=submission.historic),
            is_same=is_same,
            stamp_of=lambda index, record: Stamp(head.seq + 1 + index, recorded_ms(record, now)),
            seal=sealer.seal,
            keyed_digest=lambda donor: same_person_digest(donor, self._ring),
        )
        if batch.violations or judgement.writes is None:
            return None
        entered = enter(judgement, submission, head=head, now=now)
        sealed = [] if submission.dry_run else sealer.rows()  # they need keys, and a dry run makes none
        return entered, sealed, judgement.writes

    async def _advance(self, tx: Transaction) -> Head:
        """The first statement of the transaction writes the head: whoever comes second waits, or is retried."""
        rows = await tx.run(f"MATCH (h:Head {{key: 'head'}}) SET h.turn = h.turn + 1 {_OF_HEAD}")
        head = _head(rows)
        if rows[0]["rebuilder"]:
            raise being_rebuilt()
        return head

    async def _known_receipt(self, tx: Transaction, submission: Submission) -> Receipt | None:
        """What came of the same request before, where its answer was lost."""
        rows = await tx.run("MATCH (q:Request {key: $key}) RETURN q.receipt AS receipt", key=request_key(submission))
        if not rows:
            return None
        kept = orjson.loads(rows[0]["receipt"])
        deviations = tuple(Deviation(**each) for each in kept["deviations"])
        return Receipt(
            accepted=True,
            seq=kept["seq"],
            applied=kept["applied"],
            unchanged=kept["unchanged"],
            warnings=tuple(Warned(**each) for each in kept["warnings"]),
            deviations=deviations,
        )

    async def _salts(self, batch: Batch, world: World) -> dict[str, bytes]:
        """Salts of the sealed values that records come back to, so that plain ones can be compared with them."""
        digests = [
            holder[name]["sealed"]
            for item in batch.items
            if (known := world.entries.get(item.record.name)) is not None
            for holder, name, _ in tier3_members(known.payload)
            if is_sealed(holder[name])
        ]
        return {digest: salt for digest, (_, salt) in (await self.vault.unseal(digests)).items()} if digests else {}

    async def _write(self, tx: Transaction, entered: Entered, sealed: list[dict[str, Any]], writes: Writes) -> None:
        if sealed:
            await write_sealed(tx, sealed)
        await write_rows(tx, "Entry", entered.entries)
        await write_rows(tx, "Deviation", entered.deviations)
        await write_graph(tx, writes)
        await write_rows(tx, "Request", [entered.request])
        await tx.run(
            "MATCH (h:Head {key: 'head'}) SET h.seq = $seq, h.digest = $digest",
            seq=entered.receipt.seq,
            digest=entered.digest,
        )


PAGE = 5_000
_VERIFICATIONS = 3
_OF_HEAD = "RETURN h.seq AS seq, h.digest AS digest, h.epoch AS epoch, h.rebuilder AS rebuilder"
_HEAD = f"MATCH (h:Head {{key: 'head'}}) {_OF_HEAD}"


class _Refused(Exception):
    def __init__(self, receipt: Receipt) -> None:
        super().__init__("refused")
        self.receipt = receipt


def _add_stubs(batch: Batch, world: World, submission: Submission) -> None:
    """Marked stubs for what is named and missing, of the kinds that were allowed, before the record that needs them."""
    if not submission.create_missing:
        return
    made = {(output.kind, output.id) for item in batch.items if item.operation for output in item.operation.outputs}
    declared = {(item.record.kind, item.record.id) for item in batch.items if isinstance(item.record, NodeRecord)}
    items: list[Item] = []
    for item in batch.items:
        for _, kind, key in references(item.record):
            node_id = (kind, key)
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


def _head(rows: list[dict[str, Any]]) -> Head:
    if not rows:
        raise IntegrityBroken("The ledger has no head.", remedy="Restore the store from a backup.")
    return Head(seq=rows[0]["seq"], digest=rows[0]["digest"], epoch=rows[0]["epoch"])


def _is_repeated(batch: Batch, world: World, is_same: SameAs) -> bool:
    """Whether every record of the request is in the ledger already, as a request handed in again has it."""
    check_names(batch, world, is_same)
    return not batch.violations and all(item.is_unchanged for item in batch.items)


def _key_used(submission: Submission) -> Receipt:
    violation = Violation(
        code="key_used",
        message=f"The idempotency key {submission.idempotency_key} was used before, for other records.",
        remedy="Give each request a key of its own; only the same request is handed in again under the same key.",
        member="idempotencyKey",
    )
    return Receipt(accepted=False, violations=(violation,))


def _refusal(batch: Batch) -> Receipt:
    violations = sorted(batch.violations, key=lambda each: (each.place.file or "", each.place.line or 0))
    return Receipt(accepted=False, violations=tuple(violations), warnings=tuple(batch.warnings))
