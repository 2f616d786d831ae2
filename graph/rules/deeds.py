"""What each type of operation does to a thing. Each method is one rule of the trade (records.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from graph.rules.account import Bounds, Event
from graph.rules.departures import (
    EXPIRED_TAKEN,
    GAP,
    GAP_OF_UNITS,
    HELD,
    NOT_RELEASED,
    NOT_RELEASED_ELSEWHERE,
    SURPLUS,
    SURPLUS_AMOUNT,
)
from graph.rules.holding import Holding
from graph.rules.parcels import Course, Finding, Parcel, Stay
from graph.saying import Saying, said
from graph.times import day_end_ms
from graph.vocabulary import DRAW_ORDER, FINAL_DISPOSITIONS, OPERATIONS
from graph.vocabulary.words import CHANGEABLE_DISPOSITIONS

__all__ = ["Deeds", "IsWithin"]

IsWithin = Callable[[str, str, int], bool]  # position, place, and when (ms)

_TESTS = frozenset({"TESTED", "QC_IN", "QC_RELEASE", "VERIFIED"})
_CHANGED_TO = frozenset({*CHANGEABLE_DISPOSITIONS, "on_hold"})
# Releasing draws what is not released yet.
_RELEASED_FROM = ("quarantined", "in_process", "returned", "allocated", "at_site", "in_transit", "rejected")


class Deeds(Holding):
    """Lets events happen to the parcels of one thing."""

    def __init__(self, course: Course, is_within: IsWithin) -> None:
        super().__init__(course)
        self._is_within = is_within

    def begin(self, event: Event) -> None:
        """The event, or the beginning of one that lasts."""
        if event.role == "made":
            self.make(event)
        elif self.course.mode == "unmade":
            self.impossible(
                event,
                "before_made",
                said("{thing} did not exist yet when {operation} took it.", thing=self.name, operation=event.operation),
                said("Check the times of both operations."),
            )
        elif self.fits(event):
            self._do(event)

    def _do(self, event: Event) -> None:
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
        elif OPERATIONS[event.type].is_material:
            self._consume(event)

    def end(self, event: Event) -> None:
        """The end of one that lasts."""
        assert event.end is not None  # only ended events have an end step
        for parcel in self.course.parcels:
            if event.type == "STORED" and parcel.stay and parcel.stay.operation == event.operation:
                parcel.stay.end = event.end
                parcel.stay = None
            elif event.type == "TRANSPORTED" and parcel.transport == event.operation:
                parcel.transport = None
                if not parcel.is_final:
                    parcel.overlay = "at_site"

    # -- presence --------------------------------------------------------------------------------------------------

    def _stands_elsewhere(self, event: Event, parcel: Parcel) -> bool:
        if parcel.stay is None and parcel.transport is None:
            return False
        name = self.name_of(parcel)
        if parcel.stay is not None:
            since = {"position": parcel.stay.position, "operation": parcel.stay.operation}
            message = said("{thing} still stands in {position} ({operation}).", thing=name, **since)
        else:
            message = said("{thing} still is on the way ({operation}).", thing=name, operation=parcel.transport)
        self.impossible(
            event,
            "stands_elsewhere",
            message,
            said("Close that stay or transport, or take it out of storage first."),
        )
        return True

    @staticmethod
    def _is_free(parcel: Parcel) -> bool:
        return parcel.stay is None and parcel.transport is None

    def _usable(self, event: Event, parcels: Sequence[Parcel]) -> Iterator[Parcel]:
        for parcel in parcels:
            if not self.is_gone(event, parcel) and not self._stands_elsewhere(event, parcel):
                yield parcel

    def _store(self, event: Event) -> None:
        if event.position is None:
            return
        stay = Stay(event.operation, event.position, event.start)
        for parcel in self._usable(event, self.select(event, DRAW_ORDER, self._is_free)):
            parcel.stay = stay
            parcel.overlay = None  # storing gives back the disposition before
        self.course.stays.append(stay)

    def _transport(self, event: Event) -> None:
        for parcel in self._usable(event, self.select(event, DRAW_ORDER, self._is_free)):
            self._check_hold(event, parcel)
            parcel.transport = event.operation
            parcel.overlay = "in_transit"

    def _take_out(self, event: Event) -> None:
        place = event.position

        def stands_there(parcel: Parcel) -> bool:
            return parcel.stay is not None and parcel.stay.position == place

        if not event.units and event.quantity is None:
            parcels = [parcel for parcel in self.course.parcels if not parcel.is_final and stands_there(parcel)]
            if not parcels:
                self._not_there(event, self.name)
        else:
            parcels = self.select(event, DRAW_ORDER, stands_there)
        is_transfer = event.kept.get("storage_out_reason") == "transfer"
        for parcel in parcels:
            if self.is_gone(event, parcel):
                continue
            if not stands_there(parcel):
                self._not_there(event, self.name_of(parcel))
                continue
            self._leave(parcel, event.start)
            if not is_transfer:
                self._check_hold(event, parcel)
                parcel.overlay = "allocated"

    def _not_there(self, event: Event, what: str) -> None:
        self.impossible(
            event,
            "not_there",
            said(
                "{thing} did not stand in {position} when {operation} took it out.",
                thing=what,
                position=event.position,
                operation=event.operation,
            ),
            said("Name the position of its last STORED, or record that first."),
        )

    def _leave(self, parcel: Parcel, at: Bounds) -> None:
        """Ends the parcel's presence; the stay ends when the last of it has left."""
        stay, parcel.stay = parcel.stay, None
        if stay is not None and not any(other.stay is stay for other in self.course.parcels):
            stay.end = at

    # -- taking and testing ----------------------------------------------------------------------------------------

    def _check_hold(self, event: Event, parcel: Parcel) -> None:
        if parcel.is_held:
            self.forbidden(
                event,
                "on_hold",
                said(
                    HELD,
                    thing=self.name_of(parcel),
                    operation=event.operation,
                ),
                said("Release the hold first."),
            )

    def _check_expiry(self, event: Event) -> None:
        expiry = self.course.thing.expiry_date
        if expiry is not None and event.start[0] >= day_end_ms(expiry, event.offset):
            self.forbidden(
                event,
                "expired",
                said(
                    EXPIRED_TAKEN,
                    thing=self.name,
                    expiry=expiry,
                    operation=event.operation,
                ),
                said("Use another lot, or have its expiry extended by an amendment."),
            )

    def _consume(self, event: Event) -> None:
        operation = OPERATIONS[event.type]
        if self.course.mode == "uncounted" and self.course.thing.kind == "Reagent":
            self._check_expiry(event)  # a bottle that is not counted has no balance
            return

        def is_allowed(parcel: Parcel) -> bool:
            return self._may_take(parcel, is_given=event.type == "ADMINISTERED")

        parcels = self.select(event, operation.draws, is_allowed=is_allowed)
        for parcel in parcels:
            if self.is_gone(event, parcel):
                continue
            if parcel.is_held:
                self._check_hold(event, parcel)
            elif not is_allowed(parcel):
                self._not_released(event, parcel)
            self._use_up(event, parcel)
        if parcels:
            self._check_expiry(event)

    def _may_take(self, parcel: Parcel, *, is_given: bool) -> bool:
        """An overlay says where a parcel is, not that it was released: what was shipped unreleased is not given."""
        if self.course.thing.kind == "Reagent":
            return True  # dispositions belong to tissues, lots and units
        if is_given:
            return not parcel.is_held and parcel.base == "released" and parcel.overlay != "in_transit"
        return parcel.disposition in DRAW_ORDER and parcel.base in DRAW_ORDER

    def _not_released(self, event: Event, parcel: Parcel) -> None:
        told = {"thing": self.name_of(parcel), "state": parcel.disposition, "operation": event.operation}
        self.forbidden(
            event,
            "not_released",
            said(NOT_RELEASED, **told)
            if parcel.base == parcel.disposition
            else said(NOT_RELEASED_ELSEWHERE, base=parcel.base, **told),
            said("Record its release first, if there was one."),
        )

    def _use_up(self, event: Event, parcel: Parcel) -> None:
        self._leave(parcel, event.start)
        parcel.transport, parcel.overlay, parcel.is_held = None, None, False
        parcel.base = OPERATIONS[event.type].becomes or parcel.base

    def _test(self, event: Event) -> None:
        if event.consumed:
            if self.course.mode != "uncounted":  # a sample of a culture leaves the culture
                for parcel in self.select(event):
                    if not self.is_gone(event, parcel):
                        self._use_up(event, parcel)
        elif event.type == "QC_RELEASE":
            self._release(event)
        elif event.units:
            self.named(event)

    def _release(self, event: Event) -> None:
        verdict = event.kept.get("test_conclusion")
        for parcel in self.select(event, _RELEASED_FROM):
            if self.is_gone(event, parcel):
                continue
            if verdict in {"pass", "conditional"}:
                self._check_hold(event, parcel)
                parcel.base, parcel.overlay = "released", None
            elif verdict == "fail":
                parcel.base, parcel.overlay = "rejected", None

    # -- dispositions and inventories ------------------------------------------------------------------------------

    def _change(self, event: Event) -> None:
        old, new = event.kept.get("from"), event.kept.get("to")
        if new is None:
            self.impossible(
                event,
                "disposition_missing",
                said("{operation} does not say to which disposition.", operation=event.operation),
                said("Add to."),
            )
            return

        def has_it(parcel: Parcel) -> bool:
            return old is None or parcel.disposition == old

        if event.units or event.quantity is not None:
            parcels = self.select(event, DRAW_ORDER, has_it)
        else:
            parcels = [parcel for parcel in self.course.parcels if not parcel.is_final and has_it(parcel)]
            if not parcels:
                self._wrong_from(event, self.name, ", ".join(sorted(self.course.amounts())))
        for parcel in parcels:
            if self.is_gone(event, parcel):
                continue
            if not has_it(parcel):
                self._wrong_from(event, self.name_of(parcel), parcel.disposition)
                continue
            self._become(event, parcel, str(new))

    def _wrong_from(self, event: Event, what: str, state: str) -> None:
        self.impossible(
            event,
            "wrong_from",
            said(
                "{thing} was {state}, not {expected}, when {operation} changed it.",
                thing=what,
                state=state,
                expected=event.kept.get("from"),
                operation=event.operation,
            ),
            said("Write the disposition it had."),
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
                said(
                    "{operation} changes {thing} to {state}, which this operation cannot.",
                    operation=event.operation,
                    thing=self.name,
                    state=new,
                ),
                said("It can change to {states}; release is QC_RELEASE.", states=", ".join(sorted(_CHANGED_TO))),
            )
        else:
            if new == "unaccounted":
                parcel.before_unaccounted = (parcel.base, parcel.is_held)
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
            if not parcel.is_final and parcel.stay and self._is_within(parcel.stay.position, place, event.start[0])
        ]
        if self.course.mode == "itemised":
            found = set(event.units)
            missing = [parcel for parcel in here if parcel.unit not in found]
            surplus = [parcel for parcel in self.named(event) if parcel not in here]
        else:
            missing, surplus = self._weigh(event, here)
        for parcel in missing:
            self._become(event, parcel, "unaccounted")
        if missing:
            self._gap(event, missing, place)
        for parcel in surplus:
            self._found_again(event, parcel, place)

    def _weigh(self, event: Event, here: list[Parcel]) -> tuple[list[Parcel], list[Parcel]]:
        """Of a counted lot: what is missing there, and what was found again."""
        expected, counted = sum(parcel.amount or 0 for parcel in here), event.quantity or 0
        if counted < expected:
            return self.draw(event, expected - counted, DRAW_ORDER, lambda parcel: parcel in here), []
        return [], self._regain(event, counted - expected) if counted > expected else []

    def _gap(self, event: Event, missing: list[Parcel], place: str) -> None:
        amount = sum(parcel.amount or 0 for parcel in missing)
        units = ", ".join(self.name_of(parcel) for parcel in missing if parcel.unit)
        told = {"amount": f"{amount:g}", "thing": self.name, "position": place}
        self.course.findings.append(
            Finding(
                event.operation,
                "inventory_gap",
                "critical",
                said(GAP_OF_UNITS, units=units, **told) if units else said(GAP, **told),
                f"{amount:g}",
            )
        )

    def _regain(self, event: Event, amount: float) -> list[Parcel]:
        """Unaccounted parts of a counted lot that an inventory has found; more than that is over-accounting."""
        regained = []
        for parcel in [parcel for parcel in self.course.parcels if parcel.base == "unaccounted"]:
            if amount <= 0:
                break
            part = self.split(parcel, amount)
            amount -= part.amount or 0
            regained.append(part)
        if amount > 0:
            told = said(SURPLUS_AMOUNT, amount=f"{amount:g}", thing=self.name, position=event.position)
            self._surplus(event, told)
        return regained

    def _found_again(self, event: Event, parcel: Parcel, place: str) -> None:
        if parcel.base != "unaccounted":
            told = {"thing": self.name_of(parcel), "position": place, "state": parcel.disposition}
            self._surplus(event, said(SURPLUS, **told))
            return
        parcel.base, parcel.is_held = parcel.before_unaccounted or ("quarantined", False)
        parcel.stay = Stay(event.operation, place, event.start)
        self.course.stays.append(parcel.stay)

    def _surplus(self, event: Event, message: Saying) -> None:
        self.course.findings.append(Finding(event.operation, "inventory_surplus", "major", message))
