"""What became of things: read off arrays, kept and told again, or replayed by the rules; it is the same."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from exchange.generator import generate
from graph.index import Index, Lineage
from graph.index.codes import IS_MATERIAL_KIND
from graph.keeping import exists
from graph.keeping.standing import Standing
from graph.keeping.standings import standings_of
from graph.reader import AsOf
from support.days import Days, end, head_of
from support.oracle import entries_of
from support.random_trials import RandomTrial
from support.trial import correction, trial

ALWAYS = -(2**62)


def _told(lineage: Lineage, *, fast: bool = True) -> tuple[Counter[str], Counter[int | None]]:
    material = np.flatnonzero(IS_MATERIAL_KIND[lineage.kinds]).tolist()  # of which answers are
    things = np.array([number for number in material if exists(lineage, lineage.node(number))], dtype=np.int32)
    standing = Standing(lineage, things, np.full(len(things), ALWAYS, dtype=np.int64), fast=fast)
    return standing.parts().by_disposition, standing.sites()


def _anew(entries: list[Any], seq: int) -> Lineage:
    return Index.build(entries[:seq], head_of(seq)).lineage


@pytest.mark.parametrize("seed", range(4))
def test_arrays_tell_what_a_replay_tells(seed: int) -> None:
    """Of records that keep the rules: nothing is used up twice."""
    entries = entries_of(list(generate(donors=4, seed=seed)))
    for seq in (len(entries) // 2, len(entries)):
        lineage = _anew(entries, seq)
        assert _told(lineage) == _told(lineage, fast=False)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_kept_is_told_again_where_entries_change_it(seed: int) -> None:
    chance = random.Random(seed)
    entries = entries_of(RandomTrial(seed, 90).records)
    place = len(entries) // 3
    index = Index.build(entries[:place], head_of(place))
    kept = standings_of(index.lineage.facts)
    kept.tell_all(index.lineage)
    asked = 0
    while place < len(entries):
        last = min(len(entries), place + chance.choice((1, 1, 2, 5)))
        lineage = index.apply(entries[place:last], head_of(last))
        place = last
        if kept.is_behind(lineage):  # a position was moved
            kept.tell_all(lineage)
        assert not kept.is_behind(lineage)
        if chance.random() < 0.5 or place == len(entries):
            asked += 1
            assert _told(lineage) == _told(_anew(entries, place)), place
    assert asked


@pytest.mark.parametrize("fast", [True, False])
def test_a_lot_destroyed_by_its_name_is_what_was_left_of_it(fast: bool) -> None:
    days = Days()
    days.made("A", units=3)
    days.act("ADMINISTERED", [end("CellLot:A", units=[1])], ["Subject:S"], at=5, operation_location="WARD")
    days.destroyed("CellLot:A", at=20, operation_location="INCINERATOR")
    for place in ("WARD", "INCINERATOR"):
        days.node(f"StoragePosition:{place}", level="site")
    lineage = days.index().lineage
    units = np.array([lineage.find(("CellUnit", f"A#{number}")) for number in (1, 2, 3)], dtype=np.int32)
    standing = Standing(lineage, units, np.full(3, ALWAYS, dtype=np.int64), fast=fast)
    assert standing.parts().by_disposition == {"administered": 1, "destroyed": 2}
    sites = {lineage.node(site or 0)[1]: count for site, count in standing.sites().items()}
    assert sites == {"WARD": 1, "INCINERATOR": 2}


def test_an_earlier_position_is_told_as_it_was() -> None:
    records = [*trial(), *correction()]
    entries = entries_of(records)
    index = Index.build(entries, head_of(len(entries)))
    standings_of(index.lineage.facts).tell_all(index.lineage)
    for seq in (40, len(trial())):
        assert _told(index.at(AsOf(seq))) == _told(_anew(entries, seq))
