"""Names and descriptions in GraphQL, derived from the vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graph.vocabulary import Field, Item, items_at, member_label

__all__ = ["camel", "describe", "describe_stage_field", "operation_class", "unlike"]

_WORDS_SHOWN = 40  # known words listed in a description; the rest is in the reference page


def camel(name: str) -> str:
    """``seedingDensity`` for ``seeding_density``."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def unlike(name: str, taken: Collection[str], owner: str) -> str:
    """The GraphQL name of a field, prefixed with its owner's where the interface has that name already."""
    plain = camel(name)
    return camel(f"{owner[:1].lower()}{owner[1:]}_{name}") if plain in taken else plain


def operation_class(type_: str) -> str:
    """``QcRelease`` for ``QC_RELEASE``."""
    return "".join(part.title() for part in type_.split("_"))


def describe(field: Field, *, items: Iterable[Item] | None = None, en: str = "", zh: str = "") -> str:
    """Both names, what the field holds, its unit, known words, privacy tier, items and source."""
    codes = field.items if items is None else tuple(item.id for item in items)
    parts = [f"{en or field.en} {zh or field.zh}."]
    if field.note:
        parts.append(field.note)
    if field.unit:
        parts.append(
            f"Unit: {field.unit}." if field.unit_field is None else f"Unit: {field.unit}, or as said beside it."
        )
    if field.keys is not None:
        known = (f"{name} ({key.unit})" if key.unit else name for name, key in field.keys.fields.items())
        parts.append(f"Known names: {', '.join(known)}; others are kept as they are.")
    if field.choices:
        shown = ", ".join(f"{word} ({field.choices.label(word, 'zh')})" for word in field.choices[:_WORDS_SHOWN])
        more = ", …" if len(field.choices) > _WORDS_SHOWN else ""
        parts.append(f"{'One of' if field.closed else 'Known words'}: {shown}{more}.")
    if field.low is not None or field.high is not None:
        parts.append(f"Bounds: {_bound(field.low)} to {_bound(field.high)}.")
    parts.append(f"Privacy tier {field.tier}.")
    if codes:
        parts.append(f"Items: {', '.join(codes)}.")
    if field.source:
        parts.append(f"Source: {field.source}.")
    return " ".join(parts)


def _bound(bound: float | None) -> str:
    return "open" if bound is None else f"{bound:g}"


def describe_stage_field(type_: str, field: Field) -> str:
    """As `describe`, under the name and the items that the operation's own list gives the field."""
    member = f"data.{field.name}"
    return describe(
        field,
        items=dict.fromkeys((*items_at(type_, member), *items_at(None, member))),
        en=member_label(type_, member),
        zh=member_label(type_, member, "zh"),
    )
