"""An impact answer in slices of its arrays: for what goes through the whole of it, its digest and files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson

from graph.index.codes import ALWAYS, KIND_NAMES
from graph.index.fragments import Fragments, choose, coded, encoded, join, json_numbers, json_texts
from graph.index.paths import STEP_NAMES
from graph.index.tables import Array
from graph.reader import NodeId
from graph.vocabulary import KINDS
from queries.impact import Impact
from queries.privacy import View

__all__ = ["AnswerDigest", "Ends", "ImpactSlice", "digest_of", "impact_slices", "log_slice"]

_ROWS: Final = 4096
_LOGGED_TIER: Final = 2
_IS_PERSONAL_KIND: Final = np.array([KINDS[kind].tier >= _LOGGED_TIER for kind in KIND_NAMES])
_KIND_PREFIXES: Final = [f"{kind}:".encode() for kind in KIND_NAMES]
_BOOLEANS: Final = (b"false", b"true")


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Things in the order of some rows, as the viewer may see them: kinds as codes, and keys; a stub's, where hidden.

    ``is_none``: there is none in this row, and its key is empty.
    """

    kinds: Array
    keys: Fragments
    is_hidden: Array
    is_personal: Array
    is_none: Array

    @property
    def prefixes(self) -> Fragments:
        """The kind with its colon, as ids begin; empty where there is none."""
        return coded([*_KIND_PREFIXES, b""], np.where(self.is_none, len(_KIND_PREFIXES), self.kinds))

    def personal(self) -> Iterator[NodeId]:
        """Those that are shown and personal."""
        rows = np.flatnonzero((self.is_personal | _IS_PERSONAL_KIND[self.kinds]) & ~self.is_hidden & ~self.is_none)
        keys = Fragments(self.keys.buffer, self.keys.start[rows], self.keys.end[rows]).texts() if len(rows) else []
        for kind, key in zip(self.kinds[rows].tolist(), keys, strict=True):
            yield KIND_NAMES[kind], key


@dataclass(frozen=True, kw_only=True)
class ImpactSlice:
    """Some rows of an answer, in its order. ``sources``, ``step`` and ``operations`` tell of the winning step.

    ``since_ms`` is 0 where not ``has_since``: always, or masked. ``step`` is a place in `STEP_NAMES`, -1 for a seed.
    ``is_source_listed``: what the step comes from is an item of the answer too.
    """

    items: Ends
    tier: Array
    since_ms: Array
    has_since: Array
    offset_minutes: Array
    uncertain: Array
    sources: Ends
    source_row: Array  # of the answer; -1 for what is no item
    step: Array
    operations: Fragments

    @property
    def count(self) -> int:
        return len(self.tier)

    @property
    def step_names(self) -> Fragments:
        """Empty for a seed."""
        return coded([*(name.encode() for name in STEP_NAMES), b""], self.step)  # -1 is the last of them


def impact_slices(view: View, answer: Impact, chosen: Array | None = None) -> Iterator[ImpactSlice]:
    """All rows, or those that are chosen, in the answer's order. Logs nothing: see `log_slice`."""
    order = answer.order
    if chosen is not None:
        is_chosen = np.zeros(answer.total, dtype=np.bool_)
        is_chosen[chosen] = True
        order = order[is_chosen[order]]
    for first in range(0, len(order), _ROWS):
        yield _slice_of(view, answer, order[first : first + _ROWS])


def log_slice(view: View, part: ImpactSlice) -> None:
    """Notes that what is personal in a slice is shown."""
    view.show_personal("impact", dict.fromkeys([*part.items.personal(), *part.sources.personal()]))


def _slice_of(view: View, answer: Impact, rows: Array) -> ImpactSlice:
    spread, facts = answer.spread, answer.lineage.facts
    steps = answer.steps(rows)
    source_row = spread.places(steps.source)
    is_seed = steps.op < 0
    has_since = (spread.since[rows] != ALWAYS) & ~answer.hidden[rows]
    operations = facts.op_keys.take(np.where(is_seed, -1, steps.op))
    return ImpactSlice(
        items=_ends(view, answer, spread.nodes[rows], rows),
        tier=spread.tier[rows],
        since_ms=np.where(has_since, spread.since[rows], 0),
        has_since=has_since,
        offset_minutes=answer.offsets(steps),
        uncertain=spread.uncertain[rows],
        sources=_ends(view, answer, steps.source, source_row),
        source_row=source_row,
        step=steps.name,
        operations=operations,
    )


def _ends(view: View, answer: Impact, numbers: Array, rows: Array) -> Ends:
    """``rows``: where the things stand in the answer; -1 for what does not, such as a machine."""
    facts = answer.lineage.facts
    is_none = numbers < 0
    known = np.where(is_none, 0, numbers)
    is_item = rows >= 0
    is_hidden = answer.hidden[rows] & is_item
    keys = facts.keys.take(known)
    keys = keys._replace(end=np.where(is_none, keys.start, keys.end))
    if is_hidden.any():
        stubs = [
            view.stubs.name(answer.lineage.node(number))[1].encode() if hides else b""
            for number, hides in zip(known.tolist(), is_hidden.tolist(), strict=True)
        ]
        keys = choose(is_hidden, keys, encoded(stubs))
    return Ends(
        kinds=facts.columns["thing_kind"].take(known),
        keys=keys,
        is_hidden=is_hidden,
        is_personal=answer.personal[rows] & is_item,
        is_none=is_none,
    )


class AnswerDigest:
    """SHA-256 over what was asked and all items, as the viewer may see them; the same however the answer was found.

    Takes the slices of a whole answer in their order: the items in one canonical form, a line each.
    """

    def __init__(self, answer: Impact) -> None:
        self._digest = hashlib.sha256(orjson.dumps(answer.asked.as_json(), option=orjson.OPT_SORT_KEYS) + b"\n")

    def add(self, part: ImpactSlice) -> None:
        self._digest.update(
            join(
                [
                    b'["',
                    part.items.prefixes,
                    json_texts(part.items.keys),
                    b'",',
                    json_numbers(part.tier),
                    b",",
                    choose(
                        part.has_since,
                        coded([b"null"], np.zeros(part.count, dtype=np.int8)),
                        json_numbers(part.since_ms),
                    ),
                    b",",
                    coded(_BOOLEANS, part.uncertain.astype(np.int8)),
                    b"]\n",
                ]
            )
        )

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def digest_of(view: View, answer: Impact) -> str:
    """The digest of a whole answer."""
    digest = AnswerDigest(answer)
    for part in impact_slices(view, answer):
        digest.add(part)
    return digest.hexdigest()
