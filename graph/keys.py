"""The data keys of persons, kept outside the database.

Values of tier 3 are encrypted under the key of the person they concern (`graph.sealing`). Destroying that key
destroys the values, in backups of the database too, while the ledger's chain still verifies. A key service can
stand in for the file: whatever answers the `KeyRing` protocol.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from filelock import FileLock

from graph.errors import IntegrityBroken, Misconfigured
from graph.saying import said

__all__ = ["KEY_LENGTH", "KeyFile", "KeyRing", "MemoryKeys", "derive"]

KEY_LENGTH = 32
_FORMAT = "stemgraph-keys-1"


class KeyRing(Protocol):
    """Where data keys come from. ``person`` is a full id, such as ``Donor:D1``."""

    def key_of(self, person: str) -> bytes | None:
        """The 32-byte data key of a person; None where there is none, or none any more."""

    def ensure(self, persons: Iterable[str]) -> None:
        """Makes the keys that are missing. When it returns they are durable, and seen by every process."""

    def destroy(self, person: str) -> None:
        """Destroys a person's key, and with it every value sealed under it. Nothing brings it back."""

    def secret(self, purpose: str) -> bytes:
        """A 32-byte secret of this ring for one purpose, always the same; says nothing about the others."""


def derive(material: bytes, context: str) -> bytes:
    """A 32-byte key out of secret material, another for each ``context``. Source: RFC 5869."""
    return HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=context.encode()).derive(material)


class MemoryKeys:
    """A ring that lives as long as its process: for tests."""

    def __init__(self) -> None:
        self._master = secrets.token_bytes(KEY_LENGTH)
        self._keys: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"MemoryKeys({len(self._keys)} persons)"

    def key_of(self, person: str) -> bytes | None:
        return self._keys.get(person)

    def ensure(self, persons: Iterable[str]) -> None:
        for person in persons:
            self._keys.setdefault(person, secrets.token_bytes(KEY_LENGTH))

    def destroy(self, person: str) -> None:
        self._keys.pop(person, None)

    def secret(self, purpose: str) -> bytes:
        return derive(self._master, f"stemgraph secret {purpose}")


class KeyFile:
    """A ring in a file of mode 0600: JSON Lines, the master secret first, then a line for each person.

    Several processes may share it: who changes it holds the lock beside it and reads it again first; who reads it
    notices a change. `destroy` writes a new file over the old one. What the disk itself keeps of overwritten blocks
    is beyond it: put the file on an encrypted volume.
    """

    def __init__(self, path: Path | str, *, must_exist: bool = False) -> None:
        """Opens the file, or makes it. ``must_exist``: for a store that has values sealed under its keys already.

        Raises:
            Misconfigured: others than its owner may read it, it is not a key file, or it is missing and must exist.
        """
        self._path = Path(path)
        self._lock = FileLock(str(self._path) + ".lock", mode=0o600)
        self._guard = threading.RLock()
        self._seen: tuple[int, int, int] | None = None
        self._complete_length = 0
        self._master = b""
        self._keys: dict[str, bytes] = {}
        is_new = not self._path.exists() or self._path.stat().st_size == 0
        if is_new and must_exist:
            raise Misconfigured(
                f"The store's key file {self._path} is missing.",
                remedy="Put it back from its backup; without it no sealed value can be read.",
            )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if not self._path.exists() or self._path.stat().st_size == 0:
                self._master = secrets.token_bytes(KEY_LENGTH)
                self._replace()
            self._refresh()

    def __repr__(self) -> str:
        return f"KeyFile({str(self._path)!r})"

    @property
    def path(self) -> Path:
        return self._path

    def key_of(self, person: str) -> bytes | None:
        with self._guard:
            self._refresh()
            return self._keys.get(person)

    def ensure(self, persons: Iterable[str]) -> None:
        wanted = dict.fromkeys(persons)
        with self._guard:
            self._refresh()
            if all(person in self._keys for person in wanted):
                return
            with self._lock:
                self._refresh()
                missing = {p: secrets.token_bytes(KEY_LENGTH) for p in wanted if p not in self._keys}
                if missing:
                    self._append(missing)
                    self._refresh()

    def destroy(self, person: str) -> None:
        with self._guard, self._lock:
            self._refresh()
            if self._keys.pop(person, None) is not None:
                self._replace()
                self._refresh()

    def secret(self, purpose: str) -> bytes:
        return derive(self._master, f"stemgraph secret {purpose}")

    def _append(self, keys: dict[str, bytes]) -> None:
        with self._path.open("r+b") as file:
            # a line that a crash cut off was never acknowledged: it goes
            file.truncate(self._complete_length)
            file.seek(self._complete_length)
            file.write(b"".join(_line({"person": person, "key": _encode(key)}) for person, key in keys.items()))
            file.flush()
            os.fsync(file.fileno())

    def _replace(self) -> None:
        """Writes the whole file anew, so that a crash leaves the old one or the new one."""
        lines = [_line({"format": _FORMAT, "master": _encode(self._master)})]
        lines += [_line({"person": person, "key": _encode(key)}) for person, key in self._keys.items()]
        new = self._path.with_name(self._path.name + ".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        if os.name == "posix":  # elsewhere a folder cannot be synced, and a mode says nothing
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _refresh(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            raise IntegrityBroken(
                said("The key file {path} is gone.", path=self._path),
                remedy=said("Put it back from its backup; without it no sealed value can be read."),
            ) from None
        version = (found.st_ino, found.st_size, found.st_mtime_ns)
        if version == self._seen:
            return
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
            raise Misconfigured(
                f"The key file {self._path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}).",
                remedy=f"Run: chmod 600 {self._path}",
            )
        content = self._path.read_bytes()
        self._complete_length = content.rfind(b"\n") + 1
        lines = content[: self._complete_length].splitlines()
        try:
            head = json.loads(lines[0]) if lines else {}
            if head.get("format") != _FORMAT:
                raise ValueError("the first line is not that of a key file")
            self._master = _decode(head["master"])
            self._keys = {entry["person"]: _decode(entry["key"]) for entry in map(json.loads, lines[1:])}
        except (ValueError, KeyError, TypeError, AttributeError):
            # the error's own text may hold a piece of the file
            raise Misconfigured(
                f"{self._path} is not a key file that this version can read.",
                remedy="Name the store's own key file, or put it back from its backup.",
            ) from None
        self._seen = version


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(key) != KEY_LENGTH:
        raise ValueError("a key has 32 bytes")
    return key
