"""A synthetic lineage of any size, made in seconds and the same for the same seed: as an index, and as the records of it.

Shaped like trials. Lots come from one or two of the lots made lately, so that lineages stay apart as those of donors
do; each uses a few reagent lots and passes through a machine that is cleaned now and then; some stay in tanks, some of
those that nothing was made of stand in named units, of which one is given to a subject. Some reagents are `COMMON`.

`bench.columns` tells it to the index in arrays; a test holds that against the same told as records, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graph.index.tables import Array

__all__ = ["COMMON", "HUB", "SITES", "UNITS", "Plan", "make_plan"]

UNITS = 5  # of a lot that has named units
SITES = 4  # the first of the positions; the others are tanks in them
_REAGENTS_EACH = 4
_FAMILY = 60  # lots that come, one way or another, from one donor
_PEOPLE = 20
_FULL = 1_000_000
# Reagents used on so many lots of a million things or more, with what that comes to: each lot leads to some five things.
COMMON = {"1,000": 130, "4,000": 560, "9,000": 1_250, "20,000": 2_900, "60,000": 9_600, "500,000": 106_000}
HUB = 80_000  # lots that nothing was made of


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens, by lot in the order of their making; -1: none. Numbers are those of each kind's own list."""

    counts: dict[str, int]  # of kinds that are recorded as nodes, in order
    made: Array  # hours
    lasts: Array
    parents: Array  # two each: lots
    family: Array  # the donor, of a lot without parents
    reagents: Array
    machine: Array
    operator: Array
    tank: Array
    stays: Array  # hours
    has_units: Array
    subject: Array
    cleaned: Array  # machine and hour of each decontamination, one row each

    @cached_property
    def first(self) -> dict[str, int]:
        """The number of the first thing of each kind."""
        ends = np.cumsum([0, *self.counts.values()]).tolist()
        return dict(zip(self.counts, ends, strict=False))

    @cached_property
    def recorded(self) -> int:
        """How many things are recorded as nodes; the lots and their units come after them."""
        return sum(self.counts.values())

    @cached_property
    def lot(self) -> Array:
        """The number of each lot."""
        before = np.cumsum(self.has_units) - self.has_units
        lots: Array = self.recorded + np.arange(len(self.made)) + UNITS * before
        return lots.astype(np.int32)


def make_plan(things: int, *, of: int | None = None, seed: int = 0, machines: int | None = None) -> Plan:
    """About five edges a thing, and three presences. ``of``: the common reagents are as common as among so many things, so that answers stay as large."""
    rng = np.random.default_rng(seed)
    reagent_count = max(things // 50, 50)
    lots = int((things - reagent_count - things // 40) / (1 + 0.03 * UNITS))
    made = np.sort(rng.integers(0, things // 8 + 1, lots))
    place = np.arange(lots)
    family = place // _FAMILY * _FAMILY
    first = family + ((place - family) * rng.random(lots)).astype(np.int64)
    pooled = rng.random(lots) < 0.01  # a few take from another family
    second = np.where(pooled, family * rng.random(lots), family + (place - family) * rng.random(lots)).astype(np.int64)
    has_first = place > family
    has_second = has_first & ((rng.random(lots) < 0.3) | pooled) & (second != first)
    parents = np.stack((np.where(has_first, first, -1), np.where(has_second, second, -1)), axis=1)
    is_last = np.ones(lots, dtype=np.bool_)
    is_last[parents[parents >= 0]] = False
    has_units = is_last & (rng.random(lots) < 0.06)
    given = np.cumsum(has_units) - 1
    machines, tanks = machines or max(1, lots // 4000), max(1, lots // 8000)
    cleaned = np.array([(number, at) for number in range(machines) for at in range(0, int(made[-1]), 2000)])
    return Plan(
        counts={
            "Institution": 1,
            "Person": _PEOPLE,
            "StoragePosition": SITES + tanks,
            "Equipment": machines,
            "Donor": lots // _FAMILY + 1,
            "Reagent": reagent_count,
            "Subject": max(1, int(has_units.sum())),
        },
        made=made,
        lasts=rng.integers(0, 200, lots),
        parents=parents,
        family=np.where(has_first, -1, place // _FAMILY),
        reagents=_reagents(rng, is_last & ~has_units, reagent_count, min(of or things, _FULL) / _FULL),
        machine=rng.integers(0, machines, lots),
        operator=rng.integers(0, _PEOPLE, lots),
        tank=np.where(rng.random(lots) < 0.3, SITES + rng.integers(0, tanks, lots), -1),
        stays=rng.integers(50, 3000, lots),
        has_units=has_units,
        subject=np.where(has_units, given, -1),
        cleaned=cleaned.reshape(-1, 2),
    )


def _reagents(rng: np.random.Generator, is_end: Array, count: int, share: float) -> Array:
    """Which reagent lots each operation uses: of those current at the time, or a common one."""
    lots, common = len(is_end), len(COMMON) + 1
    current = np.arange(lots)[:, None] * (count - common) // lots + rng.integers(0, 40, (lots, _REAGENTS_EACH))
    used = common + current % (count - common)
    order, begin = rng.permutation(lots), 0
    for number, uses in enumerate(COMMON.values()):
        size = max(1, int(uses * share))
        used[order[begin : begin + size], 0] = number
        begin += size
    ends = rng.permutation(np.flatnonzero(is_end))[: int(HUB * share)]
    used[ends, 1] = common - 1
    return used
