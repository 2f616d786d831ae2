"""The quick way to canonical JSON gives the bytes of RFC 8785, for every value that has any."""

from __future__ import annotations

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from graph.canonical import canonical_json

# Numbers at the edges of what the two writers write alike, and texts that look like them.
_EDGES = st.sampled_from(
    [
        0.0, -0.0, 1.0, -1.0, 0.1 + 0.2, 1e-4, 1e-5, 1e-6, 9.99e-7, 1e-7, 5e-324, 1e15, 1e16, 1e20, 1e21, 1.5e300,
        2.0**53, 2.0**53 + 2, 123456789012345680.0, 4503599627370496.5, 2**53 - 1, 1 - 2**53, 1e-5 + 1e-6,
    ]
)  # fmt: skip
_TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["1.0", "1.0,", "null", "1e5", "9e+", "\ue000", "\uffff", "\U00010000", "\x7f", "\x00\x1f", "</", "\u2028", "批号"]
)
_NUMBERS = st.integers(1 - 2**53, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False) | _EDGES
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(_TEXTS, inner),
    max_leaves=20,
)


@given(_VALUES)
@example({"\U00010000": 1, "\ue000": 2})
@example([1.0, 2])
@example([1.0])
@example({"a": 1.0})
def test_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(_NUMBERS)
def test_a_number_by_itself_is_written_as_rfc_8785_does(number: float) -> None:
    assert canonical_json(number) == rfc8785.dumps(number)
    assert canonical_json([number, "x"]) == rfc8785.dumps([number, "x"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, -(2**53), 2**64, "\ud800", {1: 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical_json({"value": value})
