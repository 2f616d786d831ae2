"""A safety officer whose tank was warm asks what stands in it, reads what is affected, and walks through the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Page

from graph.viewer import Role
from support.chromium import Site
from support.clicking import find_thing, saved_picture

ROOM = (
    "/view/contents?position=StoragePosition:ROOM-1&at=2025-04-13T12:00:00%2B08:00&hazard=EXPOSURE&seed=Reagent:R-MED-8"
)


async def _drawn(page: Page) -> dict[str, Any]:
    """What the picture was drawn from, and how: by the name that a shape begins with."""
    await page.wait_for_selector("#network[data-drawn]")
    content: dict[str, Any] = await page.evaluate("JSON.parse(document.getElementById('content').textContent)")
    return content


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_is_affected_in_a_warm_tank_is_asked_by_clicks(site: Site, language: str) -> None:
    """TANK-B was warm on March 10th: of what stands in it on April 1st only MCB3 was there."""
    async with site.window(Role.SAFETY_OFFICER, language=language) as window:
        page = window.page
        await find_thing(page, "StoragePosition:TANK-B")
        await page.locator(".actions a[href^='/view/contents']").click()
        await page.wait_for_selector("table#items")
        await page.locator("details.again > summary").click()
        assert await page.input_value("#position") == "StoragePosition:TANK-B"
        await page.fill("#at", "2025-04-01T12:00:00+08:00")
        await page.locator("details.again details summary").click()
        assert await page.input_value("#seed1") == "StoragePosition:TANK-B"
        await page.check("input[name=hazard][value=EXPOSURE]")
        await page.fill("#from1", "2025-03-10T00:00:00+08:00")
        await page.fill("#until1", "2025-03-11T00:00:00+08:00")
        await page.locator("button[value=list]").click()
        await page.wait_for_selector("#affected-count")
        assert await page.get_attribute("#affected-count", "data-affected") == "1"
        assert await page.get_attribute("#total", "data-total") == "19"
        await page.select_option("#affected", "yes")
        await page.locator("form.filter button").click()
        await page.wait_for_url("**affected=yes**")
        assert await page.locator("table#items tbody tr td:nth-child(3)").all_inner_texts() == ["MCB3"]
        assert window.complaints == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 1920])
async def test_the_plan_is_drawn_whole_and_its_boxes_can_be_chosen_and_entered(
    site: Site, language: str, width: int
) -> None:
    async with site.window(Role.SAFETY_OFFICER, language=language, width=width) as window:
        page = await window.open(f"{ROOM}&as=picture")
        content = await _drawn(page)
        await window.shoot(f"contents-plan-{language}-{width}")
        assert await window.overflow() <= 0
        await page.locator("#whole").click()
        await page.locator("#network").evaluate("each => each.scrollIntoView({block: 'center'})")
        room = await page.locator("#network").bounding_box()
        assert room is not None
        scale = min(1, (room["width"] - 20) / content["width"], (room["height"] - 20) / content["height"])
        place = next(node for node in content["nodes"] if node["label"].startswith("TANK-A"))
        left, top = place["x"] - place["place"]["width"] / 2, place["y"] - place["place"]["height"] / 2
        await page.mouse.click(
            room["x"] + room["width"] / 2 + (left + 10) * scale, room["y"] + room["height"] / 2 + (top + 10) * scale
        )
        await page.locator("#details h3", has_text="TANK-A").wait_for(timeout=5_000)
        await page.locator("#details a").first.click()
        await page.wait_for_url("**TANK-A**")
        inner = await _drawn(page)
        assert {node["label"].split("\n")[0] for node in inner["nodes"]} >= {"MCB1", "MCB2"}
        assert window.complaints == []


async def test_the_plan_is_read_by_keyboard_alone(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(f"{ROOM}&as=picture")
        await _drawn(page)
        await page.locator("table#standing button.find", has_text="MCB2").focus()
        await page.keyboard.press("Enter")
        assert await page.inner_text("#details h3") == "CellLot:MCB2"
        assert "▲ 1 material" in await page.inner_text("#details")
        await page.fill("#wanted", "tank-b")
        await page.keyboard.press("Enter")
        assert (await page.inner_text("#details h3")).startswith("TANK-B")


@pytest.mark.parametrize("form", ["svg", "png", "graphml"])
async def test_the_whole_plan_is_saved_with_its_boxes(site: Site, tmp_path: Path, form: str) -> None:
    async with site.window(Role.SAFETY_OFFICER, width=700) as window:
        page = await window.open(f"{ROOM}&as=picture")
        content = await _drawn(page)
        path = await saved_picture(page, form, tmp_path)
    if form == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
        return
    root = ET.parse(path).getroot()  # noqa: S314 - the page's own
    texts = " ".join(root.itertext())
    assert all(name in texts for name in ("TANK-A", "TANK-B", "FRIDGE-1", "MCB1", "WCB1#20", "DP1#5"))
    if form == "svg":
        assert "▲ 21 affected, 2 not affected" in texts, "a file that went astray says what it shows"
        assert "thick rim and ▲: affected, tier 1 material" in texts, "and what its looks mean"
        left, top, width, height = map(float, root.attrib["viewBox"].split())
        for node in content["nodes"]:
            half = (node["place"]["width"] / 2, node["place"]["height"] / 2) if "place" in node else (13, 13)
            assert left < node["x"] - half[0] < node["x"] + half[0] < left + width
            assert top < node["y"] - half[1] < node["y"] + half[1] < top + height
        assert not list(root.iter("{http://www.w3.org/2000/svg}line")), "what stands in what is told by the boxes"
    else:
        names = "{http://graphml.graphdrawing.org/xmlns}"
        ends = {(edge.get("source"), edge.get("target")) for edge in root.iter(f"{names}edge")}
        assert len(ends) == len(content["nodes"]) - 1, "each thing and each position stands in one"
