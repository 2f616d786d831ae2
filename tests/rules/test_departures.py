"""A departure that the ledger keeps in English is told again of what it was made, or stays as it is."""

from __future__ import annotations

import pytest

from graph.errors import Deviation
from graph.rules.departures import NOT_RELEASED, SURPLUS, between, outside, recall
from graph.saying import Saying, said

RANGE = {"field": "data.arrival_temperature", "operation": "O21", "version": "default transit-temperature v1"}


def _told_again(code: str, text: str) -> tuple[str, dict[str, str]]:
    found = recall(code, text)
    assert isinstance(found, Saying)
    assert found == text
    return found.template, found.values


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        (between(2, 8), between(0, 10.5)),
        (between(None, -150), between(None, -140)),
        (between(80, None), None),
        (None, between(-196, -150)),
        (None, None),
    ],
)
def test_a_range_is_told_again_with_its_limits(limits: Saying | None, allowed: Saying | None) -> None:
    kept = outside(direction="above", limits=limits, allowed=allowed, **RANGE)
    template, values = _told_again("out_of_range", str(kept))
    assert (template, values) == (kept.template, kept.values)
    for name, wanted in {"limits": limits, "allowed": allowed}.items():
        if wanted is not None:
            inner = values[name]
            assert isinstance(inner, Saying)
            assert (inner.template, inner.values) == (wanted.template, wanted.values)


def test_what_became_known_later_is_told_again_too() -> None:
    _, values = _told_again("not_released", "As now known: DP1#3 was rejected when O22 took it.")
    problem = values["problem"]
    assert isinstance(problem, Saying)
    assert problem.values == {"thing": "DP1#3", "state": "rejected", "operation": "O22"}


def test_a_state_within_a_state_is_not_taken_for_one_word() -> None:
    _, values = _told_again("not_released", "DP1#3 was in_transit (quarantined) when O22 took it.")
    assert (values["state"], values["base"]) == ("in_transit", "quarantined")


def test_keys_with_spaces_and_signs_are_told_again_where_there_is_one_way_to() -> None:
    kept = said(SURPLUS, thing="批次 甲#3 (a)", position="TANK-A rack 1", state="released")
    assert _told_again("inventory_surplus", str(kept))[1] == kept.values


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("not_released", "Lot was released when O1 took it."[:-1]),
        ("not_released", "Something else happened."),
        ("no_such_code", "DP1#3 was rejected when O22 took it."),
        ("on_hold", "DP1#3 was rejected when O22 took it."),
        ("out_of_range", "data.x of O1 is above its range of what was usual then (v1)."),
        ("not_released", "As now known: something else happened."),
        # Where does the name of the lot end?
        (
            "not_released",
            str(said(NOT_RELEASED, thing="A was rejected when B took it. C", state="rejected", operation="O")),
        ),
    ],
)
def test_what_is_not_recognised_for_certain_stays_as_it_was_kept(code: str, text: str) -> None:
    found = recall(code, text)
    assert found == text
    assert type(found) is str


def test_a_departure_is_kept_as_plain_text() -> None:
    """What is stored is the English sentence alone."""
    message = said(NOT_RELEASED, thing="DP1#3", state="rejected", operation="O22")
    kept = Deviation(code="not_released", severity="critical", message=message).as_json()
    assert kept["message"] == "DP1#3 was rejected when O22 took it."
