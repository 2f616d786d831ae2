"""The walk-through is true: typed as it says, command by command, it shows what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from exchange.workbook.reader import read_workbook
from exchange.workbook.template import Language, write_template
from service.cli import run
from support.documents import document, is_shown, sessions, tables, type_in

ENGLISH, CHINESE = document("docs/first-trace.md"), document("docs/first-trace.zh.md")
SETTING = {"en": ("Instructions", ENGLISH), "zh": ("说明", CHINESE)}


def fill_in(path: Path, language: Language) -> None:
    instructions, text = SETTING[language]
    type_in(path, tables(text))
    workbook = load_workbook(path)
    label = next(
        row for row in workbook[instructions].iter_rows() if row[0].value in ("执行机构", "Performing organisation")
    )
    label[1].value = "ORG-1"
    workbook.save(path)


def change(path: Path, title: str, old: str, new: str) -> None:
    workbook = load_workbook(path)
    (cell,) = [cell for row in workbook[title].iter_rows() for cell in row if cell.value == old]
    cell.value = new
    workbook.save(path)


def test_the_walk_through_leads_to_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    workbook = tmp_path / "lineage.xlsx"
    for session in sessions(ENGLISH):
        program, *arguments = session.command
        assert program == "stemgraph"
        code = run(arguments)
        output = "".join(capfd.readouterr())
        assert is_shown(session.shown, output), f"{' '.join(session.command)} shows:\n{output}"
        assert code == ("nothing was applied" in output)
        if arguments[0] == "template":
            fill_in(workbook, "en")
        elif code == 1:
            change(workbook, "Administered", "DP1#6", "DP1#1")
    assert "Donor:D1" in (tmp_path / "trace.html").read_text(encoding="utf-8")


def test_both_languages_have_the_same_commands() -> None:
    typed = [[" ".join(session.command).replace("--language zh", "--language en") for session in sessions(text)]
             for text in (ENGLISH, CHINESE)]  # fmt: skip
    assert typed[0] == typed[1] != []


@pytest.mark.parametrize("mistake", [True, False])
def test_both_languages_say_the_same_records(tmp_path: Path, mistake: bool) -> None:
    said: list[Any] = []
    languages: tuple[tuple[Language, str], ...] = (("en", "Administered"), ("zh", "给药"))
    for language, title in languages:
        path = tmp_path / f"{language}.xlsx"
        write_template(path, language)
        fill_in(path, language)
        if not mistake:
            change(path, title, "DP1#6", "DP1#1")
        records = list(read_workbook(path))
        assert [record.problems for record in records if record.problems] == []
        said.append([record.value for record in records])
    assert said[0] == said[1]
    assert len(said[0]) == 13
