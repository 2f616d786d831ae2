"""No page tells a role what is above its tier: every page of everything recorded, in every role and language."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

import pytest

from graph.engine import EmbeddedEngine
from graph.viewer import HIGHEST_TIER, Role
from graph.vocabulary import KINDS, OPERATIONS, USES, Field, FieldType, field_tier
from service.store import Store
from support.browsing import Reader
from support.filled import filled_records
from support.stores import empty_store, import_all

Json = dict[str, Any]
_WORDS = {FieldType.STRING, FieldType.TEXT}
# Keys that lead to one person: the only donor is autologous. They stand alone, not within another word.
_PERSONAL = re.compile(r"(?<![\w.-])(D1|T1|S1|AE1|L[1-7]|B1|DP1)(?![\w.-])")
_STAFF = re.compile(r"(?<![\w-])(P-[12]|ORG-1)(?![\w-])")


def _mark(values: Json, fields: dict[str, Field], **context: Any) -> None:
    """Each word says its tier."""
    for name in values:
        if fields[name].type in _WORDS and not fields[name].is_code and name != "lot_number":
            word = f"mark-t{field_tier(fields[name], **context)}-{name}"
            values[name] = [word] if fields[name].many else word


def _records() -> list[Json]:
    records = filled_records()
    for record in records:
        if record["record"] == "node":
            _mark(record["data"], KINDS[record["kind"]].fields)
        elif record["record"] == "operation":
            _mark(record.get("data", {}), OPERATIONS[record["type"]].fields)
            for output in record.get("outputs", ()):
                _mark(output.get("data", {}), KINDS[output["kind"]].fields, operation=record["type"])
            for use in record.get("uses", ()):
                _mark(use.get("data", {}), USES[use["kind"]].fields)
    return records


@pytest.fixture(scope="module")
async def filled_store(embedded_engine: EmbeddedEngine) -> Store:
    store = await empty_store(embedded_engine)
    await import_all(store, _records())
    return store


def _addresses(records: list[Json]) -> set[str]:
    """The page of each thing and each operation, and all lists."""
    things = {f"{each['kind']}:{each['id']}" for each in records if each["record"] == "node"}
    acts = [each for each in records if each["record"] == "operation"]
    things |= {f"{end['kind']}:{end['id']}" for act in acts for end in act.get("outputs", ())}
    return {
        *(f"/view/node/{thing}" for thing in things),
        *(f"/view/node/{thing}?all=true" for thing in things if thing.startswith(("Person", "Institution", "Study"))),
        *(f"/view/operation/{act['id']}" for act in acts),
        *(f"/view/trace?start={thing}&direction={way}&as={form}"
          for thing in ("Reagent:R1", "Equipment:INC-1") for way in ("forward", "backward")
          for form in ("list", "list&list=links")),
        *(f"/export/trace?start={thing}&direction={way}&format={form}"
          for thing in ("Reagent:R1", "Equipment:INC-1") for way in ("forward", "backward")
          for form in ("ndjson", "csv", "graphml")),
        *(f"/export/impact?hazard={hazard}&seed={thing}&format={form}"
          for thing in ("Reagent:R1", "Equipment:INC-1") for hazard in ("EXPOSURE", "CONTAGIOUS")
          for form in ("ndjson", "csv", "graphml")),
        *(f"/view/impact?hazard=CONTAGIOUS&channels=MATERIAL,EQUIPMENT,STORAGE&seed={thing}&as={form}{target}"
          for thing in ("Reagent:R1", "Equipment:INC-1") for form in ("list", "picture")
          for target in ("", "&target=CellLot:L2")),
        *(f"/view/whereabouts?id={quote(thing)}&as={form}" for thing in sorted(things)
          if thing.startswith(("CellLot", "CellUnit", "Tissue", "Reagent")) for form in ("list", "picture")),
        *(f"/view/search?q={text}" for text in ("1", "mark", "D1", "-t3-")),
        *(f"/view/search?q={text}&part=suggestions" for text in ("1", "mark")),
        *(f"/view/ledger?before={before}" for before in range(51, len(records) + 51, 50)),
        "/", "/view/deviations?show=all", "/view/coverage?whole=true",
    }  # fmt: skip


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.OPERATOR, Role.INVESTIGATOR])
async def test_no_page_tells_what_is_above_the_tier_of_the_role(filled_store: Store, role: Role) -> None:
    reader = await Reader.of(filled_store, role, language="zh" if role is Role.ANALYST else "en")
    tier = HIGHEST_TIER[role]
    seen: set[int] = set()
    shown = 0
    for address in sorted(_addresses(_records())):
        answer = await reader.get(address)
        assert answer.status_code in {200, 403, 404}, f"{address}: {answer.status_code}"
        if answer.status_code == 403:
            continue  # says no more than was asked
        shown += 1
        text = re.sub(r"<(form|input)[^>]*>|<title>[^<]*", "", answer.text)  # they hold what was asked
        marks = {int(mark) for mark in re.findall(r"mark-t(\d)-", text)}
        assert not [mark for mark in marks if mark > tier], f"{address} tells tiers {marks}"
        seen |= marks
        if tier < 2:
            asked = (
                set(_PERSONAL.findall(unquote(address))) if answer.status_code == 404 else set()
            )  # there is none, or so it says
            assert set(_PERSONAL.findall(text)) <= asked, f"{address} tells who"
        if tier < 1:
            assert _STAFF.findall(text) == [], f"{address} tells of staff"
    assert seen == set(range(tier + 1)), "what the role may see is shown"
    assert shown > 40
