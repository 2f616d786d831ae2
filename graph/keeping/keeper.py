"""One index for a process: built from the ledger, caught up to its head before each answer, pinned to positions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import orjson

from graph.errors import IntegrityBroken
from graph.index.comparing import first_difference
from graph.index.facts import Facts
from graph.index.index import Index
from graph.index.lineage import Lineage
from graph.index.snapshot import read_header
from graph.keeping.asked import Asked, IndexState
from graph.keeping.standings import Standings, standings_of
from graph.ledger.chain import Chain
from graph.ledger.model import Entry, Head, Since
from graph.reader import AsOf, EntryRow, HeadRow
from graph.saying import said

__all__ = ["Keeper"]

_PAGE: Final = 2_000  # entries that are taken at once while the index is built
_SAVED: Final = 5_000  # new entries after which a snapshot is written while the service runs
_LOOKS: Final = 4  # at what seems broken: ArcadeDB 26.10 may show a head for a moment before the entries it names
_LOOK_SECONDS: Final = 0.05


class LedgerOfEntries(Protocol):
    """What is read of the ledger."""

    async def head(self) -> Head: ...

    def entries(self, after: int = 0, until: int | None = None) -> AsyncIterator[Entry]: ...

    async def since(self, seq: int) -> Since: ...


class Keeper:
    """Gives the lineage at any position. Belongs to the event loop it is used in.

    What is not as the chain says it must be (another epoch, an older store put back, a gap, an altered entry) raises
    IntegrityBroken, each time, and nothing is answered.
    """

    def __init__(self, ledger: LedgerOfEntries, *, snapshot: Path | None = None) -> None:
        """``snapshot``: the file from which the index is loaded, where it fits, and to which it is saved."""
        self._ledger = ledger
        self._snapshot = snapshot
        self._saved_seq = 0
        self._turn = asyncio.Lock()
        self._looks = 0  # how often the ledger was looked at, begun or done
        self._chain = Chain()
        self._index: Index | None = None
        self._upkeep: asyncio.Task[None] | None = None
        self._state = "empty"
        self._reason: str | None = None

    def state(self) -> IndexState:
        if self._index is None:
            return IndexState(state=self._state, seq=self._chain.seq, reason=self._reason)
        latest = self._index.lineage
        view = latest.derived.view
        return IndexState(
            state=self._state,
            seq=latest.seq,
            things=latest.count,
            edges=sum(part.edge_count + part.presence_count for part in (view.base, view.new)),
            bytes=view.base.byte_count + view.new.byte_count,
            reason=self._reason,
        )

    async def close(self) -> None:
        """Waits for what is done in the background, and saves what has come since."""
        if self._upkeep is not None:
            await asyncio.wait({self._upkeep})
        if self._index is not None and self._index.head.seq != self._saved_seq:
            await self._save()

    @property
    def _standings(self) -> Standings:
        assert self._index is not None
        return standings_of(self._index.lineage.facts)

    # -- what questions ask ----------------------------------------------------------------------------------------

    async def position(self) -> AsOf:
        """The head as it stands after the call, with everything up to it in the index: one statement, or half of one.

        Who asks while another's look at the ledger is under way waits for the next, which serves all that wait.
        """
        begun = self._looks
        async with self._turn:
            if self._looks == begun or self._index is None:
                self._looks += 1
                await self._catch_up()
            assert self._index is not None
            return self._index.lineage.as_of

    async def lineage(self, as_of: AsOf, asked: Asked) -> Lineage:  # noqa: ARG002 - everything is here
        """The lineage at a position: the last one, one that is kept, or one derived anew."""
        if self._index is None or self._index.head.seq < as_of.seq:
            await self.position()
        assert self._index is not None
        latest = self._index.lineage
        return latest if latest.as_of == as_of else await asyncio.to_thread(self._index.at, as_of)

    # -- catching up -----------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        try:
            if self._index is None:
                self._state = "building"
                if not await self._load():
                    await self._build()
            while await self._patiently():
                pass
        except IntegrityBroken as error:
            self._state, self._reason = "broken", error.message
            raise
        except BaseException:
            self._state = "ready" if self._index is not None else "empty"
            raise
        self._state = "ready"
        self._keep_up()

    async def _load(self) -> bool:
        """From the snapshot, where there is one that fits the ledger; otherwise it is told why not."""
        if self._snapshot is None or not self._snapshot.exists():
            return False
        try:
            own = await asyncio.to_thread(read_header, self._snapshot)
            seen = await self._ledger.since(own.seq)
            head = HeadRow(seq=seen.head.seq, digest=seen.head.digest, epoch=seen.head.epoch)
            self._index = await asyncio.to_thread(
                Index.load, self._snapshot, head, digest_at=seen.digest or "there is no such entry"
            )
        except (IntegrityBroken, OSError) as error:
            self._reason = error.message if isinstance(error, IntegrityBroken) else f"{type(error).__name__}"
            return False
        self._chain = Chain()
        self._chain.seq, self._chain.digest, self._saved_seq = own.seq, own.digest, own.seq
        return True

    async def difference(self) -> str | None:
        """What of the index is not as the ledger says; None where all is. Reads the whole ledger, and keeps nobody waiting.

        Raises IntegrityBroken where the ledger itself is broken.
        """
        position = await self.position()
        kept = await self.lineage(position, Asked(starts=()))
        facts, chain = await self._read(position.seq)
        fresh = await asyncio.to_thread(Index.of, facts, _head(chain, ""))
        return await asyncio.to_thread(first_difference, kept, fresh.lineage)

    async def _build(self) -> None:
        """From the first entry on; what others write meanwhile comes as news."""
        head = await self._ledger.head()
        facts, chain = await self._read(head.seq)
        self._index = await asyncio.to_thread(Index.of, facts, _head(chain, head.epoch))
        self._chain = chain

    async def _read(self, until: int) -> tuple[Facts, Chain]:
        """The facts of the entries from the first to this one, whose chain was checked."""
        chain, facts = Chain(), Facts()

        def take(entries: Sequence[Entry]) -> None:
            if not chain.follow(entries):
                raise _broken(chain.difference or "")
            facts.add(_row(entry) for entry in entries)

        page: list[Entry] = []
        async for entry in self._ledger.entries(until=until):
            page.append(entry)
            if len(page) == _PAGE:
                await asyncio.to_thread(take, page)
                page = []
        await asyncio.to_thread(take, page)
        if chain.seq != until:
            raise _broken(
                said("Entry {seq} is missing: the head says that {last} is the last.", seq=chain.seq + 1, last=until)
            )
        return facts, chain

    async def _patiently(self) -> bool:
        for look in range(1, _LOOKS):
            try:
                return await self._take_news()
            except IntegrityBroken:
                await asyncio.sleep(_LOOK_SECONDS * look)
        return await self._take_news()

    async def _take_news(self) -> bool:
        """Takes what came since; True where there may be more."""
        assert self._index is not None
        news = await self._ledger.since(self._chain.seq)
        self._check(news)
        if not news.entries:
            return False
        chain = self._chain.fork()
        if not chain.follow(news.entries):
            raise _broken(chain.difference or "")
        is_last = chain.seq >= news.head.seq
        if is_last and not chain.ends_at(news.head):
            raise _broken(chain.difference or "")
        rows = [_row(entry) for entry in news.entries]
        await asyncio.to_thread(self._index.apply, rows, _head(chain, news.head.epoch))
        self._chain = chain
        return not is_last

    def _keep_up(self) -> None:
        """Compacts and saves in the background, where it is time; who asks meanwhile is answered from what there is."""
        assert self._index is not None
        if self._upkeep is not None and not self._upkeep.done():
            return
        is_old = self._snapshot is not None and self._chain.seq >= self._saved_seq + _SAVED
        if self._index.needs_compaction or is_old or self._standings.is_behind(self._index.lineage):
            self._upkeep = asyncio.ensure_future(self._compact_and_save(is_old=is_old))

    async def _compact_and_save(self, *, is_old: bool) -> None:
        assert self._index is not None
        if self._index.needs_compaction:
            await asyncio.to_thread(self._index.compact)
        lineage = self._index.lineage
        if self._standings.is_behind(lineage):
            await asyncio.to_thread(self._standings.tell_all, lineage)
        if is_old:
            await self._save()

    async def _save(self) -> None:
        """Where it cannot be saved, the next start takes longer: that is all, and the state tells it."""
        if self._snapshot is None or self._index is None or not self._snapshot.parent.is_dir():
            return
        seq = self._index.head.seq
        try:
            await asyncio.to_thread(self._index.save, self._snapshot)
        except OSError as error:
            self._reason = f"The snapshot could not be saved ({type(error).__name__})."
        else:
            self._saved_seq = seq

    def _check(self, news: Since) -> None:
        chain = self._chain
        assert self._index is not None
        if news.head.epoch != self._index.head.epoch:
            raise _broken(said("The store is another one than the index was made of: its epoch has changed."))
        if news.head.seq < chain.seq:
            raise _broken(
                said(
                    "An older store was put back: it ends at entry {last}, and there was an entry {seq}.",
                    last=news.head.seq,
                    seq=chain.seq,
                )
            )
        if news.digest != chain.digest:
            raise _broken(said("Entry {seq} is not the one that was read before.", seq=chain.seq))
        if not news.entries and news.head.seq > chain.seq:
            raise _broken(
                said(
                    "Entry {seq} is missing: the head says that {last} is the last.",
                    seq=chain.seq + 1,
                    last=news.head.seq,
                )
            )


def _head(chain: Chain, epoch: str) -> HeadRow:
    return HeadRow(seq=chain.seq, digest=chain.digest, epoch=epoch)


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        seq=entry.seq,
        name=entry.name,
        target=entry.target,
        record=orjson.loads(entry.payload),
        recorded_ms=entry.recorded_ms,
        clock_ms=entry.clock_ms,
    )


def _broken(message: str) -> IntegrityBroken:
    return IntegrityBroken(
        message, remedy=said("Verify the store, and restore it from a backup where it is not whole.")
    )
