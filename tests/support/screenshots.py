"""The pictures of pages in the documents, and a digest of what each of them shows, so that none goes stale unseen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from playwright.async_api import Page

from support.house import ROOT

__all__ = ["FOLDER", "Noted", "digest_of_file", "digest_of_page", "note", "noted"]

FOLDER: Final = ROOT / "docs" / "images"
_NOTES: Final = FOLDER / "shown.json"

# What is seen of a page, but for the shapes of letters, which differ between machines: every text in its place in the
# document, how each element is drawn, where the large parts stand, and what is drawn in a picture at which place.
_SEEN: Final = """() => {
  const drawn = ["display", "color", "backgroundColor", "fill", "stroke", "fontSize", "fontWeight", "fontStyle",
    "textAlign", "textDecorationLine", "paddingTop", "paddingLeft", "marginTop", "borderTopWidth", "borderTopColor",
    "borderLeftWidth", "borderLeftColor", "borderTopLeftRadius", "opacity", "position"];
  const large = new Set(["header", "main", "section", "form"]);
  const seen = [];
  for (const each of document.body.querySelectorAll("*")) {
    if (each.localName === "script" || each.closest("#network *") || !each.checkVisibility()) continue;
    const own = [...each.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = own.map((node) => node.data.replace(/\\s+/g, " ").trim()).filter(Boolean).join(" | ");
    const style = getComputedStyle(each);
    const box = each.getBoundingClientRect();
    const place = large.has(each.localName) || each.id === "network" ? [Math.round(box.left), Math.round(box.width)] : [];
    seen.push([each.localName, text, each.placeholder || "", each.value || "", ...drawn.map((name) => style[name]), ...place]);
  }
  const content = document.getElementById("content");
  if (!content) return seen;
  const { nodes, edges } = JSON.parse(content.textContent);
  for (const each of nodes) for (const axis of ["x", "y"]) each[axis] = Math.round(each[axis]);
  return [seen, nodes, edges];
}"""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """Of one picture: what the page showed when it was taken, and the file that was written then."""

    page: str
    file: str


async def digest_of_page(page: Page) -> str:
    seen: Any = await page.evaluate(_SEEN)
    return hashlib.sha256(orjson.dumps(seen, option=orjson.OPT_SORT_KEYS)).hexdigest()


def digest_of_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def noted() -> dict[str, Noted]:
    """By the name of the file."""
    return {name: Noted(**each) for name, each in orjson.loads(_NOTES.read_bytes()).items()} if _NOTES.exists() else {}


def note(name: str, taken: Noted) -> None:
    notes = {**noted(), name: taken}
    known = {name: notes[name] for name in sorted(notes) if (FOLDER / name).exists()}
    _NOTES.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2) + b"\n")
