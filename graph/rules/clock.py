"""The ledger's own time, as the rules are told it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The ledger's own time, and whether this request may claim earlier recorded times."""

    now_ms: int
    is_historic: bool = False
