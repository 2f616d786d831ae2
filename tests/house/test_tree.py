"""The tree as a whole: no trace of a machine, no host of a registry, nothing unfinished, no file too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.house import PACKAGES, ROOT, project, tracked_files

# Written in pieces, so that this file passes its own test.
MACHINE_PATHS = re.compile(
    r"(?<![\w.$:}])/(?:" + "wo" + "rk|ro" + "ot|fa" + r"rm|home/\w+|Users/\w+)/|\.\./sha" + "red"
)
REGISTRIES = re.compile(
    "|".join(
        first + re.escape(rest)
        for first, rest in (
            ("pypi", ".org"),
            ("pythonhosted", ".org"),
            ("repo1", ".maven.org"),
            ("repo.maven", ".apache.org"),
            ("registry", ".npmjs.org"),
            ("static.crates", ".io"),
            ("proxy.golang", ".org"),
            ("deb", ".debian.org"),
        )
    )
)
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + "Error")
LONGEST_MODULE = 600


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture or a workbook


def _lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_the_tree_was_found() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    assert {"pyproject.toml", "graph/__init__.py", "tests/house/test_tree.py"} <= names
    assert not any(name.startswith((".venv/", ".git/")) for name in names)


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("cd /ro" + "ot/x", True),
        ("open('/ho" + "me/ann/x')", True),
        ("see ../sha" + "red/spec", True),
        ("/healthz and https://example.org/work/x", False),
    ],
)
def test_a_path_of_a_machine_would_be_seen(line: str, is_found: bool) -> None:
    assert bool(MACHINE_PATHS.search(line)) is is_found


def test_no_file_names_a_path_of_one_machine() -> None:
    assert _lines_with(MACHINE_PATHS, tracked_files()) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert _lines_with(REGISTRIES, tracked_files()) == []


def test_nothing_is_left_unfinished() -> None:
    assert _lines_with(UNFINISHED, [path for path in tracked_files() if path.suffix == ".py"]) == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    modules = [path for path in tracked_files() if path.suffix == ".py"]
    assert [
        f"{path.relative_to(ROOT)}: {length} lines"
        for path in modules
        if (length := len(_text(path).splitlines())) > LONGEST_MODULE
    ] == []


def test_tests_have_no_init_files() -> None:
    assert [path for path in tracked_files() if path.name == "__init__.py" and "tests" in path.parts] == []


def test_the_import_contract_covers_every_package() -> None:
    contract = project()["tool"]["importlinter"]
    layers = [name.strip() for layer in contract["contracts"][0]["layers"] for name in layer.split("|")]
    assert sorted(layers) == sorted(contract["root_packages"]) == list(PACKAGES)
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench"}
    assert found == set(PACKAGES)
