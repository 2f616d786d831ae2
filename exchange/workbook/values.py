"""From a cell to a value of a record: what the field says it is, or a violation that names the cell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from unicodedata import normalize

from exchange.workbook.columns import Column, choices_of
from graph.errors import Place
from graph.saying import said
from graph.vocabulary import Field, FieldType, Words
from graph.vocabulary import normal_heading as normal

__all__ = ["BadCell", "Cell", "lacks_offset", "value_of"]

T = FieldType
_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DATE_AND_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")
# as Chinese spreadsheets show a date: the year first, so that it can mean one day only
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:[/.]|年)(\d\d?)(?:[/.]|月)(\d\d?)日?(?:[T ]*(\d\d?)(:\d\d(?::\d\d)?))?")
_OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d:\d\d)$")
_BETWEEN: Final = re.compile(r"\s*(?:\.\.+|…|~|～|至|到|–|—|\bto\b|,|，)\s*")
_LIST: Final = re.compile(r"[;；\n]")
_UNIT_LIST: Final = re.compile(r"[;；,，、\n]")
_UNIT_RANGE: Final = re.compile(r"(|.*#\s*)(\d+)\s*[-－–—~～〜至到]\s*(\d+)")
_PAIRS: Final = re.compile(r"[;；,，\n]")
_STEPS: Final = re.compile(r"[;；|\n]")
_PAIR: Final = re.compile(r"\s*[=＝:：]\s*")
_YES: Final = frozenset({"true", "yes", "y", "1", "是", "√", "✓"})
_NO: Final = frozenset({"false", "no", "n", "0", "否", "×"})
_LARGEST_SHOWN: Final = 10**15  # Excel keeps fifteen digits; a longer code has lost some


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell. ``is_plain``: from a text file, numbers too.

    ``has_hours``: it is shown with a time of day; ``is_percentage``: as a percentage, so that 95 % is the number 0.95.
    """

    value: Any
    place: Place
    has_hours: bool = False
    is_percentage: bool = False
    is_plain: bool = False


class BadCell(ValueError):
    """The cell does not hold what its column takes. The message repeats no value: it may be personal."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def value_of(column: Column, cell: Cell, zone: str | None) -> Any:
    """The value that the record gets. ``zone`` is the offset of date cells. Raises BadCell."""
    declared = column.declared
    if isinstance(cell.value, str) and cell.value.startswith("#") and cell.value in _ERRORS:
        raise BadCell(
            "error_value",
            said("The cell holds the error {cell}.", cell=cell.value),
            said("Mend the formula or enter the value."),
        )
    if cell.is_percentage:
        cell = _of_hundred(declared, cell)
    if column.kinds:
        return _choice(choices_of(column), cell)
    if declared.many and declared.type is not T.MAP:
        return _many(column, declared, cell, zone)
    return _one(declared, cell, zone, choices_of(column))


def _of_hundred(declared: Field, cell: Cell) -> Cell:
    """The cell with the number that a reader sees before the percent sign; only a field in percent takes it."""
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return cell
    if declared.unit != "%":
        raise BadCell(
            "percentage",
            said("The cell is shown as a percentage, and its column is not in percent."),
            said("Format the cell as a number and enter the bare number; a unit has a column of its own."),
        )
    return replace(cell, value=round(cell.value * 100, 10), is_percentage=False)


_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#NULL!", "#NUM!", "#DIV/0!", "#VALUE!", "#GETTING_DATA", "#SPILL!"}
)


def lacks_offset(text: str) -> bool:
    """True where a time, or one end of an interval, takes its offset from the record's zone."""
    return any(not _OFFSET.search(part.strip()) for part in text.split("/"))


def _one(declared: Field, cell: Cell, zone: str | None, choices: Words | None) -> Any:
    kind = declared.type
    if kind in _READERS:
        return _READERS[kind](cell)
    if kind is T.TIME:
        return _time(cell, zone)
    if kind is T.CHOICE:
        return _choice(choices, cell)
    if kind is T.MAP:
        return _map(declared, cell)
    return _text(cell, is_free=kind is T.TEXT)


