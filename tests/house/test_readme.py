"""What the README and the other documents promise can be typed: commands exist, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from service.cli import cli
from support.documents import blocks
from support.house import ROOT, project, tracked_files

DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md"]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"


def _commands(path: Path) -> str:
    """What a reader may type, a line each: in blocks for a shell, and between backquotes."""
    text = path.read_text(encoding="utf-8")
    typed = "\n".join(re.findall(r"(?ms)^```(?:sh|console)\n(.*?)^```", text))
    return "\n".join(
        [re.sub(r"(?m)^\$ ", "", typed), *re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", text))]
    )


def _targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


def _links(path: Path) -> list[str]:
    text = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", path.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:|#", link)]


@pytest.mark.parametrize("readme", [README, CHINESE], ids=lambda path: path.name)
def test_the_readme_has_the_two_commands(readme: Path) -> None:
    assert re.search(r"(?m)^make demo\b", _commands(readme))
    assert re.search(r"(?m)^make test\b", _commands(readme))
    assert re.search(r"(?m)^stemgraph demo\b", _commands(readme))


def test_the_readme_says_the_same_in_both_languages() -> None:
    """The same commands, questions and answers; the same pictures, each in its language; and the way to the other."""
    typed = [re.sub(r" --language zh| *#.*", "", _commands(path)).splitlines() for path in (README, CHINESE)]
    assert typed[0] == typed[1]
    for kind in ("graphql", "json"):
        english, chinese = (blocks(path.read_text(encoding="utf-8"), kind) for path in (README, CHINESE))
        assert english == chinese != []
    pictures = [re.findall(r"!\[[^\]]+\]\(([^)]+)\)", path.read_text(encoding="utf-8")) for path in (README, CHINESE)]
    assert [name.replace(".png", ".zh.png") for name in pictures[0]] == pictures[1] != []
    assert CHINESE.name in _links(README)
    assert README.name in _links(CHINESE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_command_exists(document: Path) -> None:
    assert set(re.findall(r"(?m)^make ([a-z][a-z0-9-]*)", _commands(document))) - _targets() == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_stemgraph_command_exists_with_its_options(document: Path) -> None:
    used = re.findall(r"(?m)^(?:[A-Z_]+=\S+ )*stemgraph ([a-z]+)([^\n|>#]*)", _commands(document))
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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_a_heading_lead_to_one(document: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```", "", document.read_text(encoding="utf-8"))
    for file, heading in re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", text):
        target = (document.parent / file if file else document).read_text(encoding="utf-8")
        headings = re.findall(r"(?m)^#+ (.+)$", target)
        assert heading in {re.sub(r"[^\w-]", "", each.lower().replace(" ", "-")) for each in headings}


def test_the_index_of_the_docs_names_each_document() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.split("#")[0]).resolve() for link in _links(index)}
    documents = {path for path in DOCUMENTS if path.parent == index.parent and path != index}
    assert documents - listed == set()


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^## {re.escape(project()['project']['version'])}\b", changelog)
