"""Single values of a record: is this what the field says it should be?"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from graph.saying import Saying, said
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

    def __init__(self, problem: Saying, remedy: Saying) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def printable(text: str, longest: int = _MOST_SHOWN) -> str:
    """The text as a message may repeat it: cut short, with a question mark for what cannot be shown or encoded."""
    shown = "".join("?" if unicodedata.category(each) in _UNPRINTABLE else each for each in text[:longest])
    return shown if len(text) <= longest else f"{shown}…"


def clean_key(text: Any, what: str = "id") -> str:
    """A key in NFC and trimmed; BadValue where it is empty, too long or holds a control character."""
    if not isinstance(text, str):
        raise BadValue(said("{what} is not a text", what=what), said("Write it in quotes."))
    if 0 < len(text) <= LONGEST_KEY and text.isascii() and text.isprintable() and text == text.strip():
        return text  # as nearly all are
    if len(text) > 10 * LONGEST_KEY:  # before any work is done on it
        raise BadValue(
            said("{what} has {count} characters", what=what, count=len(text)),
            said("Use at most {longest}.", longest=LONGEST_KEY),
        )
    key = text.strip()
    if not key.isascii():
        key = unicodedata.normalize("NFC", text).strip()
    if not key:
        raise BadValue(said("{what} is empty", what=what), said("Give it a code of 1 to 200 characters."))
    if len(key) > LONGEST_KEY:
        raise BadValue(
            said("{what} has {count} characters", what=what, count=len(key)),
            said("Use at most {longest}.", longest=LONGEST_KEY),
        )
    if not key.isprintable() and any(unicodedata.category(each) in _UNPRINTABLE for each in key):
        raise BadValue(
            said("{what} holds a control character", what=what), said("Remove it; line breaks and tabs count too.")
        )
    return key


def is_sealed(value: Any) -> bool:
    """True for ``{"sealed": digest}``, with or without the salt and value beside it."""
    return isinstance(value, dict) and "sealed" in value and set(value) <= {"sealed", "salt", "value"}


def _finite(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(
            said("is not a number"), said("Write a bare number; its unit is fixed or has a member of its own.")
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(said("is not a finite number"), said("Leave the member out where there is no value."))
    # However it is written: in canonical form a whole number has no point, and would be read again as one.
    if abs(value) > LARGEST_WHOLE:  # every number that large is whole
        raise BadValue(
            said("is a whole number too large to be kept exactly"),
            said("The largest is {most}.", most=LARGEST_WHOLE),
        )
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 20.0 is written 20 in canonical form
    return value


def clean_text(value: Any) -> str:
    """A text that is not empty, not too long and can be written as UTF-8, as it was given; otherwise BadValue."""
    if not isinstance(value, str):
        raise BadValue(said("is not a text"), said("Write it in quotes."))
    if len(value) > LONGEST_TEXT:
        raise BadValue(
            said("has {count} characters", count=len(value)),
            said("Use at most {longest}; put the rest into a Document.", longest=LONGEST_TEXT),
        )
    if not value.strip():
        raise BadValue(said("is empty"), said("Leave the member out where there is no value."))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadValue(said("holds half a character (a lone surrogate)"), said("Write the text in UTF-8.")) from error
    return value


def _json(value: Any, depth: int = 0) -> Any:
    """Any JSON value whose numbers are finite and texts whole."""
    if depth > 8:
        raise BadValue(said("is nested too deeply"), said("Use at most eight levels."))
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
    raise BadValue(said("is no JSON value"), said("Use texts, numbers, lists and objects."))


def _whole(value: Any) -> int:
    number = _finite(value)
    if number != int(number):
        raise BadValue(said("is not a whole number"), said("Write it without a fraction."))
    return int(_finite(int(number)))


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue(said("is neither true nor false"), said("Write true or false, without quotes."))
    return value


def _range(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadValue(said("is no range"), said("Write [low, high]; null is open."))
    low, high = (None if end is None else _finite(end) for end in value)
    if low is None and high is None:
        raise BadValue(said("is a range without an end"), said("Give at least one of low and high."))
    if low is not None and high is not None and low > high:
        raise BadValue(said("is a range whose low end is above its high one"), said("Swap them."))
    return [low, high]


def _map(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise BadValue(said("is no object of named values"), said('Write {"temperature_celsius": 37}.'))
    known = field.keys.fields if field.keys is not None else {}
    named = {clean_text(name): _json(item) for name, item in value.items()}
    for name, item in named.items():
        if name in known and isinstance(item, str | bool):
            raise BadValue(
                said("has a {name} that is not a number", name=name),
                said("Write a bare number; its unit is in the name."),
            )
        if name in known:
            _check_bounds(known[name], item)
    return named


def _check_bounds(field: Field, value: Any) -> None:
    """Raises BadValue for a number that nothing of this field can be; other values pass."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    check = (
        said("Check the value and its unit ({measure}).", measure=field.unit)
        if field.unit
        else said("Check the value.")
    )
    if field.low is not None and value < field.low:
        raise BadValue(said("is below {low}, which cannot be", low=f"{field.low:g}"), check)
    if field.high is not None and value > field.high:
        raise BadValue(said("is above {high}, which cannot be", high=f"{field.high:g}"), check)


