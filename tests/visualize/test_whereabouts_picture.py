"""The picture of where a thing has been: bands, bars, ends that are not exact, what is rolled up, what the table says."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from graph.viewer import OWNER, Role, Viewer
from queries.whereabouts import Manner
from support.bench_sheet import BenchSheet, units_of
from support.days import Days
from support.lineage_views import view_of
from support.nasty import NASTY
from support.pages import Page, read_page
from support.trial import excursion, trial
from visualize import (
    WhereaboutsPicture,
    WhereaboutsQuestion,
    ask_whereabouts_picture,
    whereabouts_picture_page,
)
from visualize.timeline import Rectangle
from visualize.whereabouts.drawing import Bar
from visualize.whereabouts.layout import Placed, lay_out
from visualize.whereabouts.network import LOOKS
from visualize.words import Speech

Json = dict[str, Any]
TRIAL = [*trial(), *excursion()]


async def drawn(records: list[Json], id_: str, *, viewer: Viewer = OWNER, **more: Any) -> WhereaboutsPicture:
    return await ask_whereabouts_picture(view_of(records, "index", viewer=viewer), WhereaboutsQuestion(id=id_, **more))


def address(question: WhereaboutsQuestion, language: str) -> str:
    within = "" if question.within is None else question.within[1]
    manner = "" if question.manner is None else question.manner.value
    return f"/{language}?manner={manner}&within={within}&part={question.part}"


def page_of(picture: WhereaboutsPicture, **more: Any) -> Page:
    return read_page(whereabouts_picture_page(picture, address=address, **more))


def shapes_of(page: Page) -> list[Json]:
    """The nodes that are bars: others hold the ends of lines."""
    return [node for node in page.data["nodes"] if "bar" in node]


def laid_out(picture: WhereaboutsPicture, label: float = 60.0) -> Placed:
    drawing = picture.drawing
    return lay_out(drawing, [label] * len(drawing.bars), [100.0] * len(drawing.bands))


def bars_of(picture: WhereaboutsPicture, manner: Manner) -> list[tuple[Bar, Any]]:
    placed = laid_out(picture)
    return [(bar, at) for bar, at in zip(picture.drawing.bars, placed.bars, strict=True) if bar.manner is manner]


def stored_apart(units: int, *, boxes: int = 1) -> list[Json]:
    """A bank of units, each stored by itself, in so many boxes."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B", units=units)
    for box in range(boxes):
        sheet.node("StoragePosition", f"BOX-{box}", parent="TANK-1")
    for unit in range(1, units + 1):
        sheet.stored(units_of("B", unit), f"BOX-{unit % boxes}")
    return sheet.records


# -- bands and bars ------------------------------------------------------------------------------------------------


async def test_each_place_has_a_band_named_by_what_it_stood_in() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    page = page_of(picture)
    assert [band["label"] for band in page.data["behind"]["bands"]] == [
        "At an operation · place not recorded",
        "INC-2",
        "SITE-1 › ROOM-1 › FRIDGE-1",
        "DS-3",
        "on the way to SITE-2",
        "SITE-2",
        "Nowhere recorded",
        "Used up, given or destroyed",
    ]


async def test_bars_stand_in_the_band_of_their_place_and_nothing_lies_on_anything_else() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    placed = laid_out(picture)
    boxes = []
    for bar, at in zip(picture.drawing.bars, placed.bars, strict=True):
        top, bottom = placed.bands[bar.band]
        below = Rectangle(at.at.left + 30, at.at.bottom + 11, 60, 14)  # the label
        assert top < at.at.top
        assert below.bottom <= bottom
        boxes += [at.at, below]
    for one, other in combinations(boxes, 2):
        is_apart = (
            one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        )
        assert is_apart, (one, other)
    for (_, upper), (lower, _) in zip(placed.bands, placed.bands[1:], strict=False):
        assert upper < lower


async def test_time_runs_from_left_to_right() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    placed = laid_out(picture)
    starts = [
        (bar.start[0], at.at.left) for bar, at in zip(picture.drawing.bars, placed.bars, strict=True) if bar.start
    ]
    for (when, x), (later, further) in combinations(sorted(starts), 2):
        assert (further - x > 1) is (when < later)
    assert [x for x, _ in placed.ticks] == sorted(x for x, _ in placed.ticks)


async def test_what_goes_on_is_an_arrow_at_the_end_of_time() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    nodes = shapes_of(page_of(picture))
    open_ones = [node for node, bar in zip(nodes, picture.drawing.bars, strict=True) if bar.is_open]
    assert len(open_ones) == 2, "unit 4 in the fridge, unit 3 nobody knows where"
    rights = {node["x"] + node["bar"]["width"] / 2 for node in open_ones}
    assert all(node["bar"]["open"] for node in open_ones)
    assert max(rights) - min(rights) < 1
    assert max(node["x"] + node["bar"]["width"] / 2 for node in nodes) - max(rights) < 1


