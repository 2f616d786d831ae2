"""Commands that need no store: the workbook to fill in, synthetic records, the GraphQL schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from service.commands.output import is_standard_output, whole_file
from service.options import file_argument, option

__all__ = ["generate", "template", "write_schema"]


@click.command()
@file_argument("file", metavar="FILE.xlsx", help="The workbook to write; - for standard output.")
@option(
    "--language",
    type=click.Choice(["zh", "en", "both"]),
    default="both",
    show_default=True,
    help="Language of headings, drop-downs and instructions.",
)
@option("--overwrite", is_flag=True, help="Replace FILE.xlsx if it exists.")
def template(*, file: Path, language: Literal["zh", "en", "both"], overwrite: bool) -> None:
    """Write the empty workbook that `stemgraph import` takes when it is filled in."""
    from exchange.workbook.template import write_template

    if is_standard_output(file):
        with whole_file(file) as (_, beside):
            write_template(beside, language)
        return
    if file.suffix.lower() != ".xlsx":
        raise click.UsageError(f"The template is an Excel workbook: name it {file.with_suffix('.xlsx').name}.")
    if file.exists() and not overwrite:
        raise click.ClickException(f"{file} exists, and may be filled in. Name another file, or add --overwrite.")
    write_template(file, language)
    click.echo(f"Wrote {file}. Fill it in, then: stemgraph import {file} --dry-run")


@click.command()
@option("--donors", type=click.IntRange(min=1), required=True, metavar="N", help="How many donors the trial has.")
@option("--seed", type=int, default=0, show_default=True, metavar="S", help="The same seed gives the same bytes.")
def generate(*, donors: int, seed: int) -> None:
    """Write the records of a synthetic trial to standard output, as JSON Lines.

    They are reproducible, and realistic in shape: stemgraph generate --donors 20 > trial.jsonl, then
    stemgraph import --historic --batch 5000 trial.jsonl.
    """
    from exchange.generator import generate as records_of
    from exchange.generator import lines

    sys.stdout.buffer.writelines(lines(records_of(donors=donors, seed=seed)))
    sys.stdout.buffer.flush()


@click.command(name="schema")
@file_argument("file", required=False, help="Where to; standard output without it, or with -.")
@option("--check", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Compare FILE; write nothing.")
def write_schema(*, file: Path | None, check: Path | None) -> None:
    """Write the GraphQL schema (SDL) to FILE or to standard output, or say whether a file of it is up to date."""
    from schema import sdl

    if check is not None:
        if file is not None:
            raise click.UsageError("Either write FILE or --check one, not both.")
        kept = check.read_text(encoding="utf-8") if check.exists() else None
        if kept != sdl():
            raise click.ClickException(f"{check} is not up to date. Write it again: stemgraph schema {check}")
    elif file is not None and not is_standard_output(file):
        file.write_text(sdl(), encoding="utf-8")
    else:
        click.echo(sdl(), nl=False)
