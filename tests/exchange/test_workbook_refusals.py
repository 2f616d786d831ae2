"""What is wrong in a workbook is named by its cell, all at once, and nothing of it is guessed."""

from __future__ import annotations

import zipfile
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from exchange.placed import PlacedRecord
from exchange.workbook.headings import IGNORED, Renaming, resolve_headings
from exchange.workbook.plans import sheet_named
from exchange.workbook.reader import read_workbook
from graph.errors import Place
from support.sheets import EXPANDED, ROW, read, sheet_of, with_heading

FIXTURES = Path(__file__).parents[1] / "fixtures" / "trial"

# -- what is refused ------------------------------------------------------------------------------------------------


def test_headings_in_either_language_in_any_order_are_found(tmp_path: Path) -> None:
    headings = [
        "Seeding density",
        "批次号",
        "Input cell lot id",
        "操作人",
        "Performing organisation",
        "Passage time",
        "操作编号",
    ]
    values, problems = read(sheet_of(tmp_path, headings, ROW[::-1], title="Expanded"))
    assert problems == []
    assert values == read(sheet_of(tmp_path, EXPANDED, ROW))[0]


@pytest.mark.parametrize(
    "heading", ["Reagent id", "试剂编号", "试剂信息", "Output cell lot id", "细胞接种密度(cells/cm²)", "活率（％）", "操作环境温度 [℃]",
                "操作环境温度(必填)", "Seeding density\n细胞接种密度"],
)  # fmt: skip
def test_a_column_is_found_by_its_further_names_too(heading: str) -> None:
    sheet = sheet_named("扩增")
    assert sheet is not None
    columns, problems = resolve_headings(sheet, "扩增", [heading], lambda _: Place(), Renaming())
    assert (len(columns), problems) == (1, [])
    assert columns[0] is not IGNORED


@pytest.mark.parametrize(
    "heading", ["细胞接种密度（cells/mL）", "操作环境温度(°F)", "操作环境温度(K)", "试剂作用时长（小时）", "输入数量(支)", "活率(‰)"]
)  # fmt: skip
def test_a_heading_that_names_another_unit_is_refused(tmp_path: Path, heading: str) -> None:
    """Or 310 K would be read as 310 °C."""
    path = sheet_of(tmp_path, [*EXPANDED[:6], heading], [*ROW[:6], 5])
    assert ("扩增!G1", "unit_in_heading") in read(path)[1]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([EXPANDED[1:], ROW[1:]], ("扩增!A1", "missing_heading")),
        ([[*EXPANDED, "细胞接种密度"], ROW], ("扩增!H1", "doubled_heading")),
        ([[*EXPANDED, "Seeding density"], ROW], ("扩增!H1", "doubled_heading")),
        ([[*EXPANDED, "细胞颜色"], ROW], ("扩增!H1", "unknown_heading")),
        ([EXPANDED, [*ROW, "loose"]], ("扩增!H2", "missing_heading")),
        ([EXPANDED, [*ROW[:6], "4000"]], ("扩增!G2", "not_a_number")),
        ([EXPANDED, [*ROW[:6], "many"]], ("扩增!G2", "not_a_number")),
        ([EXPANDED, [*ROW[:6], "#DIV/0!"]], ("扩增!G2", "error_value")),
        ([EXPANDED, [None, *ROW[1:]]], ("扩增!B2", "missing_member")),
        ([EXPANDED, [*ROW[:3], 1.5, *ROW[4:]]], ("扩增!D2", "not_a_text")),
        ([EXPANDED, [*ROW[:3], date(2025, 1, 1), *ROW[4:]]], ("扩增!D2", "not_a_text")),
        ([EXPANDED, [ROW[0], 45000, *ROW[2:]]], ("扩增!B2", "not_a_time")),
        ([EXPANDED, [ROW[0], time(10, 30), *ROW[2:]]], ("扩增!B2", "not_a_time")),
        ([EXPANDED, [*ROW[:6], "=1+1"]], ("扩增!G2", "formula_without_value")),
    ],
)
def test_what_is_wrong_is_named_by_its_cell(tmp_path: Path, rows: list[list[Any]], expected: tuple[str, str]) -> None:
    _, problems = read(sheet_of(tmp_path, *rows))
    assert expected in problems


