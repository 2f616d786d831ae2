"""Where a lot has been, in a browser: found by clicks and by keyboard, read from the list, the picture and its files."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from graph.viewer import Role
from support.chromium import Site
from support.clicking import find_thing

PICTURE = "/view/whereabouts?id=CellLot:DP1&as=picture"
LANGUAGES = {"en": ("Where it has been", "Nowhere recorded"), "zh": ("去向与存放", "无位置记录")}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_an_auditor_reads_where_a_dose_was_from_its_page(site: Site, language: str) -> None:
    link, gap = LANGUAGES[language]
    async with site.window(Role.AUDITOR, language=language) as window:
        page = window.page
        await find_thing(page, "CellLot:DP1")
        await page.locator(".units a", has_text="DP1#3").click()
        await page.get_by_role("link", name=link, exact=True).click()
        await page.wait_for_selector("table#intervals")
        rows = await page.locator("table#intervals tbody tr").all_inner_texts()
        assert len(rows) == 6
        assert ["DS-3" in row or "FRIDGE-1" in row or "SITE-2" in row or gap in row for row in rows[2:]] == [
            True
        ] * len(rows[2:])
        await page.select_option("#within", "StoragePosition:FRIDGE-1")
        await page.locator("form.filter button").click()
        await page.wait_for_url("**within=**")
        (row,) = await page.locator("table#intervals tbody tr").all_inner_texts()
        assert "2025-04-08 10:00" in row
        assert "P-02" in row


async def test_a_place_is_found_in_the_picture_with_the_keyboard_alone(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(PICTURE)
        await page.wait_for_selector("#network[data-drawn]")
        for _ in range(12):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.id") == "wanted":
                break
        await page.keyboard.type("fridge-1")
        await page.keyboard.press("Enter")
        assert await page.inner_text("#details h3") == "SITE-1 › ROOM-1 › FRIDGE-1 · unit 1"
        assert await page.inner_text("#matches") == "1 of 6"
        await page.keyboard.press("Enter")
        assert "unit 2" in await page.inner_text("#details h3")


async def test_a_row_of_the_table_shows_its_bar(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER, width=700) as window:
        page = await window.open(PICTURE)
        await page.wait_for_selector("#network[data-drawn]")
        await page.locator("#intervals button.find", has_text="on the way to SITE-2").focus()
        await page.keyboard.press("Enter")
        assert await page.inner_text("#details h3") == "on the way to SITE-2 · unit 3"
        assert "Transported · O21" in await page.inner_text("#details")


@pytest.mark.parametrize("form", ["svg", "graphml"])
async def test_the_saved_picture_holds_bands_bars_and_legend(site: Site, tmp_path: Path, form: str) -> None:
    async with site.window(Role.SAFETY_OFFICER, width=400) as window:
        page = await window.open(PICTURE)
        await page.wait_for_selector("#network[data-drawn]")
        async with page.expect_download() as waiting:
            await page.locator(f"button.save[data-form={form}]").click()
        path = tmp_path / f"picture.{form}"
        await (await waiting.value).save_as(path)
        drawn = await page.locator("table#intervals tbody tr").count()
    root = ET.parse(path).getroot()  # noqa: S314 - the page's own
    if form == "graphml":
        assert len(list(root.iter("{http://graphml.graphdrawing.org/xmlns}node"))) == drawn
        assert "SITE-1 › ROOM-1 › FRIDGE-1" in " ".join(root.itertext())
        return
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"SITE-1 › ROOM-1 › FRIDGE-1", "DS-3", "Nowhere recorded"} <= set(texts), "bands"
    assert texts.count("unit 3") == 4, "in the fridge, in the shipper, on the way, and nobody knows where"
    assert {"Stored 5", "On a machine 2", "goes on"} <= set(texts), "the legend"
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > drawn


async def test_what_is_not_wanted_is_left_out_of_the_picture_and_the_table(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(PICTURE)
        await page.wait_for_selector("#network[data-drawn]")
        await page.uncheck(".legend input.kind[value='Seen by an inventory']")
        shown = await page.locator("#intervals tbody tr:visible").all_inner_texts()
        assert len(shown) == 13
        assert not [row for row in shown if "inventory" in row]
        await page.fill("#wanted", "unit 4")
        await page.keyboard.press("Enter")
        assert await page.inner_text("#matches") == "1 of 1", "the stay, and not the count"


async def test_nothing_is_cut_or_lies_on_anything_else(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER) as window:
        page = await window.open(PICTURE)
        for width in (320, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.reload()
            await page.wait_for_selector("#network[data-drawn]")
            await window.shoot(f"whereabouts-opened-{width}")
            assert await window.overflow() <= 0
