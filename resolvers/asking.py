"""One request: who asks, of what, and at which position of the ledger it is answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from graph.ledger.model import Receipt, Submission
from graph.reader import AsOf
from queries.privacy import View

__all__ = ["Asking", "Door"]


class Door(Protocol):
    """What takes submissions: the ledger."""

    async def record(self, submission: Submission) -> Receipt: ...


@dataclass(kw_only=True)
class Asking:
    """Everything that the fields of one request share. Make one for each request."""

    view: View
    door: Door
    _position: asyncio.Future[AsOf] | None = field(default=None, init=False)

    async def position(self) -> AsOf:
        """The ledger's head when the request first looked: all its fields are answered there. Read once."""
        if self._position is None:
            self._position = asyncio.ensure_future(self._head())
        return await self._position

    async def lineage_position(self, *, pushdown: bool = False) -> AsOf:
        """The same, for questions of lineage: with the index caught up to the head, and checked against it."""
        seen = await self.view.lineages(pushdown=pushdown).position()
        if self._position is None:
            self._position = asyncio.get_running_loop().create_future()
            self._position.set_result(seen)
        return await self._position

    async def _head(self) -> AsOf:
        return AsOf((await self.view.reader.head()).seq)
