"""Fills the template as a data manager would: records in, rows out, by the headings of one language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from exchange.workbook.plans import sheet_named
from exchange.workbook.reader import read_workbook
from exchange.workbook.template import Language, write_template

__all__ = ["EXPANDED", "ROW", "fill", "read", "rows_of", "sheet_of", "table", "with_heading"]

_BLOCK_OF_USE = {"Reagent": "reagent", "Equipment": "equipment"}
EXPANDED = ["操作编号", "传代时间", "执行机构", "操作人", "输入细胞批次编号", "批次号", "细胞接种密度"]
ROW = ["O1", "2025-01-18T10:00:00+08:00", "ORG-1", "P-1", "L1", "L1P1", 4000]


def fill(path: Path, records: Iterable[Mapping[str, Any]], language: Language = "both") -> None:
    """A template with a row for each operation and further input, output or use; for everything else, one row."""
    write_template(path, language)
    workbook = load_workbook(path)
    for code, rows in rows_of(records).items():
        sheet = sheet_named(code)
        assert sheet is not None
        worksheet = next(each for each in workbook.worksheets if sheet_named(each.title) is sheet)
        positions = {
            column.member: cell.column
            for row in worksheet.iter_rows(max_row=8)
            for cell in row
            if isinstance(cell.value, str)
            for column in sheet.find(cell.value)
            if cell.value in (column.zh, column.en)
        }
        first = next(
            number
            for number, row in enumerate(worksheet.iter_rows(max_row=12, max_col=1), 1)
            if str(row[0].value or "").startswith("[")
        )
        for number, values in enumerate(rows, first + 1):
            for member, value in values.items():
                worksheet.cell(number, positions[member], value)
    workbook.save(path)


def table(path: Path, title: str, rows: list[list[Any]]) -> Path:
    """A workbook of one sheet with these rows."""
    workbook = Workbook()
    worksheet = workbook.active
    assert worksheet is not None
    worksheet.title = title
    for row in rows:
        worksheet.append(row)
    workbook.save(path)
    return path


def rows_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Sheet -> rows, each a member -> what is typed into the cell."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        shape = record["record"]
        if shape == "operation":
            rows.setdefault(record["type"], []).extend(_operation(record))
        elif shape == "node":
            rows.setdefault(record["kind"], []).append(_flat(record, "record", "kind"))
        elif shape == "amendment":
            plain = _flat(record, "record", "data")
            fields = record["data"].items()
            rows.setdefault(shape, []).extend({**plain, "field": name, "value": _typed(item)} for name, item in fields)
        elif shape == "correction":
            replacement = record["replacement"]
            row = _flat(record, "record", "replacement")
            rows.setdefault(shape, []).append({**row, "replacement": replacement["id"] if replacement else "void"})
            if replacement:
                rows.setdefault(replacement["type"], []).extend(_operation(replacement))
        else:
            rows.setdefault(shape, []).append(_flat(record, "record"))
    return rows


def _operation(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The act in the first row, with its first input, output and use; a row each for the further ones."""
    act = _flat(record, "record", "type", "inputs", "outputs", "uses", "zone")  # the instructions say +08:00
    inputs = [_flat(end, block="inputs") for end in record["inputs"]]
    outputs = [_flat(end, block="outputs") for end in record.get("outputs", ())]
    uses = []
    for use in record.get("uses", ()):
        block = "consumable" if "amount_used" in use.get("data", {}) else _BLOCK_OF_USE[use["kind"]]
        uses.append(_flat(use, "kind", block=block))
    sheet = sheet_named(record["type"])
    assert sheet is not None
    columns = {column.member for column in sheet.columns}
    if "outputs.id" not in columns:
        outputs = []  # done to the thing itself
    for number in range(max(1, len(inputs), len(outputs), len(uses))):
        row = dict(act) if number == 0 else {"id": record["id"]}
        for ends in (inputs, outputs, uses):
            row |= ends[number] if number < len(ends) else {}
        yield {member: value for member, value in row.items() if member in columns or not member.endswith(".kind")}


def _flat(record: Mapping[str, Any], *leave: str, block: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if name in leave or value is None:
            continue
        path = f"{block}.{name}" if block else name
        if name == "data":
            flat |= {f"{path}.{field}": _typed(item) for field, item in value.items()}
        else:
            flat[path] = _typed(value)
    return flat


def _typed(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def read(path: Path, **options: Any) -> tuple[list[Any], list[tuple[str | None, str]]]:
    """The values of the records, and (cell, code) of everything that is wrong."""
    records = list(read_workbook(path, **options))
    problems = [(problem.place.cell, problem.code) for record in records for problem in record.problems]
    return [record.value for record in records if record.value is not None], problems


def sheet_of(tmp_path: Path, *rows: Sequence[Any], title: str = "扩增") -> Path:
    return table(tmp_path / "w.xlsx", title, [list(row) for row in rows])


def with_heading(name: str, value: Any, *, at: int = 7) -> tuple[list[Any], list[Any]]:
    return [*EXPANDED[:at], name, *EXPANDED[at:]], [*ROW[:at], value, *ROW[at:]]
