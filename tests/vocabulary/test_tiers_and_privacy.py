"""Tiers rise by rule; codes hold no personal identifier, and ordinary codes are left in peace."""

from __future__ import annotations

import pytest

from graph.vocabulary import (
    KINDS,
    OPERATIONS,
    field_tier,
    is_genetic,
    lot_key_tier,
    member_tier,
    personal_identifier,
    result_tier,
)

RESULT = KINDS["QCResult"].fields["test_result"]


@pytest.mark.parametrize("kind", ["Donor", "Subject"])
def test_results_of_tests_on_a_person_are_tier_3(kind: str) -> None:
    assert result_tier("TESTED", [kind], "HIV") == 3
    assert result_tier("TESTED", [kind], None) == 3


@pytest.mark.parametrize("operation", ["TESTED", "QC_IN", "QC_RELEASE", "VERIFIED"])
def test_results_of_tests_on_material_are_tier_2(operation: str) -> None:
    assert result_tier(operation, ["CellLot"], "sterility") == 2
    assert result_tier(operation, ["Reagent"], None) == 2


@pytest.mark.parametrize(
    "item",
    [
        "HLA", "HLA typing", "HLA-A", "HLA-DRB1", "HLA-DR typing", "HLA分型", "hla-dr 分型", "STR", "STR profile", "str鉴定",
        "karyotype", "Karyotyping (G-banding)", "核型", "染色体核型分析", "短串联重复序列", "genotype", "基因分型", "WES",
        "whole genome sequencing", "全基因组测序", "human_leukocyte_antigen", "identity_str", "karyotype_analysis",
    ],
)  # fmt: skip
def test_genetic_items_are_tier_3_whatever_was_tested(item: str) -> None:
    assert is_genetic(item)
    assert result_tier("QC_RELEASE", ["CellLot"], item) == 3


@pytest.mark.parametrize(
    "item",
    [None, "", "sterility", "strain", "structure", "HLA-DR", "HLA-DR+", "HLA_DR", "HLADR", "CD73", "viability", "无菌", "支原体"],
)  # fmt: skip
def test_other_items_are_not_genetic(item: str | None) -> None:
    assert not is_genetic(item)


def test_ids_of_autologous_lots_are_tier_2() -> None:
    assert lot_key_tier(is_autologous=True) == 2
    assert lot_key_tier(is_autologous=False) == 0


def test_free_text_is_at_least_tier_2() -> None:
    assert OPERATIONS["EXPANDED"].fields["cell_morphology"].tier == 2
    assert OPERATIONS["CHANGED_DISPOSITION"].fields["reason"].tier == 2
    assert KINDS["Donor"].fields["medical_history"].tier == 3


def test_a_field_keeps_its_tier_but_for_what_a_test_found() -> None:
    assert field_tier(RESULT) == 2
    assert field_tier(RESULT, operation="TESTED", input_kinds=["Donor"], test_item="HIV") == 3
    assert field_tier(RESULT, operation="QC_IN", input_kinds=["CellLot"], test_item="STR") == 3
    conclusion = KINDS["QCResult"].fields["test_conclusion"]
    assert field_tier(conclusion, operation="TESTED", input_kinds=["Subject"]) == 3
    item = KINDS["QCResult"].fields["test_item"]
    assert field_tier(item, operation="TESTED", input_kinds=["Donor"], test_item="HIV") == 0
    passing = OPERATIONS["QC_RELEASE"].fields["test_conclusion"]
    assert field_tier(passing, operation="QC_RELEASE", input_kinds=["CellLot"], test_item="STR") == 0


def test_times_of_acts_on_people_are_tier_2() -> None:
    assert member_tier("COLLECTED", "start") == 2
    assert member_tier("ADMINISTERED", "start") == 2
    assert member_tier("EXPANDED", "start") == 0
    assert member_tier("EXPANDED", "operator") == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("11010519491231002X", "identity-card number"),
        ("D-11010519491231002x", "identity-card number"),
        ("110105194912310021", "identity-card number"),  # mistyped: the check character is wrong
        ("110105 19491231 002X", "identity-card number"),
        ("110105491231002", "identity-card number"),  # the old form
        ("13812345678", "telephone number"),
        ("D13812345678", "telephone number"),
        ("+86 13812345678", "telephone number"),
        ("8613812345678", "telephone number"),
        ("138-1234-5678", "telephone number"),
        ("138 1234 5678", "telephone number"),
        ("+1 (555) 123-4567", "telephone number"),
        ("+44 20 7946 0958", "telephone number"),
        ("li.hua@example.org", "e-mail address"),
        ("D-li_hua@mail.example.com.cn", "e-mail address"),
        ("MRN0012345", "medical-record number"),
        ("MRN-12345", "medical-record number"),
        ("mrn: 12345", "medical-record number"),
        ("ORG-2/MRN 445566", "medical-record number"),
        ("病案号123456", "medical-record number"),
        ("住院号:2025001234", "medical-record number"),
        ("123-45-6789", "social-security number"),
        ("SSN 123456789", "social-security number"),
        ("１３８１２３４５６７８", "telephone number"),  # full-width digits
    ],
)
def test_personal_identifiers_in_codes_are_named(code: str, kind: str) -> None:
    assert personal_identifier(code) == kind


@pytest.mark.parametrize(
    "code",
    [
        "D1", "T3", "MCB1", "L1P1", "WCB1#1", "DP1#3", "POOL1", "S7", "D-2025-0117", "D2025011701", "20250117",
        "202501170001", "20250117-001", "UC-MSC-20250117-P3-01", "ORG-2/LOT-20250118-0003",
        "W0000 12 345678", "W000012345678", "=W000012345678", "A9999 25 123456 Q1",  # ISBT 128 donation numbers
        "CN12345600000123456789", "ES000123W000012345678", "E00012345A00020300101",  # Single European Codes
        "12345678", "123456789", "1234567890", "10012345678", "20012345678", "123456789012", "1234567890123",
        "150-2025-0117", "2025-01-17", "101-0001", "01-02-0003", "S-101-002", "LOT#25-0117", "CD34+20250117",
        "MRNA-0042", "mRNA12345", "HLA-B27-001", "6901234567892", "SITE-1/TANK-A/03", "住院部-1", "TISSUE-000123-45",
        "2025-0117-0001-0002", "999999999999999", "000000000000000000", "123456789012345678",
    ],
)  # fmt: skip
def test_ordinary_codes_raise_no_false_alarm(code: str) -> None:
    assert personal_identifier(code) is None
