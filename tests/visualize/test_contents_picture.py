"""The plan of a place: what is drawn by itself and what together, where it is drawn, and how it looks."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from graph.index.hazards import Hazard, Seed
from graph.reader import id_text
from graph.times import parse_moment
from graph.viewer import Role, Viewer
from queries.contents import ContentsAsked
from queries.impact import ImpactAsked
from support.bench_sheet import BenchSheet, Json
from support.lineage_views import view_of
from support.pages import Page, read_page
from support.trial import trial
from visualize import ContentsPicture, ContentsQuestion, ask_contents_picture, contents_page

MEDIUM = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("Reagent", "R-MED-8")),))
APRIL = "2025-04-13T12:00:00+08:00"


async def _picture(
    records: list[Json], position: str, at: str, *, role: Role = Role.OWNER, about: ImpactAsked | None = None, **more: Any
) -> ContentsPicture:  # fmt: skip
    asked = ContentsAsked(
        position=("StoragePosition", position), at_ms=parse_moment(at).earliest_ms, impact=about
    )  # fmt: skip
    view = view_of(records, "index", viewer=Viewer(person="P-01", role=role))
    return await ask_contents_picture(view, ContentsQuestion(asked=asked, **more))


def _page(picture: ContentsPicture, language: str = "en") -> Page:
    def address(question: ContentsQuestion, spoken: str, is_list: bool) -> str:
        form = "list" if is_list else "picture"
        return f"/{form}/{question.asked.position[1]}/{question.kinds}/{question.affected}/{spoken}"

    return read_page(
        contents_page(
            picture,
            site_offset=480,
            language=language,
            address=address,
            above=("StoragePosition", "SITE-1"),
            thing_address=id_text,
        )
    )


def _large(units: int, boxes: int) -> tuple[list[Json], str]:
    """A tank with so many boxes, each with units of a bank of its own: every third bank is made with a bad reagent."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.reagent("R1")
    for number in range(1, boxes + 1):
        sheet.node("StoragePosition", f"BOX-{number}", level="box", parent="TANK-1")
        sheet.collected("D1", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.expanded(f"L{number}", f"E{number}", reagents=["R1"] if number % 3 == 0 else [])
        sheet.cryopreserved(f"E{number}", f"B{number}", units=units)
        sheet.stored(f"B{number}", f"BOX-{number}")
    return sheet.records, sheet.records[-1]["start"]


R1 = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("Reagent", "R1")),))


def _rectangles(page: Page) -> dict[int, tuple[float, float, float, float]]:
    """Of boxes: left, top, right, bottom."""
    return {
        node["id"]: (
            node["x"] - node["place"]["width"] / 2, node["y"] - node["place"]["height"] / 2,
            node["x"] + node["place"]["width"] / 2, node["y"] + node["place"]["height"] / 2,
        )
        for node in page.data["nodes"]
        if "place" in node
    }  # fmt: skip


async def test_things_stand_in_their_positions_and_nothing_on_anything_else() -> None:
    for page in (
        _page(await _picture(trial(), "SITE-1", APRIL, about=MEDIUM)),
        _page(await _picture(*_large(2, 12)[:1], "TANK-1", "2025-12-01T00:00:00+00:00", about=R1)),
    ):
        boxes, outer = _rectangles(page), {edge["to"]: edge["from"] for edge in page.data["edges"]}
        assert len(boxes) > 3
        for node in page.data["nodes"][1:]:
            left, top, right, bottom = boxes[outer[node["id"]]]
            assert left < node["x"] < right
            assert top < node["y"] < bottom
        for one, other in combinations(boxes, 2):
            a, b = boxes[one], boxes[other]
            is_apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            is_within = b[0] > a[0] and b[1] > a[1] and b[2] < a[2] and b[3] < a[3]
            assert is_apart or is_within
        things = [(node["x"], node["y"]) for node in page.data["nodes"] if "place" not in node]
        assert all(abs(a[0] - b[0]) > 25 or abs(a[1] - b[1]) > 25 for a, b in combinations(things, 2))


async def test_what_is_affected_is_told_by_colour_rim_and_text() -> None:
    picture = await _picture(trial(), "ROOM-1", APRIL, about=MEDIUM)
    nodes = {node["label"].split("\n")[0]: node for node in _page(picture).data["nodes"] if "place" not in node}
    affected, clean = nodes["MCB2"], nodes["MCB1"]
    assert affected["label"].endswith("▲ 1 material")
    assert clean["label"] == "MCB1\nCell lot"
    assert affected["borderWidth"] > 2 * clean["borderWidth"]
    assert affected["color"]["background"] != clean["color"]["background"]
    assert affected["shape"] == clean["shape"], "the shape tells the kind"


async def test_what_is_uncertain_is_dashed_and_marked() -> None:
    records, last = _large(2, 1)
    records[-1] |= {"start": last[:10], "zone": "+00:00"}
    picture = await _picture(records, "TANK-1", f"{last[:10]}T23:00:00+00:00")
    for node in _page(picture).data["nodes"]:
        if "place" not in node:
            assert node["shapeProperties"] == {"borderDashes": [4, 3]}
            assert node["label"].split("\n")[0].endswith(" ?")


