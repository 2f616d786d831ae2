"""The graph that an import has left: as the rows of its batches, and as a fingerprint to compare it by."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from graph.engine import Engine
from graph.vocabulary import EDGE_FLOWS, KINDS

__all__ = ["Fingerprint", "fingerprint_of", "write_batches"]


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """Equal for equal graphs, property by property, in whatever order they were written."""

    nodes: int = 0
    edges: int = 0
    digest: int = 0

    def with_row(self, name: str, row: Any) -> Fingerprint:
        digest = hashlib.sha256(orjson.dumps([name, row], option=orjson.OPT_SORT_KEYS)).digest()
        is_edge = " " in name
        return Fingerprint(
            nodes=self.nodes + (not is_edge),
            edges=self.edges + is_edge,
            digest=(self.digest + int.from_bytes(digest)) % 2**256,
        )


async def _rows(engine: Engine) -> AsyncIterator[tuple[str, Any, int]]:
    """(kind, properties, entry) of each node; (kind, edge type and kind, [key, key, properties], entry) of each edge."""
    for kind in KINDS:
        async for row in engine.stream(f"MATCH (n:{kind}) RETURN properties(n) AS n"):
            yield kind, row["n"], row["n"]["seq"]
    for edge, flows in EDGE_FLOWS.items():
        for source, target in flows:
            statement = f"MATCH (a:{source})-[r:{edge}]->(b:{target}) RETURN a.key AS a, b.key AS b, properties(r) AS r"
            async for row in engine.stream(statement):
                yield f"{source} {edge} {target}", [row["a"], row["b"], row["r"]], row["r"]["seq"]


async def fingerprint_of(engine: Engine) -> Fingerprint:
    found = Fingerprint()
    async for name, row, _ in _rows(engine):
        found = found.with_row(name, row)
    return found


async def write_batches(engine: Engine, file: Path, *, batch: int) -> Fingerprint:
    """One line for each batch of so many ledger entries: the nodes and edges that it made, as they are now."""
    found = Fingerprint()
    batches: dict[int, dict[str, dict[str, list[Any]]]] = defaultdict(
        lambda: {"nodes": defaultdict(list), "edges": defaultdict(list)}
    )
    async for name, row, seq in _rows(engine):
        found = found.with_row(name, row)
        batches[(seq - 1) // batch]["edges" if " " in name else "nodes"][name].append((seq, row))
    with file.open("wb") as lines:
        for number in sorted(batches):
            told = {
                part: {name: [row for _, row in sorted(rows, key=lambda pair: pair[0])] for name, rows in names.items()}
                for part, names in batches.pop(number).items()
            }
            lines.write(orjson.dumps(told) + b"\n")
    return found
