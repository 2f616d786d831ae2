"""Single values of a record: is this what the field says it should be?"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from graph.times import BadTime, Moment, parse_moment
from graph.vocabulary.base import Field, FieldType

__all__ = ["BadValue", "check_value", "clean_key", "clean_moment", "clean_text", "is_sealed", "printable"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
LARGEST_WHOLE = 2**53 - 1  # RFC 8785 has no larger whole number
LONGEST_KEY = 200
LONGEST_TEXT = 20_000
LONGEST_TIME = 80
_MOST_SHOWN = 80
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class BadValue(ValueError):
    """The value is not of the field's shape. The message does not repeat the value: it may be personal."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def printable(text: str, longest: int = _MOST_SHOWN) -> str:
    """The text as a message may repeat it: cut short, with a question mark for what cannot be shown or encoded."""
    shown = "".join("?" if unicodedata.category(each) in _UNPRINTABLE else each for each in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"


def clean_key(text: Any, what: str = "id") -> str:
    """A key in NFC and trimmed; BadValue where it is empty, too long or holds a control character."""
    if not isinstance(text, str):
        raise BadValue(f"{what} is not a text", "Write it in quotes.")
    if 0 < len(text) <= LONGEST_KEY and text.isascii() and text.isprintable() and text == text.strip():
        return text  # as nearly all are
    if len(text) > 10 * LONGEST_KEY:  # before any work is done on it
        raise BadValue(f"{what} has {len(text)} characters", f"Use at most {LONGEST_KEY}.")
    key = text.strip()
    if not key.isascii():
        key = unicodedata.normalize("NFC", text).strip()
    if not key:
        raise BadValue(f"{what} is empty", "Give it a code of 1 to 200 characters.")
    if len(key) > LONGEST_KEY:
        raise BadValue(f"{what} has {len(key)} characters", f"Use at most {LONGEST_KEY}.")
    if not key.isprintable() and any(unicodedata.category(each) in _UNPRINTABLE for each in key):
        raise BadValue(f"{what} holds a control character", "Remove it; line breaks and tabs count too.")
    return key


def is_sealed(value: Any) -> bool:
    """True for ``{"sealed": digest}``, with or without the salt and value beside it."""
    return isinstance(value, dict) and "sealed" in value and set(value) <= {"sealed", "salt", "value"}


def _finite(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue("is not a number", "Write a bare number; its unit is fixed or has a member of its own.")
    if isinstance(value, int):
        if abs(value) > LARGEST_WHOLE:
            raise BadValue("is a whole number too large to be kept exactly", f"The largest is {LARGEST_WHOLE}.")
    elif not math.isfinite(value):
        raise BadValue("is not a finite number", "Leave the member out where there is no value.")
    elif value.is_integer() and abs(value) <= LARGEST_WHOLE:
        return int(value)  # 20.0 is written 20 in canonical form
    return value


def clean_text(value: Any) -> str:
    """A text that is not empty, not too long and can be written as UTF-8, as it was given; otherwise BadValue."""
    if not isinstance(value, str):
        raise BadValue("is not a text", "Write it in quotes.")
    if len(value) > LONGEST_TEXT:
        raise BadValue(f"has {len(value)} characters", f"Use at most {LONGEST_TEXT}; put the rest into a Document.")
    if not value.strip():
        raise BadValue("is empty", "Leave the member out where there is no value.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadValue("holds half a character (a lone surrogate)", "Write the text in UTF-8.") from error
    return value


def _json(value: Any, depth: int = 0) -> Any:
    """Any JSON value whose numbers are finite and texts whole."""
    if depth > 8:
        raise BadValue("is nested too deeply", "Use at most eight levels.")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int | float):
        return _finite(value)
    if isinstance(value, list):
        return [_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean_text(name): _json(item, depth + 1) for name, item in value.items()}
    raise BadValue("is no JSON value", "Use texts, numbers, lists and objects.")


def _whole(value: Any) -> int:
    number = _finite(value)
    if number != int(number):
        raise BadValue("is not a whole number", "Write it without a fraction.")
    return int(_finite(int(number)))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("is neither true nor false", "Write true or false, without quotes.")
    return value


def _range(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadValue("is no range", "Write [low, high]; null is open.")
    low, high = (None if end is None else _finite(end) for end in value)
    if low is None and high is None:
        raise BadValue("is a range without an end", "Give at least one of low and high.")
    if low is not None and high is not None and low > high:
        raise BadValue("is a range whose low end is above its high one", "Swap them.")
    return [low, high]


def _map(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise BadValue("is no object of named values", 'Write {"temperature_celsius": 37}.')
    known = field.keys.fields if field.keys is not None else {}
    named = {clean_text(name): _json(item) for name, item in value.items()}
    for name, item in named.items():
        if name in known and isinstance(item, str | bool):
            raise BadValue(f"has a {name} that is not a number", "Write a bare number; its unit is in the name.")
        if name in known:
            _check_bounds(known[name], item)
    return named


def _check_bounds(field: Field, value: Any) -> None:
    """Raises BadValue for a number that nothing of this field can be; other values pass."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    unit = f"the value and its unit ({field.unit})" if field.unit else "the value"
    if field.low is not None and value < field.low:
        raise BadValue(f"is below {field.low:g}, which cannot be", f"Check {unit}.")
    if field.high is not None and value > field.high:
        raise BadValue(f"is above {field.high:g}, which cannot be", f"Check {unit}.")


def _series(value: Any, zone: str | None) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    if isinstance(value, dict):
        if not value or not set(value) <= {"min", "max", "mean"}:
            raise BadValue("summarises a series with other members than min, max and mean", "Use those three.")
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list) and value:
        rows = []
        for row in value:
            if not isinstance(row, list) or len(row) != 2:
                raise BadValue("is a series with a row that is not [time, value]", "Write [[time, value], …].")
            rows.append([clean_moment(row[0], zone).text, _finite(row[1])])
        return rows
    raise BadValue(
        "is neither a number nor a series", 'Write a number, [[time, value], …] or {"min":…,"max":…,"mean":…}.'
    )


def clean_moment(value: Any, zone: str | None) -> Moment:
    """The time; BadValue, which does not repeat the text, where it is none."""
    if not isinstance(value, str):
        raise BadValue("is no time: it is not a text", "Write it in quotes, in ISO 8601.")
    if len(value) > LONGEST_TIME:
        raise BadValue(f"is no time: it has {len(value)} characters", "Use ISO 8601 with an offset.")
    try:
        return parse_moment(value.strip(), zone)
    except BadTime as error:
        raise BadValue(f"is no time: it {error.problem}", "Use ISO 8601 with an offset.") from error


def _date(value: Any) -> str:
    text = clean_text(value).strip()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # the thirtieth of February
    raise BadValue("is no calendar date", "Write it as 2025-01-18.")


def _choice(field: Field, value: Any) -> str:
    text = clean_text(value).strip()
    if field.closed and text not in field.choices:
        raise BadValue(f"is none of {', '.join(field.choices)}", "Choose one of them.")
    return text


def _result(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else _finite(value)


def _one(field: Field, value: Any, zone: str | None) -> Any:
    kind = field.type
    if (clean := _PLAIN.get(kind)) is not None:
        checked = clean(value)
        _check_bounds(field, checked)
    elif kind is FieldType.TIME:
        checked = clean_moment(value, zone).text
    elif kind is FieldType.CHOICE:
        checked = _choice(field, value)
    elif kind is FieldType.MAP:
        checked = _map(field, value)
    else:
        checked = _series(value, zone)
        for number in _measured(checked):
            _check_bounds(field, number)
    return checked


def _measured(series: Any) -> Iterator[Any]:
    """The numbers in a series of any shape."""
    if isinstance(series, Mapping):
        yield from series.values()
    elif isinstance(series, list):
        yield from (row[1] for row in series)
    else:
        yield series


_PLAIN: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.STRING: clean_text,
    FieldType.TEXT: clean_text,
    FieldType.INTEGER: _whole,
    FieldType.NUMBER: _finite,
    FieldType.DURATION: _finite,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.REF: lambda value: clean_key(value, "the key"),
    FieldType.LINK: clean_text,
    FieldType.RANGE: _range,
    FieldType.RESULT: _result,
}


def _sealed(field: Field, value: Mapping[str, Any], zone: str | None) -> dict[str, Any]:
    digest, salt = value["sealed"], value.get("salt", "")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BadValue("is sealed with something that is no digest", "Give the 64 hexadecimal digits.")
    if not isinstance(salt, str) or ("value" in value) != bool(salt):
        raise BadValue("is sealed with a salt and no value, or a value and no salt", "Give both, or the digest alone.")
    if "value" not in value:
        return {"sealed": digest}
    if is_sealed(value["value"]):
        raise BadValue("is sealed twice", "Give the value itself.")
    return {"sealed": digest, "salt": salt, "value": check_value(field, value["value"], zone)}


def check_value(field: Field, value: Any, zone: str | None) -> Any:
    """The value in canonical form; BadValue where it is not what the field says. Sealed values pass as they are."""
    if is_sealed(value):
        return _sealed(field, value, zone)
    if field.many:
        if not isinstance(value, list) or not value:
            raise BadValue("is no list", "Write [ … ], with at least one item.")
        return [_one(field, item, zone) for item in value]
    return _one(field, value, zone)
