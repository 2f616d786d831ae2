"""The synthetic lineage that is measured is what the index would have made of its records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from bench.columns import HOUR, facts_of, make_lineage, name_of
from bench.lineages import SITES, UNITS, Plan, make_plan
from graph.index.facts import Facts
from graph.reader import Direction, EntryRow


def _time(hours: int) -> str:
    return datetime.fromtimestamp(hours * HOUR / 1000, UTC).isoformat()


def _nodes(plan: Plan) -> Iterator[dict[str, Any]]:
    for kind, count in plan.counts.items():
        for number in range(count):
            record: dict[str, Any] = {"record": "node", "kind": kind, "id": name_of(kind, number)}
            if kind == "StoragePosition":
                record["data"] = (
                    {"level": "site"}
                    if number < SITES
                    else {
                        "level": "tank",
                        "parent": name_of(kind, number % SITES),
                        "shared_environment": True,
                    }
                )
            yield record


def _act(number: int, code: str, start: int, operator: int) -> dict[str, Any]:
    return {
        "record": "operation",
        "type": code,
        "id": f"O-{number}",
        "start": _time(start),
        "operator": name_of("Person", operator),
        "performing_org": name_of("Institution", 0),
    }


def _end(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": f"L-{number}" if kind == "CellLot" else name_of(kind, number), **more}


def _operations(plan: Plan) -> Iterator[dict[str, Any]]:
    number = 0
    for machine, hour in plan.cleaned.tolist():
        yield {**_act(number, "DECONTAMINATED", hour, 0), "inputs": [_end("Equipment", machine)]}
        number += 1
    for lot, made in enumerate(plan.made.tolist()):
        ready = made + int(plan.lasts[lot])
        over = ready + int(plan.stays[lot])
        operator = int(plan.operator[lot])
        parents = [_end("CellLot", parent) for parent in plan.parents[lot].tolist() if parent >= 0]
        units = [f"L-{lot}#{unit}" for unit in range(UNITS)]
        yield {
            **_act(number, "EXPANDED", made, operator),
            "end": _time(ready),
            "inputs": parents or [_end("Donor", int(plan.family[lot]))],
            "outputs": [_end("CellLot", lot, **({"units": units} if plan.has_units[lot] else {}))],
            "uses": [
                *(_end("Reagent", reagent) for reagent in plan.reagents[lot].tolist()),
                _end("Equipment", int(plan.machine[lot])),
            ],
        }
        number += 1
        if plan.tank[lot] >= 0:
            yield {
                **_act(number, "STORED", ready, operator),
                "end": _time(over),
                "inputs": [_end("CellLot", lot)],
                "outputs": [_end("StoragePosition", int(plan.tank[lot]))],
            }
            number += 1
        if plan.subject[lot] >= 0:
            yield {
                **_act(number, "ADMINISTERED", over + 1, operator),
                "inputs": [_end("CellLot", lot, units=units[:1])],
                "outputs": [_end("Subject", int(plan.subject[lot]))],
            }
            number += 1


def test_the_arrays_of_a_lineage_are_those_that_its_records_make() -> None:
    plan = make_plan(1_200, machines=3)
    told = Facts()
    told.add(
        EntryRow(seq=seq, name="", target="", record=record, recorded_ms=0, clock_ms=0)
        for seq, record in enumerate([*_nodes(plan), *_operations(plan)], start=1)
    )
    made = facts_of(plan)
    assert made.seq == told.seq
    assert [made.node(number) for number in range(made.thing_count)] == [
        told.node(number) for number in range(told.thing_count)
    ]
    assert [made.op_keys[op] for op in range(made.op_count)] == [told.op_keys[op] for op in range(told.op_count)]
    for name, expected in told.arrays().items():
        np.testing.assert_array_equal(made.arrays()[name], expected, err_msg=name)
    assert plan.has_units.any()
    assert (plan.tank >= 0).any()


@pytest.mark.parametrize("seed", range(3))
def test_a_lineage_has_about_five_edges_a_thing_and_everything_is_found_by_name(seed: int) -> None:
    synthetic = make_lineage(5_000, seed=seed)
    lineage = synthetic.index.lineage
    assert lineage.count == pytest.approx(5_000, rel=0.1)
    assert synthetic.view.base.edge_count == pytest.approx(5 * lineage.count, rel=0.15)
    assert lineage.find(lineage.node(synthetic.hub)) == synthetic.hub
    assert lineage.reach([synthetic.hub], Direction.FORWARD).is_complete
