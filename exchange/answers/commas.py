"""An answer as CSV, for spreadsheets: one table, and a last record that is the trailer."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import orjson

from exchange.answers.rows import Cell, FileOfAnswer

__all__ = ["TRAILER", "write_csv"]

TRAILER: Final = "#trailer"  # in the first cell of the last record; the second holds the trailer as JSON
_FORMULA: Final = tuple("=+-@\t\r")


def write_csv(answer: FileOfAnswer) -> Iterator[bytes]:
    """Begins with the mark by which spreadsheets know the encoding, and the names of the columns."""
    (table,) = answer.tables
    content, count = hashlib.sha256(), 0
    begin = b"\xef\xbb\xbf" + _records([table.columns])
    content.update(begin)
    yield begin
    for part in answer.parts:
        records = _records(part.rows())
        content.update(records)
        count += part.count
        yield records
    trailer = orjson.dumps(answer.trailer(count).as_json(content.hexdigest())).decode()
    yield _records([(TRAILER, trailer)])


def _records(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    text = str(cell)
    # What begins like a formula would be one.
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text
