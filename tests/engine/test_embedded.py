"""The embedded engine: a process of its own that nobody else can reach, and that never outlives its service."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from graph.engine import EmbeddedEngine, EmbeddedServer, FolderLock, connect, holder_of
from graph.engine.embedded_child import _java_options
from graph.errors import Conflict, Misconfigured, StoreUnavailable
from support.house import ROOT
from support.stores import run

_SERVICE = """
import asyncio, sys
from pathlib import Path
from graph.engine import EmbeddedServer

async def main():
    server = await EmbeddedServer.start(Path(sys.argv[1]))
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[EmbeddedEngine]:
    engine = await EmbeddedEngine.start(tmp_path / "store")
    yield engine
    await engine.close()


async def _ended(pid: int) -> None:
    """Returns when that process is no more."""
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    gone, _ = await asyncio.to_thread(psutil.wait_procs, [process], timeout=30)
    assert gone


async def test_it_listens_on_loopback_only_and_on_bolt_only(engine: EmbeddedEngine) -> None:
    listening = [
        connection.laddr
        for connection in psutil.Process(engine.server.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    addresses = {(address.ip.removeprefix("::ffff:"), address.port) for address in listening}
    assert addresses == {("127.0.0.1", int(engine.server.address.rpartition(":")[2]))}


async def test_its_password_is_new_at_each_start_and_written_nowhere(tmp_path: Path) -> None:
    passwords = []
    for _ in range(2):
        server = await EmbeddedServer.start(tmp_path / "store")
        passwords.append(server.password)
        process = psutil.Process(server.pid)
        assert server.password not in " ".join([*process.cmdline(), *process.environ().values()])
        await server.stop()
    assert passwords[0] != passwords[1]
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            assert not any(password.encode() in path.read_bytes() for password in passwords), path


async def test_what_was_written_is_there_after_a_stop_and_after_a_kill(tmp_path: Path) -> None:
    for number in range(4):
        server = await EmbeddedServer.start(tmp_path / "store")
        engine = await connect(server.address, server.user, server.password)
        rows = await engine.read("MATCH (n:Probe) RETURN n.number AS number ORDER BY n.number")
        assert [row["number"] for row in rows] == list(range(number))
        await run(engine, "CREATE (:Probe {number: $number})", number=number)
        await engine.close()
        if number % 2:
            server.kill()
        else:
            await server.stop()
        assert server.has_ended


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_it_ends_with_its_service_however_that_ends(tmp_path: Path, how: signal.Signals) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _SERVICE,
        str(tmp_path / "store"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert service.stdout is not None
    pid = int(await service.stdout.readline())
    assert psutil.pid_exists(pid)
    service.send_signal(how)
    await service.wait()
    await _ended(pid)
    server = await EmbeddedServer.start(tmp_path / "store")  # the folder is free again
    await server.stop()


async def test_an_engine_that_was_left_over_is_ended_at_the_next_start(tmp_path: Path) -> None:
    first = await EmbeddedServer.start(tmp_path / "store")
    note = tmp_path / "store" / "engine.json"
    left = note.read_text()
    first._lock.release()  # as if its service had gone without it
    second = await EmbeddedServer.start(tmp_path / "store")
    await _ended(first.pid)
    assert json.loads(left)["pid"] == first.pid != second.pid
    await second.stop()
    assert not note.exists()
    first.kill()  # closes its pipes


async def test_a_process_that_got_the_number_of_an_engine_is_left_alone(tmp_path: Path) -> None:
    """Numbers of processes are given again: this one's, here."""
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "engine.json").write_text(json.dumps({"pid": os.getpid(), "started": psutil.Process().create_time()}))
    server = await EmbeddedServer.start(folder)
    await server.stop()


async def test_a_folder_is_used_by_one_at_a_time_and_the_other_is_told_by_whom(engine: EmbeddedEngine) -> None:
    folder = engine.server._folder
    with pytest.raises(Conflict) as caught:
        await EmbeddedServer.start(folder)
    assert caught.value.code == "folder_in_use"
    assert str(os.getpid()) in str(caught.value)


async def test_an_engine_that_died_is_told_at_once_with_what_to_do(engine: EmbeddedEngine) -> None:
    psutil.Process(engine.server.pid).kill()
    await _ended(engine.server.pid)
    engine._outage_seconds = 600  # it would wait that long for a store elsewhere
    with pytest.raises(StoreUnavailable, match="engine has ended") as caught:
        await engine.read("RETURN 1 AS one")
    assert "Start the service again" in caught.value.remedy


async def test_an_engine_that_cannot_start_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    (folder / "engine" / "config").mkdir(parents=True)
    (folder / "engine" / "config" / "mcp-config.json").mkdir()  # a folder where it writes a file
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(StoreUnavailable, match="did not start"):
        await EmbeddedServer.start(folder)
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before
    FolderLock.take(folder).release()


@pytest.mark.parametrize("heap", ["", "0m", "512", "1.5g", "512m -Dsomething=else", "-1g"])
async def test_a_heap_that_is_no_size_is_refused(tmp_path: Path, heap: str) -> None:
    with pytest.raises(Misconfigured, match="heap"):
        await EmbeddedServer.start(tmp_path / "store", heap=heap)
    assert not (tmp_path / "store").exists()


async def test_where_there_is_no_embedded_engine_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "arcadedb_embedded" else found(name))
    with pytest.raises(Misconfigured) as caught:
        await EmbeddedServer.start(tmp_path / "store")
    assert caught.value.code == "no_embedded_engine"
    assert "--store" in caught.value.remedy
    assert "Linux" in str(caught.value)


def test_commits_are_synced_to_disk_and_files_are_read_by_nobody_else() -> None:
    """The engine's own default loses commits at a power cut; only a Java property mends it (docs/engines.md)."""
    options = _java_options({"command_timeout_seconds": 60.0})
    assert "-Darcadedb.txWalFlush=2" in options
    assert "-Darcadedb.command.timeout=60000" in options
    assert "-Darcadedb.opencypher.loadCsv.allowFileUrls=false" in options


async def test_the_folder_is_its_owners_alone(engine: EmbeddedEngine) -> None:
    folder = engine.server._folder
    assert folder.stat().st_mode & 0o077 == 0
    for path in (folder / "engine").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


# -- the folder ------------------------------------------------------------------------------------------------------


def test_who_has_the_folder_is_known_while_it_does(tmp_path: Path) -> None:
    lock = FolderLock.take(tmp_path / "store")
    lock.announce("http://127.0.0.1:8080")
    holder = holder_of(tmp_path / "store")
    assert holder is not None
    assert (holder.pid, holder.url) == (os.getpid(), "http://127.0.0.1:8080")
    with pytest.raises(Conflict, match=r"127\.0\.0\.1:8080"):
        FolderLock.take(tmp_path / "store")
    lock.release()
    assert holder_of(tmp_path / "store") is None
    FolderLock.take(tmp_path / "store").release()


def test_a_note_of_a_process_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "in-use.json").write_text('{"pid": 999999999, "started": 1.0, "url": null}')
    assert holder_of(tmp_path) is None
    (tmp_path / "in-use.json").write_text("nonsense")
    assert holder_of(tmp_path) is None
    FolderLock.take(tmp_path).release()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be used"):
        FolderLock.take(tmp_path / "file" / "store")
