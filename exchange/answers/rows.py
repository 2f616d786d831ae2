"""What a file of an answer holds, whatever its format: rows in parts, each of one table, and what is said of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import orjson

from queries.trace import Completeness

__all__ = ["Cell", "FileOfAnswer", "Part", "Rows", "Table", "Trailer"]

Cell: TypeAlias = str | int | bool | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of one kind. ``row`` is what one is called, ``title`` what all of them are called in a workbook.

    A table of things has the columns ``id`` and ``kind``; a row with ``from`` tells an edge, to ``to`` or to its thing.
    """

    row: str
    title: str
    columns: tuple[str, ...]


class Part(Protocol):
    """Some rows of a table. Made when it is asked for, and let go when it is written."""

    @property
    def table(self) -> Table: ...

    @property
    def count(self) -> int: ...

    def rows(self) -> Sequence[Sequence[Cell]]:
        """The cells of each row, in the order of the table's columns."""
        ...

    def lines(self) -> bytes:
        """The rows as JSON objects, a line each."""
        ...

    def beyond(self) -> Iterator[tuple[str, str]]:
        """Ids and kinds of what rows come from that is in no table of the answer. Things may be told again."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows that are at hand as objects."""

    table: Table
    cells: Sequence[Sequence[Cell]]

    @property
    def count(self) -> int:
        return len(self.cells)

    def rows(self) -> Sequence[Sequence[Cell]]:
        return self.cells

    def lines(self) -> bytes:
        table = self.table
        return b"".join(
            orjson.dumps(
                {"row": table.row, **dict(zip(table.columns, cells, strict=True))}, option=orjson.OPT_APPEND_NEWLINE
            )
            for cells in self.cells
        )

    def beyond(self) -> Iterator[tuple[str, str]]:
        yield from ()


@dataclass(frozen=True, kw_only=True)
class Trailer:
    """What the last record of a file says: how many rows come before it, and of which answer they are.

    ``digest`` is that of the whole answer, also where the file holds a choice of it. ``assumed_zone``: in which the times
    of the question were taken that had none; None: each had its own.
    """

    count: int
    asked: Mapping[str, Any]
    as_of_seq: int
    completeness: Completeness
    digest: str
    assumed_zone: str | None = None

    def as_json(self, content_digest: str | None = None) -> dict[str, Any]:
        """``content_digest``: SHA-256 of the file's bytes before the trailer."""
        whole = self.completeness
        told = {
            "count": self.count,
            "asOfSeq": self.as_of_seq,
            "complete": whole.complete,
            "reason": whole.reason,
            "hidden": whole.hidden,
            "digest": self.digest,
            "asked": self.asked,
            "assumedZone": self.assumed_zone,
        }
        return told if content_digest is None else {**told, "contentDigest": content_digest}

    def cells(self) -> dict[str, Cell]:
        """The same for a format that has no objects within objects."""
        return {**self.as_json(), "asked": orjson.dumps(self.asked).decode()}


@dataclass(frozen=True, kw_only=True)
class FileOfAnswer:
    """An answer on its way into a file. ``name`` is the question's, ``asked`` what was asked; ``count`` how many rows ``parts`` will give.

    ``digest`` is called when all parts were taken. Both may take long and block: they are for a thread.
    """

    name: str
    asked: Mapping[str, Any]
    tables: tuple[Table, ...]
    count: int
    as_of_seq: int
    completeness: Completeness
    parts: Iterator[Part]
    digest: Callable[[], str]
    assumed_zone: str | None = None

    def trailer(self, count: int) -> Trailer:
        """After ``count`` rows were written."""
        return Trailer(
            count=count,
            asked=self.asked,
            as_of_seq=self.as_of_seq,
            completeness=self.completeness,
            digest=self.digest(),
            assumed_zone=self.assumed_zone,
        )
