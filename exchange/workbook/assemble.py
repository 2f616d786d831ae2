"""From the rows of sheets to records: rows with the same id are one operation, and may not contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.placed import PlacedRecord
from exchange.workbook.columns import Column, Sheet
from exchange.workbook.plans import sheet_named
from exchange.workbook.values import BadCell, Cell, lacks_offset, value_of
from graph.errors import Place, Violation
from graph.records import RawRecord
from graph.saying import said
from graph.times import BadTime, parse_moment
from graph.vocabulary import OPERATIONS, FieldType

__all__ = ["Assembler", "Defaults", "Row"]

Row = list[tuple[Column, Cell]]
_USES = {"reagent": "Reagent", "consumable": "Reagent", "equipment": "Equipment"}
_VOID = frozenset({"void", "作废", "null", "-"})
_TIMES = frozenset({FieldType.TIME, FieldType.SERIES})


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What the instructions sheet says for all rows that say nothing else."""

    zone: str | None = None
    performing_org: str | None = None


@dataclass
class _Draft:
    """A record in the making, with the cell of each of its members and what is wrong so far."""

    sheet: Sheet
    place: Place
    name: str | None
    value: dict[str, Any]
    cells: dict[str, Place] = field(default_factory=dict)
    problems: list[Violation] = field(default_factory=list)
    ends: dict[tuple[str, ...], int] = field(default_factory=dict)  # key of an input, output or use -> its number
    zone: str | None = None
    lacks_offset: bool = False

    def bad(self, code: str, message: str, remedy: str, place: Place, member: str | None = None) -> None:
        self.problems.append(
            Violation(code=code, message=message, remedy=remedy, record=self.name, member=member, place=place)
        )

    def put(self, holder: dict[str, Any], name: str, path: str, value: Any, place: Place) -> None:
        """Sets a member, unless another cell has set it; then the two must agree."""
        if name not in holder:
            holder[name] = value
            self.cells[path] = place
        elif holder[name] != value:
            first = self.cells.get(path, self.place)
            self.bad(
                "conflicting_cells",
                said(
                    "{first} and {second} differ, but are one {member} of {thing}.",
                    first=first.cell or said("line {line}", line=first.line),
                    second=place.cell or said("line {line}", line=place.line),
                    member=path,
                    thing=self.name,
                ),
                said("Rows with the same id are one record: repeat the same value, or leave the cell empty."),
                place,
                path,
            )

    def finished(self) -> PlacedRecord:
        if self.lacks_offset and self.zone is not None:
            self.value.setdefault("zone", self.zone)
        return PlacedRecord(self.value, self.place, tuple(self.problems), self.cells)


