"""How much longer the whole door takes than the bare driver: ``python -m bench.ingest``.

A generated trial is imported in batches; then the bare driver writes the same nodes and edges in the same batches into
a new store of the same engine. Both graphs are compared, property by property, before a time counts. What is told is
the ratio: seconds differ from machine to machine, and on a busy one from minute to minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.graphs import Fingerprint, fingerprint_of, write_batches
from bench.places import ENGINES, new_place, opened
from exchange.generator import generate, lines

__all__ = ["ALLOWED", "one_round", "write_trial"]

ALLOWED = 2.0


@dataclass(frozen=True, kw_only=True)
class Round:
    """The door and the bare driver, one after the other."""

    engine: str
    graph: Fingerprint
    door_seconds: float
    plain_seconds: float
    processor_ratio: float  # of what both sides used of the processors: waits, and other programs, do not count
    peak_bytes: int

    @property
    def ratio(self) -> float:
        return self.door_seconds / self.plain_seconds


async def _child(module: str, orders: dict[str, Any]) -> dict[str, Any]:
    """What a measurement in a process of its own tells."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate(json.dumps(orders).encode() + b"\n")
    if process.returncode:
        raise SystemExit(f"{module} ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(told)
    return answer


async def one_round(engine: str, file: Path, *, batch: int) -> Round:
    """Raises SystemExit where the two do not end with the same graph."""
    rows = file.with_suffix(".batches")
    async with new_place(engine) as place:
        door = await _child("bench.door", {**place, "file": str(file), "batch": batch})
        async with opened(place) as store:
            graph = await write_batches(store, rows, batch=batch)
    async with new_place(engine) as place:
        plain = await _child("bench.plain", {**place, "file": str(rows)})
        async with opened(place) as store:
            same = await fingerprint_of(store)
    if graph != same:
        raise SystemExit(f"the graphs differ: {graph} by the door, {same} by the bare driver")
    return Round(
        engine=engine,
        graph=graph,
        door_seconds=door["seconds"],
        plain_seconds=plain["seconds"],
        processor_ratio=door["processor_seconds"] / plain["processor_seconds"],
        peak_bytes=door["peak_bytes"],
    )


def write_trial(file: Path, *, donors: int, seed: int) -> int:
    count = 0
    with file.open("wb") as trial:
        for line in lines(generate(donors=donors, seed=seed)):
            trial.write(line)
            count += 1
    return count


def _told(rounds: list[Round], *, title: str) -> str:
    rows = [f"{title}", "", "| engine | nodes | edges | door ÷ bare driver, each round | median | memory of the door |"]
    rows.append("|---|---|---|---|---|---|")
    for engine in dict.fromkeys(each.engine for each in rounds):
        own = [each for each in rounds if each.engine == engine]
        ratios = ", ".join(f"{each.ratio:.2f}" for each in own)
        median = statistics.median(each.ratio for each in own)
        peak = max(each.peak_bytes for each in own) / 2**20
        graph = own[0].graph
        rows.append(f"| {engine} | {graph.nodes:,} | {graph.edges:,} | {ratios} | {median:.2f} | {peak:,.0f} MB |")
    return "\n".join(rows)


async def _main(arguments: argparse.Namespace) -> int:
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        file = Path(folder) / "trial.jsonl"
        count = write_trial(file, donors=arguments.donors, seed=arguments.seed)
        for number in range(arguments.rounds):
            for engine in arguments.engine or ENGINES:
                rounds.append(await one_round(engine, file, batch=arguments.batch))
                last = rounds[-1]
                print(
                    f"round {number + 1}, {engine}: door {last.door_seconds:.1f} s, bare driver {last.plain_seconds:.1f} s,"
                    f" ratio {last.ratio:.2f} ({last.processor_ratio:.2f} of processor time), peak {last.peak_bytes / 2**20:.0f} MB",
                    file=sys.stderr,
                    flush=True,
                )
    print(_told(rounds, title=f"{arguments.donors} donors, {count:,} records, batches of {arguments.batch:,}"))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--donors", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=5000, help="records a batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", action="append", choices=ENGINES, help="again for more; both when left out")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
