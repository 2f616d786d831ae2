"""What a record that is no record seems to name, so that the rest of the request can be judged without it.

A faulty line may be what makes a lot or releases it: then nothing is said of that lot, and all else is still checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.records import BadValue, RawRecord, clean_key, lot_of_unit

__all__ = ["hides_names", "keys_named"]

_NAMING = ("id", "id_of", "operation")
_ASIDE = frozenset({"byte_order_mark", "crlf"})  # of a line whose record is read all the same
_SIDES = ("inputs", "outputs", "uses")


def hides_names(raw: RawRecord) -> bool:
    """Whether it cannot be told what the record names: a line that is not JSON, say."""
    if raw.problems and all(problem.code in _ASIDE for problem in raw.problems):
        return False
    return not isinstance(raw.value, dict) or not isinstance(raw.value.get("record"), str)


def keys_named(raw: RawRecord) -> frozenset[str]:
    """Keys of things and operations in it, whatever their kinds."""
    return frozenset(_keys(raw.value))


def _keys(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for name in _NAMING:
        yield from _key(value.get(name))
    for side in _SIDES:
        ends = value.get(side)
        for end in ends if isinstance(ends, list) else ():
            if isinstance(end, dict):
                yield from _key(end.get("id"))
    replacement = value.get("replacement")
    if isinstance(replacement, dict) and "replacement" not in replacement:
        yield from _keys(replacement)


def _key(value: Any) -> Iterator[str]:
    try:
        yield lot_of_unit(clean_key(value))
    except BadValue:
        return
