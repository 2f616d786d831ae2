"""What became of one thing, step by step: units, quantity, disposition, presence. Pure; one account in, findings out.

The steps are taken in the order of event time; at equal times what makes a thing comes first, then what ends, then
release and dispositions, then storing, then the rest in ledger order (records.md, "Times"). Where times are not exact,
an order is looked for that breaks no rule: only what is certain is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.rules.account import Account, Event
from graph.times import day_end_ms
from graph.vocabulary import DRAW_ORDER, OPERATIONS
from graph.vocabulary.words import CHANGEABLE_DISPOSITIONS, FINAL_DISPOSITIONS

__all__ = ["Course", "Parcel", "Problem", "Stay", "Thing", "run_course"]

_TESTS = frozenset({"TESTED", "QC_IN", "QC_RELEASE", "VERIFIED"})
_RANK = {"QC_RELEASE": 2, "CHANGED_DISPOSITION": 2, "STORAGE_OUT": 1, "STORED": 3}
_REST = 4
# Releasing draws what is not released yet; whatever else is drawn, these come last.
_RELEASED_FROM = ("quarantined", "in_process", "returned", "allocated", "at_site", "in_transit")
_LATE_PREFERENCE = ("retention_sample", "returned", "rejected", "in_transit", "unaccounted", "on_hold")
_CHANGED_TO = frozenset({*CHANGEABLE_DISPOSITIONS, "on_hold"})


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


@dataclass(slots=True)
class Stay:
    """Where something stood: the position, since when, and until when where it ended."""

    operation: str
    position: str
    start: tuple[int, int]
    end: tuple[int, int] | None = None


@dataclass(slots=True)
class Parcel:
    """Part of a lot that shares one fate: a unit, some of a counted lot, or the whole of an uncounted one."""

    unit: str | None
    amount: float | None  # None: not counted
    base: str
    overlay: str | None = None  # allocated, in_transit, at_site: over the base until stored again
    is_held: bool = False
    before_unaccounted: str | None = None
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
            totals[parcel.disposition] = totals.get(parcel.disposition, 0) + (parcel.amount or 1)
        return totals


class _Step(NamedTuple):
    low: int
    high: int
    rank: int
    seq: int
    phase: str  # begin or end
    event: Event


def _steps(events: Sequence[Event]) -> list[_Step]:
    steps = []
    for event in events:
        is_lasting = OPERATIONS[event.type].is_lasting and event.role == "in"
        rank = 0 if event.role == "made" else _RANK.get(event.type, _REST)
        steps.append(_Step(*event.start, rank, event.seq, "begin", event))
        if is_lasting and event.end is not None:
            end_rank = 1 if event.end[0] > event.start[0] else _REST + 1  # never before its own beginning
            steps.append(_Step(*event.end, end_rank, event.seq, "end", event))
    return steps


def run_course(
    thing: Thing,
    account: Account,
    *,
    until_ms: int | None = None,
    is_within: Callable[[str, str], bool] = lambda position, place: position == place,
) -> Course:
    """Replays the account, up to and including ``until_ms`` where given.

    ``is_within(position, place)`` says whether a position is the place or stands below it; inventories need it.
    """
    steps = _steps(account.events)
    if until_ms is not None:
        steps = [step for step in steps if step.low <= until_ms]
    runner = _Runner(thing, is_within)
    if not any(event.role == "made" for event in account.events):
        runner.make(None)
    if all(step.low == step.high for step in steps):
        for step in sorted(steps, key=lambda step: (step.low, step.rank, step.seq)):
            runner.take(step)
    else:
        _search(runner, steps)
    return runner.course


def _search(runner: _Runner, steps: list[_Step]) -> None:
    """Takes the steps in an order that their times allow, preferring one that breaks no rule."""
    left = sorted(steps, key=lambda step: (step.low, step.rank, step.seq))
    while left:
        first_end = min(step.high for step in left)
        begun = {id(step.event) for step in left if step.phase == "begin"}
        candidates = [
            step for step in left if step.low <= first_end and not (step.phase == "end" and id(step.event) in begun)
        ]
        candidates.sort(key=lambda step: (step.rank, step.low, step.seq))
        chosen = next((step for step in candidates if not runner.would_break(step)), candidates[0])
        runner.take(chosen)
        left.remove(chosen)


class _Runner:
    """The state in motion. Each method is one rule of the trade."""

    def __init__(self, thing: Thing, is_within: Callable[[str, str], bool]) -> None:
        self.course = Course(thing=thing)
        self.is_within = is_within

    # -- telling ---------------------------------------------------------------------------------------------------

    def impossible(self, event: Event, code: str, message: str, remedy: str) -> None:
        self.course.problems.append(Problem(event.operation, code, message, remedy))

    def forbidden(self, event: Event, code: str, message: str, remedy: str) -> None:
        self.course.problems.append(Problem(event.operation, code, message, remedy, is_forbidden=True))

    def would_break(self, step: _Step) -> bool:
        trial = _Runner(self.course.thing, self.is_within)
        course = self.course
        trial.course.mode, trial.course.unit = course.mode, course.unit
        trial.course.parcels = deepcopy(course.parcels)  # with their stays, which a step may end
        trial.take(step)
        return bool(trial.course.problems)

    @property
    def _name(self) -> str:
        return self.course.thing.key

    # -- steps -----------------------------------------------------------------------------------------------------

    def take(self, step: _Step) -> None:
        event = step.event
        if event.role == "made":
            self.make(event)
        elif self.course.mode == "unmade":
            self.impossible(
                event,
                "before_made",
                f"{self._name} did not exist yet when {event.operation} took it.",
                "Check the times of both operations.",
            )
        elif step.phase == "end":
            self._end(event)
        else:
            self._begin(event)

    def make(self, event: Event | None) -> None:
        course = self.course
        quantity, units = (event.quantity, event.units) if event else (None, ())
        course.unit = event.unit if event else None
        if units:
            course.mode = "itemised"
            course.parcels = [Parcel(unit, 1, "quarantined") for unit in units]
        elif quantity is not None:
            course.mode = "counted"
            course.parcels = [Parcel(None, quantity, "quarantined")]
        else:
            course.mode = "uncounted"
            course.parcels = [Parcel(None, None, "in_process")]

    def _end(self, event: Event) -> None:
        assert event.end is not None  # only ended events have an end step
        for parcel in self.course.parcels:
            if event.type == "STORED" and parcel.stay and parcel.stay.operation == event.operation:
                parcel.stay.end = event.end
                parcel.stay = None
            elif event.type == "TRANSPORTED" and parcel.transport == event.operation:
                parcel.transport = None
                if not parcel.is_final:
                    parcel.overlay = "at_site"

    def _begin(self, event: Event) -> None:
        kind = OPERATIONS[event.type]
        if not self._fits(event):
            return
        if event.type == "STORED":
            self._store(event)
        elif event.type == "TRANSPORTED":
            self._transport(event)
        elif event.type == "STORAGE_OUT":
            self._take_out(event)
        elif event.type == "COUNTED":
            self._count(event)
        elif event.type == "CHANGED_DISPOSITION":
            self._change(event)
        elif event.type in _TESTS:
            self._test(event)
        elif kind.is_material:
            self._consume(event)

    # -- amounts ---------------------------------------------------------------------------------------------------

    def _fits(self, event: Event) -> bool:
        """Names the event what a thing of this mode is taken by?"""
        mode, is_reagent = self.course.mode, self.course.thing.kind == "Reagent"
        takes = OPERATIONS[event.type].is_material or event.consumed or event.type == "COUNTED"
        if mode == "itemised":
            if event.quantity is not None and not event.units:
                self.impossible(
                    event, "mixing", f"{self._name} has named units, and a bare quantity is taken.", "Name the units."
                )
                return False
            if takes and not event.units:
                self.impossible(
                    event, "units_missing", f"{self._name} has named units, and none is named.", "Name them."
                )
                return False
        elif event.units:
            self.impossible(
                event, "mixing", f"{self._name} has no named units, and units are named.", "Give a quantity instead."
            )
            return False
        elif mode == "counted" and takes and event.quantity is None:
            self.impossible(
                event, "quantity_missing", f"{self._name} is counted, and no quantity is given.", "Give it."
            )
            return False
        elif mode == "uncounted" and event.quantity is not None and not is_reagent:
            self.impossible(
                event,
                "mixing",
                f"{self._name} was made without a quantity, and {event.quantity:g} of it is named.",
                "Leave the quantity out; the whole is meant.",
            )
            return False
        if event.unit and self.course.unit and event.unit != self.course.unit:
            self.impossible(
                event,
                "wrong_unit",
                f"{self._name} is counted in {self.course.unit}, not in {event.unit}.",
                f"Give the quantity in {self.course.unit}.",
            )
            return False
        return True

    def _named(self, event: Event) -> list[Parcel]:
        by_unit = {parcel.unit: parcel for parcel in self.course.parcels}
        found = []
        for unit in event.units:
            parcel = by_unit.get(unit)
            if parcel is None:
                self.impossible(
                    event, "unknown_unit", f"{self._name} has no unit {unit}.", "Check the label and the lot's units."
                )
            else:
                found.append(parcel)
        return found

    def _split(self, parcel: Parcel, amount: float) -> Parcel:
        """Part of a counted parcel as a parcel of its own."""
        assert parcel.amount is not None
        if amount >= parcel.amount:
            return parcel
        part = copy(parcel)
        part.amount = amount
        parcel.amount -= amount
        self.course.parcels.append(part)
        return part

    def _draw(
        self, event: Event, preference: Sequence[str], eligible: Callable[[Parcel], bool], quantity: float
    ) -> list[Parcel] | None:
        """Parcels that add up to the quantity, best dispositions first; None where there is not so much."""
        order = [*preference, *(name for name in _LATE_PREFERENCE if name not in preference)]
        candidates = [parcel for parcel in self.course.parcels if not parcel.is_final and eligible(parcel)]

        def place(parcel: Parcel) -> tuple[int, int]:
            disposition = parcel.disposition
            rank = order.index(disposition) if disposition in order else len(order)
            return rank, 0 if parcel.stay is None else parcel.stay.start[0]

        candidates.sort(key=place)
        available = sum(parcel.amount or 0 for parcel in candidates)
        if available < quantity:
            self.impossible(
                event,
                "overdraw",
                f"{event.operation} takes {quantity:g} of {self._name}, where {available:g} can be taken.",
                "Check the quantity, and whether what stands elsewhere was taken out first.",
            )
            return None
        drawn, wanted = [], quantity
        for parcel in candidates:
            if wanted <= 0:
                break
            assert parcel.amount is not None
            part = self._split(parcel, min(parcel.amount, wanted))
            wanted -= part.amount or 0
            drawn.append(part)
        return drawn

    def _select(
        self,
        event: Event,
        preference: Sequence[str] = DRAW_ORDER,
        eligible: Callable[[Parcel], bool] = lambda parcel: True,
    ) -> list[Parcel] | None:
        """What the event names: units, a quantity, or all that is left. None where it cannot be."""
        if event.units:
            return self._named(event)
        if event.quantity is not None and self.course.mode == "counted":
            return self._draw(event, preference, eligible, event.quantity)
        left = [parcel for parcel in self.course.parcels if not parcel.is_final]
        if not left:
            self.impossible(
                event,
                "nothing_left",
                f"Nothing was left of {self._name} when {event.operation} named it.",
                "Check the times, and what was taken before.",
            )
            return None
        return left

    def _gone(self, event: Event, parcel: Parcel) -> bool:
        if parcel.is_final:
            unit = f"{self._name}#{parcel.unit}" if parcel.unit else self._name
            self.impossible(
                event,
                "unit_gone" if parcel.unit else "nothing_left",
                f"{unit} was {parcel.base} before {event.operation} named it.",
                "Check the label; a correction mends the earlier record if that one is wrong.",
            )
        return parcel.is_final

    # -- presence --------------------------------------------------------------------------------------------------

    def _stands_elsewhere(self, event: Event, parcel: Parcel) -> bool:
        place = parcel.stay.position if parcel.stay else "on the way" if parcel.transport else None
        if place is not None:
            unit = f"{self._name}#{parcel.unit}" if parcel.unit else self._name
            where = f"stands in {place}" if parcel.stay else "is on the way"
            self.impossible(
                event,
                "stands_elsewhere",
                f"{unit} still {where} ({(parcel.stay.operation if parcel.stay else parcel.transport)}).",
                "Close that stay or transport, or take it out of storage first.",
            )
        return place is not None

    def _free(self, parcel: Parcel) -> bool:
        return parcel.stay is None and parcel.transport is None

    def _usable(self, event: Event, parcels: Sequence[Parcel]) -> Iterator[Parcel]:
        for parcel in parcels:
            if self._gone(event, parcel) or self._stands_elsewhere(event, parcel):
                continue
            yield parcel

    def _store(self, event: Event) -> None:
        parcels = self._select(event, (*DRAW_ORDER, *_RELEASED_FROM), self._free)
        if parcels is None or event.position is None:
            return
        stay = Stay(event.operation, event.position, event.start)
        for parcel in self._usable(event, parcels):
            parcel.stay = stay
            parcel.overlay = None  # storing gives back the disposition before
        self.course.stays.append(stay)

    def _transport(self, event: Event) -> None:
        parcels = self._select(event, DRAW_ORDER, self._free)
        for parcel in self._usable(event, parcels or ()):
            self._held(event, parcel)
            parcel.transport = event.operation
            parcel.overlay = "in_transit"

    def _take_out(self, event: Event) -> None:
        place = event.position

        def stands_there(parcel: Parcel) -> bool:
            return parcel.stay is not None and parcel.stay.position == place

        if not event.units and event.quantity is None:
            parcels = [parcel for parcel in self.course.parcels if not parcel.is_final and stands_there(parcel)]
            if not parcels:
                self._not_there(event, self._name)
        else:
            parcels = self._select(event, DRAW_ORDER, stands_there) or []
        keeps = event.kept.get("storage_out_reason") == "transfer"
        for parcel in parcels:
            if self._gone(event, parcel):
                continue
            if not stands_there(parcel):
                self._not_there(event, f"{self._name}#{parcel.unit}" if parcel.unit else self._name)
                continue
            self._leave(parcel, event.start)
            if not keeps:
                self._held(event, parcel)
                parcel.overlay = "allocated"

    def _not_there(self, event: Event, what: str) -> None:
        self.impossible(
            event,
            "not_there",
            f"{what} did not stand in {event.position} when {event.operation} took it out.",
            "Name the position of its last STORED, or record that first.",
        )

    def _leave(self, parcel: Parcel, at: tuple[int, int]) -> None:
        """Ends the parcel's presence; the stay ends when the last of it has left."""
        stay, parcel.stay = parcel.stay, None
        if stay is not None and not any(other.stay is stay for other in self.course.parcels):
            stay.end = at

    # -- taking and testing ----------------------------------------------------------------------------------------

    def _held(self, event: Event, parcel: Parcel) -> None:
        if parcel.is_held:
            self.forbidden(
                event, "on_hold", f"{self._name} was on hold when {event.operation} took it.", "Release the hold first."
            )

    def _expired(self, event: Event) -> None:
        expiry = self.course.thing.expiry_date
        if expiry is not None and event.start[0] >= day_end_ms(expiry, event.offset):
            self.forbidden(
                event,
                "expired",
                f"{self._name} expired on {expiry}, before {event.operation} took it.",
                "Use another lot, or have its expiry extended by an amendment.",
            )

    def _consume(self, event: Event) -> None:
        is_given = event.type == "ADMINISTERED"
        if self.course.mode == "uncounted" and self.course.thing.kind == "Reagent":
            return  # a bottle that is not counted has no balance
        parcels = self._select(event, OPERATIONS[event.type].draws)
        for parcel in parcels or ():
            if self._gone(event, parcel):
                continue
            if self._has_disposition:
                self._allowed(event, parcel, is_given=is_given)
            self._leave(parcel, event.start)
            parcel.transport = None
            parcel.overlay, parcel.is_held = None, False
            parcel.base = OPERATIONS[event.type].becomes or parcel.base
        if parcels:
            self._expired(event)

    @property
    def _has_disposition(self) -> bool:
        return self.course.thing.kind != "Reagent"

    def _allowed(self, event: Event, parcel: Parcel, *, is_given: bool) -> None:
        if parcel.is_held:
            self._held(event, parcel)
            return
        # An overlay says where it is, not that it was released: what was taken out or shipped unreleased is not.
        allowed = (
            parcel.base == "released" and parcel.overlay != "in_transit"
            if is_given
            else parcel.disposition in DRAW_ORDER and parcel.base in DRAW_ORDER
        )
        if not allowed:
            unit = f"{self._name}#{parcel.unit}" if parcel.unit else self._name
            state = parcel.base if parcel.base == parcel.disposition else f"{parcel.disposition} ({parcel.base})"
            self.forbidden(
                event,
                "not_released",
                f"{unit} was {state} when {event.operation} took it.",
                "Record its release first, if there was one.",
            )

    def _test(self, event: Event) -> None:
        if event.consumed:
            if self.course.mode == "uncounted":
                return  # a sample of a culture; what is not counted has no balance
            for parcel in self._select(event, DRAW_ORDER) or ():
                if not self._gone(event, parcel):
                    self._leave(parcel, event.start)
                    parcel.transport, parcel.overlay, parcel.is_held = None, None, False
                    parcel.base = OPERATIONS[event.type].becomes or parcel.base
            return
        if event.type != "QC_RELEASE":
            if event.units:
                self._named(event)
            return
        verdict = event.kept.get("test_conclusion")
        for parcel in self._select(event, _RELEASED_FROM) or ():
            if self._gone(event, parcel):
                continue
            if verdict in {"pass", "conditional"}:
                self._held(event, parcel)
                parcel.base, parcel.overlay = "released", None
            elif verdict == "fail":
                parcel.base, parcel.overlay = "rejected", None

    # -- dispositions and inventories ------------------------------------------------------------------------------

    def _change(self, event: Event) -> None:
        old, new = event.kept.get("from"), event.kept.get("to")
        if new is None:
            self.impossible(
                event, "disposition_missing", f"{event.operation} does not say to which disposition.", "Add to."
            )
            return

        def eligible(parcel: Parcel) -> bool:
            return old is None or parcel.disposition == old

        if event.units or event.quantity is not None:
            parcels = self._select(event, (str(old),), eligible) or []
        else:
            parcels = [parcel for parcel in self.course.parcels if not parcel.is_final and eligible(parcel)]
            if not parcels:
                state = ", ".join(sorted(self.course.amounts()))
                self._wrong_from(event, self._name, state)
        for parcel in parcels:
            if self._gone(event, parcel):
                continue
            if not eligible(parcel):
                unit = f"{self._name}#{parcel.unit}" if parcel.unit else self._name
                self._wrong_from(event, unit, parcel.disposition)
                continue
            self._become(event, parcel, str(new))

    def _wrong_from(self, event: Event, what: str, state: str) -> None:
        self.impossible(
            event,
            "wrong_from",
            f"{what} was {state}, not {event.kept.get('from')}, when {event.operation} changed it.",
            "Write the disposition it had.",
        )

    def _become(self, event: Event, parcel: Parcel, new: str) -> None:
        if new == "on_hold":
            parcel.is_held = True
        elif parcel.is_held and new == (parcel.overlay or parcel.base):
            parcel.is_held = False  # the hold ends, and gives back the disposition before
        elif new not in _CHANGED_TO:
            self.impossible(
                event,
                "wrong_to",
                f"{event.operation} changes {self._name} to {new}, which this operation cannot.",
                f"It can change to {', '.join(sorted(_CHANGED_TO))}; release is QC_RELEASE.",
            )
        else:
            if new == "unaccounted":
                parcel.before_unaccounted = parcel.base
            parcel.base, parcel.overlay, parcel.is_held = new, None, False
            if new in FINAL_DISPOSITIONS or new == "unaccounted":
                self._leave(parcel, event.start)
                parcel.transport = None

    def _count(self, event: Event) -> None:
        place = event.position
        if place is None or self.course.mode == "uncounted":
            return
        here = [
            parcel
            for parcel in self.course.parcels
            if not parcel.is_final and parcel.stay and self.is_within(parcel.stay.position, place)
        ]
        if self.course.mode == "itemised":
            found = set(event.units)
            missing = [parcel for parcel in here if parcel.unit not in found]
            surplus = [parcel for parcel in self._named(event) if parcel not in here]
        else:
            expected, counted = sum(parcel.amount or 0 for parcel in here), event.quantity or 0
            missing, surplus = [], []
            if counted < expected:
                missing = self._draw(event, DRAW_ORDER, lambda parcel: parcel in here, expected - counted) or []
            elif counted > expected:
                surplus = self._regain(event, counted - expected)
        for parcel in missing:
            self._become(event, parcel, "unaccounted")
        if missing:
            amount = sum(parcel.amount or 0 for parcel in missing)
            units = ", ".join(f"{self._name}#{parcel.unit}" for parcel in missing if parcel.unit)
            self.course.findings.append(
                Finding(
                    event.operation,
                    "inventory_gap",
                    "critical",
                    f"{amount:g} of {self._name} should have been in {place} and was not found{': ' + units if units else ''}.",
                    f"{amount:g}",
                )
            )
        for parcel in surplus:
            self._found_again(event, parcel, place)

    def _regain(self, event: Event, amount: float) -> list[Parcel]:
        """Unaccounted parts of a counted lot that an inventory has found; more than that is over-accounting."""
        regained = []
        for parcel in [parcel for parcel in self.course.parcels if parcel.base == "unaccounted"]:
            if amount <= 0:
                break
            part = self._split(parcel, min(parcel.amount or 0, amount))
            amount -= part.amount or 0
            regained.append(part)
        if amount > 0:
            self._surplus(event, f"{amount:g} of {self._name}")
        return regained

    def _found_again(self, event: Event, parcel: Parcel, place: str) -> None:
        if parcel.base != "unaccounted":
            self._surplus(event, f"{self._name}#{parcel.unit}" if parcel.unit else self._name, parcel.disposition)
            return
        parcel.base = parcel.before_unaccounted or "quarantined"
        parcel.stay = Stay(event.operation, place, event.start)
        self.course.stays.append(parcel.stay)

    def _surplus(self, event: Event, what: str, state: str | None = None) -> None:
        known = f"; the records say {state}" if state else ""
        self.course.findings.append(
            Finding(
                event.operation,
                "inventory_surplus",
                "major",
                f"{what} was found in {event.position}, where it should not have been{known}.",
            )
        )
