"""Lineages as a bench sheet tells them: each method is one act, and gives the record of it.

    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "MCB1", units=10)

Acts follow each other by an hour. People, machines and places that every sheet needs are there from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["BenchSheet", "Json"]

Json = dict[str, Any]
_BEGIN = datetime(2025, 1, 6, 8, tzinfo=UTC)


class BenchSheet:
    """The records so far, in the order of the acts."""

    def __init__(self, prefix: str = "", *, hours: int = 0) -> None:
        """``prefix`` of the acts' ids, for a second sheet of one store; ``hours`` after the first it begins."""
        self.records: list[Json] = []
        self._prefix = prefix
        self._hours = hours
        self._numbers: dict[str, int] = {}
        for kind, keys in (
            ("Institution", ("ORG-1",)),
            ("Person", ("P-01", "P-02")),
            ("Equipment", ("BSC-1", "INC-1")),
            ("StoragePosition", ("TANK-1",)),
        ):
            for key in keys:
                self.node(kind, key)

    # -- things ----------------------------------------------------------------------------------------------------

    def node(self, kind: str, key: str, **values: Any) -> Json:
        return self._add({"record": "node", "kind": kind, "id": key, "data": values})

    def donor(self, key: str, **values: Any) -> Json:
        return self.node("Donor", key, **{"donor_relationship": "allogeneic", **values})

    def subject(self, key: str, **values: Any) -> Json:
        return self.node("Subject", key, **values)

    def reagent(self, key: str, **values: Any) -> Json:
        return self.node("Reagent", key, **{"name": "medium", "lot_number": key, **values})

    # -- acts ------------------------------------------------------------------------------------------------------

    def act(
        self,
        type_: str,
        inputs: Sequence[Json],
        outputs: Sequence[Json] = (),
        *,
        uses: Sequence[Json] = (),
        hours: int = 0,
        **members: Any,
    ) -> Json:
        """Any operation; ``hours`` is how long it took, 0 an instant."""
        start = self._now()
        record: Json = {
            "record": "operation",
            "type": type_,
            "id": self._name(type_),
            "start": start.isoformat(),
            "performing_org": "ORG-1",
            "operator": "P-01",
            "inputs": list(inputs),
            "outputs": list(outputs),
            "uses": list(uses),
            **members,
        }
        if hours:
            record["end"] = (start + timedelta(hours=hours)).isoformat()
            self._hours += hours
        return self._add(record)

    def collected(self, donor: str, tissue: str, **more: Any) -> Json:
        return self.act("COLLECTED", [_end("Donor", donor)], [_end("Tissue", tissue)], **more)

    def separated(self, tissue: str, lot: str, **more: Any) -> Json:
        return self.act("SEPARATED", [_end("Tissue", tissue)], [_end("CellLot", lot)], **more)

    def expanded(self, source: Json | str, lot: str, *, reagents: Sequence[str] = (), **more: Any) -> Json:
        uses = [{"kind": "Reagent", "id": key} for key in reagents]
        uses.append({"kind": "Equipment", "id": "INC-1"})
        return self.act("EXPANDED", [_lot(source)], [_end("CellLot", lot)], uses=uses, hours=48, **more)

    def cryopreserved(self, source: Json | str, lot: str, *, units: int = 0, quantity: int = 0, **more: Any) -> Json:
        return self.act("CRYOPRESERVED", [_lot(source)], [_made(lot, units, quantity)], **more)

    def formulated(
        self, sources: Sequence[Json | str], lot: str, *, units: int = 0, quantity: int = 0, **more: Any
    ) -> Json:
        return self.act("FORMULATED", [_lot(source) for source in sources], [_made(lot, units, quantity)], **more)

    def divided(self, source: Json | str, lots: Sequence[str], **more: Any) -> Json:
        return self.act("DIVIDED", [_lot(source)], [_end("CellLot", lot) for lot in lots], **more)

    def pooled(self, sources: Sequence[Json | str], lot: str, **more: Any) -> Json:
        return self.act("POOLED", [_lot(source) for source in sources], [_end("CellLot", lot)], **more)

    def prepared(self, sources: Sequence[Json], reagent: str, **more: Any) -> Json:
        """A working solution, a serum, a feeder layer."""
        made = {**_end("Reagent", reagent), "data": {"name": "working solution", "lot_number": reagent}}
        return self.act("PREPARED", sources, [made], **more)

    def released(self, source: Json | str, verdict: str = "pass", **more: Any) -> Json:
        result = {"kind": "QCResult", "id": self._name("RESULT"), "data": {"test_item": "viability", "test_result": 95}}
        return self.act(
            "QC_RELEASE", [_lot(source)], [result], data={"test_conclusion": verdict}, reviewer="P-02", **more
        )

    def administered(self, source: Json | str, subject: str, **more: Any) -> Json:
        return self.act("ADMINISTERED", [_lot(source)], [_end("Subject", subject)], **more)

    def stored(self, source: Json | str, position: str = "TANK-1", **more: Any) -> Json:
        return self.act("STORED", [_lot(source)], [_end("StoragePosition", position)], end=None, **more)

    # -- what comes later ------------------------------------------------------------------------------------------

    def closing(self, operation: Json, **more: Any) -> Json:
        return self._add(
            {
                "record": "closing",
                "id": self._name("C"),
                "operation": operation["id"],
                "end": self._now().isoformat(),
                "by": "P-02",
                **more,
            }
        )

    def correction(self, operation: Json, replacement: Json | None, **more: Any) -> Json:
        """``replacement`` is the operation as it was; its id is given here."""
        if replacement is not None:
            replacement = {**replacement, "id": self._name(f"{operation['id']}-R")}
            replacement.pop("recorded_at", None)
        return self._add(
            {
                "record": "correction",
                "id": self._name("V"),
                "operation": operation["id"],
                "reason": "written down wrong",
                "by": "P-02",
                "replacement": replacement,
                **more,
            }
        )

    def amendment(self, kind: str, key: str, **values: Any) -> Json:
        return self._add(
            {
                "record": "amendment",
                "id": self._name("A"),
                "kind": kind,
                "id_of": key,
                "data": values,
                "reason": "written down wrong",
                "by": "P-02",
            }
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    def _add(self, record: Json) -> Json:
        self.records.append(record)
        return record

    def _now(self) -> datetime:
        self._hours += 1
        return _BEGIN + timedelta(hours=self._hours)

    def _name(self, stem: str) -> str:
        self._numbers[stem] = self._numbers.get(stem, 0) + 1
        return f"{self._prefix}{stem}-{self._numbers[stem]}"


def _end(kind: str, key: str) -> Json:
    return {"kind": kind, "id": key}


def _lot(source: Json | str) -> Json:
    """A lot by its name, or an end as the record format has it (`units_of`, `some_of`)."""
    return _end("CellLot", source) if isinstance(source, str) else source


def _made(lot: str, units: int, quantity: int) -> Json:
    made = _end("CellLot", lot)
    if units:
        return {**made, "quantity": units, "unit": "vial", "units": [f"{lot}#1-{units}" if units > 1 else f"{lot}#1"]}
    return {**made, "quantity": quantity, "unit": "vial"} if quantity else made


def units_of(lot: str, *numbers: int) -> Json:
    return {**_end("CellLot", lot), "units": [f"{lot}#{number}" for number in numbers]}


def some_of(lot: str, quantity: float) -> Json:
    return {**_end("CellLot", lot), "quantity": quantity, "unit": "vial"}


__all__ += ["some_of", "units_of"]
