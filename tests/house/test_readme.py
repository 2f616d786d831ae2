"""What the README promises can be typed: its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from service.cli import cli
from support.house import ROOT, project, tracked_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = "\n".join(re.findall(r"(?ms)^```(?:sh|console)\n(.*?)^```", README)) + "\n".join(
    re.findall(r"`([^`\n]+)`", README)
)
DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md"]


def _targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


def _links(path: Path) -> list[str]:
    text = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", path.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:|#", link)]


def test_the_readme_has_the_two_commands() -> None:
    assert re.search(r"(?m)^make demo\b", COMMANDS)
    assert re.search(r"(?m)^make test\b", COMMANDS)


def test_every_make_command_of_the_readme_exists() -> None:
    assert set(re.findall(r"(?m)^make ([a-z-]+)", COMMANDS)) - _targets() == set()


def test_every_stemgraph_command_of_the_readme_exists_with_its_options() -> None:
    used = re.findall(r"(?m)^(?:\.venv/bin/)?stemgraph ([a-z]+)([^\n|>#]*)", COMMANDS)
    assert used
    for name, rest in used:
        command = cli.commands.get(name)
        assert command is not None, f"stemgraph {name}"
        own: list[click.Parameter] = list(command.params)
        if isinstance(command, click.Group):
            own += [parameter for below in command.commands.values() for parameter in below.params]
        known = {option for parameter in own for option in (*parameter.opts, *parameter.secondary_opts)}
        assert set(re.findall(r"(--[a-z-]+)", rest)) - known - {"--help"} == set(), f"stemgraph {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_exist(document: Path) -> None:
    assert [link for link in _links(document) if not (document.parent / link.split("#")[0]).exists()] == []


def test_the_index_of_the_docs_names_each_document() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.split("#")[0]).resolve() for link in _links(index)}
    documents = {path for path in DOCUMENTS if path.parent == index.parent and path != index}
    assert documents - listed == set()


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^## {re.escape(project()['project']['version'])}\b", changelog)
