"""The graph as the entries say it: made again from them (`rebuild`), or held against them (`verify`).

Both go through ``graph.effects``, as the door does, a request at a time; nothing is judged and nothing computed anew:
deviations are those that the entries hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final

import orjson

from graph.effects import Effects, Stamp, Writes, apply
from graph.engine import Engine, Transaction
from graph.errors import IntegrityBroken
from graph.ledger.model import GENESIS, Entry, Head, Rebuilt, Verification, deviation_row
from graph.ledger.writing import write_graph, write_rows
from graph.records import parse_stored
from graph.rules.batch import Batch, Item
from graph.rules.identity import in_order_of_effect
from graph.rules.world import World
from graph.vocabulary import EDGE_FLOWS, KINDS

__all__ = ["rebuild", "verify"]

_DELETED: Final = 5_000  # nodes a statement
_REBUILT: Final = 5_000  # entries a transaction
_DERIVED: Final = (*KINDS, "Deviation")  # what the entries say; entries, sealed values, keys, tokens are kept


async def rebuild(entries: AsyncIterator[Entry], engine: Engine) -> Rebuilt:
    """Drops the graph and makes it again. Cut short, it is run again: until then nothing is read from the store.

    Raises IntegrityBroken where the chain does not hold: a graph is never made from an altered ledger.
    """
    checked = _Chain()
    await engine.write(_mark(is_rebuilding=True))
    for label in _DERIVED:
        while await engine.write(_delete(label)):
            pass
    world = World()
    nodes = edges = 0
    waiting: list[Entry] = []
    async for request in _requests(entries):
        checked.take_all(request)
        if checked.difference is not None:
            raise IntegrityBroken(checked.difference, remedy="Restore the store from a backup, then rebuild.")
        waiting += request
        if len(waiting) >= _REBUILT:
            made = await _make(waiting, world, engine)
            nodes, edges, waiting = nodes + made[0], edges + made[1], []
    made = await _make(waiting, world, engine)
    await engine.write(_mark(is_rebuilding=False))
    return Rebuilt(entries=checked.count, nodes=nodes + made[0], edges=edges + made[1])


async def verify(entries: AsyncIterator[Entry], head: Head, engine: Engine) -> Verification:
    """Recomputes every digest, replays the entries in memory, and compares the graph with that.

    Memory grows with the ledger, by about 4 KB for each entry. Read while nobody writes: what is written meanwhile
    would be a difference.
    """
    chain = _Chain()
    effects = Effects(World())
    deviations: list[dict[str, Any]] = []
    async for request in _requests(entries):
        chain.take_all(request)
        if chain.difference is None:
            chain.difference = _replayed(request, effects)
        if chain.difference is not None:
            return chain.told(head)
        deviations += [row for entry in request for row in _deviations(entry)]
    if (chain.seq, chain.digest) != (head.seq, head.digest):
        chain.difference = f"The head says entry {head.seq} ({head.digest[:12]}…), the last entry is {chain.seq} ({chain.digest[:12]}…)."
    writes = effects.finish()
    chain.difference = chain.difference or await _graph_difference(writes, deviations, engine)
    return chain.told(head)


class _Chain:
    """Follows the entries from the first; ``difference`` names the first that is not as it must be."""

    def __init__(self) -> None:
        self.seq, self.digest, self.count = 0, GENESIS, 0
        self.difference: str | None = None

    def take_all(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if self.difference is not None:
                return
            self.count += 1
            if entry.seq != self.seq + 1:
                self.difference = f"Entry {self.seq + 1} is missing: after entry {self.seq} comes {entry.seq}."
            elif entry.previous != self.digest:
                self.difference = (
                    f"Entry {entry.seq} ({entry.name}) does not follow entry {self.seq}: another was there."
                )
            elif entry.digest_over() != entry.digest:
                self.difference = (
                    f"Entry {entry.seq} ({entry.name}) was altered: its digest is not that of its content."
                )
            self.seq, self.digest = entry.seq, entry.digest

    def told(self, head: Head) -> Verification:
        return Verification(entries=self.count, seq=head.seq, first_difference=self.difference)


async def _requests(entries: AsyncIterator[Entry]) -> AsyncIterator[list[Entry]]:
    """The entries by request: within one, order does not matter, so it takes effect as a whole."""
    request: list[Entry] = []
    async for entry in entries:
        if request and entry.request != request[0].request:
            yield request
            request = []
        request.append(entry)
    if request:
        yield request


def _replay(request: list[Entry], effects: Effects) -> None:
    """Lets a request take effect, as the door did."""
    stamps = {}
    items = []
    for entry in request:
        item = Item(parse_stored(orjson.loads(entry.payload)))
        items.append(item)
        stamps[id(item)] = Stamp(entry.seq, entry.recorded_ms)
    ordered = in_order_of_effect(Batch(items))
    if ordered is None:
        raise ValueError("a ring, which the door does not let in")
    for item in ordered:
        apply(effects, item.record, stamps[id(item)])


def _replayed(request: list[Entry], effects: Effects) -> str | None:
    """Why the request cannot take effect, None where it can."""
    try:
        _replay(request, effects)
    except (KeyError, ValueError, StopIteration) as error:
        first, last = request[0], request[-1]
        return f"Entries {first.seq} to {last.seq} cannot be replayed ({type(error).__name__})."
    return None


def _deviations(entry: Entry) -> list[dict[str, Any]]:
    return [deviation_row(deviation, entry.seq, entry.recorded_ms) for deviation in entry.deviations]


# -- rebuilding ------------------------------------------------------------------------------------------------------


async def _make(entries: list[Entry], world: World, engine: Engine) -> tuple[int, int]:
    """Writes what these entries say, in one transaction; (nodes, edges) made."""
    effects = Effects(world)
    requests: dict[str, list[Entry]] = {}
    for entry in entries:
        requests.setdefault(entry.request, []).append(entry)
    for request in requests.values():
        _replay(request, effects)
    writes = effects.finish()
    deviations = [row for entry in entries for row in _deviations(entry)]

    async def work(tx: Transaction) -> None:
        await write_graph(tx, writes)
        await write_rows(tx, "Deviation", deviations)

    if entries:
        await engine.write(work)
    return sum(len(rows) for rows in writes.nodes.values()), sum(len(rows) for rows in writes.edges.values())


def _delete(label: str) -> Any:
    async def work(tx: Transaction) -> int:
        rows = await tx.run(f"MATCH (n:{label}) WITH n LIMIT {_DELETED} DETACH DELETE n RETURN count(*) AS gone")
        gone: int = rows[0]["gone"] if rows else 0
        return gone

    return work


def _mark(*, is_rebuilding: bool) -> Any:
    async def work(tx: Transaction) -> None:
        await tx.run("MATCH (h:Head {key: 'head'}) SET h.is_rebuilding = $is", **{"is": is_rebuilding})

    return work


# -- comparing -------------------------------------------------------------------------------------------------------


def _text(properties: Mapping[str, Any]) -> bytes:
    """Equal for equal properties; None is absence, and 1 and 1.0 are one number."""
    told = {name: _plain(value) for name, value in properties.items() if value is not None}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


async def _graph_difference(writes: Writes, deviations: list[dict[str, Any]], engine: Engine) -> str | None:
    for kind in KINDS:
        wanted = {f"{kind}:{key}": _text(row) for key, row in writes.nodes.get(kind, {}).items()}
        rows = engine.stream(f"MATCH (n:{kind}) RETURN n.key AS key, properties(n) AS p")
        if difference := await _difference(kind, wanted, rows):
            return difference
    wanted = {f"Deviation:{row['key']}": _text(row) for row in deviations}
    rows = engine.stream("MATCH (n:Deviation) RETURN n.key AS key, properties(n) AS p")
    if difference := await _difference("Deviation", wanted, rows):
        return difference
    for edge_type, flows in EDGE_FLOWS.items():
        for source, target in flows:
            if difference := await _edge_difference(writes, edge_type, source, target, engine):
                return difference
    return None


async def _difference(kind: str, wanted: dict[str, bytes], rows: AsyncIterator[dict[str, Any]]) -> str | None:
    found: list[str] = []
    async for row in rows:
        name = f"{kind}:{row['key']}"
        expected = wanted.pop(name, None)
        if expected is None:
            found.append(f"{name} is in the graph, and no entry says so.")
        elif expected != _text(row["p"]):
            found.append(f"{name} is not as the entries say ({', '.join(_differing(expected, row['p']))}).")
    found += [f"{name} is not in the graph, and the entries say so." for name in wanted]
    return min(found, default=None)


def _differing(expected: bytes, properties: Mapping[str, Any]) -> list[str]:
    """The names of the members that differ; no value is told."""
    here, there = orjson.loads(expected), orjson.loads(_text(properties))
    return sorted(name for name in {*here, *there} if here.get(name) != there.get(name))


async def _edge_difference(writes: Writes, edge_type: str, source: str, target: str, engine: Engine) -> str | None:
    wanted: Counter[tuple[str, str, bytes]] = Counter(
        (from_key, to_key, _text(row)) for from_key, to_key, row in writes.edges.get((edge_type, source, target), ())
    )
    rows = engine.stream(
        f"MATCH (a:{source})-[r:{edge_type}]->(b:{target}) RETURN a.key AS a, b.key AS b, properties(r) AS p"
    )
    surplus: list[str] = []
    async for row in rows:
        edge = (row["a"], row["b"], _text(row["p"]))
        if wanted[edge] > 0:
            wanted[edge] -= 1
        else:
            surplus.append(f"{edge_type} from {source}:{row['a']} to {target}:{row['b']} is not as the entries say.")
    missing = [
        f"{edge_type} from {source}:{a} to {target}:{b} is not in the graph as the entries say."
        for (a, b, _), count in wanted.items()
        if count > 0
    ]
    return min([*surplus, *missing], default=None)
