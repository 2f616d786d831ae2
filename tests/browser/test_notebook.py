"""The picture in a notebook's cell draws itself there, apart from the notebook, and can be searched and saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from graph.viewer import Role
from service.notebook import Impact, Lineage, Trace, open_lineage
from support.chromium import Site
from support.serving import token_of

ASKED: dict[str, Callable[[Lineage], Trace | Impact]] = {
    "trace": lambda lineage: lineage.trace("CellLot:DP2", "backward"),
    "impact": lambda lineage: lineage.impact("EXPOSURE", "Reagent:R-MED-8"),
}


@pytest.mark.parametrize("question", sorted(ASKED))
async def test_a_cell_shows_the_picture(site: Site, question: str) -> None:
    token = await token_of(site.store, Role.ANALYST)

    def shown() -> str:
        with open_lineage(url=site.url, token=token) as lineage:
            return ASKED[question](lineage)._repr_html_()

    async with site.window(Role.ANALYST) as window:
        page = window.page
        await page.goto("about:blank")
        cell = await asyncio.to_thread(shown)
        assert "Subject:S" not in cell  # an analyst sees no codes of subjects
        await page.set_content(f"<!doctype html><title>A notebook</title>{cell}")
        picture = page.frame_locator("iframe")
        await picture.locator("#network[data-drawn]").wait_for()
        await window.shoot(f"notebook-{question}")
        await picture.locator("#wanted").fill("MCB2")
        await picture.locator("#wanted").press("Enter")
        assert await picture.locator("#details h3").inner_text() == "CellLot:MCB2"
        for form in ("svg", "png"):
            async with page.expect_download() as waiting:
                await picture.locator(f"button.save[data-form={form}]").click()
            assert (await (await waiting.value).path()).stat().st_size > 0
