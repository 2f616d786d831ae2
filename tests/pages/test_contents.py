"""The page of what stands in a place: the form, the answer, where one comes from and goes on; and how it refuses."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from graph.engine import statement_count
from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet, units_of
from support.browsing import Reader, answer_texts, cells, links_of
from support.nasty import NASTY
from support.pages import Page
from support.site import site_east_by
from support.stores import import_all

ROOM = "/view/contents?position=StoragePosition:ROOM-1&at=2025-04-13T12:00:00%2B08:00"
MEDIUM = "&hazard=EXPOSURE&seed=Reagent:R-MED-8"


def _rows(page: Page) -> list[list[str]]:
    return cells(page.one("table", id="items"))


def _number(page: Page, name: str) -> int:
    return int(page.one("b", id=name).text.split()[0].replace(",", ""))


async def test_what_stood_in_a_room_is_told_by_kind_by_tank_and_one_by_one(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(ROOM + MEDIUM)
    assert answer_texts(page) == ("✓ Complete", (await trial_store.ledger.head()).seq)
    assert _number(page, "total") == 23
    assert page.one("b", id="affected-count").text == "▲ 21 affected, 2 not affected"
    assert cells(page.one("table", id="kinds-table")) == [["Cell lot", "3", "1", "2"], ["Cell unit", "20", "20", "0"]]
    assert cells(page.one("table", id="places-table")) == [
        ["FRIDGE-1", "2", "▲ 2", "2 × Cell unit"],
        ["TANK-A", "2", "▲ 1", "2 × Cell lot"],
        ["TANK-B", "19", "▲ 18", "1 × Cell lot, 18 × Cell unit"],
    ]
    rows = {row[2]: row for row in _rows(page)}
    assert len(rows) == 23
    assert rows["MCB1"][0] == "TANK-A"
    assert rows["MCB1"][4:] == ["2025-01-23 18:00 +08:00 A01", "–", "9 × Quarantined", "not affected"]
    assert rows["MCB2"][-1].startswith("▲ 1 material 2025-01-25 10:00")


async def test_what_is_affected_may_be_listed_alone_and_first(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    only = await reader.open(ROOM + MEDIUM + "&affected=no")
    assert [row[2] for row in _rows(only)] == ["MCB1", "MCB3"]
    assert _number(only, "total") == 23, "the answer is the same, the list is part of it"
    first = _rows(await reader.open(ROOM + MEDIUM + "&sort=affected"))
    assert [row[2] for row in first[-2:]] == ["MCB1", "MCB3"]
    kinds = await reader.open(ROOM + "&kinds=CELL_LOT&sort=since")
    assert [row[2] for row in _rows(kinds)] == ["MCB1", "MCB2", "MCB3"]


async def test_each_position_leads_into_itself_and_out_again_with_the_same_question(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    room = await reader.open(ROOM + MEDIUM)
    into = [link for link in links_of(room.one("table", id="places-table")) if "TANK-A" in link]
    tank = await reader.open(into[0])
    assert {row[2] for row in _rows(tank)} == {"MCB1", "MCB2"}
    assert answer_texts(tank) == answer_texts(room)
    (up,) = [link for link in tank.all("a") if link.attributes.get("rel") == "up"]
    again = await reader.open(up.attributes["href"])
    assert _number(again, "total") == 23
    assert again.one("b", id="affected-count").text == room.one("b", id="affected-count").text


async def test_the_page_of_a_position_leads_there_and_of_nothing_else(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open("/view/node/StoragePosition:TANK-A")
    (there,) = [link for link in links_of(page.one("main")) if link.startswith("/view/contents")]
    now = await reader.open(there)
    assert {row[2] for row in _rows(now)} == {"MCB1", "MCB2"}
    assert now.one("input", id="position").attributes["value"] == "StoragePosition:TANK-A"
    assert now.one("input", id="seed1").attributes["value"] == "StoragePosition:TANK-A", (
        "a warm tank is asked about at once"
    )
    for other in ("CellLot:MCB1", "Equipment:INC-1"):
        page = await reader.open(f"/view/node/{other}")
        assert not [link for link in links_of(page.one("main")) if link.startswith("/view/contents")]


async def test_a_form_that_is_sent_becomes_one_address_to_share(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    sent: list[tuple[str, Any]] = [
        ("position", "StoragePosition:TANK-B"), ("at", "2025-04-01T12:00:00+08:00"), ("knownAt", ""),
        ("seed", "StoragePosition:TANK-B"), ("from", "2025-03-10T00:00:00+08:00"),
        ("until", "2025-03-11T00:00:00+08:00"), ("seed", ""), ("from", ""), ("until", ""), ("channels", ""),
        ("as", "list"),
    ]  # fmt: skip
    answer = await reader.client.get("/view/contents", params=[("hazard", "EXPOSURE"), *sent])
    assert answer.status_code == 303
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["seed"] == ["StoragePosition:TANK-B@2025-03-10T00:00:00+08:00/2025-03-11T00:00:00+08:00"]
    page = await reader.open(answer.headers["location"])
    assert page.one("b", id="affected-count").text == "▲ 1 affected, 18 not affected"
    plain = await reader.client.get("/view/contents", params=[("hazard", ""), *sent])
    assert set(parse_qs(urlsplit(plain.headers["location"]).query)) == {"position", "at", "as"}
    assert _number(await reader.open(plain.headers["location"]), "total") == 19


async def test_an_impact_leads_to_the_places_where_it_begins_with_the_same_question(trial_store: Store) -> None:
    """The tank was warm on March 1st: both banks in it are affected, in the list's way and in the picture's."""
    reader = await Reader.of(trial_store)
    warm = "/view/impact?hazard=EXPOSURE&seed=StoragePosition:TANK-A@2025-03-01T00:00:00%2B08:00/2025-03-02T00:00:00%2B08:00"
    listed = await reader.open(warm)
    ways = {link for link in links_of(listed.one("main")) if link.startswith("/view/contents")}
    drawn = await reader.open(f"{warm}&as=picture")
    ways_of_picture = {
        href for shape in drawn.data["shapes"] for _, href in shape["links"] if href.startswith("/view/contents")
    }
    assert ways == ways_of_picture
    (way,) = ways
    page = await reader.open(way)
    assert page.one("b", id="affected-count").text == "▲ 2 affected, 0 not affected"
    back = [link for link in links_of(page.one("main")) if link.startswith("/view/impact")]
    assert (await reader.open(back[0])).one("b", id="total").text == listed.one("b", id="total").text


async def test_what_was_affected_only_later_is_told_apart(trial_store: Store) -> None:
    """MCB1 has stood in the tank since January; in February the tank was not yet warm, which it was in March."""
    reader = await Reader.of(trial_store)
    warm = "&hazard=EXPOSURE&seed=StoragePosition:TANK-A@2025-03-01T00:00:00%2B08:00/2025-03-02T00:00:00%2B08:00"
    for at, later in (("2025-02-01", 2), ("2025-03-01", 0)):
        for form, where in (("list", "main"), ("picture", "section")):
            address = f"/view/contents?position=StoragePosition:TANK-A&at={at}T00:00:00%2B08:00{warm}&as={form}"
            text = (await reader.open(address)).all(where)[0].text
            assert ("Affected only from a time after this moment: 2." in text) == bool(later)
            assert "2 affected, 0 not affected" in text


async def test_without_a_position_there_is_the_form(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/contents")
    assert page.one("input", id="position").attributes["value"] == ""
    assert not page.all("table")


async def test_an_empty_place_says_so(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/contents?position=StoragePosition:SITE-2")
    assert _number(page, "total") == 0
    assert "Nothing stood there." in page.one("main").text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("position=Equipment:INC-1", "is no place"),
        ("position=TANK-A", "is no id"),
        ("position=StoragePosition:TANK-A&at=yesterday", "at"),
        ("position=StoragePosition:TANK-A&at=2999-01-01", "at lies in the future"),
        ("position=StoragePosition:TANK-A&entry=99999", "later entry"),
        ("position=StoragePosition:TANK-A&seed=Donor:D1", "hazard is missing"),
        ("position=StoragePosition:TANK-A&affected=yes", "hazard is missing"),
        ("position=StoragePosition:TANK-A&hazard=EXPOSURE", "seeds is empty"),
        ("position=StoragePosition:TANK-A&hazard=FIRE&seed=Donor:D1", "is no hazard"),
        ("position=StoragePosition:TANK-A&sort=colour", "is none"),
        ("position=StoragePosition:TANK-A&when=now", "no parameter"),
    ],
)
async def test_what_is_misread_is_refused_with_what_to_do(trial_store: Store, asked: str, said: str) -> None:
    page = await (await Reader.of(trial_store)).open(f"/view/contents?{asked}", status=400)
    assert said in page.one("main").text


async def test_a_place_there_is_not_is_not_found(trial_store: Store) -> None:
    await (await Reader.of(trial_store)).open("/view/contents?position=StoragePosition:TANK-Z", status=404)


async def test_a_day_is_its_first_instant_in_the_zone_of_the_site(trial_store: Store) -> None:
    """On April 13th dose 3 was taken out at nine in the morning in China, ten o'clock at the site."""
    address = "/view/contents?position=StoragePosition:FRIDGE-1&at=2025-04-13"
    with site_east_by(9):
        page = await (await Reader.of(trial_store)).open(address)
    assert page.one("b", id="moment").text == "2025-04-13 00:00 +09:00"
    assert "+09:00" in page.one("p", id="assumed-zone").text
    assert _number(page, "total") == 3


