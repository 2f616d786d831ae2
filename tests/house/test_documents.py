"""The documents do not lie: what they show is answered so, what they list is all there is."""

from __future__ import annotations

import json
import re
from typing import Any

import click
import pytest
from starlette.routing import Route

from exchange.generator import generate, measure
from exchange.sources import open_sources, read_renaming
from graph.engine import EmbeddedEngine
from graph.records import RawRecord, parse
from graph.viewer import HIGHEST_TIER, PERMISSIONS, Permission, Role
from graph.vocabulary import FORBIDDEN_CODES, OPERATIONS
from service.application import build_application
from service.cli import cli
from service.options import environment_names
from service.settings import ENVIRONMENT_ONLY
from service.store import Store
from support.asking import ask, data_of
from support.documents import blocks, document
from support.stores import empty_store, import_all
from support.trial import trial

RECORDS, OPERATING, PRIVACY = (document(f"docs/{name}.md") for name in ("records", "operating", "privacy"))
QUESTIONS = [
    (name, query, answer)
    for name in ("README.md", "README.zh.md", "docs/graphql.md", "docs/impact.md")
    for query, answer in re.findall(
        r"(?ms)^```graphql\n(.*?)^```\n(?:\n```json\n(.*?)^```)?", document(name)
    )
]  # fmt: skip


# -- records.md -----------------------------------------------------------------------------------------------------

EXAMPLES = [line for block in blocks(RECORDS, "json") for line in block.splitlines() if '"record"' in line]


@pytest.mark.parametrize("line", EXAMPLES, ids=lambda line: json.loads(line)["id"])
def test_each_example_of_a_record_is_one(line: str) -> None:
    record, violations = parse(RawRecord(json.loads(line)))
    assert violations == []
    assert record is not None


def test_there_is_an_example_of_each_record() -> None:
    assert {json.loads(line)["record"] for line in EXAMPLES} == {
        "node", "operation", "closing", "correction", "amendment",
    }  # fmt: skip


def test_the_record_format_names_every_operation_with_what_it_leads_from_and_to() -> None:
    table = RECORDS[RECORDS.index("| type | from → to |") :]
    named = set(re.findall(r"\b[A-Z][A-Z_]+\b", table[: table.index("\n\n")]))
    assert named == set(OPERATIONS)


def test_the_record_format_names_every_forbidden_code() -> None:
    assert set(re.findall(r"(?m)^\| `([a-z_]+)` \|", RECORDS)) == set(FORBIDDEN_CODES)


def test_the_example_of_a_mapping_is_one(tmp_path: Any) -> None:
    (example,) = [block for block in blocks(RECORDS, "json") if '"is"' in block]
    (tmp_path / "m.json").write_text(example, encoding="utf-8")
    (tmp_path / "Passage.csv").write_text(
        "操作编号,传代时间,Done by,Input cell lot id,Batch,Remarks,执行机构\nE-1,2025/3/17 9:05,P-1,L1,L2,in a hurry,ORG-1\n",
        encoding="utf-8",
    )
    (tmp_path / "My notes.csv").write_text("call the supplier\n", encoding="utf-8")
    files = [tmp_path / "Passage.csv", tmp_path / "My notes.csv"]
    (record,) = open_sources(files, zone="+08:00", renaming=read_renaming(tmp_path / "m.json"))
    parsed, violations = parse(record)
    assert (record.problems, violations) == ((), [])
    assert parsed is not None
    assert record.value["operator"] == "P-1"
    assert record.value["outputs"] == [{"kind": "CellLot", "id": "L2"}]


# -- README, graphql.md, impact.md ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def trial_store(embedded_engine: EmbeddedEngine) -> Store:
    store = await empty_store(embedded_engine)
    await import_all(store, trial())
    return store


async def test_each_question_has_the_answer_that_is_shown(trial_store: Store) -> None:
    assert QUESTIONS
    for name, query, answer in QUESTIONS:
        found = data_of(await ask(trial_store, query))
        if answer:
            assert found == json.loads(answer), f"{name}: {query}"


# -- operating.md ---------------------------------------------------------------------------------------------------


def test_every_command_is_described() -> None:
    assert set(re.findall(r"(?m)^\| `([a-z]+)` \| ", OPERATING)) == set(cli.commands)


def test_every_setting_of_the_service_is_described() -> None:
    shared = {name for name in environment_names(cli) if _is_shared(name)} | set(ENVIRONMENT_ONLY)
    assert set(re.findall(r"`(STEMGRAPH_[A-Z_]+)`", OPERATING)) - {"STEMGRAPH_"} == shared


def _is_shared(name: str) -> bool:
    return not any(name.startswith(f"STEMGRAPH_{command.upper()}_") for command in cli.commands)


def test_every_route_is_described(trial_store: Store) -> None:
    described = set(re.findall(r"`(/[a-z/-]*)`", OPERATING))
    paths = {route.path for route in build_application(trial_store).routes if isinstance(route, Route)}
    assert {path for path in paths if path.partition("{")[0].rstrip("/") not in described and path != "/"} == set()


def test_the_options_that_are_described_exist() -> None:
    known = {option for command in _commands(cli) for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", OPERATING)) - known == set()


def _commands(group: click.Group) -> list[click.Command]:
    below = [
        each for command in group.commands.values() if isinstance(command, click.Group) for each in _commands(command)
    ]
    return [*group.commands.values(), *below]


# -- privacy.md, generator.md -----------------------------------------------------------------------------------------


def test_every_role_is_described_with_what_it_sees_and_may() -> None:
    rows = {name: (int(tier), may) for name, tier, may in re.findall(r"(?m)^\| `(\w+)` \| (\d) \| (.+?) \|$", PRIVACY)}
    assert set(rows) == {role.value for role in Role}
    for role in Role:
        tier, may = rows[role.value]
        assert tier == HIGHEST_TIER[role], role
        if role is not Role.OWNER:
            said = {word.strip().replace(" ", "_") for word in may.split(",")}
            assert said == {permission.value for permission in PERMISSIONS[role]}, role
    assert Permission.EXPORT_SEALED in PERMISSIONS[Role.OWNER]
    assert all(Permission.EXPORT_SEALED not in PERMISSIONS[role] for role in Role if role is not Role.OWNER)


def test_a_generated_trial_is_about_as_large_as_is_said() -> None:
    row = re.search(r"(?m)^\| 20 \| about ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", document("docs/generator.md"))
    assert row is not None
    size = measure(generate(donors=20, seed=1))
    for said, found in zip(row.groups(), (size.records, size.nodes, size.edges), strict=True):
        assert abs(found / int(said.replace(",", "")) - 1) < 0.1
