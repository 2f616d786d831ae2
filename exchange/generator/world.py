"""What donors' courses share: organisations, people, machines, places and the reagents in stock.

Numbers: docs/generator.md; they follow the distributions published for such laboratories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from exchange.generator.chance import Chance

__all__ = [
    "DAY",
    "EPOCH",
    "HOUR",
    "LAST",
    "MINUTE",
    "Facility",
    "Product",
    "StockLot",
    "Timed",
    "World",
    "date_text",
    "time_text",
]

Timed = tuple[int, dict[str, Any]]  # (recorded, in seconds since 1970; the record)

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_ZONE = timezone(timedelta(hours=8))
EPOCH = int(datetime(2020, 1, 1, tzinfo=_ZONE).timestamp())
LAST = int(datetime(2025, 7, 1, tzinfo=_ZONE).timestamp())
"""Nothing new begins after it: records of the past can be imported on any day since."""
DONORS_PER_FACILITY = 250
DONORS_PER_STUDY = 50
RUN_DAYS = 30  # between two decontaminations of an incubator


def time_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_ZONE).isoformat()


def date_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(_ZONE).date().isoformat()


@dataclass(frozen=True, kw_only=True)
class Product:
    """Something a laboratory buys by the lot."""

    code: str
    name: str
    type: str
    amount: tuple[int, int]  # of one use
    unit: str
    uses: tuple[int, int]  # that one lot serves
    specification: str
    minutes: tuple[int, int] | None = None  # how long cells are exposed to it


def _reagent(code: str, name: str, amount: tuple[int, int], unit: str, specification: str, **more: Any) -> Product:
    return Product(
        code=code,
        name=name,
        type="reagent",
        amount=amount,
        unit=unit,
        uses=(20, 80),
        specification=specification,
        **more,
    )


def _consumable(code: str, name: str, amount: tuple[int, int]) -> Product:
    return Product(
        code=code,
        name=name,
        type="consumable",
        amount=amount,
        unit="piece",
        uses=(40, 120),
        specification="sterile, box",
    )


PRODUCTS = {
    product.code: product
    for product in (
        _reagent("COL", "Collagenase", (15, 30), "mL", "100 mL", minutes=(30, 180)),
        _reagent("TRY", "Trypsin substitute", (10, 40), "mL", "500 mL", minutes=(2, 5)),
        _reagent("MED", "Basal medium", (200, 600), "mL", "500 mL"),
        _reagent("SUP", "Serum-free supplement", (10, 30), "mL", "50 mL"),
        _reagent("PBS", "Phosphate-buffered saline", (50, 300), "mL", "1000 mL"),
        _reagent("ABS", "Antibiotic solution", (1, 5), "mL", "100 mL"),
        _reagent("DMSO", "Cryoprotectant with DMSO", (2, 20), "mL", "50 mL"),
        _reagent("HSA", "Human serum albumin", (20, 60), "mL", "50 mL, 20 %"),
        _reagent("SAL", "Saline for infusion", (50, 300), "mL", "500 mL"),
        _reagent("NAT", "Nucleic-acid test kit", (1, 5), "mL", "96 tests"),
        _reagent("STE", "Sterility test medium", (10, 20), "mL", "100 mL"),
        _reagent("FLO", "Flow-cytometry panel", (1, 2), "mL", "50 tests"),
        _consumable("FLASK", "Culture flask T175", (2, 20)),
        _consumable("TUBE", "Centrifuge tube 50 mL", (2, 12)),
        _consumable("PIP", "Pipette 10 mL", (4, 20)),
        _consumable("VIAL", "Cryovial 2 mL", (10, 60)),
        _consumable("BAG", "Infusion bag", (4, 12)),
    )
}


@dataclass
class StockLot:
    """A reagent's lot, with the uses it will serve."""

    id: str
    uses_left: int
    expires: int


