"""An analyst explores a lineage: opens things from lists and pictures, and takes a file along. Codes of people stay hidden."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from graph.viewer import Role
from support.chromium import Site
from support.clicking import find_thing, listed_ids


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_lineage_is_explored_from_the_list_to_the_picture_to_a_file(
    site: Site, tmp_path: Path, language: str
) -> None:
    async with site.window(Role.ANALYST, language=language) as window:
        page = window.page
        await find_thing(page, "CellLot:L1P1")
        await page.locator(".actions a[href*='direction=forward'][href*='as=list']").click()
        await page.locator("table#things a", has_text="MCB1").first.click()  # from the list
        await page.wait_for_url("**/view/node/CellLot:MCB1")

        await page.locator(".actions a[href*='direction=forward']:not([href*='as=list'])").click()
        await page.wait_for_selector("#network[data-drawn]")
        await page.fill("#wanted", "WCB1")
        await page.keyboard.press("Enter")
        assert await page.inner_text("#details h3") == "CellLot:WCB1"
        assert "Subject:S" not in await page.inner_text("body")
        await page.locator("#details a[href$='/view/node/CellLot:WCB1']").click()  # from the picture
        await page.wait_for_url("**/view/node/CellLot:WCB1")

        await page.locator(".actions a[href*='direction=forward'][href*='as=list']").click()
        await page.wait_for_selector("table#things")
        shown = await listed_ids(page.locator("table#things tbody td:nth-child(2) a"))
        total = int(await page.locator("#total").get_attribute("data-total") or 0)
        async with page.expect_download() as waiting:
            await page.locator(".actions a[download='trace.csv']").click()
        await (await waiting.value).save_as(tmp_path / "trace.csv")
        await window.shoot(f"analyst-{language}")
    with (tmp_path / "trace.csv").open(encoding="utf-8-sig", newline="") as file:
        *things, trailer = [row["id"] for row in csv.DictReader(file)]
    assert trailer == "#trailer"
    assert len(things) == total
    assert [id_ for id_ in things if "•" not in id_] == shown
    # The doses that subjects got are named, the subjects are not.
    assert {"CellLot:DP1", "CellUnit:DP1#1"} <= set(things)
    assert [id_ for id_ in things if id_.startswith("Subject:")] == ["Subject:•1", "Subject:•2"]
