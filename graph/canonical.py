"""RFC 8785 JSON: one text for each value, so that equal values have equal digests."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
import rfc8785

__all__ = ["canonical_json"]

_DIGITS_AS_NINE: Final = bytes.maketrans(b"012345678", b"9" * 9)
_LARGE: Final = b"9" * 16
_BEYOND_BASIC_PLANE: Final = re.compile(rb"[\xf0-\xf4]")


def canonical_json(value: Any) -> bytes:
    """The value in canonical form. Raises ValueError where it has none: numbers must be finite and exact.

    Written by orjson, which is much faster, wherever that is certain to give the same bytes.
    """
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return rfc8785.dumps(value)
    return rfc8785.dumps(value) if _may_differ(text) else text


def _may_differ(text: bytes) -> bool:
    """Whether the text holds what the two may write differently. Found in a text of the value, it only costs time.

    That is: whole numbers as floats (1.0), exponents, integers that floats cannot hold, null (which orjson also writes
    for NaN), and names beyond the basic plane, which the two sort differently.
    """
    shape = text.translate(_DIGITS_AS_NINE)
    return (
        b".0," in text
        or b".0}" in text
        or b".0]" in text
        or text.endswith(b".0")
        or b"9e+" in shape
        or b"9e-" in shape
        or _LARGE in shape
        or b"null" in text
        or (not text.isascii() and _BEYOND_BASIC_PLANE.search(text) is not None)
    )
