"""`stemgraph serve`: the service, until it is told to stop."""

from __future__ import annotations

import click

from service.commands.output import finish
from service.options import service_options
from service.settings import Settings

__all__ = ["serve"]


@click.command()
@service_options
def serve(*, settings: Settings) -> None:
    """Serve a store: pages, GraphQL, imports and exports. Ctrl-C or SIGTERM stops it in order.

    The first time, it makes the owner's token and writes it to DIR/admin.token (for --store: shows it once).
    `stemgraph token create` makes the others. The password for --store comes from STEMGRAPH_PASSWORD, never from an
    option, because every user of a machine can read the arguments of a process.
    """
    from service.logs import start_logging

    start_logging(settings.log_level)
    finish(_serve(settings))


async def _serve(settings: Settings) -> None:
    from service.lifecycle import run_service

    async with run_service(settings, tell=click.echo) as service:
        click.echo(f"Serving at {service.url}. Ctrl-C stops it.")
        await service.wait()
