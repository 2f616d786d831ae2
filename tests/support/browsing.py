"""A reader of pages in tests: opens addresses in a role and a language, and reads what comes."""

from __future__ import annotations

import re

import httpx

from graph.viewer import Role
from service.store import Store
from support.pages import Element, Page, read_page
from support.serving import client_of, token_of

__all__ = ["BROWSER", "Reader", "answer_texts", "cells", "links_of", "seal_of"]

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


class Reader:
    """One person at a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @classmethod
    async def of(cls, store: Store, role: Role = Role.OWNER, *, language: str = "en") -> Reader:
        client = client_of(store, await token_of(store, role))
        client.headers.update({**BROWSER, "Accept-Language": language})
        return cls(client)

    async def get(self, path: str, **asked: str) -> httpx.Response:
        return await self.client.get(path, params=asked or None)

    async def open(self, path: str, *, status: int = 200, **asked: str) -> Page:
        """The page at an address, which must answer with that status."""
        answer = await self.get(path, **asked)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return read_page(answer.text)


def answer_texts(page: Page) -> tuple[str, int]:
    """What a page says first: whether the answer is complete, and at which entry of the ledger."""
    main = page.one("main")
    (completeness,) = [each for each in main.walk() if each.attributes.get("id") == "completeness"]
    (position,) = [each for each in main.walk() if each.attributes.get("id") == "as-of-seq"]
    return completeness.text, int(position.text.replace(",", ""))


def cells(table: Element) -> list[list[str]]:
    """The texts of a table's body, by row."""
    return [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]


def links_of(element: Element) -> list[str]:
    return [link.attributes["href"] for link in element.all("a")]


def seal_of(text: str) -> str:
    """What a form of ours must send along."""
    found = re.search(r'name="seal" value="([^"]+)"', text)
    assert found is not None
    return found[1]
