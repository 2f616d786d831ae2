"""Where things have been in random trials: never in two places at once, and as a plain walk of the records has it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from graph.reader import NodeId, id_text
from graph.records import lot_of_unit
from graph.vocabulary import OPERATIONS
from queries.privacy import View
from queries.whereabouts import Interval, Manner, Whereabouts, whereabouts
from support.lineage_views import view_of
from support.plain_lineage import PlainLineage
from support.random_trials import STEP_MS, RandomTrial, at_ms

EXCLUSIVE = frozenset({Manner.STAY, Manner.TEMPORARY, Manner.ON_THE_WAY, Manner.ARRIVED, Manner.GAP})
Standing = tuple[str, str | None] | None  # stay, on the way, arrived, or gone; and where


def single_things(plain: PlainLineage) -> Iterator[NodeId]:
    """What is in one place as a whole: units, and lots and tissues that are not counted."""
    for thing in plain.makers:
        is_itemised = bool(plain.units.get(thing[1])) and thing[0] == "CellLot"
        if thing[0] in {"CellUnit", "CellLot", "Tissue"} and thing not in plain.amounts and not is_itemised:
            yield thing


def steps_of(plain: PlainLineage, thing: NodeId) -> list[tuple[float, int, int, str, Any, Any]]:
    """What names the thing, in order: when, what begins or ends then, the operation, and the end that names it."""
    lot = ("CellLot", lot_of_unit(thing[1])) if thing[0] == "CellUnit" else thing
    steps: list[tuple[float, int, int, str, Any, Any]] = []
    for operation in plain.operations.values():
        start, over = operation.start[0], operation.end[0]
        for end in operation.record.inputs:
            if (end.kind, end.id) == lot and (not end.units or thing[1] in end.units):
                steps.append((start, operation.key[0], operation.number, "begin", operation, end))
                if OPERATIONS[operation.type].is_lasting:
                    steps.append((over, 1 if over > start else 5, operation.number, "end", operation, end))
    return sorted(steps, key=lambda step: step[:4])


def walked(plain: PlainLineage, thing: NodeId, at: float) -> Standing:
    """Where the thing stood at an instant at which nothing happened: what was written down last before it counts."""
    here: Standing = None
    by = ""
    for when, _, _, what, operation, end in steps_of(plain, thing):
        if when > at or (here is not None and here[0] == "gone"):
            break
        place = next((output.id for output in operation.record.outputs if output.kind == "StoragePosition"), None)
        if what == "end" and by == operation.record.id:
            here, by = (("arrived", place) if operation.type == "TRANSPORTED" else None), ""
        elif what == "begin" and operation.type in {"STORED", "TRANSPORTED"}:
            here, by = ("stay" if operation.type == "STORED" else "on_the_way", place), operation.record.id
        elif operation.type == "STORAGE_OUT" and here == ("stay", place):
            here = None
        elif what == "begin" and uses_up(operation, end, thing):
            here = ("gone", None)
        elif operation.type == "CHANGED_DISPOSITION" and here is not None and here[0] == "arrived":
            here = None
    return here


def uses_up(operation: Any, end: Any, thing: NodeId) -> bool:
    is_sample = end.consumed and thing[0] == "CellUnit"  # of a culture it leaves the culture
    is_destroyed = operation.type == "CHANGED_DISPOSITION" and operation.record.values.get("to") == "destroyed"
    return OPERATIONS[operation.type].is_material or is_sample or is_destroyed


def told(answer: Whereabouts, at: float) -> Standing:
    """What the answer says of that instant. A temporary place counts as none: the walk knows stays and transports."""
    if any(each.manner is Manner.TAKEN and each.start and each.start.earliest_ms <= at for each in answer.intervals):
        return "gone", None
    for each in answer.intervals:
        begun = each.start is not None and each.start.earliest_ms <= at
        over = each.end is not None and each.end.latest_ms <= at
        if begun and not over and each.manner in EXCLUSIVE - {Manner.GAP, Manner.TEMPORARY}:
            return each.manner.value, None if each.place is None else each.place[1]
    return None


def certainly_overlap(one: Interval, other: Interval) -> bool:
    def before(first: Interval, second: Interval) -> bool:
        assert second.start is not None
        return first.end is not None and first.end.earliest_ms <= second.start.latest_ms

    return not (before(one, other) or before(other, one))


def view_over(trial: RandomTrial) -> View:
    return view_of(trial.records, "pushdown")


@pytest.mark.parametrize("seed", range(25))
async def test_whereabouts_agree_with_a_plain_walk_of_the_records(seed: int) -> None:
    trial = RandomTrial(seed, 90, inexact=0)
    plain, view = PlainLineage(trial.records), view_over(trial)
    compared = 0
    for thing in single_things(plain):
        answer = await whereabouts(view, id_text(thing))
        if answer.contradictions:
            continue  # random records may say what cannot be
        for step in range(0, trial.steps, 2):
            at = at_ms(step) + STEP_MS / 2
            assert told(answer, at) == walked(plain, thing, at), (thing, step)
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("inexact", [0, 0.4])
@pytest.mark.parametrize("seed", range(100, 115))
async def test_nothing_is_in_two_places_at_once_and_gaps_are_where_nothing_is_told(seed: int, inexact: float) -> None:
    trial = RandomTrial(seed, 90, inexact=inexact)
    plain, view = PlainLineage(trial.records), view_over(trial)
    seen = 0
    for thing in single_things(plain):
        answer = await whereabouts(view, id_text(thing))
        placed = [each for each in answer.intervals if each.manner in EXCLUSIVE]
        seen += len(placed)
        for one, other in combinations(placed, 2):
            assert not certainly_overlap(one, other), (thing, one, other)
        for gap in (each for each in placed if each.manner is Manner.GAP):
            for other in answer.intervals:
                if other.manner in {Manner.RUN, Manner.OPERATION, Manner.COUNT} and other.is_end_known:
                    assert not (certainly_overlap(gap, other) and lasts(other)), (thing, gap, other)
    assert seen > 5


def lasts(interval: Interval) -> bool:
    start, end = interval.start, interval.end
    return start is not None and (end is None or start.latest_ms < end.earliest_ms)
