"""What commands have in common when they run and when they speak: to people on a terminal, to programs as JSON."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import click
import orjson
from rich.console import Console

__all__ = ["console", "finish", "is_standard_output", "print_json", "printable", "whole_file"]

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


def is_standard_output(file: Path | None) -> bool:
    """Whether ``-`` is what was named."""
    return file is not None and str(file) == "-"


@contextmanager
def whole_file(file: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """The file to write, and where it stands meanwhile. It takes its place only when everything is written, and nothing
    is found wrong with it: before that, what was there stays.

    Of a symbolic link what it leads to is replaced. A pipe, a device, and ``-``, standard output, keep their place: the
    whole is written into them.
    """
    if is_standard_output(file) or _is_no_regular_file(file):
        with tempfile.TemporaryDirectory() as folder:  # nobody else may look into it
            with _written(Path(folder) / "whole") as (target, beside):
                yield target, beside
            with beside.open("rb") as whole, _opened(file) as into:
                shutil.copyfileobj(whole, into)
        return
    place = Path(os.path.realpath(file))
    beside = place.with_name(f"{place.name}.part")
    beside.unlink(missing_ok=True)
    try:
        with _written(beside) as written:
            yield written
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _written(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    path.touch(mode=0o600)  # codes of donors and subjects will be in it
    with path.open("wb") as target:
        yield target, path
        target.flush()
        os.fsync(target.fileno())


def _is_no_regular_file(file: Path) -> bool:
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except FileNotFoundError:
        return False


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    """What is there already, to write into."""
    if is_standard_output(file):
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with os.fdopen(os.open(file, os.O_WRONLY), "wb") as into:  # it is not made anew, should it be gone by now
        yield into
