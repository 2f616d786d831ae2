"""The stages of a course: screening, collection, culture, banks, product, treatment. Each writes its records in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exchange.generator.course import Batch, Course, Steps
from exchange.generator.subjects import enrolled, followed, given_to
from exchange.generator.world import DAY, HOUR, MINUTE, Timed, World, date_text, time_text

__all__ = ["run"]

_VIRUSES = (("HIV", "nat"), ("HBV", "nat"), ("HCV", "nat"), ("HTLV", "antibody"), ("TP", "antibody"), ("CMV", "igm"), ("EBV", "igm"))  # fmt: skip
_TISSUES = (("umbilical_cord", 60), ("bone_marrow", 15), ("adipose", 15), ("cord_blood", 6), ("dental_pulp", 4))
_CELLS = {
    "umbilical_cord": "UC-MSC",
    "bone_marrow": "BM-MSC",
    "adipose": "AD-MSC",
    "cord_blood": "CB-MSC",
    "dental_pulp": "DP-MSC",
}
_ETHNICITIES = (("Han", 92), ("Zhuang", 2), ("Hui", 1), ("Manchu", 1), ("Uygur", 1), ("other", 3))
_BLOOD_TYPES = (("O+", 33), ("A+", 30), ("B+", 28), ("AB+", 8), ("O-", 1))
_FLOW = (("CD73", True), ("CD90", True), ("CD105", True), ("CD34", False), ("CD45", False), ("HLA-DR", False))

FAILED_SCREENING = 300  # per mille, as all below
FAILED_RELEASE = 80
POOLED = 100  # banks put vials aside for a pool; about half find a partner
TREATED = 450  # product lots of which doses are given
AUTOLOGOUS = 20
COUNTED_LOTS = 100
INEXACT = 40  # of the collections
IN_CELLS = 100  # master banks whose vials stand in box cells of their own
PURIFIED = 200


def run(world: World, number: int, arrival: int) -> Iterator[Timed]:
    """All records of one donor, in the order they are recorded."""
    course = Course(world, number, arrival)
    course.is_autologous = course.chance.happens(AUTOLOGOUS)
    course.wait(0, 0)
    is_eligible = yield from _screening(course)
    if is_eligible:
        tissue_type = course.chance.weighted(_TISSUES)
        for count in range(1 + course.chance.happens(100)):
            if not course.is_over:
                yield from _donation(course, tissue_type, count + 1)
    yield from course.corrections(is_end=True)
    world.courses_running -= 1


# -- the donor ------------------------------------------------------------------------------------------------------


def _screening(course: Course) -> Steps[bool]:
    donor, chance = course.donor, course.chance
    yield course.node(
        "Donor",
        donor,
        donor_relationship="autologous" if course.is_autologous else "allogeneic",
        sex=chance.pick(("female", "male")),
        birth_year=chance.between(1960, 2001),
        ethnicity=chance.weighted(_ETHNICITIES),
        blood_type=chance.weighted(_BLOOD_TYPES),
    )
    yield course.operation(
        "CONSENTED",
        [{"kind": "Donor", "id": donor}],
        [{"kind": "Document", "id": f"DOC-CONSENT-{course.study}"}],
        at=(course.now, None),
        values={"consent_version": f"DOC-CONSENT-{course.study}", "consented_on": date_text(course.now)},
    )
    sampled, _ = course.spend(20, 60)
    course.wait(1, 3)
    failed = chance.pick(_VIRUSES[:5])[0] if chance.happens(FAILED_SCREENING) else None
    for virus, method in _VIRUSES:
        yield from course.supplies("NAT")
        at = course.spend(30, 90)
        name = course.name()
        result = "reactive" if virus == failed else "non_reactive"
        yield course.operation(
            "TESTED",
            [{"kind": "Donor", "id": donor}],
            [
                {
                    "kind": "QCResult",
                    "id": f"{name}-{virus}",
                    "data": {
                        "test_item": virus,
                        "test_method": method,
                        "test_result": result,
                        "test_conclusion": "fail" if virus == failed else "pass",
                    },
                }
            ],
            at=at,
            name=name,
            values={"sampled_at": time_text(sampled)},
            uses=course.with_supplies(course.analyser(at)),
        )
    course.wait(1, 5)
    yield course.operation(
        "DETERMINED_ELIGIBLE",
        [{"kind": "Donor", "id": donor}],
        [{"kind": "Donor", "id": donor}],
        at=(course.now, None),
        values={"conclusion": "ineligible" if failed else "eligible", "basis": "screening tests and history"},
    )
    return failed is None


def _donation(course: Course, tissue_type: str, count: int) -> Steps[None]:
    chance, facility = course.chance, course.facility
    course.wait(2, 20)
    tissue = f"T{course.number:05d}-{count}"
    at = course.spend(20, 90)
    yield from course.supplies("BAG", "SAL")
    yield course.operation(
        "COLLECTED",
        [{"kind": "Donor", "id": course.donor}],
        [{"kind": "Tissue", "id": tissue, "data": {"tissue_type": tissue_type}}],
        at=at,
        uses=course.with_supplies(),
        values={
            "collection_operator": chance.pick(facility.clinicians),
            "collection_method": f"SOP-COL-{tissue_type}",
            "collection_ambient_temperature": course.room_temperature(),
        },
        is_inexact=chance.happens(INEXACT),
    )
    yield from _shipped(course, {"kind": "Tissue", "id": tissue}, facility.site, limits=(2, 8), hours=(2, 20))
    yield from _culture(course, tissue, tissue_type, count)


def _shipped(
    course: Course, what: dict[str, Any], to: str, *, limits: tuple[int, int], hours: tuple[int, int]
) -> Steps[None]:
    """Sent off, and closed at the arrival."""
    chance, facility = course.chance, course.facility
    tenths = limits[0] * 10, limits[1] * 10
    start, end = course.spend(hours[0] * 60, hours[1] * 60)
    shipment = course.name()
    yield course.operation(
        "TRANSPORTED",
        [what],
        [{"kind": "StoragePosition", "id": to}],
        at=(start, None),
        name=shipment,
        is_open=True,
        uses=[{"kind": "Equipment", "id": chance.pick(facility.shippers), "process": "closed"}],
        values={
            "departure_location": facility.site,
            "departure_temperature": chance.between(*tenths) / 10,
            "required_transport_temperature": list(limits),
            "transported_by": chance.pick(facility.couriers),
        },
    )
    beyond = tenths[1] + 20, tenths[1] + 200
    yield course.write(
        {
            "record": "closing",
            "id": f"{shipment}-C",
            "operation": shipment,
            "end": time_text(end),
            "by": chance.pick(facility.operators),
            "data": {
                "arrival_temperature": chance.around(tenths, beyond) / 10,
                "received_by": chance.pick(facility.operators),
            },
        },
        end,
    )


# -- cells ----------------------------------------------------------------------------------------------------------


def _culture(course: Course, tissue: str, tissue_type: str, count: int) -> Steps[None]:
    chance, facility = course.chance, course.facility
    cells = _CELLS[tissue_type]
    stem = f"C{course.number:05d}-{count}"
    course.now += chance.between(30, 180) * MINUTE
    at = course.spend(90, 240)
    yield from course.supplies("COL", "PBS", "MED", "ABS", "TUBE", "FLASK", "PIP")
    yield course.operation(
        "SEPARATED",
        [{"kind": "Tissue", "id": tissue}],
        [_culture_lot(f"{stem}-P0", cells, 0)],
        at=at,
        uses=course.with_supplies(course.cabinet(at), course.centrifuge(at)),
        values={
            "operation_location": facility.cleanroom,
            "operation_method": "SOP-SEP-1",
            "operation_ambient_temperature": course.room_temperature(),
        },
    )
    lot = f"{stem}-P0"
    course.wait(7, 14)
    if chance.happens(PURIFIED):
        at = course.spend(60, 150)
        yield from course.supplies("FLO", "PBS", "TUBE", "PIP")
        yield course.operation(
            "PURIFIED",
            [{"kind": "CellLot", "id": lot}],
            [_culture_lot(f"{stem}-P0S", cells, 0)],
            at=at,
            uses=course.with_supplies(course.cabinet(at), course.centrifuge(at)),
            values={
                "operation_location": facility.cleanroom,
                "operation_ambient_temperature": course.room_temperature(),
            },
        )
        lot = f"{stem}-P0S"
    for passage in (1, 2):
        lot = yield from _expanded(course, lot, f"{stem}-P{passage}", cells, passage)
    bank = Batch(f"MCB{course.number:05d}-{count}", "vial", chance.pick((10, 20, 20, 30)))
    yield from _banked(course, lot, bank, cells, 2, "master_bank")
    if chance.happens(POOLED) and not course.is_autologous and bank.left > 6:
        yield from _pool(course, bank, cells)
    banks = chance.pick((1, 1, 2))
    for number in range(banks):
        if course.is_over or bank.left < 3:
            return
        yield from _working_bank(course, bank, f"{course.number:05d}-{count}-{number + 1}", cells)


def _culture_lot(key: str, cells: str, passage: int) -> dict[str, Any]:
    return {
        "kind": "CellLot",
        "id": key,
        "data": {"cell_id": key.rsplit("-", 1)[0], "cell_type": cells, "passage_number": passage, "stage": "culture"},
    }


def _expanded(course: Course, lot: str, to: str, cells: str, passage: int) -> Steps[str]:
    """One passage; gives the new lot's key. The clock stands at its end."""
    chance = course.chance
    start = course.now
    handled = (start, start + chance.between(30, 90) * MINUTE)
    yield from course.supplies("TRY", "MED", "SUP", "PBS", "ABS", "FLASK", "TUBE", "PIP")
    uses = course.with_supplies(course.cabinet(handled), course.centrifuge(handled))
    course.wait(3, 6)
    run = course.incubator((handled[1], course.now))
    yield course.operation(
        "EXPANDED",
        [{"kind": "CellLot", "id": lot}],
        [_culture_lot(to, cells, passage)],
        at=(start, handled[1]),
        uses=[*uses, run],
        known_from=course.now,
        values={
            "seeding_density": chance.around((3000, 8000), (1500, 12000)),
            "cell_morphology": chance.pick(("spindle-shaped", "spindle-shaped, in whorls", "fibroblast-like")),
        },
    )
    yield from course.corrections()
    return to


