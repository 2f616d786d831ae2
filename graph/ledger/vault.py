"""The sealed values: read by those who may, one statement for however many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.engine import Engine
from graph.keys import KeyRing
from graph.sealing import unseal

__all__ = ["Vault"]


class Vault:
    """Opens sealed values. Whoever calls it has asked whether the viewer may see them, and logs the access."""

    def __init__(self, engine: Engine, ring: KeyRing) -> None:
        self._engine = engine
        self._ring = ring

    async def unseal(self, digests: Iterable[str]) -> Mapping[str, tuple[Any, bytes]]:
        """Digest -> (value, salt); those destroyed, or never kept here, are absent."""
        wanted = sorted(set(digests))
        if not wanted:
            return {}
        rows = await self._engine.read(
            "UNWIND $digests AS x MATCH (s:Sealed {digest: x}) "
            "RETURN s.digest AS digest, s.ciphertext AS ciphertext, s.persons AS persons",
            digests=wanted,
        )
        found = {}
        for row in rows:
            opened = unseal(row["digest"], bytes(row["ciphertext"]), row["persons"], self._ring)
            if opened is not None:
                found[row["digest"]] = opened
        return found

    async def open(self, digests: Iterable[str]) -> Mapping[str, Any]:
        """Digest -> value; those destroyed, or never kept here, are absent."""
        return {digest: value for digest, (value, _) in (await self.unseal(digests)).items()}
