"""A safety officer asks what a reagent affects as the records stood before and after a correction, by clicks alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from graph.engine import EmbeddedEngine
from graph.viewer import Role
from support.chromium import Site, site_of
from support.clicking import ask_impact, subjects_by_tier
from support.stores import empty_store, import_all
from support.trial import correction, expected_subjects, scenarios, trial

SCENARIOS = [each for each in scenarios()["impact"] if each.get("with") == "correction"]


@pytest.fixture(scope="module")
async def site(embedded_engine: EmbeddedEngine, browser: Browser) -> AsyncIterator[Site]:
    store = await empty_store(embedded_engine)
    await import_all(store, [*trial(), *correction()])
    async with site_of(store, browser) as served:
        yield served


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each["name"].replace(" ", "-"))
async def test_a_scenario_as_known_then_is_asked_by_clicks(site: Site, scenario: dict[str, Any], language: str) -> None:
    async with site.window(Role.SAFETY_OFFICER, language=language) as window:
        await ask_impact(window.page, scenario)
        assert await subjects_by_tier(window.page) == expected_subjects(scenario)
        assert scenario["known_at"][:10] in await window.page.inner_text("section.answer, .answer")
