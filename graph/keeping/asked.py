"""What a question needs of the lineage, and who gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graph.index.lineage import Lineage
from graph.reader import AsOf, Direction, NodeId

__all__ = ["Asked", "Index", "IndexState", "Lineages"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Where a question begins and how it goes on, for what fetches only that part of the lineage.

    ``equipment`` and ``storage``: also through machines and vessels, as contagion goes. ``uses``: also from reagents to
    what they were used on.
    """

    starts: tuple[NodeId, ...]
    directions: tuple[Direction, ...] = (Direction.FORWARD,)
    uses: bool = True
    equipment: bool = False
    storage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexState:
    """How an index stands. ``state``: empty (nothing was asked yet), building, ready, broken."""

    state: str
    seq: int = 0
    things: int = 0
    edges: int = 0  # presences in machines and positions among them
    bytes: int = 0
    reason: str | None = None  # why it is broken, or was built anew


class Lineages(Protocol):
    """Gives the lineage as it stood at a position."""

    async def position(self) -> AsOf:
        """The ledger's head, seen after the call began: whatever was acknowledged before is in it."""
        ...

    async def lineage(self, as_of: AsOf, asked: Asked) -> Lineage:
        """The lineage at a position, with at least what was asked for in it."""
        ...


class Index(Lineages, Protocol):
    """One that is kept in memory."""

    def state(self) -> IndexState: ...
