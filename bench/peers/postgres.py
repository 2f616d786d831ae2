"""PostgreSQL: a recursive query over a covering index. A server of its own in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.asked import Answer, Edges, Question
from bench.peers import Absent, Form, TimedOut
from bench.peers.recursive import BLIND, CHECKED, IN_TIME

__all__ = ["postgres"]

# As a server that is used for this alone would have it, and nothing that makes it safe against a crash.
_SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "1GB",
    "maintenance_work_mem": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "random_page_cost": "1.1",
    "listen_addresses": "",
}


@contextlib.contextmanager
def postgres(edges: Edges, limit: float) -> Iterator[list[Form]]:
    try:
        import psycopg
    except ImportError:
        raise Absent("psycopg is not installed (`make bench-recall` does it)") from None
    with (
        _server() as socket,
        psycopg.connect(host=str(socket), user="bench", dbname="postgres", autocommit=True) as session,
    ):
        _load(session, edges)
        session.execute(f"SET statement_timeout = {round(limit * 1000)}")

        def ask(settings: str, statement: str, question: Question, what: str, before: str = "") -> list[Any]:
            session.execute(settings)
            text = before + statement.format(start=question.start, since=question.since, what=what)
            try:
                found: list[Any] = session.execute(text).fetchall()
            except psycopg.errors.QueryCanceled:
                raise TimedOut from None
            return found

        def form(name: str, settings: str, statement: str, times: str) -> Form:
            def check(question: Question) -> Answer:
                of_start = question.since or 0
                count, numbers, mixed, found = ask(settings, statement, question, f"{CHECKED}, {times}")[0]
                return Answer(int(count), int(numbers), int(mixed), int(found) - of_start)

            def plan(question: Question) -> str:
                return "\n".join(row[0] for row in ask(settings, statement, question, "count(*)", "EXPLAIN ANALYZE "))

            run = partial(ask, settings, statement, what="count(*)")
            return Form(name=name, run=run, check=check, plan=plan, in_time=statement == IN_TIME)

        planned, nested = "SET enable_hashjoin = on", "SET enable_hashjoin = off"
        yield [
            form("recursive query", planned, BLIND, "0"),
            form("recursive query, hash joins off", nested, BLIND, "0"),
            form("recursive query in time", planned, IN_TIME, "sum(t)"),
            form("recursive query in time, hash joins off", nested, IN_TIME, "sum(t)"),
        ]


@contextlib.contextmanager
def _server() -> Iterator[Path]:
    """Gives the folder of its socket; it listens nowhere else."""
    initdb = shutil.which("initdb") or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[::-1]), None
    )
    if initdb is None:
        raise Absent("initdb is not found (Debian: apt-get install postgresql)")
    programs = Path(initdb).resolve().parent
    account = _account()
    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        if account:
            os.chown(home, pwd.getpwnam(account).pw_uid, -1)
        made = [initdb, "--pgdata", str(home / "db"), "--username", "bench", "--auth", "trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, user=account, cwd=home)
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [programs / "postgres", "-D", home / "db", "-k", home, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=account,
            cwd=home,
            text=True,
        )
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if "ready to accept connections" in line:
                    break
            else:
                raise Absent("PostgreSQL did not start")
            yield home
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            server.stdout.close()


def _account() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package makes an account for it."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise Absent("PostgreSQL does not run as root, and there is no account postgres") from None


def _load(session: Any, edges: Edges) -> None:
    session.execute("CREATE UNLOGGED TABLE edge (source int, target int, start bigint, last bigint)")
    # PostgreSQL's binary form of rows: how many columns, then each with its length before it.
    columns = (("source", ">i4", 4), ("target", ">i4", 4), ("start", ">i8", 8), ("last", ">i8", 8))
    kinds = [
        ("count", ">i2"),
        *((part, kind) for name, code, _ in columns for part, kind in ((f"{name} size", ">i4"), (name, code))),
    ]
    rows = np.empty(len(edges.source), dtype=np.dtype(kinds))
    rows["count"] = len(columns)
    for name, _, size in columns:
        rows[f"{name} size"], rows[name] = size, getattr(edges, name)
    with session.cursor() as cursor, cursor.copy("COPY edge FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for part in np.array_split(rows, 64):
            copy.write(part.tobytes())
        copy.write(b"\xff\xff")
    session.execute("CREATE INDEX ON edge (source) INCLUDE (target)")
    session.execute("CREATE INDEX ON edge (source) INCLUDE (target, start, last)")
    session.execute("VACUUM ANALYZE edge")
