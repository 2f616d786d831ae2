"""Who may come in: tokens, browser sessions and single-use sign-in links, kept beside the ledger; and in which language
a person reads.

What a client holds is random and is kept as a hash only: it is shown once, when it is made, and cannot be read back
from the store. Not part of the ledger: not exported, untouched by `rebuild`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from graph.engine import Engine, Transaction
from graph.times import now_ms
from graph.viewer import Role, Viewer

__all__ = ["SESSION_HOURS", "Issued", "TokenEntry", "Tokens"]

SESSION_HOURS: Final = 12
_HOUR_MS: Final = 3_600_000
_PREFIXES: Final = {"token": "sg_", "session": "sgs_", "link": "sgl_"}
_COLUMNS: Final = (
    "t.key AS key, t.person AS person, t.role AS role, t.created_ms AS created_ms, t.expires_ms AS expires_ms, "
    "t.revoked_ms AS revoked_ms"
)


@dataclass(frozen=True, kw_only=True)
class TokenEntry:
    """A token as it is listed: everything but the token. Times in epoch milliseconds; ``expires_ms`` None is never."""

    key: str  # names it, opens nothing
    person: str
    role: Role
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None

    def is_valid(self, at_ms: int) -> bool:
        return self.revoked_ms is None and (self.expires_ms is None or self.expires_ms > at_ms)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A token just made. ``plain`` is what its holder gets, this once."""

    key: str
    plain: str = field(repr=False)


