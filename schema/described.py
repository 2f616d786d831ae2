"""Fields of questions and mutations, described by the docstrings of their resolvers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

__all__ = ["mutation", "question"]


def question(resolver: Callable[..., Any]) -> StrawberryField:
    """A field; its description is the resolver's docstring."""
    field: StrawberryField = strawberry.field(resolver=resolver, description=_description(resolver))
    return field


def mutation(resolver: Callable[..., Any]) -> StrawberryField:
    """A field that writes; its description is the resolver's docstring."""
    field: StrawberryField = strawberry.mutation(resolver=resolver, description=_description(resolver))
    return field


def _description(resolver: Callable[..., Any]) -> str:
    return " ".join((resolver.__doc__ or "").split())
