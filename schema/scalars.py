"""The scalars. Times are texts in and out; they are read by `graph.times`, and by nobody else."""

from __future__ import annotations

import math
import re
from typing import Any, NewType

import strawberry
from graphql import ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from graph.times import BadTime, Moment, parse_moment, render

__all__ = ["JSON", "SCALARS", "Date", "DateTime", "EventTime", "NumberOrText", "instant", "latest", "moment_of"]

JSON = NewType("JSON", object)
DateTime = NewType("DateTime", str)
Date = NewType("Date", str)
EventTime = NewType("EventTime", str)
NumberOrText = NewType("NumberOrText", object)

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class _Unreadable(ValueError):
    """What a value should be. It does not repeat the value: that may be personal."""


def instant(moment: Moment | None) -> DateTime | None:
    """The earliest instant that a time may mean."""
    return None if moment is None else DateTime(render(moment.earliest_ms, moment.offset_minutes))


def latest(moment: Moment | None) -> DateTime | None:
    """The latest instant that a time may mean; None where it is exact."""
    if moment is None or moment.is_exact:
        return None
    return DateTime(render(moment.latest_ms, moment.offset_minutes))


def moment_of(text: DateTime) -> Moment:
    """The time of a DateTime that came in, which was checked then."""
    return parse_moment(text)


def _date_time(value: Any) -> DateTime:
    try:
        if isinstance(value, str) and parse_moment(value).is_exact:
            return DateTime(value)
    except BadTime:
        pass
    raise _Unreadable("It must be an exact ISO 8601 time with an offset, such as 2025-01-18T10:00:00+08:00.")


def _date(value: Any) -> Date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return Date(value)
    raise _Unreadable("It must be a date such as 2025-01-18.")


def _event_time(value: Any) -> EventTime:
    if isinstance(value, str):
        return EventTime(value)
    raise _Unreadable("It must be a text: an ISO 8601 time, a date, a month, or two times with / between.")


def _number_or_text(value: Any) -> NumberOrText:
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return NumberOrText(value)
    raise _Unreadable("It must be a number or a text.")


def _json(value: Any) -> JSON:
    if isinstance(value, float) and not math.isfinite(value):
        raise _Unreadable("Numbers must be finite.")
    return JSON(value)


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> JSON:
    return _json(value_from_ast_untyped(node, variables))


SCALARS: dict[object, ScalarDefinition] = {
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_json,
        parse_literal=_json_literal,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant: ISO 8601 with an offset, to the millisecond, such as 2025-01-18T10:00:00.000+08:00.",
        parse_value=_date_time,
    ),
    Date: strawberry.scalar(name="Date", description="A calendar day, such as 2025-01-18.", parse_value=_date),
    EventTime: strawberry.scalar(
        name="EventTime",
        description=(
            "When something happened, as well as it is known: 2025-01-18T10:00:00+08:00, a date (2025-01-18), a month "
            "(2025-01), or between two (2025-01-18T09:00+08:00/2025-01-18T12:00+08:00). Without an offset of its own "
            "it takes that of the zone given beside it."
        ),
        parse_value=_event_time,
    ),
    NumberOrText: strawberry.scalar(
        name="NumberOrText", description="What a test found: a number, or a text.", parse_value=_number_or_text
    ),
}
