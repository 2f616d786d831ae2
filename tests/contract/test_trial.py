"""The trial, asked on each engine: traces as an independent program computed them, and what the excursion raised."""

from __future__ import annotations

from typing import Any

import pytest

from graph.reader import Direction, id_text
from graph.rules.account import Account
from graph.rules.course import Thing, run_course
from graph.times import parse_moment
from graph.viewer import OWNER
from queries.privacy import View
from queries.trace import trace
from service.store import Store
from support.bench_sheet import Json
from support.stores import import_all, record
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


async def _dispositions(store: Store, lot: str, at: str) -> dict[str, float]:
    rows = await store.engine.read("MATCH (n:CellLot {key: $key}) RETURN n.account AS account", key=lot)
    until_ms = parse_moment(at).earliest_ms
    return run_course(Thing(kind="CellLot", key=lot), Account.loads(rows[0]["account"]), until_ms=until_ms).amounts()


async def test_a_dose_that_arrived_too_warm_is_a_deviation_by_the_range_of_its_own_transport(store: Store) -> None:
    await import_all(store, trial())
    receipt = await import_all(store, excursion())
    (deviation,) = receipt.deviations
    assert (deviation.code, deviation.operation, deviation.direction) == ("out_of_range", "O21", "above")
    assert deviation.field == "data.arrival_temperature"
    assert "required_transport_temperature of O21" in (deviation.range_version or "")
    rows = await store.engine.read("MATCH (d:Deviation {key: $key}) RETURN d.operation AS o", key=deviation.id)
    assert rows == [{"o": "O21"}]


async def test_a_dose_that_came_back_is_quarantined_and_cannot_be_given_before_it_is_released_again(
    store: Store,
) -> None:
    await import_all(store, trial())
    assert (await _dispositions(store, "DP1", "2025-04-21T00:00:00+08:00"))["in_transit"] == 1
    await import_all(store, excursion())
    then = await _dispositions(store, "DP1", "2025-04-21T00:00:00+08:00")
    assert then == {"administered": 2, "quarantined": 2, "destroyed": 1}
    dose: Json = {
        "record": "operation", "type": "ADMINISTERED", "id": "O99", "start": "2025-06-01T10:00:00+08:00",
        "performing_org": "ORG-1", "operator": "P-02", "inputs": [{"kind": "CellLot", "id": "DP1", "units": ["DP1#3"]}],
        "outputs": [{"kind": "Subject", "id": "S1"}],
    }  # fmt: skip
    refused = await record(store, [dose])
    assert [violation.code for violation in refused.violations] == ["not_released"]
    release: Json = {
        **dose, "type": "QC_RELEASE", "id": "Q99", "start": "2025-05-30T10:00:00+08:00", "reviewer": "P-03",
        "outputs": [{"kind": "QCResult", "id": "Q99-VIA", "data": {"test_item": "viability", "test_result": 91}}],
        "data": {"test_conclusion": "pass"},
    }  # fmt: skip
    accepted = await record(store, [release, dose])
    assert accepted.accepted, accepted.violations


async def test_the_swapped_doses_are_told_as_a_critical_deviation(store: Store) -> None:
    await import_all(store, trial())
    receipt = await import_all(store, correction())
    assert [(each.code, each.severity, each.operation) for each in receipt.deviations] == [
        ("not_released", "critical", "O23-R1")
    ]
