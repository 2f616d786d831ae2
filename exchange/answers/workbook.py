"""An answer as an Excel workbook: a sheet that says what it is, and one for each table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from exchange.answers.fitting import fit_for_xml
from exchange.answers.rows import Cell, FileOfAnswer

__all__ = ["LARGEST_SHEET", "write_workbook"]

LARGEST_SHEET: Final = 1_048_576  # rows that Excel reads, the headings among them
_CHUNK: Final = 256 * 1024


def write_workbook(answer: FileOfAnswer) -> Iterator[bytes]:
    """Written to a temporary file row by row, and read from there: a workbook is no stream.

    Gives nothing (``b""``) after each part, so that who reads can stop. A table that is longer than a sheet may be goes
    on in the next one.
    """
    workbook = Workbook(write_only=True)
    about = workbook.create_sheet("answer")
    sheets = {table.row: _Sheets(workbook, table.title, table.columns) for table in answer.tables}
    count = 0
    with tempfile.TemporaryDirectory(prefix="stemgraph-export-") as folder:
        for part in answer.parts:
            sheets[part.table.row].extend(part.rows())
            count += part.count
            yield b""
        for name, value in answer.trailer(count).cells().items():
            about.append([name, _cell(about, value)])
        path = Path(folder) / "answer.xlsx"
        workbook.save(path)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


class _Sheets:
    """The sheets of one table: as many as its rows need."""

    def __init__(self, workbook: Workbook, title: str, columns: tuple[str, ...]) -> None:
        self._workbook, self._title, self._columns = workbook, title, columns
        self._number = 0
        self._begin()

    def _begin(self) -> None:
        self._number += 1
        title = self._title if self._number == 1 else f"{self._title} {self._number}"
        self._sheet: WriteOnlyWorksheet = self._workbook.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._sheet.append(self._columns)
        self._room = LARGEST_SHEET - 1

    def extend(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            if not self._room:
                self._begin()
            self._sheet.append([_cell(self._sheet, value) for value in row])
            self._room -= 1


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> Any:
    """A text that begins like a formula stays a text."""
    if not isinstance(value, str):
        return value
    text = fit_for_xml(value)
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
