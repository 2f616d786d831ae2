"""Where commands write: whole files in place of older ones, links followed, pipes and devices written into, ``-``."""

from __future__ import annotations

import io
import os
import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from exchange.answers import read_rows
from service import cli
from support.serving import DONE, REFUSED, USAGE, Run, ServiceProcess

Written = tuple[str, list[str]]  # the command and its arguments, but for the file
IMPACT: Written = ("impact", ["EXPOSURE", "Reagent:R-MED-8", "--format", "ndjson", "--out"])
TRACE: Written = ("trace", ["Subject:S1", "--backward", "--format", "csv", "--out"])
PICTURE: Written = ("trace", ["Subject:S1", "--backward", "--html"])
EXPORT: Written = ("export", [])
EVERY = pytest.mark.parametrize("written", [IMPACT, TRACE, PICTURE, EXPORT], ids=["impact", "trace", "html", "export"])


def _arguments(service: ServiceProcess, written: Written, file: object) -> list[object]:
    name, asked = written
    return [name, "--data", service.folder, *asked, file]


def _content(written: bytes) -> bytes:
    """Without what a page has of its own each time it is made."""
    return re.sub(rb"""(nonce[=-]"?)[\w-]+={0,2}""", rb"\1", written)


@pytest.fixture
def pipe(tmp_path: Path) -> tuple[Path, Callable[[], bytes]]:
    """A named pipe, and what was written into it by the time its writer was done."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reading = threading.Thread(target=lambda: found.append(path.read_bytes()), daemon=True)
    reading.start()

    def content() -> bytes:
        reading.join(30)
        return found[0]

    return path, content


@EVERY
def test_a_pipe_stays_and_gets_the_whole_file(
    service: ServiceProcess, run: Run, tmp_path: Path, pipe: tuple[Path, Callable[[], bytes]], written: Written
) -> None:
    path, content = pipe
    assert run(*_arguments(service, written, path))[0] == DONE
    assert stat.S_ISFIFO(path.lstat().st_mode)
    assert run(*_arguments(service, written, "plain"))[0] == DONE
    assert _content(content()) == _content((tmp_path / "plain").read_bytes()) != b""
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pipe", "plain"]


@EVERY
@pytest.mark.parametrize("is_there", [True, False], ids=["older file", "nothing yet"])
def test_a_link_stays_and_what_it_leads_to_is_replaced(
    service: ServiceProcess, run: Run, tmp_path: Path, written: Written, is_there: bool
) -> None:
    folder, link = tmp_path / "elsewhere", tmp_path / "link"
    folder.mkdir()
    if is_there:
        (folder / "list").write_bytes(b"older\n")
    link.symlink_to(folder / "list")
    assert run(*_arguments(service, written, link))[0] == DONE
    assert link.is_symlink()
    content = (folder / "list").read_bytes()
    assert content
    assert not content.startswith(b"older")
    assert [each.name for each in folder.iterdir()] == ["list"]


def test_a_link_that_leads_to_itself_is_refused(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    (tmp_path / "ring").symlink_to("ring")
    code, told, errors = run(*_arguments(service, IMPACT, "ring"))
    assert (code, told) == (REFUSED, "")
    assert "ring: Too many levels of symbolic links." in errors
    assert (tmp_path / "ring").is_symlink()


@EVERY
def test_a_file_of_an_answer_is_for_its_owner_only(
    service: ServiceProcess, run: Run, tmp_path: Path, written: Written
) -> None:
    assert run(*_arguments(service, written, "list"))[0] == DONE
    assert (tmp_path / "list").stat().st_mode & 0o077 == 0


@EVERY
def test_a_dash_is_standard_output_and_nothing_else_is_there(
    service: ServiceProcess, run: Run, tmp_path: Path, written: Written
) -> None:
    code, told, _ = run(*_arguments(service, written, "-"))
    assert code == DONE
    assert list(tmp_path.iterdir()) == []
    assert run(*_arguments(service, written, "plain"))[0] == DONE
    assert _content(told.encode()) == _content((tmp_path / "plain").read_bytes())


def test_how_whole_an_answer_on_standard_output_is_stands_on_standard_error(service: ServiceProcess, run: Run) -> None:
    _, told, errors = run(*_arguments(service, IMPACT, "-"))
    *_, last = read_rows([told.encode()], "ndjson")
    assert errors == f"Complete, as of ledger entry {last['trailer']['asOfSeq']}.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["impact", "EXPOSURE", "Reagent:R-MED-8", "--format", "csv", "--out", "-", "--json"], "--out - and --json"),
        (["trace", "Subject:S1", "--backward", "--html", "-", "--json"], "--html - and --json"),
        (["trace", "Subject:S1", "--backward", "--html", "-", "--format", "csv", "--out", "-"], "--out - and --html -"),
        (["impact", "EXPOSURE", "Reagent:R-MED-8", "--out", "-"], "--format"),
    ],
)
def test_what_would_mix_on_standard_output_is_refused(
    service: ServiceProcess, run: Run, arguments: list[str], said: str
) -> None:
    name, *rest = arguments
    code, told, errors = run(name, "--data", service.folder, *rest)
    assert (code, told) == (USAGE, "")
    assert said in errors


def test_a_template_and_the_schema_go_to_standard_output_too(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["template", "-"]) == DONE
    assert load_workbook(io.BytesIO(capsysbinary.readouterr().out)).sheetnames
    assert cli.run(["schema", "-"]) == DONE
    assert capsysbinary.readouterr().out.startswith(b'"')
    assert list(tmp_path.iterdir()) == []