async def test_an_end_that_is_not_exact_is_soft_as_far_as_it_is_not() -> None:
    days = Days()
    days.made("L")
    days.act("STORED", ["CellLot:L"], ["StoragePosition:BOX"], at="2025-01-03/2025-01-04", to=9)
    ((bar, at),) = bars_of(await drawn(days.records, "CellLot:L"), Manner.STAY)
    assert bar.start is not None
    assert bar.start[1] - bar.start[0] == 2 * 86_400_000, "from the third to the end of the fourth"
    assert 0 < at.soft_left < at.at.width
    assert at.soft_right == 0


async def test_a_run_of_which_no_end_is_recorded_does_not_look_as_if_it_went_on() -> None:
    days = Days()
    days.made("L", uses=[Days.run("INC")])
    picture = await drawn(days.records, "CellLot:L")
    ((bar, at),) = bars_of(picture, Manner.RUN)
    assert not bar.is_open
    assert at.soft_right > 0
    (row,) = [row for row in page_of(picture).rows("intervals") if "On a machine" in row.text]
    assert row.all("td")[4].text == "not recorded"


async def test_a_moved_rack_shows_its_stay_in_two_bands() -> None:
    days = Days()
    for key, parent in (("TANK-1", None), ("TANK-2", None), ("RACK", "TANK-1")):
        days.node(f"StoragePosition:{key}", **({"parent": parent} if parent else {}))
    days.made("L")
    days.stored("CellLot:L", "RACK", 1)
    days.moved("RACK", "TANK-2", at=4)
    picture = await drawn(days.records, "CellLot:L")
    bands = [band["label"] for band in page_of(picture).data["behind"]["bands"]]
    assert {"TANK-1 › RACK", "TANK-2 › RACK"} <= set(bands)
    (_, before), (_, after) = bars_of(picture, Manner.STAY)
    assert before.at.right == pytest.approx(after.at.left)


async def test_every_manner_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(Manner)
    assert len(set(LOOKS.values())) == len(Manner)


# -- what the page says --------------------------------------------------------------------------------------------


async def test_the_table_and_the_legend_tell_what_is_drawn() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    page = page_of(picture)
    assert {int(row.attributes["data-shape"]) for row in page.rows("intervals")} == {
        node["id"] for node in shapes_of(page)
    }
    legend = [item.text for item in page.one("div", class_="legend").all("li")]
    assert {"Stored 5", "On the way 1", "Nowhere recorded 2", "goes on", "some of it went on"} <= set(legend)
    offered = {box.attributes["value"] for box in page.all("input", class_="kind")}
    assert offered == {shape["kind"] for shape in page.data["shapes"]}, "each can be left out"
    assert "Left for the time being" not in offered, "nothing was"


async def test_a_bar_tells_who_began_and_ended_it_with_their_operations() -> None:
    picture = await drawn(TRIAL, "CellUnit:DP1#3")
    page = page_of(picture)
    (way,) = [shape for shape in page.data["shapes"] if shape["heading"].startswith("on the way to SITE-2")]
    told = dict(way["sections"][0][1])
    assert told["Begun by"] == "Transported · O21 · P-02"
    assert told["Ended by"] == "Transported · O21 · P-04"
    assert way["operations"] == ["O21"]
    assert page.data["operations"]["O21"][0] == "Transported · O21"


async def test_lines_lead_from_each_place_to_the_next_and_the_way_of_a_bar_stands_out() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    page = page_of(picture)
    assert {line["heading"] for line in page.data["lines"]} >= {
        "place not recorded → SITE-1 › ROOM-1 › FRIDGE-1",
        "SITE-1 › ROOM-1 › FRIDGE-1 → Nowhere recorded",
        "Nowhere recorded → on the way to SITE-2",
        "on the way to SITE-2 → SITE-2",
        "SITE-2 → Nowhere recorded",
    }
    bars = picture.drawing.bars
    (way,) = [number for number, bar in enumerate(bars) if bar.manner is Manner.ON_THE_WAY]
    links = [picture.drawing.links[number] for number in page.data["paths"][str(way)]]
    passed = {end for link in links for end in (link.source, link.target)}
    units = {interval.units for end in passed if (interval := bars[end].interval) is not None}
    assert units == {("3",), ("1-5",)}, "the way of unit 3 and of no other"
    (run,) = [number for number, bar in enumerate(bars) if bar.manner is Manner.COUNT]
    assert str(run) not in page.data["paths"], "a count is no step of the way"
    owners = {int(anchor): bar for anchor, bar in page.data["anchors"].items()}
    for edge, link in zip(page.data["edges"], picture.drawing.links, strict=True):
        assert (owners[edge["from"]], owners[edge["to"]]) == (link.source, link.target)