def _many(column: Column, declared: Field, cell: Cell, zone: str | None) -> list[Any]:
    if not isinstance(cell.value, str):
        return [_one(declared, cell, zone, choices_of(column))]
    text = cell.value.strip()
    if text.startswith("["):
        found = _json(text)
        if isinstance(found, list):
            return found
    separator = _UNIT_LIST if column.path in ("units", "on") else _LIST
    parts = [part.strip() for part in separator.split(text)]
    if separator is _UNIT_LIST:
        parts = [_unit_range(part.replace("＃", "#"), is_marked=column.path == "on") for part in parts]
    return [
        _one(declared, Cell(part, cell.place, is_plain=cell.is_plain), zone, choices_of(column))
        for part in parts
        if part
    ]


def _unit_range(text: str, *, is_marked: bool) -> str:
    """A range of units as records write it: whatever dash and width of signs a keyboard for Chinese gave.

    ``is_marked``: only what has its lot before it is a unit.
    """
    found = _UNIT_RANGE.fullmatch(text)
    if found is None or (is_marked and not found[1]):
        return text
    lot, first, last = found.groups()
    return f"{lot}{normalize('NFKC', first)}-{normalize('NFKC', last)}"


# -- texts, numbers, choices ----------------------------------------------------------------------------------------


def _text(cell: Cell, *, is_free: bool = False) -> str:
    value = cell.value
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | datetime | date | time | timedelta):
        what = said("a yes or no") if isinstance(value, bool) else said("a date")
        raise BadCell(
            "not_a_text",
            said("The cell holds {what} where a text belongs.", what=what),
            said("Format it as text and enter it again."),
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) < _LARGEST_SHOWN:
        return str(value)
    if is_free:
        return repr(value)
    raise BadCell(
        "not_a_text",
        said("The cell holds a number where a code or a text belongs; a sheet does not keep such a number exactly."),
        said("Format the column as text and enter it again."),
    )


def _number(cell: Cell) -> int | float:
    value = cell.value
    if cell.is_plain and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if re.search(r"[.eE]", value) else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = said("a date") if isinstance(value, datetime | date | time | timedelta) else said("a text")
        raise BadCell(
            "not_a_number",
            said("The cell holds {what} where a number belongs.", what=what),
            said(
                "Enter the bare number, formatted as a number; its unit is in the line below the heading "
                "or has a column."
            ),
        )
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _result(cell: Cell) -> Any:
    if isinstance(cell.value, str):
        text = cell.value.strip()
        return _number(Cell(text, cell.place, is_plain=True)) if _NUMBER.fullmatch(text) else text
    return _number(cell)


def _boolean(cell: Cell) -> bool:
    if isinstance(cell.value, bool):
        return cell.value
    text = str(cell.value).strip().casefold()
    if text in _YES or text in _NO:
        return text in _YES
    raise BadCell(
        "not_yes_or_no",
        said("The cell holds neither yes nor no."),
        said("Choose one of the list: yes or no (是 或 否)."),
    )


def _choice(choices: Words | None, cell: Cell) -> str:
    """The code that the cell means; another word is kept as it is, for the door to judge."""
    text = _text(cell)
    if choices is None:
        return text
    found = choices.find(text)
    if found is None:
        both = {normal(f"{zh} {en}"): code for code, (en, zh) in choices.labels.items()}
        found = both.get(normal(text), text)
    return found


# -- times ----------------------------------------------------------------------------------------------------------


def _date_text(cell: Cell) -> str | None:
    """The calendar day of a date cell without a time of day, None for anything else."""
    value = cell.value
    if isinstance(value, datetime):
        is_midnight = value.time() == time(0)
        return value.date().isoformat() if is_midnight and not cell.has_hours else None
    return value.isoformat() if isinstance(value, date) else None


def _with_dashes(text: str) -> str:
    """2025/1/18 9:30 and 2025年1月18日 as ISO 8601 writes them; any other text as it is."""
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f" {hour:0>2}{rest}" if hour else "")


def _date(cell: Cell) -> str:
    if (day := _date_text(cell)) is not None:
        return day
    if isinstance(cell.value, datetime):
        if cell.value.time() == time(0):
            return cell.value.date().isoformat()
        raise BadCell(
            "not_a_date", said("The cell holds a time of day too, where a date belongs."), said("Enter the date alone.")
        )
    if isinstance(cell.value, str):
        return _with_dashes(cell.value.strip())
    raise BadCell("not_a_date", said("The cell holds no date."), said("Enter it as 2025-01-18, formatted as a date."))


