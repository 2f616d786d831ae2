"""Workbooks: the records of the sheets, row by row, each value with its cell."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.functions import iterparse

from exchange.workbook.assemble import Assembler, Defaults
from exchange.workbook.columns import Column, Sheet
from exchange.workbook.headings import (
    IGNORED,
    Renaming,
    missing_headings,
    resolve_headings,
    sheet_for,
    unknown_sheet,
)
from exchange.workbook.values import Cell
from exchange.workbook.words import CHOICES_SHEET, INSTRUCTIONS, SETTINGS
from graph.errors import Place, Violation
from graph.records import RawRecord
from graph.saying import said
from graph.times import BadTime, parse_zone
from graph.vocabulary import normal_heading as normal

__all__ = ["read_workbook"]

LARGEST_CONTENT: Final = 2 * 1024**3  # bytes, unpacked: what is beyond it is no list of records
_HEADINGS_WITHIN: Final = 20  # rows
_FORMULA: Final = b"<f"
_MERGE: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, KeyError, ValueError, TypeError, IndexError,
    AttributeError, EOFError, RuntimeError,
)  # fmt: skip


def read_workbook(
    path: Path, *, name: str | None = None, zone: str | None = None, renaming: Renaming | None = None
) -> Iterator[RawRecord]:
    """The records of a workbook: things, then what happened, in its order. What is wrong with the workbook comes first.

    ``zone`` is the offset of date cells where the instructions sheet names none. The rows of a workbook are gathered
    before the first record comes, since rows of one operation may stand anywhere.
    """
    file = name or path.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that an import does not read
            records = list(_read(path, file, zone, renaming or Renaming()))
    except _UNREADABLE:  # each is what openpyxl makes of some broken file
        place = Place(file)
        problem = Violation(
            code="not_a_workbook",
            message=said("The file cannot be read as a workbook (.xlsx)."),
            remedy=said(
                "Open it in a spreadsheet program and save it as an Excel workbook (.xlsx), without a password."
            ),
            place=place,
        )
        records = [RawRecord(None, place, (problem,))]
    yield from records


def _read(path: Path, file: str, zone: str | None, renaming: Renaming) -> Iterator[RawRecord]:
    # by its content, not by the ending of its name
    with path.open("rb") as content, zipfile.ZipFile(content) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_CONTENT:
            problem = Violation(
                code="too_large",
                message=said("The workbook unpacks to more than 2 GiB."),
                remedy=said("Split it, or use JSON Lines."),
                place=Place(file),
            )
            yield RawRecord(None, problem.place, (problem,))
            return
        workbook = load_workbook(content, read_only=True, data_only=True)
        try:
            settings, problems = _settings(workbook, file, zone)
            assembler = Assembler(settings)
            for problem in problems:
                assembler.complain(problem)
            for worksheet in workbook.worksheets:
                if normal(worksheet.title) not in _NOT_READ:
                    _Tab(worksheet, archive, file, renaming, assembler, settings).read()
        finally:
            workbook.close()
    records = list(assembler.records())
    if not records:
        problem = Violation(
            code="empty_file",
            message=said("The workbook holds no record."),
            remedy=said("Fill in rows below the headings."),
            place=Place(file),
        )
        records = [RawRecord(None, problem.place, (problem,))]
    yield from records


_NOT_READ: Final = frozenset(normal(each) for each in (*INSTRUCTIONS, " ".join(INSTRUCTIONS), CHOICES_SHEET))


def _settings(workbook: Any, file: str, zone: str | None) -> tuple[Defaults, list[Violation]]:
    """What the instructions sheet says: a label in the first column, what it is in the second."""
    found: dict[str, Any] = {}
    problems = []
    for worksheet in workbook.worksheets:
        if normal(worksheet.title) not in _NOT_READ or normal(worksheet.title) == normal(CHOICES_SHEET):
            continue
        worksheet.reset_dimensions()
        for number, row in enumerate(worksheet.iter_rows(max_row=40, max_col=2), 1):
            label = normal(str(row[0].value)) if row and row[0].value is not None else ""
            value = row[1].value if len(row) > 1 else None
            for setting, names in SETTINGS.items():
                if value is not None and label in {normal(each) for each in (*names, " ".join(names))}:
                    found[setting] = str(value).strip()
                    if setting == "zone":
                        try:
                            parse_zone(found[setting])
                        except BadTime as error:
                            del found[setting]
                            place = Place(file, cell=f"{worksheet.title}!B{number}")
                            problems.append(
                                Violation(
                                    code="bad_zone",
                                    message=said("The zone is none: {problem}.", problem=error.args[0]),
                                    remedy=said("Write +08:00."),
                                    place=place,
                                )
                            )
    return Defaults(zone=found.get("zone", zone), performing_org=found.get("performing_org")), problems


@dataclass
class _Tab:
    """One sheet on its way in."""

    worksheet: Any
    archive: zipfile.ZipFile
    file: str
    renaming: Renaming
    assembler: Assembler
    settings: Defaults

    def read(self) -> None:
        title = self.worksheet.title
        if self.renaming.is_left_out(title):
            return
        sheet = sheet_for(title, self.renaming)
        # a wrong dimension, as some programs write, would cut the sheet short
        self.worksheet.reset_dimensions()
        rows = self.worksheet.iter_rows()
        if sheet is None:
            if any(cell.value is not None for row in rows for cell in row):
                self.assembler.complain(unknown_sheet(title, self.place("A1")))
            return
        top = [row for _, row in zip(range(_HEADINGS_WITHIN), rows, strict=False)]
        headed = _heading_row(sheet, top, title, self.renaming)
        if headed is None:
            if any(cell.value is not None for row in top for cell in row):
                self.assembler.complain(self._no_headings(sheet))
            return
        columns = self._columns(sheet, top, headed)
        first = headed + 1
        while first < len(top) and (_is_second_heading(sheet, top[first], columns) or _is_note(top[first])):
            self._refuse_typed_over(top[first], first, columns)
            first += 1
        self._refuse_merged(first)
        unread = self._formulas_without_value(first)
        self._rows(sheet, columns, first, [*top[first:]], rows, unread)

    def place(self, cell: str) -> Place:
        return Place(self.file, cell=f"{self.worksheet.title}!{cell}")

    def _refuse_typed_over(self, row: Sequence[Any], number: int, columns: dict[int, Column]) -> None:
        """What was typed into the line of remarks would be lost."""
        if _is_note(row):
            for position, text in enumerate(_texts(row)):
                if text and not _is_remark(text) and columns.get(position) is not IGNORED:
                    self.assembler.complain(
                        Violation(
                            code="typed_over",
                            message=said(
                                "The cell stands in the line of remarks below the headings, which is not read."
                            ),
                            remedy=said("Enter the row below that line; leave the remarks, or delete the whole line."),
                            place=self.place(_at(position, number)),
                        )
                    )

    def _no_headings(self, sheet: Sheet) -> Violation:
        return Violation(
            code="missing_heading",
            message=said(
                "None of the first {count} rows holds headings of {heading}.",
                count=_HEADINGS_WITHIN,
                heading=f"{sheet.zh} / {sheet.en}",
            ),
            remedy=said("Put the template's headings above the rows, or name yours in a mapping file (--map)."),
            place=self.place("A1"),
        )

    def _columns(self, sheet: Sheet, top: Sequence[Any], headed: int) -> dict[int, Column]:
        texts = _texts(top[headed])
        columns, problems = resolve_headings(
            sheet, self.worksheet.title, texts, lambda position: self.place(_at(position, headed)), self.renaming
        )
        given = frozenset({"performing_org"} if self.settings.performing_org else ())
        problems += missing_headings(sheet, columns.values(), self.place(_at(0, headed)), given=given)
        for problem in problems:
            self.assembler.complain(problem)
        return columns

    def _rows(
        self,
        sheet: Sheet,
        columns: dict[int, Column],
        first: int,
        held: list[Any],
        rows: Iterator[Any],
        unread: set[str],
    ) -> None:
        unheaded: set[int] = set()
        number = first

        def every() -> Iterator[Any]:
            yield from held
            yield from rows

        for number, row in enumerate(every(), first):
            cells: list[tuple[Column, Cell]] = []
            first_cell: str | None = None
            for position, cell in enumerate(row):
                value = cell.value
                if value is None and not unread:
                    continue
                where = _at(position, number)
                if where in unread:
                    first_cell = first_cell or where
                    self.assembler.complain(self._uncalculated(where))
                    continue
                if value is None or (isinstance(value, str) and not value.strip()):
                    continue
                first_cell = first_cell or where
                column = columns.get(position)
                if column is None:
                    if position not in unheaded:
                        unheaded.add(position)
                        self.assembler.complain(self._without_heading(where))
                elif column is not IGNORED:
                    shown = _shown_as(cell)
                    known = Cell(value, self.place(where), has_hours="h" in shown, is_percentage="%" in shown)
                    cells.append((column, known))
            if cells and first_cell is not None:
                self.assembler.add(sheet, cells, self.place(first_cell))

    def _without_heading(self, where: str) -> Violation:
        return Violation(
            code="missing_heading",
            message=said("The cell stands in a column without a heading."),
            remedy=said("Give the column its heading, or clear it."),
            place=self.place(where),
        )

    def _uncalculated(self, where: str) -> Violation:
        return Violation(
            code="formula_without_value",
            message=said("The cell holds a formula whose value was not saved."),
            remedy=said("Open the workbook in a spreadsheet program and save it, or enter the value."),
            place=self.place(where),
        )

    # -- what openpyxl does not say when it streams -------------------------------------------------------------------

    def _part(self) -> str:
        # private in openpyxl 3.1, whose streaming worksheet says neither merged cells nor formulas together with values
        part: str = self.worksheet._worksheet_path  # noqa: SLF001
        return part

    def _refuse_merged(self, first: int) -> None:
        tail = b""
        with self.archive.open(self._part()) as part:
            while chunk := part.read(1 << 20):
                text = tail + chunk
                last = 0
                for found in _MERGE.finditer(text):
                    last = found.end()
                    area = found[1].decode()
                    _, _, _, bottom = range_boundaries(area)
                    if bottom is not None and bottom > first:
                        self.assembler.complain(
                            Violation(
                                code="merged_cells",
                                message=said(
                                    "The cells {area} are merged; the value stands in the first of them only.",
                                    area=area,
                                ),
                                remedy=said("Unmerge them and enter the value in each row."),
                                place=self.place(area.partition(":")[0]),
                            )
                        )
                tail = text[max(last, len(text) - 200) :]

    def _formulas_without_value(self, first: int) -> set[str]:
        if not self._has_formulas():
            return set()
        found = set()
        with self.archive.open(self._part()) as part:
            for _, element in iterparse(part):
                name = element.tag.rpartition("}")[2]
                if name == "c":
                    parts = {child.tag.rpartition("}")[2]: child for child in element}
                    value = parts.get("v")
                    is_text = element.get("t") == "str"
                    if "f" in parts and (value is None or (value.text is None and not is_text)):
                        found.add(str(element.get("r")))
                if name == "row":
                    element.clear()
        return {where for where in found if int(re.sub(r"\D", "", where)) > first}

    def _has_formulas(self) -> bool:
        tail = b""
        with self.archive.open(self._part()) as part:
            while chunk := part.read(1 << 20):
                if re.search(rb"<(?:\w+:)?f[\s/>]", tail + chunk):
                    return True
                tail = chunk[-20:]
        return False


def _at(position: int, row: int) -> str:
    """The cell at a position of a row, both counted from 0."""
    return f"{get_column_letter(position + 1)}{row + 1}"


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if cell.value is None else str(cell.value).strip() for cell in row]


def _heading_row(sheet: Sheet, top: Sequence[Any], title: str, renaming: Renaming) -> int | None:
    """The first of the rows that hold the most headings."""
    best, row_of_best = 0, None
    for number, row in enumerate(top):
        texts = [text for text in _texts(row) if text]
        known = sum(renaming.heading(title, text) is not None or bool(sheet.find(text)) for text in texts)
        if known > best:
            best, row_of_best = known, number
    return row_of_best


def _is_second_heading(sheet: Sheet, row: Sequence[Any], columns: dict[int, Column]) -> bool:
    """Whether the row repeats the headings above it, in the other language."""
    texts = _texts(row)
    same = sum(columns.get(position) in sheet.find(text) for position, text in enumerate(texts) if text)
    return same > 0 and same * 2 > sum(bool(text) for text in texts)


def _is_note(row: Sequence[Any]) -> bool:
    """Whether the row says what to enter, as in the template: remarks in brackets, some of them perhaps typed over."""
    texts = [text for text in _texts(row) if text]
    remarks = sum(map(_is_remark, texts))
    return remarks > 0 and (remarks == len(texts) or (remarks > 2 and remarks * 2 > len(texts)))


def _is_remark(text: str) -> bool:
    if not (text.startswith("[") and text.endswith("]")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False  # a list


def _shown_as(cell: Any) -> str:
    """The cell's number format, in lower case, without the texts in it."""
    number_format = getattr(cell, "number_format", None)
    return _QUOTED.sub("", number_format).lower() if isinstance(number_format, str) else ""
