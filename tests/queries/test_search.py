"""Searching keys and names: from the index as from the database, whatever the case, and only what the viewer may see."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from graph.viewer import Role, Viewer
from queries.nodes import search
from queries.privacy import View
from support.lineage_views import view_of
from support.random_trials import RandomTrial
from support.trial import correction, trial

TEXTS = ("1", "L", "l1", "DP1#", "mcb", "uc-", "org", "hospital", "P-0", "zzz", "medium", "医院", "LOT", "S", "TANK")


async def _view(records: list[dict[str, Any]], role: Role = Role.OWNER) -> View:
    view = view_of(records, "index", viewer=Viewer(person="P-01", role=role))
    assert view.index is not None
    await view.index.position()  # nobody waits for the index to be built
    return view


async def _told(view: View, text: str, first: int = 500) -> tuple[int, list[str]]:
    page = await search(view, text, first=first)
    return page.total, [node.node[0] + ":" + node.node[1] for node in page.items]


def _named_trial() -> list[dict[str, Any]]:
    """The trial, a reagent renamed, a lot corrected to another cell id, and a name in letters that grow in lower case."""
    records = [*trial(), *correction()]
    records.append(
        {"record": "node", "kind": "Reagent", "id": "İX", "data": {"name": "İstanbul Serum", "lot_number": "7"}}
    )
    for number, name in enumerate(("Growth Medium", "Medium of growth"), start=1):
        records.append(
            {"record": "amendment", "id": f"AM{number}", "kind": "Reagent", "id_of": "R-MED-7", "data": {"name": name},
             "reason": "r", "by": "P-02"}
        )  # fmt: skip
    return records


@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER, Role.ANALYST])
async def test_the_index_finds_what_the_database_finds(role: Role) -> None:
    records = _named_trial()
    view = await _view(records, role)
    for text in (*TEXTS, "growth medium", "of growth", "i̇stanbul", "İX"):
        fresh = replace(view, index=None)
        assert await _told(view, text) == await _told(fresh, text), text


@pytest.mark.parametrize("seed", range(30))
async def test_the_index_finds_what_the_database_finds_in_any_trial(seed: int) -> None:
    records = RandomTrial(seed, 80).records
    view = await _view(records, Role.VIEWER if seed % 2 else Role.OWNER)
    chance = random.Random(seed)
    keys = [record["id"] for record in records if record["record"] == "node"]
    for key in chance.sample(keys, 6):
        begin = chance.randrange(len(key))
        text = key[begin : begin + chance.randint(1, 4)]
        if text.strip():
            assert await _told(view, text) == await _told(replace(view, index=None), text), text


async def test_pages_together_are_the_whole_answer() -> None:
    view = await _view(_named_trial())
    total, every = await _told(view, "1")
    found: list[str] = []
    after = None
    while True:
        page = await search(view, "1", first=7, after=after)
        found += [node.node[0] + ":" + node.node[1] for node in page.items]
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert found == every
    assert total == len(every)


async def test_an_old_name_finds_nothing_any_more() -> None:
    view = await _view(_named_trial())
    assert await _told(view, "growth medium") == (0, [])
    assert await _told(view, "MEDIUM OF") == (1, ["Reagent:R-MED-7"])


async def test_what_is_made_no_more_is_not_found() -> None:
    records = trial()
    made = next(each for each in records if each.get("id") == "O07")
    records = [
        each
        for each in records
        if each["record"] == "node" or each is made or each["id"] in {"O01", "O02", "O03", "O04", "O05", "O06"}
    ]
    output = made["outputs"][0]["id"]
    assert (await _told(await _view(records), output))[0] > 0
    records.append(
        {"record": "correction", "id": "V", "operation": "O07", "reason": "r", "by": "P-02", "replacement": None}
    )
    assert await _told(await _view(records), output) == (0, [])


async def test_what_came_after_the_index_was_made_is_found() -> None:
    records = trial()
    view = await _view(records)
    before = await _told(view, "NEW-REAGENT")
    late = [*records, {"record": "node", "kind": "Reagent", "id": "NEW-REAGENT", "data": {"name": "n"}}]
    assert before == (0, [])
    assert (await _told(await _view(late), "new-reag"))[1] == ["Reagent:NEW-REAGENT"]
