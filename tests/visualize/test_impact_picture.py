"""The picture of an impact: who is drawn where, along which path, in how much room; and what the tables beside it say."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest

from exchange.generator import generate
from graph.index.hazards import Channel, Hazard, Seed
from graph.reader import NodeId, id_text
from graph.times import parse_moment
from graph.viewer import OWNER, Role, Viewer
from queries.groups import carriers
from queries.ids import parse_node_id
from queries.impact import ImpactAsked, impact
from support.bench_sheet import BenchSheet
from support.lineage_views import view_of
from support.memory_graph import MemoryLog
from support.nasty import NASTY
from support.pages import Page, read_page
from support.trial import correction, scenarios, trial
from visualize import ImpactPicture, ImpactQuestion, ask_impact_picture, impact_page
from visualize.impact.layout import lay_out
from visualize.labels import text_size
from visualize.timeline import Rectangle

SCENARIOS = scenarios()["impact"]
LOOK_BACK = next(each for each in SCENARIOS if each["name"] == "donor look-back")
_LEFT_OUT = {"Donor", "CellUnit", "Reagent"}  # of the expected answers


def ms(text: str | None) -> int | None:
    return None if text is None else parse_moment(text).earliest_ms


def asked_in(scenario: dict[str, Any]) -> ImpactAsked:
    channels = scenario.get("channels")
    return ImpactAsked(
        hazard=Hazard(scenario["hazard"]),
        seeds=tuple(
            Seed(node=parse_node_id(each["id"]), from_ms=ms(each.get("from")), until_ms=ms(each.get("until")))
            for each in scenario["seeds"]
        ),
        channels=None if channels is None else frozenset(map(Channel, channels)),
        known_at_ms=ms(scenario.get("known_at")),
    )


def asked_of(*seeds: str, hazard: Hazard = Hazard.EXPOSURE) -> ImpactAsked:
    return ImpactAsked(hazard=hazard, seeds=tuple(Seed(node=parse_node_id(each)) for each in seeds))


async def drawn(
    records: list[dict[str, Any]],
    asked: ImpactAsked,
    *,
    viewer: Viewer = OWNER,
    log: MemoryLog | None = None,
    **more: Any,
) -> ImpactPicture:
    view = view_of(records, "index", viewer=viewer, log=log)
    return await ask_impact_picture(view, ImpactQuestion(asked=asked, **more))


def page_of(picture: ImpactPicture, **asked: Any) -> Page:
    return read_page(impact_page(picture, **asked))


def place_of(picture: ImpactPicture, node: str) -> int:
    (number,) = (n for n, mark in enumerate(picture.drawing.marks) if id_text(mark.node) == node)
    return number


def laid_out(picture: ImpactPicture) -> tuple[dict[NodeId, Rectangle], Any]:
    drawing = picture.drawing
    sizes = [text_size(f"{mark.node[1]}\n{mark.kind}") for mark in drawing.marks]
    placed = lay_out(drawing, sizes, [60.0] * len(drawing.bars))
    return {mark.node: at for mark, at in zip(drawing.marks, placed.marks, strict=True)}, placed


def stacked(count: int) -> list[dict[str, Any]]:
    """A donor, its tissue, a lot, and a bank of so many units."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=count)
    return sheet.records


# -- who is drawn ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"].replace(" ", "-"))
async def test_the_picture_shows_in_each_tier_whom_the_scenario_expects(scenario: dict[str, Any]) -> None:
    records = trial() + (correction() if scenario.get("with") == "correction" else [])
    picture = await drawn(records, asked_in(scenario))
    tiers = {int(tier): set(keys) for tier, keys in scenario["expect"].items()}
    marks = [mark for mark in picture.drawing.marks if not mark.is_carrier and mark.kind not in _LEFT_OUT]
    assert {tier: {mark.node[1] for mark in marks if mark.tier == tier} for tier in tiers} == tiers
    listed = {(row.all("td")[0].text, row.one("button").text) for row in page_of(picture).rows("affected")}
    assert listed >= {(str(tier), key) for tier, keys in tiers.items() for key in keys}


