"""One donor's course: from the screening to the doses given, as the records of it, in the order they are recorded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, TypeAlias, TypeVar

from exchange.generator.chance import Chance
from exchange.generator.world import (
    DAY,
    HOUR,
    LAST,
    MINUTE,
    PRODUCTS,
    Facility,
    StockLot,
    Timed,
    World,
    date_text,
    time_text,
)

__all__ = ["Batch", "Course", "Steps"]

Result = TypeVar("Result")
Steps: TypeAlias = Generator[Timed, None, Result]
"""Records one by one, and at the end something for the stage that asked."""

# Hours from the event to its record: median 2 h, one in twenty later than a day.
_LATENESS = ((MINUTE * 10, 15), (MINUTE * 45, 20), (HOUR * 2, 30), (HOUR * 6, 20), (HOUR * 14, 10), (HOUR * 40, 5))


class Batch:
    """A lot as its course knows it: which units are still there, or how many."""

    def __init__(self, key: str, unit: str, count: int, *, is_itemised: bool = True) -> None:
        self.key = key
        self.unit = unit
        self.made = count
        self.taken = 0
        self.is_itemised = is_itemised
        self.places: dict[int, str] = {}  # where each unit, counted from 1, is stored

    @property
    def left(self) -> int:
        return self.made - self.taken

    def as_output(self, **values: Any) -> dict[str, Any]:
        end: dict[str, Any] = {"kind": "CellLot", "id": self.key, "quantity": self.made, "unit": self.unit}
        if self.is_itemised:
            end["units"] = [f"{self.key}#1-{self.made}" if self.made > 1 else f"{self.key}#1"]
        return {**end, "data": values}

    def take(self, count: int) -> dict[str, Any]:
        """An input of so many units, which are gone then."""
        first = self.taken + 1
        self.taken += count
        return self.some(first, count)

    def rest(self) -> dict[str, Any]:
        return self.some(self.taken + 1, self.left)

    def some(self, first: int, count: int) -> dict[str, Any]:
        end: dict[str, Any] = {"kind": "CellLot", "id": self.key, "quantity": count, "unit": self.unit}
        if self.is_itemised:
            last = first + count - 1
            end["units"] = [f"{self.key}#{first}-{last}" if count > 1 else f"{self.key}#{first}"]
        return end


class Course:
    """The pen that writes a course: its clock, its counters, and one method for each shape of record."""

    def __init__(self, world: World, number: int, arrival: int) -> None:
        self.world = world
        self.number = number
        self.chance = Chance(world.seed, f"donor/{number}")
        self.facility: Facility = world.facilities[number % len(world.facilities)]
        self.study = world.studies[(number - 1) * len(world.studies) // world.donors]
        self.now = arrival  # of what happens
        self.recorded = arrival
        self.operations = 0
        self.is_autologous = False
        self.own_subject: str | None = None  # the donor as a subject, where autologous
        self._uses: list[dict[str, Any]] = []
        self._to_correct: list[tuple[int, dict[str, Any]]] = []

    # -- time -------------------------------------------------------------------------------------------------------

    def wait(self, few_days: int, many_days: int) -> None:
        """Goes on to a working hour, that many days later."""
        self.now += self.chance.between(few_days, many_days) * DAY
        midnight = self.now - (self.now + 8 * HOUR) % DAY
        hour = midnight + self.chance.between(9 * 60, 16 * 60) * MINUTE
        self.now = hour if hour > self.now or few_days else hour + DAY

    def spend(self, few_minutes: int, many_minutes: int) -> tuple[int, int]:
        """The start and end of something that takes so long, from now on."""
        start = self.now
        self.now += self.chance.between(few_minutes, many_minutes) * MINUTE
        return start, self.now

    @property
    def donor(self) -> str:
        return f"D{self.number:05d}"

    @property
    def is_over(self) -> bool:
        return self.now > LAST

    # -- records ----------------------------------------------------------------------------------------------------

    def write(self, record: dict[str, Any], happened: int) -> Timed:
        """The record with the time at which somebody came to write it; never before the course's last one."""
        self.recorded = max(self.recorded, happened + self.chance.weighted(_LATENESS))
        return self.recorded, {**record, "recorded_at": time_text(self.recorded)}

    def node(self, kind: str, key: str, **values: Any) -> Timed:
        return self.write({"record": "node", "kind": kind, "id": key, "data": values}, self.now)

    def name(self) -> str:
        self.operations += 1
        return f"O{self.number:05d}-{self.operations:03d}"

    def operation(
        self,
        kind: str,
        inputs: list[dict[str, Any]],
        outputs: list[dict[str, Any]],
        *,
        at: tuple[int, int | None],
        values: dict[str, Any] | None = None,
        uses: list[dict[str, Any]] | None = None,
        name: str | None = None,
        operator: str | None = None,
        known_from: int = 0,
        is_open: bool = False,
        is_inexact: bool = False,
    ) -> Timed:
        """An operation, instant where it has no end; about one record in a hundred is corrected some weeks later.

        ``known_from``: before it nobody can write it, since a use outlasts the act. ``is_inexact``: only the day is
        written.
        """
        start, end = at
        record: dict[str, Any] = {
            "record": "operation",
            "type": kind,
            "id": name or self.name(),
            "start": date_text(start) if is_inexact else time_text(start),
        }
        if is_inexact:
            record["zone"] = "+08:00"
        elif end is not None or is_open:
            record["end"] = None if end is None else time_text(end)
        record |= {
            "performing_org": self.facility.org,
            "operator": operator or self.chance.pick(self.facility.operators),
            "reviewer": self.chance.pick(self.facility.reviewers),
            "study": self.study,
            "inputs": inputs,
            "outputs": outputs,
        }
        if uses:
            record["uses"] = uses
        if values:
            record["data"] = values
        if kind in _CORRECTABLE and self.chance.happens(30):
            self._to_correct.append((start + self.chance.between(3, 40) * DAY, record))
        return self.write(record, max(known_from, start if end is None else end))

    def corrections(self, *, is_end: bool = False) -> Iterator[Timed]:
        """The corrections that are due: an error in what was written, found at a review."""
        due = [item for item in self._to_correct if is_end or item[0] <= self.now]
        for at, record in due:
            self._to_correct.remove((at, record))
            member, (low, high) = _CORRECTABLE[record["type"]]
            replacement = {**record, "id": f"{record['id']}-R1"}
            replacement["data"] = {**record.get("data", {}), member: self.chance.between(low, high)}
            yield self.write(
                {
                    "record": "correction",
                    "id": f"{record['id']}-V",
                    "operation": record["id"],
                    "reason": self.chance.pick(("misread at the display", "wrong line of the sheet", "typing error")),
                    "by": record["reviewer"],
                    "replacement": replacement,
                },
                max(at, self.recorded),
            )

    # -- what is used -----------------------------------------------------------------------------------------------

    def supplies(self, *codes: str) -> Steps[None]:
        """Sees that a lot of each is in stock; a new one is verified before its first use. `with_supplies` names them."""
        uses = []
        for code in codes:
            lot = self.facility.in_stock(code, self.now)
            if lot is None:
                lot = self.world.new_lot(self.facility, code, self.now, self.chance)
                yield from self._bought(lot, code)
                self.facility.stock[code] = lot
            lot.uses_left -= 1
            uses.append({"kind": "Reagent", "id": lot.id, "data": self._amount(code)})
        self._uses = uses

    def _amount(self, code: str) -> dict[str, Any]:
        product = PRODUCTS[code]
        amount = self.chance.between(*product.amount)
        if product.type == "consumable":
            return {"amount_used": amount}
        values: dict[str, Any] = {
            "reagent_amount_used": amount,
            "reagent_amount_unit": product.unit,
            "reagent_prepared_by": self.chance.pick(self.facility.operators),
        }
        if product.minutes:
            values["reagent_exposure_duration"] = self.chance.between(*product.minutes)
        return values

    def _bought(self, lot: StockLot, code: str) -> Steps[None]:
        product = PRODUCTS[code]
        yield self.node(
            "Reagent",
            lot.id,
            name=product.name,
            type=product.type,
            manufacturer="Example supplier",
            lot_number=lot.id,
            specification=product.specification,
            received_at=time_text(self.now - 20 * DAY),
            expiry_date=date_text(lot.expires),
        )
        verified = self.now - 15 * DAY
        result = {"test_item": "sterility", "test_method": "culture", "test_result": "no growth"}
        yield self.operation(
            "VERIFIED",
            [{"kind": "Reagent", "id": lot.id}],
            [{"kind": "QCResult", "id": f"{lot.id}-V", "data": result}],
            at=(verified, verified + HOUR),
            values={"verification_method": "SOP-VER-1", "verification_conclusion": "pass"},
        )

    def machine(self, name: str, at: tuple[int, int], *, process: str = "open", **parameters: float) -> dict[str, Any]:
        use: dict[str, Any] = {"kind": "Equipment", "id": name, "start": time_text(at[0]), "end": time_text(at[1])}
        use["process"] = process
        if parameters:
            use["data"] = {"equipment_parameters": parameters}
        return use

    def cabinet(self, at: tuple[int, int]) -> dict[str, Any]:
        return self.machine(self.chance.pick(self.facility.cabinets), at)

    def centrifuge(self, at: tuple[int, int]) -> dict[str, Any]:
        name = self.chance.pick(self.facility.centrifuges)
        minutes = self.chance.between(5, 10)
        force = self.chance.pick((300, 400, 500))
        return self.machine(name, at, process="closed", speed_g=force, duration_minutes=minutes)

    def incubator(self, at: tuple[int, int]) -> dict[str, Any]:
        name = self.facility.incubator(self.chance, *at)
        tenths = self.chance.around((366, 374), (360, 382))
        carbon = self.chance.around((46, 54), (38, 60))
        return self.machine(name, at, temperature_celsius=tenths / 10, co2_percent=carbon / 10)

    def analyser(self, at: tuple[int, int]) -> dict[str, Any]:
        return self.machine(self.chance.pick(self.facility.analysers), at, process="closed")

    def with_supplies(self, *machines: dict[str, Any]) -> list[dict[str, Any]]:
        return [*self._uses, *machines]

    def room_temperature(self) -> float:
        return self.chance.around((190, 250), (262, 285)) / 10


# What a review may find misread: the member, and between which values the right one lies.
_CORRECTABLE: dict[str, tuple[str, tuple[int, int]]] = {
    "EXPANDED": ("seeding_density", (3000, 8000)),
    "SEPARATED": ("operation_ambient_temperature", (19, 25)),
    "PURIFIED": ("operation_ambient_temperature", (19, 25)),
    "CRYOPRESERVED": ("freezing_start_temperature", (2, 8)),
    "QC_IN": ("operation_ambient_temperature", (19, 25)),
    "ADMINISTERED": ("dose_cells", (50_000_000, 100_000_000)),
}
