"""The pages over the trial alone, and over the same trial in a store of a million things: ratios, not seconds.

    python -m bench.pages --data DIR [--donors 4700] [--rounds 9]

Two services of the product's own on loopback, one connection to each, each page asked of both in turn; the pages must
be the same but for counts, or it is said how many bytes each has. ``DIR`` keeps the large store: it is made when it is
not there, which takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx

_RENAMED: Final = ("ORG-", "ST-")  # of the trial, which the synthetic trials name too
_IDS: Final = (
    "Donor:D1", "Tissue:T1", "CellLot:MCB1", "CellLot:DP1", "CellUnit:DP1%231", "Reagent:R-MED-7", "Equipment:INC-1",
    "StoragePosition:TANK-B", "Subject:S1", "Person:P-02", "Institution:ORG-1", "Study:ST-1",
)  # fmt: skip
_EXPOSURE: Final = "/view/impact?hazard=EXPOSURE&seed=Donor:D1"
_CONTAGIOUS: Final = "/view/impact?hazard=CONTAGIOUS&seed=Donor:D1"
PAGES: Final = (
    "/",
    "/view/search",
    "/view/search?q=MCB1",
    "/view/search?q=MCB1&part=suggestions",
    "/view/search?q=zzzqq",
    "/view/search?q=L1",
    *(f"/view/node/{id_}" for id_ in _IDS),
    "/view/operation/Operation:O07",
    "/view/trace",
    "/view/trace?start=CellLot:DP1&direction=backward&as=list",
    "/view/trace?start=CellLot:DP1&direction=backward",
    "/view/trace?start=Donor:D1&direction=forward&as=list",
    "/view/trace?start=Donor:D1&direction=forward",
    "/view/impact",
    _EXPOSURE,
    f"{_EXPOSURE}&as=picture",
    _CONTAGIOUS,
    f"{_CONTAGIOUS}&as=picture",
    "/view/impact?hazard=CONTAGIOUS&seed=CellLot:L1&target=Subject:S1",
    "/view/contents?position=StoragePosition:TANK-B",
    "/view/contents?position=StoragePosition:TANK-B&as=picture",
    "/view/whereabouts?id=CellLot:MCB1",
    "/view/whereabouts?id=CellLot:MCB1&as=picture",
    "/view/deviations",
    "/view/coverage",
    "/view/coverage?lot=CellLot:DP1",
    "/view/ledger",
    "/view/graphql",
    "/view/schema",
    "/view/import",
)


class _Found(NamedTuple):
    """Seconds of each round over the trial alone and over all, and how long the answers were."""

    few: list[float]
    many: list[float]
    few_bytes: int
    many_bytes: int


def _stemgraph(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from service.cli import main; main()", *arguments]


def _load(data: Path, source: Path, *more: str) -> None:
    command = _stemgraph("import", "--historic", "--data", str(data), *more, str(source))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _make_large(data: Path, trial: Path, donors: int) -> None:
    """The synthetic trials, and in them the trial."""
    with tempfile.TemporaryDirectory() as folder:
        synthetic, renamed = Path(folder) / "synthetic.jsonl", Path(folder) / "trial.jsonl"
        with synthetic.open("wb") as file:
            command = _stemgraph("generate", "--donors", str(donors), "--seed", "1")
            subprocess.run(command, check=True, stdout=file)
        text = trial.read_text("utf-8")
        for name in _RENAMED:
            text = text.replace(f'"{name}', f'"T{name}')
        renamed.write_text(text, "utf-8")
        _load(data, synthetic, "--batch", "5000", "--heap", "3g")
        _load(data, renamed, "--heap", "3g")


@contextlib.contextmanager
def _served(data: Path, heap: str) -> Iterator[httpx.Client]:
    """A service that is up, its index made; as its owner in a browser."""
    command = _stemgraph("serve", "--data", str(data), "--port", "0", "--heap", heap)
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as file, subprocess.Popen(command, stderr=file) as service:
        try:
            url = _when_ready(service, log)
            token = (data / "admin.token").read_text().strip()
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            with httpx.Client(base_url=url, headers=headers, timeout=300) as client:
                yield client
        finally:
            service.terminate()


def _when_ready(service: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, when its index is made."""
    while service.poll() is None:
        lines = log.read_text("utf-8").splitlines(keepends=True)
        said = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
        if any(each["event"] == "index ready" for each in said):
            return next(str(each["url"]) for each in said if each["event"] == "serving")
        time.sleep(0.2)
    raise SystemExit("the service did not come up")


def _rounds(small: httpx.Client, large: httpx.Client, page: str, rounds: int) -> _Found:
    """Both asked in turn, each round once."""
    taken: tuple[list[float], list[float]] = ([], [])
    sizes = [0, 0]
    renamed = page
    for name in _RENAMED:
        renamed = renamed.replace(f":{name}", f":T{name}")
    for number in range(rounds + 1):  # the first one warms up
        for side, (client, address) in enumerate(((small, page), (large, renamed))):
            begun = time.perf_counter()
            answer = client.get(address)
            took = time.perf_counter() - begun
            answer.raise_for_status()
            sizes[side] = len(answer.content)
            if number:
                taken[side].append(took)
    return _Found(few=taken[0], many=taken[1], few_bytes=sizes[0], many_bytes=sizes[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--donors", type=int, default=4_700)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    trial = Path(__file__).parent.parent / "exchange" / "samples" / "trial.jsonl"
    if not (given.data / "engine").exists():
        _make_large(given.data, trial, given.donors)
    with tempfile.TemporaryDirectory() as folder:
        _load(Path(folder) / "small", trial)
        with _served(Path(folder) / "small", "1g") as small, _served(given.data, "3g") as large:
            for client in (small, large):
                client.get(
                    _EXPOSURE
                ).raise_for_status()  # returns when all is told that a service tells itself at its start
            print("| page | ratio of medians | bytes | bytes over the trial |\n| --- | --- | --- | --- |")
            ratios = []
            for page in PAGES:
                found = _rounds(small, large, page, given.rounds)
                ratios.append(statistics.median(found.many) / statistics.median(found.few))
                print(f"| `{page}` | {ratios[-1]:.2f} × | {found.many_bytes:,} | {found.few_bytes:,} |", flush=True)
    above = [page for page, ratio in zip(PAGES, ratios, strict=True) if ratio > 1.5]
    print(
        f"\n{len(PAGES) - len(above)} of {len(PAGES)} pages take at most 1.5 times what they take over the trial alone."
    )
    print("\n".join(itertools.chain(["The others:"], above)) if above else "")


if __name__ == "__main__":
    main()
