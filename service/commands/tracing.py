"""`stemgraph trace`: where something came from, or what became of it. A client of the service's own GraphQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from graph.vocabulary import OPERATIONS
from service.commands.output import console, print_json, printable, whole_file
from service.commands.questions import (
    answered,
    ask_whole,
    check_out,
    check_standard_output,
    kinds_option,
    known_names,
    out_options,
    said_whole,
    show_written,
    time_text,
    write_answer,
)
from service.options import option, store_options
from service.settings import Settings

if TYPE_CHECKING:
    from service.client import Service

__all__ = ["Question", "ask_trace", "show_trace", "trace"]

_LISTS: Final = {
    "nodes": "nodes(first: $first, after: $nodes) { totalCount pageInfo { hasNextPage endCursor } "
    "edges { node { id kind depth } } }",
    "edges": "edges(first: $first, after: $edges) { totalCount pageInfo { hasNextPage endCursor } "
    "edges { node { type operationId from to start startLatest end endLatest } } }",
}
_QUERY: Final = """query Trace($input: TraceInput!, $pushdown: Boolean, $first: Int!, {declared}) {{
  trace(input: $input, pushdown: $pushdown) {{
    __typename
    ... on Trace {{
      asOfSeq
      {completeness}
      summary {{ total byKind {{ kind count }} byDepth {{ depth count }} }}
      {lists}
    }}
    {failures}
  }}
}}"""
_SHOWN_EDGES: Final = 3  # in the cell that says how a thing was reached; --json has them all


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, as GraphQL's ``TraceInput`` has it. None: no limit, or now."""

    start: Sequence[str]
    direction: str
    kinds: Sequence[str] | None = None
    operations: Sequence[str] | None = None
    max_depth: int | None = None
    known_at: str | None = None

    def as_input(self) -> dict[str, Any]:
        members = {
            "start": list(self.start),
            "direction": self.direction,
            "kinds": self.kinds,
            "operations": self.operations,
            "maxDepth": self.max_depth,
            "knownAt": self.known_at,
        }
        return {name: value for name, value in members.items() if value is not None}

    def as_address(self) -> list[tuple[str, str]]:
        """As the query of ``/view/trace``."""
        pairs = [("start", start) for start in self.start]
        pairs.append(("direction", self.direction.lower()))
        pairs += [("kinds", ",".join(self.kinds))] if self.kinds is not None else []
        pairs += [("operations", ",".join(self.operations))] if self.operations is not None else []
        pairs += [("maxDepth", str(self.max_depth))] if self.max_depth is not None else []
        pairs += [("knownAt", self.known_at)] if self.known_at is not None else []
        return pairs


def _operations(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else known_names(text, OPERATIONS)


@click.command()
@store_options(with_url=True)
@click.argument("start", nargs=-1, required=True, metavar="START…", help="Ids, written Kind:key.")
@option(
    "--direction",
    type=click.Choice(["forward", "backward"]),
    help="forward: what became of it; backward: where it came from.",
)
@click.option(
    "--forward", "direction", flag_value="forward", allow_from_autoenv=False, help="Short for --direction forward."
)
@click.option(
    "--backward", "direction", flag_value="backward", allow_from_autoenv=False, help="Short for --direction backward."
)
@option("--depth", type=click.IntRange(min=0), metavar="N", help="Go no further than N steps (and say so).")
@kinds_option("List only these: CellLot,Subject. All are walked.")
@option("--operations", callback=_operations, metavar="TYPES", help="List only what these reached: EXPANDED,POOLED.")
@option("--known-at", metavar="TIME", help="As the records stood then: 2025-06-01T00:00:00+08:00.")
@option("--json", "as_json", env="TRACE_JSON", is_flag=True, help="Print the GraphQL data, all pages of it.")
@option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the picture to FILE. With - it alone is on standard output.",
)
@option(
    "--language",
    env="TRACE_LANGUAGE",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Language of the picture.",
)
@out_options
def trace(
    *,
    settings: Settings,
    start: tuple[str, ...],
    direction: str | None,
    depth: int | None,
    kinds: list[str] | None,
    operations: list[str] | None,
    known_at: str | None,
    as_json: bool,
    html: Path | None,
    language: str,
    out: Path | None,
    form: str | None,
) -> None:
    """Trace START, such as CellLot:MCB1 or Subject:S1, to what it came from or what became of it."""
    if direction is None:
        raise click.UsageError("Say which way: --backward (where it came from) or --forward (what became of it).")
    question = Question(
        start=start,
        direction=direction.upper(),
        kinds=kinds,
        operations=operations,
        max_depth=depth,
        known_at=known_at,
    )
    form, is_file_alone = check_out(out, form), check_standard_output(as_json=as_json, out=out, html=html)
    answer, page = answered(_trace(settings, question, language=None if html is None else language, out=out, form=form))
    if html is not None and page is not None:
        with whole_file(html) as (target, _):
            target.write(page)
    if as_json:
        print_json(answer)
    elif is_file_alone:
        click.echo(f"{said_whole(answer['trace'])}.", err=True)
    else:
        show_trace(console(), question, answer)
        show_written("picture", html)
        show_written("list", out)


