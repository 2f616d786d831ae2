"""`stemgraph impact`: who and what is affected by something that is wrong. A client of the service's own GraphQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from graph.errors import BadInput
from graph.vocabulary import CHANNELS, HAZARDS
from service.commands.output import console, print_json, printable
from service.commands.questions import (
    COMPLETENESS,
    FAILURES,
    answered,
    ask_whole,
    check_out,
    check_standard_output,
    kinds_option,
    known_names,
    out_options,
    raise_for,
    said_whole,
    show_written,
    time_text,
    write_answer,
)
from service.options import option, store_options
from service.settings import Settings

if TYPE_CHECKING:
    from graph.index.hazards import Seed
    from service.client import Service

__all__ = ["Question", "ask_impact", "impact"]

_TIERS: Final = {"1": "material, or presence in a seed", "2": "equipment", "3": "storage"}
_STEP: Final = "type operationId from to start startLatest end endLatest"
# A path may be as long as a lineage: its last steps, and how many there are. --why has them all.
_ITEM: Final = f"id kind tier exposedFrom isExposedFromMasked uncertain pathLength path(last: 20) {{ {_STEP} }}"
_LISTS: Final = {
    "items": "items(first: $first, after: $items, kinds: $kinds, tiers: $tiers) { totalCount "
    f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_ITEM} }} }} }}",
}
_QUERY: Final = """query Impact($input: ImpactInput!, $pushdown: Boolean, $kinds: [NodeKind!], $tiers: [Int!],
    $first: Int!, {declared}) {{
  impact(input: $input, pushdown: $pushdown) {{
    __typename
    ... on Impact {{
      asOfSeq
      digest
      {completeness}
      summary {{
        total byKind {{ kind count }} byTier {{ tier count }} bySite {{ site count }}
        byDisposition {{ disposition count }} subjects unitsToHold
      }}
      suspects {{ id }}
      {lists}
    }}
    {failures}
  }}
}}"""
_EXPLAIN: Final = f"""query Explain($input: ImpactInput!, $target: ID!, $pushdown: Boolean) {{
  explain(input: $input, target: $target, pushdown: $pushdown) {{
    __typename
    ... on Explanation {{
      asOfSeq {COMPLETENESS} isAffected item {{ {_ITEM} }}
      path {{ {_STEP} }} others {{ steps {{ {_STEP} }} }} hasAllRoutes
    }}
    {FAILURES}
  }}
}}"""
_EXAMPLE: Final = "Add --zone +08:00, or write the offset: 2025-03-08T00:00:00+08:00."
_SHOWN_SITES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, as GraphQL's ``ImpactInput`` has it, and which items are listed. None: all, or now."""

    hazard: str
    seeds: Sequence[Mapping[str, str]]
    channels: Sequence[str] | None = None
    known_at: str | None = None
    closed: bool = False
    kinds: Sequence[str] | None = None
    tiers: Sequence[int] | None = None
    pushdown: bool = False

    def as_input(self) -> dict[str, Any]:
        members = {"channels": self.channels, "knownAt": self.known_at}
        return {
            "hazard": self.hazard,
            "seeds": list(self.seeds),
            "closedIntervals": self.closed,
            **{name: value for name, value in members.items() if value is not None},
        }

    def variables(self) -> dict[str, Any]:
        return {"input": self.as_input(), "pushdown": self.pushdown, "kinds": self.kinds, "tiers": self.tiers}

    def as_address(self) -> list[tuple[str, str]]:
        """As the query of ``/export/impact``."""
        pairs = [("hazard", self.hazard), *(("seed", _seed_address(seed)) for seed in self.seeds)]
        lists = {"channels": self.channels, "kinds": self.kinds, "tiers": self.tiers}
        pairs += [(name, ",".join(map(str, values))) for name, values in lists.items() if values is not None]
        pairs += [("knownAt", self.known_at)] if self.known_at is not None else []
        flags = {"closedIntervals": self.closed, "pushdown": self.pushdown}
        return [*pairs, *((name, "true") for name, value in flags.items() if value)]


def _seed_address(seed: Mapping[str, str]) -> str:
    from service.seeds import joined_seed

    return joined_seed(seed["id"], seed.get("from", ""), seed.get("until", ""))


