"""`stemgraph token`: who may come in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click
from rich.table import Table

from graph.viewer import GIVABLE_ROLES
from service.commands.output import console, finish, print_json, printable
from service.options import option, store_options
from service.settings import Settings

__all__ = ["token"]


@click.group()
def token() -> None:
    """Make, list and revoke tokens: each belongs to one person and role, and is kept hashed."""


@token.command()
@store_options(with_url=True)
@option("--person", required=True, metavar="P", help="Key of the Person whose token it is.")
@option(
    "--role",
    required=True,
    type=click.Choice([each.value for each in GIVABLE_ROLES]),
    help="What its holder may do and see.",
)
@option("--expires", default="90d", show_default=True, metavar="T", help="A span (90d, 12h), a date or time, or never.")
@option("--json", "as_json", env="TOKEN_CREATE_JSON", is_flag=True, help="For programs.")
def create(*, settings: Settings, person: str, role: str, expires: str, as_json: bool) -> None:
    """Make a token and show it, this once."""
    made = finish(_ask(settings, "POST", "/tokens", json={"person": person, "role": role, "expires": expires}))
    if as_json:
        print_json(made)
        return
    click.echo(made["token"])
    click.echo(f"This is the only time it is shown. To revoke it: stemgraph token revoke {made['key']}", err=True)


@token.command(name="list")
@store_options(with_url=True)
@option("--json", "as_json", env="TOKEN_LIST_JSON", is_flag=True, help="For programs.")
def list_tokens(*, settings: Settings, as_json: bool) -> None:
    """List all tokens ever made: whose, in which role, until when; never the token itself."""
    found = finish(_ask(settings, "GET", "/tokens"))
    if as_json:
        print_json(found)
        return
    columns = ("key", "person", "role", "created", "expires", "revoked")
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in found["tokens"]:
        table.add_row(*(printable(row[column] or "") for column in columns))
    console().print(table)


@token.command()
@store_options(with_url=True)
@click.argument("key", help="What `token list` shows.")
def revoke(*, settings: Settings, key: str) -> None:
    """End a token, and the sessions it opened, from now on."""
    finish(_ask(settings, "DELETE", f"/tokens/{quote(key, safe='')}"))
    click.echo(f"Revoked {key}.")


async def _ask(settings: Settings, method: str, path: str, **request: Any) -> Any:
    from service.client import connect_service

    async with connect_service(settings) as service:
        return (await service.ask(method, path, **request)).json()
