"""The import contract holds, and would not if someone broke it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.house import PACKAGES, ROOT


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_downwards_only() -> None:
    linted = _lint(ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_an_import_that_points_upwards_is_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "graph" / "astray.py").write_text("import service\n")
    linted = _lint(tmp_path)
    assert linted.returncode == 1
    assert "graph.astray -> service" in linted.stdout
