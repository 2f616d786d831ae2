"""The commands of `stemgraph`, by name."""

from __future__ import annotations

from typing import Final

import click

from service.commands.demo import demo
from service.commands.exporting import export
from service.commands.files import generate, template, write_schema
from service.commands.impact import impact
from service.commands.importing import import_files
from service.commands.serve import serve
from service.commands.token import token
from service.commands.tracing import trace
from service.commands.upkeep import rebuild, verify

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, click.Command]] = {
    command.name or "": command
    for command in (
        demo, export, generate, impact, import_files, rebuild, serve, template, token, trace, verify, write_schema,
    )
}  # fmt: skip
