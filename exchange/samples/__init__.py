"""Records to try the product with: the trial of three donors that ``stemgraph demo`` loads."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["trial"]


def trial() -> bytes:
    """The trial as JSON Lines: 83 records, in the order of their recorded times."""
    return files("exchange.samples").joinpath("trial.jsonl").read_bytes()
