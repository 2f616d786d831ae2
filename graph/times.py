"""Times as they are written on a bench sheet: exact, or known to a day, a month or between two.

Every time is kept as the earliest and the latest instant that it may mean, in milliseconds since 1970 (UTC), with the
offset it was written in. Source: specification section 4 (GB/T 7408.1-2023 = ISO 8601-1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from graph.saying import Saying, said

__all__ = ["BadTime", "Moment", "day_end_ms", "now_ms", "parse_moment", "parse_zone", "render", "with_offset"]

_ZONE = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH = re.compile(r"\d{4}-\d\d")
_NO_OFFSET = said("has no offset: write one (+08:00), or give a zone")
_NO_ZONE = said("is no offset from UTC; write it like +08:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
_DAY_MS = 86_400_000


class BadTime(ValueError):
    """The text is no time, or could mean more than one. ``problem`` says why without repeating the text."""

    def __init__(self, text: object, problem: Saying) -> None:
        shown = repr(text[:60]) if isinstance(text, str) else f"a {type(text).__name__}"
        super().__init__(said("{shown} {problem}", shown=shown, problem=problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Moment:
    """One time: ``text`` as written, the bounds of what it may mean (equal where exact), the offset of its zone."""

    text: str
    earliest_ms: int
    latest_ms: int
    offset_minutes: int

    @property
    def is_exact(self) -> bool:
        return self.earliest_ms == self.latest_ms


def parse_zone(text: object) -> timezone:
    """The fixed offset of ``+08:00`` or ``Z``; names of places are refused, their offsets change."""
    if not isinstance(text, str):
        raise BadTime(text, _NO_ZONE)
    return _zone(text)


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone:
    if not _ZONE.fullmatch(text):
        raise BadTime(text, _NO_ZONE)
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _offset_minutes(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None  # only aware datetimes are made here
    return offset // _MINUTE


def _aware(day: date, zone: timezone | None, text: str) -> datetime:
    if zone is None:
        raise BadTime(text, _NO_OFFSET)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _bounds(text: str, zone: timezone | None) -> tuple[datetime, datetime]:
    """First and last instant that one side of an interval, or a whole time, may mean."""
    try:
        if found := _TIME.fullmatch(text):
            day, clock, offset = found.groups()
            if "." in clock:  # to the millisecond; what is finer is cut off
                whole, fraction = clock.split(".")
                clock = f"{whole}.{fraction[:3].ljust(3, '0')}"
            moment = datetime.fromisoformat(f"{day}T{clock}")
            if offset is not None:
                moment = moment.replace(tzinfo=parse_zone(offset))
            elif zone is not None:
                moment = moment.replace(tzinfo=zone)
            else:
                raise BadTime(text, _NO_OFFSET)
            return moment, moment
        if _DATE.fullmatch(text):
            first = _aware(date.fromisoformat(text), zone, text)
            return first, first + timedelta(days=1)
        if _MONTH.fullmatch(text):
            first = _aware(date.fromisoformat(f"{text}-01"), zone, text)
            return first, (first + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadTime):
            raise
        raise BadTime(text, said("is no time that exists")) from error
    raise BadTime(
        text,
        said("is no ISO 8601 time: write 2025-01-18T10:00:00+08:00, 2025-01-18, 2025-01, or two times with / between"),
    )


@lru_cache(maxsize=65536)
def parse_moment(text: str, zone: str | None = None) -> Moment:
    """The time that ``text`` says, in ``zone`` where it has no offset of its own.

    Raises BadTime for what is not ISO 8601, does not exist, or has neither offset nor zone. Digits finer than a
    millisecond are cut off. A date or month ends at the next midnight in its zone.
    """
    offset = parse_zone(zone) if zone is not None else None
    first_text, slash, last_text = text.partition("/")
    earliest, latest = _bounds(first_text, offset)
    if slash:
        second = _bounds(last_text, offset)
        if second[1] < earliest:
            raise BadTime(text, said("ends before it begins"))
        latest = second[1]
    if not 1 < earliest.year <= latest.year < 9999:  # so that every offset can show it
        raise BadTime(text, said("is no time that exists"))
    return Moment(text, _ms(earliest), _ms(latest), _offset_minutes(earliest))


def with_offset(text: str, zone: str | None) -> str:
    """The same time with its offset in the text, for where it is kept apart from its record's zone."""
    try:
        parse_moment(text)
    except BadTime:
        moment = parse_moment(text, zone)
        earliest = render(moment.earliest_ms, moment.offset_minutes)
        return earliest if moment.is_exact else f"{earliest}/{render(moment.latest_ms, moment.offset_minutes)}"
    return text


@lru_cache(maxsize=4096)
def day_end_ms(day: str, offset_minutes: int) -> int:
    """The midnight that ends the calendar day ``2025-01-18`` at the given offset."""
    first = datetime.fromisoformat(day).replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    return _ms(first) + _DAY_MS  # added in milliseconds: 9999-12-31 ends too


def render(ms: int, offset_minutes: int = 0) -> str:
    """ISO 8601 with milliseconds and offset (``+00:00`` for UTC)."""
    moment = (_EPOCH + timedelta(milliseconds=ms)).astimezone(timezone(timedelta(minutes=offset_minutes)))
    return moment.isoformat(timespec="milliseconds")


def now_ms() -> int:
    return _ms(datetime.now(UTC))
