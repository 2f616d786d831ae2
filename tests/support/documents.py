"""Documents as their readers use them: the commands typed, the tables filled in, what is shown compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl import load_workbook

from support.house import ROOT

__all__ = ["Session", "blocks", "document", "is_shown", "sessions", "tables", "type_in"]

_TABLE = re.compile(r"(?m)^\*\*(.+?)\*\*\n\n((?:\|.*\n)+)")


@dataclass(frozen=True, kw_only=True)
class Session:
    """One command of a console, and the lines that the document shows below it."""

    command: tuple[str, ...]
    shown: tuple[str, ...]


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The contents of the fenced blocks in one language."""
    return re.findall(rf"(?ms)^```{re.escape(language)}\n(.*?)^```", text)


def sessions(text: str) -> Iterator[Session]:
    """What is typed after ``$`` in console blocks, in order."""
    for block in blocks(text, "console"):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, *shown = part.splitlines()
            yield Session(command=tuple(command.split()), shown=tuple(shown))


def is_shown(lines: Sequence[str], output: str) -> bool:
    """Whether the lines stand in the output, in their order; others may stand between. Spaces do not count."""
    rest = iter(" ".join(line.split()) for line in output.splitlines())
    return all(" ".join(line.split()) in rest for line in lines)


def tables(text: str) -> dict[str, list[dict[str, str]]]:
    """The tables below a title in bold: title -> rows, each heading -> text."""
    found = {}
    for title, table in _TABLE.findall(text):
        headings, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
        found[title] = [dict(zip(headings, row, strict=True)) for row in rows]
    return found


def type_in(workbook_path: Path, filled: dict[str, list[dict[str, str]]]) -> None:
    """Types each table into the sheet of its title, below the line in brackets, by its headings."""
    workbook = load_workbook(workbook_path)
    for title, rows in filled.items():
        worksheet = workbook[title]
        top = list(worksheet.iter_rows(max_row=12, values_only=True))
        bracketed = next(number for number, row in enumerate(top) if str(row[0] or "").startswith("["))
        headings = list(top[bracketed - 1])
        for number, row in enumerate(rows, bracketed + 2):
            for heading, text in row.items():
                worksheet.cell(number, headings.index(heading) + 1, _typed(text))
    workbook.save(workbook_path)


def _typed(text: str) -> str | int | datetime:
    """What a spreadsheet program makes of it."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", text):
        return datetime.fromisoformat(text)
    return int(text) if text.isdigit() else text
