"""The pages of where a thing has been: the list, what of it is shown, the picture, to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from graph.engine import EmbeddedEngine, statement_count
from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet, units_of
from support.browsing import Reader, answer_texts, cells, links_of
from support.nasty import NASTY
from support.pages import Page
from support.stores import empty_store, import_all

DOSE = "/view/whereabouts?id=CellUnit:DP1%233"


def _intervals(page: Page) -> list[list[str]]:
    return cells(page.one("table", id="intervals"))


def _address(**asked: str) -> str:
    return f"/view/whereabouts?{urlencode(asked)}"


async def _store_of(engine: EmbeddedEngine, records: Sequence[dict[str, Any]]) -> Store:
    store = await empty_store(engine)
    await import_all(store, list(records))
    return store


# -- the list ------------------------------------------------------------------------------------------------------


async def test_the_list_tells_place_times_and_hands_of_a_dose_that_came_back(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(DOSE)
    assert answer_texts(page)[0] == "✓ Complete"
    told = [(row[0], row[1], row[2], row[3]) for row in _intervals(page)]
    assert told[2:] == [
        ("2025-04-08 10:00 +08:00", "2025-04-13 09:00 +08:00", "Stored", "SITE-1 › ROOM-1 › FRIDGE-1"),
        ("2025-04-13 09:00 +08:00", "2025-04-13 10:00 +08:00", "Nowhere recorded", "Nowhere recorded"),
        ("2025-04-13 10:00 +08:00", "2025-04-14 10:00 +08:00", "On a machine", "DS-3"),
        ("2025-04-13 10:00 +08:00", "2025-04-14 10:00 +08:00", "On the way", "to SITE-2"),
        ("2025-04-14 10:00 +08:00", "2025-04-14 12:00 +08:00", "At the site, place not recorded", "SITE-2"),
        ("2025-04-14 12:00 +08:00", "nothing recorded since", "Nowhere recorded", "Nowhere recorded"),
    ]
    arrived = _intervals(page)[-2]
    assert arrived[5] == "Transported O21P-04", "who closed the transport"
    assert arrived[6] == "Changed disposition O28P-04"
    assert page.one("span", id="gaps").text == "2 of them nowhere recorded"


async def test_where_it_is_now_stands_first(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open(_address(id="CellLot:WCB1"))
    (now,) = [each for each in page.all("section") if each.attributes.get("aria-labelledby") == "now"]
    assert [each.text for each in now.all("li")] == [
        "18 units: 3-20 SITE-1 › ROOM-1 › TANK-B Stored, from 2025-03-17 18:00 +08:00"
    ]


async def test_only_what_was_in_one_place_is_listed_where_that_is_asked(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    whole = await reader.open(_address(id="CellLot:DP1"))
    options = {each.attributes["value"] for each in whole.one("select", id="within").all("option")}
    assert {"StoragePosition:SITE-2", "StoragePosition:ROOM-1", "Equipment:INC-2"} <= options
    room = await reader.open(_address(id="CellLot:DP1", within="StoragePosition:ROOM-1"))
    assert {row[3] for row in _intervals(room)} == {"SITE-1 › ROOM-1 › FRIDGE-1"}
    assert room.one("b", id="total").text == whole.one("b", id="total").text, "the answer is the same"
    nothing = await reader.open(_address(id="CellLot:DP1", within="StoragePosition:TANK-A"))
    assert nothing.all("table", id="intervals") == []
    assert "was in this place" in nothing.one("main").text
    gaps = await reader.open(_address(id="CellLot:DP1", manner="gap"))
    assert {row[2] for row in _intervals(gaps)} == {"Nowhere recorded"}


async def test_pages_of_things_that_are_stored_lead_there_and_others_do_not(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for thing in ("CellLot:MCB1", "Tissue:T1", "Reagent:R-MED-8", "CellUnit:WCB1#3"):
        page = await reader.open(f"/view/node/{thing.replace('#', '%23')}")
        (there,) = [link for link in links_of(page.one("main")) if "/view/whereabouts" in link]
        shown = await reader.open(there)
        assert thing.partition(":")[2] in shown.one("h1").text
    for thing in ("Donor:D1", "Equipment:INC-1", "StoragePosition:TANK-A", "Subject:S1"):
        page = await reader.open(f"/view/node/{thing}")
        assert not [link for link in links_of(page) if "/view/whereabouts" in link]


async def test_it_is_answered_as_the_records_stood(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    now = _intervals(await reader.open(_address(id="CellUnit:DP1#4")))
    then = await reader.open(_address(id="CellUnit:DP1#4", knownAt="2025-06-01T00:00:00+08:00"))
    assert "2025-06-01 00:00 +08:00" in then.one("section", aria_label="This answer").text
    assert [row[2] for row in _intervals(then)][-2:] == ["Stored", "Seen by an inventory"]
    assert now[-1][2] == "Used up, given or destroyed", "it was given to S4, as was found out later"


async def test_every_link_of_the_page_is_answered(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(_address(id="CellLot:DP1", knownAt="2025-06-01T00:00:00+08:00"))
    links = {link for link in links_of(page.one("main")) if not link.startswith("#")}
    assert len(links) > 15
    for link in links:
        assert (await reader.get(link)).status_code == 200, link


async def test_a_long_list_has_pages_that_stay_at_their_position(embedded_engine: EmbeddedEngine) -> None:
    sheet = _many(60)
    store = await _store_of(embedded_engine, sheet.records)
    reader = await Reader.of(store)
    first = await reader.open(_address(id="CellLot:B"))
    assert len(_intervals(first)) == 100
    (onward,) = [each.attributes["href"] for each in first.all("a", rel="next")]
    sheet.records.clear()
    sheet.stored(units_of("B", 60), "TANK-1")
    await import_all(store, sheet.records)
    second = await reader.open(onward)
    total = int(first.one("b", id="total").attributes["data-total"])
    assert len(_intervals(second)) == total - 100
    assert answer_texts(second) == answer_texts(first)


async def test_units_that_went_together_take_one_row_however_many(embedded_engine: EmbeddedEngine) -> None:
    rows, statements = [], []
    for units in (10, 400):
        sheet = BenchSheet()
        _bank(sheet, units)
        sheet.stored("B")
        store = await _store_of(embedded_engine, sheet.records)
        reader = await Reader.of(store)
        await reader.open(_address(id="CellLot:B"))  # what is prepared once is prepared
        with statement_count() as counted:
            page = await reader.open(_address(id="CellLot:B"))
        rows.append([row[:4] for row in _intervals(page)])
        statements.append(counted.count)
    assert rows[0] == rows[1]
    assert statements[0] == statements[1]


def _bank(sheet: BenchSheet, units: int) -> None:
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B", units=units)


def _many(units: int) -> BenchSheet:
    """A bank of units, of which each but the last was stored by itself."""
    sheet = BenchSheet()
    _bank(sheet, units)
    for unit in range(1, units):
        sheet.stored(units_of("B", unit), "TANK-1")
    return sheet


# -- the picture ---------------------------------------------------------------------------------------------------


async def test_the_picture_says_what_the_list_says(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    listed = await reader.open(_address(id="CellLot:DP1"))
    (to_picture,) = [link for link in links_of(listed.one("main")) if "as=picture" in link]
    picture = await reader.open(to_picture)
    told = [(row[3], row[4], row[1]) for row in cells(picture.one("table", id="intervals"))]
    assert told == [tuple(row[:3]) for row in _intervals(listed)]
    assert len([node for node in picture.data["nodes"] if "bar" in node]) == len(told)
    assert picture.one("b", id="as-of-seq").text == str(answer_texts(listed)[1])
    (back,) = [link for link in links_of(picture) if link.startswith("/view/whereabouts?") and "as=" not in link]
    assert (await reader.open(back)).one("h1").text == "Where DP1 has been"


async def test_every_link_of_the_picture_is_answered_and_one_to_keep_has_none(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    page = await reader.open(_address(id="CellLot:DP1", **{"as": "picture"}))
    links = {*links_of(page), *(href for shape in page.data["shapes"] for _, href in shape["links"])}
    assert len(links) > 8
    for link in links:
        assert (await reader.get(link)).status_code == 200, link
    alone = await reader.open(_address(id="CellLot:DP1", **{"as": "picture", "standalone": "true"}))
    assert alone.all("a") == []
    assert all(shape["links"] == [] for shape in alone.data["shapes"])


async def test_the_picture_is_told_in_chinese(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, language="zh")
    page = await reader.open(_address(id="CellUnit:DP1#3", **{"as": "picture"}))
    assert page.one("html").attributes["lang"] == "zh-CN"
    assert page.one("h1").text == "CellUnit:DP1#3 的去向与存放"
    assert "运输途中" in {row[1] for row in cells(page.one("table", id="intervals"))}


# -- to whom, and what is wrong ------------------------------------------------------------------------------------


async def test_a_role_that_may_not_see_staff_or_doses_is_told_neither(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER)
    for form in ("list", "picture"):
        text = (await reader.get(_address(id="CellLot:DP1", **{"as": form}))).text
        assert "P-02" not in text
        assert "2025-04-10" not in text, "when S1 was treated"
        assert "not shown" in text
        assert "2025-04-13" in text, "what is no secret is shown"


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"id": "Donor:D1"}, 400, "CellLot"),
        ({"id": "DP1"}, 400, "Kind:key"),
        ({"id": "CellLot:NONE"}, 404, "CellLot:NONE"),
        ({"id": "CellLot:DP1", "as": "song"}, 400, "picture"),
        ({"id": "CellLot:DP1", "manner": "hidden"}, 400, "stay"),
        ({"id": "CellLot:DP1", "within": "TANK-A"}, 400, "'TANK-A' is no id"),
        ({"id": "CellLot:DP1", "knownAt": "soon"}, 400, "knownAt"),
        ({"id": "CellLot:DP1", "at": "100000"}, 400, "at=100000"),
        ({"id": "CellLot:DP1", "page": "0"}, 400, "page=0"),
        ({"id": "CellLot:DP1", "place": "TANK-A"}, 400, "page"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    trial_store: Store, asked: dict[str, str], status: int, said: str
) -> None:
    reader = await Reader.of(trial_store)
    reader.client.headers["Accept"] = "application/json"
    answer = await reader.get("/view/whereabouts", **asked)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert said in f"{error['message']} {error['remedy']} {error.get('member')}"


async def test_names_that_could_be_markup_are_shown_as_text(embedded_engine: EmbeddedEngine) -> None:
    sheet = BenchSheet()
    for name in NASTY:
        sheet.reagent(name)
        sheet.node("StoragePosition", name, parent="TANK-1")
        sheet.act("STORED", [{"kind": "Reagent", "id": name}], [{"kind": "StoragePosition", "id": name}], end=None)
    store = await _store_of(embedded_engine, sheet.records)
    reader = await Reader.of(store)
    for name in NASTY:
        for form in ("list", "picture"):
            page = await reader.open(_address(id=f"Reagent:{name}", **{"as": form}))
            assert " ".join(name.split()) in page.one("table", id="intervals").text
            assert len(page.all("script")) == (1 if form == "list" else 6)


async def test_without_a_thing_it_asks_which(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/whereabouts")
    assert page.one("form", action="/view/whereabouts").one("input", id="id").attributes["name"] == "id"
