"""Rows of what stands in a place: each thing in each position, and whether it is affected."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import orjson

from exchange.answers.rows import Cell, FileOfAnswer, Rows, Table
from graph.index.tables import Array
from graph.reader import id_text
from graph.times import render
from graph.vocabulary import kind_code
from queries.contents import Contents
from queries.ids import OPERATION_PREFIX
from queries.privacy import View
from queries.standings import Standing, contents_completeness, standings

__all__ = ["STANDINGS", "contents_file"]

# Times and tier are called as in an impact; of a path the positions from the outer to the inner one.
STANDINGS: Final = Table(
    row="standing",
    title="standings",
    columns=(
        "id", "kind", "position", "path", "since", "sinceLatest", "isSinceMasked", "until", "isUntilMasked",
        "uncertain", "isLeft", "operationId", "dispositions", "amount", "affected", "tier", "exposedFrom",
        "isExposureUncertain",
    ),
)  # fmt: skip
_ROWS: Final = 2048


def contents_file(
    view: View,
    answer: Contents,
    asked: Mapping[str, Any],
    *,
    kinds: Collection[str] | None = None,
    affected: bool | None = None,
    assumed_zone: str | None = None,
) -> FileOfAnswer:
    """All rows by place, or those of these kinds, affected or not. Notes in the access log what is personal in each part
    it gives.
    """
    chosen = answer.chosen(kinds, affected=affected)

    def parts() -> Iterator[Rows]:
        for rows in _slices(view, answer, chosen):
            yield Rows(table=STANDINGS, cells=[_cells(answer, row) for row in rows])

    return FileOfAnswer(
        name="contents",
        asked=asked,
        assumed_zone=assumed_zone,
        tables=(STANDINGS,),
        count=len(chosen),
        as_of_seq=answer.as_of.seq,
        completeness=contents_completeness(view, answer),
        parts=parts(),
        digest=lambda: _digest(view, answer, asked),
    )


def _slices(view: View, answer: Contents, chosen: Array) -> Iterator[list[Standing]]:
    rows = answer.ordered(0, len(chosen), chosen)
    for first in range(0, len(rows), _ROWS):
        yield standings(view, answer, rows[first : first + _ROWS])


def _cells(answer: Contents, row: Standing) -> list[Cell]:
    def at(ms: int | None) -> str | None:
        return None if ms is None else render(ms, row.offset_minutes)

    is_asked = answer.impact is not None
    return [
        id_text(row.node),
        kind_code(row.node[0]),
        id_text(row.position),
        " / ".join(key for _, key in row.path),
        at(row.since_ms),
        at(row.since_latest_ms),
        row.is_since_masked,
        at(row.until_ms),
        row.is_until_masked,
        row.uncertain,
        row.is_left,
        None if row.operation is None else f"{OPERATION_PREFIX}{row.operation}",
        " ".join(row.dispositions),
        None if row.amount is None else f"{row.amount:.15g}",
        row.tier is not None if is_asked else None,
        row.tier,
        at(row.affected_since_ms),
        row.is_affected_uncertain if is_asked else None,
    ]


def _digest(view: View, answer: Contents, asked: Mapping[str, Any]) -> str:
    """SHA-256 over what was asked and all rows, as the viewer may see them, in one canonical form."""
    digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS) + b"\n")
    for rows in _slices(view, answer, answer.chosen()):
        for row in rows:
            digest.update(orjson.dumps(_cells(answer, row)) + b"\n")
    return digest.hexdigest()
