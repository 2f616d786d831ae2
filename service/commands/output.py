"""What commands have in common when they run and when they speak: to people on a terminal, to programs as JSON."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import click
import orjson
from rich.console import Console

__all__ = ["console", "finish", "print_json", "printable", "whole_file"]

T = TypeVar("T")
_UNBOUNDED: Final = 1_000_000  # columns: where no person reads, nothing is wrapped or cut


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs the work to its end. A signal that cancels it ends the command as Ctrl-C does, without a traceback."""
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        raise click.Abort from None


def console() -> Console:
    """Standard output as rich writes it: as wide as the terminal; never cut where it goes to a file or a pipe."""
    return Console(width=None if sys.stdout.isatty() else _UNBOUNDED, highlight=False, markup=False, emoji=False)


def print_json(content: Any) -> None:
    """For programs, on standard output."""
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def printable(text: object) -> str:
    """The text with every character escaped that would steer a terminal or turn the direction of reading."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()
        for character in str(text)
    )


@contextmanager
def whole_file(file: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """The file to write, and where it stands meanwhile. It takes its place only when everything is written, and nothing
    is found wrong with it: before that, what was there stays.
    """
    beside = file.with_name(f"{file.name}.part")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)  # codes of donors and subjects will be in it
    try:
        with beside.open("wb") as target:
            yield target, beside
            target.flush()
            os.fsync(target.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
