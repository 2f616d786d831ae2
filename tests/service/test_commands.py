"""The command line as a person meets it, through a running service: what it does, what it says, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from service import cli
from support.house import ROOT
from support.serving import DONE, REFUSED, UNAVAILABLE, USAGE, Run, ServiceProcess, head_of
from support.trial import scenarios

TRIAL = ROOT / "exchange" / "samples" / "trial.jsonl"
PERSON = {"record": "node", "kind": "Person", "id": "P-90"}


def _lines(*records: Any) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


def test_importing_again_says_that_nothing_changed(service: ServiceProcess, run: Run) -> None:
    code, told, _ = run("import", "--data", service.folder, "--historic", TRIAL)
    assert (code, told) == (DONE, f"Done: 0 applied, 83 unchanged. The ledger has {head_of(service)} entries.\n")


def test_on_a_terminal_the_import_shows_how_far_it_is(
    service: ServiceProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    code, told, errors = run("import", "--data", service.folder, "--historic", "--batch", 40, TRIAL)
    assert code == DONE
    assert "reading: " in errors
    assert "83 records, " in errors
    assert "80 done" in errors
    assert "records, " not in told


def test_a_dry_run_says_what_would_be_and_does_nothing(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "person.jsonl"
    file.write_bytes(_lines(PERSON))
    before = head_of(service)
    code, told, _ = run("import", "--data", service.folder, "--dry-run", file)
    assert (code, told) == (DONE, "Dry run: nothing is wrong (1 would be applied, 0 unchanged).\n")
    assert head_of(service) == before


def test_an_import_in_batches_stops_names_the_last_good_line_and_goes_on(
    service: ServiceProcess, run: Run, tmp_path: Path
) -> None:
    people = [{"record": "node", "kind": "Person", "id": f"P-B{number}"} for number in range(6)]
    file = tmp_path / "people.jsonl"
    file.write_bytes(_lines(*people[:4], {**people[4], "kind": "Persn"}, people[5]))
    code, told, _ = run("import", "--data", service.folder, "--batch", 2, file)
    assert code == REFUSED
    assert "4 applied, 0 unchanged; the last good record is at people.jsonl:4." in told
    file.write_bytes(_lines(*people))
    code, told, _ = run("import", "--data", service.folder, "--batch", 2, file)
    assert code == DONE
    assert told.startswith("Done: 2 applied, 4 unchanged.")


def test_export_gives_the_same_to_a_file_and_to_a_pipe(
    service: ServiceProcess, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "records.jsonl"
    assert cli.run(["export", "--data", str(service.folder), str(file)]) == DONE
    capfdbinary.readouterr()
    assert cli.run(["export", "--data", str(service.folder)]) == DONE
    assert capfdbinary.readouterr().out == file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_bytes().count(b"\n") == head_of(service)
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]


def test_an_export_that_is_cut_leaves_the_older_file_as_it_was(
    service: ServiceProcess, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(b"older\n")
    monkeypatch.setattr("service.client.trailer_of", lambda _line: None)
    code, _, errors = run("export", "--data", service.folder, file)
    assert code == REFUSED
    assert "not whole" in errors
    assert file.read_bytes() == b"older\n"
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]


@pytest.mark.parametrize("scenario", [each for each in scenarios()["trace"] if "with" not in each], ids=str)
def test_a_trace_finds_what_the_trial_expects(service: ServiceProcess, run: Run, scenario: dict[str, Any]) -> None:
    asked = [
        "trace",
        "--data",
        service.folder,
        scenario["start"],
        "--direction",
        scenario["direction"].lower(),
        "--json",
    ]
    asked += ["--known-at", scenario["known_at"]] if "known_at" in scenario else []
    code, told, _ = run(*asked)
    assert code == DONE
    answer = json.loads(told)["trace"]
    found = {row["node"]["id"] for row in answer["nodes"]["edges"]}
    assert found >= set(scenario["expect"])
    material = {"Donor", "Tissue", "CellLot", "CellUnit", "Subject"}
    assert {each for each in found if each.partition(":")[0] in material} == {
        each for each in scenario["expect"] if each.partition(":")[0] in material
    }
    assert len(answer["nodes"]["edges"]) == answer["nodes"]["totalCount"]


def test_a_trace_for_people_says_first_how_whole_it_is(service: ServiceProcess, run: Run) -> None:
    code, told, _ = run("trace", "--data", service.folder, "Subject:S1", "--backward")
    title, whole = told.splitlines()[:2]
    assert code == DONE
    assert title.startswith("What Subject:S1 came from: ")
    assert whole.startswith("Complete, as of ledger entry ")
    row = next(line for line in told.splitlines() if " Tissue:T1 " in line)
    assert "COLLECTED" not in row
    assert "SEPARATED O04" in row
    assert "2025-01-11 09:00+08:00" in row


def test_a_trace_cut_at_a_depth_says_that_there_is_more(service: ServiceProcess, run: Run) -> None:
    code, told, _ = run("trace", "--data", service.folder, "Subject:S1", "--backward", "--depth", 1)
    assert code == DONE
    assert "Not complete (there is more beyond depth 1)" in told


def test_the_pages_of_a_long_answer_are_put_together(
    service: ServiceProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("trace", "--data", service.folder, "Donor:D1", "--forward", "--json")
    whole = json.loads(run(*asked)[1])
    monkeypatch.setattr("service.commands.questions._PAGE", 7)
    assert json.loads(run(*asked)[1]) == whole


def test_the_picture_of_a_trace_is_one_file(service: ServiceProcess, run: Run, tmp_path: Path) -> None:
    code, told, _ = run("trace", "--data", service.folder, "Subject:S1", "--backward", "--html", "trace.html")
    assert code == DONE
    assert "The picture is in trace.html." in told
    page = (tmp_path / "trace.html").read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "CellLot:MCB1" in page
    assert 'src="http' not in page


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["Subject:NONE", "--backward"], REFUSED, "There is no Subject:NONE."),
        (["S1", "--backward"], USAGE, "Kind:key"),
        (["Subject:S1", "--backward", "--kinds", "CellLt"], USAGE, "Did you mean CellLot?"),
        (["Subject:S1", "--backward", "--operations", "EXPANDD"], USAGE, "Did you mean EXPANDED?"),
        (["Subject:S1", "--backward", "--known-at", "June"], USAGE, "knownAt"),
        (["Subject:S1"], USAGE, "--backward"),
        (["Subject:S1", "--backward", "--depth", "-1"], USAGE, "--depth"),
        (["--backward"], USAGE, "START"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    service: ServiceProcess, run: Run, arguments: list[str], code: int, said: str
) -> None:
    found, _, errors = run("trace", "--data", service.folder, *arguments)
    assert found == code
    assert said in errors
    assert "Traceback" not in errors


def test_verify_and_rebuild_work_through_the_running_service(service: ServiceProcess, run: Run) -> None:
    for command in ("verify", "rebuild", "verify"):
        code, told, _ = run(command, "--data", service.folder)
        assert code == DONE
        assert str(head_of(service)) in told
    code, told, _ = run("verify", "--data", service.folder, "--json")
    assert json.loads(told) == {"intact": True, "entries": head_of(service), "firstDifference": None}


def test_a_token_is_shown_once_and_opens_the_service(service: ServiceProcess, run: Run) -> None:
    code, token, hint = run("token", "create", "--data", service.folder, "--person", "P-01", "--role", "auditor")
    assert code == DONE
    key = hint.split()[-1]
    assert httpx.get(f"{service.url}/metrics", headers={"Authorization": f"Bearer {token.strip()}"}).status_code == 200
    _, listed, _ = run("token", "list", "--data", service.folder)
    assert token.strip() not in listed
    assert any(key in line and "P-01" in line and "auditor" in line for line in listed.splitlines())
    assert run("token", "revoke", "--data", service.folder, key)[0] == DONE
    assert httpx.get(f"{service.url}/metrics", headers={"Authorization": f"Bearer {token.strip()}"}).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "--person", "P-01", "--role", "owner"], USAGE, "owner"),
        (["create", "--person", "owner", "--role", "viewer"], REFUSED, "owner"),
        (["create", "--person", " ", "--role", "viewer"], REFUSED, "person"),
        (["create", "--person", "P-01", "--role", "viewer", "--expires", "2020-01-01"], REFUSED, "ended"),
        (["create", "--person", "P-01", "--role", "viewer", "--expires", "soon"], REFUSED, "90d"),
        (["revoke", "nothing"], REFUSED, "no token"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    service: ServiceProcess, run: Run, arguments: list[str], code: int, said: str
) -> None:
    found, _, errors = run("token", *arguments, "--data", service.folder)
    assert found == code
    assert said in errors


def test_with_a_token_a_service_is_used_from_elsewhere(
    service: ServiceProcess, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, errors = run("verify", "--url", service.url)
    assert code == USAGE
    assert "STEMGRAPH_TOKEN" in errors
    monkeypatch.setenv("STEMGRAPH_TOKEN", service.token)
    assert run("verify", "--url", service.url)[0] == DONE
    monkeypatch.setenv("STEMGRAPH_TOKEN", "sg_wrong")
    assert run("verify", "--url", service.url)[0] == REFUSED


def test_a_service_that_is_not_there_is_said_to_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMGRAPH_TOKEN", "sg_any")
    code, _, errors = run("verify", "--url", "http://127.0.0.1:9")
    assert code == UNAVAILABLE
    assert "does not answer" in errors


def test_a_store_that_is_not_there_is_said_to_be(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, _, errors = run("verify", "--data", tmp_path / "none")
    assert code == REFUSED
    assert "There is no store in" in errors
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("STEMGRAPH_USER", "neo4j")
    monkeypatch.setenv("STEMGRAPH_PASSWORD", "secret-word")
    code, _, errors = run("verify", "--store", "bolt://127.0.0.1:9", "--data", tmp_path / "none")
    assert code == UNAVAILABLE
    assert "secret-word" not in errors


def test_without_user_and_password_a_database_elsewhere_is_not_asked(run: Run, tmp_path: Path) -> None:
    code, _, errors = run("verify", "--store", "bolt://127.0.0.1:9", "--data", tmp_path / "none")
    assert code == USAGE
    assert "STEMGRAPH_PASSWORD" in errors
