"""The chain of entries: followed from the first, each by the digest of the one before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from graph.errors import IntegrityBroken
from graph.ledger.model import GENESIS, Entry, Head
from graph.saying import said

__all__ = ["Chain", "by_request", "check_chain"]


class Chain:
    """How far the entries were followed; ``difference`` names the first thing that is not as it must be."""

    def __init__(self) -> None:
        self.seq, self.digest, self.count = 0, GENESIS, 0
        self.difference: str | None = None

    def fork(self) -> Chain:
        """Another that has got as far, and goes its own way."""
        other = Chain()
        other.seq, other.digest, other.count = self.seq, self.digest, self.count
        return other

    def follow(self, entries: Iterable[Entry]) -> bool:
        """Whether these entries, too, follow each other unaltered."""
        for entry in entries:
            self.count += 1
            if entry.seq != self.seq + 1:
                self.difference = said(
                    "Entry {seq} is missing: after entry {last} comes {next}.",
                    seq=self.seq + 1,
                    last=self.seq,
                    next=entry.seq,
                )
            elif entry.previous != self.digest:
                self.difference = said(
                    "Entry {seq} ({record}) does not follow entry {last}: another was there.",
                    seq=entry.seq,
                    record=entry.name,
                    last=self.seq,
                )
            elif entry.digest_over() != entry.digest:
                self.difference = said(
                    "Entry {seq} ({record}) was altered: its digest is not that of its content.",
                    seq=entry.seq,
                    record=entry.name,
                )
            if self.difference is not None:
                return False
            self.seq, self.digest = entry.seq, entry.digest
        return True

    def ends_at(self, head: Head) -> bool:
        """Whether the head says that the last entry is the one that was followed last."""
        if (self.seq, self.digest) != (head.seq, head.digest):
            self.difference = said(
                "The head says that entry {seq} ({digest}…) is the last, and entry {last} ({found}…) is.",
                seq=head.seq,
                digest=head.digest[:12],
                last=self.seq,
                found=self.digest[:12],
            )
        return self.difference is None


async def by_request(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    """The entries by request: within one, order does not matter, so it takes effect as a whole."""
    request: list[Entry] = []
    async for entry in entries:
        if request and entry.request != request[0].request:
            yield request
            request = []
        request.append(entry)
    if request:
        yield request


async def check_chain(entries: AsyncIterator[Entry], head: Head) -> None:
    """Raises IntegrityBroken, naming the first difference, unless the entries are whole up to the head."""
    chain = Chain()
    async for request in by_request(entries):
        if not chain.follow(request):
            break
    else:
        chain.ends_at(head)
    if chain.difference is not None:
        raise IntegrityBroken(chain.difference, remedy=said("Restore the store from a backup."))
