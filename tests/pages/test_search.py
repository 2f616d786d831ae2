"""Finding things as one types."""

from __future__ import annotations

import pytest

from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, links_of
from support.pages import Page, read_page
from support.stores import import_all


def _hits(page: Page) -> list[str]:
    found = page.all("ul", class_="hits")
    return links_of(found[0]) if found else []


async def test_part_of_an_id_or_a_name_finds_it_whatever_its_case(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    assert _hits(await reader.open("/view/search?q=mcb")) == [f"/view/node/CellLot:MCB{number}" for number in (1, 2, 3)]
    named = await reader.open("/view/search?q=serum albumin")
    assert set(_hits(named)) == {"/view/node/Reagent:R-HSA-1", "/view/node/Reagent:R-HSA-2"}
    assert "Human serum albumin" in named.one("ul", class_="hits").text


async def test_a_full_id_finds_the_thing_itself(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    assert _hits(await reader.open("/view/search?q=CellLot:MCB1")) == ["/view/node/CellLot:MCB1"]


@pytest.mark.parametrize("text", ["O21", "Operation:O21"])
async def test_the_id_of_an_operation_finds_it(trial_store: Store, text: str) -> None:
    page = await (await Reader.of(trial_store)).open("/view/search", q=text)
    assert "/view/operation/O21" in links_of(page.one("main"))


async def test_the_beginning_of_an_operation_s_id_finds_it_a_replacement_s_too(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/search", q="O23")
    assert links_of(page.one("p", class_="exact")) == ["/view/operation/O23", "/view/operation/O23-R1"]
    assert "O23 corrected" in page.one("p", class_="exact").text


async def test_only_the_kinds_asked_for_are_searched(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/search?q=1&kinds=Subject&kinds=TISSUE")
    assert {link.partition(":")[0] for link in _hits(page)} == {"/view/node/Subject", "/view/node/Tissue"}


async def test_who_may_not_see_codes_is_told_what_was_not_searched(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, Role.VIEWER)).open("/view/search?q=D1")
    assert answer_texts(page)[0] == "▲ Not complete"
    assert "not searched: " in page.one("main").text
    assert "Donor" in page.one("section", aria_label="This answer").text
    assert "/view/node/Donor:D1" not in links_of(page)


async def test_as_one_types_the_results_come_without_the_frame(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    whole = await reader.open("/view/search?q=MCB")
    part = read_page((await reader.get("/view/search", q="MCB", part="results")).text)
    assert part.all("main") == []
    assert links_of(part) == links_of(next(each for each in whole.walk() if each.attributes.get("id") == "results"))
    (said,) = part.all("p", role="status")
    assert (said.text, said.attributes["aria-live"]) == ("3 things found", "polite")


async def test_what_is_offered_names_where_it_leads_and_what_it_is(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, language="zh")
    part = read_page((await reader.get("/view/search", q="MCB1", part="suggestions")).text)
    (option,) = part.all("li", role="option")
    assert option.attributes["data-href"] == "/view/node/CellLot:MCB1"
    assert option.attributes["data-id"] == "CellLot:MCB1"
    assert "细胞批次" in option.text
    assert "脐带间充质干细胞" in option.text
    many = read_page((await reader.get("/view/search", q="1", part="suggestions")).text)
    assert len(many.all("li", role="option")) <= 13


async def test_pages_of_what_was_found_follow_each_other(store: Store) -> None:
    sheet = BenchSheet()
    for number in range(100):
        sheet.reagent(f"R-{number:03d}")
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    page, seen = await reader.open("/view/search?q=R-&kinds=Reagent"), list[str]()
    while True:
        assert len(_hits(page)) <= 40
        seen += _hits(page)
        onward = [link.attributes["href"] for link in page.all("a", rel="next")]
        if not onward:
            break
        page = await reader.open(onward[0])
    assert seen == [f"/view/node/Reagent:R-{number:03d}" for number in range(100)]


async def test_nothing_found_is_said(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/search?q=nothing-like-this")
    assert "Nothing has this in its id or name." in page.one("main").text


async def test_searching_reads_no_more_of_a_person_than_is_shown(trial_store: Store) -> None:
    """Names and types only: what a search does not show is not noted as read."""
    reader = await Reader.of(trial_store, Role.INVESTIGATOR)
    await reader.open("/view/search?q=D1")
    noted = [entry async for entry in trial_store.access_log.read(about="Donor:D1")]
    assert {entry.tier for entry in noted if entry.what == "search"} == {2}
