"""Small lineages with times told in days, for the rules of impact analysis: who was where, from when to when.

    days = Days()
    days.act("EXPANDED", ["CellLot:A"], ["CellLot:B"], at=3, to=5, uses=[days.run("INC", 3, 5)])
    days.impact("CONTAGIOUS", ("CellLot:A", 1), channels=["EQUIPMENT"])  # {"CellLot:A": (1, 1), "CellLot:B": (1, 3)}

Day 0 is the first of January 2025; a time may be a fraction of a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from graph.index import ALWAYS, Channel, Hazard, Index, Lineage, Seed, Spread
from graph.reader import HeadRow
from support.oracle import entries_of

__all__ = ["Days", "end", "head_of"]

_FIRST = datetime(2025, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
Json = dict[str, Any]
Answer = dict[str, tuple[int, float | None]]


def head_of(seq: int, *, epoch: str = "one") -> HeadRow:
    """A head whose digest tells its position."""
    return HeadRow(seq=seq, digest=f"digest of {seq}", epoch=epoch)


def end(text: str, *, units: Sequence[int] = (), quantity: float | None = None, consumed: bool = False) -> Json:
    """An input or output: ``CellLot:A``, perhaps with units by their numbers, or a quantity."""
    kind, _, key = text.partition(":")
    members: Json = {"kind": kind, "id": key}
    if units:
        members |= {"units": [f"{key}#{unit}" for unit in units], "unit": "vial"}
    if quantity is not None:
        members |= {"quantity": quantity, "unit": "vial"}
    if consumed:
        members["consumed"] = True
    return members


def _time(day: float | str) -> str:
    """A day as an exact time; a text is taken as it is."""
    return day if isinstance(day, str) else (_FIRST + timedelta(days=day)).isoformat()


class Days:
    """The records so far."""

    def __init__(self) -> None:
        self.records: list[Json] = []

    def node(self, text: str, **fields: Any) -> None:
        self.records.append({"record": "node", **end(text), "data": fields})

    def act(
        self,
        type_: str,
        inputs: Sequence[str | Json],
        outputs: Sequence[str | Json] = (),
        *,
        at: float | str,
        to: float | str | None = None,
        uses: Sequence[Json] = (),
        operator: str = "P",
        **fields: Any,
    ) -> str:
        """One operation; gives its id. Without ``to`` an instant, or still going on."""
        record: Json = {
            "record": "operation",
            "type": type_,
            "id": f"O{len(self.records)}",
            "start": _time(at),
            "zone": "+00:00",
            "performing_org": "ORG",
            "operator": operator,
            "inputs": [end(given) if isinstance(given, str) else given for given in inputs],
            "outputs": [end(given) if isinstance(given, str) else given for given in outputs],
            "uses": list(uses),
            "data": fields,
        }
        if to is not None:
            record["end"] = _time(to)
        self.records.append(record)
        return str(record["id"])

    @staticmethod
    def run(machine: str, at: float | None = None, to: float | None = None, **members: Any) -> Json:
        """A use of a machine; without times it has those of its operation, without ``to`` it goes on."""
        return Days.use(f"Equipment:{machine}", at, to, **members)

    @staticmethod
    def use(resource: str, at: float | None = None, to: float | None = None, **members: Any) -> Json:
        use = {**end(resource), **members}
        if at is not None:
            use["start"] = _time(at)
        if to is not None:
            use["end"] = _time(to)
        return use

    def made(self, lot: str, *, at: float = 0, units: int = 0, quantity: float | None = None, **more: Any) -> str:
        """A lot that comes from a tissue of its own."""
        output = end(f"CellLot:{lot}", units=range(1, units + 1), quantity=quantity)
        return self.act("SEPARATED", [f"Tissue:T-{lot}"], [output], at=at, **more)

    def stored(self, lot: str | Json, position: str, at: float, to: float | None = None) -> str:
        return self.act("STORED", [lot], [f"StoragePosition:{position}"], at=at, to=to)

    def destroyed(self, lot: str | Json, *, at: float | str, **fields: Any) -> str:
        operation = self.act("CHANGED_DISPOSITION", [lot], at=at, reason="waste", **fields)
        self.records[-1]["data"]["to"] = "destroyed"
        return operation

    def cleaned(self, text: str, *, at: float | str, to: float | str | None = None) -> str:
        return self.act("DECONTAMINATED", [text], at=at, to=to)

    def moved(self, position: str, into: str, *, at: float | str) -> str:
        return self.act("MOVED", [f"StoragePosition:{position}"], [f"StoragePosition:{into}"], at=at)

    def closed(self, operation: str, to: float, *, use: str | None = None) -> None:
        record: Json = {"record": "closing", "id": f"C{len(self.records)}", "operation": operation, "end": _time(to)}
        self.records.append({**record, "by": "P", **({"use": use} if use else {})})

    def corrected(self, operation: str, *, replacement: Json | None = None) -> None:
        self.records.append(
            {
                "record": "correction",
                "id": f"V{len(self.records)}",
                "operation": operation,
                "reason": "written down wrong",
                "by": "P",
                "replacement": replacement,
            }
        )

    # -- asking ----------------------------------------------------------------------------------------------------

    def index(self) -> Index:
        entries = entries_of(self.records)
        return Index.build(entries, head_of(len(entries)))

    def impact(
        self,
        hazard: str,
        *seeds: tuple[str, float | None] | tuple[str, float | None, float | None],
        channels: Sequence[str] | None = None,
        closed: bool = False,
        lineage: Lineage | None = None,
    ) -> Answer:
        """What is affected, as id -> (tier, day since when; None: always). Without the tissues that lots are made of."""
        lineage = lineage or self.index().lineage
        spread = _spread(lineage, hazard, seeds, channels, closed=closed)
        found: Answer = {}
        for number, tier, since in zip(spread.nodes, spread.tier, spread.since, strict=True):
            found[":".join(lineage.node(int(number)))] = (int(tier), day_of(int(since)))
        return found

    def uncertain(
        self,
        hazard: str,
        *seeds: tuple[str, float | None] | tuple[str, float | None, float | None],
        channels: Sequence[str] | None = None,
    ) -> set[str]:
        """What of the answer is uncertain."""
        lineage = self.index().lineage
        spread = _spread(lineage, hazard, seeds, channels)
        return {":".join(lineage.node(int(number))) for number in spread.nodes[spread.uncertain]}


def _spread(
    lineage: Lineage, hazard: str, seeds: Sequence[Any], channels: Sequence[str] | None, *, closed: bool = False
) -> Spread:
    return lineage.impact(
        Hazard(hazard),
        [seed_of(*seed) for seed in seeds],
        None if channels is None else [Channel(channel) for channel in channels],
        closed=closed,
    )


def seed_of(text: str, since: float | None = None, until: float | None = None) -> Seed:
    kind, _, key = text.partition(":")
    return Seed(node=(kind, key), from_ms=_ms(since), until_ms=_ms(until))


def _ms(day: float | None) -> int | None:
    return None if day is None else round((_FIRST.timestamp() + day * 86_400) * 1000)


def day_of(ms: int) -> float | None:
    return None if ms == ALWAYS else (ms - round(_FIRST.timestamp() * 1000)) / _DAY_MS
