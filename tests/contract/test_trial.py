"""The trial, asked on each engine: every trace as an independent program computed it."""

from __future__ import annotations

from typing import Any

import pytest

from graph.reader import Direction, id_text
from graph.times import parse_moment
from graph.viewer import OWNER
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.stores import import_all
from support.trial import correction, excursion, scenarios, trial

TRACES = scenarios()["trace"]


@pytest.mark.parametrize("asked", TRACES, ids=[str(number) for number in range(len(TRACES))])
async def test_a_trace_finds_what_it_should(store: Store, asked: dict[str, Any]) -> None:
    await import_all(store, trial())
    if asked.get("with") == "correction":
        await import_all(store, correction())
    known_at = asked.get("known_at")
    answer = await trace(
        View(reader=store.reader, viewer=OWNER),
        [asked["start"]],
        Direction[asked["direction"]],
        known_at_ms=None if known_at is None else parse_moment(known_at).earliest_ms,
    )
    assert sorted(id_text(node.node) for node in answer.nodes if node.is_material) == sorted(asked["expect"])
    assert answer.completeness.complete
