"""The index follows the ledger: entry by entry it is what it would be if it were built anew, and it refuses gaps."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import numpy as np
import pytest

from graph.errors import IntegrityBroken
from graph.index import Channel, Hazard, Index, Lineage, Seed
from graph.index.comparing import first_difference
from graph.index.segment import Segment
from graph.index.view import View
from graph.reader import AsOf
from support.days import Days, head_of
from support.oracle import entries_of
from support.random_trials import RandomTrial, at_ms

Fact = tuple[object, ...]


def _is_dead(bits: np.ndarray[tuple[int], np.dtype[np.uint8]], place: int) -> bool:
    return bool(bits[place >> 3] >> (place & 7) & 1)


def _of_segment(lineage: Lineage, segment: Segment, *, is_base: bool) -> set[Fact]:
    view, times = lineage.derived.view, segment.times
    owners = segment.keys if len(segment.keys) else np.arange(len(segment.off) - 1)
    found: set[Fact] = set()
    for edge, source in enumerate(np.repeat(owners, np.diff(segment.off))):
        if not (is_base and _is_dead(view.dead_edges, edge)):
            columns = segment.target[edge], times[segment.start[edge]], times[segment.until[edge]]
            found.add(("edge", int(source), *map(int, columns), int(segment.op[edge]), int(segment.flags[edge])))
    for row, half in enumerate(np.repeat(np.arange(len(segment.hub_off) - 1), np.diff(segment.hub_off))):
        if not (is_base and _is_dead(view.dead_presences, row)):
            columns = segment.thing[row], times[segment.arrived[row]], times[segment.over[row]]
            hub = int(view.hub_thing[half // 2])
            found.add(("presence", hub, *map(int, columns), int(segment.act[row]), int(segment.marks[row])))
    return found


def content(lineage: Lineage) -> set[Fact]:
    """All edges, presences and decontaminations that an index holds, wherever it holds them."""
    view = lineage.derived.view
    cuts = {("cut", thing, *cut) for thing, all_cuts in lineage.derived.cuts.items() for cut in all_cuts}
    return cuts | _of_segment(lineage, view.base, is_base=True) | _of_segment(lineage, view.new, is_base=False)


@pytest.mark.parametrize("seed", range(60))
def test_applied_in_any_portions_it_is_what_it_is_when_built_anew(seed: int) -> None:
    chance = random.Random(seed)
    entries = entries_of(RandomTrial(seed, 90).records)
    place = chance.randint(1, len(entries) - 1)
    index = Index.build(entries[:place], head_of(place))
    while place < len(entries):
        last = min(len(entries), place + chance.choice((1, 1, 2, 5, 20)))
        lineage = index.apply(entries[place:last], head_of(last))
        place = last
        if chance.random() < 0.1:
            index.compact()
        if chance.random() < 0.4 or place == len(entries):
            anew = Index.build(entries[:place], head_of(place)).lineage
            assert content(index.lineage) == content(lineage) == content(anew)
            assert first_difference(index.lineage, anew) is None
            assert np.array_equal(lineage.kinds, anew.kinds)


def test_a_voided_decontamination_leaves_nothing_that_differs_from_an_index_built_anew() -> None:
    days = Days()
    days.made("A", uses=[days.run("INC", 1, 5)])
    cleaning = days.cleaned("Equipment:INC", at=3)
    index = days.index()
    days.corrected(cleaning)
    entries = entries_of(days.records)
    kept = index.apply(entries[-1:], head_of(len(entries)))
    assert first_difference(kept, days.index().lineage) is None


def test_what_an_index_has_and_the_ledger_has_not_is_named() -> None:
    days = Days()
    days.made("A", at=0, to=5, uses=[days.run("INC")])
    days.stored("CellLot:A", "TANK", 6, 9)
    ledger = days.index().lineage
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=9)
    assert first_difference(days.index().lineage, ledger) is not None
    assert first_difference(ledger, days.index().lineage) == "it does not know CellLot:B"
    days.records.pop()
    assert first_difference(ledger, days.index().lineage) is None


@pytest.mark.parametrize(
    ("alter", "named"),
    [
        (lambda view: view.base.target.__setitem__(0, 0), "of Tissue:T-A, what it led to"),
        (lambda view: view.base.over.__setitem__(0, 0), "of CellLot:A, where it was"),
        (lambda view: view.dead_edges.__setitem__(0, 1), "of Tissue:T-A, what it led to"),
    ],
)
def test_an_array_that_was_altered_in_memory_is_named(alter: Callable[[View], None], named: str) -> None:
    days = Days()
    days.made("A", at=0, to=5, uses=[days.run("INC")])
    days.stored("CellLot:A", "TANK", 6, 9)
    kept = days.index().lineage
    for part in (kept.derived.view.base.target, kept.derived.view.base.over, kept.derived.view.dead_edges):
        part.setflags(write=True)
    alter(kept.derived.view)
    assert (first_difference(kept, days.index().lineage) or "").startswith(named)


@pytest.mark.parametrize("seed", range(20))
def test_an_answer_and_a_lineage_stay_as_they_were_while_entries_are_applied(seed: int) -> None:
    entries = entries_of(RandomTrial(seed, 90).records)
    middle = len(entries) // 2
    index = Index.build(entries[:middle], head_of(middle))
    pinned = index.lineage
    before = content(pinned)
    seeds = [Seed(node=("StoragePosition", "TANK1")), Seed(node=("Donor", "D1"))]
    first = pinned.impact(Hazard.CONTAGIOUS, seeds, list(Channel))
    for place in range(middle, len(entries)):
        index.apply(entries[place : place + 1], head_of(place + 1))
    index.compact()
    assert pinned.seq == middle
    assert content(pinned) == before
    again = pinned.impact(Hazard.CONTAGIOUS, seeds, list(Channel))
    assert np.array_equal(first.nodes, again.nodes)
    assert np.array_equal(first.since, again.since)
    assert content(index.at(AsOf(middle))) == before


def test_an_operation_may_stand_after_what_closes_or_corrects_it() -> None:
    days = Days()
    days.made("A")
    stay = days.stored("CellLot:A", "TANK", 1)
    days.closed(stay, 4)
    wrong = days.act("ADMINISTERED", ["CellLot:B"], ["Subject:S"], at=3)
    days.corrected(wrong)
    upright = Index.build(entries_of(days.records), head_of(len(days.records))).lineage
    days.records.reverse()
    reversed_ = Index.build(entries_of(days.records), head_of(len(days.records))).lineage
    question = (Hazard.CONTAGIOUS, [Seed(node=("StoragePosition", "TANK"))])
    assert len(upright.impact(*question).nodes) == len(reversed_.impact(*question).nodes) == 1
    assert upright.derived.view.base.edge_count == reversed_.derived.view.base.edge_count


def test_a_late_decontamination_stops_what_had_passed_before_it_was_recorded() -> None:
    days = Days()
    for lot, start, stop in (("A", 0.0, 2.0), ("B", 5.0, 6.0)):
        days.made(lot, at=start, uses=[days.run("INC", start, stop)])
    index = days.index()
    seeds = [Seed(node=("CellLot", "A"))]
    assert len(index.lineage.impact(Hazard.CONTAGIOUS, seeds).nodes) == 2
    days.cleaned("Equipment:INC", at=3)
    entries = entries_of(days.records)
    lineage = index.apply(entries[-1:], head_of(len(entries)))
    assert len(lineage.impact(Hazard.CONTAGIOUS, seeds).nodes) == 1


def test_a_missing_entry_is_refused_and_changes_nothing() -> None:
    entries = entries_of(RandomTrial(1, 60).records)
    index = Index.build(entries[:40], head_of(40))
    before = content(index.lineage)
    for given, head in (
        (entries[41:45], head_of(45)),  # the first is missing
        (entries[40:42] + entries[43:45], head_of(45)),  # one within
        (entries[40:44], head_of(45)),  # the last
        (entries[39:45], head_of(45)),  # one twice
        ([], head_of(41)),
        ([], head_of(39)),  # the ledger is shorter than what was read of it
    ):
        with pytest.raises(IntegrityBroken) as refused:
            index.apply(given, head)
        assert refused.value.code == "gap"
        assert index.head == head_of(40)
        assert content(index.lineage) == before
    index.apply(entries[40:], head_of(len(entries)))
    assert content(index.lineage) == content(Index.build(entries, head_of(len(entries))).lineage)


def test_a_ledger_that_begins_with_a_gap_is_not_built_from() -> None:
    entries = entries_of(RandomTrial(1, 60).records)
    for given in (entries[1:], entries[:20] + entries[21:], entries[:-1]):
        with pytest.raises(IntegrityBroken) as refused:
            Index.build(given, head_of(len(entries)))
        assert refused.value.code == "gap"


def test_a_restored_or_replaced_ledger_is_noticed() -> None:
    entries = entries_of(RandomTrial(1, 60).records)
    index = Index.build(entries[:40], head_of(40))
    with pytest.raises(IntegrityBroken) as refused:
        index.apply(entries[40:41], head_of(41, epoch="another"))
    assert refused.value.code == "other_epoch"


def test_questions_are_answered_while_another_thread_applies_and_compacts() -> None:
    trial = RandomTrial(7, 200)
    entries = entries_of(trial.records)
    index = Index.build(entries[:40], head_of(40))
    seeds = [Seed(node=("Donor", "D1")), Seed(node=("Donor", "D2"), from_ms=at_ms(5))]
    expected = {
        place: len(
            Index.build(entries[:place], head_of(place)).lineage.impact(Hazard.CONTAGIOUS, seeds, list(Channel)).nodes
        )
        for place in range(40, len(entries) + 1, 10)
    }
    seen: dict[int, set[int]] = {}
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                lineage = index.lineage
                answer = lineage.impact(Hazard.CONTAGIOUS, seeds, list(Channel))
                seen.setdefault(lineage.seq, set()).add(len(answer.nodes))
        except BaseException as error:  # noqa: BLE001 - told to the test, whatever it is
            failures.append(error)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for place in range(40, len(entries)):
        index.apply(entries[place : place + 1], head_of(place + 1))
        if place % 25 == 0:
            index.compact()
    done.set()
    for asker in askers:
        asker.join()
    assert failures == []
    assert all(seen[place] == {count} for place, count in expected.items() if place in seen)
    assert index.lineage.seq == len(entries)