async def test_more_than_can_be_told_apart_is_rolled_up_by_position_and_kind() -> None:
    records, last = _large(30, 9)
    picture = await _picture(records, "TANK-1", last, about=R1)
    page = _page(picture)
    labels = [node["label"] for node in page.data["nodes"] if "place" not in node]
    assert labels == ["30 ×\nCell unit", "30 ×\nCell unit", "30 ×\nCell unit\n▲ 30 affected"] * 3
    assert page.one("b", id="total").attributes["data-total"] == "270"
    assert page.one("b", id="affected-count").text == "▲ 90 affected, 180 not affected"
    assert sum(int(row.attributes["data-count"]) for row in page.rows("standing")) == 270
    into = {href for shape in page.data["shapes"] for _, href in shape["links"] if href.startswith("/picture")}
    assert into == {f"/picture/BOX-{number}/None/None/en" for number in range(1, 10)}
    part = await _picture(records, "TANK-1", last, about=R1, affected=True)
    assert len(part.plan.rows) == 90, "what is affected is little enough to be told apart"


async def test_an_overview_of_very_many_positions_names_those_in_which_most_is_affected() -> None:
    records, last = _large(3, 90)
    picture = await _picture(records, "TANK-1", last, about=R1)
    named = {box.node[1] for box in picture.plan.boxes[1:] if box.positions == 1}
    assert {f"BOX-{number}" for number in range(3, 91, 3)} <= named
    (rest,) = [box for box in picture.plan.boxes if box.positions > 1]
    assert (rest.positions, rest.count, rest.affected) == (30, 90, 0)
    assert sum(box.count for box in picture.plan.boxes[1:]) == picture.answer.total == 270
    larger, _ = _large(9, 90)
    grown = await _picture(larger, "TANK-1", "2025-12-01T00:00:00+00:00", about=R1)
    assert abs(len(str(_page(grown).data)) - len(str(_page(picture).data))) < 2_000, "the page does not grow with them"


async def test_the_table_says_what_the_picture_says() -> None:
    picture = await _picture(trial(), "ROOM-1", APRIL, about=MEDIUM)
    for language in ("en", "zh"):
        page = _page(picture, language)
        rows = page.rows("standing")
        shapes = page.data["shapes"]
        assert len(rows) + len(page.rows("positions")) == len(shapes)
        for row in rows:
            shape = shapes[int(row.attributes["data-shape"])]
            assert row.one("button").text == shape["heading"]
            told = {text for _, section in shape["sections"] for _, text in section}
            assert {cell.text for cell in row.all("td")[4:8] if cell.text} <= told


async def test_every_box_leads_into_itself_and_the_page_up_and_to_the_list() -> None:
    page = _page(await _picture(trial(), "ROOM-1", APRIL, about=MEDIUM))
    into = {row.all("td")[0].text: [link.attributes["href"] for link in row.all("a")] for row in page.rows("positions")}
    assert into["ROOM-1"] == []
    assert into["TANK-A"] == ["/picture/TANK-A/None/None/en"]
    leads = {link.text: link.attributes["href"] for link in page.one("header").all("a")}
    assert leads["As a list"] == "/list/ROOM-1/None/None/en"
    assert leads["Go up to SITE-1"] == "/picture/SITE-1/None/None/en"


async def test_empty_positions_are_counted_and_an_empty_place_says_so() -> None:
    records, last = _large(2, 3)
    records.append({"record": "node", "kind": "StoragePosition", "id": "BOX-9", "data": {"parent": "TANK-1"}})
    page = _page(await _picture(records, "TANK-1", last))
    assert "Empty positions below it: 1." in page.one("section", id="answer").text
    empty = _page(await _picture(records, "BOX-9", last))
    assert "Nothing stood there." in empty.one("section", id="answer").text
    assert [node["label"] for node in empty.data["nodes"]] == ["BOX-9 · 0 in it"]


async def test_nobody_is_shown_what_the_role_may_not_see() -> None:
    sheet = BenchSheet()
    sheet.donor("D2", donor_relationship="autologous")
    sheet.collected("D2", "T8")
    sheet.separated("T8", "SECRET")
    last = sheet.stored("SECRET")
    for role, is_shown in ((Role.VIEWER, False), (Role.OPERATOR, True)):
        picture = await _picture(sheet.records, "TANK-1", last["start"], role=role)
        text = contents_page(picture, site_offset=0)
        assert ("SECRET" in text) == is_shown
        (row,) = read_page(text).rows("standing")
        assert row.one("button").text == ("CellLot:SECRET" if is_shown else "CellLot:•1")


@pytest.mark.parametrize("boxes", [1, 2, 7, 40])
async def test_the_plan_is_about_as_wide_as_a_window(boxes: int) -> None:
    records, last = _large(2, boxes)
    data = _page(await _picture(records, "TANK-1", last)).data
    assert 0.8 < data["width"] / data["height"] < 4
