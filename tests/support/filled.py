"""A short history in which every kind of node and every type of operation occurs, with every field recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from graph.vocabulary import KINDS, OPERATIONS, USES, Field, FieldType

__all__ = ["filled_records", "sample"]

_BEGIN = datetime(2025, 1, 6, 8, tzinfo=UTC)
_NAMED = {
    "Person": "P-1",
    "Institution": "ORG-1",
    "Study": "ST-1",
    "Document": "DOC-1",
    "StoragePosition": "SITE-1",
    "Equipment": "INC-1",
    "Donor": "D1",
}

_LASTING = {"expiry_date": "2040-01-01"}

Json = dict[str, Any]


def sample(field: Field) -> Any:
    """A value of the field's shape, different from field to field where the shape allows."""
    one = _one(field)
    return [one, one] if field.many and field.type is FieldType.MAP else [one] if field.many else one


def _one(field: Field) -> Any:
    number = sum(map(ord, field.name)) % 40 + 1
    match field.type:
        case FieldType.CHOICE:
            return field.choices[0]
        case FieldType.REF | FieldType.LINK:
            return _NAMED[field.ref or ""]
        case FieldType.INTEGER:
            return 1980 if field.name == "birth_year" else number
        case FieldType.NUMBER | FieldType.DURATION:
            return number + 0.5
        case FieldType.BOOLEAN:
            return True
        case FieldType.DATE:
            return f"2030-01-{number % 28 + 1:02d}"
        case FieldType.TIME:
            return f"2025-01-05T10:{number:02d}:00+08:00"
        case FieldType.RANGE:
            return [-number, number]
        case FieldType.MAP:
            return dict.fromkeys(field.keys.fields if field.keys else (), number)
        case FieldType.SERIES:
            return [["2025-01-05T10:00:00+08:00", number], ["2025-01-05T11:00:00+08:00", number + 1]]
        case FieldType.RESULT:
            return number + 0.25
    return f"{field.name} {number}"


def _values(fields: Mapping[str, Field], **given: Any) -> Json:
    return {name: given[name] if name in given else sample(field) for name, field in fields.items()} | given


class _Sheet:
    def __init__(self) -> None:
        self.records: list[Json] = []
        self._acts = 0

    def node(self, kind: str, key: str, **given: Any) -> None:
        data = {name: value for name, value in _values(KINDS[kind].fields, **given).items() if value is not None}
        self.records.append({"record": "node", "kind": kind, "id": key, "data": data})

    def now(self) -> datetime:
        """When the next act begins."""
        return _BEGIN + timedelta(hours=self._acts + 1)

    def make(self, type_: str, taken: Json, given: Json) -> None:
        """An act that makes a lot, with a reagent and a machine."""
        reagent = _end("Reagent", "R1", data=_values(USES["Reagent"].fields), on=[given["id"]])
        lot = {**given, "data": {**_LASTING, "cell_type": "UC-MSC"}}
        self.act(type_, [taken], [lot], uses=[reagent, _machine(given["id"], self.now())])

    def act(self, type_: str, taken: list[Json], given: list[Json], **members: Any) -> str:
        start = self.now()
        self._acts += 1
        operation = OPERATIONS[type_]
        id_ = f"A{self._acts:02d}"
        outputs = [
            {**end, "data": _values(KINDS[end["kind"]].fields, **end.get("data", {}))} if operation.creates else end
            for end in given
        ]
        record: Json = {
            "record": "operation",
            "type": type_,
            "id": id_,
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=20)).isoformat(),
            "performing_org": "ORG-1",
            "operator": "P-1",
            "reviewer": "P-2",
            "study": "ST-1",
            "source_document": "DOC-1",
            "inputs": taken,
            "data": _values(operation.fields, **members.pop("data", {})),
            "captured": {"operation_ambient_temperature": "INC-1"},
            **members,
        }
        if outputs:
            record["outputs"] = outputs
        self.records.append(record)
        return id_


def _end(kind: str, key: str, **members: Any) -> Json:
    return {"kind": kind, "id": key, **members}


def _machine(touched: str, start: datetime) -> Json:
    """A machine, for a time of its own."""
    return _end(
        "Equipment",
        "INC-1",
        start=start.isoformat(),
        end=(start + timedelta(minutes=10)).isoformat(),
        process="closed",
        on=[touched],
        data=_values(USES["Equipment"].fields),
    )


def filled_records() -> list[Json]:
    """The records in the order of the acts; the rules accept them as one request."""
    sheet = _Sheet()
    _things(sheet)
    _people(sheet)
    _bench(sheet)
    _store(sheet)
    _product(sheet)
    _upkeep(sheet)
    return sheet.records


