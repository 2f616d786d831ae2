"""`stemgraph export`: the records out again, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from service.commands.output import finish, is_standard_output, whole_file
from service.options import file_argument, option, store_options
from service.settings import Settings

if TYPE_CHECKING:
    from service.client import Service

__all__ = ["export"]


@click.command()
@store_options(with_url=True)
@file_argument("file", required=False, help="Where to; standard output without it, or with -.")
@option("--sealed", is_flag=True, help="With the values of privacy tier 3. Logged; only the owner may.")
def export(*, settings: Settings, file: Path | None, sealed: bool) -> None:
    """Write all records, JSON Lines in ledger order, to FILE or to standard output.

    `stemgraph import --historic` of them into an empty store gives the same ledger content and the same export.
    FILE is replaced only when the export is whole; exit 1 where it was cut on its way.
    """
    file = None if is_standard_output(file) else file
    count = finish(_export(settings, file, sealed=sealed))
    if file is not None:
        click.echo(f"Wrote {count} records to {file}.", err=True)


async def _export(settings: Settings, file: Path | None, *, sealed: bool) -> int:
    from service.client import connect_service

    async with connect_service(settings) as service:
        if file is None:
            return await _write(service, sys.stdout.buffer, sealed=sealed)
        with whole_file(file) as (target, _):
            return await _write(service, target, sealed=sealed)


async def _write(service: Service, target: BinaryIO, *, sealed: bool) -> int:
    count = 0
    async for line in service.records(sealed=sealed):
        target.write(line)
        count += 1
    target.flush()
    return count
