"""The service in tests: within the test over a store, or as a process of its own as a user starts it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from graph.viewer import Role
from service.application import build_application
from service.store import Store

__all__ = [
    "ADDRESS",
    "COMMAND",
    "DONE",
    "REFUSED",
    "UNAVAILABLE",
    "USAGE",
    "Run",
    "ServiceProcess",
    "client_of",
    "environment",
    "head_of",
    "run_command",
    "serving",
    "token_of",
]

DONE, REFUSED, USAGE, UNAVAILABLE = 0, 1, 2, 3  # exit codes
Run = Callable[..., tuple[int, str, str]]  # a command's arguments -> exit code, standard output, standard error

COMMAND = (sys.executable, "-c", "from service.cli import main; main()")
_SECONDS = 120.0  # more than anything here takes on a busy machine
ADDRESS = "http://127.0.0.1:8080"


async def token_of(store: Store, role: Role, person: str = "P-01") -> str:
    return (await store.tokens.create(person, role, None)).plain


def client_of(store: Store, token: str | None = None, *, app: Starlette | None = None) -> httpx.AsyncClient:
    """A client of the service within this process. Faults of the application are answers, as over a socket."""
    transport = httpx.ASGITransport(app=app or build_application(store), raise_app_exceptions=False)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)


def environment(**extra: str) -> dict[str, str]:
    """That of this process without settings of ours, which would be taken as meant."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STEMGRAPH_")}
    return {**kept, **extra}


def run_command(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """One command as a process of its own; what it wrote is in ``stdout`` and ``stderr``."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        **{"env": environment(), **options},
    )


class ServiceProcess:
    """A running `stemgraph serve`."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    @property
    def url(self) -> str:
        url: str = json.loads((self.folder / "service.json").read_text("utf-8"))["url"]
        return url

    @property
    def token(self) -> str:
        return (self.folder / "admin.token").read_text("utf-8").strip()

    @property
    def engine_pid(self) -> int:
        return int(json.loads((self.folder / "engine.json").read_text("utf-8"))["pid"])

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=_SECONDS, trust_env=False
        )

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(_SECONDS)


def head_of(service: ServiceProcess) -> int:
    """How many entries the ledger of a running service has."""
    with service.client() as client:
        answer = client.post("/graphql", json={"query": "{ serviceInfo { ledgerHead { seq } } }"})
    seq: int = answer.json()["data"]["serviceInfo"]["ledgerHead"]["seq"]
    return seq


@contextlib.contextmanager
def serving(folder: Path, arguments: Sequence[object] = (), log: Path | None = None) -> Iterator[ServiceProcess]:
    """`stemgraph serve` on the folder, ready; ended with the context. ``log`` takes what it writes to standard error."""
    with open(log or os.devnull, "ab") as errors:  # noqa: PTH123  the null device is no path of ours
        process = subprocess.Popen(
            [*COMMAND, "serve", "--data", str(folder), "--port", "0", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(),
        )
        try:
            _wait_until_ready(process)
            yield ServiceProcess(process, folder)
        finally:
            process.terminate()
            process.wait(_SECONDS)
            if process.stdout is not None:
                process.stdout.close()


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    late = threading.Timer(_SECONDS, process.kill)
    late.start()
    try:
        for line in process.stdout:
            if line.startswith("Serving at"):
                return
    finally:
        late.cancel()
    raise AssertionError(f"the service did not start (exit code {process.wait()})")