def _banked(course: Course, lot: str, bank: Batch, cells: str, passage: int, stage: str) -> Steps[None]:
    """Frozen into vials, tested, stored, released."""
    chance, facility = course.chance, course.facility
    at = course.spend(60, 120)
    yield from course.supplies("DMSO", "HSA", "MED", "VIAL", "TUBE", "PIP")
    freezer = course.machine(chance.pick(facility.freezers), at, process="closed")
    yield course.operation(
        "CRYOPRESERVED",
        [{"kind": "CellLot", "id": lot}],
        [
            bank.as_output(
                cell_id=bank.key,
                cell_type=cells,
                passage_number=passage,
                stage=stage,
                production_date=date_text(at[0]),
            )
        ],
        at=at,
        uses=course.with_supplies(course.cabinet(at), freezer),
        values={
            "freezing_start_temperature": chance.around((20, 80), (90, 200)) / 10,
            "cooling_program": [
                {"rate": -1, "target": -40, "hold": 0},
                {"rate": -5, "target": -90, "hold": 10},
            ],
            "freezing_end_temperature": -chance.between(800, 950) / 10,
        },
    )
    course.now += HOUR
    yield from _tested_in(course, bank)
    yield from _stored(course, bank, chance.pick(facility.tanks), in_cells=stage == "master_bank")
    course.wait(14, 30)
    yield from _released(course, bank, items=6, may_fail=False)


