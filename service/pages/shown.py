"""Recorded values as rows of a page: label, value with unit, links, limits, marks; and what is kept from the viewer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.reader import NodeId
from graph.rules.ranges import AppliedRange
from graph.vocabulary import Field, FieldType
from queries.deviations import Deviation
from service.texts import Texts
from visualize.values import field_text
from visualize.words import Speech, name_in

__all__ = ["Limit", "Linked", "ValueRow", "Wording", "limit_of", "linked_keys", "value_rows"]

_READINGS_SHOWN = 200
_SEALED_TIER = 3
_PASSAGE = "P"  # no unit behind a number: P3 is written on a vial


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A text, and the thing it names, where that has a page."""

    text: str
    node: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limits of a value as a reader sees them."""

    text: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One recorded value, or one that is kept back: then ``parts`` is empty. ``masked_tier``: the tier above the viewer's;
    None where the value is gone, or was never handed in.
    """

    label: str
    items: tuple[str, ...] = ()  # of the specification
    parts: Sequence[Linked] = ()
    is_kept_back: bool = False
    masked_tier: int | None = None
    device: str | None = None  # that read the value
    limits: Sequence[Limit] = ()
    deviations: Sequence[Deviation] = ()
    readings: Sequence[Sequence[str]] = ()  # of a series, the first of them
    reading_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How values are said: the language, the viewer's highest tier, and which keys have a page."""

    say: Texts
    tier: int
    pages: Collection[NodeId] = ()
    speech: Speech = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "speech", Speech(self.say.language))

    def name(self, declared: Field) -> str:
        return name_in(declared, self.say.language)

    def tier_above(self, declared: Field) -> int | None:
        """The tier that a value of the field has, where the viewer may not see it: its own, or that of a sealed one."""
        return next((tier for tier in (declared.tier, _SEALED_TIER) if tier > self.tier), None)

    def linked(self, kind: str, key: str) -> Linked:
        return Linked(text=key, node=(kind, key) if (kind, key) in self.pages else None)


def value_rows(
    wording: Wording,
    fields: Mapping[str, Field],
    values: Mapping[str, Any],
    masked: Iterable[str] = (),
    *,
    labels: Mapping[str, str] | None = None,
    devices: Mapping[str, str] | None = None,
    member: str = "data",
    limits: Sequence[AppliedRange] = (),
    deviations: Sequence[Deviation] = (),
) -> list[ValueRow]:
    """The rows in the order of the vocabulary. ``member`` is where the values stand in their record: limits and
    deviations name it. A field that says the unit of another is told with it.
    """
    told_with = {
        declared.unit_field for name, declared in fields.items() if declared.unit_field and values.get(name) is not None
    }
    kept_back = set(masked)
    rows = []
    for name, declared in fields.items():
        label = (labels or {}).get(name) or wording.name(declared)
        if name in kept_back:
            rows.append(
                ValueRow(
                    label=label,
                    items=declared.items,
                    is_kept_back=True,
                    masked_tier=wording.tier_above(declared),
                )
            )
        elif values.get(name) is not None and name not in told_with:
            path = f"{member}.{name}" if member else name
            rows.append(
                ValueRow(
                    label=label,
                    items=declared.items,
                    parts=_parts(wording, fields, name, values),
                    device=(devices or {}).get(name),
                    limits=[limit_of(wording, each, declared, values) for each in limits if each.member == path],
                    deviations=[each for each in deviations if each.field == path],
                    readings=_readings(values[name], declared),
                    reading_count=len(values[name]) if _is_listed_series(values[name], declared) else 0,
                )
            )
    return rows


def linked_keys(fields: Mapping[str, Field], values: Mapping[str, Any]) -> list[NodeId]:
    """What the values name, whether it exists or not."""
    return [
        (declared.ref, key)
        for name, declared in fields.items()
        if declared.ref is not None
        for key in _keys(values.get(name))
    ]


def limit_of(wording: Wording, applied: AppliedRange, declared: Field, values: Mapping[str, Any]) -> Limit:
    """``18 … 26 °C; allowed 15 … 30 °C``."""
    limits, say = applied.limits, wording.say
    known = declared.keys.fields.get(applied.field) if declared.keys is not None else None
    shown = known or declared
    parts = []
    if limits.expected:
        parts.append(wording.speech("joined").join(_expected(limits.expected, say.language)))
    for low, high, text in (
        (limits.low, limits.high, "%(range)s"),
        (limits.allowed_low, limits.allowed_high, say("allowed %(range)s")),
    ):
        if low is not None or high is not None:
            sign = "<" if limits.is_high_excluded else "≤"
            parts.append(text % {"range": _range(low, high, sign, _unit(shown, values))})
    text = say("; ").join(parts)
    if known is not None:
        text = f"{wording.name(known)}{wording.speech('colon')}{text}"
    return Limit(text=text, version=limits.version)


def _expected(words: Sequence[str], language: str) -> Sequence[str]:
    """Of the words that are as good as each other those of the reader's language; all where there are none."""
    own = [word for word in words if word.isascii() == (language == "en")]
    return own or words


def _range(low: float | None, high: float | None, sign: str, unit: str) -> str:
    if low is None:
        return f"{sign} {high:.15g}{unit}"
    return f"≥ {low:.15g}{unit}" if high is None else f"{low:.15g} … {high:.15g}{unit}"


def _unit(declared: Field, values: Mapping[str, Any]) -> str:
    own = values.get(declared.unit_field) if declared.unit_field else None
    unit = own or declared.unit
    return f" {unit}" if unit and unit != _PASSAGE and declared.type is not FieldType.MAP else ""


def _parts(wording: Wording, fields: Mapping[str, Field], name: str, values: Mapping[str, Any]) -> list[Linked]:
    declared, value = fields[name], values[name]
    if declared.ref is not None and declared.type in {FieldType.REF, FieldType.LINK}:
        return [wording.linked(declared.ref, key) for key in _keys(value)]
    if _is_listed_series(value, declared):
        return [Linked(text=_series_text(wording.say, value, _unit(declared, values)))]
    labelled = {
        other: fields[other].choices.label(values[other], wording.say.language)
        for other in fields
        if isinstance(values.get(other), str) and other == declared.unit_field
    }
    return [Linked(text=field_text(declared, value, wording.speech, {**values, **labelled}))]


def _keys(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [key for key in value if isinstance(key, str)] if isinstance(value, list | tuple) else []


def _is_listed_series(value: Any, declared: Field) -> bool:
    return declared.type is FieldType.SERIES and isinstance(value, list | tuple)


def _series_text(say: Texts, value: Sequence[Sequence[Any]], unit: str) -> str:
    numbers = [row[1] for row in value if isinstance(row[1], int | float)]
    if not numbers:
        return say("%(count)s readings", count=len(value))
    return say(
        "%(count)s readings, %(range)s",
        count=len(value),
        range=_range(min(numbers), max(numbers), "≤", unit),
    )


def _readings(value: Any, declared: Field) -> list[list[str]]:
    if not _is_listed_series(value, declared):
        return []
    return [[str(cell) for cell in row] for row in value[:_READINGS_SHOWN]]
