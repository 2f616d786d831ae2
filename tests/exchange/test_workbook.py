"""Workbooks: the template holds the specification, and what is filled in comes out as the records it says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from exchange.generator import generate
from exchange.samples import trial
from exchange.workbook.plans import sheet_named, sheets
from exchange.workbook.reader import read_workbook
from exchange.workbook.template import Language, write_template
from graph.records import RawRecord, canonical, parse
from graph.vocabulary import ITEMS, KINDS, OPERATIONS
from support.sheets import EXPANDED, ROW, fill, read, sheet_of, with_heading

FIXTURES = Path(__file__).parents[1] / "fixtures" / "trial"


# -- the template ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    folder = tmp_path_factory.mktemp("templates")
    paths: dict[Language, Path] = {}
    languages: tuple[Language, ...] = ("zh", "en", "both")
    for language in languages:
        paths[language] = folder / f"{language}.xlsx"
        write_template(paths[language], language)
    return paths


def _texts(path: Path) -> set[str]:
    return {
        cell.value
        for worksheet in load_workbook(path)
        for row in worksheet.iter_rows(max_row=10)
        for cell in row
        if isinstance(cell.value, str)
    }


@pytest.mark.parametrize("language", ["zh", "both"])
def test_each_of_the_158_names_stands_word_for_word_in_the_template(
    templates: dict[Language, Path], language: Language
) -> None:
    names = {item.zh for item in ITEMS.values() if not item.is_added}
    assert len([item for item in ITEMS.values() if not item.is_added]) == 158
    assert names - _texts(templates[language]) == set()


def test_the_english_template_has_the_english_names(templates: dict[Language, Path]) -> None:
    names = {item.en for item in ITEMS.values() if not item.is_added}
    assert names - _texts(templates["en"]) == set()


def test_there_is_a_sheet_for_each_type_and_kind(templates: dict[Language, Path]) -> None:
    made_with_their_lot = {"CellUnit"}
    codes = {sheet.code for sheet in sheets()}
    assert codes == {*OPERATIONS, *KINDS, "closing", "correction", "amendment"} - made_with_their_lot
    for path in templates.values():
        found = {sheet.code for title in load_workbook(path).sheetnames if (sheet := sheet_named(title))}
        assert found == codes


def test_filing_comes_first_then_the_twelve_lists(templates: dict[Language, Path]) -> None:
    titles = load_workbook(templates["zh"]).sheetnames[:16]
    assert titles == [
        "说明",
        "机构",
        "研究项目",
        "人员",
        "采集",
        "分离",
        "纯化",
        "扩增",
        "冻存",
        "试剂耗材验证",
        "入库检测",
        "放行检测",
        "入库",
        "存储",
        "出库",
        "运输",
    ]


def test_every_sheet_prints_with_its_headings(templates: dict[Language, Path]) -> None:
    for worksheet in load_workbook(templates["both"]).worksheets:
        if worksheet.sheet_state == "visible":
            assert worksheet.sheet_properties.pageSetUpPr is not None
            assert worksheet.sheet_properties.pageSetUpPr.fitToPage
            assert worksheet.page_setup.fitToHeight == 0
            if sheet_named(worksheet.title):
                assert worksheet.print_title_rows
                assert worksheet.page_setup.orientation == "landscape"


def test_choices_are_offered_in_drop_downs_that_the_reader_understands(
    templates: dict[Language, Path], tmp_path: Path
) -> None:
    for language, path in templates.items():
        workbook = load_workbook(path)
        worksheet = next(each for each in workbook.worksheets if sheet_named(each.title) is sheet_named("QC_RELEASE"))
        formulas = {
            str(validation.sqref).split(":")[0].rstrip("0123456789"): validation.formula1
            for validation in worksheet.data_validations.dataValidation
        }
        heading = {"zh": "检测结论", "en": "Test conclusion", "both": "检测结论"}[language]
        column = next(
            get_column_letter(cell.column)
            for row in worksheet.iter_rows(max_row=8)
            for cell in row
            if cell.value == heading
        )
        choices, cells = formulas[column].replace("'", "").replace("$", "").split("!")
        offered = [row[0].value for row in workbook[choices][cells]]
        assert len(offered) == 3
        assert workbook[choices].sheet_state == "hidden"
        for text, code in zip(offered, ["pass", "fail", "conditional"], strict=True):
            headings, row = (
                ["操作编号", "检测时间", "执行机构", "操作人", "批次号", "检测结论"],
                ["Q1", "2025", "O", "P", "L", text],
            )
            values, problems = read(sheet_of(tmp_path, headings, row, title="放行检测"))
            assert (values[0]["data"], problems) == ({"test_conclusion": code}, [])


def test_an_empty_template_is_empty_input(templates: dict[Language, Path]) -> None:
    for path in templates.values():
        assert read(path) == ([], [(None, "empty_file")])


def test_what_is_typed_over_the_remarks_is_refused_not_lost(templates: dict[Language, Path], tmp_path: Path) -> None:
    workbook = load_workbook(templates["zh"])
    worksheet = workbook["给药"]
    (remarks,) = [row for row in worksheet.iter_rows(max_row=8) if str(row[0].value).startswith("[")]
    remarks[0].value, remarks[4].value = "A-1", "P-1"
    workbook.save(tmp_path / "w.xlsx")
    row = remarks[0].row
    assert read(tmp_path / "w.xlsx")[1] == [(f"给药!A{row}", "typed_over"), (f"给药!E{row}", "typed_over")]


def test_lists_below_the_headings_are_no_remarks(tmp_path: Path) -> None:
    headings = ["机构编号", "资质认定材料", "设施设备", "工作制度", "标准操作规程"]
    rows = [headings, ["ORG-1", '["D1"]', '["E1"]', '["W1"]', '["S1"]']]
    values, problems = read(sheet_of(tmp_path, *rows, title="机构"))
    assert (len(values[0]["data"]), problems) == (4, [])


# -- what is filled in ----------------------------------------------------------------------------------------------


def _canonical(record: RawRecord) -> tuple[str, str]:
    parsed, violations = parse(record)
    assert not violations
    assert parsed is not None
    return canonical(parsed.canonical).decode(), parsed.recorded_at.text if parsed.recorded_at else ""


def _trial() -> list[dict[str, Any]]:
    further = [FIXTURES / "trial-correction.jsonl", FIXTURES / "trial-excursion.jsonl"]
    texts = [trial().decode(), *(path.read_text(encoding="utf-8") for path in further)]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_a_test_date_is_offered_as_a_day(templates: dict[Language, Path]) -> None:
    """QCI-08 is a date: a cell with hours would turn the day that is typed into its midnight."""
    worksheet = load_workbook(templates["zh"])["入库检测"]
    cell = next(cell for row in worksheet.iter_rows(max_row=8) for cell in row if cell.value == "检测日期")
    assert worksheet.column_dimensions[get_column_letter(cell.column)].number_format == "yyyy-mm-dd"


def _in_percent(tmp_path: Path, heading: str, value: Any) -> Path:
    headings, row = with_heading(heading, value)
    path = sheet_of(tmp_path, headings, row)
    workbook = load_workbook(path)
    workbook["扩增"]["H2"].number_format = "0.0%"
    workbook.save(path)
    return path


def test_a_percentage_is_what_the_cell_shows(tmp_path: Path) -> None:
    """Typed as 95.5%, a spreadsheet keeps 0.955."""
    values, problems = read(_in_percent(tmp_path, "活率", 0.955))
    assert (values[0]["outputs"][0]["data"], problems) == ({"viability_percent": 95.5}, [])


@pytest.mark.parametrize("heading", ["操作环境温度", "试剂使用量"])
def test_a_percentage_in_a_column_of_another_unit_is_refused(tmp_path: Path, heading: str) -> None:
    assert ("扩增!H2", "percentage") in read(_in_percent(tmp_path, heading, 0.2))[1]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_the_trial_in_a_workbook_is_the_trial(tmp_path: Path, language: Language) -> None:
    path = tmp_path / "trial.xlsx"
    fill(path, _trial(), language)
    records = list(read_workbook(path))
    assert [record.problems for record in records if record.problems] == []
    assert sorted(map(_canonical, records)) == sorted(_canonical(RawRecord(record)) for record in _trial())


def test_a_generated_trial_in_a_workbook_is_that_trial(tmp_path: Path) -> None:
    expected = list(generate(donors=3, seed=11))
    path = tmp_path / "generated.xlsx"
    fill(path, expected)
    records = list(read_workbook(path))
    assert [record.problems for record in records if record.problems] == []
    assert sorted(map(_canonical, records)) == sorted(_canonical(RawRecord(record)) for record in expected)


def test_an_amendment_names_the_field_by_its_heading(tmp_path: Path) -> None:
    headings = ["修订编号", "类别", "对象编号", "字段", "新值", "修订原因", "修订人"]
    rows: list[list[Any]] = [["A1", "供者", "D1", "出生年", 1995, "typing error", "P-1"], ["A1", None, None, "血型"]]
    values, problems = read(sheet_of(tmp_path, headings, *rows, title="修订"))
    assert problems == []
    assert values == [
        {
            "record": "amendment",
            "id": "A1",
            "kind": "Donor",
            "id_of": "D1",
            "reason": "typing error",
            "by": "P-1",
            "data": {"birth_year": 1995, "blood_type": None},
        }
    ]


def test_things_come_first_and_what_happened_in_its_order(tmp_path: Path) -> None:
    workbook = Workbook()
    contents: dict[str, list[list[Any]]] = {
        "扩增": [
            EXPANDED,
            ["O2", "2025-03-01T10:00:00+08:00", *ROW[2:]],
            ["O1", "2025-02-01T10:00:00+08:00", *ROW[2:]],
        ],
        "供者": [["供者编号"], ["D1"]],
    }
    for title, rows in contents.items():
        worksheet = workbook.create_sheet(title)
        for row in rows:
            worksheet.append(row)
    path = tmp_path / "w.xlsx"
    workbook.save(path)
    assert [value["id"] for value in read(path)[0]] == ["D1", "O1", "O2"]


def test_rows_with_the_same_id_are_one_operation(tmp_path: Path) -> None:
    headings = [*EXPANDED, "试剂信息", "试剂使用量", "耗材信息", "耗材使用量", "设备编号", "设备参数"]
    rows: list[list[Any]] = [
        [*ROW, "R-1", 500, "R-FLASK", 4, None, None],
        [*ROW, "R-2", 20, None, None, "INC-1", "温度=37; co2_percent=5"],
        ["O1", *([None] * 6), "R-3", 5],
    ]
    values, problems = read(sheet_of(tmp_path, headings, *rows))
    assert problems == []
    assert len(values) == 1
    assert values[0]["inputs"] == [{"kind": "CellLot", "id": "L1"}]
    assert values[0]["uses"] == [
        {"kind": "Reagent", "id": "R-1", "data": {"reagent_amount_used": 500}},
        {"kind": "Reagent", "id": "R-FLASK", "data": {"amount_used": 4}},
        {"kind": "Reagent", "id": "R-2", "data": {"reagent_amount_used": 20}},
        {
            "kind": "Equipment",
            "id": "INC-1",
            "data": {"equipment_parameters": {"temperature_celsius": 37, "co2_percent": 5}},
        },
        {"kind": "Reagent", "id": "R-3", "data": {"reagent_amount_used": 5}},
    ]


def test_rows_that_contradict_each_other_are_refused_naming_both_cells(tmp_path: Path) -> None:
    path = sheet_of(tmp_path, EXPANDED, ROW, ["O1", *([None] * 5), 5000])
    records = list(read_workbook(path))
    (problem,) = [problem for record in records for problem in record.problems]
    assert (problem.code, problem.record) == ("conflicting_cells", "O1")
    assert problem.place.cell == "扩增!G3"
    assert "扩增!G2" in problem.message
    assert "扩增!G3" in problem.message


@pytest.mark.parametrize(
    ("cell", "units"),
    [
        ("L1#1-3; 7、8", ["L1#1-3", "7", "8"]),
        ("WCB1#1-20", ["WCB1#1-20"]),
        ("WCB1＃１－２０；WCB1#22 ～ 23", ["WCB1#1-20", "WCB1#22-23"]),
        ("01—05，9", ["01-05", "9"]),
        ("L1#A-1", ["L1#A-1"]),
        (3, ["3"]),
    ],
)
def test_units_are_named_by_ranges_and_lists(tmp_path: Path, cell: Any, units: list[str]) -> None:
    """In whatever width and with whatever dash a keyboard for Chinese gives."""
    values, problems = read(sheet_of(tmp_path, *with_heading("输入单元编号", cell)))
    assert (values[0]["inputs"][0]["units"], problems) == (units, [])


def test_a_range_without_its_lot_may_be_the_id_of_a_thing(tmp_path: Path) -> None:
    headings, row = with_heading("设备编号", "INC-1")
    values, _ = read(sheet_of(tmp_path, [*headings, "设备作用对象"], [*row, "1 - 20; L1P1#1～3"]))
    assert values[0]["uses"][0]["on"] == ["1 - 20", "L1P1#1-3"]


@pytest.mark.parametrize(
    ("heading", "cell", "member", "value"),
    [
        ("转运温度", -150, "in_transit_temperature", -150),
        (
            "运输过程温度",
            "min=-180; max=-150; mean=-170",
            "in_transit_temperature",
            {"min": -180, "max": -150, "mean": -170},
        ),
        ("运输温度要求", "-196..-150", "required_transport_temperature", [-196, -150]),
        ("运输温度要求", "-196 至 -150", "required_transport_temperature", [-196, -150]),
        ("运输温度要求", "≤ -150", "required_transport_temperature", [None, -150]),
        ("运输温度要求", "..-150", "required_transport_temperature", [None, -150]),
        ("运输温度要求", "[2, 8]", "required_transport_temperature", [2, 8]),
        ("Carrier organisation", 818, "carrier_organization", "818"),
        ("送达温度(°C)", -160.5, "arrival_temperature", -160.5),
        ("data.arrival_temperature", -160, "arrival_temperature", -160),
        ("运输工具", "冷链车", "transport_vehicle", "van"),
        ("运输工具", "Van", "transport_vehicle", "van"),
        ("运输工具", "camel", "transport_vehicle", "camel"),
    ],
)
def test_cells_are_read_as_their_columns_say(tmp_path: Path, heading: str, cell: Any, member: str, value: Any) -> None:
    headings = ["操作编号", "启运时间", "执行机构", "操作人", "批次号", "送达地点", heading]
    row = ["O1", "2025-01-18T10:00:00+08:00", "ORG-1", "P-1", "L1", "SITE-2", cell]
    values, problems = read(sheet_of(tmp_path, headings, row, title="运输"))
    assert problems == []
    assert values[0]["data"] == {member: value}


@pytest.mark.parametrize(
    ("cell", "value"), [("A-", "A-"), ("a+", "A+"), ("A型阴性", "A-"), ("A型阴性 A-", "A-"), ("A", "A")]
)
def test_a_blood_type_keeps_its_sign(tmp_path: Path, cell: str, value: str) -> None:
    values, problems = read(sheet_of(tmp_path, ["供者编号", "血型"], ["D1", cell], title="供者"))
    assert (values[0]["data"], problems) == ({"blood_type": value}, [])


def test_cooling_steps_are_read_in_their_order(tmp_path: Path) -> None:
    headings = ["操作编号", "操作开始时间", "执行机构", "操作人", "输入细胞批次编号", "批次号", "降温流程"]
    row = [*ROW[:6], "速率=-1, 目标温度=-40; 速率=-5, 目标温度=-90, hold=10"]
    values, problems = read(sheet_of(tmp_path, headings, row, title="冻存"))
    assert problems == []
    assert values[0]["data"]["cooling_program"] == [
        {"rate": -1, "target": -40},
        {"rate": -5, "target": -90, "hold": 10},
    ]


# -- times ----------------------------------------------------------------------------------------------------------


def _timed(tmp_path: Path, value: Any, number_format: str, settings: Sequence[Sequence[Any]] = ()) -> Path:
    workbook = Workbook()
    worksheet = workbook.create_sheet("扩增")
    worksheet.append(EXPANDED)
    worksheet.append([ROW[0], value, *ROW[2:]])
    worksheet["B2"].number_format = number_format
    instructions = workbook.create_sheet("说明 Instructions", 0)
    for row in settings:
        instructions.append(list(row))
    path = tmp_path / "w.xlsx"
    workbook.save(path)
    return path


ZONE = [["时区 Time zone", "+08:00"]]


@pytest.mark.parametrize(
    ("value", "number_format", "start", "zone"),
    [
        (datetime(2025, 1, 18, 10, 30), "yyyy-mm-dd hh:mm", "2025-01-18T10:30:00+08:00", None),  # noqa: DTZ001 – as a sheet has it
        (datetime(2025, 1, 18), "yyyy-mm-dd hh:mm", "2025-01-18T00:00:00+08:00", None),  # noqa: DTZ001
        (date(2025, 1, 18), "yyyy-mm-dd", "2025-01-18", "+08:00"),
        ("2025-01-18 10:30", "@", "2025-01-18T10:30+08:00", None),
        ("2025-01", "@", "2025-01", "+08:00"),
        ("2025-01-18T09:00/2025-01-18T12:00", "@", "2025-01-18T09:00/2025-01-18T12:00", "+08:00"),
        ("2025-01-18T10:30:00-05:00", "@", "2025-01-18T10:30:00-05:00", None),
        ("2025/1/18 9:30", "@", "2025-01-18T09:30+08:00", None),
        ("2025年1月18日", "@", "2025-01-18", "+08:00"),
        ("2025.01.18", "@", "2025-01-18", "+08:00"),
    ],
)
def test_date_cells_take_the_zone_of_the_instructions(
    tmp_path: Path, value: Any, number_format: str, start: str, zone: str | None
) -> None:
    values, problems = read(_timed(tmp_path, value, number_format, ZONE), zone="-05:00")
    assert problems == []
    assert (values[0]["start"], values[0].get("zone")) == (start, zone)
    assert parse(RawRecord(values[0]))[1] == []


def test_date_cells_take_the_zone_given_where_the_workbook_has_none(tmp_path: Path) -> None:
    path = _timed(tmp_path, datetime(2025, 1, 18, 10, 30), "yyyy-mm-dd hh:mm")  # noqa: DTZ001
    assert read(path, zone="-05:00")[0][0]["start"] == "2025-01-18T10:30:00-05:00"
    assert read(path)[1] == [("扩增!B2", "no_zone")]


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    path = _timed(tmp_path, "2025-01-18T10:30:00Z", "@", [["Time zone", "Beijing"]])
    assert read(path)[1] == [("说明 Instructions!B1", "bad_zone")]


def test_the_performing_organisation_may_be_said_once(tmp_path: Path) -> None:
    workbook = Workbook()
    worksheet = workbook.create_sheet("扩增")
    worksheet.append([*EXPANDED[:2], *EXPANDED[3:]])
    worksheet.append([*ROW[:2], *ROW[3:]])
    workbook.create_sheet("说明").append(["执行机构", "ORG-9"])
    path = tmp_path / "w.xlsx"
    workbook.save(path)
    values, problems = read(path)
    assert (values[0]["performing_org"], problems) == ("ORG-9", [])


# -- the columns ----------------------------------------------------------------------------------------------------


def test_no_two_columns_of_a_sheet_share_a_heading_and_each_is_found_by_it() -> None:
    for sheet in sheets():
        for column in sheet.columns:
            for heading in (column.zh, column.en, f"{column.zh} {column.en}" if not column.is_repeat else column.zh):
                assert sheet.find(heading) == [column], (sheet.code, heading)


def test_every_field_of_the_vocabulary_has_a_column() -> None:
    for code, operation in OPERATIONS.items():
        sheet = sheet_named(code)
        assert sheet is not None
        assert {f"data.{name}" for name in operation.fields} <= {column.member for column in sheet.columns}
    for code, kind in KINDS.items():
        if (sheet := sheet_named(code)) is not None:
            assert {f"data.{name}" for name in kind.fields} <= {column.member for column in sheet.columns}


def test_each_item_is_headed_by_its_name_where_it_is_filled_in() -> None:
    """As the heading of its column, or as a group heading over its columns."""
    for item in (each for each in ITEMS.values() if not each.is_added):
        headed = [
            sheet.code
            for sheet in sheets()
            for column in sheet.columns
            if any(each.id == item.id for each in column.items) and column.is_offered
            and (column.zh == item.zh or any(group.id == item.id and column.member in members
                                             for group, members in sheet.groups))
        ]  # fmt: skip
        assert headed, item.id
