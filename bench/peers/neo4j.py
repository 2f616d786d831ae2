"""Neo4j Community: each sensible form of the question, counted in the server; and its rows over Bolt.

A server of its own in a folder that is thrown away, filled by its offline importer: one label, one type of edge, an
index on the numbers. Its store fits the page cache. APOC comes from Maven where that has it.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

import neo4j
from bench.asked import MIXED, Answer, Edges, Question, answer_of
from bench.peers import Absent, Form, TimedOut

__all__ = ["ROWS", "neo4j_server"]

ROWS: Final = "rows over Bolt"
_APOC: Final = ("apoc-core", "apoc-common")
_APOC_VERSION: Final = "5.26.19"  # Maven has none for later servers
_JAVA: Final = ("-Xms2g", "-Xmx2g", "-XX:+UseG1GC")
_START: Final = "MATCH (s:Thing {n: $start}) "
_REACHED: Final = {
    "variable length, distinct": _START + "MATCH (s)-[:LED*]->(d) WITH DISTINCT d ",
    "quantified path, distinct": _START + "MATCH (s) (()-[:LED]->())+ (d) WITH DISTINCT d ",
    "apoc.path.subgraphNodes": _START
    + "CALL apoc.path.subgraphNodes(s, {relationshipFilter: 'LED>', minLevel: 1}) YIELD node AS d WITH d ",
}
_COUNTED: Final = "RETURN count(d) AS count"
_CHECKED: Final = f"RETURN count(d) AS count, sum(d.n) AS numbers, sum(d.n * (d.n % {MIXED})) AS mixed"
_LEVEL: Final = "UNWIND $starts AS n MATCH (:Thing {n: n})-[:LED]->(d) RETURN collect(DISTINCT d.n) AS found"


@contextlib.contextmanager
def neo4j_server(edges: Edges, limit: float) -> Iterator[list[Form]]:
    sys.path.append(str(Path(__file__).parents[2] / "tests"))  # it is started as the tests start it
    from support.neo4j_server import Neo4jServer

    with tempfile.TemporaryDirectory(prefix="stemgraph-bench-") as folder:
        home = Path(folder) / "neo4j"
        _import(home, edges)
        has_apoc = _fetch_apoc(home / "plugins")
        try:
            server = Neo4jServer.start_here(home, java_options=_JAVA, page_cache="1g")
        except RuntimeError as error:
            raise Absent(f"Neo4j did not start: {error}") from None
        try:
            with (
                neo4j.GraphDatabase.driver(server.address, auth=(server.user, server.password)) as driver,
                driver.session() as session,
            ):
                session.run("CREATE RANGE INDEX FOR (t:Thing) ON (t.n)").consume()
                session.run("CALL db.awaitIndexes(300)").consume()
                yield _forms(session, limit, has_apoc=has_apoc)
        finally:
            server.kill()


def _forms(session: neo4j.Session, limit: float, *, has_apoc: bool) -> list[Form]:
    def ask(text: str, **parameters: Any) -> list[neo4j.Record]:
        try:
            return list(session.run(neo4j.Query(text, timeout=limit), parameters))
        except (neo4j.exceptions.ClientError, neo4j.exceptions.TransientError) as error:
            if "TimedOut" in (error.code or ""):
                raise TimedOut from None
            raise

    def form(name: str, reached: str) -> Form:
        def check(question: Question) -> Answer:
            found = ask(reached + _CHECKED, start=question.start)[0]
            start = answer_of([question.start])
            return Answer(found["count"] + 1, found["numbers"] + start.numbers, found["mixed"] + start.mixed)

        def run(question: Question) -> object:
            return ask(reached + _COUNTED, start=question.start)

        def plan(question: Question) -> str:
            told = session.run("EXPLAIN " + reached + _COUNTED, start=question.start).consume().plan
            return str((told or {}).get("args", {}).get("string-representation", told))

        return Form(name=name, run=run, check=check, plan=plan)

    def listed(name: str, found: Callable[[int], list[int]]) -> Form:
        def run(question: Question) -> object:
            return found(question.start)

        return Form(name=name, run=run, check=lambda question: answer_of([question.start, *found(question.start)]))

    def rows(start: int) -> list[int]:
        text = _REACHED["variable length, distinct"] + "RETURN d.n AS n"
        return [row["n"] for row in ask(text, start=start)]

    named = {name: reached for name, reached in _REACHED.items() if has_apoc or "apoc" not in name}
    return [
        *(form(name, reached) for name, reached in named.items()),
        listed("level by level", partial(_by_level, ask)),
        listed(ROWS, rows),
    ]


def _by_level(ask: Callable[..., list[neo4j.Record]], start: int) -> list[int]:
    seen, level = {start}, [start]
    while level:
        level = [n for n in ask(_LEVEL, starts=level)[0]["found"] if n not in seen]
        seen.update(level)
    return list(seen - {start})


def _import(home: Path, edges: Edges) -> None:
    from support.neo4j_server import run_admin

    home.mkdir(parents=True)
    things, led = home / "things.csv", home / "led.csv"
    with things.open("w") as file:
        file.write("n:ID(thing){id-type:long}\n")
        file.writelines(f"{number}\n" for number in range(edges.things))
    with led.open("w") as file:
        file.write(":START_ID(thing),:END_ID(thing)\n")
        for part in np.array_split(np.stack((edges.source, edges.target), axis=1), 64):
            file.write("\n".join(f"{source},{target}" for source, target in part.tolist()) + "\n" * (len(part) > 0))
    try:
        run_admin(
            home, "database", "import", "full", f"--nodes=Thing={things}", f"--relationships=LED={led}",
            "--id-type=integer", "neo4j",
            java_options=("-Xmx2g", "--add-opens=java.base/java.nio=ALL-UNNAMED"),
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise Absent(f"the offline importer failed: {error.stderr.decode(errors='replace')[-400:]}") from None
    finally:
        for listed in (things, led):
            listed.unlink(missing_ok=True)


def _fetch_apoc(plugins: Path) -> bool:
    maven = shutil.which("mvn")
    if maven is None:
        return False
    plugins.mkdir(parents=True, exist_ok=True)
    for name in _APOC:
        copied = subprocess.run(
            [
                maven, "--batch-mode", "--quiet", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
                f"-Dartifact=org.neo4j.procedure:{name}:{_APOC_VERSION}", f"-DoutputDirectory={plugins}",
            ],
            check=False, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if copied.returncode:
            shutil.rmtree(plugins)
            return False
    return True
