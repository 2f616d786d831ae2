"""The records out of the ledger again: JSON Lines that an import takes in and that come out the same."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import Any, Final

import orjson

from graph.ledger.model import Entry
from graph.ledger.sealing_records import tier3_members
from graph.ledger.vault import Vault
from graph.records import canonical, is_sealed
from graph.times import render

__all__ = ["export_lines"]

_PAGE: Final = 1_000  # entries whose sealed values are opened by one statement


async def export_lines(entries: AsyncIterable[Entry], vault: Vault, *, with_values: bool) -> AsyncIterator[bytes]:
    """A line for each entry: its record in canonical form, with its recorded time. Memory is flat.

    ``with_values``: values of tier 3 as ``{"sealed", "salt", "value"}`` where they are still kept, else as their digest.
    """
    page: list[Entry] = []
    async for entry in entries:
        page.append(entry)
        if len(page) == _PAGE:
            for line in await _lines(page, vault, with_values=with_values):
                yield line
            page = []
    for line in await _lines(page, vault, with_values=with_values):
        yield line


async def _lines(page: Iterable[Entry], vault: Vault, *, with_values: bool) -> list[bytes]:
    records = [(entry, orjson.loads(entry.payload)) for entry in page]
    if with_values:
        digests = {digest for _, record in records for digest in _digests(record)}
        opened = await vault.unseal(digests)
        for _, record in records:
            _open(record, opened)
    return [canonical({**record, "recorded_at": render(entry.recorded_ms)}) + b"\n" for entry, record in records]


def _digests(record: Mapping[str, Any]) -> list[str]:
    return [holder[name]["sealed"] for holder, name, _ in tier3_members(record) if is_sealed(holder[name])]


def _open(record: Mapping[str, Any], opened: Mapping[str, tuple[Any, bytes]]) -> None:
    for holder, name, _ in tier3_members(record):
        if is_sealed(holder[name]) and (found := opened.get(holder[name]["sealed"])) is not None:
            value, salt = found
            holder[name] = {
                "sealed": holder[name]["sealed"],
                "salt": base64.b64encode(salt).decode("ascii"),
                "value": value,
            }
