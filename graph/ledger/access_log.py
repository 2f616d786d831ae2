"""Who read what of tiers 2 and 3: beside the ledger, not exported, untouched by `rebuild`."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from graph.engine import Engine, Transaction
from graph.times import now_ms
from graph.viewer import Role, Viewer

__all__ = ["AccessEntry", "AccessLog"]

_IDS_EACH: Final = 500  # ids kept in one entry of the store
_ENTRIES_EACH: Final = 200  # entries written by one statement


@dataclass(frozen=True, kw_only=True)
class AccessEntry:
    """One reading: who, in which role and for what purpose, what was asked, the ids shown, the highest tier shown."""

    at_ms: int
    person: str
    role: Role
    purpose: str | None
    what: str
    tier: int
    ids: tuple[str, ...]


class AccessLog:
    """Collects what a request reads; `flush` makes it durable. An answer is sent after the flush, not before."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock
        self._pending: list[dict[str, Any]] = []
        self._lock = asyncio.Lock()

    def append(self, viewer: Viewer, what: str, ids: Iterable[str], tier: int) -> None:
        """Notes that ``viewer`` was shown fields of this tier of these things. Nothing is written yet: see `flush`."""
        at_ms = self._clock()
        for part in _parts(sorted(set(ids)), _IDS_EACH):
            row = {
                "key": f"{at_ms:015d}-{secrets.token_hex(8)}",
                "at_ms": at_ms,
                "person": viewer.person,
                "role": viewer.role.value,
                "what": what,
                "tier": tier,
                "ids": json.dumps(part, ensure_ascii=False),
            }
            if viewer.purpose is not None:
                row["purpose"] = viewer.purpose
            self._pending.append(row)

    async def flush(self) -> None:
        """Writes what was noted. When it returns, all that was appended before the call is durable."""
        async with self._lock:
            while self._pending:
                rows = self._pending[:_ENTRIES_EACH]

                async def work(transaction: Transaction, rows: list[dict[str, Any]] = rows) -> None:
                    await transaction.run("UNWIND $rows AS row MERGE (a:Access {key: row.key}) SET a += row", rows=rows)

                await self._engine.write(work)
                del self._pending[: len(rows)]

    async def read(
        self, *, person: str | None = None, about: str | None = None, from_ms: int = 0, until_ms: int | None = None
    ) -> AsyncIterator[AccessEntry]:
        """The readings by ``person`` or about a full id such as ``Donor:D1``, in order of time. Reads the whole log."""
        wanted = ["a.at_ms >= $from_ms"]
        wanted += ["a.at_ms < $until_ms"] if until_ms is not None else []
        wanted += ["a.person = $person"] if person is not None else []
        wanted += ["a.ids CONTAINS $about"] if about is not None else []
        rows = self._engine.stream(
            f"MATCH (a:Access) WHERE {' AND '.join(wanted)} RETURN a.at_ms AS at_ms, a.person AS person, "
            "a.role AS role, a.purpose AS purpose, a.what AS what, a.tier AS tier, a.ids AS ids ORDER BY a.key",
            from_ms=from_ms,
            until_ms=until_ms,
            person=person,
            about=json.dumps(about, ensure_ascii=False),
        )
        async for row in rows:
            yield AccessEntry(**{**row, "role": Role(row["role"]), "ids": tuple(json.loads(row["ids"]))})


def _parts(ids: list[str], size: int) -> Iterator[list[str]]:
    remaining = iter(ids)
    while part := list(itertools.islice(remaining, size)):
        yield part
