"""Pieces of text are found wherever they stand, among few texts and among more than one part of the shelf holds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.index import shelf
from graph.index.fragments import encoded
from graph.index.shelf import Shelf

LETTERS = st.text(alphabet="abAB1-#é İß医", min_size=1, max_size=12)


@given(
    st.lists(st.lists(LETTERS, max_size=90), min_size=1, max_size=4), st.text("abAB1-#é İß医", min_size=1, max_size=5)
)
def test_what_holds_the_text_is_found_and_nothing_else(batches: list[list[str]], text: str) -> None:
    kept = Shelf()
    for batch in batches:
        kept.put(encoded([each.encode() for each in batch]))
    every = [each for batch in batches for each in batch]
    expected = [row for row, each in enumerate(every) if text.lower() in each.lower()]
    assert kept.count == len(every)
    assert kept.rows(text).tolist() == expected


def test_more_texts_than_one_part_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_SMALL", 500)
    chance = random.Random(1)
    texts = [f"{chance.choice('LQD')}{number:05}-{chance.randrange(9)}" for number in range(12_000)]
    kept = Shelf()
    for first in range(0, len(texts), 700):
        kept.put(encoded([text.encode() for text in texts[first : first + 700]]))
    for text in ("l", "7", "00", "q0", "d0119", "04321", "9999-", "no"):
        assert kept.rows(text).tolist() == [row for row, each in enumerate(texts) if text in each.lower()], text
