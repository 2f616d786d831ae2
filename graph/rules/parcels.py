"""The state of one thing in the course of its events: parcels that share a fate, stays, and what was found."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.rules.account import Bounds
from graph.vocabulary import FINAL_DISPOSITIONS

__all__ = ["Course", "Finding", "Parcel", "Problem", "Stay", "Thing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What the course needs to know of the thing beside its account."""

    kind: str
    key: str
    expiry_date: str | None = None

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.key}"


class Problem(NamedTuple):
    """A rule that an operation breaks. Impossible ones are always refused; forbidden ones may be acknowledged."""

    operation: str
    code: str
    message: str
    remedy: str
    is_forbidden: bool = False


class Finding(NamedTuple):
    """A departure that is recorded, not refused."""

    operation: str
    code: str
    severity: str
    message: str
    value: str | None = None


@dataclass(slots=True, eq=False)  # two stays alike are still two
class Stay:
    """Where something stood: the position, since when, and until when where it ended."""

    operation: str
    position: str
    start: Bounds
    end: Bounds | None = None


@dataclass(slots=True, eq=False)
class Parcel:
    """Part of a lot that shares one fate: a unit, some of a counted lot, or the whole of an uncounted one."""

    unit: str | None
    amount: float | None  # None: not counted
    base: str
    overlay: str | None = None  # allocated, in_transit, at_site: over the base until stored again
    is_held: bool = False
    before_unaccounted: tuple[str, bool] | None = None  # the base it had, and whether it was on hold
    stay: Stay | None = None
    transport: str | None = None

    @property
    def disposition(self) -> str:
        return "on_hold" if self.is_held else self.overlay or self.base

    @property
    def is_final(self) -> bool:
        return self.base in FINAL_DISPOSITIONS


@dataclass(slots=True)
class Course:
    """The state of a thing after its events, with everything that was found on the way."""

    thing: Thing
    mode: str = "unmade"  # itemised, counted, uncounted; unmade until it exists
    unit: str | None = None
    parcels: list[Parcel] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def amounts(self) -> dict[str, float]:
        """Disposition -> number of units, or quantity; an uncounted thing counts as one."""
        totals: dict[str, float] = {}
        for parcel in self.parcels:
            amount = 1 if parcel.amount is None else parcel.amount
            totals[parcel.disposition] = totals.get(parcel.disposition, 0) + amount
        return totals

    def fork(self) -> Course:
        """A copy that goes its own way: for trying an order of events."""
        stays = {id(stay): copy(stay) for stay in self.stays}
        parcels = [copy(parcel) for parcel in self.parcels]
        for parcel in parcels:
            if parcel.stay is not None:
                parcel.stay = stays[id(parcel.stay)]
        return Course(
            thing=self.thing,
            mode=self.mode,
            unit=self.unit,
            parcels=parcels,
            stays=list(stays.values()),
            problems=list(self.problems),
            findings=list(self.findings),
        )