async def test_a_viewer_is_told_of_the_whole_day_and_not_when_a_dose_was_given(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    page = await reader.open("/view/contents?position=StoragePosition:FRIDGE-1&at=2025-04-12T23:00:00%2B08:00")
    rows = {row[2]: row for row in _rows(page)}
    assert rows["DP1#2"][5] == "not shown"
    assert "some time of the day" in page.one("p", id="widened").text


async def test_pages_of_the_list_and_of_the_positions_put_together_are_the_answer(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=130)
    for number in range(1, 66):
        sheet.node("StoragePosition", f"BOX-{number}", level="box", parent="TANK-1")
        sheet.stored(units_of("B1", 2 * number - 1, 2 * number), f"BOX-{number}")
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    seen, places = [], []
    address: str | None = "/view/contents?position=StoragePosition:TANK-1"
    while address:
        page = await reader.open(address)
        seen += [row[2] for row in _rows(page)]
        ways = [nav for nav in page.all("nav", aria_label="Pages of the list") if nav.all("a", rel="next")]
        address = ways[0].one("a", rel="next").attributes["href"] if ways else None
    assert len(seen) == len(set(seen)) == 130
    assert seen[:2] == ["B1#1", "B1#2"], "by place, numbers as numbers"
    for number in (1, 2):
        page = await reader.open(f"/view/contents?position=StoragePosition:TANK-1&places={number}")
        places += [row[0] for row in cells(page.one("table", id="places-table"))]
    assert places == [f"BOX-{number}" for number in range(1, 66)]


async def test_names_are_shown_as_text_on_the_page_and_in_the_picture(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    for number, name in enumerate(NASTY):
        sheet.node("StoragePosition", name, level="box", parent="TANK-1")
        sheet.collected("D1", f"T{number}")
        sheet.separated(f"T{number}", name)
        sheet.stored(name, name)
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    for form in ("list", "picture"):
        page = await reader.open(f"/view/contents?position=StoragePosition:TANK-1&as={form}")
        shown = {element.text for element in page.all("bdi")}
        for name in NASTY:
            assert " ".join(name.split()) in {text.removeprefix("CellLot:") for text in shown}


async def test_how_often_the_store_is_asked_does_not_depend_on_how_much_stands_there(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.node("StoragePosition", "TANK-2", level="tank")
    for tank, units in (("TANK-1", 2), ("TANK-2", 60)):
        sheet.collected("D1", f"T-{tank}")
        sheet.separated(f"T-{tank}", f"L-{tank}")
        sheet.cryopreserved(f"L-{tank}", f"B-{tank}", units=units)
        sheet.stored(f"B-{tank}", tank)
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    counts = []
    for tank in ("TANK-1", "TANK-2", "TANK-1", "TANK-2"):
        with statement_count() as statements:
            await reader.open(f"/view/contents?position=StoragePosition:{tank}")
        counts.append(statements.count)
    assert counts[2] == counts[3]
