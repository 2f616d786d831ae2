"""Options, settings in the environment, usage, and the commands that need no store."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from service import cli
from service.commands import COMMANDS
from service.settings import Settings
from support.house import ROOT
from support.serving import DONE, REFUSED, USAGE, Run, ServiceProcess

TRIAL = ROOT / "exchange" / "samples" / "trial.jsonl"


def test_every_command_that_is_promised_is_there() -> None:
    assert set(COMMANDS) >= {
        "serve", "demo", "import", "export", "trace", "verify", "rebuild", "template", "generate", "schema", "token",
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_each_option_is_for(command: str, run: Run) -> None:
    code, told, _ = run(command, "--help")
    assert code == DONE
    assert "Usage: stemgraph" in told
    for parameter in COMMANDS[command].params:
        assert getattr(parameter, "help", "of an argument"), parameter.name


def test_every_option_of_serve_shows_its_name_in_the_environment(run: Run) -> None:
    told = " ".join(run("serve", "--help")[1].split())
    for name in ("DATA", "STORE", "DATABASE", "KEYS", "HEAP", "LOG_LEVEL", "HOST", "PORT", "BASE_URL"):
        assert f"env var: STEMGRAPH_{name}" in told
    assert "--password" not in told
    assert "--token" not in told


def test_an_option_is_taken_from_the_environment(
    service: ServiceProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMGRAPH_DATA", str(service.folder))
    assert run("verify")[0] == DONE


def test_a_setting_that_is_none_is_refused_with_the_nearest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMGRAPH_PASWORD", "secret-word")
    code, _, errors = run("generate", "--donors", 1)
    assert code == USAGE
    assert "STEMGRAPH_PASWORD (nearest: STEMGRAPH_PASSWORD)" in errors
    assert "secret-word" not in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["import"],
        ["import", "missing.jsonl"],
        ["import", ".", "--batch", "0"],
        ["import", str(TRIAL), "--zone", "Shanghai"],
        ["serve", "--port", "70000"],
        ["generate", "--donors", "0"],
        ["template"],
        ["token"],
    ],
    ids=" ".join,
)
def test_a_usage_that_is_none_ends_with_two(run: Run, arguments: list[str]) -> None:
    code, told, errors = run(*arguments)
    assert code == USAGE
    assert "Usage:" in told + errors


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(Settings(password="secret-word", token="sg_secret"))
    assert "secret-word" not in shown
    assert "sg_secret" not in shown


def test_the_template_does_not_replace_one_that_may_be_filled_in(run: Run, tmp_path: Path) -> None:
    assert run("template", "book.xlsx")[0] == DONE
    before = (tmp_path / "book.xlsx").read_bytes()
    code, _, errors = run("template", "book.xlsx", "--language", "zh")
    assert code == REFUSED
    assert "--overwrite" in errors
    assert (tmp_path / "book.xlsx").read_bytes() == before
    assert run("template", "book.xlsx", "--language", "zh", "--overwrite")[0] == DONE
    assert run("template", "book.csv")[0] == USAGE


def test_generated_records_are_the_same_for_the_same_seed(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    made = []
    for seed in ("1", "1", "2"):
        assert cli.run(["generate", "--donors", "2", "--seed", seed]) == DONE
        made.append(capfdbinary.readouterr().out)
    assert made[0] == made[1] != made[2]
    assert all(orjson.loads(line)["record"] for line in made[0].splitlines())


def test_the_schema_is_written_and_compared(run: Run, tmp_path: Path) -> None:
    code, sdl, _ = run("schema")
    assert code == DONE
    assert "type Query {" in sdl
    assert run("schema", "--check", "kept.graphql")[0] == REFUSED
    assert run("schema", "kept.graphql")[0] == DONE
    assert (tmp_path / "kept.graphql").read_text("utf-8") == sdl
    assert run("schema", "--check", "kept.graphql")[0] == DONE
    (tmp_path / "kept.graphql").write_text(sdl + "\n", "utf-8")
    assert run("schema", "--check", "kept.graphql")[0] == REFUSED
