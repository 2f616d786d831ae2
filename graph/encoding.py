"""Field values as database properties, and back. Properties hold no maps; a sealed value is named by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from graph.canonical import canonical_json
from graph.vocabulary.base import Field, FieldType

__all__ = ["SEALED_PREFIX", "decode_value", "encode_values"]

SEALED_PREFIX = "sealed:"
_PACKED = frozenset({FieldType.MAP, FieldType.RANGE, FieldType.SERIES, FieldType.RESULT})


def _is_packed(field: Field) -> bool:
    return field.many or field.type in _PACKED


def encode_values(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Properties for the values given; fields whose value is None are left out."""
    properties: dict[str, Any] = {}
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, Mapping) and "sealed" in value:
            properties[name] = f"{SEALED_PREFIX}{value['sealed']}"
        elif _is_packed(fields[name]):
            properties[name] = canonical_json(value).decode()
        elif fields[name].type in (FieldType.NUMBER, FieldType.DURATION):
            properties[name] = float(value)  # one type for each property
        else:
            properties[name] = value
    return properties


def decode_value(field: Field, stored: Any) -> Any:
    """The value of a property; a sealed one comes back as ``{"sealed": digest}``."""
    may_be_sealed = field.tier == 3 or field.type is FieldType.RESULT or field.closed  # no plain text looks like one
    if may_be_sealed and isinstance(stored, str) and stored.startswith(SEALED_PREFIX):
        return {"sealed": stored.removeprefix(SEALED_PREFIX)}
    return orjson.loads(stored) if _is_packed(field) and isinstance(stored, str) else stored
