"""What a user gets with ``pip install``: the seven packages, all of each, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser

import pytest

from support.house import PACKAGES, ROOT

INGREDIENTS = ("pyproject.toml", "README.md", "LICENSE", *PACKAGES)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """Built from a copy, so that nothing is left in the checkout, with tests beside it as in a real one."""
    source = tmp_path_factory.mktemp("source")
    for name in (*INGREDIENTS, "tests/house", "docs"):
        original = ROOT / name
        if original.is_dir():
            shutil.copytree(original, source / name, ignore=LEFT_OUT)
        else:
            shutil.copy(original, source / name)
    folder = tmp_path_factory.mktemp("wheel")
    command = ["wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    built = subprocess.run(
        [sys.executable, "-m", "pip", *command], cwd=source, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.iterdir()
    return zipfile.Path(found)


def _shipped(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: zipfile.Path) -> None:
    assert {name.split("/")[0] for name in _shipped(wheel)} == {*PACKAGES, "stemgraph-0.1.0.dist-info"}


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - _shipped(wheel) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(wheel: zipfile.Path, package: str) -> None:
    assert f"{package}/py.typed" in _shipped(wheel)


def test_the_wheel_brings_the_command_and_the_licence(wheel: zipfile.Path) -> None:
    folder = "stemgraph-0.1.0.dist-info"
    points = ConfigParser()
    points.read_string((wheel / folder / "entry_points.txt").read_text())
    assert dict(points["console_scripts"]) == {"stemgraph": "service.cli:main"}
    assert f"{folder}/licenses/LICENSE" in _shipped(wheel)
    assert "License-Expression: Apache-2.0" in (wheel / folder / "METADATA").read_text()