def _results(course: Course, name: str, items: int, *, is_failed: bool = False) -> list[dict[str, Any]]:
    """So many test results: safety first, then what tells the cells, then purity."""
    chance = course.chance
    found: list[tuple[str, str, Any, str | None]] = [
        (
            "viability",
            "trypan_blue",
            chance.between(600, 690) / 10 if is_failed else chance.between(800, 970) / 10,
            "%",
        ),
        ("sterility", "culture", "no growth", None),
        ("mycoplasma", "pcr", "negative", None),
        ("endotoxin", "lal", chance.between(1, 45) / 100, "EU/mL"),
    ]
    for marker, is_positive in _FLOW:
        found.append((marker, "flow_cytometry", chance.between(955, 999) / 10 if is_positive else chance.between(1, 19) / 10, "%"))  # fmt: skip
    results = []
    for item, method, value, unit in found[:items]:
        values: dict[str, Any] = {"test_item": item, "test_method": method, "test_result": value}
        if unit:
            values["test_result_unit"] = unit
        results.append({"kind": "QCResult", "id": f"{name}-{item.upper()}", "data": values})
    return results


def _tested_in(course: Course, batch: Batch) -> Steps[None]:
    """The tests at storage-in, which use up one unit."""
    at = course.spend(60, 240)
    name = course.name()
    quantity = batch.left
    yield from course.supplies("STE", "FLO", "PIP")
    yield course.operation(
        "QC_IN",
        [{**batch.take(1), "consumed": True}],
        _results(course, name, 8),
        at=at,
        name=name,
        uses=course.with_supplies(course.analyser(at)),
        values={
            "handover_time": time_text(at[0]),
            "cell_quantity": quantity * 5_000_000,
            "test_basis": "SPEC-IN-1",
            "test_conclusion": "pass",
            "handed_over_by": course.chance.pick(course.facility.operators),
        },
    )


