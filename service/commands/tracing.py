"""`stemgraph trace`: where something came from, or what became of it. A client of the service's own GraphQL."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from graph.errors import BadInput, NotPermitted, StemgraphError
from graph.vocabulary import KINDS, OPERATIONS, kind_code
from service.commands.output import console, finish, print_json, printable
from service.options import option, store_options
from service.settings import Settings

if TYPE_CHECKING:
    from service.client import Service

__all__ = ["Question", "ask_trace", "show_trace", "trace"]

_PAGE: Final = 500
_LISTS: Final = {
    "nodes": "nodes(first: $first, after: $nodes) { totalCount pageInfo { hasNextPage endCursor } "
    "edges { node { id kind depth } } }",
    "edges": "edges(first: $first, after: $edges) { totalCount pageInfo { hasNextPage endCursor } "
    "edges { node { type operationId from to start startLatest end endLatest } } }",
}
_QUERY: Final = """query Trace($input: TraceInput!, $first: Int!, {declared}) {{
  trace(input: $input) {{
    __typename
    ... on Trace {{
      asOfSeq
      completeness {{ complete reason depthReached nodesSeen hidden }}
      summary {{ total byKind {{ kind count }} byDepth {{ depth count }} }}
      {lists}
    }}
    ... on NotFound {{ ids message }}
    ... on NotPermitted {{ message remedy }}
    ... on TooLarge {{ message remedy }}
    ... on InvalidInput {{ member message }}
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


def _kinds(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    """``CellLot,Subject`` or ``CELL_LOT,SUBJECT``, as GraphQL writes them."""
    codes = {**{kind: kind_code(kind) for kind in KINDS}, **{kind_code(kind): kind_code(kind) for kind in KINDS}}
    return None if text is None else [codes[name] for name in _known(text, codes)]


def _operations(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else _known(text, OPERATIONS)


def _known(text: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise click.BadParameter(f"There is no {name}. Did you mean {nearest}?")
    return names


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
@option("--kinds", callback=_kinds, metavar="KINDS", help="List only these: CellLot,Subject. All are walked.")
@option("--operations", callback=_operations, metavar="TYPES", help="List only what these reached: EXPANDED,POOLED.")
@option("--known-at", metavar="TIME", help="As the records stood then: 2025-06-01T00:00:00+08:00.")
@option("--json", "as_json", env="TRACE_JSON", is_flag=True, help="Print the GraphQL data, all pages of it.")
@option("--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the picture to FILE.")
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
    answer, page = finish(_trace(settings, question, with_page=html is not None))
    if html is not None and page is not None:
        html.write_bytes(page)
    if as_json:
        print_json(answer)
        return
    show_trace(console(), question, answer)
    if html is not None:
        click.echo(f"\nThe picture is in {html}.")


async def _trace(settings: Settings, question: Question, *, with_page: bool) -> tuple[dict[str, Any], bytes | None]:
    from service.client import connect_service

    async with connect_service(settings) as service:
        answer = await ask_trace(service, question)
        page = None
        if with_page:
            asked = [*question.as_address(), ("standalone", "true")]
            page = (await service.ask("GET", "/view/trace", params=asked)).content
        return answer, page


async def ask_trace(service: Service, question: Question) -> dict[str, Any]:
    """The GraphQL data of the whole answer: every page of its nodes and edges, put together.

    Raises BadInput, NotPermitted, or a StemgraphError of the code not_found, as the service answers.
    """
    whole: dict[str, Any] | None = None
    after: dict[str, str | None] = dict.fromkeys(_LISTS)  # of the lists that are not read to their end
    while after:
        query = _QUERY.format(
            declared=", ".join(f"${name}: String" for name in after),
            lists="\n      ".join(_LISTS[name] for name in after),
        )
        data = await service.query(query, {"input": question.as_input(), "first": _PAGE, **after})
        answer = data["trace"]
        _raise_for(answer)
        pages = {name: answer[name]["pageInfo"] for name in after}
        if whole is None:
            whole = data
        else:
            for name in after:
                whole["trace"][name]["edges"] += answer[name]["edges"]
        after = {name: page["endCursor"] for name, page in pages.items() if page["hasNextPage"]}
    assert whole is not None  # it asked at least once
    for name in _LISTS:
        whole["trace"][name]["pageInfo"] = {"hasNextPage": False, "endCursor": None}
    return whole


def _raise_for(answer: dict[str, Any]) -> None:
    kind, message = answer["__typename"], answer.get("message", "")
    if kind == "NotFound":
        raise StemgraphError(message, remedy="Check the spelling; ids are written Kind:key.", code="not_found")
    if kind == "NotPermitted":
        raise NotPermitted(message, remedy=answer["remedy"])
    if kind == "TooLarge":
        raise StemgraphError(message, remedy=answer["remedy"], code="too_large")
    if kind == "InvalidInput":
        raise BadInput(message, remedy="Correct the command's arguments.", member=answer.get("member"))


def show_trace(to: Console, question: Question, data: dict[str, Any]) -> None:
    """The answer for people: how whole it is and as of when, how many of what, then each thing and what led to it."""
    answer = data["trace"]
    whole, summary = answer["completeness"], answer["summary"]
    led = "came from" if question.direction == "BACKWARD" else "became"
    to.print(f"What {printable(', '.join(question.start))} {led}: {summary['total']} things.", style="bold")
    said = "Complete" if whole["complete"] else "Not complete"
    reason = f" ({printable(whole['reason'])})" if whole["reason"] else ""
    to.print(f"{said}{reason}, as of ledger entry {answer['asOfSeq']}, {whole['depthReached']} steps deep.")
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
            ways[far].append((act, _when(edge), near))
    return ways


def _when(edge: dict[str, Any]) -> str:
    """``2025-01-18 10:00+08:00``; of a time that is not exact, the earliest and the latest."""
    bounds = [edge["start"], edge["startLatest"]]
    return " / ".join(dict.fromkeys(bound.replace("T", " ").replace(":00.000", "") for bound in bounds if bound))
