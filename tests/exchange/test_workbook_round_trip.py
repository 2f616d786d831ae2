"""Records of any content, typed into sheets, are those records again: as far as a sheet can say them at all."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from exchange.separated import read_separated
from exchange.workbook.plans import sheet_named
from exchange.workbook.reader import read_workbook
from graph.records import RawRecord, canonical, parse
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field, FieldType
from graph.vocabulary.base import Operation
from support.sheets import rows_of

T = FieldType
CODES = st.from_regex(r"[A-Z][A-Z一-龥]{0,5}-[1-9][0-9]{0,2}", fullmatch=True)
TEXTS = st.from_regex(r"[A-Za-z一-龥][a-z一-龥 ,.°/()]{0,20}[a-z一-龥]", fullmatch=True)
MOMENTS = st.integers(0, 10**7).map(lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
TIMES = MOMENTS.map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
NUMBERS = st.integers(0, 10**6) | st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000)


def bounded(field: Field) -> st.SearchStrategy[Any]:
    low = -(10**6) if field.low is None else field.low
    high = 10**6 if field.high is None else field.high
    return st.integers(int(low) + 1, int(high)) if field.type is T.INTEGER else NUMBERS.map(
        lambda number: min(max(number, low), high)
    )  # fmt: skip


def one(field: Field) -> st.SearchStrategy[Any]:
    """A value as records have it."""
    names = CODES if field.keys is None else st.sampled_from(sorted(field.keys.fields))
    kinds: dict[FieldType, st.SearchStrategy[Any]] = {
        T.TEXT: TEXTS,
        T.BOOLEAN: st.booleans(),
        T.DATE: st.dates(date(2000, 1, 1), date(2030, 1, 1)).map(date.isoformat),
        T.TIME: TIMES,
        T.CHOICE: st.sampled_from(field.choices or ("A-1",)) if field.closed or field.choices else CODES,
        T.RANGE: st.lists(NUMBERS, min_size=2, max_size=2).map(sorted) | NUMBERS.map(lambda high: [None, high]),
        T.MAP: st.dictionaries(names, st.integers(1, 20), min_size=1, max_size=3),
        T.SERIES: NUMBERS
        | st.fixed_dictionaries({"min": NUMBERS, "max": NUMBERS})
        | st.lists(st.tuples(TIMES, NUMBERS).map(list), min_size=1, max_size=3),
        T.RESULT: NUMBERS | TEXTS,
    }
    return kinds.get(field.type, bounded(field) if field.type in (T.INTEGER, T.NUMBER, T.DURATION) else CODES)


def fields_of(fields: dict[str, Field]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, up to six, each with a value."""
    values = {
        name: st.lists(one(field), min_size=1, max_size=3, unique_by=repr) if field.many else one(field)
        for name, field in fields.items()
    }
    some = st.lists(st.sampled_from(sorted(values)), max_size=6, unique=True) if values else st.just([])
    return some.flatmap(lambda names: st.fixed_dictionaries({name: values[name] for name in names}))


@st.composite
def nodes(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from([name for name in KINDS if name != "CellUnit"]))
    return {"record": "node", "kind": kind, "id": draw(CODES), "data": draw(fields_of(KINDS[kind].fields))}


@st.composite
def operations(draw: st.DrawFn) -> dict[str, Any]:
    operation = OPERATIONS[draw(st.sampled_from(sorted(OPERATIONS)))]
    source, target = draw(st.sampled_from(operation.flows))
    start = draw(MOMENTS)
    record: dict[str, Any] = {
        "record": "operation",
        "type": operation.name,
        "id": draw(CODES),
        "start": start.isoformat(),
        "performing_org": draw(CODES),
        "operator": draw(CODES),
        "inputs": draw(ends(operation, source, {})),
        "data": draw(fields_of(operation.fields)),
        "uses": draw(uses()),
    }
    if operation.is_reflexive:
        record["outputs"] = [{"kind": end["kind"], "id": end["id"]} for end in record["inputs"]]
    else:
        made = KINDS[target].fields if operation.creates else {}
        record["outputs"] = draw(ends(operation, target, made, is_amount_said=operation.creates))
    if draw(st.booleans()):
        record["end"] = (start + timedelta(minutes=draw(st.integers(1, 9999)))).isoformat()
    members = MEMBERS["operation"].fields
    further = {name: members[name] for name in ("reviewer", "study", "source_document")}
    return record | draw(fields_of(further))


