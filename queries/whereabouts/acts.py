"""What the operations of one thing say of where it was, as they were told up to a position."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, unique

from graph.errors import Incomplete
from graph.reader import AsOf, Direction, Edges, NodeId, id_text
from graph.records import OperationRecord, ResourceUse, lot_of_unit, parse_stored
from graph.saying import said
from graph.times import Moment
from graph.vocabulary import OPERATIONS
from queries.operations import OperationKey, Told, told_operations
from queries.privacy import View

__all__ = ["MOST_OPERATIONS", "Act", "Manner", "Visit", "acts_of", "visits_of"]

MOST_OPERATIONS = 10_000  # of one thing; beyond, its units are asked one by one
# What can make a thing of a kind, or take it in: a reagent is used in far more than that.
_TYPES = {
    kind: tuple(name for name, operation in OPERATIONS.items() if any(kind in flow for flow in operation.flows))
    for kind in ("Tissue", "CellLot", "Reagent")
}
_POSITION, _EQUIPMENT = "StoragePosition", "Equipment"


@unique
class Manner(Enum):
    """How something was in a place, or was not."""

    OPERATION = "operation"  # made by it, or touched by it at its location
    RUN = "run"  # on a machine
    TEMPORARY = "temporary"  # where it was left until its next stay
    STAY = "stay"
    COUNT = "count"  # seen there by an inventory
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"  # at the site that it was brought to; no position is recorded
    TAKEN = "taken"  # used up, given, destroyed: then it was no more
    GAP = "gap"  # nowhere recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An operation with its closings; ``end`` None: it is still going on."""

    record: OperationRecord
    seq: int
    end: Moment | None

    @property
    def is_instant(self) -> bool:
        """Whether nothing says how long it took."""
        start, end = self.record.start, self.end
        if self.record.end is None:
            return end is not None
        return end is not None and start.is_exact and end.is_exact and start.earliest_ms == end.earliest_ms

    @property
    def position(self) -> str | None:
        """What it was stored in, taken out of, or brought to."""
        return next((end.id for end in self.record.outputs if end.kind == _POSITION), None)

    @property
    def left_in(self) -> str | None:
        """Where it left what it made."""
        found: str | None = self.record.values.get("temporary_storage_location")
        return found

    @property
    def location(self) -> str | None:
        found: str | None = self.record.values.get("operation_location")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """That some things were at an operation, on a machine or seen by an inventory, whatever they stood in meanwhile.

    ``end`` None: it goes on; not ``is_end_known``: until they were next moved, for no end is recorded. ``quantity``: of a
    counted lot, where only some of it was there.
    """

    manner: Manner
    place: NodeId | None
    start: Moment
    end: Moment | None
    is_end_known: bool = True
    things: tuple[NodeId, ...]
    quantity: float | None = None


async def acts_of(view: View, edges: Edges, thing: NodeId, as_of: AsOf) -> dict[str, Act]:
    """The live operations that made the thing, or that it went into; of a lot those of its units too, of a unit those of
    its lot as such. How often the store is asked does not depend on how many there are.
    """
    frontier = {thing[0]: [thing[1]]}
    if thing[0] == "CellUnit":
        frontier["CellLot"] = [lot_of_unit(thing[1])]
    elif thing[0] == "CellLot":
        parts = await edges.neighbours(Direction.FORWARD, frontier, ("CONTAINS",), as_of)
        frontier["CellUnit"] = [edge.target[1] for edge in parts]
    types = _TYPES["CellLot" if thing[0] == "CellUnit" else thing[0]]
    keys: dict[str, OperationKey] = {}
    for direction in Direction:
        for edge in await edges.neighbours(direction, frontier, types, as_of):
            keys[edge.operation_id] = OperationKey(edge.operation_id, edge.seq, edge.start_ms or 0)
    if len(keys) > MOST_OPERATIONS:
        raise Incomplete(
            said(
                "{thing} has {count} operations, more than are told at once ({most}).",
                thing=id_text(thing),
                count=len(keys),
                most=MOST_OPERATIONS,
            ),
            remedy=said("Ask for one of its units."),
            code="too_large",
        )
    told = await told_operations(view, list(keys.values()), as_of)
    return await asyncio.to_thread(_read, told)


def _read(told: Mapping[str, Told]) -> dict[str, Act]:
    """In the order of the ledger."""
    acts: dict[str, Act] = {}
    for name, each in sorted(told.items(), key=lambda item: item[1].entry.seq):
        record = parse_stored(each.record)
        assert isinstance(record, OperationRecord)
        end = record.end if record.end is not None or record.is_open else record.start
        acts[name] = Act(record=record, seq=each.entry.seq, end=end)
    return acts


def visits_of(act: Act, lot: NodeId) -> list[Visit]:
    """Where the operation had the lot, its units or some of it. What goes into something made is taken, not there."""
    record, touched = act.record, _touched(act.record, lot)
    is_made = OPERATIONS[record.type].is_material and lot in touched
    some = next((end.quantity for end in record.inputs if (end.kind, end.id) == lot and not end.units), None)
    here = Visit(
        manner=Manner.OPERATION,
        place=None if act.location is None else (_POSITION, act.location),
        start=record.start,
        end=act.end,
        things=touched,
        quantity=None if is_made else some,
    )
    found = [here] if touched and (is_made or act.location is not None) else []
    if record.type == "COUNTED" and act.position is not None:
        found.append(replace(here, manner=Manner.COUNT, place=(_POSITION, act.position)))
    for use in record.uses:
        things = _used_on(use, lot) if use.on else touched
        if use.kind != _EQUIPMENT or not things:
            continue
        run = replace(here, manner=Manner.RUN, place=(_EQUIPMENT, use.id), things=things)
        if use.start is not None:
            run = replace(run, start=use.start, end=use.end)
        elif act.is_instant:
            run = replace(run, end=None, is_end_known=False)
        found.append(run)
    return found


def _touched(record: OperationRecord, lot: NodeId) -> tuple[NodeId, ...]:
    """What of the lot an operation touched: what it made, else what went in, units where they are named."""
    if OPERATIONS[record.type].is_material:
        return tuple(lot for end in record.outputs if (end.kind, end.id) == lot)
    touched: list[NodeId] = []
    for end in record.inputs:
        if (end.kind, end.id) == lot:
            touched += [("CellUnit", unit) for unit in end.units] or [lot]
    return tuple(touched)


def _used_on(use: ResourceUse, lot: NodeId) -> tuple[NodeId, ...]:
    things = [(kind, key) for kind, _, key in (name.partition(":") for name in use.on)]
    return tuple(each for each in things if each == lot or (each[0] == "CellUnit" and lot_of_unit(each[1]) == lot[1]))
