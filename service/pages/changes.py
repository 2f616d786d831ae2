"""The history of a thing or an operation as rows: who, when, old, new, why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graph.vocabulary import KINDS, OPERATIONS, USES, Field
from queries.history import Change
from queries.operations import member_fields
from service.pages.shown import Wording
from visualize.values import field_text
from visualize.words import edge_label, kind_label

__all__ = ["ChangeRow", "change_rows", "newest_first"]

_END = re.compile(r"(inputs|outputs|uses)\[(.*)\]\.data\.(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change. ``detail`` says of which end or use of an operation the member is. ``rows``: how many rows the entry
    has from here on; 0 where it began in a row above.
    """

    change: Change
    what: str
    detail: str
    old: str | None
    new: str | None
    rows: int


def newest_first(changes: Sequence[Change]) -> list[Change]:
    """The entries from the newest back; what one entry says stays in its order."""
    return sorted(changes, key=lambda change: -change.seq)


def change_rows(
    changes: Sequence[Change], wording: Wording, *, kind: str | None = None, operation_type: str | None = None
) -> list[ChangeRow]:
    """Of a thing of a kind, or of an operation of a type: that decides what its members are called."""
    lengths = Counter(change.seq for change in changes)
    return [_row(change, wording, kind, operation_type, lengths.pop(change.seq, 0)) for change in changes]


def _row(change: Change, wording: Wording, kind: str | None, operation_type: str | None, rows: int) -> ChangeRow:
    declared, detail = _declared(change.member, kind, operation_type)
    named = _other_names(wording).get(change.member, change.member)
    return ChangeRow(
        change=change,
        what=named if declared is None else wording.name(declared),
        detail=detail,
        old=_text(change.old, declared, change.member, wording),
        new=_text(change.new, declared, change.member, wording),
        rows=rows,
    )


def _declared(member: str, kind: str | None, operation_type: str | None) -> tuple[Field | None, str]:
    if kind is not None:
        return KINDS[kind].fields.get(member), ""
    if operation_type is None:
        return None, ""
    if found := _END.fullmatch(member):
        side, named, name = found.groups()
        end_kind = named.partition(":")[0]
        fields = USES[end_kind].fields if side == "uses" and end_kind in USES else KINDS[end_kind].fields
        return fields.get(name), named
    if found := re.fullmatch(r"uses\[(.*)\]\.(?:data\.)?(\w+)", member):
        named, name = found.groups()
        return next((use.fields[name] for use in USES.values() if name in use.fields), None), named
    own: Mapping[str, Field] = member_fields(operation_type)
    return OPERATIONS[operation_type].fields.get(member.removeprefix("data.")) or own.get(member), ""


def _other_names(wording: Wording) -> dict[str, str]:
    say = wording.say
    return {
        "": say("Recorded"),
        "operation": say("Operation"),
        "type": say("Type of operation"),
        "inputs": say("Inputs"),
        "outputs": say("Outputs"),
        "uses": say("Used"),
    }


def _text(value: Any, declared: Field | None, member: str, wording: Wording) -> str | None:
    if value is None:
        return None
    if declared is not None:
        return field_text(declared, value, wording.speech, {})
    if member == "type":
        return edge_label(str(value), wording.say.language)
    if isinstance(value, str):
        return value
    if member in {"inputs", "outputs", "uses"} and isinstance(value, list):
        return wording.speech("joined").join(_end_text(end, wording) for end in value)
    return orjson.dumps(value).decode()


def _end_text(end: Mapping[str, Any], wording: Wording) -> str:
    kind, _, key = str(end["id"]).partition(":")
    amount = f" × {end['quantity']:.15g}" if "quantity" in end else ""
    units = f" ({wording.speech('joined').join(end['units'])})" if "units" in end else ""
    return f"{kind_label(kind, wording.say.language)} {key}{amount}{units}"
