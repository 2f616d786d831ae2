"""Recorded values as a reader sees them: with unit, choices by their label, times with their offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.times import BadTime, Moment, parse_moment, render
from graph.vocabulary import Field, FieldType
from visualize.words import Speech, name_in

__all__ = ["field_text", "moment_text", "span_text"]

_NAMED_UNITS = 8


def moment_text(moment: Moment) -> str:
    """To the minute where it is exact to the minute, as between two where it is not exact."""
    return span_text(moment.earliest_ms, moment.latest_ms, moment.offset_minutes)


def span_text(earliest_ms: int, latest_ms: int | None, offset_minutes: int) -> str:
    """One time; two with a dash where it may be any between them."""
    first = _local(earliest_ms, offset_minutes)
    if latest_ms is None or latest_ms == earliest_ms:
        return " ".join(first)
    last = _local(latest_ms, offset_minutes)
    return f"{first[0]} {first[1]} – {last[0]} {last[1]} {last[2]}"


def _local(ms: int, offset_minutes: int) -> tuple[str, str, str]:
    """Day, clock and offset; seconds only where there are some."""
    text = render(ms, offset_minutes)
    day, clock, offset = text[:10], text[11:23], text[23:]
    return day, clock.removesuffix(".000").removesuffix(":00") if clock.endswith(".000") else clock, offset


def field_text(field: Field, value: Any, say: Speech, values: Mapping[str, Any]) -> str:
    """The value of a field. ``values`` are those recorded with it: one of them may say its unit."""
    if field.many and isinstance(value, Sequence) and not isinstance(value, str):
        return _joined([_one(field, item, say) for item in value], say)
    text = _one(field, value, say)
    own_unit = values.get(field.unit_field) if field.unit_field else None
    unit = str(own_unit) if own_unit is not None else field.unit
    if unit == "P":  # of a passage: P3, as it is written on a vial
        return f"P{text}"
    return f"{text} {unit}" if unit and field.type is not FieldType.MAP and not text.endswith(unit) else text


def _one(field: Field, value: Any, say: Speech) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no")
    if field.type is FieldType.RANGE and isinstance(value, Sequence):
        return _range(value)
    if isinstance(value, Mapping):
        known = field.keys.fields if field.keys is not None else {}
        parts = [
            f"{name_in(known[name], say.language)}{say('colon')}{field_text(known[name], part, say, value)}"
            if name in known
            else f"{name}{say('colon')}{_plain(part)}"
            for name, part in value.items()
        ]
        return _joined(parts, say)
    if isinstance(value, str):
        return _time(value) if field.type is FieldType.TIME else field.choices.label(value, say.language)
    return _plain(value)


def _time(text: str) -> str:
    """As other times are shown; as it was written where the record says its zone elsewhere."""
    try:
        return moment_text(parse_moment(text))
    except BadTime:
        return text


def _range(value: Sequence[Any]) -> str:
    low, high = value
    if low is None:
        return f"≤ {_plain(high)}"
    return f"≥ {_plain(low)}" if high is None else f"{_plain(low)} … {_plain(high)}"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_plain(part) for part in value)
    return str(value)


def _joined(parts: Sequence[str], say: Speech) -> str:
    if len(parts) <= _NAMED_UNITS:
        return say("joined").join(parts)
    return say("units_more", first=say("joined").join(parts[:_NAMED_UNITS]), count=len(parts))


def names_text(names: Sequence[str], say: Speech) -> str:
    """Names one after the other; beyond a few, how many there are."""
    return _joined(names, say)
