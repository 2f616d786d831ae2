"""What holds of every lineage: traced both ways, rebuilt, exported, on one engine and on another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from graph.engine import EmbeddedEngine, Engine
from graph.reader import Direction, id_text
from graph.viewer import OWNER
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import Json
from support.lineages import Drawn, ancestry, drawn_lineages, reached
from support.stores import empty_store, graph_of, import_all, lines_of, record

# One example is some dozens of requests and traces on a real engine.
few = settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take an hour; the blob repeats the case
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


async def _recorded(engine: Engine, drawn: Drawn) -> tuple[Store, list[list[Json]]]:
    """A store with the lineage, and the requests that it took in."""
    store = await empty_store(engine)
    taken: list[list[Json]] = []
    for number, request in enumerate(drawn.requests):
        receipt = await record(store, request, key=f"request {number}")
        assert receipt.accepted, [violation.as_json() for violation in receipt.violations]
        taken.append(request)
    taken += [[given] for given in drawn.corrections if (await record(store, [given])).accepted]
    return store, taken


def _timed(requests: list[list[Json]]) -> list[Json]:
    """The records, with the times at which they were recorded: a minute after each other, long after it all happened."""
    begin = datetime(2025, 12, 1, tzinfo=UTC)
    return [
        {**each, "recorded_at": (begin + timedelta(minutes=number)).isoformat()}
        for number, request in enumerate(requests)
        for each in request
    ]


async def _traced(store: Store, start: str, direction: Direction) -> set[str]:
    answer = await trace(View(reader=store.reader, viewer=OWNER), [start], direction)
    assert answer.completeness.complete
    return {id_text(node.node) for node in answer.nodes if node.is_material}


@few
@given(drawn=drawn_lineages())
async def test_a_trace_finds_all_that_a_thing_comes_from_and_nothing_else_and_forward_is_its_reverse(
    engine: Engine, drawn: Drawn
) -> None:
    store, taken = await _recorded(engine, drawn)
    parents = ancestry(chain.from_iterable(taken))
    before = {
        thing: reached(parents, thing) for thing in {*parents, *(one for each in parents.values() for one in each)}
    }
    # a reagent as a start is another question: what it was used on
    starts = sorted(thing for thing in before if not thing.startswith("Reagent:"))
    backward = {start: await _traced(store, start, Direction.BACKWARD) for start in starts}
    assert backward == {start: before[start] for start in starts}
    forward = {start: await _traced(store, start, Direction.FORWARD) for start in starts}
    assert forward == {start: {thing for thing in before if start in before[thing]} for start in starts}


@few
@given(drawn=drawn_lineages(most_corrections=4))
async def test_replaying_the_ledger_is_the_identity(engine: Engine, drawn: Drawn) -> None:
    store, _ = await _recorded(engine, drawn)
    assert (await store.ledger.verify()).first_difference is None
    graph = await graph_of(engine)
    await store.ledger.rebuild()
    assert await graph_of(engine) == graph


@few
@given(drawn=drawn_lineages(most_corrections=4))
async def test_exporting_and_importing_is_the_identity(engine: Engine, drawn: Drawn) -> None:
    store, _ = await _recorded(engine, drawn)
    lines, graph = await lines_of(store), await graph_of(engine, exactly=False)
    opened = await lines_of(store, sealed=True)
    for exported in (lines, opened):
        elsewhere = await empty_store(engine)
        await import_all(elsewhere, [orjson.loads(line) for line in exported])
        assert await lines_of(elsewhere) == lines
        assert await graph_of(engine, exactly=False) == graph


@few
@given(drawn=drawn_lineages(most_corrections=4))
async def test_records_one_by_one_or_all_at_once_give_the_same_graph(engine: Engine, drawn: Drawn) -> None:
    _, taken = await _recorded(engine, drawn)
    timed = _timed(taken)
    await import_all(await empty_store(engine), timed)
    whole = await graph_of(engine, exactly=False)
    store = await empty_store(engine)
    for each in timed:
        receipt = await record(store, [each], historic=True)
        if not receipt.accepted:
            break  # what it needs comes later in the same request
    else:
        assert await graph_of(engine, exactly=False) == whole


@pytest.mark.neo4j
@few
@given(drawn=drawn_lineages(most_corrections=4))
async def test_both_engines_hold_the_same_graph_and_give_the_same_answers(
    embedded_engine: EmbeddedEngine, neo4j_engine: Engine, drawn: Drawn
) -> None:
    told: list[Any] = []
    for engine in (embedded_engine, neo4j_engine):
        store, taken = await _recorded(engine, Drawn(requests=drawn.requests, corrections=[]))
        receipts = [await record(store, [each], dry_run=True) for each in drawn.corrections]
        store = await empty_store(engine)
        await import_all(store, _timed(taken))
        donor = next(thing for thing in sorted(ancestry(chain.from_iterable(taken))) if thing.startswith("Tissue:"))
        answer = await trace(View(reader=store.reader, viewer=OWNER), [donor], Direction.FORWARD)
        violations = [[(each.code, each.message) for each in receipt.violations] for receipt in receipts]
        told.append((await graph_of(engine, exactly=False), violations, answer.nodes, answer.edges))
    assert told[0] == told[1]
