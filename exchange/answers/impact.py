"""Rows of an impact answer: who is affected, since when, and by which step."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from exchange.answers.rows import Cell, FileOfAnswer, Table
from graph.index.codes import KIND_NAMES
from graph.index.fragments import Fragments, coded, join, json_numbers, json_texts, moments
from graph.index.tables import Array
from graph.vocabulary import kind_code
from queries.ids import OPERATION_PREFIX
from queries.impact import Impact
from queries.privacy import View
from queries.slices import AnswerDigest, Ends, ImpactSlice, digest_of, impact_slices, log_slice
from queries.tally import completeness

__all__ = ["IMPACT", "impact_file"]

# As GraphQL calls them; the last three are those of the path's last step, empty for a seed.
IMPACT: Final = Table(
    row="item",
    title="items",
    columns=(
        "id", "kind", "tier", "exposedFrom", "isExposedFromMasked", "uncertain", "from", "type", "operationId",
    ),
)  # fmt: skip
_CODES: Final = [kind_code(kind) for kind in KIND_NAMES]
_CODES_ENCODED: Final = [code.encode() for code in _CODES]
_BOOLEANS: Final = (b"false", b"true")


def impact_file(
    view: View,
    answer: Impact,
    asked: Mapping[str, Any],
    *,
    kinds: Collection[str] | None = None,
    tiers: Collection[int] | None = None,
    assumed_zone: str | None = None,
) -> FileOfAnswer:
    """All items, or those of these kinds and tiers. Notes in the access log what is personal in each part it gives."""
    chosen = answer.chosen(kinds, tiers)
    digest = AnswerDigest(answer)
    listed = np.ones(answer.total, dtype=np.bool_)
    if chosen is not None:
        listed[:] = False
        listed[chosen] = True

    def parts() -> Iterator[_Items]:
        for part in impact_slices(view, answer, chosen):
            log_slice(view, part)
            if chosen is None:
                digest.add(part)
            yield _Items(part=part, listed=listed)

    return FileOfAnswer(
        name="impact",
        asked=asked,
        assumed_zone=assumed_zone,
        tables=(IMPACT,),
        count=answer.total if chosen is None else len(chosen),
        as_of_seq=answer.as_of.seq,
        completeness=completeness(view, answer),
        parts=parts(),
        digest=digest.hexdigest if chosen is None else lambda: digest_of(view, answer),
    )


@dataclass(frozen=True, kw_only=True)
class _Items:
    part: ImpactSlice
    listed: Array  # by row of the answer
    table: Table = IMPACT

    @property
    def count(self) -> int:
        return self.part.count

    def lines(self) -> bytes:
        """As `Rows.lines` makes them, column by column in arrays: an object for each would take many times as long."""
        part = self.part
        is_step = ~part.sources.is_none

        def where(is_there: Array, text: bytes, otherwise: bytes = b"") -> Fragments:
            return coded([otherwise, text], is_there.astype(np.int8))

        since = moments(part.since_ms, part.offset_minutes)
        return join(
            [
                b'{"row":"item","id":"',
                part.items.prefixes,
                json_texts(part.items.keys),
                b'","kind":"',
                coded(_CODES_ENCODED, part.items.kinds),
                b'","tier":',
                json_numbers(part.tier),
                b',"exposedFrom":',
                where(part.has_since, b'"', b"null"),
                since._replace(end=np.where(part.has_since, since.end, since.start)),
                where(part.has_since, b'"'),
                b',"isExposedFromMasked":',
                coded(_BOOLEANS, part.items.is_hidden.astype(np.int8)),
                b',"uncertain":',
                coded(_BOOLEANS, part.uncertain.astype(np.int8)),
                where(is_step, b',"from":"', b',"from":null,"type":null,"operationId":null'),
                part.sources.prefixes,
                json_texts(part.sources.keys),
                where(is_step, b'","type":"'),
                part.step_names,
                where(is_step, f'","operationId":"{OPERATION_PREFIX}'.encode()),
                json_texts(part.operations),
                where(is_step, b'"'),
                b"}\n",
            ]
        )

    def rows(self) -> Sequence[Sequence[Cell]]:
        part = self.part
        since = moments(part.since_ms, part.offset_minutes).texts()
        operations = join([OPERATION_PREFIX.encode(), part.operations, b"\0"]).decode().split("\0")[:-1]
        columns: list[Sequence[Cell]] = [
            _ids(part.items),
            [_CODES[kind] for kind in part.items.kinds.tolist()],
            part.tier.tolist(),
            _kept(since, part.has_since),
            part.items.is_hidden.tolist(),
            part.uncertain.tolist(),
            *(
                _kept(texts, ~part.sources.is_none)
                for texts in (_ids(part.sources), part.step_names.texts(), operations)
            ),
        ]
        return list(zip(*columns, strict=True))

    def beyond(self) -> Iterator[tuple[str, str]]:
        sources, row = self.part.sources, self.part.source_row
        is_beyond = ~sources.is_none & ((row < 0) | ~self.listed[row])
        ids = _ids(sources)
        for place in np.flatnonzero(is_beyond).tolist():
            yield ids[place], _CODES[sources.kinds[place]]


def _ids(ends: Ends) -> list[str]:
    return join([ends.prefixes, ends.keys, b"\0"]).decode().split("\0")[:-1]


def _kept(texts: Sequence[str], is_there: Array) -> list[Cell]:
    return [text if there else None for text, there in zip(texts, is_there.tolist(), strict=True)]