@dataclass
class Facility:
    """A preparing organisation: its people, machines, places and stock."""

    number: int
    operators: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    couriers: list[str] = field(default_factory=list)
    clinicians: list[str] = field(default_factory=list)
    clinics: list[str] = field(default_factory=list)
    cabinets: list[str] = field(default_factory=list)
    incubators: list[str] = field(default_factory=list)
    centrifuges: list[str] = field(default_factory=list)
    freezers: list[str] = field(default_factory=list)
    shippers: list[str] = field(default_factory=list)
    analysers: list[str] = field(default_factory=list)
    cleanroom: str = ""
    tanks: list[str] = field(default_factory=list)
    fridge: str = ""
    stock: dict[str, StockLot] = field(default_factory=dict)
    lots_made: int = 0

    @property
    def org(self) -> str:
        return f"ORG-{self.number}"

    @property
    def site(self) -> str:
        return f"SITE-{self.number}"

    def in_stock(self, code: str, at: int) -> StockLot | None:
        """The lot that serves one more use at this time."""
        lot = self.stock.get(code)
        return lot if lot is not None and lot.uses_left and lot.expires > at + 30 * DAY else None

    def incubator(self, chance: Chance, start: int, end: int) -> str:
        """One that is not decontaminated while the culture is in it."""
        free = [name for number, name in enumerate(self.incubators) if not self._is_cut(number, start, end)]
        return chance.pick(free)

    def first_decontamination(self, number: int) -> int:
        return EPOCH + number * RUN_DAYS * DAY // len(self.incubators) + 6 * HOUR

    def _is_cut(self, number: int, start: int, end: int) -> bool:
        first = self.first_decontamination(number)
        return (end - first) // (RUN_DAYS * DAY) != (start - 1 - first) // (RUN_DAYS * DAY)