class Assembler:
    """Takes the rows of one source in any order, and gives its records at the end."""

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._loose: list[RawRecord] = []

    def complain(self, violation: Violation) -> None:
        """Keeps what is wrong with the source itself."""
        self._loose.append(RawRecord(None, violation.place, (violation,)))

    def add(self, sheet: Sheet, row: Row, place: Place) -> None:
        """One row with at least one filled cell. ``place`` is its first cell."""
        key = next((cell for column, cell in row if column.member == "id"), None)
        problem = None
        name = ""
        if key is not None:
            try:
                name = value_of(_column(sheet, "id"), key, None)
            except BadCell as error:
                problem = error
        if not name:
            code, message, remedy = (
                (problem.code, problem.message, problem.remedy)
                if problem
                else (
                    "missing_member",
                    said("The row has no id."),
                    said("Enter the id; rows of one operation repeat it."),
                )
            )
            self.complain(
                Violation(code=code, message=message, remedy=remedy, member="id", place=key.place if key else place)
            )
            nameless = _Draft(sheet, place, None, {}, zone=self._defaults.zone)
            self._row(nameless, [entry for entry in row if entry[0].member != "id"])
            for violation in nameless.problems:
                self.complain(violation)
            return
        self._row(self._draft(sheet, name, place), row)

    def _row(self, draft: _Draft, row: Row) -> None:
        draft.zone = self._zone(row, draft) or draft.zone
        sheet = draft.sheet
        if sheet.record == "operation":
            self._operation_row(draft, row)
        elif sheet.record == "amendment":
            self._amendment_row(draft, row)
        else:
            for column, cell in row:
                self._put(draft, draft.value, "", column, cell)

    def _draft(self, sheet: Sheet, name: str, place: Place) -> _Draft:
        # each row of nodes, closings and corrections is a record of its own: the door knows what to do with equal ids
        is_grouped = sheet.record in ("operation", "amendment")
        key = (sheet.code, name if is_grouped else f"{name}\n{place.file}\n{place.cell}\n{place.line}")
        draft = self._drafts.get(key)
        if draft is None:
            value: dict[str, Any] = {"record": sheet.record}
            if sheet.record == "node":
                value["kind"] = sheet.code
            elif sheet.record == "operation":
                value["type"] = sheet.code
            draft = _Draft(sheet, place, name, value, zone=self._defaults.zone)
            self._drafts[key] = draft
        return draft

    def _zone(self, row: Row, draft: _Draft) -> str | None:
        cell = next((cell for column, cell in row if column.member == "zone"), None)
        return None if cell is None else self._read(draft, _column(draft.sheet, "zone"), cell)

    # -- members ----------------------------------------------------------------------------------------------------

    def _read(self, draft: _Draft, column: Column, cell: Cell) -> Any:
        """The cell's value, or None and a violation."""
        try:
            value = value_of(column, cell, draft.zone)
        except BadCell as error:
            draft.bad(
                error.code,
                said("{heading}: {problem}", heading=f"{column.zh} / {column.en}", problem=error.message),
                error.remedy,
                cell.place,
                column.member,
            )
            return None
        if column.declared.type in _TIMES and _has_open_time(value):
            draft.lacks_offset = True
        return value

    def _put(self, draft: _Draft, holder: dict[str, Any], prefix: str, column: Column, cell: Cell) -> None:
        """Reads the cell into the member of the record, or of the input, output or use that ``holder`` is."""
        path = column.path
        value: Any
        if path == "replacement":
            text = str(cell.value).strip()
            value = None if text.casefold() in _VOID else _Replacement(text)
        else:
            value = self._read(draft, column, cell)
            if value is None or value == "":
                return
        if path == "captured":
            value = self._named(draft.sheet, value)
        if path.startswith("data."):
            holder = holder.setdefault("data", {})
        draft.put(holder, path.removeprefix("data."), f"{prefix}{path}", value, cell.place)

    def _named(self, sheet: Sheet, pairs: Mapping[str, Any]) -> dict[str, str]:
        """``操作环境温度=SENSOR-4``: fields by their headings or names."""
        named = {}
        for name, device in pairs.items():
            found = sheet.find(name)
            named[found[0].path.removeprefix("data.") if len(found) == 1 else name] = str(device)
        return named

    # -- operations -------------------------------------------------------------------------------------------------

    def _operation_row(self, draft: _Draft, row: Row) -> None:
        blocks: dict[str, Row] = {}
        for column, cell in row:
            if column.block:
                blocks.setdefault(column.block, []).append((column, cell))
            else:
                self._put(draft, draft.value, "", column, cell)
        for block, cells in blocks.items():
            self._end(draft, block, cells)

    def _end(self, draft: _Draft, block: str, row: Row) -> None:
        """An input, output or use: the one named before, or a new one."""
        read = {column.path: (column, cell) for column, cell in row}
        if "id" not in read:
            column, cell = row[0]
            draft.bad(
                "missing_member",
                said("{heading} is filled, but nothing says of what.", heading=f"{column.zh} / {column.en}"),
                said("Fill in the id beside it."),
                cell.place,
                f"{block}.id",
            )
            for each in row:
                self._read(draft, *each)
            return
        key = self._read(draft, *read["id"])
        kind = _USES.get(block) or self._kind(draft, block, read)
        if not key or kind is None:
            return
        side = "uses" if block in _USES else block
        start = self._read(draft, *read["start"]) if "start" in read else None
        identity = (side, kind, key, str(start or ""))
        ends: list[dict[str, Any]] = draft.value.setdefault(side, [])
        number = draft.ends.get(identity)
        if number is None:
            number = draft.ends[identity] = len(ends)
            ends.append({"kind": kind, "id": key})
            draft.cells[f"{side}[{number}]"] = draft.cells[f"{side}[{number}].id"] = read["id"][1].place
        for path, (column, cell) in read.items():
            if path not in ("id", "kind"):
                self._put(draft, ends[number], f"{side}[{number}].", column, cell)

    def _kind(self, draft: _Draft, block: str, read: Mapping[str, tuple[Column, Cell]]) -> str | None:
        if "kind" in read:
            kind: str | None = self._read(draft, *read["kind"])
            return kind
        if (default := draft.sheet.default_kinds.get(block)) is not None:
            return default
        column, cell = read["id"]
        draft.bad(
            "missing_member",
            said("{heading}: nothing says which kind of thing this is.", heading=f"{column.zh} / {column.en}"),
            said("Choose the kind in the column before it."),
            cell.place,
            f"{block}.kind",
        )
        return None

    # -- amendments -------------------------------------------------------------------------------------------------

    def _amendment_row(self, draft: _Draft, row: Row) -> None:
        cells = {column.member: (column, cell) for column, cell in row}
        for member, (column, cell) in cells.items():
            if member not in ("field", "value"):
                self._put(draft, draft.value, "", column, cell)
        sheet = sheet_named(str(draft.value.get("kind", "")))
        if "field" not in cells or sheet is None:
            return  # the door says what is missing
        heading = cells["field"][1]
        found = [column for column in sheet.find(str(heading.value).strip()) if column.member.startswith("data.")]
        if len(found) != 1:
            draft.bad(
                "unknown_heading",
                said("{heading} has no such field.", heading=f"{sheet.zh} / {sheet.en}"),
                said("Write the column's heading on the sheet of its kind."),
                heading.place,
                "field",
            )
            return
        value = self._read(draft, found[0], cells["value"][1]) if "value" in cells else None
        name = found[0].path.removeprefix("data.")
        draft.put(draft.value.setdefault("data", {}), name, f"data.{name}", value, heading.place)

    # -- the end ----------------------------------------------------------------------------------------------------

    def records(self) -> Iterator[RawRecord]:
        """First what is wrong with the source, then things, then what happened in its order, then what mends both."""
        drafts = list(self._drafts.values())
        operations = {draft.name: draft for draft in drafts if draft.sheet.record == "operation"}
        replacing: set[str | None] = set()
        for draft in drafts:
            replacement = draft.value.get("replacement")
            if isinstance(replacement, _Replacement):
                self._replace(draft, operations.get(replacement), replacement)
                replacing.add(replacement)
        yield from self._loose
        ranks = {"node": 0, "operation": 1, "closing": 1, "amendment": 2, "correction": 3}
        drafts.sort(key=lambda draft: (ranks[draft.sheet.record], _when(draft)))
        for draft in drafts:
            if draft.sheet.record == "operation":
                if draft.name in replacing:
                    continue
                self._fill(draft)
            yield draft.finished()

    def _fill(self, draft: _Draft) -> None:
        """What the rows need not say: the defaults, and that what is done to a thing itself comes out as that thing."""
        operation = OPERATIONS[draft.sheet.code]
        if operation.is_reflexive and "inputs" in draft.value:
            draft.value["outputs"] = [{"kind": end["kind"], "id": end["id"]} for end in draft.value["inputs"]]
        if self._defaults.performing_org is not None:
            draft.value.setdefault("performing_org", self._defaults.performing_org)

    def _replace(self, draft: _Draft, operation: _Draft | None, name: str) -> None:
        """Puts the operation that the correction names into it."""
        if operation is None:
            draft.bad(
                "unknown_replacement",
                said("There is no operation {name} in this workbook.", name=name),
                said(
                    "Give the operation as it was on the sheet of its type, with an id of its own; or write "
                    "void (作废)."
                ),
                draft.cells["replacement"],
                "replacement",
            )
            draft.value["replacement"] = None
            return
        self._fill(operation)
        done = operation.finished()
        draft.value["replacement"] = done.value
        draft.problems += done.problems
        draft.cells |= {f"replacement.{path}": place for path, place in done.cells.items()}


class _Replacement(str):
    """The id of the operation that a correction puts into the other's place."""

    __slots__ = ()


def _column(sheet: Sheet, member: str) -> Column:
    return next(column for column in sheet.columns if column.member == member)


def _has_open_time(value: Any) -> bool:
    if isinstance(value, str):
        return lacks_offset(value)
    return isinstance(value, list) and any(
        isinstance(row, list) and row and isinstance(row[0], str) and lacks_offset(row[0]) for row in value
    )


def _when(draft: _Draft) -> int:
    text = draft.value.get("start" if draft.sheet.record == "operation" else "end")
    try:
        return parse_moment(text, draft.zone).earliest_ms if isinstance(text, str) else 0
    except BadTime:
        return 0
