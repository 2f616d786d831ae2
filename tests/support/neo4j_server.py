"""A real Neo4j for tests and measurements: from Maven's jars, in a process of its own, with a throw-away home.

The jars are fetched once, into a cache outside the checkout. It is run by the Java inside the embedded engine's wheel.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import arcadedb_embedded

from support.house import ROOT

__all__ = ["QUICK_TO_START", "Neo4jServer", "run_admin"]

_POM: Final = ROOT / "tests" / "neo4j" / "pom.xml"
_START_SECONDS: Final = 120
_OPENED: Final = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")
QUICK_TO_START: Final = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # it lives for minutes: quick to start counts, not quick in the end
)
_CONFIG: Final = """\
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size={page_cache}
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.tx_log.rotation.size=32m
dbms.cypher.min_replan_interval=3600s
"""


class Neo4jServer:
    """The running process. ``home`` may be started again after a kill, as a machine after a power cut."""

    user = "neo4j"

    def __init__(self, home: Path, password: str, port: int, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.password = password
        self.address = f"bolt://127.0.0.1:{port}"
        self.process = process

    @classmethod
    async def start(
        cls,
        home: Path,
        password: str | None = None,
        java_options: Sequence[str] = QUICK_TO_START,
        page_cache: str = "128m",
    ) -> Neo4jServer:
        """Starts it on ``home``, which is made where it is missing, and waits until it answers.

        Jars in the folder ``plugins`` of ``home`` are loaded too.
        """
        return await asyncio.to_thread(cls.start_here, home, password, java_options, page_cache)

    @classmethod
    def start_here(
        cls,
        home: Path,
        password: str | None = None,
        java_options: Sequence[str] = QUICK_TO_START,
        page_cache: str = "128m",
    ) -> Neo4jServer:
        """The same, for who has no event loop."""
        port = _free_port()
        (home / "conf").mkdir(parents=True, exist_ok=True)
        (home / "conf" / "neo4j.conf").write_text(_CONFIG.format(port=port, page_cache=page_cache), "utf-8")
        if password is None:
            password = secrets.token_hex(16)
            run_admin(home, "dbms", "set-initial-password", password)
        jars = _jars()
        output = home / "console.log"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [
                    _java(),
                    *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
                    *java_options,
                    "-Dlog4j2.disable.jmx=true",
                    "-cp",
                    f"{jars}/*{os.pathsep}{home / 'plugins'}/*",
                    "org.neo4j.server.CommunityEntryPoint",
                    f"--home-dir={home}",
                    f"--config-dir={home / 'conf'}",
                    "--console-mode",
                ],
                env=_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        server = cls(home, password, port, process)
        server._wait_until_started(output)
        return server

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def _wait_until_started(self, output: Path) -> None:
        text = ""
        for _ in range(_START_SECONDS * 10):
            text = output.read_text("utf-8", errors="replace")
            if "Started." in text:
                return
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"Neo4j ended at its start:\n{text[-4000:]}")
        self.kill()
        raise RuntimeError(f"Neo4j did not start within {_START_SECONDS} s:\n{text[-4000:]}")


def run_admin(home: Path, *arguments: str, java_options: Sequence[str] = ()) -> None:
    """Neo4j's own program for what is done while no server runs on ``home``.

    Raises subprocess.CalledProcessError.
    """
    command = [_java(), *java_options, "-cp", f"{_jars()}/*", "org.neo4j.cli.AdminTool", *arguments]
    subprocess.run(command, env=_environment(home), check=True, capture_output=True, timeout=_START_SECONDS)


def _java() -> str:
    return str(Path(arcadedb_embedded.__file__).parent / "jre" / "bin" / "java")


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}


def _jars() -> Path:
    """The folder of the jars; fetched where it is missing, whole or not at all."""
    found = re.search(r"<neo4j\.version>([^<]+)<", _POM.read_text("utf-8"))
    assert found is not None, f"{_POM} names no version"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stemgraph-tests"
    jars = cache / f"neo4j-{found[1]}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise RuntimeError("Maven fetches the jars of Neo4j, and there is no mvn on the path.")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        part = Path(folder) / "jars"
        subprocess.run(
            [
                maven, "--batch-mode", "--quiet", "--file", str(_POM), "dependency:copy-dependencies",
                "-DincludeScope=runtime", f"-DoutputDirectory={part}",
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=900,
        )  # fmt: skip
        if not jars.is_dir():  # another run may have been faster
            part.rename(jars)
    return jars


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
