"""The sealed values: read by those who may, one statement for however many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.engine import Engine, Transaction
from graph.errors import IntegrityBroken
from graph.keys import KeyRing
from graph.saying import said
from graph.sealing import same_person_digest, unseal

__all__ = ["Vault"]


class Vault:
    """Opens sealed values. Whoever calls it has asked whether the viewer may see them, and logs the access."""

    def __init__(self, engine: Engine, ring: KeyRing) -> None:
        self._engine = engine
        self._ring = ring

    async def unseal(self, digests: Iterable[str], tx: Transaction | None = None) -> Mapping[str, tuple[Any, bytes]]:
        """Digest -> (value, salt); those destroyed, or never kept here, are absent. ``tx``: as it sees them."""
        wanted = sorted(set(digests))
        if not wanted:
            return {}
        rows = await (self._engine.read if tx is None else tx.run)(
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

    async def first_fault(self) -> str | None:
        """The first value, by digest, that is not what was sealed; None where all are. Those destroyed are not asked."""
        found: list[str] = []
        rows = self._engine.stream(
            "MATCH (s:Sealed) RETURN s.digest AS digest, s.ciphertext AS ciphertext, s.persons AS persons, "
            "s.keyed AS keyed"
        )
        async for row in rows:
            try:
                opened = unseal(row["digest"], bytes(row["ciphertext"]), row["persons"], self._ring)
                is_sound = (
                    opened is None or row["keyed"] is None or row["keyed"] == same_person_digest(opened[0], self._ring)
                )
            except (IntegrityBroken, TypeError, ValueError):
                is_sound = False
            if not is_sound:
                found.append(said("The sealed value {digest}… is not what was sealed.", digest=row["digest"][:12]))
        return min(found, default=None)

    async def open(self, digests: Iterable[str]) -> Mapping[str, Any]:
        """Digest -> value; those destroyed, or never kept here, are absent."""
        return {digest: value for digest, (value, _) in (await self.unseal(digests)).items()}
