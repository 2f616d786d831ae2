"""A service with the trial in it, and commands that run within the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import cli
from support.house import ROOT
from support.serving import Run, ServiceProcess, environment, serving

TRIAL = ROOT / "exchange" / "samples" / "trial.jsonl"


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that holds the trial; tests may add to it, and leave what is there."""
    folder = tmp_path_factory.mktemp("commands") / "store"
    with serving(folder) as running:
        assert cli.run(["import", "--data", str(folder), "--historic", str(TRIAL)]) == 0
        yield running


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(os.environ) - set(environment()):
        monkeypatch.delenv(name)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs one command within the test, in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command
