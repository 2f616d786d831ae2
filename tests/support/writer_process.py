"""A second service, for tests: a process that opens the store and hands in requests, one after the other.

Run as a file. One line of JSON comes in (address, user, password, keys, person, requests), "ready" goes out; at the
next line in, it writes, and answers with one line: a receipt for each request.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from graph.engine import connect
from graph.keys import KeyFile
from support.house import ROOT
from support.stores import open_again, record

__all__ = ["WriterProcess", "at_once"]


class WriterProcess:
    """The other side: starts the process and talks to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, **orders: Any) -> WriterProcess:
        """Returns when the process has opened the store and waits for the word."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        )
        writer = cls(process)
        assert await writer._ask(json.dumps(orders)) == "ready"
        return writer

    async def write(self) -> list[dict[str, Any]]:
        """Lets it write; the receipts, as JSON."""
        answer: list[dict[str, Any]] = json.loads(await self._ask("go"))
        await self._process.wait()
        return answer

    def begin(self) -> None:
        """Lets it write, without waiting for what it says."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")

    async def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        self._process.kill()
        await self._process.wait()

    async def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        return (await self._process.stdout.readline()).decode().strip()


async def at_once(requests: list[list[list[dict[str, Any]]]], **store: Any) -> list[list[dict[str, Any]]]:
    """A process for each list of requests, all writing at the same time; the receipts of each."""
    writers = [
        await WriterProcess.start(**store, name=f"writer {number}", requests=own) for number, own in enumerate(requests)
    ]
    return list(await asyncio.gather(*(writer.write() for writer in writers)))


async def _main() -> None:
    orders = json.loads(sys.stdin.readline())
    engine = await connect(orders["address"], orders["user"], orders["password"])
    store = await open_again(engine, keyring=KeyFile(orders["keys"]))
    _say("ready")
    sys.stdin.readline()
    receipts = []
    for number, records in enumerate(orders["requests"]):
        receipt = await record(store, records, key=f"{orders['name']}, {number}")
        receipts.append(receipt.as_json())
    _say(json.dumps(receipts))
    await engine.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
