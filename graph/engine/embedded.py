"""The engine that needs no set-up: ArcadeDB in a process of its own, started and stopped with this one.

The process listens on loopback only, under a password that is new at each start. It ends when its parent does,
however that ends; what is left over all the same is found and ended at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import platform
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from graph.engine.bolt import Engine, connect
from graph.engine.folder import FolderLock, is_same_process, started, write_privately
from graph.errors import Misconfigured, StoreUnavailable
from graph.saying import said

__all__ = ["DEFAULT_HEAP", "EmbeddedEngine", "EmbeddedServer"]

DEFAULT_HEAP = "1g"
USER = "root"

_CHILD = Path(__file__).with_name("embedded_child.py")
_PROCESS = "engine.json"
_START_SECONDS = 120.0
_STOP_SECONDS = 15.0
_PLATFORMS = "Linux (x86_64, aarch64), macOS (arm64) and Windows (x86_64), with CPython 3.11 to 3.14"


class EmbeddedServer:
    """The running process. Whoever starts it keeps the folder's lock until it is stopped."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, lock: FolderLock, password: str) -> None:
        self._process = process
        self._folder = folder
        self._lock = lock
        self._has_own_lock = True
        self.user = USER
        self.password = password
        self.address = ""

    @classmethod
    async def start(
        cls,
        folder: Path,
        *,
        lock: FolderLock | None = None,
        heap: str = DEFAULT_HEAP,
        command_timeout_seconds: float = 600.0,
    ) -> EmbeddedServer:
        """Starts the engine on ``folder``/engine and waits until it is ready (2 to 4 seconds).

        ``lock`` is the folder's lock where the caller has it already; it is then the caller's to release.
        ``heap`` is the memory of the Java machine, such as 512m or 4g. Call it on a thread that lives as long as
        the engine shall: on Linux the engine ends with the thread that started it. Raises Misconfigured (no
        engine for this platform, wrong heap), Conflict (folder in use), StoreUnavailable (it did not start).
        """
        _check(heap)
        own = FolderLock.take(folder) if lock is None else lock
        server: EmbeddedServer | None = None
        try:
            await _end_left_over(own.folder)
            password = secrets.token_urlsafe(32)
            server = cls(_spawn(), own.folder, own, password)
            server._has_own_lock = lock is None
            pid = server.pid
            write_privately(own.folder / _PROCESS, json.dumps({"pid": pid, "started": started(pid)}))
            orders = {
                "folder": str((own.folder / "engine").resolve()),
                "password": password,
                "heap": heap,
                "command_timeout_seconds": command_timeout_seconds,
                "parent": os.getpid(),
            }
            server.address = f"bolt://127.0.0.1:{await server._answer(orders)}"
        except BaseException:
            if server is not None:
                server.kill()
            if lock is None:
                own.release()
            raise
        return server

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    async def stop(self) -> None:
        """Closes the store in order and waits until the process has ended. May be called twice."""
        await asyncio.to_thread(self._stop)

    def kill(self) -> None:
        """Ends the process at once; what was acknowledged is on disk. The next start recovers."""
        self._process.kill()
        self._process.wait()
        self._clear()

    async def _answer(self, orders: dict[str, Any]) -> int:
        """The port, once the engine is ready."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        line = b""
        with contextlib.suppress(BrokenPipeError):
            pipe_in.write(json.dumps(orders).encode() + b"\n")
            pipe_in.flush()
            waiting = asyncio.get_running_loop().call_later(_START_SECONDS, self._process.kill)
            line = await asyncio.to_thread(pipe_out.readline)
            waiting.cancel()
        answer = json.loads(line) if line else {"error": "the process ended"}
        if "port" not in answer:
            raise StoreUnavailable(
                f"The embedded engine did not start ({answer['error']}).",
                remedy=f"Look into {self._folder / 'engine' / 'log'}; is there memory and room on the disk?",
            )
        return int(answer["port"])

    def _stop(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._clear()

    def _clear(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(OSError):
            (self._folder / _PROCESS).unlink(missing_ok=True)
        if self._has_own_lock:
            self._lock.release()


class EmbeddedEngine(Engine):
    """An engine with its server: what closes the one stops the other."""

    server: EmbeddedServer

    @classmethod
    async def start(
        cls,
        folder: Path,
        *,
        lock: FolderLock | None = None,
        heap: str = DEFAULT_HEAP,
        command_timeout_seconds: float = 600.0,
    ) -> EmbeddedEngine:
        """As EmbeddedServer.start, with a connection to it."""
        server = await EmbeddedServer.start(
            folder, lock=lock, heap=heap, command_timeout_seconds=command_timeout_seconds
        )
        try:
            plain = await connect(server.address, server.user, server.password)
        except BaseException:
            server.kill()
            raise
        engine = cls(
            plain.driver,
            address=plain.address,
            database="neo4j",
            product=plain.product,
            version=plain.version,
        )
        engine.server = server
        return engine

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            await self.server.stop()

    def _obituary(self) -> StoreUnavailable | None:
        if not self.server.has_ended:
            return None
        return StoreUnavailable(
            said("The embedded engine has ended."),
            remedy=said("Start the service again; everything acknowledged is there. Then send the same request again."),
        )


def _check(heap: str) -> None:
    if importlib.util.find_spec("arcadedb_embedded") is None:
        raise Misconfigured(
            f"There is no embedded engine for {platform.system()} on {platform.machine()} with Python "
            f"{platform.python_version()}: it exists for {_PLATFORMS}.",
            remedy="Name a store instead: --store bolt://host:7687 (Neo4j); docker-compose.yml starts one.",
            code="no_embedded_engine",
        )
    if not re.fullmatch(r"[1-9][0-9]*[mMgG]", heap):
        raise Misconfigured("The heap of the embedded engine is not a size.", remedy="Write it as 512m or 4g.")


def _spawn() -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in the terminal is for the service alone, which then stops the engine in order.
    return subprocess.Popen(
        [sys.executable, "-P", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


async def _end_left_over(folder: Path) -> None:
    """Ends the engine of an earlier run of this folder that is still there; nothing else, whatever its number."""
    try:
        note = json.loads((folder / _PROCESS).read_text("utf-8"))
        pid, since = int(note["pid"]), float(note["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if is_same_process(pid, since) and _CHILD.name in " ".join(process.cmdline()):
            # It has noticed by itself that its service is gone, and is stopping; only one that hangs is still there.
            gone, _ = await asyncio.to_thread(psutil.wait_procs, [process], timeout=3.0)
            if not gone:
                process.kill()
                await asyncio.to_thread(psutil.wait_procs, [process], timeout=10.0)
    (folder / _PROCESS).unlink(missing_ok=True)
