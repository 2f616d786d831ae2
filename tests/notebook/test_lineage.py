"""What a notebook is told: the answers of the pages, how whole they are first, of a service or of a store in a folder."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

from graph.errors import BadInput, Misconfigured, NotFound, StemgraphError
from service.notebook import Impact, Lineage, open_lineage, open_trial
from service.texts import Texts
from support.house import ROOT
from support.serving import ServiceProcess, environment, serving
from support.trial import correction, scenarios, trial

ASKED = [each for each in scenarios()["impact"] if "with" not in each]
TRACED = [each for each in scenarios()["trace"] if "with" not in each]
KINDS = {"DONOR", "CELL_UNIT", "REAGENT"}  # which the scenarios leave out


@pytest.fixture(scope="module")
def lineage() -> Iterator[Lineage]:
    with open_trial() as opened:
        yield opened


def _seed(seed: dict[str, str]) -> str:
    until = f"/{seed['until']}" if "until" in seed else ""
    return f"{seed['id']}@{seed['from']}{until}" if "from" in seed else seed["id"]


@pytest.mark.parametrize("scenario", ASKED, ids=lambda each: each["name"].replace(" ", "-"))
def test_each_scenario_has_its_items_by_tier(lineage: Lineage, scenario: dict[str, Any]) -> None:
    seeds = [_seed(seed) for seed in scenario["seeds"]]
    answer = lineage.impact(scenario["hazard"], seeds, channels=scenario.get("channels"))
    items = answer.items[~answer.items["kind"].isin(KINDS)]
    found = {str(tier): set(rows["id"].str.partition(":")[2]) for tier, rows in items.groupby("tier")}
    assert found == {tier: set(keys) for tier, keys in scenario["expect"].items() if keys}
    assert answer.completeness.complete
    assert answer.as_of_seq == len(trial())


@pytest.mark.parametrize("asked", TRACED, ids=lambda each: f"{each['direction']}-{each['start']}")
def test_each_trace_has_its_things(lineage: Lineage, asked: dict[str, Any]) -> None:
    nodes = lineage.trace(asked["start"], asked["direction"].lower()).nodes
    assert set(asked["expect"]) <= set(nodes["id"])
    assert list(nodes["depth"]) == sorted(nodes["depth"])
    assert nodes["id"].is_unique


def test_the_path_of_an_item_leads_from_a_seed_to_it_step_by_step(lineage: Lineage) -> None:
    edges = lineage.impact("exposure", "Reagent:R-MED-8").edges
    path = edges[edges["item"] == "Subject:S3"]
    assert list(path["step"]) == list(range(1, len(path) + 1))
    assert path["from"].iloc[0] == "Reagent:R-MED-8"
    assert path["to"].iloc[-1] == "Subject:S3"
    assert list(path["from"].iloc[1:]) == list(path["to"].iloc[:-1])


def test_what_is_listed_can_be_narrowed_and_the_counts_stay_those_of_all(lineage: Lineage) -> None:
    answer = lineage.impact("EXPOSURE", "Reagent:R-MED-8", kinds=["Subject"])
    assert set(answer.items["kind"]) == {"SUBJECT"}
    by_kind = answer.counts[answer.counts["by"] == "kind"]
    assert by_kind["count"].sum() == answer.total > len(answer.items) == answer.subjects == 4


def test_each_place_of_a_dose_is_told_with_its_times_and_who_brought_and_took_it(lineage: Lineage) -> None:
    answer = lineage.whereabouts("CellUnit:DP1#3")
    told = answer.intervals
    assert list(told["manner"]) == ["OPERATION", "RUN", "STAY", "GAP", "RUN", "ON_THE_WAY"]
    (stay,) = told[told["manner"] == "STAY"].to_dict("records")
    assert (stay["path"], stay["place"], stay["units"]) == ("SITE-1 / ROOM-1", "StoragePosition:FRIDGE-1", "3")
    assert (str(stay["start"]), str(stay["end"])) == ("2025-04-08 10:00:00+08:00", "2025-04-13 09:00:00+08:00")
    assert (stay["began"], stay["ended"]) == ("Operation:A05", "Operation:A06")
    assert (stay["began_by"], stay["ended_by"]) == ("Person:P-02", "Person:P-02")
    assert list(told["is_open"]) == [False, False, False, False, True, True]
    assert told["end"].isna().tolist() == told["is_open"].tolist()
    assert dict(zip(answer.counts["value"], answer.counts["count"], strict=True)) == {
        "OPERATION": 1, "RUN": 2, "STAY": 1, "ON_THE_WAY": 1, "GAP": 1,
    }  # fmt: skip
    assert (answer.total, answer.as_of_seq, answer.completeness.complete) == (6, len(trial()), True)


def test_a_lot_tells_its_units_or_how_much_of_it_there_is(lineage: Lineage) -> None:
    named = lineage.whereabouts("CellLot:DP1")
    assert (named.units, named.quantity) == (5, None)
    assert named.intervals["quantity"].isna().all()
    counted = lineage.whereabouts("CellLot:MCB1")
    stays = counted.intervals[counted.intervals["manner"] == "STAY"]
    assert (counted.units, counted.quantity, counted.unit, counted.is_assumed) == (None, 10, "vial", True)
    assert stays["quantity"].sum() == 10
    assert stays["unit_count"].isna().all()


def test_where_it_was_is_told_as_it_was_known_then(lineage: Lineage) -> None:
    told = lineage.whereabouts("CellUnit:DP1#3", known_at="2025-04-10T00:00")
    assert list(told.intervals["manner"]) == ["OPERATION", "RUN", "STAY"]
    assert "2025-04-10 00:00" in told.picture


NOON = "2025-04-13T12:00"


def test_what_stood_in_a_room_is_told_place_by_place_and_thing_by_thing(lineage: Lineage) -> None:
    answer = lineage.contents("StoragePosition:ROOM-1", at=NOON)
    assert dict(zip(answer.places["position"].str.partition(":")[2], answer.places["total"], strict=True)) == {
        "FRIDGE-1": 2, "TANK-A": 2, "TANK-B": 19,
    }  # fmt: skip
    (bank,) = answer.things[answer.things["id"] == "CellLot:MCB1"].to_dict("records")
    assert (bank["path"], bank["amount"], bank["dispositions"]) == ("TANK-A", 9, "quarantined")
    assert str(bank["since"]) == "2025-01-23 18:00:00+08:00"
    assert (answer.total, answer.affected, answer.is_whole_day) == (len(answer.things), None, False)
    assert answer.things["affected"].isna().all()
    assert (answer.at.isoformat(), answer.as_of_seq) == ("2025-04-13T12:00:00+08:00", len(trial()))
    assert dict(zip(answer.counts["value"], answer.counts["count"], strict=True)) == {"CELL_LOT": 3, "CELL_UNIT": 20}


def test_what_of_it_is_affected_is_told_and_drawn(lineage: Lineage) -> None:
    answer = lineage.contents("StoragePosition:ROOM-1", at=NOON, hazard="exposure", seeds="Reagent:R-MED-8")
    things = answer.things.set_index("id")
    assert set(things.index[~things["affected"]]) == {"CellLot:MCB1", "CellLot:MCB3"}
    assert answer.affected == things["affected"].sum() == 21
    assert str(things.loc["CellLot:MCB2", "exposed_from"]) == "2025-01-25 10:00:00+08:00"
    assert "▲" in answer.picture
    assert "▲" not in lineage.contents("StoragePosition:ROOM-1", at=NOON).picture


def test_only_some_kinds_are_listed_and_all_are_counted(lineage: Lineage) -> None:
    answer = lineage.contents("StoragePosition:ROOM-1", at=NOON, kinds=["CellLot"])
    assert list(answer.things["id"]) == ["CellLot:MCB1", "CellLot:MCB2", "CellLot:MCB3"]
    assert answer.total == 23


def test_without_a_moment_it_is_what_stands_there_now_and_drawn_as_of_then(lineage: Lineage) -> None:
    before = datetime.now(UTC)
    answer = lineage.contents("StoragePosition:FRIDGE-1")
    assert before <= answer.at + timedelta(milliseconds=1)
    assert answer.at <= datetime.now(UTC)
    assert f'<b id="as-of-seq">{len(trial())}</b>' in answer.picture


def _document(shown: str) -> str:
    """The page inside what a notebook is given."""
    found = re.search(r' srcdoc="([^"]*)"', shown)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(("language", "complete"), [("en", "✓ Complete. At ledger entry 83"), ("zh", "✓ 完整")])
def test_an_answer_shows_first_how_whole_it_is_then_its_picture(lineage: Lineage, language: str, complete: str) -> None:
    speaking = Lineage(lineage._held, say=Texts(language), zone="+08:00", after=ExitStack())
    for answer in (
        speaking.trace("Subject:S1", "backward"),
        speaking.impact("EXPOSURE", "Reagent:R-MED-8"),
        speaking.whereabouts("CellLot:DP1"),
        speaking.contents("StoragePosition:ROOM-1", at="2025-04-13T12:00"),
    ):
        shown = answer._repr_html_()
        assert re.search(r"<strong>([^<]+)", shown)[1].startswith(complete)  # type: ignore[index]
        assert shown.index(complete) < shown.index("<iframe")
        page = _document(shown)
        assert page.startswith("<!doctype html>")
        assert 'id="network"' in page
        assert "http" not in re.sub(r"(?s)<script.*?</script>|http-equiv|http://www.w3.org/\S+", "", page)


def test_a_picture_is_apart_from_the_notebook(lineage: Lineage) -> None:
    (tag,) = re.findall(r"<iframe [^>]*>", lineage.trace("Subject:S1", "backward")._repr_html_())
    assert ' sandbox="allow-scripts allow-forms allow-downloads"' in tag


@pytest.mark.parametrize(
    ("ask", "kind", "said"),
    [
        (lambda given: given.trace("CellLot:NONE", "forward"), StemgraphError, "CellLot:NONE"),
        (lambda given: given.trace("CellLot:MCB1", "sideways"), BadInput, "SIDEWAYS"),
        (lambda given: given.trace("CellLot:MCB1", "forward", known_at="last June"), BadInput, "last June"),
        (lambda given: given.trace("CellLot:MCB1", "forward", kinds=["Lots"]), BadInput, "Lots"),
        (lambda given: given.impact("exposure", "MCB1"), BadInput, "MCB1"),
        (lambda given: given.whereabouts("Donor:D1"), BadInput, "Donor:D1"),
        (lambda given: given.whereabouts("CellLot:NONE"), StemgraphError, "CellLot:NONE"),
        (lambda given: given.whereabouts("CellLot:DP1", known_at="last June"), BadInput, "last June"),
        (lambda given: given.contents("CellLot:MCB1"), BadInput, "CellLot:MCB1"),
        (lambda given: given.contents("StoragePosition:NONE"), StemgraphError, "StoragePosition:NONE"),
        (lambda given: given.contents("StoragePosition:TANK-A", at="last June"), BadInput, "at: 'last June'"),
        (lambda given: given.contents("StoragePosition:TANK-A", at="2999-01-01T00:00"), BadInput, "future"),
        (lambda given: given.contents("StoragePosition:TANK-A", hazard="exposure"), BadInput, "hazard and seeds"),
        (lambda given: given.impact("exposure", "CellLot:MCB1", channels=["storage"]), BadInput, "STORAGE"),
        (lambda given: given.impact("smell", "CellLot:MCB1"), BadInput, "SMELL"),
        (lambda given: given.impact("exposure", "CellLot:MCB1", channels=["smoke"]), BadInput, "smoke"),
    ],
    ids=[
        "id",
        "direction",
        "time",
        "kind",
        "seed",
        "nowhere",
        "unknown",
        "known-at",
        "no-place",
        "unknown-place",
        "moment",
        "future",
        "hazard-without-seeds",
        "hazard-and-channel",
        "hazard",
        "channel",
    ],
)
def test_a_question_that_cannot_be_answered_says_why(lineage: Lineage, ask: Any, kind: type, said: str) -> None:
    with pytest.raises(kind, match=said):
        ask(lineage)


@pytest.mark.parametrize(
    ("given", "member"),
    [({}, "data"), ({"url": "http://127.0.0.1:1", "data": "x"}, "data"), ({"data": "x", "zone": "Shanghai"}, "zone"),
     ({"data": "x", "language": "de"}, "language")],
)  # fmt: skip
def test_what_is_to_be_opened_is_said_clearly(given: dict[str, Any], member: str) -> None:
    with pytest.raises(BadInput) as raised:
        open_lineage(**given)
    assert member in f"{raised.value.message} {raised.value.remedy}"


def test_a_folder_without_a_store_is_not_made_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_lineage(data=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def _bring_in(service: ServiceProcess, name: str, records: list[dict[str, Any]]) -> None:
    lines = b"".join(orjson.dumps(each) + b"\n" for each in records)
    with service.client() as client:
        answer = client.post("/import?historic=true", content=lines, headers={"Idempotency-Key": name})
    assert answer.json()["accepted"]


def test_a_service_is_asked_by_its_address_or_found_by_its_folder(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        _bring_in(service, "trial", trial())
        with open_lineage(url=service.url, token=service.token, zone="+08:00") as at_address:
            answers = (at_address.trace("Subject:S3", "backward"), at_address.impact("EXPOSURE", "Reagent:R-MED-10"))
            _bring_in(service, "correction", correction())
            for answer in answers:  # what is drawn is the answer that was got, not what would be answered now
                assert f'<b id="as-of-seq">{answer.as_of_seq}</b>' in answer.picture
            before = at_address.impact("EXPOSURE", "Reagent:R-MED-10", known_at="2025-06-09T10:00")
            after = at_address.impact(
                "EXPOSURE", "Reagent:R-MED-10", known_at=datetime.fromisoformat("2025-06-11T10:00:00+08:00")
            )
        expected = {each["name"]: _keys(each) for each in scenarios()["impact"]}
        assert expected["medium 10 before the correction"] <= _ids(before)
        assert expected["medium 10 after the correction"] <= _ids(after)
        assert _ids(before) != _ids(after)
        with open_lineage(data=tmp_path) as found:
            assert found.trace("Donor:D1", "forward").completeness.complete
            with pytest.raises(BadInput, match=r"2025-01-01"):
                found.impact("EXPOSURE", "Donor:D1@2025-01-01")
    with pytest.raises(Misconfigured, match="closed"):
        at_address.trace("Donor:D1", "forward")


def _keys(scenario: dict[str, Any]) -> set[str]:
    return {key for keys in scenario["expect"].values() for key in keys}


def _ids(answer: Impact) -> set[str]:
    return set(answer.items["id"].str.partition(":")[2])


def test_a_process_that_ends_without_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    program = (
        "from service.notebook import open_trial\n"
        "lineage = open_trial()\n"
        "print(lineage.trace('Donor:D1', 'forward').total, lineage._held._service.store.engine.server.pid)\n"
    )
    ended = _python(program, TMPDIR=str(tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")
    total, pid = ended.stdout.split()
    assert int(total) > 0
    assert not psutil.pid_exists(int(pid))
    assert list(tmp_path.iterdir()) == []


def test_without_pandas_it_says_what_to_install() -> None:
    ended = _python("import sys; sys.modules['pandas'] = None; import service.notebook")
    assert "pip install 'stemgraph[notebook]'" in ended.stderr.splitlines()[-1]


def _python(program: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
