"""A ledger in memory, chained like a real one: what an index is made of, and what may be done to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from typing import Any

from graph.ledger.model import GENESIS, Entry, Head, Since
from graph.records import RawRecord, canonical, parse
from graph.times import parse_moment

__all__ = ["MemoryLedger"]


class MemoryLedger:
    """Takes records as entries. ``entries_`` and ``head_`` are what a test may alter behind its back."""

    def __init__(self, records: Iterable[Mapping[str, Any]] = (), *, epoch: str = "epoch", page: int = 5_000) -> None:
        self.epoch, self.page, self.looks = epoch, page, 0
        self.kept: list[Entry] = []
        self.add(records)

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        for given in records:
            record, problems = parse(RawRecord(dict(given)))
            assert record is not None, problems
            seq = len(self.kept) + 1
            recorded = given.get("recorded_at")
            entry = Entry(
                seq=seq,
                name=record.name,
                target=record.target,
                payload=canonical(record.canonical).decode(),
                clock_ms=seq if recorded is None else parse_moment(recorded).earliest_ms,
                actor="owner",
                role="owner",
                request=f"owner/{seq}",
                previous=self.kept[-1].digest if self.kept else GENESIS,
            )
            self.kept.append(replace(entry, digest=entry.digest_over()))

    async def head(self) -> Head:
        last = self.kept[-1] if self.kept else None
        return Head(seq=last.seq if last else 0, digest=last.digest if last else GENESIS, epoch=self.epoch)

    async def entries(self, after: int = 0, until: int | None = None) -> AsyncIterator[Entry]:
        for entry in self.kept:
            if entry.seq > after and (until is None or entry.seq <= until):
                yield entry

    async def since(self, seq: int) -> Since:
        self.looks += 1
        await asyncio.sleep(0)  # as at a database, others go on meanwhile
        by_seq = {entry.seq: entry for entry in self.kept}
        digest = GENESIS if seq == 0 else by_seq[seq].digest if seq in by_seq else None
        news = tuple(entry for entry in self.kept if seq < entry.seq <= seq + self.page)
        return Since(head=await self.head(), digest=digest, entries=news)
