"""The formats that an answer is written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange.answers.commas import write_csv
from exchange.answers.graphml import write_graphml
from exchange.answers.ndjson import write_ndjson
from exchange.answers.rows import FileOfAnswer
from exchange.answers.workbook import write_workbook

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """``write`` gives the file in pieces, each made when it is asked for; they may be empty. It blocks, for a thread.

    Not ``holds_tables``: one table only.
    """

    name: str
    media_type: str
    write: Callable[[FileOfAnswer], Iterator[bytes]]
    holds_tables: bool = True


FORMATS: Final[Mapping[str, Format]] = {
    each.name: each
    for each in (
        Format(name="ndjson", media_type="application/x-ndjson", write=write_ndjson),
        Format(name="csv", media_type="text/csv; charset=utf-8", write=write_csv, holds_tables=False),
        Format(
            name="xlsx",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write=write_workbook,
        ),
        Format(name="graphml", media_type="application/graphml+xml", write=write_graphml),
    )
}
