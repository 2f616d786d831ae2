"""Recorded values as a reader sees them."""

from __future__ import annotations

from typing import Any

import pytest

from graph.times import parse_moment
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field
from visualize.labels import numbers_as_numbers, short, text_size
from visualize.values import field_text, moment_text
from visualize.words import Speech


@pytest.mark.parametrize(
    ("field", "value", "english", "chinese"),
    [
        (KINDS["CellLot"].fields["passage_number"], 3, "P3", "P3"),
        (KINDS["CellLot"].fields["viability_percent"], 92.5, "92.5 %", "92.5 %"),
        (KINDS["CellLot"].fields["cell_type"], "UC-MSC", "Umbilical-cord MSC", "脐带间充质干细胞"),
        (KINDS["CellLot"].fields["cell_type"], "a kind of our own", "a kind of our own", "a kind of our own"),
        (KINDS["StoragePosition"].fields["shared_environment"], True, "yes", "是"),
        (KINDS["Reagent"].fields["storage_requirement"], [2, 8], "2 … 8 °C", "2 … 8 °C"),
        (KINDS["Reagent"].fields["storage_requirement"], [None, -150], "≤ -150 °C", "≤ -150 °C"),
        (KINDS["Reagent"].fields["storage_requirement"], [2, None], "≥ 2 °C", "≥ 2 °C"),
        (KINDS["Reagent"].fields["opened_at"], "2025-01-18T10:00:00+08:00", *["2025-01-18 10:00 +08:00"] * 2),
        (MEMBERS["operation"].fields["despite"], ["on_hold", "expired"], "On hold, Expired", "暂停使用、已过有效期"),
        (
            USES["Equipment"].fields["equipment_parameters"],
            {"temperature_celsius": 37.0, "shaking": "gentle"},
            "Temperature: 37 °C, shaking: gentle",
            "温度：37 °C、shaking：gentle",
        ),
        (
            OPERATIONS["CRYOPRESERVED"].fields["cooling_program"],
            [{"rate": -1, "target": -40}, {"target": -90}],
            "Rate: -1 °C/min, Target: -40 °C, Target: -90 °C",
            "速率：-1 °C/min、目标温度：-40 °C、目标温度：-90 °C",
        ),
    ],
)
def test_a_value_is_shown_with_its_unit_and_in_the_readers_words(
    field: Field, value: Any, english: str, chinese: str
) -> None:
    assert field_text(field, value, Speech("en"), {}) == english
    assert field_text(field, value, Speech("zh"), {}) == chinese


def test_the_unit_recorded_beside_a_value_is_the_one_shown() -> None:
    amount = USES["Reagent"].fields["reagent_amount_used"]
    assert field_text(amount, 5, Speech("en"), {"reagent_amount_unit": "mg"}) == "5 mg"
    assert field_text(amount, 5, Speech("en"), {}) == "5 mL"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2025-01-18T10:00:00+08:00", "2025-01-18 10:00 +08:00"),
        ("2025-01-18T10:00:07.250Z", "2025-01-18 10:00:07.250 +00:00"),
        ("2025-01-18T00:00:00+08:00/2025-01-19T00:00:00+08:00", "2025-01-18 00:00 – 2025-01-19 00:00 +08:00"),
    ],
)
def test_a_time_is_shown_where_it_was_and_as_exact_as_it_is(text: str, shown: str) -> None:
    assert moment_text(parse_moment(text)) == shown


def test_a_day_is_shown_as_what_it_may_mean() -> None:
    assert moment_text(parse_moment("2025-01-18", "+08:00")) == "2025-01-18 00:00 – 2025-01-19 00:00 +08:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("MCB1", "MCB1"),
        ("ORG-2/BANK-2025/MCB00017#12", "ORG-2/…0017#12"),
        ("干细胞库二零二五年第一批", "\u2068干细胞…第一批\u2069"),
    ],
)
def test_a_long_key_keeps_its_ends(text: str, shown: str) -> None:
    assert short(text, 14) == shown


def test_chinese_and_capitals_take_more_room() -> None:
    assert text_size("干细胞")[0] > text_size("ABC")[0] > text_size("abc")[0]
    assert text_size("a\nb")[1] == 2 * text_size("a")[1]


def test_vials_are_in_the_order_of_their_numbers() -> None:
    vials = ["WCB1#10", "WCB1#9", "WCB1#1"]
    assert sorted(vials, key=numbers_as_numbers) == ["WCB1#1", "WCB1#9", "WCB1#10"]
