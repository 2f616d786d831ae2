"""`stemgraph demo`: the trial in a store of its own, a trace of it, the pages; nothing stays behind."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from service.commands.output import console, finish
from service.commands.tracing import Question, ask_trace, show_trace
from service.options import option
from service.settings import Settings

if TYPE_CHECKING:
    from service.store import Store

__all__ = ["demo"]

_LINK_HOURS: Final = 12
_QUESTION: Final = Question(start=("Subject:S1",), direction="BACKWARD")


@click.command()
@option("--once", is_flag=True, help="End after printing.")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default="any free one",
    help="Port to listen on, on this machine only.",
)
def demo(*, once: bool, port: int) -> None:
    """Show a trial of three donors: load it into a fresh store, print a trace, serve the pages until Ctrl-C.

    The store is in a temporary folder and goes with the command.
    """
    with tempfile.TemporaryDirectory(prefix="stemgraph-demo-") as folder:
        finish(_demo(Settings(data=Path(folder) / "store", port=port), once=once))


async def _demo(settings: Settings, *, once: bool) -> None:
    from service.client import connect_service
    from service.lifecycle import run_service

    click.echo("Starting the embedded engine and loading the trial …")
    async with run_service(settings, tell=_nobody, prepare=_load) as running:
        async with connect_service(settings) as service:
            show_trace(console(), _QUESTION, await ask_trace(service, _QUESTION))
        link = await _sign_in_link(running.store)
        click.echo(f"\nPages:    {running.url}/sign-in?link={link}")
        click.echo("          (signs you in as the owner; good once)")
        click.echo(f"GraphQL:  {running.url}/view/graphql, or POST {running.url}/graphql with the token in")
        click.echo(f"          {settings.admin_token_file}")
        if once:
            return
        click.echo("\nCtrl-C ends the demo and removes its store.")
        await running.wait()
    click.echo("The demo has ended; its store is removed.")


def _nobody(_text: str) -> None:
    """The owner's token of a demo is said with the rest."""


async def _load(store: Store) -> None:
    from service.samples import load_trial

    click.echo(f"{await load_trial(store)} records of the trial are recorded.\n")


async def _sign_in_link(store: Store) -> str:
    from graph.times import now_ms
    from graph.viewer import OWNER

    link = await store.tokens.create_link(OWNER.person, OWNER.role, now_ms() + _LINK_HOURS * 3_600_000)
    return link.plain
