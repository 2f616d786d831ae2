"""Values of tier 3: a digest for the ledger, a ciphertext for the vault, both gone blind when a key is destroyed.

The digest is SHA-256 over a random 32-byte salt and the value's canonical JSON (RFC 8785). Salt and value are
encrypted together (AES-GCM, bound to the digest), so that the salt, too, is gone with the key: a short list of
possible values cannot be tried against the digest afterwards.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph.canonical import canonical_json
from graph.errors import IntegrityBroken
from graph.keys import KeyRing, derive
from graph.saying import said

__all__ = ["SALT_LENGTH", "Sealed", "digest_of", "keyed_digest", "matches", "same_person_digest", "seal", "unseal"]

SALT_LENGTH = 32
_NONCE_LENGTH = 12
_MARK_LENGTH = 8  # of the key that sealed: tells "the key was destroyed and another made" from "was tampered with"


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """One sealed value: ``digest`` stands in the ledger, ``ciphertext`` and ``persons`` beside it."""

    digest: str  # hexadecimal
    salt: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    persons: tuple[str, ...]  # whom it concerns: destroying the key of any of them destroys it


def seal(value: Any, persons: Sequence[str], ring: KeyRing, salt: bytes | None = None) -> Sealed:
    """Seals a JSON value under the keys of the persons it concerns (several for a pool).

    ``salt`` is given only where a value comes back with the salt it had before. The ring must hold the keys already
    (`KeyRing.ensure`).

    Raises:
        ValueError: no person is named, the salt has not 32 bytes, or the value is not JSON.
        KeyError: a person has no key.
    """
    salt = secrets.token_bytes(SALT_LENGTH) if salt is None else salt
    if len(salt) != SALT_LENGTH:
        raise ValueError(f"a salt has {SALT_LENGTH} bytes")
    names = tuple(sorted(set(persons)))
    key = _key_for(names, ring)
    if key is None:
        raise KeyError(f"no data key for {', '.join(names)}")
    plain = canonical_json(value)
    digest = hashlib.sha256(salt + plain).hexdigest()
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    ciphertext = _mark(key) + nonce + AESGCM(key).encrypt(nonce, salt + plain, digest.encode())
    return Sealed(digest=digest, salt=salt, ciphertext=ciphertext, persons=names)


def unseal(digest: str, ciphertext: bytes, persons: Sequence[str], ring: KeyRing) -> tuple[Any, bytes] | None:
    """The value and its salt; None where a key it needs was destroyed.

    Raises:
        IntegrityBroken: the key is there, and the ciphertext is not what was sealed under this digest.
    """
    key = _key_for(tuple(sorted(set(persons))), ring)
    if key is None or not hmac.compare_digest(ciphertext[:_MARK_LENGTH], _mark(key)):
        return None
    nonce = ciphertext[_MARK_LENGTH : _MARK_LENGTH + _NONCE_LENGTH]
    try:
        content = AESGCM(key).decrypt(nonce, ciphertext[_MARK_LENGTH + _NONCE_LENGTH :], digest.encode())
    except (InvalidTag, ValueError):
        raise IntegrityBroken(
            said("The sealed value {digest}… is not what was sealed.", digest=digest[:12]),
            remedy=said("Restore the store from a backup."),
        ) from None
    return json.loads(content[SALT_LENGTH:]), content[:SALT_LENGTH]


def digest_of(value: Any, salt: bytes) -> str:
    """The digest that stands in the ledger for this value under this salt, hexadecimal."""
    return hashlib.sha256(salt + canonical_json(value)).hexdigest()


def matches(value: Any, digest: str, salt: bytes) -> bool:
    """Whether a plain value is the one that was sealed."""
    return hmac.compare_digest(digest_of(value, salt), digest)


def keyed_digest(purpose: str, text: str, ring: KeyRing) -> str:
    """A digest that only holders of the ring can compute: equal for equal texts, and otherwise silent; hexadecimal."""
    secret = ring.secret(f"digest {purpose}")
    return hmac.new(secret, unicodedata.normalize("NFC", text).encode(), hashlib.sha256).hexdigest()


def same_person_digest(key: str, ring: KeyRing) -> str:
    """What the identity check compares: a donor's key, and the one sealed in a subject's record."""
    return keyed_digest("same person", key, ring)


def _key_for(persons: tuple[str, ...], ring: KeyRing) -> bytes | None:
    if not persons:
        raise ValueError("a sealed value concerns at least one person")
    keys = [ring.key_of(person) for person in persons]
    material = b"".join(key for key in keys if key is not None)
    return None if None in keys else derive(material, "stemgraph seal 1")


def _mark(key: bytes) -> bytes:
    return hashlib.sha256(b"stemgraph seal mark" + key).digest()[:_MARK_LENGTH]
