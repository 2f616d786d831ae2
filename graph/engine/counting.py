"""Counts the statements sent to the store: what tests of cost look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["StatementCount", "note_statement", "statement_count"]


@dataclass
class StatementCount:
    """The statements sent inside one ``statement_count()``, in order, without their parameters."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.statements)


_open_counts: ContextVar[tuple[StatementCount, ...]] = ContextVar("open_counts", default=())


@contextmanager
def statement_count() -> Iterator[StatementCount]:
    """Counts statements sent in this context and the tasks started in it; retries count again. May be nested."""
    counted = StatementCount()
    token = _open_counts.set((*_open_counts.get(), counted))
    try:
        yield counted
    finally:
        _open_counts.reset(token)


def note_statement(statement: str) -> None:
    for counted in _open_counts.get():
        counted.statements.append(statement)
