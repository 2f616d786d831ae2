"""Separated values (CSV): the columns of the workbook, a sheet a file, or a column ``sheet`` that names it in each row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl.utils import get_column_letter

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
from graph.errors import Place, Violation
from graph.records import RawRecord
from graph.saying import said
from graph.vocabulary import normal_heading as normal

__all__ = ["read_separated"]

_SHEET_HEADINGS: Final = frozenset({"sheet", "工作表"})
_DELIMITERS: Final = ",;\t"


def read_separated(
    paths: Sequence[Path], *, zone: str | None = None, renaming: Renaming | None = None
) -> Iterator[RawRecord]:
    """The records of the files together: things, then what happened, in its order. What is wrong with a file is first.

    UTF-8, with or without a byte-order mark; comma, semicolon or tab, by what the first line holds most of.
    """
    assembler = Assembler(Defaults(zone=zone))
    for path in paths:
        _File(path, assembler, renaming or Renaming()).read()
    records = list(assembler.records())
    if not records:
        place = Place(paths[0].name if paths else None)
        problem = Violation(
            code="empty_file",
            message=said("There is no record."),
            remedy=said("Put rows below the headings."),
            place=place,
        )
        records = [RawRecord(None, place, (problem,))]
    yield from records


class _File:
    """One file on its way in."""

    def __init__(self, path: Path, assembler: Assembler, renaming: Renaming) -> None:
        self._path = path
        self._assembler = assembler
        self._renaming = renaming
        self._texts: list[str] = []
        self._resolved: dict[str, dict[int, Column]] = {}

    def read(self) -> None:
        # what is not UTF-8 comes as lone surrogates, which no text holds: so its line can be named
        with self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            try:
                self._rows(_numbered(reader))
            except csv.Error as error:
                self._complain(
                    "broken_csv",
                    said("Broken CSV: {why}.", why=error),
                    said("Mend the quotes on this line."),
                    reader.line_num,
                )

    def _complain(self, code: str, message: str, remedy: str, line: int) -> None:
        place = Place(self._path.name, line)
        self._assembler.complain(Violation(code=code, message=message, remedy=remedy, place=place))

    def _at(self, position: int, line: int) -> Place:
        return Place(self._path.name, line, f"{get_column_letter(position + 1)}{line}")

    def _rows(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        self._texts = [text.strip() for text in next(rows, (1, []))[1]]
        if not any(self._texts):
            return
        chooser = next((n for n, text in enumerate(self._texts) if normal(text) in _SHEET_HEADINGS), None)
        sheet = None
        if chooser is None:
            if self._renaming.is_left_out(self._path.stem):
                return
            sheet = sheet_for(self._path.stem, self._renaming)
            if sheet is None:
                self._assembler.complain(unknown_sheet(self._path.stem, Place(self._path.name, 1)))
                return
            self._columns(sheet, self._path.stem, is_strict=True)
        is_told = False
        for line, row in rows:
            if any(not text.isascii() and _is_broken(text) for text in row):
                if not is_told:
                    self._complain(
                        "not_utf8", said("The line is not UTF-8."), said("Save the file as CSV UTF-8."), line
                    )
                is_told = True
            elif any(text.strip() for text in row):
                self._row(row, line, sheet, chooser)

    def _row(self, row: Sequence[str], line: int, sheet: Sheet | None, chooser: int | None) -> None:
        title = self._path.stem
        if chooser is not None:
            title = row[chooser].strip() if chooser < len(row) else ""
            if self._renaming.is_left_out(title):
                return
            sheet = sheet_for(title, self._renaming)
        if sheet is None:
            self._assembler.complain(unknown_sheet(title, self._at(chooser or 0, line)))
            return
        columns = self._columns(sheet, title, is_strict=chooser is None)
        cells: list[tuple[Column, Cell]] = []
        for position, text in enumerate(row):
            if not text.strip() or position == chooser:
                continue
            column = columns.get(position)
            if column is None:
                self._complain(
                    "unknown_heading",
                    said(
                        "A value of {heading} stands in a column that it does not have.",
                        heading=f"{sheet.zh} / {sheet.en}",
                    ),
                    said("Move it below its heading, or clear it."),
                    line,
                )
            elif column is not IGNORED:
                cells.append((column, Cell(text, self._at(position, line), is_plain=True)))
        if cells:
            self._assembler.add(sheet, cells, self._at(0, line))

    def _columns(self, sheet: Sheet, title: str, *, is_strict: bool) -> dict[int, Column]:
        """The columns of a sheet in this file. Where rows of several sheets share the file, a heading may be another's."""
        if sheet.code not in self._resolved:
            columns, problems = resolve_headings(
                sheet,
                title,
                ["" if normal(text) in _SHEET_HEADINGS else text for text in self._texts],
                lambda position: self._at(position, 1),
                self._renaming,
            )
            if not is_strict:
                unknown = {problem.place.cell for problem in problems if problem.code == "unknown_heading"}
                columns = {n: column for n, column in columns.items() if self._at(n, 1).cell not in unknown}
                problems = [problem for problem in problems if problem.code != "unknown_heading"]
            problems += missing_headings(sheet, columns.values(), Place(self._path.name, 1))
            for problem in problems:
                self._assembler.complain(problem)
            self._resolved[sheet.code] = columns
        return self._resolved[sheet.code]


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows of a `csv.reader`, each with the line it begins on."""
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _is_broken(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)
