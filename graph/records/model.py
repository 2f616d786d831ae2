"""The five records as values. ``canonical`` is what is kept and compared; the other members are read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graph.canonical import canonical_json
from graph.errors import Place, Violation
from graph.times import Moment

__all__ = [
    "AmendmentRecord",
    "ClosingRecord",
    "CorrectionRecord",
    "InputEnd",
    "NodeRecord",
    "OperationRecord",
    "OutputEnd",
    "RawRecord",
    "Record",
    "ResourceUse",
    "canonical",
]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it was handed in, not yet checked. ``problems``: what kept the reader from reading it."""

    value: Any
    place: Place = Place()
    problems: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    id: str
    canonical: Mapping[str, Any]  # RFC 8785-ready, without ``recorded_at``
    recorded_at: Moment | None
    place: Place

    @property
    def zone(self) -> str | None:
        zone: str | None = self.canonical.get("zone")
        return zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord(_Checked):
    """A thing as such: a donor, a machine, a reagent lot."""

    kind: str
    values: Mapping[str, Any]
    is_stub: bool = False

    @property
    def name(self) -> str:
        return f"{'stub' if self.is_stub else 'node'}:{self.kind}:{self.id}"

    @property
    def target(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One thing at one end. ``units`` are full unit ids, ranges listed; ``quantity`` is their number then."""

    kind: str
    id: str
    quantity: float | None = None
    unit: str | None = None
    units: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Its canonical members: what is empty, defaulted or follows from the rest is left out."""
        members: dict[str, Any] = {"kind": self.kind, "id": self.id}
        if self.units:
            members["units"] = list(self.units)
        elif self.quantity is not None:
            members["quantity"] = self.quantity
        if self.unit is not None:
            members["unit"] = self.unit
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class InputEnd(_End):
    """What goes into an operation, or what it is done to."""

    consumed: bool = False

    def as_json(self) -> dict[str, Any]:
        members = _End.as_json(self)  # a dataclass with slots is made anew: super() would miss it
        if self.consumed:
            members["consumed"] = True
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputEnd(_End):
    """What comes out of an operation, or where it leads."""

    values: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        members = _End.as_json(self)
        if self.values:
            members["data"] = self.values
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUse:
    """A reagent, consumable or machine that an operation uses.

    ``on`` holds the full ids of what it touched, where that was not everything; ``named_on`` the same as a record
    writes them: bare, and as ``Kind:key`` only where two kinds share the key.
    """

    kind: str
    id: str
    start: Moment | None = None
    end: Moment | None = None
    is_open: bool = False  # it goes on, until a closing
    process: str = "open"
    on: tuple[str, ...] = ()
    named_on: tuple[str, ...] = ()
    values: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Its canonical members."""
        members: dict[str, Any] = {"kind": self.kind, "id": self.id}
        if self.start is not None:
            members["start"] = self.start.text
        if self.end is not None:
            members["end"] = self.end.text
        if self.process != "open":
            members["process"] = self.process
        if self.named_on:
            members["on"] = list(self.named_on)
        if self.values:
            members["data"] = self.values
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRecord(_Checked):
    """An act: what went in, what came out, what was used, when, by whom."""

    type: str
    start: Moment
    end: Moment | None  # None: an instant, or still going on where ``is_open``
    is_open: bool
    performing_org: str
    operator: str
    reviewer: str | None
    study: str | None
    source_document: str | None
    inputs: tuple[InputEnd, ...]
    outputs: tuple[OutputEnd, ...]
    uses: tuple[ResourceUse, ...]
    values: Mapping[str, Any]
    captured: Mapping[str, str]
    despite: tuple[str, ...]
    reason: str | None
    acknowledged_by: str | None

    @property
    def handled(self) -> list[tuple[str, str]]:
        """(kind, key) of what goes in and what comes out."""
        return [(end.kind, end.id) for end in self.inputs] + [(end.kind, end.id) for end in self.outputs]

    def open_uses(self, key: str) -> list[ResourceUse]:
        """The open uses that a closing may mean by a key: a machine's; only where there is none, a reagent's."""
        named = [use for use in self.uses if use.id == key and use.is_open]
        return [use for use in named if use.kind == "Equipment"] or named

    @property
    def involved(self) -> list[tuple[str, str]]:
        """(kind, key) of what is handled and what is used."""
        return self.handled + [(use.kind, use.id) for use in self.uses]

    @property
    def name(self) -> str:
        return f"operation:{self.id}"

    @property
    def target(self) -> str:
        return f"Operation:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingRecord(_Checked):
    """The end of an open interval: of an operation, or of one machine's use in it."""

    operation: str
    end: Moment
    use: str | None
    values: Mapping[str, Any]
    by: str | None

    @property
    def name(self) -> str:
        return f"closing:{self.id}"

    @property
    def target(self) -> str:
        return f"Operation:{self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord(_Checked):
    """An operation that did not happen so; ``replacement`` says how it did, None that it did not happen at all."""

    operation: str
    reason: str
    by: str | None
    replacement: OperationRecord | None

    @property
    def name(self) -> str:
        return f"correction:{self.id}"

    @property
    def target(self) -> str:
        return f"Operation:{self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRecord(_Checked):
    """An error in a node's fields, mended for all time. None removes a field."""

    kind: str
    id_of: str
    values: Mapping[str, Any]
    reason: str
    by: str | None

    @property
    def name(self) -> str:
        return f"amendment:{self.id}"

    @property
    def target(self) -> str:
        return f"{self.kind}:{self.id_of}"


Record: TypeAlias = NodeRecord | OperationRecord | ClosingRecord | CorrectionRecord | AmendmentRecord


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 JSON of a record's canonical members (records.md, "Canonical form")."""
    return canonical_json(dict(value))