def test_a_formula_with_a_value_is_its_value(tmp_path: Path) -> None:
    path = sheet_of(tmp_path, EXPANDED, [*ROW[:6], "=2000*2"])
    _rewrite(path, "xl/worksheets/sheet1.xml", "<v></v>", "<v>4000</v>", "<v />", "<v>4000</v>")
    values, problems = read(path)
    assert problems == []
    assert values[0]["data"] == {"seeding_density": 4000}


def _rewrite(path: Path, part: str, *replacements: str) -> None:
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    text = contents[part].decode()
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        text = text.replace(old, new)
    assert text.encode() != contents[part]
    contents[part] = text.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def test_merged_cells_are_refused_below_the_headings_only(tmp_path: Path) -> None:
    path = sheet_of(tmp_path, ["扩增记录"], EXPANDED, ROW, ["O2", *ROW[1:]])
    workbook = load_workbook(path)
    workbook["扩增"].merge_cells("A1:G1")
    workbook["扩增"].merge_cells("C3:C4")
    workbook.save(path)
    assert ("扩增!C3", "merged_cells") in read(path)[1]
    assert not any(cell == "扩增!A1" for cell, _ in read(path)[1])


def test_departure_temperature_stands_twice_and_must_agree(tmp_path: Path) -> None:
    headings = ["操作编号", "启运时间", "执行机构", "操作人", "批次号", "送达地点", "启运温度", "启运温度"]
    row = ["O1", "2025-01-18T10:00:00+08:00", "ORG-1", "P-1", "L1", "SITE-2", -180]
    values, problems = read(sheet_of(tmp_path, headings, [*row, -180], title="运输"))
    assert (values[0]["data"], problems) == ({"departure_temperature": -180}, [])
    _, problems = read(sheet_of(tmp_path, headings, [*row, -170], title="运输"))
    assert problems == [("运输!H2", "conflicting_cells")]


def test_an_unknown_sheet_is_refused_unless_it_is_empty(tmp_path: Path) -> None:
    assert read(sheet_of(tmp_path, ["x"], title="Sheet9"))[1][0] == ("Sheet9!A1", "unknown_sheet")
    assert read(sheet_of(tmp_path, title="Sheet9"))[1] == [(None, "empty_file")]


def test_a_kind_must_be_said_where_several_are_possible(tmp_path: Path) -> None:
    headings = [
        "Operation id",
        "Start",
        "Performing organisation",
        "Operator",
        "Input kind",
        "Input id",
        "QC result id",
    ]
    row: list[Any] = ["O1", "2025-01-18T10:00:00Z", "ORG-1", "P-1", "供者", "D1", "Q1"]
    values, problems = read(sheet_of(tmp_path, headings, row, title="Tested"))
    assert (values[0]["inputs"], problems) == ([{"kind": "Donor", "id": "D1"}], [])
    row[4] = None
    assert ("Tested!F2", "missing_member") in read(sheet_of(tmp_path, headings, row, title="Tested"))[1]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    for content in (b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 old", b""):
        path.write_bytes(content)
        assert read(path)[1] == [(None, "not_a_workbook")]


def test_all_problems_of_a_workbook_are_said_at_once(tmp_path: Path) -> None:
    headings = [*EXPANDED, "细胞颜色", "试剂使用量"]
    rows = [[*ROW[:6], "x", None, "much"], ["O2", *ROW[1:6], "y"], [None, *ROW[1:6], "z"]]
    _, problems = read(sheet_of(tmp_path, headings, *rows))
    assert problems == [
        ("扩增!H1", "unknown_heading"),
        ("扩增!B4", "missing_member"),  # no id
        ("扩增!G4", "not_a_number"),
        ("扩增!G2", "not_a_number"),
        ("扩增!I2", "missing_member"),  # of which reagent?
        ("扩增!I2", "not_a_number"),
        ("扩增!G3", "not_a_number"),
    ]


def test_a_violation_of_the_door_finds_the_cell_of_its_member(tmp_path: Path) -> None:
    headings, row = with_heading("输入单元编号", "L1#1-3")
    (record,) = read_workbook(sheet_of(tmp_path, headings, row))
    assert isinstance(record, PlacedRecord)
    assert record.place.cell == "扩增!A2"
    assert record.place_of("inputs[0].units").cell == "扩增!H2"
    assert record.place_of("inputs[0].units[1]").cell == "扩增!H2"
    assert record.place_of("data.seeding_density").cell == "扩增!G2"
    assert record.place_of("inputs").cell == "扩增!E2"
    assert record.place_of("data.no_such_field").cell == "扩增!A2"
    assert record.place_of("end").cell == "扩增!A2"
