"""What people do on the pages with the mouse, told as steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.async_api import Locator, Page

__all__ = ["ask_impact", "find_thing", "listed_ids", "saved_picture", "subjects_by_tier"]


async def find_thing(page: Page, id_: str) -> None:
    """Types its key into the search of every page, and opens it."""
    await page.locator("#find").press_sequentially(id_.partition(":")[2])
    await page.locator(f"#offers-find [role=option][data-id='{id_}']").click()
    await page.wait_for_url(f"**/view/node/{id_}")


async def ask_impact(page: Page, scenario: dict[str, Any]) -> None:
    """Asks a scenario of the trial: one thing from its own page, several as a range typed into the empty form."""
    seeds = scenario["seeds"]
    if len(seeds) == 1:
        await find_thing(page, seeds[0]["id"])
        await page.locator(".actions a[href^='/view/impact']").click()
        await page.wait_for_selector("form.question")
        assert await page.input_value("#seed1") == seeds[0]["id"], "it came along"
        for field in ("from", "until"):
            if field in seeds[0]:
                await page.fill(f"#{field}1", seeds[0][field])
    else:
        await page.locator("nav.main a[href='/view/impact']").click()
        await page.wait_for_selector("form.question")
        await page.fill("#seed1", f"{seeds[0]['id']}-{seeds[-1]['id'].partition('#')[2]}")
    await page.check(f"input[name=hazard][value={scenario['hazard']}]")
    if {"channels", "known_at"} & set(scenario):
        await page.locator("form.question summary").click()
    if "channels" in scenario:
        await page.check(f"input[name=channels][value='{','.join(sorted(scenario['channels']))}']")
    if "known_at" in scenario:
        await page.fill("#known-at", scenario["known_at"])
    await page.locator("button[value=list]").click()
    await page.wait_for_selector("table#items")


async def saved_picture(page: Page, form: str, folder: Path) -> Path:
    """The whole picture as a file of a form, in a folder."""
    async with page.expect_download() as waiting:
        await page.locator(f"button.save[data-form={form}]").click()
    path = folder / f"picture.{form}"
    await (await waiting.value).save_as(path)
    return path


async def listed_ids(links: Locator) -> list[str]:
    """The ids of the things that links lead to, in their order."""
    paths = [await links.nth(place).get_attribute("href") or "" for place in range(await links.count())]
    return [unquote(path.rpartition("/view/node/")[2]) for path in paths]


async def subjects_by_tier(page: Page) -> dict[str, set[str]]:
    """What the list of an impact says of subjects: the keys of those in each tier."""
    found: dict[str, set[str]] = {}
    rows = page.locator("table#items tbody tr").filter(has=page.locator("a[href^='/view/node/Subject:']"))
    for place in range(await rows.count()):
        tier = (await rows.nth(place).locator("td").first.inner_text()).split()[0]
        found.setdefault(tier, set()).add(await rows.nth(place).locator("td:nth-child(3)").inner_text())
    return found
