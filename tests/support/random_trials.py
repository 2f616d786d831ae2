"""Random trials on a coarse grid of time, so that things often happen at the same instant: records that fit each other.

Pools, splits, units, counted lots, working solutions, runs open and closed, stays open and ended, nested and moved
positions, decontaminations, times known to a day or between two, closings, corrections, amendments, late records.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

__all__ = ["STEP_MS", "RandomTrial", "at_ms"]

_ZONE = timezone(timedelta(hours=8))
_EPOCH = datetime(2025, 1, 1, tzinfo=_ZONE)
_HOURS = 6  # a step of the grid; four of them are a day
STEP_MS = _HOURS * 3_600_000
_MACHINES = ("M1", "M2", "M3")
_POSITIONS = {
    "SITE": {"level": "site"},
    "ROOM": {"level": "room", "parent": "SITE"},
    "TANK1": {"level": "tank", "parent": "ROOM", "shared_environment": True},
    "TANK2": {"level": "tank", "parent": "ROOM", "shared_environment": True},
    "RACK": {"level": "rack", "parent": "TANK1"},
    "BOX": {"level": "box", "parent": "RACK"},
    "CELL": {"level": "cell", "parent": "BOX"},
    "SHELF": {"level": "tank", "parent": "ROOM", "shared_environment": False},
    "BENCH": {"level": "box"},
}
_MOVABLE = {"RACK": ("TANK1", "TANK2", "ROOM"), "BOX": ("RACK", "SHELF", "TANK2"), "SHELF": ("ROOM", "SITE", "TANK1")}


def at_ms(step: int) -> int:
    """The instant of a step of the grid."""
    return round(_EPOCH.timestamp() * 1000) + step * STEP_MS


def _text(step: int) -> str:
    return (_EPOCH + timedelta(hours=_HOURS * step)).isoformat(timespec="seconds")


@dataclass
class _Thing:
    """What is left of something. ``units``: those that were not taken; ``amount``: of a counted lot; None: the whole."""

    kind: str
    key: str
    units: list[str] | None = None
    amount: int | None = None
    is_gone: bool = False
    stays: dict[str | None, str] = field(default_factory=dict)  # unit (None: the whole) -> operation of an open stay


class RandomTrial:
    """Makes one trial from a seed. ``records`` is in ledger order; ``steps`` how far time has gone."""

    def __init__(self, seed: int, length: int, *, inexact: float = 0.12, late: float = 0.15) -> None:
        self.chance = random.Random(seed)
        self.inexact = inexact
        self.now = 0
        self.count = 0
        self.records: list[dict[str, Any]] = []
        self.things: list[_Thing] = []
        self.reagents: list[str] = ["R1", "R2"]
        self.subjects = ["S1", "S2"]
        self.open_operations: list[tuple[str, str | None, int]] = []
        self.corrected: set[str] = set()
        self._setting()
        actions = [getattr(self, f"_{name}") for name, weight in _ACTIONS.items() for _ in range(weight)]
        while len(self.records) < length:
            self.now += self.chance.choice((0, 0, 1, 1, 2, 4))
            self.chance.choice(actions)()
        self.steps = self.now + 8
        self._delay(late)

    def _setting(self) -> None:
        for kind, keys in (
            ("Donor", ("D1", "D2")), ("Subject", self.subjects), ("Equipment", _MACHINES), ("Reagent", ("R1", "R2")),
            ("Person", ("P1", "P2")), ("Institution", ("O",)),
        ):  # fmt: skip
            self.records += [{"record": "node", "kind": kind, "id": key, "data": {}} for key in keys]
        for key, fields in _POSITIONS.items():
            self.records.append({"record": "node", "kind": "StoragePosition", "id": key, "data": fields})

    def _delay(self, share: float) -> None:
        """Some records come late: what ends, moves, cleans or mends is often written down afterwards."""
        slow = [
            record
            for record in self.records
            if record["record"] in {"closing", "amendment"}
            or record.get("type") in {"DECONTAMINATED", "MOVED", "STORED"}
        ]
        for record in slow:
            if self.chance.random() < share:
                place = self.records.index(record)
                needs = [name for name, other in enumerate(self.records) if record["id"] == other.get("operation")]
                last = min(needs, default=len(self.records))
                if place + 1 < last:
                    self.records.insert(self.chance.randrange(place + 1, last), self.records.pop(place))

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def _time(self, step: int) -> str:
        if self.chance.random() >= self.inexact:
            return _text(step)
        day = (_EPOCH + timedelta(hours=_HOURS * step)).date().isoformat()
        return self.chance.choice((day, f"{_text(step)}/{_text(step + self.chance.randint(0, 3))}"))

    def _times(self, *, may_last: float = 0.5) -> dict[str, str]:
        times = {"start": self._time(self.now)}
        if self.chance.random() < may_last:
            times["end"] = self._time(self.now + self.chance.randint(0 if "T" in times["start"] else 4, 6))
        return times

    def _uses(self, touched: Sequence[str], name: str) -> list[dict[str, Any]]:
        uses: list[dict[str, Any]] = []
        for kind, keys, share in (("Equipment", _MACHINES, 0.7), ("Reagent", tuple(self.reagents), 0.5)):
            if self.chance.random() > share:
                continue
            use: dict[str, Any] = {"kind": kind, "id": self.chance.choice(keys)}
            if self.chance.random() < 0.6:
                use["start"] = _text(self.now + self.chance.randint(0, 2))
                if self.chance.random() < 0.7:
                    use["end"] = _text(self.now + self.chance.randint(2, 8))
                else:
                    self.open_operations.append((name, use["id"], self.now + 2))
            if kind == "Equipment" and self.chance.random() < 0.25:
                use["process"] = "closed"
            if touched and self.chance.random() < 0.25:
                use["on"] = self.chance.sample(list(touched), 1)
            uses.append(use)
        return uses

    def _operate(
        self, kind: str, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]], *,
        times: Any = None, has_uses: bool = True, **fields: Any,
    ) -> dict[str, Any]:  # fmt: skip
        name = self._name("O")
        touched = [unit for end in inputs for unit in end.get("units", ())]
        touched += [end["id"] for end in (*inputs, *outputs) if end["kind"] in {"CellLot", "Tissue", "Subject"}]
        # A key that stands on both sides names one thing.
        record: dict[str, Any] = {
            "record": "operation", "type": kind, "id": name, **(times or self._times()), "zone": "+08:00",
            "performing_org": "O", "operator": self.chance.choice(("P1", "P2")), "inputs": inputs,
        }  # fmt: skip
        if outputs:
            record["outputs"] = outputs
        if has_uses and (uses := self._uses(sorted(set(touched)), name)):
            record["uses"] = uses
        if self.chance.random() < 0.2:
            fields["operation_location"] = self.chance.choice(("ROOM", "BENCH", "BOX"))
        if fields:
            record["data"] = fields
        self.records.append(record)
        return record

    def _take(self, kinds: Sequence[str] = ("CellLot",)) -> tuple[_Thing, dict[str, Any]] | None:
        """An input that takes something, and what it takes from."""
        ready = [thing for thing in self.things if thing.kind in kinds and not thing.is_gone]
        if not ready:
            return None
        thing = self.chance.choice(ready[-12:])
        end: dict[str, Any] = {"kind": thing.kind, "id": thing.key}
        if thing.units is not None:
            taken = self.chance.sample(thing.units, min(len(thing.units), self.chance.randint(1, 2)))
            thing.units = [unit for unit in thing.units if unit not in taken]
            thing.is_gone = not thing.units
            end["units"] = taken
        elif thing.amount is not None:
            drawn = self.chance.randint(1, thing.amount)
            thing.amount -= drawn
            thing.is_gone = thing.amount == 0
            end |= {"quantity": drawn, "unit": "vial"}
        else:
            thing.is_gone = True
        return thing, end

    def _make(self, kind: str, stem: str, *, may_count: bool = True) -> dict[str, Any]:
        key = self._name(stem)
        thing = _Thing(kind, key)
        end: dict[str, Any] = {"kind": kind, "id": key}
        form = self.chance.random()
        if may_count and form < 0.35:
            thing.units = [f"{key}#{number}" for number in range(1, self.chance.randint(2, 4))]
            end |= {"units": list(thing.units), "unit": "vial"}
        elif may_count and form < 0.6:
            thing.amount = self.chance.randint(1, 5)
            end |= {"quantity": thing.amount, "unit": "vial"}
        self.things.append(thing)
        return end

    # -- actions ---------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        donor = {"kind": "Donor", "id": self.chance.choice(("D1", "D2"))}
        self._operate("COLLECTED", [donor], [self._make("Tissue", "T", may_count=False)])

    def _derive(self) -> None:
        """One lot, or tissue, becomes one or more lots."""
        if (found := self._take(("CellLot", "Tissue"))) is None:
            return
        thing, end = found
        kind = "SEPARATED" if thing.kind == "Tissue" else self.chance.choice(("EXPANDED", "CRYOPRESERVED", "DIVIDED"))
        outputs = [self._make("CellLot", "L") for _ in range(self.chance.choice((1, 1, 2)))]
        left: dict[str, Any] = (
            {"temporary_storage_location": self.chance.choice(("BENCH", "BOX", "TANK2"))}
            if self.chance.random() < 0.3
            else {}
        )
        self._operate(kind, [end], outputs, **left)

    def _pool(self) -> None:
        found = [self._take(), self._take()]
        ends = {end["id"]: end for pair in found if pair is not None for end in [pair[1]]}
        if len(ends) < 2:
            for end in ends.values():
                self._operate("FORMULATED", [end], [self._make("CellLot", "L")])
            return
        self._operate(self.chance.choice(("POOLED", "FORMULATED")), list(ends.values()), [self._make("CellLot", "L")])

    def _prepare(self) -> None:
        key = self._name("W")
        sources: list[dict[str, Any]] = [{"kind": "Reagent", "id": self.chance.choice(self.reagents)}]
        if self.chance.random() < 0.3 and (found := self._take(("CellLot", "Tissue"))):
            sources = [found[1]]
        elif self.chance.random() < 0.2:
            sources = [{"kind": "Donor", "id": "D2"}]
        self._operate("PREPARED", sources, [{"kind": "Reagent", "id": key}])
        self.reagents.append(key)

    def _give(self) -> None:
        if found := self._take():
            self._operate("ADMINISTERED", [found[1]], [{"kind": "Subject", "id": self.chance.choice(self.subjects)}])

    def _test(self) -> None:
        """Uses some up, or only touches it."""
        if self.chance.random() < 0.5:
            if found := self._take():
                result = {"kind": "QCResult", "id": self._name("Q")}
                self._operate("QC_IN", [{**found[1], "consumed": True}], [result], times=self._times(may_last=0.3))
            return
        ready = [thing for thing in self.things if not thing.is_gone]
        if ready:
            thing = self.chance.choice(ready)
            end: dict[str, Any] = {"kind": thing.kind, "id": thing.key}
            if thing.units and self.chance.random() < 0.5:
                end["units"] = thing.units[:1]
            result = {"kind": "QCResult", "id": self._name("Q")}
            self._operate("TESTED", [end], [result], times=self._times(may_last=0.3))

    def _destroy(self) -> None:
        if (found := self._take(("CellLot", "Tissue"))) is None:
            return
        thing, end = found
        if thing.units is not None and self.chance.random() < 0.3:
            end.pop("units", None)  # the whole lot, whatever is left
            thing.is_gone = True
        fields = {"from": "quarantined"} if self.chance.random() < 0.3 else {}
        self._operate("CHANGED_DISPOSITION", [end], [], has_uses=False, to="destroyed", reason="waste", **fields)

    def _store(self) -> None:
        ready = [thing for thing in self.things if not thing.is_gone]
        if not ready:
            return
        thing = self.chance.choice(ready[-10:])
        end: dict[str, Any] = {"kind": thing.kind, "id": thing.key}
        free = [unit for unit in thing.units or () if unit not in thing.stays]
        if thing.units is not None and self.chance.random() < 0.4 and free:
            chosen = free[: self.chance.randint(1, len(free))]
            end["units"] = chosen
        elif thing.stays:
            return
        else:
            chosen = [None, *(thing.units or ())]  # type: ignore[list-item]
        if thing.amount is not None and self.chance.random() < 0.4:
            end |= {"quantity": self.chance.randint(1, thing.amount), "unit": "vial"}
        position = self.chance.choice(("TANK1", "TANK1", "TANK2", "BOX", "CELL", "SHELF", "RACK"))
        times = self._times(may_last=0.2)
        record = self._operate(
            "STORED", [end], [{"kind": "StoragePosition", "id": position}], times=times, has_uses=False
        )
        if "end" not in times:
            self.open_operations.append((record["id"], None, self.now))
            for unit in chosen:
                thing.stays[unit] = f"{record['id']} {position}"

    def _out(self) -> None:
        ready = [thing for thing in self.things if thing.stays]
        if not ready:
            return
        thing = self.chance.choice(ready)
        unit = self.chance.choice(list(thing.stays))
        position = thing.stays.pop(unit).split()[1]
        end: dict[str, Any] = {"kind": thing.kind, "id": thing.key}
        if unit is not None:
            end["units"] = [unit]
        elif thing.amount is not None and self.chance.random() < 0.5:
            end |= {"quantity": self.chance.randint(1, thing.amount or 1), "unit": "vial"}
        else:
            thing.stays.clear()
        times = self._times(may_last=0.1)
        self._operate("STORAGE_OUT", [end], [{"kind": "StoragePosition", "id": position}], times=times, has_uses=False)

    def _ship(self) -> None:
        ready = [thing for thing in self.things if not thing.is_gone and not thing.stays]
        if ready:
            thing = self.chance.choice(ready)
            times = {"start": self._time(self.now)}
            end = {"kind": thing.kind, "id": thing.key}
            record = self._operate("TRANSPORTED", [end], [{"kind": "StoragePosition", "id": "SITE"}], times=times)
            self.open_operations.append((record["id"], None, self.now))

    def _clean(self) -> None:
        kind, keys = self.chance.choice(
            (("Equipment", _MACHINES), ("StoragePosition", ("TANK1", "TANK2", "SHELF", "ROOM")))
        )
        thing = {"kind": kind, "id": self.chance.choice(keys)}
        self._operate("DECONTAMINATED", [thing], [], times=self._times(may_last=0.3), has_uses=False)

    def _move(self) -> None:
        """Once; or twice within a time that is known from about to about, so that either may have been the last."""
        position = self.chance.choice(list(_MOVABLE))
        times = [self._times(may_last=0)]
        if self.chance.random() < 0.3:
            since = max(0, self.now - self.chance.randint(0, 6))
            times.append({"start": f"{_text(since)}/{_text(self.now + self.chance.randint(0, 3))}"})
            self.chance.shuffle(times)
        for time in times:
            into = {"kind": "StoragePosition", "id": self.chance.choice(_MOVABLE[position])}
            self._operate("MOVED", [{"kind": "StoragePosition", "id": position}], [into], times=time, has_uses=False)

    def _amend(self) -> None:
        key = self.chance.choice(("RACK", "SHELF", "BOX", "ROOM"))
        fields: dict[str, Any] = {"shared_environment": self.chance.choice((True, False))}
        if key in _MOVABLE and self.chance.random() < 0.5:
            fields = {"parent": self.chance.choice((None, *_MOVABLE[key]))}
        self.records.append(
            {"record": "amendment", "id": self._name("A"), "kind": "StoragePosition", "id_of": key, "data": fields, "reason": "r", "by": "P1"}
        )  # fmt: skip

    def _close(self) -> None:
        if self.open_operations:
            operation, use, since = self.open_operations.pop(self.chance.randrange(len(self.open_operations)))
            if operation in self.corrected:
                return
            record = {"record": "closing", "id": self._name("C"), "operation": operation, "zone": "+08:00", "by": "P1"}
            if use:
                record["use"] = use
            end = max(self.now, since + (5 if use is None else 0))
            self.records.append({**record, "end": self._time(end)})

    def _correct(self) -> None:
        """Voids an operation, or gives it other times."""
        known = [
            record for record in self.records if record["record"] == "operation" and record["id"] not in self.corrected
        ]
        if not known:
            return
        old = self.chance.choice(known)
        self.corrected.add(old["id"])
        made = old.get("outputs") and old["type"] in _CREATING
        replacement = None
        if made or self.chance.random() < 0.6:
            replacement = {**old, "id": self._name("O")}
            if self.chance.random() < 0.7:
                replacement.pop("end", None)
                replacement["start"] = self._time(
                    self.now if not made else max(0, self.now - self.chance.randint(0, 3))
                )
                replacement.pop("uses", None)
        self.records.append(
            {"record": "correction", "id": self._name("V"), "operation": old["id"], "reason": "r", "by": "P1", "replacement": replacement}
        )  # fmt: skip


_CREATING = {"COLLECTED", "SEPARATED", "EXPANDED", "CRYOPRESERVED", "DIVIDED", "POOLED", "FORMULATED", "PREPARED"}
_ACTIONS = {
    "collect": 2, "derive": 8, "pool": 2, "prepare": 2, "give": 3, "test": 3, "destroy": 1, "store": 7, "out": 4,
    "ship": 1, "clean": 3, "move": 2, "amend": 1, "close": 3, "correct": 1,
}  # fmt: skip
