"""The whole schema: every question and mutation, one module each. A new one is added to a list here."""

from __future__ import annotations

from functools import cache
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema.finding import FindingQuery
from schema.keeping import KeepingQuery
from schema.limits import Limits
from schema.nodes import NODE_TYPES
from schema.operations import OPERATION_TYPES, USE_TYPES
from schema.recording import RecordingMutation, TypedMutation
from schema.scalars import SCALARS
from schema.tracing import TracingQuery

__all__ = ["assembled", "sdl"]

_QUESTIONS: tuple[Any, ...] = (FindingQuery, TracingQuery, KeepingQuery)
_MUTATIONS: tuple[Any, ...] = (RecordingMutation, TypedMutation)


class _Quiet(strawberry.Schema):
    """Errors are told to the caller and logged by the service; the library's own log would hold values."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        return None


@cache
def assembled() -> strawberry.Schema:
    """The schema; made once, at the first call."""
    return _Quiet(
        query=merge_types("Query", _QUESTIONS),
        mutation=merge_types("Mutation", _MUTATIONS),
        types=[*NODE_TYPES.values(), *OPERATION_TYPES.values(), *USE_TYPES.values()],
        extensions=[Limits],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def sdl() -> str:
    """The schema in GraphQL's own language, as committed."""
    return f"{assembled().as_str()}\n"