async def test_completeness_and_position_stand_first() -> None:
    page = page_of(await drawn(TRIAL, "CellLot:DP1"))
    assert page.one("strong", id="completeness").text == "Complete"
    assert page.one("b", id="as-of-seq").text == "86"
    assert page.one("b", id="total").text == "16 intervals"


async def test_what_a_role_may_not_see_has_no_place_in_time() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1", viewer=Viewer(person="P-01", role=Role.VIEWER))
    placed = laid_out(picture)
    taken = bars_of(picture, Manner.TAKEN)
    hidden = [at for bar, at in taken if bar.start is None]
    assert len(hidden) == 2, "the doses of S1 and S2; that one was destroyed is no secret"
    for at in hidden:
        assert at.at.left > placed.time_right
    widths = {
        at.at.width
        for bar, at in zip(picture.drawing.bars, placed.bars, strict=True)
        if bar.interval is not None and bar.interval.is_end_masked and bar.start is not None
    }
    assert len(widths) == 1, "how long it was does not show"
    assert page_of(picture).data["behind"]["masked"] == "not shown"


async def test_nothing_recorded_is_a_page_without_bars() -> None:
    page = page_of(await drawn(TRIAL, "Reagent:R-MED-8"))
    assert page.data["nodes"] == []
    assert page.one("b", id="total").text == "0 intervals"


# -- many ----------------------------------------------------------------------------------------------------------


async def test_many_intervals_are_rolled_up_and_counted_once() -> None:
    picture = await drawn(stored_apart(300, boxes=3), "CellLot:B")
    assert picture.drawing.is_rolled_up
    assert sum(bar.count for bar in picture.drawing.bars) == picture.listed == len(picture.answer.intervals)
    stays = [bar for bar in picture.drawing.bars if bar.manner is Manner.STAY]
    assert [bar.count for bar in stays] == [100, 100, 100]
    page = page_of(picture)
    assert "too many to draw one by one" in page.one("p", id="rolled-up").text
    (row,) = [row for row in page.rows("intervals") if "BOX-1" in row.text]
    assert row.one("a").attributes["href"] == "/en?manner=stay&within=BOX-1&part=None"
    opened = await drawn(
        stored_apart(300, boxes=3), "CellLot:B", manner=Manner.STAY, within=("StoragePosition", "BOX-1")
    )
    assert len(opened.drawing.bars) == 100
    assert not opened.drawing.is_rolled_up


async def test_more_places_than_can_be_drawn_are_told_by_what_they_stand_in() -> None:
    picture = await drawn(stored_apart(250, boxes=250), "CellLot:B")
    (stays,) = [bar for bar in picture.drawing.bars if bar.manner is Manner.STAY]
    assert stays.count == 250
    labels = [band["label"] for band in page_of(picture).data["behind"]["bands"]]
    assert "TANK-1 › …" in labels


async def test_more_of_one_place_than_can_be_drawn_is_drawn_in_parts() -> None:
    records = stored_apart(450)
    whole = await drawn(records, "CellLot:B", manner=Manner.STAY, within=("StoragePosition", "BOX-0"))
    (group,) = whole.drawing.bars
    assert group.count == 450
    (row,) = page_of(whole).rows("intervals")
    assert row.one("a").attributes["href"].endswith("&part=1")
    parts = [
        await drawn(records, "CellLot:B", manner=Manner.STAY, within=("StoragePosition", "BOX-0"), part=part)
        for part in (1, 2, 3)
    ]
    assert [len(part.drawing.bars) for part in parts] == [200, 200, 50]
    assert not any(part.drawing.is_rolled_up for part in parts)
    page = page_of(parts[1])
    assert "Part 2 of 3" in page.one("section", id="answer").text
    links = {link.text: link.attributes["href"] for link in page.one("nav").all("a")}
    assert links["The part before"].endswith("part=1")
    assert links["The part after"].endswith("part=3")


# -- safe ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NASTY)
async def test_names_that_could_be_markup_reach_the_page_as_text(name: str) -> None:
    days = Days()
    days.node(f"StoragePosition:{name}")
    days.node(f"Reagent:{name}")
    days.stored(f"Reagent:{name}", name, 1)
    page = page_of(await drawn(days.records, f"Reagent:{name}"), nonce="n")
    assert len(page.all("script")) == 6, "the data, the drawing script and ours"
    (stay,) = page.data["shapes"]
    assert stay["heading"].startswith(name.strip())


async def test_both_languages_tell_of_the_same_bars() -> None:
    picture = await drawn(TRIAL, "CellLot:DP1")
    english, chinese = page_of(picture), page_of(picture, language="zh")
    assert chinese.one("html").attributes["lang"] == "zh-CN"
    places = [[(n["x"], n["y"], n["bar"]) for n in shapes_of(page)] for page in (english, chinese)]
    assert [bar for _, _, bar in places[0]] == [bar for _, _, bar in places[1]]
    assert chinese.data["behind"]["bands"][-2]["label"] == Speech("zh")("manner_gap")
