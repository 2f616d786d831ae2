"""The process of the embedded engine: ArcadeDB, on loopback, for as long as the process that started it lives.

Run as a file, never imported by the service. One line of JSON comes in on standard input (folder, password, heap,
command_timeout_seconds, parent), one goes out on standard output (port, or error); after that the end of standard
input means: stop. The password is never in the arguments, the environment, a file or a log.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_BOLT = "Bolt:com.arcadedb.bolt.BoltProtocolPlugin"
_DATABASE = "neo4j"  # the name that the driver asks for when none is given
_STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1

_LOGGING = """\
handlers = java.util.logging.FileHandler
.level = WARNING
com.arcadedb.level = WARNING
java.util.logging.FileHandler.level = WARNING
java.util.logging.FileHandler.pattern = {pattern}
java.util.logging.FileHandler.formatter = com.arcadedb.log.LogFormatter
java.util.logging.FileHandler.encoding = UTF-8
java.util.logging.FileHandler.limit = 1000000
java.util.logging.FileHandler.count = 3
java.util.logging.FileHandler.append = true
"""


def main() -> None:
    orders = json.loads(sys.stdin.buffer.readline())
    _end_with(orders["parent"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's: it stops this one in order
    os.umask(0o077)
    folder = Path(orders["folder"])
    (folder / "log").mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _print_into(folder / "log" / "console.log")
    try:
        server, port = _start(folder, orders)
    except Exception as error:  # noqa: BLE001  the Java side may raise anything: the parent shall hear of it
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
        answer.write(json.dumps({"error": type(error).__name__}) + "\n")
        answer.flush()
        os._exit(1)
    answer.write(json.dumps({"port": port}) + "\n")
    answer.flush()
    sys.stdin.buffer.read()
    # A Java side that hangs must not outlive the service: what was acknowledged is on disk already.
    watchdog = threading.Timer(_STOP_SECONDS, os._exit, (2,))
    watchdog.daemon = True
    watchdog.start()
    server.stop()
    os._exit(0)


def _end_with(parent: int) -> None:
    """On Linux the kernel ends this process with its parent, even when it hangs before it reads the end of input."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)


def _print_into(path: Path) -> None:
    """What the Java machine itself prints; begun anew at each start, so it stays small."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)


def _start(folder: Path, orders: dict[str, Any]) -> tuple[Any, int]:
    _lay_out(folder)
    os.environ["ARCADEDB_JVM_ERROR_FILE"] = str(folder / "log" / "crash.log")
    os.environ["ARCADEDB_JVM_ARGS"] = " ".join(_java_options(orders))
    module: Any = importlib.import_module("arcadedb_embedded.server")  # reads the environment: not before
    server = module.ArcadeDBServer(
        str(folder),
        orders["password"],
        {
            "mode": "production",
            "host": "127.0.0.1",
            "http_port": 0,
            "server_plugins": _BOLT,
            "bolt_port": 0,
        },
        {"heap_size": orders["heap"]},
    )
    server.start()
    server.create_database(_DATABASE)  # opens it where it exists
    java = server._java_server  # noqa: SLF001  the package has no word for what is asked of it here
    # Nobody needs HTTP, and with it goes the MCP endpoint that the server opens by itself.
    java.getHttpServer().stopService()
    ports = [int(plugin.getPort()) for plugin in java.getPlugins() if "BoltProtocolPlugin" in str(plugin)]
    return server, ports[0]


def _lay_out(folder: Path) -> None:
    """The settings files that must be so at each start, whatever an earlier one left."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    # The password is taken only where no users are known: each start has a new one.
    (config / "server-users.jsonl").unlink(missing_ok=True)
    (config / "mcp-config.json").write_text('{"enabled": false, "allowReads": false}', "utf-8")
    for old in sorted((folder / "log").glob("server-event-log-*.jsonl"))[:-5]:
        old.unlink(missing_ok=True)
    pattern = str(folder / "log" / "engine.%g.log").replace("\\", "/")
    (config / "logging.properties").write_text(_LOGGING.format(pattern=pattern), "utf-8")


def _java_options(orders: dict[str, Any]) -> list[str]:
    """Java properties; as keys of the server's own settings the first two are ignored without a word."""
    settings = {
        "arcadedb.txWalFlush": 2,  # else a commit survives kill -9 but not a power cut
        "arcadedb.command.timeout": int(orders["command_timeout_seconds"] * 1000),  # the driver's is ignored
        "arcadedb.opencypher.loadCsv.allowFileUrls": "false",
        "arcadedb.opencypher.loadCsv.allowRemoteUrls": "false",
        "arcadedb.bolt.maxMessageSize": 256 * 1024 * 1024,  # 16 MB would refuse a large batch
        "arcadedb.bolt.packstream.maxValueLength": 128 * 1024 * 1024,
        "arcadedb.server.logsDirectory": "log",
        "arcadedb.server.httpWorkerThreads": 2,
        "arcadedb.serverMetrics": "false",
        "arcadedb.support.autoRegister": "false",  # never calls home
        "java.util.logging.config.file": "config/logging.properties",
    }
    return ["-XX:+ExitOnOutOfMemoryError", *(f"-D{name}={value}" for name, value in settings.items())]


if __name__ == "__main__":
    main()