def _time(cell: Cell, zone: str | None) -> str:
    if (day := _date_text(cell)) is not None:
        return day
    value = cell.value
    if isinstance(value, datetime):
        if zone is None:
            raise BadCell(
                "no_zone",
                said("The cell holds a date and time, and nothing says in which time zone."),
                said("Fill in the zone (+08:00) on the instructions sheet, or give --zone."),
            )
        value += timedelta(microseconds=500)  # a sheet keeps fractions of a day: cut to the millisecond it means
        text = value.isoformat(timespec="milliseconds")
        return text.removesuffix(".000") + zone
    if isinstance(value, str):
        text = _with_dashes(value.strip())
        if (exact := _DATE_AND_TIME.fullmatch(text)) is not None:
            return f"{exact[1]}T{exact[2]}{zone or ''}"
        return text.replace(" ", "T", 1) if re.match(r"\d{4}-\d\d-\d\d \d\d:", text) else text
    raise BadCell(
        "not_a_time",
        said("The cell holds no date and time."),
        said("Enter it as 2025-01-18 10:00, formatted as a date."),
    )


# -- ranges, series, maps -------------------------------------------------------------------------------------------


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCell(
            "broken_json", said("The cell holds broken JSON."), said("Mend it; texts stand in double quotes.")
        ) from error


def _plain_number(text: str) -> int | float | None:
    return _number(Cell(text, Place(), is_plain=True)) if _NUMBER.fullmatch(text) else None


def _range(cell: Cell) -> Any:
    if isinstance(cell.value, str):
        text = cell.value.strip()
        if text.startswith("["):
            return _json(text)
        if text[:1] in "≤<≥>":
            number = _plain_number(text.lstrip("≤≥<>= "))
            if number is not None:
                return [None, number] if text[0] in "≤<" else [number, None]
        parts = [part.strip() for part in _BETWEEN.split(text)]
        ends = [_plain_number(part) if part else None for part in parts]
        if len(parts) == 2 and all(end is not None or not part for end, part in zip(ends, parts, strict=True)):
            return ends
    raise BadCell(
        "not_a_range", said("The cell holds no range."), said("Write it as 2..8; leave an open end empty: ..-150.")
    )


def _series(cell: Cell) -> Any:
    if not isinstance(cell.value, str):
        return _number(cell)
    text = cell.value.strip()
    if (number := _plain_number(text)) is not None and cell.is_plain:
        return number
    if text[:1] in "[{":
        return _json(text)
    pairs = _pairs(text, None)
    if pairs and set(pairs) <= {"min", "max", "mean"}:
        return pairs
    raise BadCell(
        "not_a_number",
        said("The cell holds a text where a number or a series belongs."),
        said("Enter a number, or min=-180; max=-150; mean=-170, or JSON: [[time, value], …]."),
    )


def _map(declared: Field, cell: Cell) -> Any:
    if not isinstance(cell.value, str):
        raise BadCell(
            "not_a_map", said("The cell holds no named values."), said("Write temperature_celsius=37; co2_percent=5.")
        )
    text = cell.value.strip()
    if text[:1] in "[{":
        found = _json(text)
        return [found] if declared.many and isinstance(found, dict) else found
    if declared.many:
        steps = [_pairs(part, declared, is_step=True) for part in _STEPS.split(text) if part.strip()]
        if all(steps):
            return steps
    elif pairs := _pairs(text, declared):
        return pairs
    raise BadCell("not_a_map", said("The cell holds no named values."), said("Write name=value; name=value."))


def _pairs(text: str, declared: Field | None, *, is_step: bool = False) -> dict[str, Any] | None:
    names: dict[str, str] = {}
    if declared is not None and declared.keys is not None:
        for name, known in declared.keys.fields.items():
            names |= {normal(each): name for each in (name, known.zh, known.en)}
    pairs: dict[str, Any] = {}
    for part in re.split(r"[,，]", text) if is_step else _PAIRS.split(text):
        if not part.strip():
            continue
        name, *rest = _PAIR.split(part.strip(), maxsplit=1)
        if not name or not rest or not rest[0].strip():
            return None
        value = rest[0].strip()
        number = _plain_number(value)
        key: str = names.get(normal(name), name)
        if key in pairs:
            raise BadCell("named_twice", said("The cell names one value twice."), said("Keep one of them."))
        pairs[key] = value if number is None else number
    return pairs or None


_READERS: dict[FieldType, Callable[[Cell], Any]] = {
    T.INTEGER: _number,
    T.NUMBER: _number,
    T.DURATION: _number,
    T.BOOLEAN: _boolean,
    T.DATE: _date,
    T.RESULT: _result,
    T.RANGE: _range,
    T.SERIES: _series,
}
