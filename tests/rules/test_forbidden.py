"""What is forbidden, and what happened all the same (records.md, "Two kinds of refusal")."""

from __future__ import annotations

from typing import Any

import pytest

from support.bench_sheet import BenchSheet, Json, units_of
from support.register import Register

DESPITE = {"reason": "the patient could not wait", "acknowledged_by": "P-02"}


def _product(relationship: str = "allogeneic", **subject: Any) -> tuple[BenchSheet, Register]:
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship=relationship)
    sheet.donor("D2")
    sheet.subject("S1", **subject)
    sheet.reagent("R1", expiry_date="2025-01-01")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.formulated(["L1"], "DP1", units=3)
    register = Register()
    assert register.hand_in(sheet.records).accepted
    sheet.records.clear()
    return sheet, register


def _cells(sheet: BenchSheet, register: Register) -> Json:
    sheet.node("StoragePosition", "CELL-1", level="cell")
    sheet.stored(units_of("DP1", 1), "CELL-1")
    assert register.hand_in(sheet.records).accepted
    return sheet.stored(units_of("DP1", 2), "CELL-1")


def _dose(sheet: BenchSheet, register: Register) -> Json:
    return sheet.administered(units_of("DP1", 1), "S1")


def _released_dose(sheet: BenchSheet, register: Register) -> Json:
    assert register.hand_in([sheet.released("DP1")]).accepted
    return sheet.administered(units_of("DP1", 1), "S1")


def _expired_reagent(sheet: BenchSheet, register: Register) -> Json:
    return sheet.expanded(units_of("DP1", 1), "L2", reagents=["R1"])


def _expired_ingredient(sheet: BenchSheet, register: Register) -> Json:
    return sheet.prepared([{"kind": "Reagent", "id": "R1"}], "WS1")


def _expired_lot(sheet: BenchSheet, register: Register) -> Json:
    assert register.hand_in([sheet.amendment("CellLot", "DP1", expiry_date="2025-01-02")]).accepted
    return sheet.expanded(units_of("DP1", 1), "L2")


def _own_review(sheet: BenchSheet, register: Register) -> Json:
    return sheet.released("DP1") | {"reviewer": "P-01"}


FORBIDDEN = [
    ("allogeneic", _dose, "not_released", "inputs[0].units"),
    ("allogeneic", _expired_reagent, "expired", "uses[0].id"),
    ("allogeneic", _expired_ingredient, "expired", "inputs[0].id"),
    ("allogeneic", _expired_lot, "expired", "inputs[0].units"),
    ("autologous", _released_dose, "wrong_person", "outputs[0].id"),
    ("allogeneic", _cells, "position_taken", "outputs[0].id"),
    ("allogeneic", _own_review, "reviewer_is_operator", "reviewer"),
]


@pytest.mark.parametrize(
    ("relationship", "act", "code", "member"), FORBIDDEN, ids=[case[1].__name__ for case in FORBIDDEN]
)
def test_what_is_forbidden_is_refused_or_raises_a_critical_deviation(
    relationship: str, act: Any, code: str, member: str
) -> None:
    sheet, register = _product(relationship)
    record = act(sheet, register)
    told = register.hand_in([record])
    assert told.faults == [(record["id"], member, code)]
    assert code in told.violations[0].remedy
    told = register.hand_in([{**record, "despite": [code], **DESPITE}])
    assert told.accepted
    assert told.raised == [(code, "critical", record["id"])]


@pytest.mark.parametrize(
    ("relationship", "act", "code", "member"), FORBIDDEN, ids=[case[1].__name__ for case in FORBIDDEN]
)
def test_another_rule_set_aside_does_not_help(relationship: str, act: Any, code: str, member: str) -> None:
    sheet, register = _product(relationship)
    other = "on_hold" if code != "on_hold" else "expired"
    assert register.hand_in([act(sheet, register) | {"despite": [other], **DESPITE}]).codes == [code]


def test_what_is_impossible_is_refused_despite_everything() -> None:
    sheet, register = _product()
    record = sheet.administered(units_of("DP1", 9), "S1") | {"despite": ["not_released", "expired"], **DESPITE}
    assert register.hand_in([record]).codes == ["unknown_unit"]


def test_a_rule_set_aside_for_nothing_is_warned_of() -> None:
    sheet, register = _product()
    record = _released_dose(sheet, register) | {"despite": ["not_released"], **DESPITE}
    told = register.hand_in([record])
    assert told.accepted
    assert told.warned == ["despite_unneeded"]
    assert told.deviations == ()


def test_what_was_done_despite_a_rule_is_traced_like_any_other() -> None:
    sheet, register = _product()
    record = sheet.administered(units_of("DP1", 1), "S1") | {"despite": ["not_released"], **DESPITE}
    assert register.hand_in([record]).accepted
    assert register.amounts("DP1")["administered"] == 1


def test_all_that_is_forbidden_of_one_act_is_told() -> None:
    sheet, register = _product("autologous")
    dose = sheet.administered(units_of("DP1", 1), "S1")
    assert register.hand_in([dose]).codes == ["not_released", "wrong_person"]


