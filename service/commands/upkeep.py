"""`stemgraph verify` and `rebuild`: is the store what its ledger says, and making it so again."""

from __future__ import annotations

from typing import Any

import click

from service.commands.output import finish, print_json
from service.options import option, store_options
from service.settings import Settings

__all__ = ["rebuild", "verify"]


@click.command()
@store_options(with_url=True)
@option("--json", "as_json", env="VERIFY_JSON", is_flag=True, help="For programs.")
def verify(*, settings: Settings, as_json: bool) -> int:
    """Recompute the ledger's chain of digests and compare the graph and the index with it; name the first difference.

    Exit 0: everything is as the ledger says. Exit 1: it is not.
    """
    found = finish(_post(settings, "/verify"))
    if as_json:
        print_json(found)
    elif found["intact"]:
        click.echo(f"Intact: {found['entries']} entries, the chain, the graph and the index are as the ledger says.")
    else:
        click.echo(f"Not intact. The first difference: {found['firstDifference']}")
    return 0 if found["intact"] else 1


@click.command()
@store_options(with_url=True)
@option("--json", "as_json", env="REBUILD_JSON", is_flag=True, help="For programs.")
def rebuild(*, settings: Settings, as_json: bool) -> None:
    """Drop the graph and make it again from the ledger. The ledger, sealed values, keys and tokens stay as they are.

    Meanwhile a running service answers that it is being rebuilt. Cut short, run it again.
    """
    made = finish(_post(settings, "/rebuild"))
    if as_json:
        print_json(made)
    else:
        click.echo(f"Made again from {made['entries']} entries: {made['nodes']} nodes, {made['edges']} edges.")


async def _post(settings: Settings, path: str) -> Any:
    from service.client import connect_service

    async with connect_service(settings) as service:
        return (await service.ask("POST", path)).json()
