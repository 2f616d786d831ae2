"""The example notebook runs from its first cell to its last, in a kernel of its own, and shows what it says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from support.house import ROOT
from support.serving import environment

EXAMPLE = ROOT / "docs" / "example.ipynb"


def _read() -> Any:
    return nbformat.read(EXAMPLE, as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture
async def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The cells of code, as they are once they ran."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    notebook = _read()
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    # This checkout, whichever one is installed.
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    await client.async_execute(env=environment(PYTHONPATH=path, IPYTHONDIR=str(tmp_path), TMPDIR=str(tmp_path)))
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _shown(cell: Any, form: str) -> str:
    parts = [output["text"] if "text" in output else output["data"].get(form, "") for output in cell.outputs]
    return "".join(parts)


async def test_the_example_shows_what_it_says(ran: list[Any]) -> None:
    by_source = {cell.source: cell for cell in ran}

    def shown(start: str, form: str = "text/plain") -> str:
        (cell,) = [cell for source, cell in by_source.items() if source.startswith(start)]
        return _shown(cell, form)

    for start in ("came_from = ", "affected = ", "was = ", "stood = "):
        told = shown(start, "text/html")
        assert told.index("✓ Complete. At ledger entry 83") < told.index("<iframe")
    assert set(re.findall(r"Subject:\w+", shown("subjects = "))) == {f"Subject:S{number}" for number in (1, 2, 3, 4)}
    assert shown("print(affected.subjects") == "4 subjects, 32 units to hold\n"
    assert shown("def exposed").split(": ", 1)[1].split() == ["Subject:S1", "Subject:S2"]
    assert re.findall(r"^\d+ +([A-Z_]{2,})", shown("was.intervals"), re.MULTILINE) == [
        "OPERATION", "RUN", "STAY", "GAP", "RUN", "ON_THE_WAY",
    ]  # fmt: skip
    assert re.findall(r"(\S+) +(\d+) +(\d+)$", shown("stood.places"), re.MULTILINE) == [
        ("StoragePosition:FRIDGE-1", "2", "2"), ("StoragePosition:TANK-A", "2", "1"), ("StoragePosition:TANK-B", "19", "18"),
    ]  # fmt: skip
    assert shown('print("not affected') == "not affected: CellLot:MCB1 CellLot:MCB3\n"
    assert not any(
        output["output_type"] == "stream" and output["name"] == "stderr" for cell in ran for output in cell.outputs
    )


def test_the_example_is_kept_without_what_it_shows() -> None:
    cells = [cell for cell in _read().cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
