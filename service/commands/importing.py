"""`stemgraph import`: files of records in, all or nothing, or in batches that can be resumed."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import click
from tqdm import tqdm

from graph.errors import BadInput, Place, StemgraphError
from graph.times import BadTime, parse_zone
from service.commands.output import finish, print_json, printable
from service.options import option, store_options
from service.settings import Settings

if TYPE_CHECKING:
    from exchange.importing import ImportOutcome
    from graph.records import RawRecord

__all__ = ["import_files"]

_TOLD: Final = 20  # warnings and deviations of one import that a person is told; --json has more


def _offset(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None:
        try:
            parse_zone(text)
        except BadTime as error:
            raise click.BadParameter(f"{error}.") from None
    return text


@click.command(name="import")
@store_options(with_url=True)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="JSON Lines, a workbook (.xlsx), or separated values (.csv, .tsv).",
)
@option("--historic", is_flag=True, help="Take the records' own recorded_at as a claim beside the ledger's clock.")
@option(
    "--create-missing",
    default="",
    metavar="KINDS",
    help="Make marked stubs of what is named and missing: Person,Equipment,Reagent,StoragePosition.",
)
@option("--batch", type=click.IntRange(min=1), metavar="N", help="Commit N records at a time; run again to resume.")
@option("--zone", callback=_offset, metavar="OFFSET", help="Of times and date cells that have none: +08:00.")
@option(
    "--map",
    "mapping",
    env="IMPORT_MAP",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Your own headings and sheet names: JSON, TOML or CSV, heading to member.",
)
@option("--dry-run", is_flag=True, help="Check everything, apply nothing.")
@option("--json", "as_json", env="IMPORT_JSON", is_flag=True, help="Print the outcome for programs.")
def import_files(
    *,
    settings: Settings,
    files: tuple[Path, ...],
    historic: bool,
    create_missing: str,
    batch: int | None,
    zone: str | None,
    mapping: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Import records: JSON Lines, the workbook that `stemgraph template` writes, or its sheets as CSV.

    Up to 20,000 records are applied whole or not at all. Exit 0: all applied. Exit 1: everything that is wrong is
    listed with its file, line or cell, and what to do; nothing was applied (with --batch: what came before the first
    batch with violations stays, and the last good line is named).
    """
    kinds = frozenset(kind.strip() for kind in create_missing.split(",") if kind.strip())
    outcome = finish(
        _import(
            settings,
            files,
            historic=historic,
            create_missing=kinds,
            batch=batch,
            zone=zone,
            mapping=mapping,
            dry_run=dry_run,
        )
    )
    if as_json:
        print_json(outcome.as_json())
    else:
        _tell(outcome)
    return 0 if outcome.is_complete else 1


async def _import(
    settings: Settings,
    files: Sequence[Path],
    *,
    historic: bool,
    create_missing: frozenset[str],
    batch: int | None,
    zone: str | None,
    mapping: Path | None,
    dry_run: bool,
) -> ImportOutcome:
    from exchange.importing import import_records
    from exchange.sources import open_sources, read_renaming
    from service.client import connect_service

    for file in files:
        if not file.is_file():
            raise BadInput(f"{file} is no regular file.", remedy="Save what a pipe gives to a file first.")
    renaming = None if mapping is None else read_renaming(mapping)
    with ExitStack() as stack:
        if dry_run:
            settings = _without_trace(settings, stack)
        async with connect_service(settings, make=True) as service:
            source = open_sources(files, zone=zone, renaming=renaming)
            bar = stack.enter_context(_Progress(is_batched=batch is not None))
            try:
                return await import_records(
                    service.door,
                    bar.watch(source),
                    viewer=service.viewer,
                    idempotency_prefix=secrets.token_hex(16),
                    historic=historic,
                    create_missing=create_missing,
                    zone=zone,
                    batch=batch,
                    dry_run=dry_run,
                    progress=bar.applied,
                )
            except StemgraphError:
                bar.tell_how_far()
                raise


def _without_trace(settings: Settings, stack: ExitStack) -> Settings:
    """For a dry run where there is no store yet: one in a temporary folder, so that nothing is made."""
    if settings.url is not None or settings.store is not None or (settings.data / "engine").exists():
        return settings
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="stemgraph-dry-run-"))
    return replace(settings, data=Path(folder), keys=None)


class _Progress:
    """A bar on standard error, where that is a terminal: records read, and with batches how many are applied."""

    def __init__(self, *, is_batched: bool) -> None:
        self._is_batched = is_batched
        self._applied = 0
        self._bar = tqdm(
            desc="reading",
            bar_format="{desc}: {n_fmt} records, {elapsed}{postfix}",
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
            leave=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def watch(self, source: Iterator[RawRecord]) -> Iterator[RawRecord]:
        for record in source:
            self._bar.update()
            yield record
        self._bar.set_description("checking and writing")
        self._bar.refresh()

    def applied(self, count: int) -> None:
        self._applied = count
        self._bar.set_postfix_str(f"{count:,} done")

    def tell_how_far(self) -> None:
        """After an outage between batches: what is in stays in."""
        self._bar.close()
        if self._is_batched and self._applied:
            click.echo(f"{self._applied} records are done. Run the same command again to go on.", err=True)


def _tell(outcome: ImportOutcome) -> None:
    for violation in outcome.violations:
        where = _where(violation.place)
        what = ", ".join(filter(None, (violation.record, violation.member)))
        said = f"{where}{what}{': ' if what else ''}{violation.message} [{violation.code}] {violation.remedy}"
        click.echo(printable(said.rstrip()))
    for warning in outcome.warnings[:_TOLD]:
        what = ", ".join(filter(None, (warning.record, warning.member)))
        click.echo(printable(f"warning: {what}{': ' if what else ''}{warning.message} [{warning.code}]"))
    _tell_rest("warnings", outcome.warning_count)
    for deviation in outcome.deviations[:_TOLD]:
        click.echo(printable(f"deviation ({deviation.severity}): {deviation.message} [{deviation.code}]"))
    _tell_rest("deviations, which the ledger keeps", outcome.deviation_count)
    for note in outcome.notes:
        click.echo(printable(f"note: {note}"))
    click.echo(_summary(outcome))


def _tell_rest(what: str, count: int) -> None:
    if count > _TOLD:
        click.echo(f"… and {count - _TOLD} more {what}.")


def _where(place: Place) -> str:
    """``trial.jsonl:12: ``, ``trial.xlsx 采集!H7: ``."""
    if place.file is None and place.line is None and place.cell is None:
        return ""
    file = place.file or "line"
    if place.cell is not None:
        return f"{file} {place.cell}: "
    return f"{file}: " if place.line is None else f"{file}:{place.line}: "


def _summary(outcome: ImportOutcome) -> str:
    counts = f"{outcome.applied} applied, {outcome.unchanged} unchanged"
    if outcome.is_complete:
        if outcome.is_dry_run:
            return f"Dry run: nothing is wrong ({outcome.applied} would be applied, {outcome.unchanged} unchanged)."
        return f"Done: {counts}. The ledger has {outcome.seq} entries."
    count = len(outcome.violations)
    said = f"{count} violation{'' if count == 1 else 's'}"
    if outcome.last_good is None:
        return f"{said}; nothing was applied."
    return (
        f"{said}. {counts}; the last good record is at {printable(_where(outcome.last_good).rstrip(': '))}. Correct the "
        "rest, then run the same command again to go on."
    )
