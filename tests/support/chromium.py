"""The pages in a real Chromium: a service on loopback, a window in which a person is signed in."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from asyncio import create_task
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright

from graph.viewer import Role
from service.application import build_application
from service.store import Store
from support.serving import token_of

__all__ = ["Site", "Window", "chromium", "site_of"]

_FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")
_PATIENCE_MS = 120_000  # with a page: machines that test are busy
_SHOTS = Path(os.environ.get("SCREENSHOTS", "build/screenshots"))


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium. Where there is none the tests are skipped, in CI they fail."""
    found = shutil.which("chromium")
    if found is None:
        assert not os.environ.get("CI"), "CI must have a Chromium"
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found, args=list(_FLAGS), chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        await browser.close()


@dataclass
class Window:
    """One window of a person. ``complaints``: what its console said, and what it asked of others than the service."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        await self.page.goto(f"{self.url}{path}")
        return self.page

    async def shoot(self, name: str) -> Path:
        """The whole page as a picture, kept for who wants to look."""
        path = _SHOTS / f"{name}.png"  # Playwright makes the folder
        await self.page.screenshot(path=path, full_page=True)
        return path

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = await self.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        return wider


@dataclass
class Site:
    """A store served on loopback."""

    store: Store
    browser: Browser
    url: str

    @contextlib.asynccontextmanager
    async def window(
        self, role: Role, *, language: str = "en", width: int = 1280, height: int = 900
    ) -> AsyncIterator[Window]:
        """A person of this role, signed in through the page as a person would."""
        context = await self.browser.new_context(
            locale="zh-CN" if language == "zh" else "en-GB", viewport={"width": width, "height": height}
        )
        context.set_default_timeout(_PATIENCE_MS)
        page = await context.new_page()
        window = Window(page, self.url)

        async def guard(route: Route) -> None:
            if urlsplit(route.request.url).netloc == urlsplit(self.url).netloc:
                await route.continue_()
            else:
                window.complaints.append(f"asked of another: {route.request.url}")
                await route.abort()

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                window.complaints.append(f"{message.type}: {message.text}")

        await context.route("**/*", guard)
        page.on("console", hear)
        page.on("pageerror", lambda error: window.complaints.append(f"script: {error}"))
        await page.goto(self.url)
        await page.fill("#token", await token_of(self.store, role))
        await page.press("#token", "Enter")
        await page.wait_for_selector("nav.main")
        await page.wait_for_load_state()  # before that a page does not hear what is typed
        yield window
        await context.close()
        assert window.complaints == []


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they are the tests' own


@contextlib.asynccontextmanager
async def site_of(store: Store, browser: Browser) -> AsyncIterator[Site]:
    """The service over a store, on a free port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(build_application(store), log_config=None, access_log=False, lifespan="off", ws="none")
    server = _Server(config)
    running = create_task(server.serve(sockets=[listener]))
    try:
        yield Site(store, browser, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        await running
        listener.close()
