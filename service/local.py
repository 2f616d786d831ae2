"""Commands on the machine of the service: how they find it, and how they prove that they may do all.

Who can read the key file can do all. So a command shows the service that it can: it signs an expiry and a nonce with
a secret derived from the key file. Nothing secret is written to `service.json` or handed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from graph.engine.folder import is_same_process, started, write_privately
from graph.keys import KeyRing

__all__ = ["LocalProofs", "find_service", "make_proof", "service_file_of"]

_PREFIX: Final = "local."
_PURPOSE: Final = "local sign-in"
_VALID_SECONDS: Final = 60


def make_proof(ring: KeyRing) -> str:
    """A bearer for one request, good for a minute."""
    content = f"{int(time.time()) + _VALID_SECONDS}.{secrets.token_hex(16)}"
    return f"{_PREFIX}{content}.{_sign(ring, content)}"


class LocalProofs:
    """Checks proofs; each is good once in the life of this object."""

    def __init__(self, ring: KeyRing, clock: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._clock = clock
        self._used: dict[str, int] = {}  # nonce -> expiry

    def is_valid(self, bearer: str) -> bool:
        content, _, signature = bearer.removeprefix(_PREFIX).rpartition(".")
        expiry_text, _, nonce = content.partition(".")
        if not bearer.startswith(_PREFIX) or not signature.isascii() or not expiry_text.isdecimal():
            return False
        if not hmac.compare_digest(signature, _sign(self._ring, content)):
            return False
        now = self._clock()
        expiry = int(expiry_text)
        self._used = {used: until for used, until in self._used.items() if until >= now}
        if not now <= expiry <= now + _VALID_SECONDS or nonce in self._used:
            return False
        self._used[nonce] = expiry
        return True


def _sign(ring: KeyRing, content: str) -> str:
    return hmac.new(ring.secret(_PURPOSE), content.encode(), hashlib.sha256).hexdigest()


@contextlib.contextmanager
def service_file_of(path: Path, url: str, *, store: str | None) -> Iterator[None]:
    """Says where the service listens, for commands that are given its folder, while it runs."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    process = os.getpid()
    note = {"url": url, "pid": process, "started": started(process), "store": store}
    write_privately(path, json.dumps(note) + "\n")
    try:
        yield
    finally:
        if find_service(path) == url:  # another service of the same database may have written its own since
            path.unlink(missing_ok=True)


def find_service(path: Path, *, store: str | None = None) -> str | None:
    """The address in a service file; None where there is none, or its process is gone.

    ``store``: the database that was asked for by name; a service of another one is not meant.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        url, process, since = str(content["url"]), int(content["pid"]), float(content["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if store is not None and content.get("store") != store:
        return None
    return url if is_same_process(process, since) else None
