"""The default reference ranges speak of fields and items that exist, and are in order."""

from __future__ import annotations

import pytest

from graph.vocabulary import DEFAULT_RANGES, KINDS, OPERATIONS, USES, Part, ReferenceRangeDefault
from graph.vocabulary.preparation import CoolingStep
from graph.vocabulary.uses import EquipmentParameters
from graph.vocabulary.words import EQUIPMENT_CLASSES, LOT_STAGES, RANGE_KINDS, TEST_ITEMS, TISSUE_TYPES

RANGES = {row.name: row for row in DEFAULT_RANGES}
COMPUTED = {"transfer_hours"}  # from the start and end of the transport
PARTS: tuple[type[Part], ...] = (
    *KINDS.values(),
    *OPERATIONS.values(),
    *USES.values(),
    EquipmentParameters,
    CoolingStep,
)
FIELDS = {name for part in PARTS for name in part.fields}


def test_names_are_unique() -> None:
    assert len(RANGES) == len(DEFAULT_RANGES)


@pytest.mark.parametrize("row", DEFAULT_RANGES, ids=lambda row: row.name)
def test_a_default_range_speaks_of_what_exists(row: ReferenceRangeDefault) -> None:
    assert row.field in FIELDS | COMPUTED
    assert row.reason.endswith(".")
    assert row.kind in RANGE_KINDS
    assert row.item is None or (row.item in TEST_ITEMS and row.field == "test_result")
    assert set(row.operations) <= set(OPERATIONS)
    assert set(row.input_kinds) <= set(KINDS)
    assert set(row.equipment_classes) <= set(EQUIPMENT_CLASSES)
    assert set(row.stages) <= set(LOT_STAGES)
    assert set(row.tissue_types) | set(row.not_tissue_types) <= set(TISSUE_TYPES)
    assert row.beside is None or row.beside in CoolingStep.fields


@pytest.mark.parametrize("row", DEFAULT_RANGES, ids=lambda row: row.name)
def test_allowed_limits_are_the_wider_ones(row: ReferenceRangeDefault) -> None:
    assert row.expected or row.low is not None or row.high is not None
    if row.low is not None and row.high is not None:
        assert row.low < row.high
    if row.allowed_low is not None:
        assert row.low is not None
        assert row.allowed_low <= row.low
    if row.allowed_high is not None:
        assert row.high is not None
        assert row.allowed_high >= row.high
    if row.field != "test_result":
        units = {part.fields[row.field].unit for part in _parts(row.field)}
        assert units <= {row.unit}


def _parts(name: str) -> list[type[Part]]:
    return [part for part in PARTS if name in part.fields]


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("collection_ambient_temperature-room", (18, 26, None, None)),
        ("seeding-density", (3000, 8000, None, None)),
        ("incubator-temperature", (36.5, 37.5, None, None)),
        ("freezing-start", (2, 8, 0, 20)),
        ("product-passage", (None, 6, None, 8)),
        ("tissue-transfer-hours", (None, 24, None, 48)),
        ("dry-shipper-temperature", (None, -150, None, None)),
        ("viability-release", (80, None, 70, None)),
        ("viability-post-thaw", (70, None, None, None)),
        ("endotoxin", (None, 0.5, None, 0.5)),
        ("marker-CD105", (95, None, 80, None)),
        ("marker-HLA-DR", (None, 2, None, 2)),
    ],
)
def test_the_limits_are_those_of_the_published_sources(name: str, limits: tuple[float | None, ...]) -> None:
    row = RANGES[name]
    assert (row.low, row.high, row.allowed_low, row.allowed_high) == limits


def test_endotoxin_is_below_its_limit_not_at_it() -> None:
    assert RANGES["endotoxin"].is_high_excluded


def test_past_infection_does_not_fail_a_donor() -> None:
    assert "igg" not in {method.casefold() for method in RANGES["donor-CMV"].methods}
    assert RANGES["donor-HIV"].methods == ()


def test_a_clean_result_is_expected_in_both_languages() -> None:
    assert {"no growth", "无菌生长"} <= set(RANGES["sterility"].expected)
    assert {"negative", "阴性"} <= set(RANGES["mycoplasma"].expected)
