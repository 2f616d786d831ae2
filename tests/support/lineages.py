"""Random lineages that the rules accept, and what a trace must find in them, computed the plain way.

A drawn lineage has splits, pools, named units, counted lots, reagents, working solutions and doses; corrections are
drawn without asking whether they are possible: the door decides, and the oracle goes by what it took in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from support.bench_sheet import BenchSheet, Json, some_of, units_of

__all__ = ["Drawn", "ancestry", "drawn_lineages", "reached"]

# Marked * in the table of operation types: their edges are the lineage.
_MATERIAL = frozenset(
    {
        "COLLECTED", "SEPARATED", "PURIFIED", "EXPANDED", "CRYOPRESERVED", "THAWED", "DIVIDED", "RELABELLED", "POOLED",
        "FORMULATED", "PREPARED", "ADMINISTERED",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """``requests`` must be accepted, in this order; each of ``corrections`` may be."""

    requests: list[list[Json]]
    corrections: list[Json]


@dataclass
class _Bench:
    """What stands on the bench: cultures that can be taken as a whole, and what is left of each bank."""

    draw: Any
    sheet: BenchSheet = field(default_factory=BenchSheet)
    cultures: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    itemised: dict[str, list[int]] = field(default_factory=dict)
    reagents: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    donors: list[str] = field(default_factory=list)
    acts: list[Json] = field(default_factory=list)
    made: int = 0

    def name(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def pick(self, things: Iterable[Any]) -> Any:
        return self.draw(st.sampled_from(list(things)))

    # -- acts ------------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        if not self.donors or self.draw(st.booleans()):
            self.donors.append(self.name("D"))
            self.sheet.donor(self.donors[-1], blood_type=self.pick(["A+", "B+"]))
        tissue, lot = self.name("T"), self.name("L")
        self.acts.append(self.sheet.collected(self.pick(self.donors), tissue))
        self.acts.append(self.sheet.separated(tissue, lot))
        self.cultures.append(lot)

    def take_culture(self) -> str:
        if not self.cultures:
            self.collect()
        culture: str = self.pick(self.cultures)
        self.cultures.remove(culture)
        return culture

    def take(self) -> Json | str:
        """Something of what there is: a culture, some of a counted bank, units of an itemised one."""
        banks = [*self.counted, *self.itemised]
        if not banks or self.draw(st.booleans()):
            return self.take_culture()
        bank = self.pick(banks)
        if bank in self.counted:
            self.counted[bank] -= 1
            if not self.counted[bank]:
                del self.counted[bank]
            return some_of(bank, 1)
        units = self.itemised[bank]
        count = self.draw(st.integers(1, len(units)))
        taken, self.itemised[bank] = units[:count], units[count:]
        if not self.itemised[bank]:
            del self.itemised[bank]
        return units_of(bank, *taken)

    def expand(self) -> None:
        lot = self.name("L")
        reagents = [self.pick(self.reagents)] if self.reagents and self.draw(st.booleans()) else []
        self.acts.append(self.sheet.expanded(self.take(), lot, reagents=reagents))
        self.cultures.append(lot)

    def divide(self) -> None:
        lots = [self.name("L") for _ in range(self.draw(st.integers(2, 3)))]
        self.acts.append(self.sheet.divided(self.take_culture(), lots))
        self.cultures += lots

    def pool(self) -> None:
        sources, lot = [self.take_culture(), self.take_culture()], self.name("L")
        self.acts.append(self.sheet.pooled(sources, lot))
        self.cultures.append(lot)

    def freeze(self) -> None:
        lot, count = self.name("B"), self.draw(st.integers(1, 3))
        if self.draw(st.booleans()):
            self.acts.append(self.sheet.cryopreserved(self.take_culture(), lot, units=count))
            self.itemised[lot] = list(range(1, count + 1))
        else:
            self.acts.append(self.sheet.cryopreserved(self.take_culture(), lot, quantity=count))
            self.counted[lot] = count

    def give(self) -> None:
        lot, subject = self.name("P"), self.name("S")
        self.sheet.subject(subject)
        self.acts.append(self.sheet.formulated([self.take()], lot, units=2))
        self.acts.append(self.sheet.released(lot))
        self.acts.append(self.sheet.administered(units_of(lot, 1), subject))

    def prepare(self) -> None:
        """A working solution of a bought reagent or of another; a serum of a donor; a feeder layer of a culture."""
        if not self.reagents:
            self.reagents.append(self.name("R"))
            self.sheet.reagent(self.reagents[-1])
        sources: list[Json] = [{"kind": "Reagent", "id": self.pick(self.reagents)}]
        if self.cultures and self.draw(st.booleans()):
            sources = [{"kind": "CellLot", "id": self.take_culture()}]
        elif self.donors and self.draw(st.booleans()):
            sources.append({"kind": "Donor", "id": self.pick(self.donors)})
        reagent = self.name("R")
        self.acts.append(self.sheet.prepared(sources, reagent))
        self.reagents.append(reagent)

    def store(self) -> None:
        banks = [*self.counted, *self.itemised]
        if banks:
            stay = self.sheet.stored(self.pick(banks))
            self.sheet.closing(stay)

    # -- corrections -----------------------------------------------------------------------------------------------

    def correct(self) -> Json:
        """Says of an act that it was done by another, or out of another thing, or not at all."""
        wrong = self.pick(self.acts)
        how = self.draw(st.sampled_from(["operator", "input", "void"]))
        if how == "void":
            return self.sheet.correction(wrong, None)
        if how == "operator":
            return self.sheet.correction(wrong, {**wrong, "operator": "P-02"})
        other = self.pick(self.acts)["inputs"][0]
        return self.sheet.correction(wrong, {**wrong, "inputs": [other, *wrong["inputs"][1:]]})


@st.composite
def drawn_lineages(draw: Any, *, most_acts: int = 9, most_corrections: int = 2) -> Drawn:
    bench = _Bench(draw)
    acts = [bench.collect, bench.expand, bench.divide, bench.pool, bench.freeze, bench.give, bench.prepare, bench.store]
    ends = [len(bench.sheet.records)]
    bench.collect()
    for _ in range(draw(st.integers(2, most_acts))):
        bench.pick(acts)()
        if draw(st.booleans()):
            ends.append(len(bench.sheet.records))
    records = list(bench.sheet.records)
    corrections = [bench.correct() for _ in range(draw(st.integers(0, most_corrections)))]
    requests = [records[begin:end] for begin, end in zip([0, *ends], [*ends, len(records)], strict=True)]
    # within a request the order does not matter
    return Drawn(requests=[draw(st.permutations(each)) for each in requests if each], corrections=corrections)


# -- the oracle ------------------------------------------------------------------------------------------------------


def ancestry(records: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Thing -> what it was made from, one step, by what stands when all of these records are in. Ids are full."""
    operations: dict[str, Mapping[str, Any]] = {}
    corrected: set[str] = set()
    for given in records:
        if given["record"] == "operation":
            operations[given["id"]] = given
        elif given["record"] == "correction":
            corrected.add(given["operation"])
            if given["replacement"] is not None:
                operations[given["replacement"]["id"]] = given["replacement"]
    parents: dict[str, set[str]] = defaultdict(set)
    for name, operation in operations.items():
        if name in corrected or operation["type"] not in _MATERIAL:
            continue
        sources = {source for end in operation["inputs"] for source in _things(end)}
        for output in operation["outputs"]:
            made = f"{output['kind']}:{output['id']}"
            parents[made] |= sources
            for unit in _units(output):
                parents[f"CellUnit:{unit}"].add(made)
    return parents


def _things(end: Mapping[str, Any]) -> list[str]:
    """The units where they are named, otherwise the thing itself."""
    return [f"CellUnit:{unit}" for unit in _units(end)] or [f"{end['kind']}:{end['id']}"]


def _units(end: Mapping[str, Any]) -> list[str]:
    listed: list[str] = []
    for unit in end.get("units", ()):
        lot, _, span = unit.partition("#")
        first, _, last = span.partition("-")
        listed += [f"{lot}#{number}" for number in range(int(first), int(last or first) + 1)]
    return listed


def reached(parents: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """The start and everything before it."""
    found, ahead = {start}, [start]
    while ahead:
        for parent in parents.get(ahead.pop(), ()):
            if parent not in found:
                found.add(parent)
                ahead.append(parent)
    return found