def _stored(course: Course, batch: Batch, place: str, *, in_cells: bool = False) -> Steps[None]:
    """Handed over and put into a box of its own, or its vials into the cells of one."""
    chance, facility = course.chance, course.facility
    course.now += chance.between(20, 60) * MINUTE
    box = f"{place}-BOX-{batch.key}"
    yield course.node("StoragePosition", box, level="box", parent=place, capacity=100)
    rest = batch.rest()
    yield course.operation(
        "STORAGE_IN",
        [{"kind": "CellLot", "id": batch.key}],
        [{"kind": "StoragePosition", "id": box}],
        at=(course.now, None),
        values={
            "handover_location": facility.cleanroom,
            "dispatch_time": time_text(course.now - 15 * MINUTE),
            "delivery_time": time_text(course.now),
            "in_transit_temperature": -chance.between(1500, 1900) / 10,
            "transported_by": chance.pick(facility.couriers),
            "received_by": chance.pick(facility.operators),
        },
    )
    at = course.spend(5, 30)
    stays = [(rest, box)]
    if in_cells and batch.is_itemised and chance.happens(IN_CELLS):
        stays = []
        for number in range(batch.taken + 1, batch.made + 1):
            cell = f"{box}-{number}"
            yield course.node("StoragePosition", cell, level="cell", parent=box)
            stays.append((batch.some(number, 1), cell))
    batch.places = dict.fromkeys(range(batch.taken + 1, batch.made + 1), box)
    for what, position in stays:
        if position != box:
            batch.places[int(position.rsplit("-", 1)[1])] = position
        yield course.operation(
            "STORED",
            [what],
            [{"kind": "StoragePosition", "id": position}],
            at=(at[1], None),
            is_open=True,
            values={
                "operation_start_time": time_text(at[0]),
                "operation_end_time": time_text(at[1]),
                "operation_ambient_temperature": course.room_temperature(),
                "phase": "vapour",
                "container_closure": "sealed",
            },
        )


def _released(course: Course, batch: Batch, *, items: int, may_fail: bool = True) -> Steps[bool]:
    """Judged; gives whether it passed."""
    name = course.name()
    at = course.spend(30, 120)
    is_failed = may_fail and course.chance.happens(FAILED_RELEASE)
    yield from course.supplies("STE", "FLO", "PIP", "TUBE")
    yield course.operation(
        "QC_RELEASE",
        [batch.rest() if not batch.is_itemised else {"kind": "CellLot", "id": batch.key}],
        _results(course, name, items, is_failed=is_failed),
        at=at,
        name=name,
        uses=course.with_supplies(course.analyser(at)),
        values={
            "release_quantity": batch.left,
            "test_basis": "SPEC-REL-1",
            "test_conclusion": "fail" if is_failed else "pass",
        },
    )
    return not is_failed


def _taken_out(course: Course, batch: Batch, count: int, reason: str) -> Steps[dict[str, Any]]:
    """Out of storage; gives the inputs that name what was taken."""
    ends = []
    is_scattered = len(set(batch.places.values())) > 1  # each in a cell of its own
    for _ in range(count if is_scattered else 1):
        number = batch.taken + 1
        end = batch.take(1 if is_scattered else count)
        ends.append(end)
        yield course.operation(
            "STORAGE_OUT",
            [end],
            [{"kind": "StoragePosition", "id": batch.places[number]}],
            at=(course.now, None),
            values={
                "applicant": course.chance.pick(course.facility.operators),
                "storage_out_reason": reason,
                "planned_outbound_time": time_text(course.now - HOUR),
            },
        )
    whole = dict(ends[0])
    if len(ends) > 1:
        whole["quantity"] = len(ends)
        whole["units"] = [unit for end in ends for unit in end["units"]]
    course.now += course.chance.between(10, 40) * MINUTE
    return whole


def _thawed(course: Course, batch: Batch, count: int, lot: str, cells: str, passage: int) -> Steps[str]:
    end = yield from _taken_out(course, batch, count, "expand")
    at = course.spend(20, 60)
    yield from course.supplies("MED", "SUP", "PBS", "TUBE", "FLASK", "PIP")
    yield course.operation(
        "THAWED",
        [end],
        [_culture_lot(lot, cells, passage)],
        at=at,
        uses=course.with_supplies(course.cabinet(at), course.centrifuge(at)),
    )
    return lot


