"""Files as sources of records: JSON Lines, workbooks and separated values, told apart by what they hold."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from exchange.jsonlines import read_file
from exchange.separated import read_separated
from exchange.workbook.headings import Renaming
from exchange.workbook.reader import read_workbook
from graph.errors import BadInput
from graph.records import RawRecord
from graph.saying import said
from graph.vocabulary import normal_heading as normal

__all__ = ["is_kept_first", "open_source", "open_sources", "read_renaming"]

_WORKBOOK_MARKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zipped, and the old or encrypted form, which is refused
_WORKBOOKS: Final = frozenset(
    {".xlsx", ".xlsm", ".xls"}
)  # whatever it holds, so that who sends it is told what it is not
_SEPARATED: Final = frozenset({".csv", ".tsv"})


def is_kept_first(first: bytes, name: str | None) -> bool:
    """Whether what begins so (four bytes) and is called so can only be read from a file: a workbook, separated values.

    Everything else is JSON Lines, which are read as they come.
    """
    return first.startswith(_WORKBOOK_MARKS) or Path(name or "").suffix.lower() in _SEPARATED | _WORKBOOKS


def open_source(path: Path, *, zone: str | None = None, renaming: Renaming | None = None) -> Iterator[RawRecord]:
    """The records of one file. Raises BadInput where it cannot be read at all."""
    return open_sources([path], zone=zone, renaming=renaming)


def open_sources(
    paths: Sequence[Path], *, zone: str | None = None, renaming: Renaming | None = None
) -> Iterator[RawRecord]:
    """The records of the files, one after the other; separated values are read together, as sheets of one workbook.

    ``zone`` serves date cells and times of sheets that name none (JSON Lines: give it to the import). Raises BadInput
    where a file cannot be read at all; what is wrong in it comes as records with problems.
    """
    sources: list[Iterator[RawRecord]] = []
    separated: list[Path] = []
    for path in paths:
        first = _first_bytes(path)
        if first.startswith(_WORKBOOK_MARKS) or path.suffix.lower() in _WORKBOOKS:
            sources.append(read_workbook(path, zone=zone, renaming=renaming))
        elif path.suffix.lower() in _SEPARATED:
            separated.append(path)
        else:
            sources.append(read_file(path))
    if separated:
        sources.append(read_separated(separated, zone=zone, renaming=renaming))
    return chain.from_iterable(sources)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise BadInput(
            said("{path} cannot be read: {why}.", path=path.name, why=error.strerror),
            remedy=said("Check the name and who may read the file."),
        ) from error


def read_renaming(path: Path) -> Renaming:
    """What a mapping file says: JSON, TOML or CSV. Raises BadInput where it is none.

    JSON and TOML: heading -> member or heading of the template (empty: leave the column out); or title of a sheet ->
    such a table of its own, in which ``is`` names the sheet of the template (empty: leave the sheet out). CSV: heading, member and, if wanted, sheet.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        table: Any
        if path.suffix.lower() == ".csv":
            table = _table_of_csv(text)
        else:
            table = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise BadInput(
            said("{path} cannot be read: {why}.", path=path.name, why=error.strerror),
            remedy=said("Check its name."),
        ) from error
    except (ValueError, RecursionError, csv.Error) as error:  # broken text, JSON or TOML
        raise BadInput(
            said("{path} is no mapping: {why}.", path=path.name, why=error),
            remedy=said("Write JSON, TOML or CSV, in UTF-8."),
        ) from error
    if not isinstance(table, dict):
        raise BadInput(said("{path} is no mapping.", path=path.name), remedy=said('Write {"your heading": "member"}.'))
    return _renaming(table, path.name)


def _renaming(table: Mapping[str, Any], name: str) -> Renaming:
    headings: dict[tuple[str, str], str] = {}
    titles: dict[str, str] = {}
    for key, value in table.items():
        for heading, member in (value if isinstance(value, dict) else {key: value}).items():
            if member is not None and not isinstance(member, str):
                raise BadInput(
                    said("{name}: {heading} is given something that is no text.", name=name, heading=heading),
                    remedy=said("Name a member or heading, or leave it empty."),
                )
            if isinstance(value, dict) and heading == "is":
                titles[normal(key)] = member or ""
            else:
                headings[normal(key) if isinstance(value, dict) else "", normal(heading)] = member or ""
    return Renaming(headings=headings, sheets=titles)


def _table_of_csv(text: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for row in csv.DictReader(text.splitlines(), strict=True):
        heading, member, sheet = ((row.get(each) or "").strip() for each in ("heading", "member", "sheet"))
        if heading:
            (table.setdefault(sheet, {}) if sheet else table)[heading] = member
    return table