def _things(sheet: _Sheet) -> None:
    sheet.node("Institution", "ORG-1")
    sheet.node("Person", "P-1")
    sheet.node("Person", "P-2")
    sheet.node("Person", "P-3")
    sheet.node("Document", "DOC-1")
    sheet.node("Study", "ST-1")
    sheet.node("Donor", "D1")
    sheet.node("Subject", "S1")
    sheet.node("Reagent", "R1", expiry_date="2040-01-01")
    sheet.node("Equipment", "INC-1")
    sheet.node("StoragePosition", "SITE-1", level="site", parent=None)
    for key in ("TANK-1", "TANK-2", "SITE-2"):
        sheet.node("StoragePosition", key, level="tank", capacity=1000)
    sheet.node("ReferenceRange", "RR-1", field="seeding_density", item=None, protocol=None)


def _people(sheet: _Sheet) -> None:
    donor, subject = [_end("Donor", "D1")], [_end("Subject", "S1")]
    sheet.act("CONSENTED", donor, [_end("Document", "DOC-1")])
    sheet.act("CONSENTED", subject, [_end("Document", "DOC-1")])
    sheet.act("TRAINED", [_end("Person", "P-1")], [_end("Document", "DOC-1")])
    sheet.act("TESTED", donor, [_end("QCResult", "Q-HIV", data={"test_item": "HIV", "test_conclusion": "pass"})])
    sheet.act("DETERMINED_ELIGIBLE", donor, [], data={"conclusion": "eligible"})
    sheet.act("ENROLLED", [_end("Study", "ST-1")], subject)


def _bench(sheet: _Sheet) -> None:
    reagent = _end("Reagent", "R1")
    sheet.act("VERIFIED", [reagent], [_end("QCResult", "Q-R1")])
    working = {"lot_number": "R2", **_LASTING}
    sheet.act("PREPARED", [reagent], [_end("Reagent", "R2", data=working)])
    sheet.act("COLLECTED", [_end("Donor", "D1")], [_end("Tissue", "T1")])
    sheet.act("TRANSPORTED", [_end("Tissue", "T1")], [_end("StoragePosition", "SITE-2")])
    for type_, kind, source, target in (
        ("SEPARATED", "Tissue", "T1", "L1"),
        ("PURIFIED", "CellLot", "L1", "L2"),
        ("EXPANDED", "CellLot", "L2", "L3"),
        ("DIVIDED", "CellLot", "L3", "L4"),
        ("POOLED", "CellLot", "L4", "L5"),
    ):
        sheet.make(type_, _end(kind, source), _end("CellLot", target))
    sheet.make("CRYOPRESERVED", _end("CellLot", "L5"), _end("CellLot", "B1", unit="vial", units=["1-10"]))


def _store(sheet: _Sheet) -> None:
    tank = [_end("StoragePosition", "TANK-1")]
    passed = {"test_conclusion": "pass"}
    tested = _end("CellLot", "B1", unit="vial", units=["10"], consumed=True)
    sheet.act("QC_IN", [tested], [_end("QCResult", "Q-B1")], data=passed)
    rest = _end("CellLot", "B1", quantity=9, unit="vial", units=["1-9"])
    sheet.act("STORAGE_IN", [rest], tank)
    sheet.act("STORED", [rest], tank, end=None)
    sheet.act("QC_RELEASE", [rest], [_end("QCResult", "Q-B2")], data=passed, operator="P-3")
    sheet.act("COUNTED", [rest], tank)
    moved = {"from": "released", "to": "quarantined"}
    sheet.act("CHANGED_DISPOSITION", [_end("CellLot", "B1", unit="vial", units=["9"])], [], data=moved)
    sheet.act("STORAGE_OUT", [_end("CellLot", "B1", quantity=2, unit="vial", units=["1-2"])], tank)
    sheet.act("MOVED", tank, [_end("StoragePosition", "SITE-2")])


def _product(sheet: _Sheet) -> None:
    sheet.make("THAWED", _end("CellLot", "B1", unit="vial", units=["1-2"]), _end("CellLot", "L6"))
    sheet.make("RELABELLED", _end("CellLot", "L6"), _end("CellLot", "L7"))
    sheet.make("FORMULATED", _end("CellLot", "L7"), _end("CellLot", "DP1", unit="dose", units=["1-3"]))
    doses = _end("CellLot", "DP1", quantity=3, unit="dose", units=["1-3"])
    passed = {"test_conclusion": "pass"}
    sheet.act("QC_RELEASE", [doses], [_end("QCResult", "Q-DP1")], data=passed, operator="P-3")
    dose = _end("CellLot", "DP1", quantity=1, unit="dose", units=["1"])
    sheet.act("TRANSPORTED", [dose], [_end("StoragePosition", "SITE-2")], uses=[_machine("DP1#1", sheet.now())])
    overridden = {"despite": ["expired"], "reason": "as found", "acknowledged_by": "P-2"}
    sheet.act("ADMINISTERED", [dose], [_end("Subject", "S1")], **overridden)
    subject = [_end("Subject", "S1")]
    sheet.act("FOLLOWED_UP", subject, [])
    sheet.act("EXPERIENCED", subject, [_end("AdverseEvent", "AE1")])
    sheet.act("WITHDREW", subject, [])


def _upkeep(sheet: _Sheet) -> None:
    for type_ in ("DECONTAMINATED", "CALIBRATED", "MAINTAINED"):
        sheet.act(type_, [_end("Equipment", "INC-1")], [])
