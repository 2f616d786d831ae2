"""Deviations, coverage, the ledger, the import and the GraphQL page."""

from __future__ import annotations

import json
import re

import pytest

from graph.viewer import Role
from graph.vocabulary import ITEMS
from schema import sdl
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, cells, links_of
from support.house import ROOT
from support.stores import import_all


async def test_deviations_say_what_departed_where_and_how_far(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/deviations")
    critical, major = cells(page.one("table"))
    assert critical[:4] == [
        "▲ critical",
        "Not released DP1#4 was quarantined when O23-R1 took it.",
        "Cell lot DP1",
        "O23-R1",
    ]
    assert major[0] == "◆ major"
    assert major[1].startswith("Outside the range · Arrival temperature")
    assert major[4] == "-120 °C above"
    assert {"/view/operation/O23-R1", "/view/node/CellLot:DP1"} <= set(links_of(page.one("table")))


async def test_deviations_are_named_in_chinese(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, language="zh")).open("/view/deviations")
    told = page.one("table").text
    for word in ("严重", "未放行", "超出范围", "送达温度", "高于"):
        assert word in told, word


async def test_only_open_deviations_are_shown_unless_all_are_asked_for(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    assert "2 deviations" in (await reader.open("/view/deviations?show=all")).one("main").text
    assert "There are none." in (await reader.open("/view/deviations?show=handled")).one("main").text


async def test_deviations_come_in_pages(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    for number in range(60):
        sheet.act(
            "COLLECTED",
            [{"kind": "Donor", "id": "D1"}],
            [{"kind": "Tissue", "id": f"T{number}"}],
            data={"collection_ambient_temperature": 40},
        )
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    first = await reader.open("/view/deviations")
    assert len(cells(first.one("table"))) == 50
    (onward,) = [link.attributes["href"] for link in first.all("a", rel="next")]
    assert len(cells((await reader.open(onward)).one("table"))) == 10


async def test_who_may_not_know_of_a_deviation_is_told_how_many_there_are(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.act(
        "TESTED",
        [{"kind": "Donor", "id": "D1"}],
        [{"kind": "QCResult", "id": "Q1", "data": {"test_item": "HBV", "test_result": "positive"}}],
    )
    await import_all(store, sheet.records)
    page = await (await Reader.of(store, Role.OPERATOR)).open("/view/deviations")
    assert answer_texts(page)[0] == "▲ Not complete"
    assert "1 more is not listed" in page.one("main").text
    assert "Q1" not in page.one("main").text
    told = await (await Reader.of(store, Role.SAFETY_OFFICER)).open("/view/deviations")
    assert len(cells(told.one("table"))) == 1


# -- coverage ---------------------------------------------------------------------------------------------------------


async def test_coverage_has_each_of_the_158_items_once(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/coverage?lot=CellLot:DP1")
    rows = [row for table in page.all("table") for row in cells(table)]
    assert [row[0] for row in rows] == [item.id for item in ITEMS.values() if not item.is_added]
    assert len(rows) == 158
    assert {row[3] for row in rows} == {"✓ recorded", "▲ missing", "– does not apply"}


async def test_the_source_s_own_names_stand_in_coverage_in_both_languages(trial_store: Store) -> None:
    for language in ("en", "zh"):
        page = await (await Reader.of(trial_store, language=language)).open("/view/coverage?lot=CellLot:DP1")
        said = {cell for table in page.all("table") for row in cells(table) for cell in row}
        names = {item.zh for item in ITEMS.values() if not item.is_added}
        if language == "zh":
            names = {re.sub(r"\(duplicate of (.+)\)", r"（同 \1）", name) for name in names}
        assert names <= said


async def test_only_what_is_missing_can_be_shown(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open("/view/coverage?lot=CellLot:DP1&status=missing")
    rows = [row for table in page.all("table") for row in cells(table)]
    assert {row[3] for row in rows} == {"▲ missing"}
    assert f"missing: {len(rows)}" in page.one("main").text


async def test_the_whole_ledger_is_read_for_coverage_only_when_asked(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    asked = await reader.open("/view/coverage")
    assert asked.all("table") == []
    (whole,) = [link for link in links_of(asked.one("main")) if "whole" in link]
    assert len((await reader.open(whole)).all("table")) == 13


# -- ledger -----------------------------------------------------------------------------------------------------------


async def test_the_ledger_is_listed_from_the_newest_entry_back_to_the_first(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page, seen = await reader.open("/view/ledger"), list[int]()
    head = await trial_store.ledger.head()
    assert head.digest in page.one("main").text
    while True:
        rows = cells(page.one("table"))
        assert len(rows) <= 50
        seen += [int(row[0]) for row in rows]
        onward = [link.attributes["href"] for link in page.all("a", rel="next")]
        if not onward:
            break
        page = await reader.open(onward[0])
    assert seen == list(range(head.seq, 0, -1))


async def test_entries_say_what_they_record(trial_store: Store) -> None:
    rows = {row[0]: row for row in cells((await (await Reader.of(trial_store)).open("/view/ledger")).one("table"))}
    assert rows["84"][1] == "Corrected O23 → Administered O23-R1"
    assert rows["85"][1] == "Voided N01"
    assert rows["86"][1] == "Ended O21"
    assert rows["69"][1] == "Transported O21"
    assert rows["69"][4:6] == ["owner", "owner"]
    first = await (await Reader.of(trial_store)).open("/view/ledger?before=3")
    assert cells(first.one("table"))[0][1].startswith("Recorded Study ST-1")


async def test_the_ledger_names_nothing_above_the_tier(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    said = [(await reader.open(f"/view/ledger?before={before}")).one("main").text for before in (93, 45)]
    assert not re.search(r"\b(D[123]|T[123]|S[1-7]|P-0\d|ORG-1)\b", " ".join(said))
    assert "Donor •1" in said[1]
    assert answer_texts(await reader.open("/view/ledger?before=45"))[0] == "▲ Not complete"


async def test_what_was_shown_of_personal_codes_is_noted(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.AUDITOR)
    await reader.open("/view/ledger?before=45")
    noted = [entry async for entry in trial_store.access_log.read(about="Donor:D1")]
    assert "ledger" in {entry.what for entry in noted}


# -- import -----------------------------------------------------------------------------------------------------------


async def test_the_import_page_offers_what_the_import_takes(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, Role.DATA_MANAGER)).open("/view/import")
    assert "checked" in page.one("input", id="dry-run").attributes, "checked first, applied when asked"
    assert page.one("input", id="file").attributes["accept"] == ".jsonl,.ndjson,.xlsx,.csv,.tsv"
    assert re.fullmatch(r"[+-]\d\d:\d\d", page.one("input", id="zone").attributes["value"])
    assert page.all("input", id="historic")
    kinds = {each.attributes["value"] for each in page.all("input", name_="createMissing")}
    assert {"Person", "Equipment", "Donor"} <= kinds


def test_the_script_of_the_import_reads_every_member_of_a_violation() -> None:
    script = (ROOT / "service" / "static" / "import.js").read_text(encoding="utf-8")
    for member in ("file", "line", "cell"):
        assert f"found.{member}" in script
    for member in ("record", "member", "message", "remedy"):
        assert f"violation.{member}" in script


# -- GraphQL ----------------------------------------------------------------------------------------------------------


async def test_the_schema_can_be_read_without_internet(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    page = await reader.open("/view/graphql")
    assert "/view/schema" in links_of(page.one("main"))
    answer = await reader.get("/view/schema")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == sdl()


async def test_the_examples_are_given_to_the_page_s_script(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/graphql")
    examples = json.loads(page.one("template", id="examples").text)
    assert len(examples) == len(page.one("select", id="example").all("option"))


# -- start ------------------------------------------------------------------------------------------------------------


async def test_the_first_page_says_where_the_ledger_stands(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/")
    assert page.one("b", id="as-of-seq").text == str((await trial_store.ledger.head()).seq)
    state = page.one("section", aria_labelledby="state").text
    assert "Open deviations 2" in state
    assert len(page.one("ol", class_="entries").all("li")) == 8


async def test_an_empty_store_says_what_to_do_first(store: Store) -> None:
    page = await (await Reader.of(store)).open("/")
    assert "Nothing is recorded yet." in page.one("main").text
    assert "/view/import" in links_of(page.one("section", aria_labelledby="latest"))
    viewer = await (await Reader.of(store, Role.VIEWER)).open("/view/ledger")
    assert "Nothing is recorded yet." in viewer.one("main").text


@pytest.mark.parametrize("path", ["/view/deviations?show=some", "/view/coverage?lot=CellLot:DP1&status=odd"])
async def test_a_choice_that_is_none_is_told(trial_store: Store, path: str) -> None:
    await (await Reader.of(trial_store)).open(path, status=400)
