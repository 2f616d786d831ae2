"""The trial, served, and a Chromium to look at it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from graph.engine import EmbeddedEngine
from support.chromium import Site, chromium, site_of
from support.stores import empty_store, import_all
from support.trial import trial


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@pytest.fixture(scope="module")
async def site(embedded_engine: EmbeddedEngine, browser: Browser) -> AsyncIterator[Site]:
    store = await empty_store(embedded_engine)
    await import_all(store, trial())
    async with site_of(store, browser) as served:
        yield served
