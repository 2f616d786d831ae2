"""Bad input through the command line: everything that is wrong is told at its place, and nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook

from support.serving import REFUSED, Run, ServiceProcess, head_of

PERSON = {"record": "node", "kind": "Person", "id": "P-90"}
ACT = {
    "record": "operation", "type": "EXPANDED", "id": "X1", "start": "2025-06-20T10:00:00+08:00", "performing_org": "ORG-1",
    "operator": "P-02", "inputs": [{"kind": "CellLot", "id": "POOL1"}], "outputs": [{"kind": "CellLot", "id": "X1P1"}],
}  # fmt: skip
GIVEN = {**ACT, "type": "ADMINISTERED", "outputs": [{"kind": "Subject", "id": "S1"}]}
AUTOLOGOUS = [
    {"record": "node", "kind": "Donor", "id": "D9", "data": {"donor_relationship": "autologous"}},
    {"record": "node", "kind": "Subject", "id": "S90", "data": {"same_person_as": "D9"}},
    {**ACT, "id": "X2", "type": "COLLECTED", "start": "2025-06-01T10:00:00+08:00",
     "inputs": [{"kind": "Donor", "id": "D9"}], "outputs": [{"kind": "Tissue", "id": "T9"}]},
    {**ACT, "id": "X3", "type": "SEPARATED", "start": "2025-06-02T10:00:00+08:00",
     "inputs": [{"kind": "Tissue", "id": "T9"}],
     "outputs": [{"kind": "CellLot", "id": "L9", "quantity": 2, "unit": "bag", "units": ["1", "2"]}]},
    {**ACT, "id": "X4", "type": "QC_RELEASE", "reviewer": "P-03", "start": "2025-06-03T10:00:00+08:00",
     "inputs": [{"kind": "CellLot", "id": "L9"}], "outputs": [], "data": {"test_conclusion": "pass"}},
    {**ACT, "id": "X5", "type": "ADMINISTERED", "start": "2025-06-04T10:00:00+08:00",
     "inputs": [{"kind": "CellLot", "id": "L9", "units": ["1"], "quantity": 1, "unit": "bag"}],
     "outputs": [{"kind": "Subject", "id": "S1"}]},
]  # fmt: skip


def _lines(*records: Any) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


# name -> (content of the file, and of a violation that must be told: line, beginning of its member, code)
BAD: dict[str, tuple[bytes, int, str | None, str]] = {
    "broken JSON": (_lines(PERSON) + b'{"record":"node",\n', 2, None, "broken_json"),
    "not UTF-8": ('{"record":"node","kind":"Person","id":"P-90","data":{"name":"é"}}\n'.encode("latin-1"), 1, None, "not_utf8"),
    "a byte-order mark": (b"\xef\xbb\xbf" + _lines(PERSON), 1, None, "byte_order_mark"),
    "CRLF": (_lines(PERSON).replace(b"\n", b"\r\n"), 1, None, "crlf"),
    "unknown kind": (_lines({**PERSON, "kind": "Persn"}), 1, "kind", "unknown_kind"),
    "unknown type": (_lines({**ACT, "type": "EXPANDD"}), 1, "type", "unknown_type"),
    "unknown member": (_lines({**PERSON, "dta": {}}), 1, "dta", "unknown_member"),
    "no offset": (_lines({**ACT, "start": "2025-06-20T10:00:00"}), 1, "start", "bad_time"),
    "end before start": (_lines({**ACT, "end": "2025-06-19T10:00:00+08:00"}), 1, "end", "end_before_start"),
    "unknown input": (_lines({**ACT, "inputs": [{"kind": "CellLot", "id": "NONE"}]}), 1, "inputs[0]", "unknown_reference"),
    "output that exists": (_lines({**ACT, "outputs": [{"kind": "CellLot", "id": "L1P2"}]}), 1, "outputs[0]", "exists_already"),
    "a cycle": (
        _lines(
            {**ACT, "inputs": [{"kind": "CellLot", "id": "Y2"}], "outputs": [{"kind": "CellLot", "id": "Y1"}]},
            {**ACT, "id": "X9", "inputs": [{"kind": "CellLot", "id": "Y1"}], "outputs": [{"kind": "CellLot", "id": "Y2"}]},
        ),
        1, None, "cycle",
    ),
    "out before in": (
        _lines({**ACT, "type": "STORAGE_OUT", "start": "2025-04-01T11:00:00+08:00",
                "inputs": [{"kind": "CellLot", "id": "DP1", "units": ["DP1#4"]}],
                "outputs": [{"kind": "StoragePosition", "id": "FRIDGE-1"}]}),
        1, "inputs[0]", "not_there",
    ),
    "overdraw": (
        _lines({**ACT, "inputs": [{"kind": "CellLot", "id": "MCB1", "quantity": 1000, "unit": "vial"}]}), 1, "inputs[0]", "overdraw",
    ),
    "a unit used twice": (
        _lines({**ACT, "inputs": [{"kind": "CellLot", "id": "WCB1", "units": ["WCB1#1"], "quantity": 1, "unit": "vial"}]}),
        1, "inputs[0]", "unit_gone",
    ),
    "the same id with other content": (_lines({"record": "node", "kind": "Equipment", "id": "INC-1", "data": {"equipment_class": "another"}}), 1, "id", "other_content"),
    "two lots in one storage cell": (
        _lines(
            {"record": "node", "kind": "StoragePosition", "id": "CELL-1", "data": {"level": "cell", "parent": "TANK-A", "capacity": 1}},
            *({**ACT, "id": f"X{number}", "type": "STORED", "start": "2025-06-20T10:00:00+08:00",
               "inputs": [{"kind": "CellLot", "id": "WCB1", "units": [f"WCB1#{number}"]}],
               "outputs": [{"kind": "StoragePosition", "id": "CELL-1"}]} for number in (10, 11)),
        ),
        3, "outputs[0]", "position_taken",
    ),
    "release reviewed by its operator": (
        _lines({**ACT, "type": "QC_RELEASE", "reviewer": "P-02", "inputs": [{"kind": "CellLot", "id": "WCB1"}], "outputs": [], "data": {"test_conclusion": "pass"}}),
        1, "reviewer", "reviewer_is_operator",
    ),
    "an unreleased lot given": (
        _lines({**GIVEN, "inputs": [{"kind": "CellLot", "id": "WCB1", "units": ["WCB1#10"], "quantity": 1, "unit": "vial"}]}),
        1, None, "not_released",
    ),
    "an autologous lot for another person": (_lines(*AUTOLOGOUS), 6, None, "wrong_person"),
    "despite without reason": (_lines({**GIVEN, "despite": ["not_released"], "inputs": [{"kind": "CellLot", "id": "WCB1", "units": ["WCB1#10"]}]}), 1, "reason", "despite"),
    "a personal identifier in a code": (_lines({"record": "node", "kind": "Donor", "id": "11010519491231002X", "data": {"donor_relationship": "allogeneic"}}), 1, "id", "personal_identifier"),
    "NaN": (b'{"record":"node","kind":"Equipment","id":"E9","data":{"capacity":NaN}}\n', 1, "data.capacity", "not_finite"),
    "an empty file": (b"", 1, None, "empty_file"),
    "a 100 MB line": (b'{"record":"node","kind":"Person","id":"' + b"x" * 100_000_000 + b'"}\n', 1, None, "line_too_long"),
    "something binary": (bytes(range(256)) * 40, 2, None, "not_utf8"),
    "a list": (_lines([PERSON]), 1, None, "not_an_object"),
    "the same member twice": (b'{"record":"node","kind":"Person","id":"P-90","id":"P-91"}\n', 1, None, "duplicate_member"),
    "nested without end": (b'{"record":"node","kind":"Person","id":"P-90","data":' + b"[" * 100_000 + b"\n", 1, None, "nested_too_deeply"),
    "a time to come": (_lines({**ACT, "start": "2999-01-01T00:00:00Z"}), 1, "start", "in_the_future"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_told_with_its_line_and_changes_nothing(
    what: str, service: ServiceProcess, run: Run, tmp_path: Path
) -> None:
    content, line, member, code_told = BAD[what]
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    before = head_of(service)
    code, _, errors = run("import", "--data", service.folder, file)
    assert (code, errors) == (REFUSED, "")
    code, told, _ = run("import", "--data", service.folder, file, "--json")
    outcome = json.loads(told)
    assert code == REFUSED
    assert outcome["accepted"] is False
    violations = outcome["violations"]
    assert violations
    assert all(
        each["file"] == "bad.jsonl" and each["code"] and each["message"] and each["remedy"] for each in violations
    )
    assert any(
        (each["line"], each["code"]) == (line, code_told) and (each["member"] or "").startswith(member or "")
        for each in violations
    ), violations
    assert head_of(service) == before


def test_every_violation_is_one_line_that_leads_to_its_place(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    file.write_bytes(_lines({**PERSON, "kind": "Persn"}, {**PERSON, "dta": 1}))
    code, told, _ = run("import", "--data", service.folder, file)
    first, second, summary = told.splitlines()
    assert code == REFUSED
    assert first.startswith("two.jsonl:1: P-90, kind: ")
    assert second.startswith("two.jsonl:2: P-90, dta: ")
    assert "[unknown_member]" in second
    assert summary == "2 violations; nothing was applied."


def test_what_would_steer_a_terminal_is_shown_as_text(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "escape.jsonl"
    file.write_bytes(_lines({**PERSON, "id": "\x1b[31mred\u202e", "dta\x1b[0m": 1}))
    code, told, errors = run("import", "--data", service.folder, file)
    assert code == REFUSED
    assert "\x1b" not in told + errors
    assert "\u202e" not in told + errors


def test_cells_of_a_workbook_are_named(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    assert run("template", "book.xlsx", "--language", "en")[0] == 0
    workbook = load_workbook(tmp_path / "book.xlsx")
    sheet = workbook["Person"]
    headings = {str(cell.value): cell.column for line in sheet.iter_rows(max_row=5) for cell in line if cell.value}
    sheet.cell(row=9, column=headings["Person id"], value="P-95")
    sheet.cell(row=9, column=headings["Recorded at"], value="some day")
    workbook.save(tmp_path / "book.xlsx")
    before = head_of(service)
    code, told, _ = run("import", "--data", service.folder, "book.xlsx")
    assert code == REFUSED
    assert told.startswith("book.xlsx Person!")
    assert "9: " in told.splitlines()[0]
    assert head_of(service) == before
