"""What must come out of the trial, beside its traces."""

from __future__ import annotations

import random
from typing import Any

import pytest

from support.register import Register
from support.trial import correction, excursion, trial

APRIL = "2025-04-21T00:00:00+08:00"


def _register(*more: list[dict[str, Any]]) -> Register:
    register = Register()
    for part in (trial(), *more):
        assert register.hand_in(part, historic=True).accepted
    return register


def test_the_trial_breaks_no_rule_and_departs_from_no_range() -> None:
    told = Register().hand_in(trial(), historic=True)
    assert told.accepted
    assert (told.violations, told.deviations, told.warnings) == ((), (), ())


def test_units_to_hold_in_april_are_where_the_records_say() -> None:
    register = _register()
    assert register.amounts("MCB2", at=APRIL) == {"quarantined": 9, "consumed_in_process": 1}
    assert register.amounts("WCB1", at=APRIL) == {"quarantined": 18, "consumed_in_process": 2}
    assert register.amounts("DP1", at=APRIL) == {"administered": 2, "in_transit": 1, "quarantined": 1, "destroyed": 1}
    assert register.amounts("DP2", at=APRIL) == {"released": 3, "administered": 2}


def test_all_five_doses_are_accounted_for_at_the_end() -> None:
    amounts = _register().amounts("DP1")
    assert sum(amounts.values()) == 5
    assert "unaccounted" not in amounts


def test_a_destruction_not_recorded_leaves_a_dose_unaccounted_and_the_gap_named() -> None:
    register = Register()
    told = register.hand_in([record for record in trial() if record["id"] != "O24"], historic=True)
    assert told.raised == [("inventory_gap", "critical", "N01")]
    assert "DP1#5" in told.deviations[0].message
    assert register.amounts("DP1")["unaccounted"] == 1


def test_the_swapped_doses_are_recorded_with_a_critical_deviation() -> None:
    register = _register()
    told = register.hand_in(correction(), historic=True)
    assert told.accepted
    assert told.raised == [("not_released", "critical", "O23-R1")]
    assert register.amounts("DP1") == {"administered": 3, "in_transit": 1, "destroyed": 1}
    assert register.amounts("DP2") == {"administered": 1, "released": 4}


def test_a_dose_that_arrives_too_warm_departs_from_what_its_transport_requires() -> None:
    register = _register()
    told = register.hand_in(excursion(), historic=True)
    assert told.raised == [("out_of_range", "major", "O21")]
    (deviation,) = told.deviations
    assert (deviation.field, deviation.value, deviation.direction) == ("data.arrival_temperature", "-120", "above")
    assert deviation.range_version == "required_transport_temperature of O21"
    amounts = register.amounts("DP1", at=APRIL)
    assert "in_transit" not in amounts
    assert amounts["quarantined"] == 2


def test_a_returned_dose_cannot_be_given_until_it_is_released_again() -> None:
    register = _register(excursion())
    told = register.hand_in([_given("O30", "2025-06-01T10:00:00+08:00")])
    assert told.faults == [("O30", "inputs[0].units", "not_released")]
    release = {
        **_given("Q30", "2025-05-30T10:00:00+08:00"),
        "type": "QC_RELEASE",
        "outputs": [],
        "data": {"test_conclusion": "pass"},
    }
    told = register.hand_in([_given("O30", "2025-06-01T10:00:00+08:00"), release])
    assert told.accepted
    assert told.warned == ["no_result"]


def _given(key: str, start: str) -> dict[str, Any]:
    return {
        "record": "operation",
        "type": "ADMINISTERED",
        "id": key,
        "start": start,
        "performing_org": "ORG-1",
        "operator": "P-02",
        "reviewer": "P-03",
        "inputs": [{"kind": "CellLot", "id": "DP1", "units": ["DP1#3"]}],
        "outputs": [{"kind": "Subject", "id": "S1"}],
    }


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_the_trials_records_is_judged_alike(seed: int) -> None:
    records = [*trial(), *correction(), *excursion()]
    told = Register().hand_in(records, historic=True)
    shuffled = random.Random(seed).sample(records, len(records))
    other = Register()
    told_again = other.hand_in(shuffled, historic=True)
    assert told_again.accepted
    assert told_again.raised == told.raised
    assert _graph(told_again.writes) == _graph(told.writes)


def _graph(writes: Any) -> Any:
    """Nodes and edges, but for the numbers of their entries, which are those of the lines."""
    return (
        {
            (kind, key): {name: value for name, value in row.items() if name not in {"seq", "account"}}
            for kind, rows in writes.nodes.items()
            for key, row in rows.items()
        },
        sorted(
            (edge, source, target, sorted((name, value) for name, value in row.items() if not name.endswith("seq")))
            for edge, rows in writes.edges.items()
            for source, target, row in rows
        ),
    )
