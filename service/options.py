"""Options that several commands share, and how they become `Settings`."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from service.settings import ENVIRONMENT_ONLY, PREFIX, Settings

__all__ = ["Command", "environment_names", "file_argument", "option", "service_options", "store_options"]

Command = Callable[..., Any]


def option(*names: str, env: str | None = None, **attributes: Any) -> Callable[[Command], Command]:
    """A click option that shows its environment name: ``STEMGRAPH_<env>``, or one derived from the command's."""
    if env is not None:
        attributes |= {"envvar": PREFIX + env, "allow_from_autoenv": False}
    return click.option(*names, show_envvar=True, **attributes)


_STORE = (
    option(
        "--data",
        env="DATA",
        type=click.Path(path_type=Path, file_okay=False),
        default=Settings.data,
        show_default="./stemgraph-data",
        metavar="DIR",
        help="Folder of the embedded store, the keys, and what finds a running service.",
    ),
    option(
        "--store",
        env="STORE",
        metavar="URL",
        help="A database elsewhere: bolt://host:port or neo4j://host:port. "
        "User and password: STEMGRAPH_USER, STEMGRAPH_PASSWORD.",
    ),
    option("--database", env="DATABASE", default=Settings.database, show_default=True, help="Its name there."),
    option(
        "--keys",
        env="KEYS",
        type=click.Path(path_type=Path, dir_okay=False),
        show_default="DIR/keys.jsonl",
        metavar="FILE",
        help="Key file of the sealed values (mode 0600); keep a copy apart from the database's.",
    ),
    option(
        "--pushdown",
        env="PUSHDOWN",
        is_flag=True,
        help="Answer questions of lineage from the database, level by level, without an index in memory.",
    ),
    option(
        "--question-seconds",
        env="QUESTION_SECONDS",
        type=click.FloatRange(min=0.001),
        default=Settings.question_seconds,
        show_default=True,
        help="How long a question of lineage is thought about. Then its answer says that it is not whole.",
    ),
    option("--heap", env="HEAP", default=Settings.heap, show_default=True, help="Memory of the embedded engine."),
)
_CLIENT = (
    option(
        "--url",
        env="URL",
        metavar="URL",
        help="A running service to work through. Its token: STEMGRAPH_TOKEN. Without it, the one that holds DIR, if any.",
    ),
    option(
        "--purpose",
        env="PURPOSE",
        metavar="TEXT",
        help="Why it is asked or recorded: kept in the ledger's entries and the access log.",
    ),
)
_SERVE = (
    option("--host", env="HOST", default=Settings.host, show_default=True, help="Address to listen on."),
    option(
        "--port",
        env="PORT",
        type=click.IntRange(0, 65535),
        default=Settings.port,
        show_default=True,
        help="Port to listen on; 0: any free one.",
    ),
    option(
        "--log-level",
        env="LOG_LEVEL",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default=Settings.log_level,
        show_default=True,
        help="What is logged, to standard error, one JSON object a line.",
    ),
    option(
        "--base-url",
        env="BASE_URL",
        metavar="URL",
        help="How browsers reach the service where a proxy with TLS stands before it, such as https://lineage.example.",
    ),
)


def store_options(*, with_url: bool = False) -> Callable[[Command], Command]:
    """Adds the store's options; the command gets ``settings`` for them."""
    return functools.partial(_as_settings, options=(*_STORE, *_CLIENT) if with_url else _STORE)


def service_options(command: Command) -> Command:
    """Adds the store's options and those of a service; the command gets ``settings`` for them."""
    return _as_settings(command, (*_STORE, *_SERVE))


def _as_settings(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    @functools.wraps(command)
    def with_settings(**given: Any) -> Any:
        own = {name: given.pop(name) for name in list(given) if name in Settings.__dataclass_fields__}
        secrets: dict[str, Any] = {name.removeprefix(PREFIX).lower(): os.environ.get(name) for name in ENVIRONMENT_ONLY}
        return command(settings=Settings(**own, **secrets), **given)

    complete: Command = with_settings
    for add in reversed(options):
        complete = add(complete)
    return complete


def environment_names(group: click.Group, prefix: str = PREFIX.rstrip("_")) -> Iterator[str]:
    """The environment name of every option of every command below ``group``."""
    for name, command in group.commands.items():
        own_prefix = f"{prefix}_{name.replace('-', '_').upper()}"
        if isinstance(command, click.Group):
            yield from environment_names(command, own_prefix)
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                explicit = parameter.envvar
                yield explicit if isinstance(explicit, str) else f"{own_prefix}_{(parameter.name or '').upper()}"


file_argument = functools.partial(click.argument, type=click.Path(path_type=Path, dir_okay=False))
