"""The pictures in the README and the documents show the pages as they are. `make screenshots` takes them anew."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from playwright.async_api import Browser

from graph.engine import EmbeddedEngine
from graph.viewer import Role
from support.chromium import Site, site_of
from support.house import ROOT, tracked_files
from support.screenshots import FOLDER, Noted, digest_of_file, digest_of_page, note, noted
from support.stores import empty_store, import_all
from support.trial import trial

WIDTH, HEIGHT = 1280, 860
WIDER: Final = {"impact-picture.png": 1700, "contents-plan.png": 1500}  # the axis of time is long; boxes side by side
LARGEST: Final = 250_000  # bytes
RECORDED: Final = 1_767_576_600_000  # the trial is taken in at the same moment each time
_PAGES: Final = {
    "lot.png": "/view/node/CellLot:MCB1",
    "trace.png": "/view/trace?start=Subject:S6&direction=backward",
    "whereabouts.png": "/view/whereabouts?id=CellLot:DP1&as=picture",
    "impact.png": "/view/impact?hazard=EXPOSURE&seed=Reagent:R-MED-8",
    "impact-picture.png": (
        "/view/impact?hazard=CONTAGIOUS&seed=Donor:D1&channels=MATERIAL,EQUIPMENT,STORAGE&as=picture&target=Subject:S3"
    ),
    "contents-plan.png": (
        "/view/contents?position=StoragePosition:ROOM-1&at=2025-04-13T12:00:00%2B08:00"
        "&hazard=EXPOSURE&seed=Reagent:R-MED-8&as=picture"
    ),
}

_IN_ENGLISH: Final = frozenset({"whereabouts.png"})  # stands in a document that is in English only
# Each page in both languages: name of the picture -> (language, address).
PICTURED: Final = {
    name.replace(".png", ending): (language, address)
    for name, address in _PAGES.items()
    for language, ending in (("en", ".png"), ("zh", ".zh.png"))
    if language == "en" or name not in _IN_ENGLISH
}

MOVED: Final = """() => {
  const element = document.getElementById("content");
  const content = JSON.parse(element.textContent);
  content.nodes[0].x += 10;
  element.textContent = JSON.stringify(content);
}"""


@pytest.fixture(scope="module")
def in_beijing() -> Iterator[None]:
    """The zone of the site is that of its machine."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "CST-8"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture(scope="module")
async def site(embedded_engine: EmbeddedEngine, browser: Browser, in_beijing: None) -> AsyncIterator[Site]:
    store = await empty_store(embedded_engine, clock=lambda: RECORDED)
    await import_all(store, trial())
    async with site_of(store, browser) as served:
        yield served


@pytest.mark.parametrize("name", sorted(PICTURED))
async def test_a_picture_in_the_documents_shows_the_page_as_it_is(
    site: Site, name: str, pytestconfig: pytest.Config
) -> None:
    path, (language, address) = FOLDER / name, PICTURED[name]
    width = WIDER.get(name.replace(".zh.", "."), WIDTH)
    async with site.window(Role.SAFETY_OFFICER, language=language, width=width, height=HEIGHT) as window:
        page = await window.open(address)
        if await page.locator("#network").count():
            await page.wait_for_selector("#network[data-drawn]")
        shown = await digest_of_page(page)
        if pytestconfig.getoption("--screenshots"):
            await page.screenshot(path=path)
            note(name, Noted(page=shown, file=digest_of_file(path)))
        taken = noted().get(name)
        assert taken is not None, f"run `make screenshots`: {name} was never taken"
        assert taken.page == shown, f"run `make screenshots`, and look: {name} shows the page as it was before"
    assert digest_of_file(path) == taken.file
    assert path.stat().st_size < LARGEST


async def test_what_a_picture_shows_is_told_apart_from_what_it_does_not(site: Site) -> None:
    async with site.window(Role.SAFETY_OFFICER, width=WIDTH, height=HEIGHT) as window:
        page = await window.open(_PAGES["impact-picture.png"])
        await page.wait_for_selector("#network[data-drawn]")
        before = await digest_of_page(page)
        await page.evaluate("document.querySelector('main').dataset.unseen = 'nothing to see'")
        assert await digest_of_page(page) == before
        changes = {
            "a text": "document.querySelector('h1').append('!')",
            "a colour": "document.querySelector('h1').style.color = 'red'",
            "a place": MOVED,
        }
        for what, change in changes.items():
            await page.evaluate(change)
            after = await digest_of_page(page)
            assert after != before, what
            before = after


def test_every_picture_in_the_documents_is_one_that_is_taken_anew() -> None:
    pictures = {path.name for path in tracked_files() if path.parent == FOLDER and path.suffix == ".png"}
    assert pictures == set(PICTURED) == set(noted())


def test_every_picture_is_shown_in_a_document() -> None:
    documents = [*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    shown = {
        name for path in documents for name in re.findall(r"\]\((?:docs/)?images/([^)]+)\)", path.read_text("utf-8"))
    }
    assert shown == set(PICTURED)
