"""A message is its English text everywhere, and remembers of what it was made."""

from __future__ import annotations

import copy
import json
import pickle

import orjson

from graph.saying import Saying, said

NESTED = said("{member} {problem}", member="data.rate", problem=said("is below {low}, which cannot be", low="0"))


def test_it_is_the_english_text() -> None:
    assert NESTED == "data.rate is below 0, which cannot be"
    assert json.loads(json.dumps([NESTED])) == [str(NESTED)]
    assert orjson.loads(orjson.dumps({"message": NESTED})) == {"message": str(NESTED)}
    assert type(str(NESTED)) is str


def test_a_value_is_put_in_once_whatever_it_holds() -> None:
    assert said("{thing} names {other}.", thing="{other}", other="{thing}") == "{other} names {thing}."


def test_braces_that_are_no_place_stay() -> None:
    assert said('Write {"min":…} or { … } or {field}.') == 'Write {"min":…} or { … } or {field}.'


def test_copies_remember_and_what_is_cut_or_joined_is_plain_english() -> None:
    for again in (copy.copy(NESTED), copy.deepcopy(NESTED), pickle.loads(pickle.dumps(NESTED))):  # noqa: S301 - our own
        assert isinstance(again, Saying)
        assert (again, again.template, again.values) == (NESTED, NESTED.template, NESTED.values)
        inner = again.values["problem"]
        assert isinstance(inner, Saying)
    for plain in (NESTED + "!", NESTED[:4], NESTED.upper(), f"{NESTED}", f"{NESTED}; {NESTED}"):
        assert type(plain) is str
