"""Separated values: the workbook's columns in plain files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from exchange.separated import read_separated
from exchange.sources import open_source, open_sources, read_renaming
from graph.errors import BadInput
from support.sheets import table

EXPANDED = ["操作编号", "传代时间", "执行机构", "操作人", "输入细胞批次编号", "批次号", "细胞接种密度", "单位"][:7]
ROW = ["O1", "2025-01-18 10:00", "ORG-1", "P-1", "L1", "L1P1", "4000"]


def write(path: Path, *rows: Sequence[str], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read(*paths: Path, **options: Any) -> tuple[list[Any], list[tuple[int | None, str]]]:
    records = list(read_separated(paths, **options))
    problems = [(problem.place.line, problem.code) for record in records for problem in record.problems]
    return [record.value for record in records if record.value is not None], problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_file_names_the_sheet(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = write(tmp_path / "EXPANDED.csv", EXPANDED, ROW, delimiter=delimiter, encoding=encoding)
    values, problems = read(path, zone="+08:00")
    assert problems == []
    assert values == [
        {
            "record": "operation",
            "type": "EXPANDED",
            "id": "O1",
            "start": "2025-01-18T10:00+08:00",
            "performing_org": "ORG-1",
            "operator": "P-1",
            "inputs": [{"kind": "CellLot", "id": "L1"}],
            "outputs": [{"kind": "CellLot", "id": "L1P1"}],
            "data": {"seeding_density": 4000},
        }
    ]


def test_a_column_names_the_sheet_of_each_row(tmp_path: Path) -> None:
    path = write(
        tmp_path / "all.csv",
        ["sheet", *EXPANDED, "人员编号", "姓名"],
        ["扩增", *ROW, "", ""],
        ["Person", *[""] * 7, "P-1", "A"],
    )
    values, problems = read(path, zone="+08:00")
    assert problems == []
    assert values[0] == {"record": "node", "kind": "Person", "id": "P-1", "data": {"name": "A"}}
    assert values[1]["type"] == "EXPANDED"


def test_a_value_in_a_column_of_another_sheet_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "all.csv", ["sheet", *EXPANDED, "人员编号"], ["扩增", *ROW, "P-1"])
    assert read(path, zone="+08:00")[1] == [(2, "unknown_heading")]


def test_files_together_are_one_source(tmp_path: Path) -> None:
    """A correction in one file names the operation in another."""
    operations = write(tmp_path / "EXPANDED.csv", EXPANDED, ["O1-R", *ROW[1:]])
    headings = ["更正编号", "操作编号", "更正原因", "更正人", "更正后的操作"]
    corrections = write(tmp_path / "更正.csv", headings, ["O1-V", "O1", "typing error", "P-1", "O1-R"])
    values, problems = read(operations, corrections, zone="+08:00")
    assert problems == []
    assert [value["record"] for value in values] == ["correction"]
    assert values[0]["replacement"]["id"] == "O1-R"


def test_problems_name_line_and_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "扩增.csv", EXPANDED, ROW, ["O2", *ROW[1:6], "many"])
    records = list(read_separated([path], zone="+08:00"))
    (problem,) = [problem for record in records for problem in record.problems]
    assert (problem.place.file, problem.place.line, problem.place.cell) == ("扩增.csv", 3, "G3")
    assert (problem.code, problem.record) == ("not_a_number", "O2")


def test_what_is_not_utf8_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "Person.csv"
    path.write_bytes("Person id,Name\nP-1,张\n".encode() + "P-2,张\n".encode("gbk"))
    values, problems = read(path)
    assert problems == [(3, "not_utf8")]
    assert [value["id"] for value in values] == ["P-1"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", (None, "empty_file")),
        ("Person id,Name\n", (None, "empty_file")),
        ("Name\nA\n", (1, "missing_heading")),
        ('Person id,Name\nP-1,"A\n', (2, "broken_csv")),
        ("Person id,Colour\nP-1,red\n", (1, "unknown_heading")),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, content: str, problem: tuple[int | None, str]) -> None:
    path = tmp_path / "Person.csv"
    path.write_text(content, encoding="utf-8")
    assert problem in read(path)[1]


# -- sources and mappings -------------------------------------------------------------------------------------------


def test_files_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    workbook = table(tmp_path / "w.bin", "Person", [["Person id"], ["P-1"]])
    lines = tmp_path / "records.txt"
    lines.write_text('{"record":"node","kind":"Person","id":"P-2"}\n', encoding="utf-8")
    separated = write(tmp_path / "Person.csv", ["Person id"], ["P-3"])
    values = [record.value for record in open_sources([workbook, lines, separated])]
    assert [value["id"] for value in values] == ["P-1", "P-2", "P-3"]


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.csv cannot be read"):
        open_source(tmp_path / "nothing.csv")


MAPPINGS = {
    "m.json": '{"Mine": {"is": "Person", "Code": "id"}, "Called": "姓名", "Notes": null}',
    "m.toml": 'Called = "data.name"\nNotes = ""\n[Mine]\nis = "人员"\nCode = "Person id"\n',
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_names_sheets_and_columns_and_leaves_columns_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(MAPPINGS[name], encoding="utf-8")
    renaming = read_renaming(tmp_path / name)
    rows = [["Code", "Called", "Notes"], ["P-1", "A", "private"]]
    expected = [{"record": "node", "kind": "Person", "id": "P-1", "data": {"name": "A"}}]
    workbook = table(tmp_path / "w.xlsx", "Mine", rows)
    assert [record.value for record in open_source(workbook, renaming=renaming)] == expected
    assert read(write(tmp_path / "Mine.csv", *rows), renaming=renaming) == (expected, [])


def test_a_mapping_may_leave_a_sheet_out(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"My notes": {"is": ""}}', encoding="utf-8")
    renaming = read_renaming(tmp_path / "m.json")
    path = table(tmp_path / "w.xlsx", "My notes", [["call the supplier"]])
    assert "unknown_sheet" in {problem.code for record in open_source(path) for problem in record.problems}
    assert [problem.code for record in open_source(path, renaming=renaming) for problem in record.problems] == [
        "empty_file"
    ]
    rows = [["sheet", "Person id"], ["My notes", "x"], ["Person", "P-1"]]
    values, problems = read(write(tmp_path / "all.csv", *rows), renaming=renaming)
    assert ([value["id"] for value in values], problems) == (["P-1"], [])


def test_a_mapping_may_be_separated_values(tmp_path: Path) -> None:
    mapping = tmp_path / "m.csv"
    mapping.write_text("heading,member,sheet\nCode,id,\nCalled,name,Person\n", encoding="utf-8")
    path = write(tmp_path / "Person.csv", ["Code", "Called"], ["P-1", "A"])
    assert read(path, renaming=read_renaming(mapping))[0][0]["data"] == {"name": "A"}


@pytest.mark.parametrize(
    ("name", "content"),
    [("m.json", "{"), ("m.json", "[]"), ("m.json", '{"a": 1}'), ("m.toml", "a = "), ("m.csv", "\xff")],
)
def test_a_broken_mapping_is_bad_input(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(BadInput):
        read_renaming(tmp_path / name)


def test_what_is_called_a_workbook_and_is_none_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "trial.xlsx"
    path.write_text('{"record": "node"}', encoding="utf-8")
    assert [problem.code for record in open_source(path) for problem in record.problems] == ["not_a_workbook"]
