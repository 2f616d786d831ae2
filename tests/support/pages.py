"""A page as a test reads it: its elements, their attributes and texts, in the order of the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

__all__ = ["Element", "Page", "read_page"]

_EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta"})


@dataclass
class Element:
    """One element. ``children`` are elements and texts."""

    name: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within, white space run together."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, name: str, **attributes: str) -> list[Element]:
        """The elements within, of a name and with these attributes (``data_shape="3"``)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if element.name == name and all(element.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, name: str, **attributes: str) -> Element:
        (found,) = self.all(name, **attributes)
        return found


class Page(Element):
    """A whole page."""

    @property
    def data(self) -> Any:
        """What the picture's script is given."""
        script = self.one("script", id="content")
        return json.loads("".join(child for child in script.children if isinstance(child, str)))

    def rows(self, table: str) -> list[Element]:
        """The rows of a table's body."""
        return self.one("table", id=table).one("tbody").all("tr")


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page("page", {})
        self.open: list[Element] = [self.page]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(text: str) -> Page:
    """The page. An element that is not closed in its place fails the test."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.open == [builder.page], "something is left open"
    return builder.page
