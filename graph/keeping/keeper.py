"""One index for a process: built from the ledger, caught up to its head before each answer, pinned to positions."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

import orjson

from graph.errors import IntegrityBroken
from graph.index.derivation import derive
from graph.index.facts import Facts
from graph.index.lineage import Lineage
from graph.index.work import Workshop
from graph.keeping.asked import Asked, IndexState
from graph.ledger.chain import Chain
from graph.ledger.model import Entry, Head, Since
from graph.reader import AsOf, EntryRow

__all__ = ["Keeper"]

_PAGE: Final = 2_000  # entries that are taken at once while the index is built
_PINNED: Final = 4  # positions besides the last one whose lineage is kept
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

    def __init__(self, ledger: LedgerOfEntries) -> None:
        self._ledger = ledger
        self._turn = asyncio.Lock()
        self._looks = 0  # how often the ledger was looked at, begun or done
        self._chain = Chain()
        self._epoch: str | None = None
        self._facts = Facts()
        self._workshop = Workshop()
        self._latest: Lineage | None = None
        self._pinned: OrderedDict[AsOf, Lineage] = OrderedDict()
        self._state = "empty"
        self._reason: str | None = None

    def state(self) -> IndexState:
        latest = self._latest
        if latest is None:
            return IndexState(state=self._state, seq=self._chain.seq, reason=self._reason)
        view = latest.derived.view
        return IndexState(
            state=self._state,
            seq=latest.seq,
            things=latest.count,
            edges=sum(part.edge_count + part.presence_count for part in (view.base, view.new)),
            bytes=view.base.byte_count + view.new.byte_count,
            reason=self._reason,
        )

    # -- what questions ask ----------------------------------------------------------------------------------------

    async def position(self) -> AsOf:
        """The head as it stands after the call, with everything up to it in the index: one statement, or half of one.

        Who asks while another's look at the ledger is under way waits for the next, which serves all that wait.
        """
        begun = self._looks
        async with self._turn:
            if self._looks == begun or self._latest is None:
                self._looks += 1
                await self._catch_up()
            assert self._latest is not None
            return self._latest.as_of

    async def lineage(self, as_of: AsOf, asked: Asked) -> Lineage:  # noqa: ARG002 - everything is here
        """The lineage at a position: the last one, one that is kept, or one derived anew."""
        if self._latest is None or self._latest.seq < as_of.seq:
            await self.position()
        if (found := self._kept(as_of)) is not None:
            return found
        async with self._turn:
            if (found := self._kept(as_of)) is None:
                found = await asyncio.to_thread(self._derived, as_of)
                self._pinned[as_of] = found
                while len(self._pinned) > _PINNED:
                    self._pinned.popitem(last=False)
        return found

    def _kept(self, as_of: AsOf) -> Lineage | None:
        if self._latest is not None and self._latest.as_of == as_of:
            return self._latest
        if as_of in self._pinned:
            self._pinned.move_to_end(as_of)
        return self._pinned.get(as_of)

    # -- catching up -----------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        try:
            if self._latest is None:
                self._state = "building"
                await self._build()
            while await self._patiently():
                pass
        except IntegrityBroken as error:
            self._state, self._reason = "broken", error.message
            raise
        except BaseException:
            self._state = "ready" if self._latest is not None else "empty"
            raise
        self._state = "ready"

    async def _build(self) -> None:
        """From the first entry on; what others write meanwhile comes as news."""
        head = await self._ledger.head()
        self._chain, self._facts, self._epoch = Chain(), Facts(), head.epoch
        page: list[Entry] = []
        async for entry in self._ledger.entries(until=head.seq):
            page.append(entry)
            if len(page) == _PAGE:
                await asyncio.to_thread(self._take, page)
                page = []
        await asyncio.to_thread(self._take, page)
        if self._chain.seq != head.seq:
            raise _broken(f"Entry {self._chain.seq + 1} is missing: the head says that {head.seq} is the last.")
        self._latest = await asyncio.to_thread(self._derived, AsOf(head.seq))

    async def _patiently(self) -> bool:
        for look in range(1, _LOOKS):
            try:
                return await self._take_news()
            except IntegrityBroken:
                await asyncio.sleep(_LOOK_SECONDS * look)
        return await self._take_news()

    async def _take_news(self) -> bool:
        """Takes what came since; True where there may be more."""
        news = await self._ledger.since(self._chain.seq)
        self._check(news)
        if not news.entries:
            return False
        await asyncio.to_thread(self._take, news.entries)
        if self._chain.seq < news.head.seq:
            return True
        if not self._chain.ends_at(news.head):
            raise _broken(self._chain.difference or "")
        await self._renew()
        return False

    async def _renew(self) -> None:
        self._latest = await asyncio.to_thread(self._derived, AsOf(self._chain.seq))

    def _check(self, news: Since) -> None:
        chain = self._chain
        if news.head.epoch != self._epoch:
            raise _broken("The store is another one than the index was made of: its epoch has changed.")
        if news.head.seq < chain.seq:
            raise _broken(
                f"An older store was put back: it ends at entry {news.head.seq}, and there was an entry {chain.seq}."
            )
        if news.digest != chain.digest:
            raise _broken(f"Entry {chain.seq} is not the one that was read before.")
        if not news.entries and news.head.seq > chain.seq:
            raise _broken(f"Entry {chain.seq + 1} is missing: the head says that {news.head.seq} is the last.")

    def _take(self, entries: Sequence[Entry]) -> None:
        chain = self._chain.fork()
        if not chain.follow(entries):
            raise _broken(chain.difference or "")
        self._facts.add(_row(entry) for entry in entries)
        self._chain = chain

    def _derived(self, as_of: AsOf) -> Lineage:
        return Lineage(facts=self._facts, derived=derive(self._facts, as_of), workshop=self._workshop, as_of=as_of)


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
    return IntegrityBroken(message, remedy="Verify the store, and restore it from a backup where it is not whole.")
