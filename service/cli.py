"""The command line: `stemgraph COMMAND`. Exit codes: 0 done, 1 refused or different, 2 usage, 3 store unavailable."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from typing import Final

import click

from graph.errors import Misconfigured, StemgraphError, StoreUnavailable
from service.commands import COMMANDS
from service.interpreter import set_up_interpreter
from service.logs import start_logging
from service.options import environment_names
from service.settings import PREFIX, check_environment

__all__ = ["cli", "main", "run"]

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3
_INTERRUPTED: Final = 130


@click.group(
    commands=COMMANDS,
    context_settings={"auto_envvar_prefix": PREFIX.rstrip("_"), "help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="stemgraph", message="%(package)s %(version)s")
def cli() -> None:
    """Lineage of stem-cell clinical research: records in, traces out.

    Exit codes: 0 done; 1 refused, not found, or a difference found; 2 usage; 3 store unavailable.
    """
    start_logging("error")  # `serve` says more


def run(arguments: list[str]) -> int:
    """Runs one command; what went wrong is one line on standard error, never a traceback."""
    try:
        check_environment(environment_names(cli), os.environ)
        result = cli.main(arguments, prog_name="stemgraph", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return REFUSED
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except StemgraphError as error:
        return _say(error)
    except metadata.PackageNotFoundError:
        click.echo("stemgraph: run from a checkout, not installed: it has no version.", err=True)
        return REFUSED
    except SystemExit:  # click's answer to a reader of our output that has seen enough; nothing else ends so here
        return DONE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"stemgraph: {where}{error.strerror or type(error).__name__}.", err=True)
        return REFUSED
    except Exception as error:  # noqa: BLE001  the edge: a person sees one line; its text is left out, for it may quote a record
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = "" if frame is None else f" in {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
        click.echo(
            f"stemgraph: an error in the program itself ({type(error).__name__}{where}). Please report it.", err=True
        )
        return REFUSED
    return result if isinstance(result, int) else DONE


def _say(error: StemgraphError) -> int:
    click.echo(f"stemgraph: {error.message} {error.remedy}".rstrip(), err=True)
    if isinstance(error, StoreUnavailable):
        return UNAVAILABLE
    return USAGE if isinstance(error, Misconfigured) else REFUSED


def main() -> None:
    """The console script."""
    set_up_interpreter()
    sys.exit(run(sys.argv[1:]))
