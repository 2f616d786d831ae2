"""A ledger in plain memory: requests are judged by the rules that the door uses, against all that was accepted before.

register = Register()
register.hand_in(sheet.records).accepted
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from graph.effects import Stamp
from graph.errors import Deviation, Place, Violation, Warned
from graph.ledger.sealing_records import tier3_members
from graph.records import RawRecord, Record, is_sealed, parse, parse_stored
from graph.rules.batch import Batch, Item
from graph.rules.clock import Clock
from graph.rules.course import Course, Thing, run_course
from graph.rules.identity import reagent_lot
from graph.rules.judge import judge
from graph.rules.unread import hides_names, keys_named
from graph.rules.world import KnownEntry, World
from graph.times import parse_moment

__all__ = ["Judged", "Register"]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What came of one request."""

    accepted: bool
    violations: tuple[Violation, ...] = ()
    warnings: tuple[Warned, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    unchanged: int = 0
    writes: Any = None

    @property
    def codes(self) -> list[str]:
        return sorted(violation.code for violation in self.violations)

    @property
    def faults(self) -> list[tuple[str | None, str | None, str]]:
        """(record, member, code) of each violation, in the order told."""
        return [(each.record, each.member, each.code) for each in self.violations]

    @property
    def raised(self) -> list[tuple[str, str, str | None]]:
        """(code, severity, operation) of each deviation, sorted."""
        return sorted((each.code, each.severity, each.operation) for each in self.deviations)

    @property
    def warned(self) -> list[str]:
        return sorted(warning.code for warning in self.warnings)


@dataclass
class Register:
    """``now`` is the ledger's clock."""

    now: str = "2026-01-01T00:00:00Z"
    world: World = field(default_factory=World)
    seq: int = 0

    def hand_in(
        self, records: Iterable[Mapping[str, Any]], *, historic: bool = False, zone: str | None = None
    ) -> Judged:
        """Judges the records as one request, and keeps them if they are accepted."""
        now_ms = parse_moment(self.now).earliest_ms
        items, problems, unread, is_legible = [], [], set[str](), True
        for number, value in enumerate(records, 1):
            raw = RawRecord(value, Place(line=number))
            record, found = parse(raw, zone)
            problems += found
            if record is not None:
                items.append(Item(record))
            else:
                unread |= keys_named(raw)
                is_legible = is_legible and not hides_names(raw)
        batch = Batch(items if is_legible else [], problems, unread=frozenset(unread))
        if not batch.items:
            return Judged(accepted=False, violations=tuple(batch.violations))
        world = deepcopy(self.world)
        _look_around(world, batch)
        judgement = judge(
            batch,
            world,
            clock=Clock(now_ms=now_ms, is_historic=historic),
            is_same=lambda given, stored: _sealed(given) == _sealed(stored),
            stamp_of=lambda index, record: Stamp(
                self.seq + 1 + index, record.recorded_at.earliest_ms if record.recorded_at else now_ms
            ),
            seal=_seal,
            keyed_digest=_keyed,
        )
        if judgement.writes is not None:
            for _, record in judgement.applied:
                self.seq += 1
                self._enter(world, record)
            for node in world.nodes.values():
                node.is_new = False
            self.world = world
        return Judged(
            accepted=judgement.writes is not None,
            violations=tuple(batch.violations),
            warnings=tuple(batch.warnings),
            deviations=tuple(deviation for item in batch.items for deviation in item.deviations),
            unchanged=sum(item.is_unchanged for item in batch.items),
            writes=judgement.writes,
        )

    def _enter(self, world: World, record: Record) -> None:
        world.entries[record.name] = KnownEntry(record.name, self.seq, record.canonical)
        replacement = getattr(record, "replacement", None)
        if replacement is not None:
            world.entries[replacement.name] = KnownEntry(replacement.name, self.seq, replacement.canonical)

    def course(self, kind: str, key: str, *, at: str | None = None) -> Course:
        """What has become of a thing, by a time where one is given."""
        node = self.world.nodes[kind, key]
        assert node.account is not None
        until = None if at is None else parse_moment(at).earliest_ms
        thing = Thing(kind=kind, key=key, expiry_date=node.values.get("expiry_date"))
        return run_course(thing, node.account, until_ms=until, is_within=self.world.is_within)

    def amounts(self, lot: str, *, at: str | None = None) -> dict[str, float]:
        """Disposition -> how much of the lot."""
        return self.course("CellLot", lot, at=at).amounts()


def _keyed(donor: str) -> str:
    return f"keyed {donor}"


def _sealed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """With the values of tier 3 as digests, equal for equal values."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(payload))
    for holder, name, _ in tier3_members(copy):
        if is_sealed(holder[name]):
            holder[name] = {"sealed": holder[name]["sealed"]}
        else:
            holder[name] = {"sealed": hashlib.sha256(orjson.dumps(holder[name])).hexdigest()}
    return copy


def _seal(record: Record, world: World) -> Record:
    for holder, name, declared in tier3_members(record.canonical):
        if declared.ref is not None and not is_sealed(holder[name]):
            digest = hashlib.sha256(orjson.dumps(holder[name])).hexdigest()
            world.keyed_digests[digest] = _keyed(str(holder[name]))
    sealed = parse_stored(_sealed(record.canonical))
    return replace(sealed, recorded_at=record.recorded_at, place=record.place)


def _look_around(world: World, batch: Batch) -> None:
    """What the store is asked for beside the things that the request names."""
    live = [known.record for known in world.operations.values() if known.is_live]
    for node in world.accounted():
        for event in node.account.events if node.account is not None else ():
            if event.type == "STORED" and event.position is not None:
                world.occupants.setdefault(event.position, set()).add((node.kind, node.key))
    for node in world.nodes.values():
        lot = reagent_lot(node.values) if node.kind == "Reagent" and not node.is_void else None
        if lot is not None:
            world.reagent_lots[lot] = node.key
    for operation in live:
        for use in operation.uses:
            world.users.setdefault(f"{use.kind}:{use.id}", set()).add(operation.id)
    world.running = {
        (cleaning.id, end.id): runs
        for item in batch.items
        if (cleaning := item.operation) is not None and cleaning.type == "DECONTAMINATED"
        for end in cleaning.inputs
        if (runs := _runs(live, end.id, (cleaning.end or cleaning.start).latest_ms))
    }


def _runs(live: Iterable[Any], machine: str, cut_ms: int) -> list[str]:
    found = []
    for operation in live:
        for use in operation.uses:
            start, end = use.start or operation.start, use.end if use.start else operation.end
            lasts = use.is_open if use.start else operation.is_open
            is_across = start.earliest_ms < cut_ms and (lasts if end is None else end.earliest_ms > cut_ms)
            if use.id == machine and is_across:
                found.append(operation.id)
    return sorted(found)
