"""A safety officer asks the trial's scenarios by clicks alone, reads who is affected, and looks at the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from graph.viewer import Role
from support.chromium import Site
from support.clicking import ask_impact, saved_picture, subjects_by_tier
from support.trial import expected_subjects, scenarios

SCENARIOS = [each for each in scenarios()["impact"] if "known_at" not in each]
LOOK_BACK = "/view/impact?hazard=CONTAGIOUS&seed=Donor:D1&channels=MATERIAL,EQUIPMENT,STORAGE"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"].replace(" ", "-"))
async def test_a_scenario_is_asked_by_clicks_and_the_right_subjects_are_read(
    site: Site, scenario: dict[str, Any], language: str
) -> None:
    async with site.window(Role.SAFETY_OFFICER, language=language) as window:
        await ask_impact(window.page, scenario)
        found = await subjects_by_tier(window.page)
        assert found == expected_subjects(scenario)
        assert await window.page.inner_text("#subjects") == str(sum(map(len, found.values())))


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_picture_draws_itself_and_a_chosen_thing_s_path_stands_out(site: Site, language: str) -> None:
    async with site.window(Role.SAFETY_OFFICER, language=language, width=1920) as window:
        page = await window.open(f"{LOOK_BACK}&as=picture")
        await page.wait_for_selector("#network[data-drawn]")
        await window.shoot(f"impact-picture-whole-{language}")
        await page.locator("table#affected button.find", has_text="S3").first.click()
        assert await page.inner_text("#details h3") == "Subject:S3"
        await window.shoot(f"impact-picture-path-{language}")


async def test_the_path_to_a_thing_is_found_from_the_list(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(LOOK_BACK)
        await page.locator("a[aria-label='Why S3 is affected']").click()
        await page.wait_for_selector("table#path")
        assert "INC-1" in await page.inner_text("table#path")
        await page.locator("a[aria-label='Picture of the path to S3']").click()
        await page.wait_for_selector("#network[data-drawn]")
        assert await page.inner_text("#details h3") == "Subject:S3"


@pytest.mark.parametrize("address", [f"{LOOK_BACK}&as=picture", "/view/trace?start=Donor:D1&direction=forward"])
@pytest.mark.parametrize("form", ["svg", "png", "graphml"])
async def test_the_whole_picture_is_saved_as_a_file(site: Site, tmp_path: Path, address: str, form: str) -> None:
    async with site.window(Role.SAFETY_OFFICER, width=700) as window:
        page = await window.open(address)
        await page.wait_for_selector("#network[data-drawn]")
        path = await saved_picture(page, form, tmp_path)
    if form == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
        return
    root = ET.parse(path).getroot()  # noqa: S314 - the page's own
    texts = " ".join(root.itertext())
    assert all(f"S{number}" in texts for number in (1, 2, 6, 7)), "not only what is seen"
    if form == "graphml":
        names = "{http://graphml.graphdrawing.org/xmlns}"
        ids = {node.get("id") for node in root.iter(f"{names}node")}
        edges = list(root.iter(f"{names}edge"))
        assert edges
        assert all({edge.get("source"), edge.get("target")} <= ids for edge in edges)


async def test_a_thing_is_found_in_the_picture_by_its_name(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(f"{LOOK_BACK}&as=picture")
        await page.wait_for_selector("#network[data-drawn]")
        await page.fill("#wanted", "mcb")
        seen = []
        for _ in range(3):
            await page.keyboard.press("Enter")
            seen.append(await page.inner_text("#details h3"))
        assert set(seen) == {"CellLot:MCB1", "CellLot:MCB2", "CellLot:MCB3"}
        assert await page.inner_text("#matches") == "3 of 3"
        await page.fill("#wanted", "<script>")
        await page.keyboard.press("Enter")
        assert await page.inner_text("#matches") == "Nothing drawn has this in its name."
