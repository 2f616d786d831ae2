"""The enums, and what the vocabulary's fields are in GraphQL: the type that is read, the type that is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import GenericAlias
from typing import Any

import strawberry

from graph.errors import BadInput
from graph.reader import Direction as WalkDirection
from graph.times import parse_moment
from graph.vocabulary import KINDS, OPERATIONS, Field, FieldType, kind_code
from schema.scalars import JSON, Date, DateTime, EventTime, NumberOrText, instant, latest

__all__ = [
    "Direction",
    "NodeKind",
    "NumberRange",
    "OperationType",
    "Read",
    "Series",
    "SeriesPoint",
    "enum_of",
    "listed",
    "names_of",
    "node_kind",
    "read_as",
    "written_as",
    "written_value",
]


def enum_of(name: str, description: str, members: Mapping[str, tuple[str, str]]) -> Any:
    """An enum whose members are code -> (value, description)."""
    values = {code: strawberry.enum_value(value, description=about) for code, (value, about) in members.items()}
    made: Any = Enum(name, values)  # type: ignore[misc]  # derived, so its name is no literal
    return strawberry.enum(made, description=description)


def listed(inner: Any) -> Any:
    """``list[inner]``, where the inner type is known at run time only."""
    return GenericAlias(list, (inner,))


NodeKind: Any = enum_of(
    "NodeKind",
    "The kinds of node.",
    {kind_code(name): (name, f"{kind.en} {kind.zh}. {kind.__doc__}") for name, kind in KINDS.items()},
)
OperationType: Any = enum_of(
    "OperationType",
    "The types of operation.",
    {name: (name, f"{operation.en} {operation.zh}. {operation.__doc__}") for name, operation in OPERATIONS.items()},
)
Direction: Any = enum_of(
    "Direction",
    "Along the flow of material, or against it.",
    {
        WalkDirection.FORWARD.name: ("FORWARD", "What it has become."),
        WalkDirection.BACKWARD.name: ("BACKWARD", "What it comes from."),
    },
)


def node_kind(kind: str) -> Any:
    """The enum's member for ``CellLot``."""
    return NodeKind(kind)


def names_of(members: list[Any] | None) -> list[str] | None:
    """The vocabulary's words for enum members that came in."""
    return None if members is None else [member.value for member in members]


@strawberry.type(description="Limits; an end that is null is open.")
class NumberRange:
    low: float | None
    high: float | None


@strawberry.type(description="One value of a series.")
class SeriesPoint:
    at: DateTime
    value: float


@strawberry.type(description="A value over time: a single one, its course, or its extremes and mean.")
class Series:
    value: float | None = None
    points: list[SeriesPoint] | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None


@strawberry.input(description="Limits; leave an end out where it is open.")
class NumberRangeInput:
    low: float | None = None
    high: float | None = None


@strawberry.input(description="One value of a series.")
class SeriesPointInput:
    at: EventTime
    value: float


@strawberry.input(description="A value over time: give value, or points, or min, max and mean as far as known.")
class SeriesInput:
    value: float | None = None
    points: list[SeriesPointInput] | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """How a field is read: ``suffix`` of its name, type, and the value from the one recorded and the record's zone."""

    suffix: str
    annotation: Any
    read: Callable[[Any, str | None], Any]
    about: str = ""  # instead of the field's own description


def _as_it_is(value: Any, _zone: str | None) -> Any:
    return value


def _range(value: Any, _zone: str | None) -> NumberRange:
    return NumberRange(low=value[0], high=value[1])


def _series(value: Any, zone: str | None) -> Series:
    if isinstance(value, Mapping):
        return Series(**value)
    if isinstance(value, list):
        points = [(instant(parse_moment(at, zone)), number) for at, number in value]
        return Series(points=[SeriesPoint(at=at, value=number) for at, number in points if at is not None])
    return Series(value=value)


_SCALARS: dict[FieldType, Any] = {
    FieldType.STRING: str,
    FieldType.TEXT: str,
    FieldType.CHOICE: str,
    FieldType.LINK: str,
    FieldType.REF: strawberry.ID,
    FieldType.INTEGER: int,
    FieldType.NUMBER: float,
    FieldType.DURATION: float,
    FieldType.BOOLEAN: bool,
    FieldType.DATE: Date,
    FieldType.MAP: JSON,
    FieldType.RESULT: NumberOrText,
}


def read_as(field: Field) -> tuple[Read, ...]:
    """What a field is read as: one GraphQL field, or two where its time may be less than exact."""
    match field.type:
        case FieldType.TIME:
            return (
                Read("", DateTime | None, lambda text, zone: instant(parse_moment(text, zone))),
                Read(
                    "_latest",
                    DateTime | None,
                    lambda text, zone: latest(parse_moment(text, zone)),
                    f"The latest that {field.en.lower()} may mean; null where it is exact.",
                ),
            )
        case FieldType.RANGE:
            return (Read("", NumberRange | None, _range),)
        case FieldType.SERIES:
            return (Read("", Series | None, _series),)
        case FieldType.REF:
            return (Read("", strawberry.ID | None, lambda key, _zone: f"{field.ref}:{key}"),)
    inner = _SCALARS[field.type]
    return (Read("", (listed(inner) if field.many else inner) | None, _as_it_is),)


def written_as(field: Field) -> Any:
    """The type of a field in an input."""
    inner = {
        FieldType.TIME: EventTime,
        FieldType.RANGE: NumberRangeInput,
        FieldType.SERIES: SeriesInput,
    }.get(field.type) or _SCALARS[field.type]
    return listed(inner) if field.many else inner


def written_value(field: Field, value: Any, member: str) -> Any:
    """The value as a record has it. Raises BadInput for a series of several shapes at once."""
    if isinstance(value, NumberRangeInput):
        return [value.low, value.high]
    if isinstance(value, SeriesInput):
        return _written_series(value, member)
    if field.type is FieldType.REF and field.ref is not None:
        return str(value).removeprefix(f"{field.ref}:")
    return value


def _written_series(value: SeriesInput, member: str) -> Any:
    summary = {name: found for name in ("min", "max", "mean") if (found := getattr(value, name)) is not None}
    shapes: list[Any] = [
        *([value.value] if value.value is not None else []),
        *([[[point.at, point.value] for point in value.points]] if value.points is not None else []),
        *([summary] if summary else []),
    ]
    if len(shapes) != 1:
        raise BadInput(
            f"{member} has {len(shapes)} of the three shapes of a series.",
            remedy="Give value, or points, or min, max and mean.",
            member=member,
        )
    return shapes[0]
