"""The entries taking effect again, and the graph made again from them.

They go through ``graph.effects``, as the door does, a request at a time; nothing is judged and nothing computed anew:
deviations are those that the entries hold.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

import orjson

from graph.effects import Effects, Stamp, apply
from graph.engine import Engine, Transaction
from graph.errors import Conflict
from graph.ledger.chain import by_request
from graph.ledger.model import Entry, Rebuilt, deviation_row
from graph.ledger.writing import write_graph, write_rows
from graph.records import parse_stored
from graph.rules.batch import Batch, Item
from graph.rules.identity import in_order_of_effect
from graph.rules.world import World
from graph.saying import said
from graph.vocabulary import KINDS

__all__ = ["deviations_of", "rebuild", "replay"]

_DELETED: Final = 5_000  # nodes a statement
_REBUILT: Final = 5_000  # entries a transaction
_DERIVED: Final = (*KINDS, "Deviation")  # what the entries say; entries, sealed values, keys, tokens are kept
T = TypeVar("T")


def replay(request: Iterable[Entry], effects: Effects) -> None:
    """Lets the entries of one request take effect. Raises ValueError or KeyError for what the door never lets in."""
    stamps = {}
    items = []
    for entry in request:
        item = Item(parse_stored(orjson.loads(entry.payload)), claimed_ms=entry.claimed_ms)
        items.append(item)
        stamps[id(item)] = Stamp(entry.seq, entry.recorded_ms)
    ordered = in_order_of_effect(Batch(items))
    if ordered is None:
        raise ValueError("a ring")
    for item in ordered:
        apply(effects, item.record, stamps[id(item)])


def deviations_of(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The rows of the deviations that the entries hold."""
    return [
        deviation_row(deviation, entry.seq, entry.recorded_ms) for entry in entries for deviation in entry.deviations
    ]


async def rebuild(read_entries: Callable[[], AsyncIterator[Entry]], engine: Engine) -> Rebuilt:
    """Drops the graph and makes it again; until it is whole, nothing is read from it and nothing written.

    Cut short, it is run again. A second one that begins meanwhile takes over; the first then raises Conflict. Whoever
    calls it has checked the chain: a graph is never made from an altered ledger. Memory grows with the ledger.
    """
    turn = _Turn(engine)
    await turn.take()
    for label in _DERIVED:
        while await turn.write(_delete(label)):
            pass
    world = World()
    count = nodes = edges = 0
    waiting: list[list[Entry]] = []
    async for request in by_request(read_entries()):
        count += len(request)
        waiting.append(request)
        if sum(map(len, waiting)) >= _REBUILT:
            made = await _make(waiting, world, turn)
            nodes, edges, waiting = nodes + made[0], edges + made[1], []
    made = await _make(waiting, world, turn)
    await turn.give_back()
    return Rebuilt(entries=count, nodes=nodes + made[0], edges=edges + made[1])


class _Turn:
    """The right to make the graph again. It stands in the head, so that writers and readers know, and other rebuilds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._name = secrets.token_hex(8)

    async def take(self) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run("MATCH (h:Head {key: 'head'}) SET h.rebuilder = $name", name=self._name)

        await self._engine.write(work)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs ``work`` in a transaction, unless another rebuild has taken over."""

        async def checked(tx: Transaction) -> T:
            # the head is written first: then no two rebuilds can both believe that it is theirs
            rows = await tx.run("MATCH (h:Head {key: 'head'}) SET h.turn = h.turn + 1 RETURN h.rebuilder AS rebuilder")
            if rows[0]["rebuilder"] != self._name:
                raise Conflict(
                    said("Another rebuild of this store has begun, and this one has ended."),
                    remedy=said("Wait until that one has ended; it makes the same graph."),
                    code="rebuild_taken_over",
                )
            return await work(tx)

        return await self._engine.write(checked)

    async def give_back(self) -> None:
        async def work(tx: Transaction) -> None:
            await tx.run("MATCH (h:Head {key: 'head'}) SET h.rebuilder = NULL")

        await self.write(work)


async def _make(requests: list[list[Entry]], world: World, turn: _Turn) -> tuple[int, int]:
    """Writes what these requests say, in one transaction; (nodes, edges) made."""
    effects = Effects(world)
    for request in requests:
        replay(request, effects)
    writes = effects.finish()
    deviations = [row for request in requests for row in deviations_of(request)]

    async def work(tx: Transaction) -> None:
        await write_graph(tx, writes)
        await write_rows(tx, "Deviation", deviations)

    if requests:
        await turn.write(work)
    return sum(len(rows) for rows in writes.nodes.values()), sum(len(rows) for rows in writes.edges.values())


def _delete(label: str) -> Callable[[Transaction], Awaitable[int]]:
    async def work(tx: Transaction) -> int:
        rows = await tx.run(f"MATCH (n:{label}) WITH n LIMIT {_DELETED} DETACH DELETE n RETURN count(*) AS gone")
        gone: int = rows[0]["gone"] if rows else 0
        return gone

    return work
