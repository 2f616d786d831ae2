"""Every page, in both languages: nothing cut, nothing that keeps someone out, nothing asked of anyone else."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe

from graph.viewer import Role
from support.chromium import Site

PAGES = {
    "start": "/",
    "search": "/view/search?q=MCB",
    "lot": "/view/node/CellLot:MCB1",
    "subject": "/view/node/Subject:S1",
    "tank": "/view/node/StoragePosition:TANK-A",
    "operation": "/view/operation/O13",
    "trace-form": "/view/trace",
    "trace": "/view/trace?start=CellLot:MCB1&direction=forward",
    "trace-list": "/view/trace?start=CellLot:MCB1&direction=forward&as=list",
    "trace-links": "/view/trace?start=CellLot:MCB1&direction=forward&as=list&list=links",
    "impact-form": "/view/impact?seed=Equipment:INC-2",
    "impact": "/view/impact?hazard=CONTAGIOUS&seed=Donor:D1&channels=MATERIAL,EQUIPMENT,STORAGE&target=Subject:S3",
    "impact-picture": "/view/impact?hazard=CONTAGIOUS&seed=Donor:D1&channels=MATERIAL,EQUIPMENT,STORAGE&as=picture",
    "contents-form": "/view/contents",
    "contents": "/view/contents?position=StoragePosition:ROOM-1&at=2025-04-13T12:00:00%2B08:00&hazard=EXPOSURE&seed=Reagent:R-MED-8",
    "contents-picture": "/view/contents?position=StoragePosition:ROOM-1&at=2025-04-13T12:00:00%2B08:00&hazard=EXPOSURE&seed=Reagent:R-MED-8&as=picture",
    "whereabouts-form": "/view/whereabouts",
    "whereabouts": "/view/whereabouts?id=CellLot:DP1",
    "whereabouts-picture": "/view/whereabouts?id=CellLot:DP1&as=picture",
    "deviations": "/view/deviations",
    "coverage": "/view/coverage?lot=CellLot:DP1",
    "import": "/view/import",
    "ledger": "/view/ledger",
    "graphql": "/view/graphql",
    "missing": "/view/node/CellLot:NONE",
}
SERIOUS = {"serious", "critical"}
WITHOUT_A_PAGE = {"missing"}  # the console tells of its status, as it should


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", sorted(PAGES))
async def test_a_page_fits_small_and_large_windows_and_keeps_nobody_out(site: Site, name: str, language: str) -> None:
    async with site.window(Role.DATA_MANAGER, language=language) as window:
        page = await window.open(PAGES[name])
        if name in WITHOUT_A_PAGE:
            window.complaints = [each for each in window.complaints if "404" not in each]
        assert await page.get_attribute("html", "lang") == ("zh-CN" if language == "zh" else "en")
        found = await Axe().run(page)
        serious = [
            (each["id"], [node["target"] for node in each["nodes"]])
            for each in found.response["violations"]
            if each["impact"] in SERIOUS
        ]
        assert serious == []
        for width in (320, 1920):
            await page.set_viewport_size({"width": width, "height": 900})
            await window.shoot(f"{name}-{language}-{width}")
            assert await window.overflow() <= 0, width
