"""The service as a process: started, found, killed at any moment, and started again on what it left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import orjson
import psutil
import pytest

from support.house import ROOT
from support.serving import (
    COMMAND,
    DONE,
    REFUSED,
    UNAVAILABLE,
    USAGE,
    ServiceProcess,
    environment,
    head_of,
    run_command,
    serving,
)

TRIAL = ROOT / "exchange" / "samples" / "trial.jsonl"
_SECONDS = 120.0


def _person(number: int) -> bytes:
    return orjson.dumps({"record": "node", "kind": "Person", "id": f"P-{number}"}) + b"\n"


def _write_until_gone(service: ServiceProcess, acknowledged: list[int], enough: threading.Event) -> None:
    """Records person after person; ``enough`` is set after some. Ends when the service answers no more."""
    with service.client() as client, contextlib.suppress(httpx.HTTPError):
        for number in count(1):
            answer = client.post("/import", content=_person(number))
            if answer.status_code != 200:
                return
            acknowledged.append(number)
            if number == 20:
                enough.set()


def _kill_while_writing(service: ServiceProcess, kill: Callable[[], None]) -> list[int]:
    """What had been acknowledged when the blow fell."""
    acknowledged: list[int] = []
    enough = threading.Event()
    writer = threading.Thread(target=_write_until_gone, args=(service, acknowledged, enough))
    writer.start()
    assert enough.wait(_SECONDS)
    kill()
    writer.join(_SECONDS)
    assert not writer.is_alive()
    return acknowledged


def _persons(service: ServiceProcess) -> list[str]:
    with service.client() as client:
        lines = client.get("/export/records").content.splitlines()
    return [record["id"] for line in lines if (record := orjson.loads(line))["record"] == "node"]


def _check_found_again(folder: Path, acknowledged: list[int]) -> None:
    with serving(folder) as again:
        found = _persons(again)
        assert found[: len(acknowledged)] == [f"P-{number}" for number in acknowledged]
        assert len(found) <= len(acknowledged) + 1  # stored, and its acknowledgement lost
        assert run_command("verify", "--data", folder).returncode == DONE


def _end_of(pid: int) -> None:
    psutil.Process(pid).wait(30)


def test_a_killed_service_takes_its_engine_along_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(folder) as service:
        engine = psutil.Process(service.engine_pid)
        acknowledged = _kill_while_writing(service, service.process.kill)
        assert service.wait() == -signal.SIGKILL
        engine.wait(30)  # no orphan
        assert (folder / "service.json").exists()  # what it left says that it runs; nobody believes it
    _check_found_again(folder, acknowledged)


def test_a_killed_engine_stops_the_service_which_loses_nothing_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    log = tmp_path / "log"
    with serving(folder, log=log) as service:
        acknowledged = _kill_while_writing(service, lambda: os.kill(service.engine_pid, signal.SIGKILL))
        assert service.wait() == UNAVAILABLE
    assert "Start it again; everything acknowledged is there." in log.read_text("utf-8")
    _check_found_again(folder, acknowledged)


def test_an_engine_that_survived_its_service_is_ended_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(folder) as service:
        engine = psutil.Process(service.engine_pid)
        engine.suspend()  # it hangs: neither the end of its input nor a signal reaches it
        service.process.kill()
        service.wait()
        assert engine.is_running()
    with serving(folder) as again:
        assert not engine.is_running()
        assert again.engine_pid != engine.pid


def test_a_start_that_is_killed_half_way_leaves_no_engine(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    process = subprocess.Popen(
        [*COMMAND, "serve", "--data", str(folder), "--port", "0"], stdout=subprocess.DEVNULL, env=environment()
    )
    engine = _first_child(process.pid)
    process.kill()
    process.wait()
    engine.wait(30)
    with serving(folder) as service:
        assert head_of(service) == 0


def _first_child(pid: int) -> psutil.Process:
    parent = psutil.Process(pid)
    while not (children := parent.children()):
        assert parent.is_running()
    return children[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_service_that_is_told_to_stop_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "store"
    with serving(folder) as service:
        engine = psutil.Process(service.engine_pid)
        service.process.send_signal(number)
        assert service.wait() == DONE
        assert not engine.is_running()
    assert sorted(path.name for path in folder.iterdir()) == [
        "admin.token", "engine", "in-use.lock", "keys.jsonl", "keys.jsonl.lock",
    ]  # fmt: skip


def test_a_folder_is_used_by_one_service_which_commands_find(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(folder) as service:
        second = run_command("serve", "--data", folder, "--port", 0)
        assert second.returncode == REFUSED
        assert f"in use by process {service.process.pid} ({service.url})" in second.stderr
        imported = run_command("import", "--data", folder, "--historic", TRIAL)
        assert (imported.returncode, head_of(service)) == (DONE, 83)
    # and when it has gone, they open the store themselves
    assert run_command("verify", "--data", folder).stdout.startswith("Intact: 83 entries")


def test_a_port_that_is_taken_is_said_to_be_and_nothing_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run_command("serve", "--data", tmp_path / "store", "--port", port)
    assert found.returncode == USAGE
    assert f"port {port}" in found.stderr
    assert not (tmp_path / "store").exists()


def test_what_only_the_owner_may_read_is_readable_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(folder):
        assert folder.stat().st_mode & 0o077 == 0
        for name in ("admin.token", "keys.jsonl", "service.json", "engine.json"):
            assert (folder / name).stat().st_mode & 0o077 == 0, name


def test_the_owner_s_token_is_made_once_and_again_only_when_no_administrator_has_one(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with serving(folder) as service:
        first = service.token
    with serving(folder) as service:
        assert service.token == first
        with service.client() as client:
            (own,) = client.get("/tokens").json()["tokens"]
            assert client.delete(f"/tokens/{own['key']}").status_code == 200
    with serving(folder) as service:
        assert service.token != first
        assert head_of(service) == 0


def test_no_secret_is_in_arguments_environment_or_log(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    log = tmp_path / "log"
    with serving(folder, ["--log-level", "debug"], log) as service:
        run_command("import", "--data", folder, "--historic", TRIAL)
        made = run_command("token", "create", "--data", folder, "--person", "P-01", "--role", "viewer")
        run_command("trace", "--data", folder, "Subject:S1", "--backward")
        with service.client() as client:
            client.get("/sign-in", params={"link": "sgl_a-link-that-is-none"})
            client.get("/view/trace", params={"start": "Donor:D1", "direction": "forward"})
        keys = [json.loads(line) for line in (folder / "keys.jsonl").read_text("utf-8").splitlines()]
        secrets = [
            service.token,
            made.stdout.strip(),
            "sgl_a-link-that-is-none",
            *(k.get("key") or k["master"] for k in keys),
        ]
        seen = [
            " ".join([*process.cmdline(), *map("=".join, process.environ().items())])
            for process in (psutil.Process(service.process.pid), psutil.Process(service.engine_pid))
        ]
    assert len(secrets) > 4
    told = log.read_text("utf-8")
    assert '"route": "/view/trace"' in told
    for secret in secrets:
        assert not any(secret in text for text in [*seen, told])
    for personal in ("Subject:S1", "Donor:D1", "P-01", "1995"):
        assert personal not in told


def test_a_dry_run_on_no_store_makes_none(tmp_path: Path) -> None:
    found = run_command("import", "--data", tmp_path / "store", "--historic", "--dry-run", TRIAL)
    assert (found.returncode, found.stdout) == (
        DONE,
        "Dry run: nothing is wrong (83 would be applied, 0 unchanged).\n",
    )
    assert not (tmp_path / "store").exists()


def test_an_import_makes_the_store_beside_what_else_is_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("ours")
    assert run_command("import", "--data", tmp_path, "--historic", TRIAL).returncode == DONE
    exported = run_command("export", "--data", tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "ours"
    (tmp_path / "export.jsonl").write_text(exported.stdout)
    other = tmp_path / "other"
    assert run_command("import", "--data", other, "--historic", tmp_path / "export.jsonl").returncode == DONE
    assert run_command("export", "--data", other).stdout == exported.stdout


def test_a_store_without_its_keys_is_not_opened(tmp_path: Path) -> None:
    assert run_command("import", "--data", tmp_path, "--historic", TRIAL).returncode == DONE
    keys = (tmp_path / "keys.jsonl").read_bytes()
    (tmp_path / "keys.jsonl").unlink()
    found = run_command("verify", "--data", tmp_path)
    assert found.returncode == USAGE
    assert "Put it back from its backup" in found.stderr
    (tmp_path / "keys.jsonl").write_bytes(keys)
    (tmp_path / "keys.jsonl").chmod(0o644)
    found = run_command("verify", "--data", tmp_path)
    assert found.returncode == USAGE
    assert "chmod 600" in found.stderr


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Where a command makes its temporary folders; they must be gone when it has ended."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def test_the_demo_shows_a_trace_and_a_way_in_and_leaves_nothing(temporary: Path) -> None:
    found = run_command("demo", "--once", env=environment(TMPDIR=str(temporary)))
    assert (found.returncode, found.stderr) == (DONE, "")
    assert "83 records of the trial are recorded." in found.stdout
    assert "What Subject:S1 came from: " in found.stdout
    assert "Donor:D1" in found.stdout
    assert "/sign-in?link=sgl_" in found.stdout


def test_a_demo_that_is_stopped_leaves_nothing(temporary: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo"], stdout=subprocess.PIPE, text=True, env=environment(TMPDIR=str(temporary))
    )
    with process:
        assert process.stdout is not None
        link = ""
        for line in process.stdout:
            if line.startswith("Pages:"):
                link = line.split()[-1]
            if line.startswith("Ctrl-C"):
                break
        with httpx.Client(trust_env=False, follow_redirects=True) as browser:
            page = browser.get(link)
            assert page.status_code == 200
            assert "owner" in page.text
            assert browser.get(page.url.join("/view/trace?start=Donor:D1&direction=forward")).status_code == 200
        engine = psutil.Process(process.pid).children()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(_SECONDS) == DONE
        assert not engine.is_running()


def test_a_demo_that_is_stopped_while_it_starts_leaves_nothing(temporary: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(temporary)),
    ) as process:
        engine = _first_child(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=_SECONDS)
        assert "Traceback" not in errors
        assert process.returncode == 130
        assert not engine.is_running()


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "generate", "--donors", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(_SECONDS) == DONE
        assert process.stderr.read() == b""
