"""Cursors of an impact's items as GraphQL gives them out, and takes them back."""

from __future__ import annotations

from typing import Any

import pytest

from queries.pages import Cursor
from support.asking import ask_memory, data_of
from support.memory_graph import MemoryGraph
from support.trial import trial

_QUERY = """query($seed: ID!, $after: String, $kinds: [NodeKind!]) {
  impact(input: {hazard: EXPOSURE, seeds: [{id: $seed}]}) { __typename
    ... on InvalidInput { member message }
    ... on NotFound { message }
    ... on Impact { items(first: 3, after: $after, kinds: $kinds) {
      pageInfo { endCursor } edges { node { id } } } } } }"""
_REFUSED = "This is no cursor of this answer."


async def _ask(seed: str, **more: Any) -> Any:
    return await ask_memory(MemoryGraph(trial()), _QUERY, {"seed": seed, **more})


async def _end(seed: str, **more: Any) -> str:
    cursor: str = data_of(await _ask(seed, **more))["impact"]["items"]["pageInfo"]["endCursor"]
    return cursor


async def test_a_page_goes_on_where_the_one_before_ended() -> None:
    after = await _end("Reagent:R-MED-8")
    following = data_of(await _ask("Reagent:R-MED-8", after=after))["impact"]["items"]["edges"]
    assert len(following) == 3
    first = data_of(await _ask("Reagent:R-MED-8"))["impact"]["items"]["edges"]
    assert not [edge for edge in following if edge in first]


async def test_a_cursor_of_another_question_is_an_error_that_says_so() -> None:
    after = await _end("Reagent:R-MED-8")
    for asked in ({"seed": "Donor:D1"}, {"seed": "Reagent:R-MED-8", "kinds": ["SUBJECT"]}):
        answer = await _ask(**asked, after=after)
        assert [error["message"] for error in answer.as_json()["errors"]] == [_REFUSED]


@pytest.mark.parametrize("place", [(-7,), (1,), ("x", -7), (-7, "x"), ("x", 1, 1)])
async def test_a_forged_cursor_is_bad_input(place: tuple[str | int, ...]) -> None:
    answer = data_of(await _ask("Reagent:R-MED-8", after=Cursor(85, place).text()))["impact"]
    assert answer == {"__typename": "InvalidInput", "member": "after", "message": _REFUSED}


async def test_a_cursor_at_an_entry_before_the_seed_says_so() -> None:
    named = Cursor.parse(await _end("Reagent:R-MED-8"), (str, int))
    answer = data_of(await _ask("Reagent:R-MED-8", after=Cursor(1, named.place).text()))["impact"]
    assert answer["message"].startswith("At ledger entry 1 there is no Reagent:R-MED-8;")
