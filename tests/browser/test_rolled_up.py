"""A lineage too large to be drawn one by one: groups are opened a thing at a time, kinds left out, the picture saved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Browser, Page

from graph.engine import EmbeddedEngine
from graph.viewer import Role
from support.bench_sheet import BenchSheet, units_of
from support.chromium import Site, site_of
from support.stores import empty_store, import_all

SVG = "{http://www.w3.org/2000/svg}"
VIALS = 300
TRACE = "/view/trace?start=Donor:D1&direction=forward"
IMPACT = "/view/impact?hazard=EXPOSURE&seed=Donor:D1&as=picture"


@pytest.fixture(scope="module")
async def large(embedded_engine: EmbeddedEngine, browser: Browser) -> AsyncIterator[Site]:
    """A donor, a tissue, a bank of vials, of which one was expanded to another bank."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=VIALS)
    sheet.expanded(units_of("B1", 7), "L2")
    sheet.cryopreserved("L2", "B2", units=VIALS)
    store = await empty_store(embedded_engine)
    await import_all(store, sheet.records)
    async with site_of(store, browser) as served:
        yield served


async def _drawn(page: Page) -> None:
    await page.wait_for_selector("#network[data-drawn]")


async def _names(page: Page) -> list[str]:
    """What the table beside the picture names, by row, that is shown."""
    return [text.strip() for text in await page.locator("tr[data-shape]:visible button.find").all_inner_texts()]


@pytest.mark.parametrize("address", [TRACE, IMPACT])
async def test_a_thing_is_taken_out_of_its_group_by_its_id_and_put_back(large: Site, address: str) -> None:
    async with large.window(Role.OWNER) as window:
        page = await window.open(address)
        await _drawn(page)
        assert "B1#42" not in await _names(page)
        await page.locator("tr[data-shape] button.find", has_text="×").last.click()
        await page.fill("#details form input", "B1#42")
        await page.press("#details form input", "Enter")
        await page.wait_for_url("**show=CellUnit**")
        await _drawn(page)
        assert "B1#42" in " ".join(await _names(page))
        assert await page.inner_text("#details h3") == "CellUnit:B1#42", "what was opened is chosen"
        await page.locator("#details a", has_text="Put it back").click()
        await page.wait_for_load_state()
        await _drawn(page)
        assert "B1#42" not in " ".join(await _names(page))


async def test_what_a_thing_came_from_and_what_became_of_it_are_opened_from_it(large: Site) -> None:
    async with large.window(Role.OWNER, language="zh") as window:
        page = await window.open(f"{TRACE}&show=CellLot:L2")
        await _drawn(page)
        await page.locator("#details a", has_text="逐一显示其来源").click()
        await page.wait_for_url("**sources=CellLot**")
        await _drawn(page)
        assert "B1#7" in await _names(page)
        await window.shoot("rolled-up-opened-zh")


async def test_a_list_leads_to_its_things_in_the_picture(large: Site) -> None:
    async with large.window(Role.OWNER) as window:
        page = await window.open(f"{TRACE}&as=list&find=B2%2311")
        await page.locator("table#things a[href*='show=']").first.click()
        await _drawn(page)
        assert await page.inner_text("#details h3") == "CellUnit:B2#11"


async def test_an_id_that_is_not_in_the_answer_is_named(large: Site) -> None:
    async with large.window(Role.OWNER) as window:
        page = await window.open(f"{TRACE}&show=CellLot:OTHER")
        await _drawn(page)
        assert "Not in this answer: CellLot:OTHER." in await page.inner_text("#answer")


async def test_a_kind_that_is_left_out_leaves_what_it_connects(large: Site, tmp_path: Path) -> None:
    async with large.window(Role.OWNER) as window:
        page = await window.open(TRACE)
        await _drawn(page)
        await page.uncheck("input.kind[value='Tissue']")
        assert "T1" in await _names(page), "it connects the donor and the lot"
        await page.uncheck("input.kind[value='Donor']")
        assert "T1" not in await _names(page), "now it connects nothing"
        async with page.expect_download() as waiting:
            await page.locator("button.save[data-form=svg]").click()
        await (await waiting.value).save_as(tmp_path / "picture.svg")
        await window.shoot("kinds-left-out-en")
    root = ET.parse(tmp_path / "picture.svg").getroot()  # noqa: S314 - our own
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert "L1" in texts
    assert "T1" not in texts
    assert any(text.startswith("Cell unit") for text in texts), "the legend"
    assert not any(text.startswith("Tissue") for text in texts), "but for what is left out"
    assert any("At ledger entry" in text and "Complete" in text for text in texts), "what it shows"
    (width, height) = (float(root.attrib[name]) for name in ("width", "height"))
    left, top = (float(number) for number in root.attrib["viewBox"].split()[:2])
    for text in root.iter(f"{SVG}text"):
        assert left <= float(text.attrib["x"]) <= left + width
        assert top <= float(text.attrib["y"]) <= top + height


async def test_the_way_from_the_start_stands_out(large: Site) -> None:
    async with large.window(Role.OWNER) as window:
        page = await window.open(f"{TRACE}&show=CellLot:L2&sources=CellLot:L2")
        await _drawn(page)
        await page.locator("tr[data-shape] button.find", has_text="L2").first.click()
        await window.shoot("way-from-start-en")
        content = await page.evaluate("JSON.parse(document.getElementById('content').textContent)")
    shapes = [shape["heading"] for shape in content["shapes"]]
    way = content["paths"][str(shapes.index("CellLot:L2"))]
    lines = {edge["id"]: (shapes[edge["from"]], shapes[edge["to"]]) for edge in content["edges"]}
    assert [lines[link][0] for link in way] == ["Donor:D1", "Tissue:T1", "CellLot:L1", "CellLot:B1", "CellUnit:B1#7"]
