"""The whole schema: every question and mutation, one module each. A new one is added to a list here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema.comparing import ComparingQuery
from schema.contents import ContentsQuery
from schema.custody import CustodyQuery
from schema.finding import FindingQuery
from schema.impact import ImpactQuery
from schema.keeping import KeepingQuery
from schema.limits import Limits
from schema.nodes import NODE_TYPES
from schema.operations import OPERATION_TYPES, USE_TYPES
from schema.plain import PlainObjects
from schema.recording import RecordingMutation, TypedMutation
from schema.remembering import ParsedOnce, ValidatedOnce
from schema.scalars import SCALARS
from schema.tracing import TracingQuery

__all__ = ["assembled", "sdl"]

_QUESTIONS: tuple[Any, ...] = (
    FindingQuery,
    TracingQuery,
    ImpactQuery,
    ComparingQuery,
    CustodyQuery,
    ContentsQuery,
    KeepingQuery,
)
_MUTATIONS: tuple[Any, ...] = (RecordingMutation, TypedMutation)


class Schema(strawberry.Schema):
    """Strawberry's, but quiet and plain."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Nothing: errors are told to the caller and logged by the service; the library's log would hold values."""

    @property
    def core(self) -> GraphQLSchema:
        """The schema as GraphQL's library has it."""
        return self._schema


@cache
def assembled() -> Schema:
    """The schema; made once, at the first call."""
    made = Schema(
        query=merge_types("Query", _QUESTIONS),
        mutation=merge_types("Mutation", _MUTATIONS),
        types=[*NODE_TYPES.values(), *OPERATION_TYPES.values(), *USE_TYPES.values()],
        extensions=[Limits, ParsedOnce, ValidatedOnce],
        execution_context_class=PlainObjects,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    _leave_out_null_defaults(made.core)
    return made


def _leave_out_null_defaults(core: GraphQLSchema) -> None:
    """Strawberry writes ``= null`` wherever Python has ``= None``; a null that is not given needs no saying."""
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            _clear(type_.fields.values())
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field in type_.fields.values():
                _clear(field.args.values())


def _clear(values: Iterable[GraphQLArgument | GraphQLInputField]) -> None:
    for value in values:
        if value.default_value is None:
            value.default_value = Undefined


def sdl() -> str:
    """The schema in GraphQL's own language, as committed."""
    return f"{assembled().as_str()}\n"
