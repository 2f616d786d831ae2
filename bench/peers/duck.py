"""DuckDB: recursive queries with UNION and with USING KEY, in this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.asked import Answer, Edges, Question
from bench.peers import Absent, Form, TimedOut
from bench.peers.recursive import BLIND, CHECKED, IN_TIME

__all__ = ["duckdb"]

# The key of what is reached again is replaced; what was reached before is not walked from again.
_KEYED = """
WITH RECURSIVE reached(n, t) USING KEY (n) AS (
    SELECT {start}::INTEGER, 0
    UNION SELECT DISTINCT e.target, 0 FROM reached r JOIN edge e ON e.source = r.n
    WHERE NOT EXISTS (FROM recurring.reached known WHERE known.n = e.target)
) SELECT {what} FROM reached"""
_KEYED_IN_TIME = """
WITH RECURSIVE reached(n, t) USING KEY (n) AS (
    SELECT {start}::INTEGER, {since}::BIGINT
    UNION SELECT e.target, min(greatest(r.t, e.start)) FROM reached r JOIN edge e ON e.source = r.n AND r.t <= e.last
    LEFT JOIN recurring.reached known ON known.n = e.target
    WHERE known.n IS NULL OR greatest(r.t, e.start) < known.t GROUP BY e.target
) SELECT {what} FROM reached"""


@contextlib.contextmanager
def duckdb(edges: Edges, limit: float) -> Iterator[list[Form]]:
    try:
        import duckdb as library
    except ImportError:
        raise Absent("duckdb is not installed (`make bench-recall` does it)") from None
    with library.connect(":memory:") as session:
        rows = {name: getattr(edges, name) for name in ("source", "target", "start", "last")}
        session.register("rows", rows)
        session.execute("CREATE TABLE edge AS SELECT * FROM rows ORDER BY source")
        session.unregister("rows")

        def ask(statement: str, question: Question, what: str, before: str = "") -> list[Any]:
            text = before + statement.format(start=question.start, since=question.since, what=what)
            late = threading.Timer(limit, session.interrupt)
            late.start()
            try:
                found: list[Any] = session.execute(text).fetchall()
            except library.InterruptException:
                raise TimedOut from None
            finally:
                late.cancel()
            return found

        def form(name: str, statement: str, times: str) -> Form:
            def check(question: Question) -> Answer:
                count, numbers, mixed, found = ask(statement, question, f"{CHECKED}, {times}")[0]
                return Answer(int(count), int(numbers), int(mixed), int(found) - (question.since or 0))

            def plan(question: Question) -> str:
                return "\n".join(row[-1] for row in ask(statement, question, "count(*)", "EXPLAIN "))

            run = partial(ask, statement, what="count(*)")
            return Form(name=name, run=run, check=check, plan=plan, in_time="e.last" in statement)

        yield [
            form("recursive UNION", BLIND, "0"),
            form("recursive USING KEY", _KEYED, "0"),
            form("recursive UNION in time", IN_TIME, "sum(t)"),
            form("recursive USING KEY in time", _KEYED_IN_TIME, "sum(t)"),
        ]
