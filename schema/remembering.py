"""Queries that were asked before are neither parsed nor validated again: that took longer than most answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strawberry.extensions import ParserCache, ValidationCache

__all__ = ["ParsedOnce", "ValidatedOnce"]

_LONGEST: Final = 20_000  # characters of a query that is worth remembering; of the last 128


class ParsedOnce(ParserCache):
    def on_parse(self) -> Iterator[None]:
        if len(self.execution_context.query or "") <= _LONGEST:
            yield from super().on_parse()
        else:
            yield


class ValidatedOnce(ValidationCache):
    """Stands after `Limits`: what that refuses is not validated."""

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.pre_execution_errors is None and len(context.query or "") <= _LONGEST:
            yield from super().on_validate()
        else:
            yield