def _channels(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    return None if text is None else known_names(text.upper(), list(CHANNELS.labels))


def _tiers(_context: click.Context, _option: click.Parameter, text: str | None) -> list[int] | None:
    return None if text is None else [int(name) for name in known_names(text, _TIERS)]


@click.command()
@store_options(with_url=True)
@click.argument(
    "hazard",
    type=click.Choice(list(HAZARDS.labels), case_sensitive=False),
    metavar="HAZARD",
    help="What is wrong: it says how it spreads.",
)
@click.argument("seed", nargs=-1, required=True, metavar="SEED…", help="Kind:key, Kind:key@FROM, Kind:key@FROM/UNTIL.")
@option("--channels", callback=_channels, metavar="CHANNELS", help="Besides material: equipment,storage.")
@option("--known-at", metavar="TIME", help="As the records stood then.")
@option("--closed", is_flag=True, help="For the careful: what ends at an instant counts as still present then.")
@option("--zone", metavar="+08:00", help="Of times that are written without an offset. There is no default.")
@kinds_option("List only these: CellUnit,Subject. All are followed.")
@option("--tiers", callback=_tiers, metavar="TIERS", help="List only these: 1,2. All are followed.")
@option("--why", metavar="ID", help="Show how ID was reached, step by step, instead of the list.")
@option("--json", "as_json", env="IMPACT_JSON", is_flag=True, help="Print the GraphQL data, all pages of it.")
@out_options
def impact(
    *,
    settings: Settings,
    hazard: str,
    seed: tuple[str, ...],
    known_at: str | None,
    zone: str | None,
    why: str | None,
    as_json: bool,
    out: Path | None,
    form: str | None,
    **asked: Any,
) -> None:
    """Who and what is affected by a HAZARD that begins at the SEEDs, since when, and by which channel.

    HAZARD is HERITABLE, CONTAGIOUS, EXPOSURE, ELIGIBILITY or IDENTITY. A SEED may have a window, from its first instant
    until before its last: Equipment:INC-2@2025-03-08/2025-04-15 --zone +08:00 (a day is its first midnight). A range
    of units is each of them: CellUnit:WCB1#11-20.
    """
    form, is_out_alone = check_out(out, form), check_standard_output(as_json=as_json, out=out)
    if why is not None and out is not None:
        raise click.UsageError("--why shows one item: leave out --out, or ask for the list without --why.")
    question = Question(
        hazard=hazard.upper(),
        seeds=_seeds(seed, zone),
        known_at=None if known_at is None else _known_at(known_at, zone),
        pushdown=settings.pushdown,
        **asked,
    )
    if why is not None:
        explained = answered(_explain(settings, question, why))
        print_json(explained) if as_json else show_explanation(console(), why, explained)
        return
    answer = answered(_impact(settings, question, out=out, form=form, is_whole=as_json))
    if as_json:
        print_json(answer)
    elif is_out_alone:
        click.echo(f"{said_whole(answer['impact'])}.", err=True)
    else:
        show_impact(console(), question, answer)
        show_written("list", out)


def _seeds(texts: Sequence[str], zone: str | None) -> list[dict[str, str]]:
    """Each once, however often it is named."""
    from service.seeds import seeds_of

    found: dict[Seed, dict[str, str]] = {}
    for text in texts:
        try:
            for each in seeds_of(text, zone=zone, member=f"seed {text}", remedy=_EXAMPLE):
                found.setdefault(each.seed(), each.as_input())
        except BadInput as error:
            raise click.UsageError(printable(f"{error.message} {error.remedy}".strip())) from error
    return list(found.values())


def _known_at(text: str, zone: str | None) -> str:
    from graph.times import BadTime, parse_moment, render

    try:
        moment = parse_moment(text, zone)
    except BadTime as error:
        raise click.UsageError(f"--known-at: {error}. {_EXAMPLE}") from error
    return render(moment.earliest_ms, moment.offset_minutes)


async def _impact(
    settings: Settings, question: Question, *, out: Path | None, form: str | None, is_whole: bool
) -> dict[str, Any]:
    from service.client import connect_service

    async with connect_service(settings) as service:
        answer = await ask_impact(service, question, is_whole=is_whole)
        if out is not None and form is not None:
            at = ("at", str(answer["impact"]["asOfSeq"]))
            await write_answer(service, "/export/impact", [*question.as_address(), at], out=out, form=form)
        return answer


async def ask_impact(service: Service, question: Question, *, is_whole: bool = True) -> dict[str, Any]:
    """The GraphQL data of the whole answer, or of its first page. Raises what `ask_whole` raises."""
    return await ask_whole(service, "impact", _QUERY, question.variables(), _LISTS, is_whole=is_whole)


async def _explain(settings: Settings, question: Question, target: str) -> dict[str, Any]:
    from service.client import connect_service

    variables = {"input": question.as_input(), "target": target, "pushdown": question.pushdown}
    async with connect_service(settings) as service:
        data = await service.query(_EXPLAIN, variables)
    raise_for(data["explain"])
    return data


def show_impact(to: Console, question: Question, data: Mapping[str, Any]) -> None:
    """The answer for people: how whole it is and as of when, what it comes to, then each item and how it was reached."""
    answer = data["impact"]
    summary = answer["summary"]
    to.print(
        f"{question.hazard} from {', '.join(map(_seed_text, question.seeds))}: {summary['total']} things.", style="bold"
    )
    known_at = f", as known at {time_text(question.known_at)}" if question.known_at else ""
    to.print(f"{said_whole(answer)}{known_at}.")
    to.print(f"Subjects {summary['subjects']}  Units to hold {summary['unitsToHold']}")
    to.print(_counts("Tier", summary["byTier"], "tier"))
    to.print(_counts("Kind", summary["byKind"], "kind"))
    to.print(_counts("Disposition", summary["byDisposition"], "disposition"))
    sites = [{**row, "site": row["site"] or "not recorded"} for row in summary["bySite"]]
    to.print(_counts("Site", sites[:_SHOWN_SITES], "site") + (" …" if len(sites) > _SHOWN_SITES else ""))
    if answer["suspects"]:
        to.print(f"To be tested, upstream: {printable(', '.join(node['id'] for node in answer['suspects']))}")
    items = [row["node"] for row in answer["items"]["edges"]]
    for tier, of_tier in groupby(items, key=lambda item: item["tier"]):
        to.print()
        to.print(f"Tier {tier}: {_TIERS[str(tier)]}", style="bold")
        to.print(_table(list(of_tier)))
    if any(item["uncertain"] for item in items):
        to.print("~ a time that is not exact lies on its path")
    rest = answer["items"]["totalCount"] - len(items)
    if rest > 0:
        to.print(f"and {rest} more: --out FILE, or --json.")


def _seed_text(seed: Mapping[str, str]) -> str:
    bounds = [f"{word} {time_text(seed[word])}" for word in ("from", "until") if word in seed]
    return printable(" ".join([seed["id"], *bounds]))


def _counts(title: str, rows: Sequence[Mapping[str, Any]], name: str) -> str:
    return f"{title}: " + ("  ".join(f"{printable(row[name])} {row['count']}" for row in rows) or "none")


def _table(items: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("id", overflow="fold", min_width=16)
    table.add_column("since", overflow="fold", min_width=16)
    for column in ("by", "from"):
        table.add_column(column, overflow="fold")
    for item in items:
        path = item["path"]
        by = _act(path[-1]) if path else "seed"
        table.add_row(*map(printable, (item["id"], _since(item), by, _way(path, item["pathLength"]))))
    return table


def _since(item: Mapping[str, Any]) -> str:
    mark = "~" if item["uncertain"] else ""
    if item["exposedFrom"] is None:
        return "masked" if item["isExposedFromMasked"] else f"{mark}always"
    return mark + time_text(item["exposedFrom"])


def _act(step: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (step["type"], (step["operationId"] or "").removeprefix("Operation:"))))


def _way(path: Sequence[Mapping[str, Any]], length: int) -> str:
    """What it came along, in short: where its path begins, if that is known, how many between, what it comes from itself."""
    sources = [step["from"] for step in path]
    begin = sources[:1] if length == len(sources) else ["…"]
    between = [f"{length - 2} more"] if length > 2 else []
    return " › ".join([*begin, *between, *(sources[-1:] if length > 1 else [])])


def show_explanation(to: Console, target: str, data: Mapping[str, Any]) -> None:
    """How one thing was reached, a step a line."""
    answer = data["explain"]
    item = answer["item"]
    name = printable(target)
    if item is None:
        to.print(f"{name} is not affected.", style="bold")
    else:
        to.print(
            f"{name} is affected: tier {item['tier']} ({_TIERS[str(item['tier'])]}), {_since(item)}.", style="bold"
        )
    to.print(f"{said_whole(answer)}.")
    if item is None:
        return
    for number, step in enumerate(answer["path"], start=1):
        to.print(printable(f"{number}. {step['from']} → {step['to']}"))
        to.print(f"   {printable(_act(step))}, {time_text(step['start'], step['startLatest']) or 'time masked'}")
    if not answer["path"]:
        to.print("It is a seed.")
    if answer["others"]:
        more = "" if answer["hasAllRoutes"] else " at least"
        to.print(f"There are{more} {len(answer['others'])} other routes: --json.")
