"""The trial that the tests know by heart: three donors, seven treated subjects, half a year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from support.house import ROOT

__all__ = ["correction", "excursion", "expected_subjects", "scenarios", "trial"]

_FIXTURES = ROOT / "tests" / "fixtures" / "trial"


def _records(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def trial() -> list[dict[str, Any]]:
    """83 records, in the order of their recorded times."""
    return _records(ROOT / "exchange" / "samples" / "trial.jsonl")


def correction() -> list[dict[str, Any]]:
    """Learnt in June: two doses had been swapped at labelling."""
    return _records(_FIXTURES / "trial-correction.jsonl")


def excursion() -> list[dict[str, Any]]:
    """The shipped dose arrived too warm, and came back."""
    return _records(_FIXTURES / "trial-excursion.jsonl")


def scenarios() -> dict[str, Any]:
    """Questions with their expected answers, computed by an independent program."""
    found: dict[str, Any] = orjson.loads((_FIXTURES / "scenarios.json").read_bytes())
    return found


def expected_subjects(scenario: dict[str, Any]) -> dict[str, set[str]]:
    """Those that a scenario of an impact expects in each tier that has any."""
    by_tier = {tier: {key for key in keys if key.startswith("S")} for tier, keys in scenario["expect"].items()}
    return {tier: keys for tier, keys in by_tier.items() if keys}