async def test_everything_that_is_drawn_is_in_the_tables() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK))
    page = page_of(picture)
    assert len(page.rows("affected")) == len(picture.drawing.marks) == picture.counts.total + 2, "INC-1 and TANK-B"
    assert len(page.rows("carriers")) == len(picture.drawing.bars) > 0
    drawn_ids = {node["id"] for node in page.data["nodes"]} - {int(each) for each in page.data["anchors"]}
    told = {int(row.attributes["data-shape"]) for table in ("affected", "carriers") for row in page.rows(table)}
    assert told == drawn_ids


async def test_completeness_position_and_offset_of_the_dates_are_told() -> None:
    page = page_of(await drawn(trial(), asked_in(LOOK_BACK)))
    assert page.one("strong", id="completeness").text == "Complete"
    assert page.one("b", id="as-of-seq").text == "83"
    assert page.one("b", id="total").text == "47 things"
    assert "offset +08:00" in page.one("div", class_="legend").text
    assert next(text for _, text in page.data["behind"]["ticks"]) == "2024-12-20"


async def test_an_answer_that_was_stopped_says_so_whatever_else_is_missing() -> None:
    picture = await drawn(trial(), asked_of("Reagent:R-MED-8"))
    stopped = replace(picture, is_stopped=True, completeness=replace(picture.completeness, complete=False))
    page = page_of(stopped)
    assert page.one("strong", id="completeness").text == "Not complete"
    assert "more may be affected" in page.one("section", id="answer").text
    assert "more may be affected" not in page_of(picture).one("section", id="answer").text


# -- where it stands ---------------------------------------------------------------------------------------------


async def test_time_runs_from_left_to_right_and_what_was_always_affected_stands_before_it() -> None:
    picture = await drawn(trial(), asked_of("Reagent:R-MED-8"))
    places, placed = laid_out(picture)
    since = {mark.node: mark.since_ms for mark in picture.drawing.marks}
    assert since["Reagent", "R-MED-8"] is None
    assert places["Reagent", "R-MED-8"].right < placed.time_left
    timed = {node: at for node, at in since.items() if at is not None}
    for one, other in combinations(timed, 2):
        if timed[one] < timed[other]:
            assert places[one].x < places[other].x, (one, other)
    assert [x for x, _ in placed.ticks] == sorted(x for x, _ in placed.ticks)


async def test_tiers_are_bands_one_below_the_other() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK))
    places, placed = laid_out(picture)
    assert [band.tier for band in placed.bands] == [1, 2, 3]
    for upper, lower in pairwise(placed.bands):
        assert upper.bottom < lower.top
    for mark in picture.drawing.marks:
        (band,) = (band for band in placed.bands if band.tier == mark.tier)
        assert band.top <= places[mark.node].top
        assert places[mark.node].bottom <= band.bottom


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"].replace(" ", "-"))
async def test_nothing_lies_on_anything_else(scenario: dict[str, Any]) -> None:
    picture = await drawn(trial(), asked_in(scenario))
    places, placed = laid_out(picture)
    for one, other in combinations([*places.values(), *placed.bars], 2):
        is_apart = (
            one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
        )
        assert is_apart, (one, other)


# -- by what -----------------------------------------------------------------------------------------------------


async def test_the_runs_and_stays_that_carried_it_stand_with_their_times() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK))
    marks = picture.drawing.marks
    told = {(marks[bar.carrier].node[1], bar.operation_id) for bar in picture.drawing.bars}
    assert ("INC-1", "O04") in told, "L1, which D1 gave, stood in it"
    runs = [bar for bar in picture.drawing.bars if marks[bar.carrier].node == ("Equipment", "INC-1")]
    assert {marks[bar.carrier].tier for bar in runs} == {2}
    for bar in runs:
        assert bar.start_ms is not None
        assert bar.end_ms is not None
        assert bar.start_ms < bar.end_ms