# -- expiry --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "codes"), [("2025-01-02T23:59:59+08:00", []), ("2025-01-03T00:00:00+08:00", ["expired"])]
)
def test_the_last_day_ends_at_midnight_of_the_place(start: str, codes: list[str]) -> None:
    sheet, register = _product()
    sheet.reagent("R2", expiry_date="2025-01-02")
    sheet.reagent("R3")
    record = sheet.prepared([{"kind": "Reagent", "id": "R3"}], "WS1", uses=[{"kind": "Reagent", "id": "R2"}])
    assert register.hand_in([*sheet.records[:-1], {**record, "start": start}]).codes == codes


def test_an_act_of_the_last_day_may_have_come_in_time() -> None:
    sheet, register = _product()
    sheet.reagent("R2", expiry_date="2025-01-02")
    sheet.reagent("R3")
    record = sheet.prepared([{"kind": "Reagent", "id": "R3"}], "WS1", uses=[{"kind": "Reagent", "id": "R2"}])
    day = {"start": "2025-01-02", "zone": "+08:00"}
    assert register.hand_in([*sheet.records[:-1], {**record, **day}]).accepted


def test_a_reagent_that_never_expires_is_never_expired() -> None:
    sheet, register = _product()
    sheet.reagent("R2", expiry_date="9999-12-31")
    sheet.expanded(units_of("DP1", 1), "L2", reagents=["R2"])
    assert register.hand_in(sheet.records).accepted


# -- chain of identity -------------------------------------------------------------------------------------------------------


def test_an_autologous_lot_is_given_to_its_donor() -> None:
    sheet, register = _product("autologous", same_person_as="D1")
    assert register.hand_in([_released_dose(sheet, register)]).accepted


def test_an_autologous_lot_is_not_given_to_another_donor() -> None:
    sheet, register = _product("autologous", same_person_as="D2")
    told = register.hand_in([_released_dose(sheet, register)])
    assert told.codes == ["wrong_person"]
    assert "Chain of identity" in told.violations[0].message


def test_the_chain_of_identity_runs_through_every_operation_and_pool() -> None:
    sheet, register = _product("autologous", same_person_as="D2")
    sheet.collected("D2", "T2")
    sheet.separated("T2", "L2")
    sheet.pooled([units_of("DP1", 1), "L2"], "POOL")
    sheet.formulated(["POOL"], "DP2", units=1)
    sheet.released("DP2")
    dose = sheet.administered(units_of("DP2", 1), "S1")
    assert register.hand_in(sheet.records).faults == [(dose["id"], "outputs[0].id", "wrong_person")]


def test_an_identity_sealed_elsewhere_cannot_be_checked() -> None:
    sheet, register = _product("autologous", same_person_as={"sealed": "a" * 64})
    dose = _released_dose(sheet, register)
    assert register.hand_in([dose]).codes == ["wrong_person"]
    told = register.hand_in([dose], historic=True)
    assert told.accepted
    assert told.warned == ["identity_unchecked"]


# -- learnt later ------------------------------------------------------------------------------------------------------------


def test_a_failed_test_that_comes_in_after_the_dose_is_told_as_now_known() -> None:
    sheet, register = _product()
    dose = _released_dose(sheet, register)
    assert register.hand_in([dose]).accepted
    release = register.world.operations["QC_RELEASE-1"].record
    failed = sheet.released(units_of("DP1", 1), "fail")
    told = register.hand_in([{**failed, "start": release.start.text}])
    assert told.accepted
    assert told.raised == [("not_released", "critical", dose["id"])]


def _claimed(record: Json, day: int) -> Json:
    return {**record, "recorded_at": f"2025-03-{day:02d}T00:00:00Z"}


def test_what_was_accepted_once_can_be_imported_again_in_one_file() -> None:
    sheet, register = _product()
    release = sheet.released("DP1")
    dose = sheet.administered(units_of("DP1", 1), "S1")
    failed = sheet.released(units_of("DP1", 1), "fail") | {"start": release["start"]}
    told = register.hand_in([_claimed(release, 1), _claimed(dose, 2), _claimed(failed, 3)], historic=True)
    assert told.accepted, told.violations
    assert told.raised == [("not_released", "critical", dose["id"])]


def test_a_claim_does_not_excuse_what_was_forbidden_then() -> None:
    sheet, register = _product()
    failed = sheet.released(units_of("DP1", 1), "fail")
    dose = sheet.administered(units_of("DP1", 1), "S1")
    told = register.hand_in([_claimed(failed, 1), _claimed(dose, 2)], historic=True)
    assert told.codes == ["not_released"]


def test_a_claim_from_before_its_material_was_recorded_excuses_nothing() -> None:
    sheet, register = _product()
    freezing = sheet.formulated([units_of("DP1", 2)], "DP2", units=1)
    dose = sheet.administered(units_of("DP2", 1), "S1")
    told = register.hand_in([_claimed(freezing, 3), _claimed(dose, 2)], historic=True)
    assert told.codes == ["not_released"]


def test_an_identity_amended_after_the_dose_can_be_imported_again() -> None:
    sheet, register = _product("allogeneic")
    release = sheet.released("DP1")
    dose = sheet.administered(units_of("DP1", 1), "S1")
    amendment = sheet.amendment("Donor", "D1", donor_relationship="autologous")
    told = register.hand_in([_claimed(release, 1), _claimed(dose, 2), _claimed(amendment, 3)], historic=True)
    assert told.accepted, told.violations
    assert told.raised == [("wrong_person", "critical", dose["id"])]