def _series(value: Any, zone: str | None) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    if isinstance(value, dict):
        if not value or not set(value) <= {"min", "max", "mean"}:
            raise BadValue(
                said("summarises a series with other members than min, max and mean"), said("Use those three.")
            )
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list) and value:
        rows = []
        for row in value:
            if not isinstance(row, list) or len(row) != 2:
                raise BadValue(
                    said("is a series with a row that is not [time, value]"), said("Write [[time, value], …].")
                )
            rows.append([clean_moment(row[0], zone).text, _finite(row[1])])
        return rows
    raise BadValue(
        said("is neither a number nor a series"),
        said('Write a number, [[time, value], …] or {"min":…,"max":…,"mean":…}.'),
    )


def clean_moment(value: Any, zone: str | None) -> Moment:
    """The time; BadValue, which does not repeat the text, where it is none."""
    if not isinstance(value, str):
        raise BadValue(said("is no time: it is not a text"), said("Write it in quotes, in ISO 8601."))
    if len(value) > LONGEST_TIME:
        raise BadValue(
            said("is no time: it has {count} characters", count=len(value)), said("Use ISO 8601 with an offset.")
        )
    try:
        return parse_moment(value.strip(), zone)
    except BadTime as error:
        raise BadValue(
            said("is no time: it {problem}", problem=error.problem), said("Use ISO 8601 with an offset.")
        ) from error


def _date(value: Any) -> str:
    text = clean_text(value).strip()
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # the thirtieth of February
    raise BadValue(said("is no calendar date"), said("Write it as 2025-01-18."))


def _choice(field: Field, value: Any) -> str:
    text = clean_text(value).strip()
    if field.closed and text not in field.choices:
        raise BadValue(said("is none of {choices}", choices=", ".join(field.choices)), said("Choose one of them."))
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
        raise BadValue(said("is sealed with something that is no digest"), said("Give the 64 hexadecimal digits."))
    if not isinstance(salt, str) or ("value" in value) != bool(salt):
        raise BadValue(
            said("is sealed with a salt and no value, or a value and no salt"), said("Give both, or the digest alone.")
        )
    if "value" not in value:
        return {"sealed": digest}
    if is_sealed(value["value"]):
        raise BadValue(said("is sealed twice"), said("Give the value itself."))
    return {"sealed": digest, "salt": salt, "value": check_value(field, value["value"], zone)}


def check_value(field: Field, value: Any, zone: str | None) -> Any:
    """The value in canonical form; BadValue where it is not what the field says. Sealed values pass as they are."""
    if is_sealed(value):
        return _sealed(field, value, zone)
    if field.many:
        if not isinstance(value, list) or not value:
            raise BadValue(said("is no list"), said("Write [ … ], with at least one item."))
        return [_one(field, item, zone) for item in value]
    return _one(field, value, zone)
