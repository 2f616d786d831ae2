"""The index: takes the ledger's entries, and gives the lineage as it stands, stood, or was known."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from graph.errors import IntegrityBroken
from graph.index.catchup import CatchUp
from graph.index.derivation import derive
from graph.index.facts import Facts, Touched
from graph.index.lineage import Lineage
from graph.index.snapshot import load_snapshot, save_snapshot
from graph.index.work import Workshop
from graph.reader import AsOf, EntryRow, HeadRow
from graph.saying import said

__all__ = ["Index"]

_KEPT = 4  # lineages of other positions, as derived last
_RECENT = 8  # those at the heads before this one: who began there goes on there
_LEAST_COMPACTED = 20_000
_SHARE_COMPACTED = 0.05


class Index:
    """Holds the facts of a ledger up to `head`. One writer at a time; any number of readers, who keep what they got."""

    def __init__(self, facts: Facts, head: HeadRow, catch_up: CatchUp) -> None:
        self._facts = facts
        self._head = head
        self._workshop = Workshop()
        self._lock = threading.Lock()
        self._others: OrderedDict[AsOf, Lineage] = OrderedDict()
        self._recent: deque[Lineage] = deque(maxlen=_RECENT)
        self._since: Touched | None = None
        self._catch_up = catch_up
        self._lineage = self._pinned(AsOf(head.seq))

    @classmethod
    def build(cls, entries: Iterable[EntryRow], head: HeadRow) -> Index:
        """From all entries of a ledger, up to its head. Raises IntegrityBroken where one is missing."""
        facts = Facts()
        try:
            facts.add(entries)
        except ValueError as error:
            raise _gap(facts.seq + 1, head) from error
        if facts.seq != head.seq:
            raise _gap(facts.seq + 1, head)
        return cls.of(facts, head)

    @classmethod
    def of(cls, facts: Facts, head: HeadRow) -> Index:
        """From facts that hold all entries up to the head, and nothing later."""
        columns = facts.arrays()
        return cls(facts, head, CatchUp(facts, columns, derive(columns, AsOf(head.seq))))

    @classmethod
    def load(cls, path: Path, head: HeadRow, *, digest_at: str | None = None) -> Index:
        """From a snapshot; the entries after it are then applied. Maps the file: processes share what they read of it.

        ``head`` is the ledger's, ``digest_at`` the digest of its entry at the snapshot's position (`read_header`).
        Raises IntegrityBroken, naming why, where the file is cut short or altered, or is of another ledger or program.
        """
        facts, derived, own = load_snapshot(path, head, digest_at=digest_at)
        return cls(facts, own, CatchUp(facts, facts.arrays(), derived))

    def save(self, path: Path) -> None:
        """Writes a snapshot of what there is now. May run in a thread of its own, while entries are applied.

        The file is there whole, or as it was before.
        """
        with self._lock:
            sizes, head, derived = self._facts.sizes(), self._head, self._catch_up.derived
            is_clean = self._catch_up.size == 0 and not derived.view.changed.any()
        if not is_clean:
            derived = derive(self._facts.arrays(sizes), AsOf(head.seq))
        save_snapshot(path, self._facts, sizes, derived, head)

    def _pinned(self, as_of: AsOf) -> Lineage:
        return Lineage(facts=self._facts, derived=self._catch_up.derived, workshop=self._workshop, as_of=as_of)

    @property
    def head(self) -> HeadRow:
        """The ledger's head that was taken in last."""
        return self._head

    @property
    def lineage(self) -> Lineage:
        """The lineage at the head. It stays as it is, whatever is applied later."""
        return self._lineage

    def apply(self, entries: Iterable[EntryRow], head: HeadRow) -> Lineage:
        """Takes the entries after the head it has, up to the one given.

        Raises IntegrityBroken where one is missing or the ledger is another one; then nothing has changed.
        """
        if head.epoch != self._head.epoch:
            raise IntegrityBroken(
                said("The ledger is another one than the index was built from: it was restored or replaced."),
                remedy=said("Build the index anew."),
                code="other_epoch",
            )
        with self._lock:
            entries, touched = list(entries), Touched()
            _check(entries, self._head.seq, head)
            self._facts.add(entries, touched)
            self._facts.note_changed(self._head.seq, head.seq, self._catch_up.apply(touched, AsOf(head.seq)))
            if self._since is not None:
                self._since.operations |= touched.operations
                self._since.positions |= touched.positions
            self._head = head
            self._recent.append(self._lineage)
            self._lineage = self._pinned(AsOf(head.seq))
            return self._lineage

    @property
    def needs_compaction(self) -> bool:
        """Whether so much stands beside the base that questions, and catching up, take notice."""
        view = self._catch_up.derived.view
        return self._catch_up.size > max(
            _LEAST_COMPACTED, _SHARE_COMPACTED * (view.base.edge_count + view.base.presence_count)
        )

    def compact(self) -> None:
        """Makes a new base of all there is. May run in a thread of its own, while entries are applied and questions asked."""
        with self._lock:
            if self._since is not None:
                return  # it is being done
            self._since = Touched()
            sizes, as_of = self._facts.sizes(), AsOf(self._head.seq)
        try:
            columns = self._facts.arrays(sizes)
            fresh = CatchUp(self._facts, columns, derive(columns, as_of))
            with self._lock:
                if self._since.operations or self._since.positions or self._head.seq != as_of.seq:
                    fresh.apply(self._since, AsOf(self._head.seq))
                self._catch_up = fresh
                self._lineage = self._pinned(AsOf(self._head.seq))
        finally:
            self._since = None

    def at(self, as_of: AsOf) -> Lineage:
        """The lineage as it stood at an earlier position, or as it was known at a time. The last few are kept.

        Raises ValueError for a position that the index has not reached.
        """
        if as_of.seq > self._head.seq:
            raise ValueError(f"position {as_of.seq} lies after {self._head.seq}, up to which the index has read")
        with self._lock:
            for lineage in (self._lineage, *self._recent):
                if lineage.as_of == as_of:
                    return lineage
            if as_of in self._others:
                self._others.move_to_end(as_of)
                return self._others[as_of]
            sizes = self._facts.sizes()
        derived = derive(self._facts.arrays(sizes), as_of)
        lineage = Lineage(facts=self._facts, derived=derived, workshop=self._workshop, as_of=as_of)
        with self._lock:
            self._others[as_of] = lineage
            while len(self._others) > _KEPT:
                self._others.popitem(last=False)
        return lineage


def _check(entries: Sequence[EntryRow], after: int, head: HeadRow) -> None:
    """Raises IntegrityBroken unless the entries are all that there are after one position, up to the head."""
    found = [entry.seq for entry in entries]
    missing = next(
        (seq for seq, got in zip(range(after + 1, head.seq + 1), [*found, None], strict=False) if got != seq), None
    )
    if missing is not None or len(found) != head.seq - after:
        raise _gap(missing or head.seq + 1, head)


def _gap(missing: int, head: HeadRow) -> IntegrityBroken:
    return IntegrityBroken(
        said(
            "Entry {seq} is missing from what was read of the ledger, whose head is entry {last}.",
            seq=missing,
            last=head.seq,
        ),
        remedy=said("Verify the store."),
        code="gap",
    )
