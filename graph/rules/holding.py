"""What there is of a thing, and how an event names part of it: units, a quantity, or all that is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from graph.rules.account import Event
from graph.rules.parcels import Course, Parcel, Problem
from graph.saying import said
from graph.vocabulary import DRAW_ORDER, OPERATIONS

__all__ = ["Holding"]

# Whatever is drawn for, these come last.
_LATE_PREFERENCE = ("retention_sample", "returned", "rejected", "in_transit", "unaccounted", "on_hold")
_SLACK = 1e-9  # of a quantity: what adding up decimal fractions may lose


def _is_any(parcel: Parcel) -> bool:  # noqa: ARG001 - a test that every parcel passes
    return True


class Holding:
    """The parcels of one thing, and the ways to pick some of them. What cannot be is told of, not raised."""

    def __init__(self, course: Course) -> None:
        self.course = course

    # -- telling ---------------------------------------------------------------------------------------------------

    def impossible(self, event: Event, code: str, message: str, remedy: str) -> None:
        self.course.problems.append(Problem(event.operation, code, message, remedy))

    def forbidden(self, event: Event, code: str, message: str, remedy: str) -> None:
        self.course.problems.append(Problem(event.operation, code, message, remedy, is_forbidden=True))

    @property
    def name(self) -> str:
        return self.course.thing.key

    def name_of(self, parcel: Parcel) -> str:
        return f"{self.name}#{parcel.unit}" if parcel.unit else self.name

    # -- what an event names ---------------------------------------------------------------------------------------

    def make(self, event: Event | None) -> None:
        """The thing comes into being; without an event it was there before all records."""
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

    def fits(self, event: Event) -> bool:
        """Whether the event names what a thing of this mode is taken by."""
        misfit = self._misfit(event)
        if misfit is None:
            return True
        self.impossible(event, *misfit)
        return False

    def _misfit(self, event: Event) -> tuple[str, str, str] | None:
        """(code, message, remedy)."""
        mode, is_reagent = self.course.mode, self.course.thing.kind == "Reagent"
        takes = OPERATIONS[event.type].is_material or event.consumed or event.type == "COUNTED"
        if mode == "itemised":
            if event.quantity is not None and not event.units:
                return (
                    "mixing",
                    said("{thing} has named units, and a bare quantity is taken.", thing=self.name),
                    said("Name the units."),
                )
            if takes and not event.units:
                return (
                    "units_missing",
                    said("{thing} has named units, and none is named.", thing=self.name),
                    said("Name them."),
                )
        elif event.units:
            remedy = (
                said("Give a quantity instead.") if mode == "counted" else said("Leave them out; the whole is meant.")
            )
            return "mixing", said("{thing} has no named units, and units are named.", thing=self.name), remedy
        elif mode == "counted" and takes and event.quantity is None:
            return (
                "quantity_missing",
                said("{thing} is counted, and no quantity is given.", thing=self.name),
                said("Give it."),
            )
        elif mode == "uncounted" and event.quantity is not None and not is_reagent:
            # a reagent's bottle is not balanced: any amount of it may be named
            return (
                "mixing",
                said(
                    "{thing} was made without a quantity, and {quantity} of it is named.",
                    thing=self.name,
                    quantity=f"{event.quantity:g}",
                ),
                said("Leave the quantity out; the whole is meant."),
            )
        if event.unit and self.course.unit and event.unit != self.course.unit:
            return (
                "wrong_unit",
                said(
                    "{thing} is counted in {measure}, not in {given}.",
                    thing=self.name,
                    measure=self.course.unit,
                    given=event.unit,
                ),
                said("Give the quantity in {measure}.", measure=self.course.unit),
            )
        return None

    def named(self, event: Event) -> list[Parcel]:
        """The units that the event names."""
        by_unit = {parcel.unit: parcel for parcel in self.course.parcels}
        found = []
        for unit in event.units:
            parcel = by_unit.get(unit)
            if parcel is None:
                self.impossible(
                    event,
                    "unknown_unit",
                    said("{thing} has no unit {unit}.", thing=self.name, unit=unit),
                    said("Check the label and the lot's units."),
                )
            else:
                found.append(parcel)
        return found

    def select(
        self,
        event: Event,
        preference: Sequence[str] = DRAW_ORDER,
        is_eligible: Callable[[Parcel], bool] = _is_any,
        is_allowed: Callable[[Parcel], bool] = _is_any,
    ) -> list[Parcel]:
        """What the event names: units, a quantity, or all that is left. None of it where it cannot be.

        A quantity is drawn from eligible parcels: those that the operation may take first, by preference.
        """
        if event.units:
            return self.named(event)
        if event.quantity is not None and self.course.mode == "counted":
            return self.draw(event, event.quantity, preference, is_eligible, is_allowed)
        left = [parcel for parcel in self.course.parcels if not parcel.is_final and parcel.base != "unaccounted"]
        if not left:
            self.impossible(
                event,
                "nothing_left",
                said(
                    "Nothing was left of {thing} when {operation} named it.", thing=self.name, operation=event.operation
                ),
                said("Check the times, and what was taken before."),
            )
        return left

    def draw(
        self,
        event: Event,
        quantity: float,
        preference: Sequence[str],
        is_eligible: Callable[[Parcel], bool],
        is_allowed: Callable[[Parcel], bool] = _is_any,
    ) -> list[Parcel]:
        """Parcels that add up to the quantity; none, and a problem, where there is not so much."""
        order = [*preference, *(name for name in _LATE_PREFERENCE if name not in preference)]
        candidates = [parcel for parcel in self.course.parcels if not parcel.is_final and is_eligible(parcel)]

        def place(parcel: Parcel) -> tuple[bool, int, int]:
            rank = order.index(parcel.disposition) if parcel.disposition in order else len(preference)
            return not is_allowed(parcel), rank, 0 if parcel.stay is None else parcel.stay.start[0]

        candidates.sort(key=place)
        available = sum(parcel.amount or 0 for parcel in candidates)
        if available < quantity * (1 - _SLACK):
            self.impossible(
                event,
                "overdraw",
                said(
                    "{operation} takes {quantity} of {thing}, where {available} can be taken.",
                    operation=event.operation,
                    quantity=f"{quantity:g}",
                    thing=self.name,
                    available=f"{available:g}",
                ),
                said("Check the quantity, and whether what stands elsewhere was taken out first."),
            )
            return []
        drawn: list[Parcel] = []
        wanted = quantity
        for parcel in candidates:
            if wanted <= quantity * _SLACK:
                break
            part = self.split(parcel, wanted)
            wanted -= part.amount or 0
            drawn.append(part)
        return drawn

    def split(self, parcel: Parcel, amount: float) -> Parcel:
        """That much of a counted parcel as a parcel of its own; the parcel itself where it is no more than that."""
        if parcel.amount is None or amount >= parcel.amount * (1 - _SLACK):
            return parcel
        part = copy(parcel)
        part.amount = amount
        parcel.amount -= amount
        self.course.parcels.append(part)
        return part

    def is_gone(self, event: Event, parcel: Parcel) -> bool:
        """Whether the parcel was used up before: told of, where it was."""
        if parcel.is_final:
            self.impossible(
                event,
                "unit_gone" if parcel.unit else "nothing_left",
                said(
                    "{thing} was {state} before {operation} named it.",
                    thing=self.name_of(parcel),
                    state=parcel.base,
                    operation=event.operation,
                ),
                said("Check the label; a correction mends the earlier record if that one is wrong."),
            )
        return parcel.is_final
