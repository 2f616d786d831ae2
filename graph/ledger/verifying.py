"""Is the store what the ledger says? Every digest computed again, the graph held against the entries replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from graph.effects import Effects, Writes
from graph.engine import Engine
from graph.errors import IntegrityBroken
from graph.ledger.chain import Chain, by_request
from graph.ledger.model import Entry, Head, Verification
from graph.ledger.replay import deviations_of, replay
from graph.ledger.vault import Vault
from graph.rules.world import World
from graph.saying import said
from graph.vocabulary import EDGE_FLOWS, KINDS

__all__ = ["verify"]


async def verify(entries: AsyncIterator[Entry], head: Head, engine: Engine, vault: Vault) -> Verification:
    """The first difference between the entries up to the head, the graph and the sealed values, or none.

    Memory grows with the ledger, by about 4 KB for each entry. What others write meanwhile may show as a difference.
    """
    chain = Chain()
    effects = Effects(World())
    deviations: list[dict[str, Any]] = []
    try:
        async for request in by_request(entries):
            if not chain.follow(request) or not _take_effect(request, effects, chain):
                break
            deviations += deviations_of(request)
        else:
            chain.ends_at(head)
    except IntegrityBroken as error:  # what stands there is no entry
        chain.difference = error.message
    difference = (
        chain.difference
        or await _later_entry(head, engine)
        or await _graph_difference(effects.finish(), deviations, engine)
        or await vault.first_fault()
    )
    return Verification(entries=chain.count, seq=head.seq, first_difference=difference)


def _take_effect(request: list[Entry], effects: Effects, chain: Chain) -> bool:
    try:
        replay(request, effects)
    except (KeyError, ValueError, StopIteration) as error:
        first, last = request[0], request[-1]
        chain.difference = said(
            "Entries {first} to {last} cannot be replayed ({error}).",
            first=first.seq,
            last=last.seq,
            error=type(error).__name__,
        )
        return False
    return True


async def _later_entry(head: Head, engine: Engine) -> str | None:
    rows = await engine.read("MATCH (e:Entry) WHERE e.seq > $seq RETURN min(e.seq) AS seq", seq=head.seq)
    if not rows or rows[0]["seq"] is None:
        return None
    return said("Entry {seq} stands after the last one that the head knows, {last}.", seq=rows[0]["seq"], last=head.seq)


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
    return await _strange_edge(engine)


async def _difference(kind: str, wanted: dict[str, bytes], rows: AsyncIterator[dict[str, Any]]) -> str | None:
    found: list[str] = []
    async for row in rows:
        name = f"{kind}:{row['key']}"
        expected = wanted.pop(name, None)
        if expected is None:
            found.append(said("{thing} is in the graph, and no entry says so.", thing=name))
        elif expected != _text(row["p"]):
            found.append(
                said(
                    "{thing} is not as the entries say ({members}).",
                    thing=name,
                    members=", ".join(_differing(expected, row["p"])),
                )
            )
    found += [said("{thing} is not in the graph, and the entries say so.", thing=name) for name in wanted]
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
            surplus.append(
                said(
                    "{edge} from {source} to {target} is not as the entries say.",
                    edge=edge_type,
                    source=f"{source}:{row['a']}",
                    target=f"{target}:{row['b']}",
                )
            )
    missing = [
        said(
            "{edge} from {source} to {target} is not in the graph as the entries say.",
            edge=edge_type,
            source=f"{source}:{a}",
            target=f"{target}:{b}",
        )
        for (a, b, _), count in wanted.items()
        if count > 0
    ]
    return min([*surplus, *missing], default=None)


async def _strange_edge(engine: Engine) -> str | None:
    """An edge of a type that is none, or between kinds that its type does not join: no entry can have made it."""
    rows = await engine.read(
        "MATCH (a)-[r]->(b) RETURN type(r) AS type, labels(a)[0] AS source, labels(b)[0] AS target, count(*) AS edges"
    )
    strange = [
        said(
            "{edge} from a {source} to a {target} is in the graph, and no entry can say so.",
            edge=row["type"],
            source=row["source"],
            target=row["target"],
        )
        for row in rows
        if (row["source"], row["target"]) not in EDGE_FLOWS.get(row["type"], ())
    ]
    return min(strange, default=None)
