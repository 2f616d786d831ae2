"""What the commands that ask a question have in common: names in lists, pages put together, what goes wrong, files."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from graph.errors import BadInput, NotPermitted, StemgraphError
from graph.vocabulary import KINDS, kind_code
from service.commands.output import finish, is_standard_output, printable, whole_file
from service.options import Command, option

if TYPE_CHECKING:
    from service.client import Service

__all__ = [
    "COMPLETENESS",
    "FAILURES",
    "FORMAT_NAMES",
    "answered",
    "ask_whole",
    "check_out",
    "check_standard_output",
    "kinds_option",
    "known_names",
    "out_options",
    "raise_for",
    "said_whole",
    "show_written",
    "time_text",
    "write_answer",
]

T = TypeVar("T")
FORMAT_NAMES: Final = ("ndjson", "csv", "xlsx", "graphml")
COMPLETENESS: Final = "completeness { complete reason depthReached nodesSeen hidden }"
FAILURES: Final = """
    ... on NotFound { ids message }
    ... on NotPermitted { message remedy }
    ... on TooLarge { message remedy }
    ... on InvalidInput { member message }"""
_PAGE: Final = 500


def known_names(text: str, known: Collection[str]) -> list[str]:
    """The names between commas. Raises BadParameter with the nearest for one that is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise click.BadParameter(f"There is no {printable(name)}. Did you mean {nearest}?")
    return names


def _kinds(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str] | None:
    """``CellLot,Subject`` or ``CELL_LOT,SUBJECT``, as GraphQL writes them."""
    codes = {**{kind: kind_code(kind) for kind in KINDS}, **{kind_code(kind): kind_code(kind) for kind in KINDS}}
    return None if text is None else [codes[name] for name in known_names(text, codes)]


def kinds_option(help_text: str) -> Callable[[Command], Command]:
    return option("--kinds", callback=_kinds, metavar="KINDS", help=help_text)


def out_options(command: Command) -> Command:
    """Adds ``--out`` and ``--format``."""
    command = option(
        "--format",
        "form",
        type=click.Choice(FORMAT_NAMES),
        help="Of the file; without it as its name ends.",
    )(command)
    return option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help=f"Write the whole list to FILE: {', '.join(FORMAT_NAMES)}. With - it alone is on standard output.",
    )(command)


def check_out(out: Path | None, form: str | None) -> str | None:
    """The format to write. Raises UsageError where none is said, or where there is no file for it."""
    if out is None:
        if form is not None:
            raise click.UsageError("--format is that of a file: add --out FILE.")
        return None
    form = form or out.suffix.lower().removeprefix(".")
    if form not in FORMAT_NAMES:
        raise click.UsageError(f"Say in which format: --format {'|'.join(FORMAT_NAMES)}.")
    return form


async def write_answer(service: Service, path: str, asked: Sequence[tuple[str, str]], *, out: Path, form: str) -> None:
    """The export at ``path`` into a file, which is replaced only when all of it came: by its trailer, or its end.

    Raises Incomplete where it was cut, and what the service answers with.
    """
    from exchange.answers import check_file

    with whole_file(out) as (target, beside):
        async with contextlib.aclosing(service.download(path, [*asked, ("format", form)])) as chunks:
            async for chunk in chunks:
                target.write(chunk)
        target.flush()
        check_file(beside, form)


def answered(work: Coroutine[Any, Any, T]) -> T:
    """As `finish`; but what the service finds wrong with the question is wrong with the command's arguments.

    Raises UsageError then.
    """
    try:
        return finish(work)
    except BadInput as error:
        raise click.UsageError(printable(f"{error.message} {error.remedy}".strip())) from error


async def ask_whole(
    service: Service,
    name: str,
    query: str,
    variables: Mapping[str, Any],
    lists: Mapping[str, str],
    *,
    is_whole: bool = True,
) -> dict[str, Any]:
    """The GraphQL data of a whole answer: every page of each of its lists, put together. Not ``is_whole``: the first.

    ``query`` has a place for ``declared`` variables, the ``lists``, the ``completeness`` and the ``failures``; each list
    takes ``$first`` and a cursor of its own name. Raises BadInput, NotPermitted, or a StemgraphError of the code
    not_found, as the service answers.
    """
    whole: dict[str, Any] | None = None
    after: dict[str, str | None] = dict.fromkeys(lists)  # of the lists that are not read to their end
    while after:
        asked = query.format(
            declared=", ".join(f"${each}: String" for each in after),
            lists="\n      ".join(lists[each] for each in after),
            completeness=COMPLETENESS,
            failures=FAILURES,
        )
        data = await service.query(asked, {**variables, "first": _PAGE, **after})
        answer = data[name]
        raise_for(answer)
        pages = {each: answer[each]["pageInfo"] for each in after}
        if whole is None:
            whole = data
        else:
            for each in after:
                whole[name][each]["edges"] += answer[each]["edges"]
        if not is_whole:
            return whole
        after = {each: page["endCursor"] for each, page in pages.items() if page["hasNextPage"]}
    assert whole is not None  # it asked at least once
    for each in lists:
        whole[name][each]["pageInfo"] = {"hasNextPage": False, "endCursor": None}
    return whole


def raise_for(answer: Mapping[str, Any]) -> None:
    kind, message = answer["__typename"], answer.get("message", "")
    if kind == "NotFound":
        raise StemgraphError(message, remedy="Check the spelling; ids are written Kind:key.", code="not_found")
    if kind == "NotPermitted":
        raise NotPermitted(message, remedy=answer["remedy"])
    if kind == "TooLarge":
        raise StemgraphError(message, remedy=answer["remedy"], code="too_large")
    if kind == "InvalidInput":
        raise BadInput(message, remedy="Correct the command's arguments.", member=answer.get("member"))


def check_standard_output(*, as_json: bool, **files: Path | None) -> bool:
    """Whether one of the files, each by the option that names it, takes standard output. Raises UsageError where
    something else is asked to be there, too.
    """
    taken = [f"--{name} -" for name, file in files.items() if is_standard_output(file)]
    wanted = [*taken, "--json"] if as_json else taken
    if taken and len(wanted) > 1:
        raise click.UsageError(f"{' and '.join(wanted)} would mix on standard output: name a file instead of a -.")
    return bool(taken)


def show_written(what: str, file: Path | None) -> None:
    """Where it is now, below the answer for people."""
    if file is not None:
        click.echo(f"\nThe {what} is in {file}.")


def said_whole(answer: Mapping[str, Any]) -> str:
    """How whole an answer is, and as of when: what is said of it first."""
    whole = answer["completeness"]
    said = "Complete" if whole["complete"] else "Not complete"
    reason = f" ({printable(whole['reason'])})" if whole["reason"] else ""
    return f"{said}{reason}, as of ledger entry {answer['asOfSeq']}"


def time_text(earliest: str | None, latest: str | None = None) -> str:
    """``2025-01-18 10:00+08:00``; of a time that is not exact, the earliest and the latest."""
    bounds = [bound.replace("T", " ").replace(":00.000", "") for bound in (earliest, latest) if bound]
    return " / ".join(dict.fromkeys(bounds))