async def _trace(
    settings: Settings, question: Question, *, language: str | None, out: Path | None, form: str | None
) -> tuple[dict[str, Any], bytes | None]:
    from service.client import connect_service

    async with connect_service(settings) as service:
        answer = await ask_trace(service, question, pushdown=settings.pushdown)
        at = ("at", str(answer["trace"]["asOfSeq"]))
        if out is not None and form is not None:
            asked = [*question.as_address(), ("pushdown", str(settings.pushdown).lower())]
            await write_answer(service, "/export/trace", [*asked, at], out=out, form=form)
        page = None
        if language is not None:
            asked = [*question.as_address(), at, ("standalone", "true"), ("language", language)]
            page = (await service.ask("GET", "/view/trace", params=asked)).content
        return answer, page


async def ask_trace(service: Service, question: Question, *, pushdown: bool = False) -> dict[str, Any]:
    """The GraphQL data of the whole answer. Raises what `ask_whole` raises."""
    return await ask_whole(service, "trace", _QUERY, {"input": question.as_input(), "pushdown": pushdown}, _LISTS)


def show_trace(to: Console, question: Question, data: dict[str, Any]) -> None:
    """The answer for people: how whole it is and as of when, how many of what, then each thing and what led to it."""
    answer = data["trace"]
    summary = answer["summary"]
    led = "came from" if question.direction == "BACKWARD" else "became"
    to.print(f"What {printable(', '.join(question.start))} {led}: {summary['total']} things.", style="bold")
    to.print(f"{said_whole(answer)}, {answer['completeness']['depthReached']} steps deep.")
    to.print("  ".join(f"{row['kind']} {row['count']}" for row in summary["byKind"]))
    ways = _ways(answer)
    table = Table(box=None, pad_edge=False)
    table.add_column("step", justify="right")
    table.add_column("id", overflow="fold", min_width=16)
    for column in ("operation", "start", "with"):
        table.add_column(column, overflow="fold")
    for row in answer["nodes"]["edges"]:
        node = row["node"]
        every = ways[node["id"]] or [("", "", "")]
        shown, rest = every[:_SHOWN_EDGES], len(every) - _SHOWN_EDGES
        for number, way in enumerate(shown):
            begin = ("", "") if number else (str(node["depth"]), printable(node["id"]))
            table.add_row(*begin, *map(printable, way))
        if rest > 0:
            table.add_row("", "", f"and {rest} more, see --json", "", "")
    to.print()
    to.print(table)


def _ways(answer: dict[str, Any]) -> dict[str, list[tuple[str, str, str]]]:
    """For each thing the acts that led to it, from a step nearer to the start: which, when, and with what."""
    depths = {row["node"]["id"]: row["node"]["depth"] for row in answer["nodes"]["edges"]}
    ways: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in answer["edges"]["edges"]:
        edge = row["node"]
        near, far = sorted((edge["from"], edge["to"]), key=lambda end: depths.get(end, 0))
        act = " ".join(filter(None, (edge["type"], (edge["operationId"] or "").removeprefix("Operation:"))))
        if near != far:
            ways[far].append((act, time_text(edge["start"], edge["startLatest"]), near))
    return ways
