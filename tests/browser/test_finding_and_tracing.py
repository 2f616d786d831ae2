"""An investigator finds a lot and traces it both ways, with the mouse or with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from graph.viewer import Role
from support.chromium import Site
from support.stores import import_all
from support.trial import scenarios

LOT = "CellLot:MCB1"
# All that came of donor D1 came through this bank.
CAME_FROM = {"Donor:D1", "Tissue:T1", "CellLot:L1", "CellLot:L1P1", LOT}
(OF_D1,) = [set(each["expect"]) for each in scenarios()["trace"] if each["start"] == "Donor:D1"]
BECAME = {id_ for id_ in OF_D1 if id_.startswith("Subject:")}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "\u202eright to left\u202c",
    "🧫🧬 Ω",
    "x" * 200,
    "{{ 7 * 7 }} ${7*7} %s",
)


async def _material(page: Page) -> set[str]:
    """The ids of the lineage that the list names."""
    links = page.locator("table#things tbody tr td:nth-child(2) a")
    paths = [(await links.nth(place).get_attribute("href")) or "" for place in range(await links.count())]
    return {path.rpartition("/view/node/")[2] for path in paths}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_lot_is_found_by_typing_and_traced_both_ways(site: Site, language: str) -> None:
    async with site.window(Role.INVESTIGATOR, language=language) as window:
        page = window.page
        await page.locator("#find").press_sequentially("mcb1")
        await page.locator("[role=option]", has_text="MCB1").first.click()
        await page.wait_for_url(f"**/view/node/{LOT}")
        await page.locator(".actions a[href*='direction=backward']").first.click()
        await page.wait_for_selector("table#things")
        assert await _material(page) >= CAME_FROM
        await window.shoot(f"investigator-backward-{language}")
        await page.locator(".actions a[href*='direction=forward']").click()
        await page.wait_for_url("**direction=forward**")
        assert await _material(page) >= BECAME


async def test_the_same_by_the_keyboard_alone(site: Site) -> None:
    async with site.window(Role.INVESTIGATOR) as window:
        page = await window.open("/")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await _tab_to(page, "document.activeElement.id === 'find'")
        await page.keyboard.type("mcb1")
        await page.wait_for_selector("[role=option]")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/view/node/**")
        await page.wait_for_selector("h1")
        await _tab_to(page, "(document.activeElement.href || '').includes('direction=backward')")
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in {"", "none"}  # who has no mouse must see where they are
        await page.keyboard.press("Enter")
        await page.wait_for_selector("table#things")
        assert await _material(page) >= CAME_FROM


async def _tab_to(page: Page, is_there: str) -> None:
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate(is_there):
            return
    raise AssertionError(f"no way there by the keyboard: {is_there}")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_picture_of_a_trace_draws_itself_and_names_all_things_beside(site: Site, language: str) -> None:
    async with site.window(Role.INVESTIGATOR, language=language) as window:
        page = await window.open(f"/view/trace?start={LOT}&direction=backward&as=picture")
        await page.wait_for_selector("canvas")
        text = await page.inner_text("body")
        assert {id_.partition(":")[2] for id_ in CAME_FROM} <= {word.strip(",;") for word in text.split()}
        await window.shoot(f"trace-picture-{language}")


async def test_names_that_look_like_code_are_shown_as_text(site: Site) -> None:
    receipt = await import_all(
        site.store,
        [{"record": "node", "kind": "Equipment", "id": name, "data": {"equipment_class": name}} for name in HOSTILE],
    )
    assert receipt.accepted, receipt.violations
    async with site.window(Role.DATA_MANAGER, width=320) as window:
        page = window.page
        page.on("dialog", lambda dialog: window.complaints.append(f"ran: {dialog.message}"))
        for name in HOSTILE:
            await window.open("/view/search?q=" + await page.evaluate("encodeURIComponent", name))
            assert await window.overflow() <= 0, name
            await page.locator("main a[href^='/view/node/Equipment']").first.click()
            await page.wait_for_url("**/view/node/Equipment:**")
            assert name in await page.inner_text("h1")
            assert await window.overflow() <= 0, name
