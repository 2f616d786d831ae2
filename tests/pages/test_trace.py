"""Tracing in a browser: the form, the list, the file."""

from __future__ import annotations

import itertools
from urllib.parse import urlencode

import pytest

from exchange.answers import read_rows
from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, cells, links_of
from support.pages import Page
from support.stores import import_all
from support.trial import scenarios

S1 = "/view/trace?start=Subject:S1&direction=backward&as=list"


def _ids(page: Page) -> list[str]:
    return [row[1] for row in cells(page.one("table", id="things"))]


async def test_the_list_has_what_the_trial_says(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for question in scenarios()["trace"]:
        asked = {"start": question["start"], "direction": question["direction"].lower()}
        known_at = question.get("known_at", "2025-06-09T10:00:00+08:00")  # otherwise before the correction
        page = await reader.open(f"/view/trace?as=list&{urlencode({**asked, 'knownAt': known_at})}")
        rows = page.one("table", id="things").one("tbody").all("tr")
        listed = {
            link.attributes["href"].removeprefix("/view/node/").replace("%23", "#")
            for row in rows
            if row.all("td")[4].text in {"start", "lineage"}
            for link in row.all("td")[1].all("a")
        }
        assert listed == set(question["expect"]), question
        assert answer_texts(page)[0] == "✓ Complete"


async def test_the_form_is_filled_with_what_is_asked(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(
        "/view/trace?as=form&start=CellLot:MCB1&direction=forward&kinds=CELL_LOT,DONOR&maxDepth=4"
        "&knownAt=2025-05-01T00:00:00%2B08:00&operations=EXPANDED"
    )
    assert page.one("input", id="start1").attributes["value"] == "CellLot:MCB1"
    assert "checked" in page.one("input", name_="direction", value="forward").attributes
    assert page.one("input", id="max-depth").attributes["value"] == "4"
    assert page.one("input", id="known-at").attributes["value"] == "2025-05-01T00:00:00+08:00"
    chosen = {each.attributes["value"] for each in page.all("input", type="checkbox") if "checked" in each.attributes}
    assert chosen == {"CELL_LOT", "DONOR", "EXPANDED"}


async def test_a_form_sent_with_empty_fields_asks_without_them(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    sent = await reader.open(S1 + "&start=&maxDepth=&knownAt=")
    assert _ids(sent) == _ids(await reader.open(S1))


async def test_a_thing_s_page_leads_to_its_trace_both_ways(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    thing = await reader.open("/view/node/Subject:S1")
    backward, forward, picture = links_of(thing.one("nav", aria_label="Questions about it"))[:3]
    assert "D1" in _ids(await reader.open(backward))
    assert _ids(await reader.open(forward)) == ["S1"]
    assert (await reader.open(picture)).one("title").text == "What became of Subject:S1"


async def test_list_and_picture_of_an_answer_lead_to_each_other(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    listed = await reader.open(S1)
    (to_picture,) = [link.attributes["href"] for link in listed.all("a") if link.text == "Picture"]
    picture = await reader.open(to_picture)
    (to_list,) = [link.attributes["href"] for link in picture.all("a") if link.text == "As a list"]
    assert _ids(await reader.open(to_list)) == _ids(listed)


async def test_a_picture_stays_at_the_position_of_its_answer(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    whole = await reader.open("/view/trace?start=Donor:D1&direction=forward")
    before = await reader.open("/view/trace?start=Donor:D1&direction=forward&at=40")
    assert answer_texts(before) == ("Complete", 40)
    assert answer_texts(whole)[1] > 40
    assert len(cells(before.one("table", id="things"))) < len(cells(whole.one("table", id="things")))
    (in_chinese,) = [link.attributes["href"] for link in before.all("a") if link.text == "中文"]
    assert answer_texts(await reader.open(in_chinese))[1] == 40
    (turned,) = [link.attributes["href"] for link in before.all("a") if link.text == "Ask the other way"]
    assert answer_texts(await reader.open(turned)) == answer_texts(whole), (
        "another question is asked of the records as they are"
    )
    await reader.open("/view/trace?start=Donor:D1&direction=forward&at=4000", status=400)


@pytest.mark.parametrize("sort", ["kind", "id"])
async def test_the_list_is_sorted_by_what_its_heading_leads_to(trial_store: Store, sort: str) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(S1)
    (address,) = [link for link in links_of(page.one("thead")) if f"sort={sort}" in link]
    ordered = await reader.open(address)
    assert sorted(_ids(ordered)) == sorted(_ids(page))
    (heading,) = ordered.all("th", aria_sort="ascending")
    assert heading.text.startswith({"kind": "Kind", "id": "Id"}[sort])
    column = [row[{"kind": 0, "id": 1}[sort]] for row in cells(ordered.one("table", id="things"))]
    if sort == "kind":
        assert len([1 for one, two in itertools.pairwise(column) if one != two]) == len(set(column)) - 1
    else:
        assert column.index("R-MED-8") < column.index("R-MED-10"), "numbers as numbers"


async def test_the_list_is_filtered_and_says_how_many_are_left(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(S1 + "&find=wcb1")
    assert set(_ids(page)) == {"WCB1", "WCB1#1", "WCB1#2"}
    assert page.one("form", class_="filter").one("span", role="status").text == "3 rows"
    assert page.one("b", id="total").text == "27 things", "the summary is of the whole answer"
    links = await reader.open(S1 + "&list=links&find=administered")
    assert [row[0] for row in cells(links.one("table", id="links"))] == ["Administered O19"]


async def test_links_lead_to_their_operations(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(S1 + "&list=links")
    assert {"/view/operation/O19", "/view/operation/O15"} <= set(links_of(page.one("table", id="links")))


async def test_an_answer_that_is_not_whole_says_why_first(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(S1 + "&maxDepth=2")
    assert answer_texts(page)[0] == "▲ Not complete"
    assert "There is more beyond 2 steps" in page.one("section", aria_label="This answer").text


async def test_what_the_role_may_not_see_is_counted_not_named(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    page = await reader.open("/view/trace?start=CellLot:DP1&direction=backward&as=list")
    assert "2 are shown as •1, •2" in page.one("section", aria_label="This answer").text
    assert {"•1"} <= set(_ids(page))
    for kept_back in ("D1", "T1"):
        assert kept_back not in _ids(page)


async def test_pages_of_an_answer_agree_whatever_is_written_meanwhile(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=230)
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    page = await reader.open("/view/trace?start=Donor:D1&direction=forward&as=list")
    first = _ids(page)
    assert len(first) == 100
    later = BenchSheet("Z-", hours=500)
    later.records.clear()
    later.collected("D1", "T0")
    await import_all(store, later.records)
    seen = [*first]
    while onward := [link.attributes["href"] for link in page.all("a", rel="next")]:
        page = await reader.open(onward[0])
        seen += _ids(page)
    assert len(seen) == len(set(seen)) == int(page.one("b", id="total").attributes["data-total"])
    assert "T0" not in seen
    assert "T0" in _ids(await reader.open("/view/trace?start=Donor:D1&direction=forward&as=list&find=T0"))


async def test_the_list_is_downloaded_at_the_position_of_the_page_by_who_may_export(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.ANALYST)
    for listed, column in (("things", "id"), ("links", "to")):
        page = await reader.open(f"/view/trace?start=CellLot:DP1&direction=backward&as=list&list={listed}")
        _, seq = answer_texts(page)
        (address,) = [link for link in links_of(page.one("main")) if link.startswith("/export/trace?")]
        answer = await reader.get(address)
        assert answer.headers["x-ledger-position"] == str(seq)
        *rows, _ = read_rows([answer.content], "csv")
        assert {"CellLot:DP1"} <= {row[column] for row in rows}
        assert [str(len(rows)), "rows"] == page.one("span", role="status").text.split()
    page = await (await Reader.of(trial_store, Role.VIEWER)).open(
        "/view/trace?start=CellLot:DP1&direction=backward&as=list"
    )
    assert not [link for link in links_of(page.one("main")) if link.startswith("/export/")]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("as=table", "as='table'"),
        ("as=csv", "as='csv'"),
        ("sort=size", "sort='size'"),
        ("list=all", "list='all'"),
        ("page=0", "page=0"),
        ("at=9999", "later entry"),
    ],
)
async def test_a_wrong_form_of_the_answer_is_told(trial_store: Store, asked: str, said: str) -> None:
    name, _, value = asked.partition("=")
    question = {"start": "Subject:S1", "direction": "backward", "as": "list", name: value}
    page = await (await Reader.of(trial_store)).open("/view/trace", status=400, **question)
    assert said in page.one("main").text
