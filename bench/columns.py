"""The index of a synthetic lineage: the facts' columns filled with arrays, as its records would have left them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.lineages import COMMON, SITES, UNITS, Plan, make_plan
from graph.index import KIND_NAMES, Index
from graph.index.codes import CELL_LOT, CELL_UNIT, INSTANT, KIND_CODES, OPERATION_CODES, SITE
from graph.index.columns import Column, Names, Texts
from graph.index.facts import COLUMNS, Facts
from graph.index.tables import Array
from graph.index.view import View
from graph.reader import HeadRow

__all__ = ["HOUR", "Acts", "Synthetic", "facts_of", "make_lineage", "name_of"]

HOUR = 3_600_000
_NONE, _NOT_SAID = -1, 2
_BEGINS = {
    "Institution": "ORG", "Person": "P", "StoragePosition": "POS", "Equipment": "M", "Donor": "D", "Reagent": "R",
    "Subject": "S",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Synthetic:
    """An index, and what questions are asked of: ``common`` and the ``hub`` are numbers of reagents."""

    index: Index
    common: dict[str, int]
    hub: int
    reagents: range  # the others
    lots: Array

    @property
    def view(self) -> View:
        return self.index.lineage.derived.view


def make_lineage(things: int, *, of: int | None = None, seed: int = 0, machines: int | None = None) -> Synthetic:
    """As `make_plan` plans it."""
    plan = make_plan(things, of=of, seed=seed, machines=machines)
    facts = facts_of(plan)
    first = plan.first["Reagent"]
    return Synthetic(
        index=Index.of(facts, HeadRow(seq=facts.seq, digest="synthetic", epoch="synthetic")),
        common={name: first + number for number, name in enumerate(COMMON)},
        hub=first + len(COMMON),
        reagents=range(first + len(COMMON) + 1, first + plan.counts["Reagent"]),
        lots=plan.lot,
    )


def name_of(kind: str, number: int) -> str:
    """The key of a thing that is recorded as a node."""
    return f"{_BEGINS[kind]}-{number}"


class Acts:
    """Which operation is which: first the decontaminations, then of each lot what made it, its stay, its giving."""

    def __init__(self, plan: Plan) -> None:
        self.cleaned = np.arange(len(plan.cleaned))
        self.has_stay, self.has_gift = plan.tank >= 0, plan.subject >= 0
        each = 1 + self.has_stay + self.has_gift
        self.made = len(self.cleaned) + np.cumsum(each) - each
        self.stayed = (self.made + 1)[self.has_stay]
        self.given = (self.made + 1 + self.has_stay)[self.has_gift]
        self.count = len(self.cleaned) + int(each.sum())


def facts_of(plan: Plan) -> Facts:
    acts = Acts(plan)
    told = {
        **_things(plan),
        **_operations(plan, acts),
        **_inputs(plan, acts),
        **_outputs(plan, acts),
        **_uses(plan, acts),
    }
    columns = {
        name: Column(
            code, np.ascontiguousarray(told[name], dtype=Column(code).frozen().dtype) if name in told else None
        )
        for name, code in COLUMNS.items()
    }
    keys, op_keys = Texts(), Texts()
    for key in _keys(plan):
        keys.append(key)
    for number in range(acts.count):
        op_keys.append(f"O-{number}")
    found, known = (
        (Texts(*texts.packed(len(texts))), Names(texts, len(KIND_NAMES)).packed(len(texts)))
        for texts in (keys, op_keys)
    )
    return Facts.restored(plan.recorded + acts.count, columns, found, known)


def _keys(plan: Plan) -> Iterator[str]:
    for kind, count in plan.counts.items():
        yield from (name_of(kind, number) for number in range(count))
    for number, has_units in enumerate(plan.has_units.tolist()):
        yield f"L-{number}"
        if has_units:
            yield from (f"L-{number}#{unit}" for unit in range(UNITS))


def _things(plan: Plan) -> dict[str, Array]:
    """The nodes, the positions among them, then the lots, each with its units behind it."""
    recorded = np.repeat([KIND_CODES[kind] for kind in plan.counts], list(plan.counts.values()))
    sizes = 1 + UNITS * plan.has_units
    lots = np.repeat(plan.lot, sizes)
    is_lot = plan.recorded + np.arange(len(lots)) == lots
    nodes = np.arange(plan.recorded)
    positions = nodes[recorded == KIND_CODES["StoragePosition"]]
    is_site = np.arange(len(positions)) < SITES
    return {
        "thing_kind": np.concatenate((recorded, np.where(is_lot, CELL_LOT, CELL_UNIT))),
        "thing_lot": np.concatenate((np.full(plan.recorded, _NONE), np.where(is_lot, _NONE, lots))),
        "node_thing": nodes,
        "node_seq": nodes + 1,
        "node_recorded": np.zeros(plan.recorded),
        "node_is_stub": np.zeros(plan.recorded),
        "position_thing": positions,
        "position_parent": np.where(is_site, -2, positions[0] + np.arange(len(positions)) % SITES),
        "position_shared": np.where(is_site, _NOT_SAID, 1),
        "position_level": np.where(is_site, SITE, 0),
        "position_seq": positions + 1,
        "position_recorded": np.zeros(len(positions)),
    }


def _operations(plan: Plan, acts: Acts) -> dict[str, Array]:
    def each(cleaned: Array | int, made: Array | int, stayed: Array | int, given: Array | int) -> Array:
        values = np.empty(acts.count, dtype=np.int64)
        for rows, part in ((acts.cleaned, cleaned), (acts.made, made), (acts.stayed, stayed), (acts.given, given)):
            values[rows] = part
        return values

    code, person = OPERATION_CODES, plan.first["Person"]
    stayed, given = acts.has_stay, acts.has_gift
    ready = plan.made + plan.lasts
    over = ready + plan.stays
    start = each(plan.cleaned[:, 1], plan.made, ready[stayed], over[given] + 1) * HOUR
    end = each(plan.cleaned[:, 1], ready, over[stayed], over[given] + 1) * HOUR
    operator = person + plan.operator
    nothing, unsaid = np.zeros(acts.count), np.full(acts.count, _NONE)
    return {
        "op_type": each(code["DECONTAMINATED"], code["EXPANDED"], code["STORED"], code["ADMINISTERED"]),
        "op_flags": each(INSTANT, 0, 0, INSTANT),
        "op_start": start, "op_start_last": start, "op_end": end, "op_end_last": end,
        "op_seq": plan.recorded + 1 + np.arange(acts.count),
        "op_recorded": nothing, "op_offset": nothing, "op_told": nothing, "op_told_from": nothing,
        "op_operator": each(person, operator, operator[stayed], operator[given]),
        "op_location": unsaid, "op_left": unsaid, "op_org": nothing,
    }  # fmt: skip


class _Ends:
    """Rows that belong to operations, put together in any order."""

    def __init__(self, acts: Acts, *parts: tuple[Array, Array]) -> None:
        """``parts``: which operations, and the thing that each has."""
        owners = np.concatenate([owner for owner, _ in parts])
        order = np.argsort(owners, kind="stable")
        self.owner = owners[order]
        self.thing = np.concatenate([thing for _, thing in parts])[order]
        self.ends = np.cumsum(np.bincount(owners, minlength=acts.count))

    @cached_property
    def nothing(self) -> Array:
        return np.zeros(len(self.thing))


def _inputs(plan: Plan, acts: Acts) -> dict[str, Array]:
    has_first, has_second = (plan.parents[:, side] >= 0 for side in (0, 1))
    origin = np.where(has_first, plan.lot[plan.parents[:, 0]], plan.first["Donor"] + plan.family)
    rows = _Ends(
        acts,
        (acts.cleaned, plan.first["Equipment"] + plan.cleaned[:, 0]),
        (acts.made, origin),
        (acts.made[has_second], plan.lot[plan.parents[has_second, 1]]),
        (acts.stayed, plan.lot[acts.has_stay]),
        (acts.given, plan.lot[acts.has_gift]),
    )
    return {
        "op_inputs_end": rows.ends,
        "input_thing": rows.thing,
        "input_quantity": rows.nothing,
        "input_flags": rows.nothing,
        "input_units_end": np.cumsum(np.isin(rows.owner, acts.given)),
        "input_unit": plan.lot[acts.has_gift] + 1,
    }


def _outputs(plan: Plan, acts: Acts) -> dict[str, Array]:
    rows = _Ends(
        acts,
        (acts.made, plan.lot),
        (acts.stayed, plan.first["StoragePosition"] + plan.tank[acts.has_stay]),
        (acts.given, plan.first["Subject"] + plan.subject[acts.has_gift]),
    )
    lots = plan.lot[plan.has_units]
    return {
        "op_outputs_end": rows.ends,
        "output_thing": rows.thing,
        "output_quantity": rows.nothing,
        "output_is_measured": rows.nothing,
        "output_units_end": np.cumsum(UNITS * np.isin(rows.thing, lots)),
        "output_unit": (lots[:, None] + 1 + np.arange(UNITS)).ravel(),
    }


def _uses(plan: Plan, acts: Acts) -> dict[str, Array]:
    reagents = plan.first["Reagent"] + plan.reagents
    rows = _Ends(
        acts,
        *((acts.made, reagents[:, place]) for place in range(reagents.shape[1])),
        (acts.made, plan.first["Equipment"] + plan.machine),
    )
    times = ("flags", "start", "start_last", "end", "end_last", "offset", "on_end")
    return {"op_uses_end": rows.ends, "use_thing": rows.thing, **{f"use_{name}": rows.nothing for name in times}}