class Tokens:
    """Makes, finds, lists and revokes. Two services on one store see the same, at once."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    async def create(self, person: str, role: Role, expires_ms: int | None) -> Issued:
        """Makes a token of one person in one role; ``expires_ms`` None never expires."""
        return await self._make("token", person, role, expires_ms, None)

    async def create_link(self, person: str, role: Role, expires_ms: int) -> Issued:
        """Makes a link's secret, good for one sign-in."""
        return await self._make("link", person, role, expires_ms, None)

    async def find(self, plain: str) -> Viewer | None:
        """The viewer a valid token stands for; None for any other text. One indexed read."""
        entry = await self._entry("token", plain)
        return None if entry is None else Viewer(person=entry["person"], role=Role(entry["role"]))

    async def sign_in(self, plain: str) -> Issued | None:
        """Opens a browser session for a token; None if the token is not valid. It ends with its token."""
        entry = await self._entry("token", plain)
        if entry is None:
            return None
        return await self._open_session(entry)

    async def redeem(self, plain: str) -> Issued | None:
        """Opens a browser session for a link's secret, the first time; None ever after."""
        redemption = secrets.token_hex(16)
        hashed = _hash(plain)

        async def work(transaction: Transaction) -> dict[str, Any] | None:
            # The first statement writes, so that of two at once one waits or is retried; the redemption's own name
            # makes a retry after a lost acknowledgement succeed.
            rows = await transaction.run(
                f"MATCH (t:Token) WHERE t.hash = $hash AND t.kind = 'link' SET t.touched_ms = $now "
                f"RETURN {_COLUMNS}, t.kind AS kind, t.used_by AS used_by",
                hash=hashed,
                now=self._clock(),
            )
            if not rows or not _is_valid(rows[0], self._clock()) or rows[0]["used_by"] not in (None, redemption):
                return None
            await transaction.run(
                "MATCH (t:Token) WHERE t.hash = $hash SET t.used_by = $by", hash=hashed, by=redemption
            )
            return rows[0]

        entry = await self._engine.write(work)
        return None if entry is None else await self._open_session(entry)

    async def find_session(self, plain: str) -> Viewer | None:
        """The viewer of an open session; None once it, or the token behind it, ended. At most two indexed reads."""
        session = await self._entry("session", plain)
        if session is None:
            return None
        parents = await self._engine.read(
            f"MATCH (t:Token) WHERE t.key = $key RETURN {_COLUMNS}", key=session["parent"]
        )
        # a link is spent when its session opens: only its revocation counts, not its short life
        if not parents or parents[0]["revoked_ms"] is not None:
            return None
        return Viewer(person=session["person"], role=Role(session["role"]))

    async def sign_out(self, plain: str) -> None:
        """Ends a session; nothing happens where there is none."""
        await self._remove("MATCH (t:Token) WHERE t.hash = $name AND t.kind = 'session' DELETE t", _hash(plain))

    async def list(self) -> list[TokenEntry]:
        """All tokens ever made, the oldest first; no sessions, no links."""
        rows = await self._engine.read(
            f"MATCH (t:Token) WHERE t.kind = 'token' RETURN {_COLUMNS} ORDER BY t.created_ms, t.key"
        )
        return [TokenEntry(**{**row, "role": Role(row["role"])}) for row in rows]

    async def has_administrator(self) -> bool:
        """Whether a valid token of the owner or of an administrator exists."""
        managers = {Role.OWNER, Role.ADMINISTRATOR}
        return any(token.role in managers and token.is_valid(self._clock()) for token in await self.list())

    async def revoke(self, key: str) -> bool:
        """Ends a token and the sessions it opened, from now on; False where there is no such token."""
        now = self._clock()

        async def work(transaction: Transaction) -> bool:
            rows = await transaction.run(
                "MATCH (t:Token) WHERE t.key = $key AND t.kind = 'token' "
                "SET t.revoked_ms = coalesce(t.revoked_ms, $now) RETURN t.key AS key",
                key=key,
                now=now,
            )
            return bool(rows)

        return await self._engine.write(work)

    async def keep_language(self, person: str, language: str) -> None:
        """Keeps in which language a person reads."""

        async def work(transaction: Transaction) -> None:
            await transaction.run(
                "MERGE (t:Token {key: $key}) SET t.hash = $key, t.kind = 'reader', t.person = $person, "
                "t.language = $language",
                key=_reader_key(person),
                person=person,
                language=language,
            )

        await self._engine.write(work)

    async def language_of(self, person: str) -> str | None:
        """The language that a person chose; None where they never did."""
        rows = await self._engine.read(
            "MATCH (t:Token) WHERE t.key = $key RETURN t.language AS language", key=_reader_key(person)
        )
        return rows[0]["language"] if rows else None

    async def sweep(self) -> None:
        """Forgets the sessions and links that have expired."""

        async def work(transaction: Transaction) -> None:
            await transaction.run(
                "MATCH (t:Token) WHERE t.kind = 'session' AND t.expires_ms <= $now DELETE t", now=self._clock()
            )

        await self._engine.write(work)

    async def _open_session(self, parent: dict[str, Any]) -> Issued:
        expires_ms = self._clock() + SESSION_HOURS * _HOUR_MS
        if parent["kind"] == "token" and parent["expires_ms"] is not None:
            expires_ms = min(expires_ms, parent["expires_ms"])
        return await self._make("session", parent["person"], Role(parent["role"]), expires_ms, parent["key"])

    async def _make(self, kind: str, person: str, role: Role, expires_ms: int | None, parent: str | None) -> Issued:
        plain = _PREFIXES[kind] + secrets.token_urlsafe(32)
        key = secrets.token_hex(6)
        properties = {
            "hash": _hash(plain),
            "kind": kind,
            "person": person,
            "role": role.value,
            "created_ms": self._clock(),
            "expires_ms": expires_ms,
            "parent": parent,
        }
        properties = {name: value for name, value in properties.items() if value is not None}

        async def work(transaction: Transaction) -> None:
            await transaction.run("MERGE (t:Token {key: $key}) SET t += $properties", key=key, properties=properties)

        await self._engine.write(work)
        return Issued(key=key, plain=plain)

    async def _entry(self, kind: str, plain: str) -> dict[str, Any] | None:
        if not plain.startswith(_PREFIXES[kind]):
            return None
        rows = await self._engine.read(
            f"MATCH (t:Token) WHERE t.hash = $hash AND t.kind = $kind "
            f"RETURN {_COLUMNS}, t.kind AS kind, t.parent AS parent",
            hash=_hash(plain),
            kind=kind,
        )
        return rows[0] if rows and _is_valid(rows[0], self._clock()) else None

    async def _remove(self, statement: str, name: str) -> None:
        async def work(transaction: Transaction) -> None:
            await transaction.run(statement, name=name)

        await self._engine.write(work)


def _reader_key(person: str) -> str:
    return f"reader {person}"  # no key of a token holds a space


def _is_valid(row: dict[str, Any], at_ms: int) -> bool:
    return row["revoked_ms"] is None and (row["expires_ms"] is None or row["expires_ms"] > at_ms)


def _hash(plain: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess
    return hashlib.sha256(plain.encode()).hexdigest()
