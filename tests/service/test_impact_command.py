"""`stemgraph impact` as a person and a program meet it, through a running service and in process."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from exchange.answers import read_rows
from service import cli
from support.bench_sheet import BenchSheet
from support.serving import DONE, REFUSED, USAGE, Run, ServiceProcess, serving
from support.trial import correction, scenarios, trial

LEFT_OUT = {"DONOR", "CELL_UNIT", "REAGENT"}  # as the scenarios say
SCENARIOS = scenarios()["impact"]
WINDOW = "Equipment:INC-2@2025-03-08/2025-04-15"


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that holds the trial with its correction, which answers as known before and after it."""
    folder = tmp_path_factory.mktemp("corrected")
    (folder / "all.jsonl").write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in [*trial(), *correction()]))
    with serving(folder / "store") as running:
        assert cli.run(["import", "--data", str(folder / "store"), "--historic", str(folder / "all.jsonl")]) == DONE
        yield running


def _arguments(asked: dict[str, Any]) -> list[str]:
    seeds = []
    for seed in asked["seeds"]:
        until = f"/{seed['until']}" if "until" in seed else ""
        seeds.append(f"{seed['id']}@{seed['from']}{until}" if "from" in seed else seed["id"])
    arguments = [asked["hazard"], *seeds]
    arguments += ["--channels", ",".join(asked["channels"]).lower()] if "channels" in asked else []
    return arguments + (["--known-at", asked["known_at"]] if "known_at" in asked else [])