def _working_bank(course: Course, bank: Batch, stem: str, cells: str) -> Steps[None]:
    chance = course.chance
    course.wait(5, 60)
    lot = yield from _thawed(course, bank, 1, f"C{stem}-T", cells, 2)
    lot = yield from _expanded(course, lot, f"C{stem}-P3", cells, 3)
    working = Batch(f"WCB{stem}", "vial", chance.pick((20, 30, 40)))
    yield from _banked(course, lot, working, cells, 3, "working_bank")
    for number in range(chance.between(3, 5)):
        if course.is_over:
            return
        yield from _product(course, working, f"{stem}-{number + 1}", cells)
        yield from course.corrections()


# -- product and treatment ------------------------------------------------------------------------------------------


def _product(course: Course, working: Batch, stem: str, cells: str) -> Steps[None]:
    chance = course.chance
    course.wait(3, 30)
    lot = yield from _thawed(course, working, 2, f"C{stem}-T", cells, 3)
    lot = yield from _expanded(course, lot, f"C{stem}-P4", cells, 4)
    doses = Batch(f"DP{stem}", "dose", chance.between(4, 12), is_itemised=not chance.happens(COUNTED_LOTS))
    yield from _filled(course, "FORMULATED", [{"kind": "CellLot", "id": lot}], doses, cells)
    yield from _tested_in(course, doses)
    yield from _stored(course, doses, chance.pick(course.facility.tanks))
    course.wait(7, 14)
    is_released = yield from _released(course, doses, items=10)
    if not is_released:
        course.wait(1, 5)
        yield _disposed(course, doses.rest(), doses.key, "rejected", "destroyed", "failed release")
        return
    yield _disposed(course, doses.take(1), doses.key, "released", "retention_sample", "kept for later tests")
    if course.chance.happens(TREATED):
        yield from _treated(course, doses)


def _filled(course: Course, kind: str, inputs: list[dict[str, Any]], doses: Batch, cells: str) -> Steps[None]:
    at = course.spend(60, 180)
    yield from course.supplies("SAL", "HSA", "DMSO", "PBS", "MED", "BAG", "TUBE", "PIP")
    yield course.operation(
        kind,
        inputs,
        [
            doses.as_output(
                cell_id=doses.key,
                cell_type=cells,
                passage_number=4,
                stage="drug_product",
                production_date=date_text(at[0]),
                expiry_date=date_text(at[0] + 730 * DAY),
                viability_percent=course.chance.between(850, 970) / 10,
            )
        ],
        at=at,
        uses=course.with_supplies(course.cabinet(at), course.centrifuge(at)),
        values={"operation_location": course.facility.cleanroom, "operation_method": "SOP-FILL-1"},
    )
    course.now += HOUR


def _disposed(course: Course, what: dict[str, Any], lot: str, before: str, after: str, reason: str) -> Timed:
    return course.operation(
        "CHANGED_DISPOSITION",
        [what],
        [{"kind": "CellLot", "id": lot}],
        at=(course.now, None),
        values={"from": before, "to": after, "reason": reason},
    )


def _pool(course: Course, bank: Batch, cells: str) -> Steps[None]:
    """Joins two vials with two that another donor's course has put aside; the first to want a pool puts aside."""
    offers = course.world.pool_offers
    facility = course.facility.number
    own = yield from _taken_out(course, bank, 2, "expand")
    partner = next((offer for offer in offers if offer[0] == facility and offer[1] == cells), None)
    if partner is None:
        offers.append((facility, cells, own))
        return
    offers.remove(partner)
    course.now = max(course.now, course.recorded) + HOUR  # all that the other course has recorded has happened
    doses = Batch(f"POOL{bank.key[3:]}", "dose", course.chance.between(6, 12))
    yield from _filled(course, "POOLED", [partner[2], own], doses, cells)
    yield from _tested_in(course, doses)
    yield from _stored(course, doses, course.chance.pick(course.facility.tanks))
    course.wait(7, 14)
    is_released = yield from _released(course, doses, items=10)
    if is_released and course.chance.happens(TREATED):
        yield from _treated(course, doses)


def _treated(course: Course, doses: Batch) -> Steps[None]:
    """About half the doses: out, to a clinic, into subjects, who are followed up."""
    chance, facility = course.chance, course.facility
    course.wait(1, 10)
    count = chance.between(2, 4)
    if doses.left < count:
        return
    clinic = chance.pick(facility.clinics)
    first = doses.taken + 1
    end = yield from _taken_out(course, doses, count, "administer")
    yield from _shipped(course, end, clinic, limits=(-196, -150), hours=(2, 36))
    course.spend(30, 120)
    given = 0
    while given < count:
        subject = course.own_subject or (yield from enrolled(course))
        for _ in range(1 + (given + 1 < count and chance.happens(400))):
            yield given_to(course, doses, first + given, subject)
            given += 1
            course.wait(1, 3)
        yield from followed(course, subject)
