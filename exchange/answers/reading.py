"""Reading an answer's file as it comes, and noticing where it was cut or altered on its way."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from exchange.answers import commas, ndjson
from graph.errors import Incomplete

__all__ = ["check_file", "read_rows"]

_TAIL: Final = 64
_CHUNK: Final = 1024 * 1024


def read_rows(chunks: Iterable[bytes], form: str) -> Iterator[dict[str, Any]]:
    """The rows of an ndjson or csv file; the last is ``{"trailer": …}``. Cells of a CSV are texts.

    Raises Incomplete, after the last row that came, where there is no trailer, something follows it, or it speaks of
    other rows than came before it.
    """
    content, count = hashlib.sha256(), 0
    columns: list[str] = []
    trailer: dict[str, Any] | None = None
    for line in _lines(chunks):
        if trailer is not None or not line.endswith(b"\n"):
            raise _cut(count)
        row, columns = (_json_row(line), columns) if form == "ndjson" else _csv_row(line, columns)
        if row is None:
            raise _cut(count)
        found = row.get(ndjson.TRAILER)
        if isinstance(found, dict):
            trailer = found
            continue
        content.update(line)
        if row:  # not the names of the columns
            count += 1
            yield row
    if trailer is None or trailer.get("count") != count or trailer.get("contentDigest") != content.hexdigest():
        raise _cut(count)
    yield {ndjson.TRAILER: trailer}


def check_file(path: Path, form: str) -> dict[str, Any]:
    """The trailer of a file; empty where its format tells only its end. Raises Incomplete where it was cut."""
    if form in {"ndjson", "csv"}:
        with path.open("rb") as file:
            (last,) = deque(read_rows(iter(lambda: file.read(_CHUNK), b""), form), maxlen=1)
        return dict(last[ndjson.TRAILER])
    if form == "graphml":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            is_whole = file.read().endswith(b"</graphml>\n")
    else:
        is_whole = zipfile.is_zipfile(path)
    if not is_whole:
        raise _cut(None)
    return {}


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _json_row(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and row else None


def _csv_row(line: bytes, columns: list[str]) -> tuple[dict[str, Any] | None, list[str]]:
    """No cell holds a line break: no name or time does."""
    try:
        (cells,) = csv.reader(io.StringIO(line.decode("utf-8" if columns else "utf-8-sig")), strict=True)
        if not columns:
            return {}, cells
        if cells[0] == commas.TRAILER:
            return {ndjson.TRAILER: orjson.loads(cells[1])}, columns
        return dict(zip(columns, cells, strict=True)), columns
    except (ValueError, IndexError, csv.Error):
        return None, columns


def _cut(count: int | None) -> Incomplete:
    after = "" if count is None else f" after {count} rows"
    return Incomplete(f"The answer is not whole: it was cut or altered{after}.", remedy="Ask for it again.")