async def test_the_window_that_was_asked_about_is_drawn_with_its_machine() -> None:
    scenario = next(each for each in SCENARIOS if each["name"] == "incubator mycoplasma")
    page = page_of(await drawn(trial(), asked_in(scenario)))
    row = [cell.text for cell in page.rows("carriers")[0].all("td")]
    assert row == ["Equipment", "INC-2", "time asked about", "2025-03-08 00:00 +08:00", "2025-04-15 00:00 +08:00"]
    (machine,) = [row for row in page.rows("affected") if "INC-2" in row.text and "where it begins" in row.text]
    assert machine.attributes["data-count"] == "1"


async def test_the_path_of_a_chosen_thing_leads_from_the_seed_to_it() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK), target="Subject:S3")
    page = page_of(picture)
    steps = [(row.all("td")[0].text, row.all("td")[2].text) for row in page.rows("path")]
    assert steps[0][0] == "Donor:D1"
    assert steps[-1][1] == "Subject:S3"
    for (_, reached), (source, _) in pairwise(steps):
        assert reached == source
    assert "Equipment:INC-1" in {end for step in steps for end in step}
    target = place_of(picture, "Subject:S3")
    assert page.data["target"] == target
    lines = page.data["paths"][str(target)]
    assert page.data["lines"][lines[0]]["heading"].startswith("Donor:D1 → ")
    assert page.data["lines"][lines[-1]]["heading"].endswith(" → Subject:S3")


async def test_each_thing_has_a_path_whose_lines_follow_each_other() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK))
    links, starts = picture.drawing.links, {n for n, mark in enumerate(picture.drawing.marks) if mark.is_start}
    for number, path in picture.drawing.paths.items():
        here = number
        for link in reversed(path):
            assert links[link].target == here
            here = links[link].source
        assert here in starts


async def test_a_thing_that_is_not_affected_is_said_not_to_be() -> None:
    page = page_of(await drawn(trial(), asked_of("Reagent:R-MED-8"), target="Subject:S5"))
    assert "Subject:S5 is not affected." in page.one("section", id="answer").text
    assert page.all("table", id="path") == []


async def test_what_is_uncertain_is_marked_by_its_rim_by_a_sign_and_in_words() -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    made = sheet.separated("T1", "L1")
    made["start"] = made["start"][:10]
    made.pop("end", None)
    made["zone"] = "+08:00"
    picture = await drawn(sheet.records, asked_of("Tissue:T1"))
    (lot,) = (mark for mark in picture.drawing.marks if mark.node == ("CellLot", "L1"))
    page = page_of(picture)
    assert lot.is_uncertain
    node = page.data["nodes"][place_of(picture, "CellLot:L1")]
    assert node["label"].startswith("L1 ?")
    assert node["shapeProperties"] == {"borderDashes": [4, 3]}
    (row,) = [row for row in page.rows("affected") if row.one("button").text == "L1"]
    assert "uncertain" in row.text


# -- parts and many ----------------------------------------------------------------------------------------------


async def test_a_part_is_drawn_with_what_its_paths_lead_through() -> None:
    picture = await drawn(trial(), asked_in(LOOK_BACK), kinds=("Subject",))
    assert picture.listed == 7
    beside = {mark.node for mark in picture.drawing.marks if mark.is_beside}
    assert ("Donor", "D1") in beside
    assert not any(kind == "Subject" for kind, _ in beside)
    assert "7" in page_of(picture).one("section", id="answer").text


async def test_a_large_answer_is_rolled_up_and_its_groups_count_each_thing_once() -> None:
    picture = await drawn(stacked(1500), asked_of("Donor:D1"))
    assert picture.counts.total == 1504
    assert sum(mark.count for mark in picture.drawing.marks) == 1504
    assert len(picture.drawing.marks) < 20
    (units,) = (mark for mark in picture.drawing.marks if mark.kind == "CellUnit")
    assert (units.count, units.is_group) == (1500, True)
    page = page_of(picture, address=lambda question, _: f"/{question.kinds}/{question.tiers}/{question.between}")
    assert "1,504 things, too many to draw one by one" in page.one("p", id="rolled-up").text
    (row,) = [row for row in page.rows("affected") if row.attributes["data-count"] == "1500"]
    assert row.one("a").attributes["href"] == f"/('CellUnit',)/(1,)/({units.since_ms}, {units.before_ms})"


