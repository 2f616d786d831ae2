"""Impact and traces against their peers: ``make bench-recall``, or ``python -m bench.recall [--things N] [--only …]``.

Builds a synthetic lineage, asks ours and the peers the same questions in one run, compares the answers before anything
is timed, and writes ratios to ``bench/RESULTS.md`` and what the peers say of their plans to ``bench/plans``.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from bench.asked import Edges, Question, asked_in_time, asked_of, edges_of, ours
from bench.columns import Synthetic, make_lineage
from bench.compared import OURS, Compared, compare, table_of
from bench.kernels import kernel_ratios, window_ratio
from bench.peers import Absent, Form, Peer, TimedOut
from bench.peers.duck import duckdb
from bench.peers.libraries import igraph, networkx_library, rustworkx
from bench.peers.neo4j import ROWS, neo4j_server
from bench.peers.postgres import postgres
from bench.report import Report, Table, at_least, at_most, not_measured, times
from bench.rounds import in_turns, median_of
from bench.serving import COUNTS, EMPTY, STREAM, WHOLE, Asker, served
from bench.stores import beside_store
from graph.index import ALWAYS, warm
from graph.reader import id_text
from graph.times import render

_HERE: Final = Path(__file__).parent
_LIMIT: Final = 20.0  # seconds that one form may take for one answer
_BUDGET: Final = 4.0  # seconds for all rounds of one form and question
_TITLE: Final = "Impact and traces: ours against others"
_IN_COUNTS, _IN_WHOLE, _STREAMED = "HTTP, counts and page", "HTTP, summary and page", "HTTP, streamed list"


@dataclass
class Run:
    """What the sections share. The lineage is made when the first of them needs it."""

    things: int
    scale: int
    report: Report
    plans: Path

    @cached_property
    def lineage(self) -> Synthetic:
        return make_lineage(self.things)

    @cached_property
    def edges(self) -> Edges:
        return edges_of(self.lineage)

    @cached_property
    def questions(self) -> list[Question]:
        return asked_of(self.lineage)

    @cached_property
    def every_question(self) -> list[Question]:
        """Each whatever the time, and in time."""
        return [each for question in self.questions for each in (question, asked_in_time(self.edges, question))]

    def keep_plans(self, peer: str, forms: Sequence[Form]) -> None:
        """Of the question with the median answer; for a form that respects time, of the one in time."""
        question = self.questions[len(self.questions) // 2]
        self.plans.mkdir(parents=True, exist_ok=True)
        for form in forms:
            if form.plan is not None:
                asked = asked_in_time(self.edges, question) if form.in_time else question
                name = f"{peer}-{form.name}".lower().replace(",", "").replace(" ", "-")
                with contextlib.suppress(TimedOut):
                    (self.plans / f"{name}.txt").write_text(form.plan(asked).rstrip() + "\n", "utf-8")


def _kernels(run: Run) -> None:
    found = kernel_ratios(run.lineage)

    def of(way: str) -> list[float]:
        return [each.ratio for each in found if each.way == way]

    run.report.claims += [
        at_most("filtered kernel against a bare search of the same edges", 2, of("filtered")),
        at_most("time-respecting kernel against the same", 4, of("in time")),
    ]
    run.report.tables.append(
        Table(
            title="Kernels against a bare breadth-first search",
            note="Contagion is held against a search of the edges and of epochs, which the bare search takes as nodes.",
            heads=("question", "kernel", "reached", "÷ bare"),
            rows=[(each.question, each.way, f"{each.reached:,}", times(each.ratio)) for each in found],
        )
    )
    base = run.lineage.view.base
    size = base.byte_count / (base.edge_count + base.presence_count)
    run.report.claims.append(
        at_most("index: bytes an edge or presence, both directions, of 32", 1, [size / 32], told=f"{size:.1f} bytes")
    )


def _window(run: Run) -> None:
    window = window_ratio(make_lineage(max(run.things // 10, 1_000), machines=1))
    told = f"{window.found:,} of {window.uses:,} uses"
    run.report.claims.append(
        at_least("window of 1 % of a hub's uses against a scan of it", 10, [window.ratio], told=told)
    )


@contextlib.contextmanager
def _opened(run: Run, name: str, peer: Peer) -> Iterator[list[Form]]:
    with peer(run.edges, _LIMIT) as forms:
        yield forms
        run.keep_plans(name, forms)


def _within(found: Sequence[Compared], low: int, high: int, *, in_time: bool | None = None) -> list[float]:
    """Of the questions with so many answers, how many times as long the best other form takes."""
    return [
        each.best()
        for each in found
        if low <= each.answers <= high and (in_time is None or in_time == (each.question.since is not None))
        if len(each.seconds) > 1
    ]


def _postgres(run: Run) -> None:
    what = "PostgreSQL's recursive query over a covering index"
    with _opened(run, "postgresql", postgres) as forms:
        found = compare(run.lineage.index.lineage, run.every_question, forms, budget=_BUDGET)
    for in_time, kind in ((False, "whatever the time"), (True, "in time")):
        run.report.claims += [
            at_least(f"{what}, {kind}, 1,000–20,000 answers", 50, _within(found, 600, 25_000, in_time=in_time)),
            at_least(f"{what}, {kind}, 500,000 answers", 20, _within(found, 200_000, 10**9, in_time=in_time)),
        ]
    run.report.tables.append(table_of("PostgreSQL ÷ ours", "", found, [form.name for form in forms]))


def _duckdb(run: Run) -> None:
    with _opened(run, "duckdb", duckdb) as forms:
        found = compare(run.lineage.index.lineage, run.every_question, forms, budget=_BUDGET)
    run.report.claims.append(at_least("DuckDB's best form, everywhere", 3, _within(found, 0, 10**9)))
    run.report.tables.append(table_of("DuckDB ÷ ours", "", found, [form.name for form in forms]))


def _libraries(run: Run) -> None:
    note = "Whatever the time, which is all they can. They hold the graph and nothing else, and give sets or lists of numbers."
    for name, peer in (("networkx", networkx_library), ("igraph", igraph), ("rustworkx", rustworkx)):
        try:
            with _opened(run, name, peer) as forms:
                found = compare(run.lineage.index.lineage, run.questions, forms, budget=_BUDGET)
        except Absent as error:
            run.report.notes.append(f"{name}: {error}.")
        else:
            run.report.tables.append(table_of(f"{name} ÷ ours", note, found, [form.name for form in forms]))


def _asked_over_http(run: Run, asker: Asker, question: Question) -> Mapping[str, Callable[[], object]]:
    variables = _variables(run, question)
    ways: dict[str, Callable[[], object]] = {
        _IN_COUNTS: partial(asker.ask_raw, COUNTS, **variables),
        _IN_WHOLE: partial(asker.ask_raw, WHOLE, **variables),
    }
    path = STREAM + variables["seed"]
    if asker.get(path) is not None:
        ways[_STREAMED] = partial(asker.get, path)
    return ways


def _variables(run: Run, question: Question) -> dict[str, str]:
    asked = {"seed": id_text(run.lineage.index.lineage.node(question.start))}
    if question.since is not None and question.since != ALWAYS:
        asked["since"] = render(question.since, 0)
    return asked


def _neo4j(run: Run) -> None:
    what = "Neo4j's best counting form"
    starts = [question.start for question in run.questions]
    with served(run.lineage, starts) as asker, _opened(run, "neo4j", neo4j_server) as forms:
        counting = [form.name for form in forms if form.name != ROWS]
        more = partial(_asked_over_http, run, asker)
        found = compare(run.lineage.index.lineage, run.questions, forms, budget=_BUDGET, more=more)
    at_nine = [each for each in found if each.question.name == "9,000"]
    at_hub = [each for each in found if each.question.name == "hub"]
    for name, cases, over_http in (("9,000 answers", at_nine, 3), ("a hub of 80,000", at_hub, 25)):
        best = [each.best(counting) for each in cases]
        run.report.claims += [
            at_least(f"{what} against our kernel, {name}", 100, best),
            at_least(
                f"{what} against the whole HTTP answer with summary and a page of 100, {name}",
                over_http,
                [ratio / each.ratio(_IN_WHOLE) for ratio, each in zip(best, cases, strict=True)],
            ),
        ]
    streamed = [each for each in found if _STREAMED in each.seconds and ROWS in each.seconds]
    run.report.claims.append(
        at_least(
            "Neo4j's rows over Bolt against the list streamed over HTTP",
            10,
            [each.ratio(ROWS, of=_STREAMED) for each in streamed],
            told="" if streamed else "there is no such route yet",
        )
    )
    names = [*counting, ROWS, _IN_COUNTS, _IN_WHOLE, _STREAMED]
    note = "Our HTTP answers stand beside them, as multiples of our own kernel too."
    run.report.tables.append(table_of("Neo4j ÷ our kernel", note, found, names))


def _graphql(run: Run) -> None:
    """What the round trip adds: held against the kernel and ten empty requests."""
    lineage, rows, ratios = run.lineage.index.lineage, [], []
    with served(run.lineage, [question.start for question in run.questions]) as asker:
        for question in run.questions:
            always = Question(name=question.name, start=question.start, since=ALWAYS)
            ways: dict[str, Callable[[], object]] = {
                "empty": partial(asker.ask_raw, EMPTY),
                OURS: partial(ours, lineage, always),
                **_asked_over_http(run, asker, always),
            }
            taken = {name: median_of(took) for name, took in in_turns(ways, budget=_BUDGET).items()}
            allowed = taken[OURS] + 10 * taken["empty"]
            ratios.append(taken[_IN_WHOLE] / allowed)
            rows.append(
                (
                    question.name,
                    f"{len(ours(lineage, always)):,}",
                    *(times(taken[name] / taken["empty"]) for name in (OURS, _IN_COUNTS, _IN_WHOLE)),
                    times(ratios[-1]),
                )
            )
    run.report.claims.append(
        at_most("GraphQL impact with summary and a page of 100 against the kernel and 10 empty requests", 1, ratios)
    )
    run.report.tables.append(
        Table(
            title="One GraphQL request, in empty GraphQL requests",
            note="",
            heads=("question", "answers", "kernel", _IN_COUNTS, _IN_WHOLE, "÷ (kernel + 10 empty)"),
            rows=rows,
        )
    )


def _larger(run: Run) -> None:
    large = make_lineage(run.things * run.scale, of=run.things)
    small = run.lineage
    rows, few, many = [], [], []
    for question, other in zip(run.questions, asked_of(large), strict=True):
        for since in (None, ALWAYS):
            here, there = (Question(name=question.name, start=each.start, since=since) for each in (question, other))
            ways = {
                "small": partial(ours, small.index.lineage, here),
                "large": partial(ours, large.index.lineage, there),
            }
            counts = [len(ours(each.index.lineage, asked)) for each, asked in ((small, here), (large, there))]
            taken = {name: median_of(took) for name, took in in_turns(ways, budget=_BUDGET, rounds=9).items()}
            ratio = taken["large"] / counts[1] / (taken["small"] / counts[0])
            kind = "whatever the time" if since is None else "in time"
            rows.append((question.name, kind, *(f"{count:,}" for count in counts), times(ratio)))
            few += [ratio] if question.name == "1,000" else []
            many += [ratio] if question.name == "60,000" else []
    run.report.claims += [
        at_most(f"equal answer on a graph × {run.scale}, 1,000 items", 1.5, few),
        at_most(f"equal answer on a graph × {run.scale}, 60,000 items", 3.5, many),
    ]
    run.report.tables.append(
        Table(
            title=f"The same on a graph × {run.scale}",
            note="Time for each thing in the answer: answers are nearly equal, not quite.",
            heads=("question", "kernel", "answers", f"answers × {run.scale}", "÷ small"),
            rows=rows,
        )
    )


def _store(run: Run) -> None:
    found = beside_store(donors=max(2, min(200, run.things // 5_000)))
    told = f"{found.entries:,} entries, embedded engine"
    run.report.claims += [
        at_most("cold build against reading the ledger's records", 2, [found.cold], told=told),
        at_most(
            "a write in the next answer, in round trips to the store",
            1.5,
            [found.statements],
            told=f"statements; with what the index does, {times(found.visible)} the time of one",
        ),
    ]


SECTIONS: Final[dict[str, tuple[Callable[[Run], None], str]]] = {
    "kernels": (_kernels, "kernels"),
    "window": (_window, "window"),
    "postgres": (_postgres, "≥ 50 × PostgreSQL at 1,000–20,000 answers, ≥ 20 × at 500,000"),
    "duckdb": (_duckdb, "≥ 3 × DuckDB's best form"),
    "graphql": (_graphql, "GraphQL round trip"),
    "neo4j": (_neo4j, "≥ 100 × Neo4j's best counting form"),
    "scale": (_larger, "equal answer on a larger graph"),
    "store": (_store, "beside the store"),
    "libraries": (_libraries, "graph libraries"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.recall", description=__doc__)
    parser.add_argument("--things", type=int, default=1_000_000)
    parser.add_argument("--scale", type=int, default=4, help="how much larger the larger graph is")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="again for more; all when left out")
    parser.add_argument("--minutes", type=float, default=12, help="after so many no further section is begun")
    parser.add_argument("--results", type=Path, default=_HERE / "RESULTS.md")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are ended and folders removed
    run = Run(things=given.things, scale=given.scale, report=Report(), plans=given.results.parent / "plans")
    warm()
    base = run.lineage.view.base
    run.report.notes += [
        f"{run.lineage.index.lineage.count:,} things, {base.edge_count:,} edges, {base.presence_count:,} presences: synthetic (`bench/lineages.py`).",
        *_NOTES,
    ]
    ends, has_failed = time.monotonic() + 60 * given.minutes, False
    for name in given.only or SECTIONS:
        work, target = SECTIONS[name]
        begun = time.perf_counter()
        try:
            if time.monotonic() > ends:
                raise Absent(f"the {given.minutes:g} minutes that the whole run may take were over")
            work(run)
        except Absent as error:
            run.report.claims.append(not_measured(name, target, str(error)))
        except Exception as error:  # noqa: BLE001 - what the others found is told all the same
            has_failed = True
            traceback.print_exc()
            run.report.claims.append(not_measured(name, target, f"it failed ({type(error).__name__})"))
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    run.report.write(given.results, title=_TITLE)
    print(run.report.text(title=_TITLE))
    return int(has_failed)


_NOTES: Final = (
    (
        "Ours, where it is not said to be over HTTP, is the question asked of the index from Python: the whole answer in"
        " arrays. The peers count theirs, which is the least they can do, and send one number."
    ),
    (
        "“Whatever the time”: all that a reagent lot leads to. “In time”: what it affects from the middle of its uses on,"
        " each thing with its earliest time; of the peers, SQL can do that."
    ),
    (
        "PostgreSQL and Neo4j are servers of their own on this machine with everything in memory, crash safety off; DuckDB"
        " and the libraries run in this process. `EXPLAIN` of each form is in `bench/plans`."
    ),
    (
        "Over HTTP: the service's own code from the socket to the socket (uvicorn, sign-in, GraphQL, masking, keeper, the"
        " index from its snapshot) and a store on the embedded engine, which is asked for its head, the seeds and the"
        " autologous donors as ever; it holds the seeds only, so that the names of its nodes are not looked up."
    ),
    f"A form that did not end within {_LIMIT:g} s is told so.",
)


if __name__ == "__main__":
    sys.exit(main())