@st.composite
def ends(
    draw: st.DrawFn, operation: type[Operation], kind: str, made: dict[str, Field], *, is_amount_said: bool = True
) -> list[dict[str, Any]]:
    found = []
    most = 1 if kind == "StoragePosition" else 3
    for key in draw(st.lists(CODES, min_size=1, max_size=most, unique=True)):
        end: dict[str, Any] = {"kind": kind, "id": key}
        if is_amount_said and kind in ("CellLot", "Tissue", "Reagent"):
            amount = draw(st.sampled_from(["", "quantity", "units" if kind == "CellLot" else "quantity"]))
            if amount == "quantity":
                end |= {"quantity": draw(st.integers(1, 99)), "unit": draw(st.sampled_from(["vial", "mL", "dose"]))}
            elif amount == "units":
                first = draw(st.integers(1, 50))
                end["units"] = draw(st.sampled_from([["A-1", f"{key}#B-2"], [f"{key}#{first}-{first + 3}", "200"]]))
        if made:
            end["data"] = draw(fields_of(made))
        found.append(end)
    return found


@st.composite
def uses(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Reagents, consumables (which have an amount) and machines, each once."""
    reagent = {name: field for name, field in USES["Reagent"].fields.items() if name != "amount_used"}
    found = []
    for key in draw(st.lists(CODES, max_size=4, unique=True)):
        use: dict[str, Any] = {"kind": "Reagent", "id": key, "data": draw(fields_of(reagent))}
        shape = draw(st.sampled_from(["reagent", "consumable", "equipment"]))
        if shape == "consumable":
            use["data"] = {"amount_used": draw(st.integers(1, 9))}
        elif shape == "equipment":
            use = {
                "kind": "Equipment",
                "id": key,
                "process": "closed",
                "data": draw(fields_of(USES["Equipment"].fields)),
            }
        found.append(use)
    return found


@st.composite
def amendments(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from([name for name in KINDS if name != "CellUnit"]))
    data = draw(fields_of(KINDS[kind].fields))
    assume(data)
    removed = draw(st.sampled_from([None, *data]))
    return {
        "record": "amendment",
        "id": draw(CODES),
        "kind": kind,
        "id_of": draw(CODES),
        "data": data | ({removed: None} if removed else {}),
        "reason": draw(TEXTS),
        "by": draw(CODES),
    }


@st.composite
def closings(draw: st.DrawFn) -> dict[str, Any]:
    data = draw(fields_of(OPERATIONS["TRANSPORTED"].fields))
    return {"record": "closing", "id": draw(CODES), "operation": draw(CODES), "end": draw(TIMES), "data": data}


@st.composite
def corrections(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "record": "correction",
        "id": draw(CODES),
        "operation": draw(CODES),
        "reason": draw(TEXTS),
        "by": draw(CODES),
        "replacement": draw(st.none() | operations()),
    }


def grid(code: str, rows: list[dict[str, Any]], language: str, order: list[int]) -> list[list[Any]]:
    """The rows below headings of one language, the columns in some order."""
    sheet = sheet_named(code)
    assert sheet is not None
    used = {member for row in rows for member in row} | {
        column.member for column in sheet.columns if column.is_required
    }
    columns = [column for column in sheet.columns if column.member in used and not column.is_repeat]
    columns = [column for _, column in sorted(zip(order, columns, strict=False), key=lambda pair: pair[0])] + columns[
        len(order) :
    ]
    assert used == {column.member for column in columns}
    return [
        [getattr(column, language) for column in columns],
        *([row.get(column.member) for column in columns] for row in rows),
    ]


def as_canonical(records: Iterator[RawRecord] | list[RawRecord]) -> list[bytes]:
    found = []
    for record in records:
        parsed, violations = parse(record)
        assert parsed is not None, violations
        found.append(canonical(parsed.canonical))
    return sorted(found)


def is_possible(record: dict[str, Any]) -> bool:
    """Whether the record breaks no rule of its own, such as one that its type alone has."""
    return not parse(RawRecord(record))[1]


@given(
    records=st.lists(
        (nodes() | operations() | closings() | amendments() | corrections()).filter(is_possible),
        min_size=1,
        max_size=6,
    ),
    language=st.sampled_from(["zh", "en"]),
    order=st.permutations(range(12)),
)  # fmt: skip
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_what_is_typed_is_what_was_meant(records: list[dict[str, Any]], language: str, order: list[int]) -> None:
    ids = [record["id"] for record in records]
    ids += [record["replacement"]["id"] for record in records if record.get("replacement")]
    assume(len(ids) == len(set(ids)))
    expected = as_canonical([RawRecord(record) for record in records])
    workbook = Workbook()
    with tempfile.TemporaryDirectory() as folder:
        separated = []
        for code, rows in rows_of(records).items():
            worksheet = workbook.create_sheet(code)
            cells = grid(code, rows, language, order)
            for row in cells:
                worksheet.append(row)
            separated.append(Path(folder) / f"{code}.csv")
            with separated[-1].open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(cells)
        path = Path(folder) / "w.xlsx"
        workbook.save(path)
        assert as_canonical(read_workbook(path, zone="+08:00")) == expected
        assert as_canonical(read_separated(separated, zone="+08:00")) == expected
