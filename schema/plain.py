"""Objects of which only what they hold is asked are read off, without a visit of the executor to each field.

graphql-core 3.3 takes about as long for each field as for a row of a big answer, and a page of a hundred items has a
thousand of them. What anything else than an attribute stands behind (a resolver, an argument, a list, a union), and
what does not come out as its type says, goes the executor's usual way, with its errors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType, GraphQLOutputType, is_leaf_type, is_non_null_type, is_object_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

__all__ = ["PlainObjects"]


class _NotPlainError(Exception):
    """Something is not as its type says: the executor tells what."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of an answer. ``attribute`` None: the name of the type; ``inner``: what is read of an object in it."""

    name: str
    attribute: str | None
    is_required: bool
    convert: Callable[[Any], Any]
    inner: tuple[_Part, ...] | None = None


class PlainObjects(StrawberryGraphQLCoreExecutionContext):
    """Reads the same selection of many objects by a plan that is made once for an execution."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[tuple[str, int], tuple[object, tuple[_Part, ...] | None]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        key = (parent_type.name, id(grouped_field_set))
        known = self._plans.get(key)
        if known is None:
            plan = None if source_value is None else self._plan(parent_type, grouped_field_set)
            known = self._plans[key] = (grouped_field_set, plan)  # kept, so that no other gets its id
        if known[1] is not None:
            with contextlib.suppress(Exception):  # whatever it is, the executor meets it again, and tells it
                return _read(known[1], source_value)
        return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)

    def _plan(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> tuple[_Part, ...] | None:
        """What to read of each object; None where there is more to do than to read."""
        parts = []
        for name, details in grouped_field_set.items():
            part = self._part(parent_type, name, details)
            if part is None:
                return None
            parts.append(part)
        return tuple(parts)

    def _part(self, parent_type: GraphQLObjectType, name: str, details: Any) -> _Part | None:
        node = details[0].node
        if node.name.value == "__typename":
            return _Part(name, None, is_required=True, convert=lambda _: parent_type.name)
        field = parent_type.fields.get(node.name.value)
        declared = field.extensions.get("strawberry-definition") if field is not None else None
        if field is None or not isinstance(declared, StrawberryField) or not declared.is_basic_field:
            return None
        if node.arguments or any(each.defer_usage is not None for each in details):
            return None
        is_required = is_non_null_type(field.type)
        type_: GraphQLOutputType = field.type.of_type if is_non_null_type(field.type) else field.type
        if is_leaf_type(type_):
            return _Part(name, declared.python_name, is_required=is_required, convert=type_.coerce_output_value)
        if not is_object_type(type_):
            return None
        selected, new_defers, _ = self.collect_subfields(type_, details)
        inner = None if new_defers else self._plan(type_, selected)
        if inner is None:
            return None
        return _Part(name, declared.python_name, is_required=is_required, convert=_unchanged, inner=inner)


def _unchanged(value: Any) -> Any:
    return value


def _read(parts: tuple[_Part, ...], source: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        value = source if part.attribute is None else getattr(source, part.attribute)
        if value is not None:
            value = part.convert(value) if part.inner is None else _read(part.inner, value)
        if value is None and part.is_required:
            raise _NotPlainError
        found[part.name] = value
    return found
