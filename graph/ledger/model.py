"""What goes through the door and what comes back: submissions, receipts, entries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph.errors import Deviation, IntegrityBroken, Violation, Warned
from graph.records import RawRecord
from graph.saying import said
from graph.viewer import Viewer

__all__ = [
    "GENESIS",
    "LARGEST_REQUEST",
    "Entry",
    "Head",
    "Rebuilt",
    "Receipt",
    "Since",
    "Submission",
    "Verification",
    "deviation_row",
    "digest_of_row",
]

GENESIS = "0" * 64  # what stands before the first entry
LARGEST_REQUEST = 20_000


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Records handed in together: applied whole or not at all.

    ``idempotency_key`` names the request: handed in again after a lost answer, it gets the same receipt.
    ``is_import``: acts on behalf of whom its records name, so it need not sign in the person of each ``by``.
    """

    records: Sequence[RawRecord]
    viewer: Viewer
    idempotency_key: str
    historic: bool = False
    create_missing: frozenset[str] = frozenset()
    zone: str | None = None
    dry_run: bool = False
    is_import: bool = False
    on_behalf_of_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a submission. ``seq`` is the ledger's head after it; None where nothing was ever recorded."""

    accepted: bool
    seq: int | None = None
    applied: int = 0
    unchanged: int = 0
    violations: tuple[Violation, ...] = ()
    warnings: tuple[Warned, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    @property
    def warning_count(self) -> int:
        """Of all there were: a door elsewhere lists the first only."""
        return len(self.warnings)

    @property
    def deviation_count(self) -> int:
        return len(self.deviations)

    def as_json(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "seq": self.seq,
            "applied": self.applied,
            "unchanged": self.unchanged,
            "violations": [violation.as_json() for violation in self.violations],
            "warnings": [warning.as_json() for warning in self.warnings],
            "deviations": [deviation.as_json() for deviation in self.deviations],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where the ledger stands. ``epoch`` is another one after a restore or in another store."""

    seq: int
    digest: str
    epoch: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the ledger. ``payload`` is the record in canonical form, tier-3 values as their digests."""

    seq: int
    name: str
    target: str
    payload: str
    clock_ms: int
    actor: str
    role: str
    request: str
    claimed_ms: int | None = None
    purpose: str | None = None
    on_behalf_of: str | None = None
    also: str | None = None  # name of the operation that a correction puts into effect
    operator: str | None = None
    deviations: tuple[Deviation, ...] = ()
    previous: str = GENESIS
    digest: str = field(default="")

    @property
    def recorded_ms(self) -> int:
        return self.clock_ms if self.claimed_ms is None else self.claimed_ms

    def properties(self) -> dict[str, Any]:
        """As kept in the database. Absent members are left out."""
        kept: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "seq", "name", "target", "payload", "clock_ms", "actor", "role", "request", "claimed_ms", "purpose",
                "on_behalf_of", "also", "operator", "previous", "digest",
            )
            if getattr(self, name) is not None
        }  # fmt: skip
        if self.deviations:
            kept["deviations"] = orjson.dumps([each.as_json() for each in self.deviations]).decode()
        return kept

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Entry:
        """Raises IntegrityBroken for what the ledger never wrote."""
        members = dict(kept)
        try:
            deviations = tuple(Deviation(**each) for each in orjson.loads(members.pop("deviations", "[]")))
            return cls(**members, deviations=deviations)
        except (TypeError, ValueError) as error:
            raise IntegrityBroken(
                said("Entry {seq} was altered: it has not the members of an entry.", seq=kept.get("seq")),
                remedy=said("Restore the store from a backup."),
            ) from error

    def digest_over(self) -> str:
        return digest_of_row(self.properties())


def digest_of_row(properties: Mapping[str, Any]) -> str:
    """SHA-256 over the digest before and all that an entry says, but its own digest."""
    content = {name: value for name, value in properties.items() if name != "digest"}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """What came after an entry: ``digest`` is that entry's own, None where there is no such entry."""

    head: Head
    digest: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """``first_difference`` names what is not as the ledger says, None where all is."""

    entries: int
    seq: int
    first_difference: str | None = None

    @property
    def is_intact(self) -> bool:
        return self.first_difference is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    entries: int
    nodes: int
    edges: int


def deviation_row(deviation: Deviation, seq: int, recorded_ms: int) -> dict[str, Any]:
    """A deviation as the graph keeps it, beside the entry that holds it."""
    row = deviation.as_json()
    row["key"] = row.pop("id")
    return {**row, "seq": seq, "recorded_ms": recorded_ms, "is_open": True}