async def test_an_overview_tells_by_which_machine_most_were_reached() -> None:
    records = [*generate(donors=6, seed=3)]
    donor = next(each["id"] for each in records if each["record"] == "node" and each["kind"] == "Donor")
    asked = asked_of(f"Donor:{donor}", hazard=Hazard.CONTAGIOUS)
    picture = await drawn(records, asked)
    assert picture.drawing.is_rolled_up
    bars = [bar for bar in picture.drawing.bars if bar.operation_id is None]
    assert bars
    view = view_of(records, "index")
    known = {carrier.node: carrier.count for carrier in carriers(view, await impact(view, asked), most=10)}
    assert {picture.drawing.marks[bar.carrier].node: bar.count for bar in bars} == known
    page = page_of(picture)
    assert {row.all("td")[2].text for row in page.rows("carriers")} == {
        f"{n:,} were reached by it" for n in known.values()
    }


async def test_a_group_s_own_picture_holds_what_the_group_counts() -> None:
    whole = await drawn(stacked(300), asked_of("Donor:D1"))
    (units,) = (mark for mark in whole.drawing.marks if mark.kind == "CellUnit")
    part = await drawn(
        stacked(300), asked_of("Donor:D1"), kinds=("CellUnit",), tiers=(1,), between=(units.since_ms, units.before_ms)
    )
    assert part.listed == units.count == 300
    before = await drawn(stacked(300), asked_of("Donor:D1"), between=(None, units.since_ms))
    assert {mark.kind for mark in before.drawing.marks} <= {"Donor", "Tissue", "CellLot"}


async def test_the_path_to_one_of_many_is_drawn_one_by_one() -> None:
    picture = await drawn(stacked(1500), asked_of("Donor:D1"), target="CellUnit:B1#1400")
    alone = {mark.node for mark in picture.drawing.marks if not mark.is_group}
    assert alone >= {("Donor", "D1"), ("Tissue", "T1"), ("CellLot", "B1"), ("CellUnit", "B1#1400")}
    assert sum(mark.count for mark in picture.drawing.marks) == 1504
    assert picture.drawing.target is not None


# -- to whom -----------------------------------------------------------------------------------------------------


async def test_what_the_role_may_not_see_has_neither_code_nor_time() -> None:
    viewer = Viewer(person="P-01", role=Role.VIEWER)
    picture = await drawn(trial(), asked_of("Reagent:R-MED-8"), viewer=viewer)
    subjects = [mark for mark in picture.drawing.marks if mark.kind == "Subject"]
    assert len(subjects) == 4
    assert all(mark.is_hidden and mark.since_ms is None and mark.is_since_masked for mark in subjects)
    text = impact_page(picture)
    assert "S1" not in {word.strip('"') for word in text.split()}
    assert not any(f'"{kind}:{key}"' in text for kind, key in (("Subject", "S1"), ("Subject", "S4")))
    _, placed = laid_out(picture)
    hidden = [at for mark, at in zip(picture.drawing.marks, placed.marks, strict=True) if mark.is_hidden]
    assert min(at.left for at in hidden) > placed.time_right


async def test_personal_codes_that_are_drawn_are_logged() -> None:
    log = MemoryLog()
    await drawn(trial(), asked_of("Reagent:R-MED-8"), log=log)
    shown = {name for _, _, ids, _ in log.entries for name in ids}
    assert {f"Subject:S{number}" for number in (1, 2, 3, 4)} <= shown


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_hostile_name_is_text(name: str, language: str) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", name)
    picture = await drawn(sheet.records, asked_of("Donor:D1"), target=f"CellLot:{name}")
    page = page_of(picture, language=language)
    assert f"CellLot:{name}" in {shape["heading"] for shape in page.data["shapes"]}
    assert any(name in bdi.text or "".join(bdi.text.split()) == "".join(name.split()) for bdi in page.all("bdi"))
    assert len([script for script in page.all("script") if "type" not in script.attributes]) == 5
    assert page.all("img") == []
