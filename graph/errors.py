"""What can go wrong, by what the caller can do about it.

    StemgraphError
    ├── BadInput            mend the input; `violations` lists everything wrong with it
    ├── NotFound            name something that exists
    ├── NotPermitted        ask someone who may
    ├── Conflict            somebody else was first; look again, then decide
    ├── Incomplete          the answer would not be whole
    ├── StoreUnavailable    try again when the store is back (`is_retryable`)
    ├── Misconfigured       change the settings
    └── IntegrityBroken     stop: the store is not what the ledger says

Bad records in a batch are a list of `Violation`, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph.saying import said

__all__ = [
    "BadInput",
    "Conflict",
    "Deviation",
    "Incomplete",
    "IntegrityBroken",
    "Misconfigured",
    "NotFound",
    "NotPermitted",
    "Place",
    "StemgraphError",
    "StoreUnavailable",
    "Violation",
    "Warned",
    "being_rebuilt",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands in what was handed in: a file and line, or a sheet's cell."""

    file: str | None = None
    line: int | None = None
    cell: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One reason why nothing was applied: what, where, and what to do. Holds no value of tier 2 or 3."""

    code: str
    message: str
    remedy: str
    record: str | None = None
    member: str | None = None
    place: Place = Place()

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.place.file,
            "line": self.place.line,
            "cell": self.place.cell,
            "record": self.record,
            "member": self.member,
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Warned:
    """Something incomplete or superfluous in a record that was applied all the same."""

    code: str
    message: str
    record: str | None = None
    member: str | None = None
    place: Place = Place()

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "record": self.record, "member": self.member}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """A departure that the service found at the write and keeps with the entry.

    ``severity`` is minor, major or critical; ``subject`` the full id of the thing concerned; ``range_version`` names
    the range that was departed from. Source: the specification, section 4 (R-08).
    """

    code: str
    severity: str
    message: str
    operation: str | None = None
    subject: str | None = None
    field: str | None = None
    value: str | None = None
    direction: str | None = None
    range_version: str | None = None
    tier: int | None = None  # of the value that departs, where it is personal: 2 or 3
    id: str | None = None  # `entry sequence-number`, given by the ledger

    def as_json(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


class StemgraphError(Exception):
    """The root of what this product raises on purpose. ``code`` is stable; ``remedy`` says what to do."""

    code = "error"
    is_retryable = False

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code


class BadInput(StemgraphError):
    code = "bad_input"

    def __init__(
        self, message: str, *, remedy: str = "", member: str | None = None, violations: tuple[Violation, ...] = ()
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.member = member
        self.violations = violations


class NotFound(StemgraphError):
    code = "not_found"

    def __init__(
        self,
        ids: tuple[str, ...],
        *,
        remedy: str = said("Check the spelling; ids are written Kind:key."),
        at_seq: int | None = None,
    ) -> None:
        """``at_seq``: the entry of the ledger at which it was looked for, where that is not the last."""
        named = ", ".join(ids)
        if at_seq is None:
            super().__init__(said("There is no {named}.", named=named), remedy=remedy)
        else:
            told = said("At ledger entry {seq} there is no {named}; more was recorded since.", seq=at_seq, named=named)
            super().__init__(told, remedy=said("Ask without that position, or its cursor."))
        self.ids = ids


class NotPermitted(StemgraphError):
    code = "not_permitted"


class Conflict(StemgraphError):
    code = "conflict"


class Incomplete(StemgraphError):
    code = "incomplete"


class StoreUnavailable(StemgraphError):
    code = "store_unavailable"
    is_retryable = True


class Misconfigured(StemgraphError):
    code = "misconfigured"


class IntegrityBroken(StemgraphError):
    code = "integrity_broken"


def being_rebuilt() -> StoreUnavailable:
    """What is told instead of an answer while the graph is made again from the ledger."""
    return StoreUnavailable(
        said("The graph is being made again from the ledger, or that was cut short."),
        remedy=said("Try again when `stemgraph rebuild` has ended; if none is running, start it."),
        code="being_rebuilt",
    )
