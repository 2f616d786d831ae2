"""The checkout as tests of the house see it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("exchange", "graph", "queries", "resolvers", "schema", "service", "visualize")
_NEVER_OURS = {".git", ".venv", "__pycache__", "build", "dist", "node_modules"}


def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal_name(requirement: str) -> str:
    """The name of a distribution as registries compare it. Source: PEP 503."""
    name = re.split(r"[=<>~!;\[\s]", requirement.strip(), maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked_files() -> list[Path]:
    """Every file that belongs to the project: as git says, or where there is no git, all but what tools leave."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        return sorted({ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()})
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not _NEVER_OURS.intersection(path.relative_to(ROOT).parts)
        and not any(part.endswith((".egg-info", "_cache")) for part in path.relative_to(ROOT).parts)
    )