def _by_tier(answer: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in answer["items"]["edges"]:
        item = row["node"]
        if item["kind"] not in LEFT_OUT:
            found.setdefault(str(item["tier"]), set()).add(item["id"].partition(":")[2])
    return found


@pytest.mark.parametrize("pushdown", [False, True], ids=["index", "pushdown"])
@pytest.mark.parametrize("asked", SCENARIOS, ids=[each["name"] for each in SCENARIOS])
def test_an_impact_finds_by_tier_what_the_trial_expects(
    service: ServiceProcess, corrected: ServiceProcess, run: Run, asked: dict[str, Any], pushdown: bool
) -> None:
    folder = (corrected if "with" in asked else service).folder
    how = ["--pushdown"] if pushdown else []
    code, told, errors = run("impact", "--data", folder, *_arguments(asked), "--json", *how)
    assert (code, errors) == (DONE, "")
    answer = json.loads(told)["impact"]
    assert _by_tier(answer) == {tier: set(keys) for tier, keys in asked["expect"].items() if keys}
    assert len(answer["items"]["edges"]) == answer["items"]["totalCount"] == answer["summary"]["total"]


def test_the_pages_of_a_long_answer_are_put_together(
    service: ServiceProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("impact", "--data", service.folder, "EXPOSURE", "Reagent:R-MED-8", "--json")
    whole = json.loads(run(*asked)[1])
    monkeypatch.setattr("service.commands.questions._PAGE", 7)
    assert json.loads(run(*asked)[1]) == whole
    told = run(*asked[:-1])[1]
    assert f"and {whole['impact']['items']['totalCount'] - 7} more" in told


def test_people_read_first_how_whole_it_is_then_what_it_comes_to_then_each_item(
    service: ServiceProcess, run: Run
) -> None:
    code, told, _ = run("impact", "--data", service.folder, "contagious", WINDOW, "--zone", "+08:00")
    lines = told.splitlines()
    assert code == DONE
    assert lines[0].startswith(
        "CONTAGIOUS from Equipment:INC-2 from 2025-03-08 00:00+08:00 until 2025-04-15 00:00+08:00: "
    )
    assert lines[1].startswith("Complete, as of ledger entry ")
    assert lines[2].startswith("Subjects ")
    words = ("Units to hold", "Tier:", "Kind:", "Disposition:", "Site:", "Tier 1: material")
    places = [told.index(word) for word in words]
    assert places == sorted(places)
    row = next(line for line in lines if line.startswith("Subject:S2 "))
    assert "ADMINISTERED" in row
    assert "Equipment:INC-2" in row


def test_suspects_stand_before_the_items(service: ServiceProcess, run: Run) -> None:
    _, told, _ = run("impact", "--data", service.folder, "HERITABLE", "CellLot:MCB1")
    assert "To be tested, upstream: CellLot:L1, CellLot:L1P1, Donor:D1, Tissue:T1" in told
    assert told.index("To be tested") < told.index("Tier 1: material")


def test_a_choice_of_kinds_and_tiers_changes_what_is_listed_only(service: ServiceProcess, run: Run) -> None:
    asked = ("impact", "--data", service.folder, "EXPOSURE", "Reagent:R-MED-8", "--json")
    whole = json.loads(run(*asked)[1])["impact"]
    some = json.loads(run(*asked, "--kinds", "Subject", "--tiers", "1")[1])["impact"]
    assert {row["node"]["kind"] for row in some["items"]["edges"]} == {"SUBJECT"}
    assert (some["summary"], some["digest"]) == (whole["summary"], whole["digest"])


def test_a_range_of_units_is_each_of_them(service: ServiceProcess, run: Run) -> None:
    asked = ("impact", "--data", service.folder, "EXPOSURE", "--json")
    whole = run(*asked, "CellUnit:WCB1#11-13")
    each = run(*asked, "CellUnit:WCB1#11", "CellUnit:WCB1#12", "CellUnit:WCB1#13")
    assert whole == each


def test_a_seed_that_is_named_twice_is_one(service: ServiceProcess, run: Run) -> None:
    asked = ("impact", "--data", service.folder, "CONTAGIOUS", "--zone", "+08:00")
    once = run(*asked, "Equipment:INC-2@2025-03-08", "CellUnit:WCB1#11-12")
    again = ("Equipment:INC-2@2025-03-07T16:00:00Z", "CellUnit:WCB1#12")
    assert run(*asked, "Equipment:INC-2@2025-03-08", "CellUnit:WCB1#11-12", *again) == once


def test_what_ends_at_the_instant_counts_with_closed_intervals(service: ServiceProcess, run: Run) -> None:
    """WCB1#1 left the tank as the window began."""
    asked = ("impact", "--data", service.folder, "EXPOSURE", "--json", "--zone", "+08:00")
    seed = "StoragePosition:TANK-A@2025-03-01/2025-03-02"
    half_open, closed = (json.loads(run(*asked, seed, *how)[1])["impact"]["summary"] for how in ([], ["--closed"]))
    assert closed["total"] >= half_open["total"] > 0


def test_why_shows_the_winning_path_step_by_step(service: ServiceProcess, run: Run) -> None:
    asked = ("impact", "--data", service.folder, "EXPOSURE", "Reagent:R-MED-8", "--why", "Subject:S1")
    code, told, _ = run(*asked)
    lines = told.splitlines()
    assert code == DONE
    assert lines[0].startswith("Subject:S1 is affected: tier 1 (material, or presence in a seed), ")
    assert lines[1].startswith("Complete, as of ledger entry ")
    steps = [line.split() for line in lines if line[:1].isdigit()]
    assert [step[1] for step in steps] == ["Reagent:R-MED-8", *(step[3] for step in steps[:-1])]
    assert steps[-1][3] == "Subject:S1"
    explained = json.loads(run(*asked, "--json")[1])["explain"]
    assert len(explained["path"]) == len(steps)
    code, told, _ = run(*asked[:-1], "Subject:S6")
    assert (code, told.splitlines()[0]) == (DONE, "Subject:S6 is not affected.")


@pytest.mark.parametrize("form", ["ndjson", "csv", "xlsx", "graphml"])
@pytest.mark.parametrize("command", [["impact", "EXPOSURE", "Reagent:R-MED-8"], ["trace", "Subject:S1", "--backward"]])
def test_the_whole_list_is_written_to_a_file(
    service: ServiceProcess, run: Run, tmp_path: Path, form: str, command: list[str]
) -> None:
    file = tmp_path / f"list.{form}"
    name, *asked = command
    code, told, _ = run(name, "--data", service.folder, *asked, "--out", file)
    assert code == DONE
    assert f"The list is in {file}." in told
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    if form in {"ndjson", "csv"}:
        *rows, last = read_rows([file.read_bytes()], form)
        assert last["trailer"]["count"] == len(rows) > 5


def test_a_list_that_is_cut_leaves_the_older_file_as_it_was(
    service: ServiceProcess, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.client import Service

    whole = Service.download

    async def cut(*given: Any) -> Any:
        async for chunk in whole(*given):
            yield chunk[:-20]

    monkeypatch.setattr(Service, "download", cut)
    for form in ("ndjson", "csv", "xlsx", "graphml"):
        file = tmp_path / f"list.{form}"
        file.write_bytes(b"older\n")
        code, _, errors = run("impact", "--data", service.folder, "EXPOSURE", "Reagent:R-MED-8", "--out", file)
        assert code == REFUSED, form
        assert "not whole" in errors
        assert file.read_bytes() == b"older\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["EXPOSURE"], USAGE, "SEED"),
        (["FIRE", "Donor:D1"], USAGE, "'heritable'"),
        (["EXPOSURE", "D1"], USAGE, "Kind:key"),
        (["EXPOSURE", "Donr:D1"], USAGE, "Kind:key"),
        (["CONTAGIOUS", WINDOW], USAGE, "--zone +08:00"),
        (["CONTAGIOUS", WINDOW, "--zone", "Shanghai"], USAGE, "+08:00"),
        (["CONTAGIOUS", "Equipment:INC-2@2025-02-30", "--zone", "+08:00"], USAGE, "2025-02-30"),
        (["CONTAGIOUS", "Equipment:INC-2@2025-03-08/"], USAGE, "'2025-03-08/' is no window of time."),
        (["CONTAGIOUS", "Equipment:INC-2@"], USAGE, "nothing follows the @"),
        (["EXPOSURE", "Donor:D1", "--known-at", "2025-06-01"], USAGE, "--zone +08:00"),
        (["EXPOSURE", "Donor:D1", "--known-at", "June"], USAGE, "--known-at"),
        (["EXPOSURE", "Donor:D1", "--channels", "air"], USAGE, "There is no AIR."),
        (["EXPOSURE", "Donor:D1", "--channels", "storage"], USAGE, "does not go with EXPOSURE"),
        (["EXPOSURE", "Donor:D1", "--kinds", "Subjct"], USAGE, "Did you mean Subject?"),
        (["EXPOSURE", "Donor:D1", "--tiers", "4"], USAGE, "There is no 4."),
        (["EXPOSURE", "Donor:D1@/2025-01-01T00:00:00Z"], USAGE, "until"),
        (["CONTAGIOUS", "Equipment:INC-2@2025-04-15/2025-03-08", "--zone", "+08:00"], USAGE, "until"),
        (["EXPOSURE", *(f"CellUnit:WCB1#{lot * 1000 + 1}-{lot * 1000 + 1000}" for lot in range(11))], USAGE, "10000"),
        (["EXPOSURE", "Donor:NOBODY"], REFUSED, "There is no Donor:NOBODY."),
        (["EXPOSURE", "Donor:D1", "--why", "Subject:NOBODY"], REFUSED, "There is no Subject:NOBODY."),
        (["EXPOSURE", "Donor:D1", "--why", "Subject:S1", "--out", "x.csv"], USAGE, "--why"),
        (["EXPOSURE", "Donor:D1", "--out", "x.pdf"], USAGE, "--format"),
        (["EXPOSURE", "Donor:D1", "--format", "csv"], USAGE, "--out"),
        (["EXPOSURE", "CellUnit:WCB1#1-999999"], USAGE, "units"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    service: ServiceProcess, run: Run, arguments: list[str], code: int, said: str
) -> None:
    found, told, errors = run("impact", "--data", service.folder, *arguments)
    assert (found, told) == (code, ""), errors
    assert said in errors
    assert "Traceback" not in errors


@pytest.fixture
def hostile(run: Run, tmp_path: Path) -> Path:
    """A store of names that steer a terminal, as far as the records let them in; and one of 190 characters."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "[red]\u202eL<b>")
    sheet.expanded("[red]\u202eL<b>", "x" * 190)
    (tmp_path / "records.jsonl").write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in sheet.records))
    code, told, errors = run("import", "--data", tmp_path / "store", "--historic", tmp_path / "records.jsonl")
    assert code == DONE, told + errors
    return tmp_path / "store"


def test_at_80_columns_nothing_is_cut_and_no_name_steers_the_terminal(
    hostile: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In process: no service holds the folder."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    for how in ([], ["--why", "CellLot:" + "x" * 190]):
        code, told, errors = run("impact", "--data", hostile, "HERITABLE", "CellLot:[red]\u202eL<b>", *how)
        assert (code, errors) == (DONE, "")
        assert all(len(line) <= 80 for line in told.splitlines())
        assert "".join(told.split()).count("x") >= 190
        assert "[red]\\u202e" in "".join(told.split())
        assert not [each for each in told if each != "\n" and unicodedata.category(each) in {"Cc", "Cf"}]