class World:
    """The setting of one generated trial, shared by all courses and changed as they go on."""

    def __init__(self, *, donors: int, seed: int) -> None:
        self.seed = seed
        self.donors = donors
        self._chance = Chance(seed, "world")
        self.facilities = [self._facility(number + 1) for number in range(-(-donors // DONORS_PER_FACILITY) or 1)]
        self.studies = [f"ST-{number + 1}" for number in range(-(-donors // DONORS_PER_STUDY) or 1)]
        self.subjects = 0
        self.courses_running = donors
        self.pool_offers: list[tuple[int, str, dict[str, Any]]] = []  # facility, cell type, vials put aside for a pool

    def _facility(self, number: int) -> Facility:
        facility = Facility(number=number)

        def names(prefix: str, few: int, many: int) -> list[str]:
            return [f"{prefix}-{number}-{count + 1}" for count in range(self._chance.between(few, many))]

        facility.operators = names("P-OPERATOR", 6, 12)
        facility.reviewers = names("P-REVIEWER", 2, 4)
        facility.couriers = names("P-COURIER", 2, 4)
        facility.clinicians = names("P-CLINICIAN", 3, 6)
        facility.clinics = names("SITE-CLINIC", 2, 4)
        facility.cabinets = names("BSC", 4, 8)
        facility.incubators = names("INC", 6, 20)
        facility.centrifuges = names("CENT", 3, 6)
        facility.freezers = names("CRF", 1, 3)
        facility.shippers = names("DS", 5, 20)
        facility.analysers = names("ANA", 5, 15)
        facility.tanks = names("TANK", 4, 12)
        facility.cleanroom, facility.fridge = f"CLEANROOM-{number}", f"FRIDGE-{number}"
        return facility

    # -- what is there from the beginning ---------------------------------------------------------------------------

    def setting(self) -> Iterator[dict[str, Any]]:
        """The records of everything that is there before the first donor comes."""
        for facility in self.facilities:
            yield _node("Institution", facility.org, name=f"Example stem-cell centre {facility.number}")
        for number, study in enumerate(self.studies):
            org = self.facilities[number * DONORS_PER_STUDY // DONORS_PER_FACILITY % len(self.facilities)].org
            yield _node("Study", study, title=f"Example study {number + 1}", institution=org)
            yield _node("Document", f"DOC-CONSENT-{study}", title="Informed consent", version="1.0")
        for facility in self.facilities:
            yield from self._facility_setting(facility)

    def _facility_setting(self, facility: Facility) -> Iterator[dict[str, Any]]:
        for people in (facility.operators, facility.reviewers, facility.couriers, facility.clinicians):
            for person in people:
                yield _node("Person", person)
        machines = (
            ("biosafety_cabinet", facility.cabinets),
            ("incubator", facility.incubators),
            ("centrifuge", facility.centrifuges),
            ("rate_freezer", facility.freezers),
            ("dry_shipper", facility.shippers),
            ("analyser", facility.analysers),
        )
        for equipment_class, names in machines:
            for name in names:
                yield _node("Equipment", name, equipment_class=equipment_class)
        rooms = [f"ROOM-{facility.number}", facility.cleanroom]
        yield _node("StoragePosition", facility.site, level="site")
        for clinic in facility.clinics:
            yield _node("StoragePosition", clinic, level="site")
        for room in rooms:
            yield _node("StoragePosition", room, level="room", parent=facility.site)
        for tank in facility.tanks:
            yield _node("StoragePosition", tank, level="tank", parent=rooms[0], shared_environment=True)
        yield _node("StoragePosition", facility.fridge, level="tank", parent=rooms[0], shared_environment=False)

    # -- reagents ---------------------------------------------------------------------------------------------------

    def new_lot(self, facility: Facility, code: str, at: int, chance: Chance) -> StockLot:
        """A lot just bought. Put it into the facility's stock when its records are written, not before."""
        facility.lots_made += 1
        name = f"R-{code}-{facility.number}-{facility.lots_made:04d}"
        return StockLot(name, chance.between(*PRODUCTS[code].uses), at + chance.between(270, 720) * DAY)

    # -- what goes on beside the courses ------------------------------------------------------------------------------

    def upkeep(self, facility: Facility) -> Iterator[Timed]:
        """Decontaminations of incubators (monthly) and cabinets (fortnightly), calibrations (yearly), while courses run."""
        chance = Chance(self.seed, f"upkeep/{facility.number}")
        rounds: list[tuple[int, str, int, str, dict[str, Any]]] = []  # next time, machine, period, type, data
        for number, name in enumerate(facility.incubators):
            due = facility.first_decontamination(number)
            rounds.append((due, name, RUN_DAYS * DAY, "DECONTAMINATED", {"method": "heat_and_peroxide"}))
        for number, name in enumerate(facility.cabinets):
            due = EPOCH + 22 * HOUR + number * 10 * MINUTE
            rounds.append((due, name, 14 * DAY, "DECONTAMINATED", {"method": "line_clearance"}))
        for number, name in enumerate(facility.freezers + facility.analysers):
            due = EPOCH + (5 + number * 11) * DAY + 7 * HOUR
            rounds.append((due, name, 365 * DAY, "CALIBRATED", {"result": "pass"}))
        count = recorded = 0
        while self.courses_running:
            rounds.sort()
            due, name, period, kind, values = rounds[0]
            rounds[0] = (due + period, name, period, kind, values)
            if kind == "CALIBRATED":
                values = {**values, "next_due": date_text(due + period)}
            count += 1
            recorded = max(recorded, due + chance.between(1, 90) * MINUTE)
            yield (
                recorded,
                {
                    "record": "operation",
                    "type": kind,
                    "id": f"U{facility.number}-{count:05d}",
                    "start": time_text(due),
                    "performing_org": facility.org,
                    "operator": chance.pick(facility.operators),
                    "inputs": [{"kind": "Equipment", "id": name}],
                    "outputs": [{"kind": "Equipment", "id": name}],
                    "data": values,
                    "recorded_at": time_text(recorded),
                },
            )


def _node(kind: str, key: str, **values: Any) -> dict[str, Any]:
    return {
        "record": "node",
        "kind": kind,
        "id": key,
        "data": values,
        "recorded_at": time_text(EPOCH - DAY),
    }
