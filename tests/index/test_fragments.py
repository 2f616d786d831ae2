"""Texts of many rows in arrays: as they would be written, sorted and put together one by one."""

from __future__ import annotations

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from graph.index.columns import Texts
from graph.index.fragments import choose, coded, encoded, join, json_numbers, json_texts, moments, text_order
from graph.times import render

# As keys are: no control characters.
KEYS = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30), max_size=40)
SIMILAR = st.lists(st.text("ab", max_size=20), max_size=40)
TIMES = st.integers(-60_000_000_000_000, 250_000_000_000_000)


@given(KEYS)
def test_texts_stand_within_json_as_a_json_writer_writes_them(keys: list[str]) -> None:
    texts = encoded([key.encode() for key in keys])
    assert texts.texts() == keys
    if keys:
        assert join([b'"', json_texts(texts), b'"\n']) == b"".join(orjson.dumps(key) + b"\n" for key in keys)


@given(st.lists(st.tuples(TIMES, st.sampled_from([-570, -1, 0, 480, 840]))))
def test_times_are_written_as_anywhere(times: list[tuple[int, int]]) -> None:
    columns = np.array(times, dtype=np.int64).reshape(-1, 2)
    assert moments(columns[:, 0], columns[:, 1]).texts() == [render(ms, offset) for ms, offset in times]


@given(st.lists(st.integers(-(2**62), 2**62)))
def test_numbers_are_written_as_json_has_them(numbers: list[int]) -> None:
    assert json_numbers(np.array(numbers, dtype=np.int64)).texts() == [str(number) for number in numbers]


@given(st.one_of(KEYS, SIMILAR))
def test_rows_are_sorted_by_group_and_then_as_python_sorts_texts(keys: list[str]) -> None:
    groups = np.array([len(key) % 3 for key in keys], dtype=np.int64)
    order = text_order(groups, encoded([key.encode() for key in keys])).tolist()
    assert [(groups[row], keys[row]) for row in order] == sorted(zip(groups.tolist(), keys, strict=True))
    assert sorted(order) == list(range(len(keys)))


@given(KEYS, st.data())
def test_keys_are_taken_from_a_snapshot_and_from_what_came_since(keys: list[str], data: st.DataObject) -> None:
    texts = Texts()
    for key in keys:
        texts.append(key)
    kept = Texts(*texts.packed(data.draw(st.integers(0, len(keys)))))
    for key in keys[len(kept) :]:
        kept.append(key)
    rows = data.draw(st.lists(st.integers(0, max(len(keys) - 1, 0)), max_size=30 if keys else 0))
    assert kept.take(np.array(rows, dtype=np.int64)).texts() == [keys[row] for row in rows]


def test_each_row_has_the_text_that_is_chosen_for_it() -> None:
    usual, other = coded([b"no", b"yes"], np.array([0, 1, 1])), encoded([b"a", b"b", b"c"])
    assert choose(np.array([False, True, False]), usual, other).texts() == ["no", "b", "yes"]
