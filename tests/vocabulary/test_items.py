"""The 158 items of the specification, and those added, each stand somewhere: compared with the list of items itself."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from graph.vocabulary import ITEMS, KINDS, LISTS, MEMBERS, OPERATIONS, USES, Home, items_at, member_label, member_tier

ROWS = list(csv.DictReader((Path(__file__).parent / "items.csv").read_text(encoding="utf-8").splitlines()))
BY_ID = {row["id"]: row for row in ROWS}
NAMES = {name for part in (*KINDS.values(), *OPERATIONS.values(), *USES.values()) for name in part.fields}
STRUCTURE = {name for members in MEMBERS.values() for name in members.fields}


def test_all_items_are_there_in_the_order_of_the_lists() -> None:
    assert list(ITEMS) == [row["id"] for row in ROWS]
    assert sum(not item.is_added for item in ITEMS.values()) == 158


def test_chinese_names_are_word_for_word_the_lists() -> None:
    assert {code: item.zh for code, item in ITEMS.items()} == {row["id"]: row["name_zh"] for row in ROWS}


def test_slips_of_the_source_are_kept() -> None:
    assert ITEMS["SEP-08"].zh == "试剂配置人"
    assert ITEMS["TRN-03"].zh == "启运温度"
    assert ITEMS["TRN-07"].zh.startswith("启运温度")


def test_lists_have_their_names_in_both_languages() -> None:
    assert {f"{en} {zh}" for en, zh in LISTS.values()} == {row["list"] for row in ROWS}


@pytest.mark.parametrize("code", BY_ID)
def test_an_item_has_a_home_that_exists(code: str) -> None:
    homes = ITEMS[code].homes
    assert homes
    for home in homes:
        assert home.field in home.part.fields
        assert home.declared.name == home.field
        assert home.operation is None or home.operation in OPERATIONS
        assert home.kind is None or home.kind in KINDS


def _named(member: str) -> set[str]:
    """The field names in one row's ``member``; what stands in brackets is a remark."""
    plain = re.sub(r"\([^)]*\)", "", member)
    words = set(re.findall(r"[a-z][a-z0-9_]+", plain))
    aside = {
        "data",
        "of",
        "type",
        "consumable",
        "record",
        "per",
        "test",
        "or",
        "units",
        "the",
        "same",
        "closing",
        "actual",
    }
    return {word for word in words if word in NAMES | STRUCTURE} - (aside - {"units"})


def _found(homes: tuple[Home, ...]) -> set[str]:
    names = {name for home in homes for name in (home.field, *home.member.split("."))}
    made = {kind for operation in OPERATIONS.values() if operation.creates for _, kind in operation.flows}
    # the fields of what an operation makes are written in its outputs
    return names | {"outputs" for home in homes if home.kind in made}


@pytest.mark.parametrize("code", BY_ID)
def test_an_item_stands_where_its_row_says(code: str) -> None:
    member = BY_ID[code]["member"]
    found = _found(ITEMS[code].homes)
    assert _named(member) - {"operation"} <= found
    for name in re.findall(r"\b([A-Z_]{6,})\b", member):  # the type of operation, where the row names one
        assert name in {home.operation for home in ITEMS[code].homes}
    for kind in re.findall(r"\b([A-Z][a-z]+(?:[A-Z][a-z]*)*)\.data", member):
        assert kind in {home.kind for home in ITEMS[code].homes}


def _tier(home: Home) -> int:
    if home.member in {"inputs", "outputs", "uses"}:
        return KINDS[home.kind].tier if home.kind else 0
    if home.operation and home.member in MEMBERS["operation"].fields:
        return member_tier(home.operation, home.member)
    return home.declared.tier


# what the rules raise: free text to 2, a result to 2 and a donor's own to 3; what lies beside the item's own datum
RAISED_OR_BESIDE = {"EXP-06", "VER-09", "ADD-09", "ADD-45", "ADD-47", "COL-03", "QCI-11", "ADD-33", "F-05"}


@pytest.mark.parametrize("code", sorted(set(BY_ID) - RAISED_OR_BESIDE))
def test_the_tier_of_an_item_is_the_lists(code: str) -> None:
    assert {_tier(home) for home in ITEMS[code].homes} == {int(BY_ID[code]["privacy"])}


@pytest.mark.parametrize("code", sorted(RAISED_OR_BESIDE - {"COL-03"}))
def test_a_raised_tier_is_never_below_the_lists(code: str) -> None:
    assert max(_tier(home) for home in ITEMS[code].homes) >= int(BY_ID[code]["privacy"])


def test_the_field_names_the_item_it_carries() -> None:
    assert KINDS["Donor"].fields["sex"].items == ("COL-01",)
    assert [home.member for home in ITEMS["EXP-07"].homes if home.field == "seeding_density"] == [
        "data.seeding_density"
    ]


def test_what_several_lists_share_belongs_to_each_lists_own_operation() -> None:
    assert [item.id for item in items_at("SEPARATED", "data.operation_location")] == ["SEP-03"]
    assert items_at("EXPANDED", "data.operation_location") == ()
    assert [item.id for item in items_at(None, "data.operation_location")] == ["ADD-10"]


def test_a_common_member_is_headed_with_the_lists_name() -> None:
    assert member_label("EXPANDED", "start", "zh") == "传代时间"
    assert member_label("CRYOPRESERVED", "start", "zh") == "操作开始时间"
    assert member_label("TRANSPORTED", "start", "zh") == "启运时间"
    assert member_label("THAWED", "start", "zh") == "开始时间"
    assert member_label("EXPANDED", "outputs", "zh", kind="CellLot") == "批次号"
    assert member_label("EXPANDED", "data.seeding_density") == "Seeding density"


def test_each_list_but_the_filing_has_its_operation() -> None:
    listed = {operation.list_code for operation in OPERATIONS.values()} - {""}
    assert listed == set(LISTS) - {"F", "ADD"}
