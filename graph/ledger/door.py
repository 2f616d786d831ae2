"""The one door: check, write, chain. Whatever is recorded comes through ``Ledger.record``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import orjson

from graph.engine import Engine, Transaction
from graph.errors import Deviation, IntegrityBroken, StoreUnavailable, Violation, Warned, being_rebuilt
from graph.keys import KeyRing
from graph.ledger.admission import Admitted, admit, check_permitted
from graph.ledger.chain import check_chain
from graph.ledger.drafting import Accepted, Case, Drafting
from graph.ledger.entering import request_key
from graph.ledger.exporting import export_lines
from graph.ledger.model import (
    GENESIS,
    Entry,
    Head,
    Rebuilt,
    Receipt,
    Since,
    Submission,
    Verification,
)
from graph.ledger.replay import rebuild
from graph.ledger.vault import Vault
from graph.ledger.verifying import verify
from graph.ledger.writing import GraphWriter, write_rows, write_sealed
from graph.rules.batch import Batch
from graph.saying import said
from graph.times import now_ms

__all__ = ["Ledger", "open_ledger"]

T = TypeVar("T")
R = TypeVar("R")


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
        self.vault = Vault(engine, ring)
        self._drafting = Drafting(ring, self.vault, clock=clock)
        self._draft: _Draft | None = None  # of what is expected next
        self._workbench = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

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

    async def since(self, seq: int) -> Since:
        """The head, and the entries after ``seq`` up to it, a page at most: one statement.

        Raises StoreUnavailable while the graph is being made again from the ledger.
        """
        rows = await self._engine.read(_SINCE, after=seq, until=seq + PAGE)
        if not rows:  # the head stands before the entry that was named
            return Since(head=await self.head(), digest=None, entries=())
        if rows[0]["rebuilder"]:
            raise being_rebuilt()
        digest = rows[0]["known"] if seq else GENESIS
        entries = tuple(Entry.of(row["entry"]) for row in rows[1:] if row["entry"] is not None)
        return Since(head=_head(rows), digest=digest, entries=entries)

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
                said("Others write all the time: what is in between cannot be told from a difference."),
                remedy=said("Verify again when fewer write."),
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
            self._drafting.cache.forget()
            self._draft = None
            head = _head(await self._engine.read(_HEAD))
            await check_chain(self.entries(until=head.seq), head)
            return await rebuild(self.entries, self._engine)

    # -- writing ---------------------------------------------------------------------------------------------------

    async def admit(self, submission: Submission) -> Admitted:
        """The submission with its records read, for ``apply``; meanwhile others may record.

        Raises NotPermitted where the viewer may not record.
        """
        check_permitted(submission)
        return Admitted(submission=submission, batch=await self._beside(admit, submission))

    async def record(self, submission: Submission) -> Receipt:
        """As ``admit`` and ``apply``."""
        return await self.apply(await self.admit(submission))

    async def apply(self, admitted: Admitted, following: Callable[[], Admitted | None] | None = None) -> Receipt:
        """Applies the records, whole or not at all.

        ``following`` gives what will be applied next, where that is known and admitted: it is judged while this is
        committed. Violations come back in the receipt, all of them. Raises StoreUnavailable where the store does not
        answer: hand the same submission in again then, with the same key.
        """
        if not admitted.batch.items:
            return _refusal(admitted.batch)
        async with self._turn:
            try:
                return await self._engine.write(lambda tx: self._apply(tx, admitted, following))
            except _Refused as refusal:
                return refusal.receipt

    async def _apply(
        self, tx: Transaction, admitted: Admitted, following: Callable[[], Admitted | None] | None
    ) -> Receipt:
        draft, self._draft = self._draft, None
        head = await self._advance(tx)
        known = await self._known_receipt(tx, admitted.submission)
        if known is not None:
            # nothing is to be written: the transaction is rolled back
            is_repeated = (await self._drafting.load(tx, admitted, head)).is_repeated()
            raise _Refused(known if is_repeated else _key_used(admitted.submission))
        if draft is None or draft.case.admitted is not admitted or draft.case.head != head:
            draft = self._drafted(await self._drafting.load(tx, admitted, head))
        accepted = await draft.accepted
        if accepted is None:
            return self._refuse(draft.case)
        receipt, after = accepted.entered.receipt, accepted.entered.head
        await self._enter(tx, accepted)
        writer = GraphWriter(tx, accepted.writes)
        await writer.begin()
        if admitted.submission.dry_run:
            await writer.finish()
            self._drafting.cache.forget()
            raise _Refused(replace(receipt, seq=head.seq))
        self._drafting.cache.keep(draft.case.world.nodes.values(), after.digest)
        await self._draft_next(tx, after, following, writer)
        await writer.finish()
        if self._draft is None:  # it may be there by now
            await self._draft_next(tx, after, following, writer)
        return receipt

    async def _draft_next(
        self, tx: Transaction, head: Head, following: Callable[[], Admitted | None] | None, writer: GraphWriter
    ) -> None:
        """As this transaction sees the store is how the next one will find it, unless the head is another one then."""
        coming = following() if following is not None else None
        if coming is not None and coming.batch.items:
            self._draft = self._drafted(await self._drafting.load(tx, coming, head, writer.finish))

    def _drafted(self, case: Case) -> _Draft:
        return _Draft(case, self._beside(self._drafting.judge, case))

    def _beside(self, work: Callable[[T], R], what: T) -> asyncio.Future[R]:
        """Work that keeps a processor busy, in the thread for it: one, for two would only take it from each other."""
        return asyncio.get_running_loop().run_in_executor(self._workbench, work, what)

    def _refuse(self, case: Case) -> Receipt:
        self._drafting.cache.forget()
        receipt = _refusal(case.batch)
        if case.admitted.submission.dry_run:
            raise _Refused(receipt)
        # Committed, with the head's turn alone: where another process has written meanwhile, that fails and all is
        # read again. An engine that locks nothing may have shown half of what the other one wrote.
        return receipt

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

    async def _enter(self, tx: Transaction, accepted: Accepted) -> None:
        """Entries, what stands beside them, and the head after them."""
        entered = accepted.entered
        await write_sealed(tx, *accepted.sealed)
        await write_rows(tx, "Entry", entered.entries)
        await write_rows(tx, "Deviation", entered.deviations)
        await write_rows(tx, "Request", [entered.request])
        await tx.run(
            "MATCH (h:Head {key: 'head'}) SET h.seq = $seq, h.digest = $digest",
            seq=entered.head.seq,
            digest=entered.head.digest,
        )


PAGE = 5_000
_VERIFICATIONS = 3
_OF_HEAD = "RETURN h.seq AS seq, h.digest AS digest, h.epoch AS epoch, h.rebuilder AS rebuilder"
_HEAD = f"MATCH (h:Head {{key: 'head'}}) {_OF_HEAD}"
# ArcadeDB 26.10 reads every entry where the numbers are a range in WHERE; each one by its number uses the index.
_SINCE = (
    "MATCH (h:Head {key: 'head'}) UNWIND range($after, CASE WHEN h.seq < $until THEN h.seq ELSE $until END) AS n "
    f"OPTIONAL MATCH (e:Entry {{seq: n}}) {_OF_HEAD}, CASE WHEN n = $after THEN e.digest ELSE null END AS known, "
    "CASE WHEN n = $after THEN null ELSE properties(e) END AS entry ORDER BY n"
)


class _Draft:
    """A case under judgement: seconds of work for a large one, in which others who ask this process are answered."""

    def __init__(self, case: Case, accepted: asyncio.Future[Accepted | None]) -> None:
        self.case = case
        self.accepted = accepted
        accepted.add_done_callback(_note)


def _note(judged: asyncio.Future[Accepted | None]) -> None:
    """So that the error of a draft which nobody asks for is not told as one that was forgotten."""
    if not judged.cancelled():
        judged.exception()


class _Refused(Exception):
    def __init__(self, receipt: Receipt) -> None:
        super().__init__("refused")
        self.receipt = receipt


def _head(rows: list[dict[str, Any]]) -> Head:
    if not rows:
        raise IntegrityBroken(said("The ledger has no head."), remedy=said("Restore the store from a backup."))
    return Head(seq=rows[0]["seq"], digest=rows[0]["digest"], epoch=rows[0]["epoch"])


def _key_used(submission: Submission) -> Receipt:
    violation = Violation(
        code="key_used",
        message=said(
            "The idempotency key {key} was used before, for other records.",
            key=submission.idempotency_key,
        ),
        remedy=said("Give each request a key of its own; only the same request is handed in again under the same key."),
        member="idempotencyKey",
    )
    return Receipt(accepted=False, violations=(violation,))


def _refusal(batch: Batch) -> Receipt:
    violations = sorted(batch.violations, key=lambda each: (each.place.file or "", each.place.line or 0))
    return Receipt(accepted=False, violations=tuple(violations), warnings=tuple(batch.warnings))
