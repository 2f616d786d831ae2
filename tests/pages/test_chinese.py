"""Who reads Chinese reads Chinese: on every page, in every error, of everything that the trial records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from graph.viewer import Role
from service.store import Store
from support.browsing import Reader
from support.pages import Element, read_page
from support.trial import correction, excursion, trial

Json = dict[str, Any]

# What holds what was recorded, or is written as it is in every language: ids, codes, addresses, the other language.
_OWN = frozenset({"bdi", "code", "kbd", "pre", "script", "style", "template", "svg", "textarea"})
_OWN_CLASSES = frozenset({"id", "item", "digest", "text", "stub", "code", "version"})
_WORDS = re.compile(r"(?<![\w./=-])[A-Za-z][A-Za-z'’]{2,}(?![\w./:=-])")  # not of file names, ids and addresses
# Names, and words of the interface: what a reader of Chinese types or sees in other programs.
_NAMES = frozenset(
    {
        "ArcadeDB", "CSV", "CellLot", "Ctrl", "Excel", "GraphML", "GraphQL", "ISO", "JSON", "Lines", "MIT", "NDJSON", "PNG", "SDL", "SVG", "XLSX", "import", "passageNumber", "stemgraph", "template", "trace",
    }
)  # fmt: skip
# What stands in an address or an id, where an error is about it.
_WRITTEN = frozenset({"CONTAGIOUS", "direction", "hazard", "kinds", "tiers"})
_SPOKEN = ("title", "placeholder", "aria-label", "alt")  # attributes that are read

PROBLEMS = {
    "/view/node/CellLot:NONE": 404,
    "/view/node/NONE": 400,
    "/view/operation/NONE": 404,
    "/view/nothing": 404,
    "/view/trace?start=CellLot:NONE&direction=forward&as=list": 404,
    "/view/trace?start=CellLot:WCB1&direction=sideways&as=list": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=song": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=list&knownAt=today": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=list&kinds=Cat": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=list&maxDepth=many": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=list&at=999999": 400,
    "/view/trace?start=CellLot:WCB1&direction=forward&as=list&page=0": 400,
    "/view/impact?hazard=NONE&seed=Reagent:R-COL-A&as=list": 400,
    "/view/impact?hazard=CONTAGIOUS&seed=CellLot:NONE&as=list": 404,
    "/view/impact?hazard=CONTAGIOUS&seed=CellLot:WCB1@yesterday&as=list": 400,
    "/view/impact?hazard=CONTAGIOUS&seed=Study:STUDY-1&as=list": 400,
    "/view/impact?hazard=HERITABLE&channels=STORAGE&seed=CellLot:WCB1&as=list": 400,
    "/view/impact?hazard=CONTAGIOUS&seed=CellLot:WCB1&as=list&tiers=9": 400,
    "/view/deviations?show=none": 400,
    "/view/deviations?after=none": 400,
    "/view/coverage?lot=Person:P-1": 400,
    "/view/coverage?lot=CellLot:WCB1&status=none": 400,
    "/view/ledger?before=none": 400,
    "/view/search?q=W&colour=red": 400,
    "/view/whereabouts?id=CellLot:NONE&as=list": 404,
    "/view/whereabouts?id=Person:P-01&as=list": 400,
}


def _records() -> list[Json]:
    return [*trial(), *correction(), *excursion()]


def _addresses() -> list[str]:
    """The page of each thing and each operation, and every list, form and answer."""
    records = _records()
    things = {f"{each['kind']}:{each['id']}" for each in records if each["record"] == "node"}
    acts = [each for each in records if each["record"] == "operation"]
    things |= {f"{end['kind']}:{end['id']}" for act in acts for end in act.get("outputs", ())}
    one_of_each = {thing.partition(":")[0]: thing for thing in sorted(things)}
    return [
        "/", "/view/search", "/view/search?q=1", "/view/search?q=1&part=suggestions", "/view/trace", "/view/impact",
        "/view/deviations?show=all", "/view/coverage", "/view/coverage?whole=true", "/view/coverage?lot=CellLot:WCB1",
        "/view/import", "/view/ledger", "/view/graphql",
        *(f"/view/node/{thing}" for thing in sorted(things)),
        *(f"/view/operation/{act['id']}" for act in acts),
        *(f"/view/trace?start={thing}&direction={way}&as=list{form}"
          for thing in one_of_each.values() for way in ("forward", "backward") for form in ("", "&list=links")),
        *(f"/view/trace?start={thing}&direction={way}"
          for thing in ("CellLot:WCB1", "Subject:S6") for way in ("forward", "backward")),
        *(f"/view/whereabouts?id={thing}&as={form}" for thing in ("CellLot:WCB1", "CellLot:DP1") for form in ("list", "picture")),
        *(f"/view/impact?hazard=CONTAGIOUS&seed={thing}&as=picture" for thing in ("CellLot:WCB1", "Equipment:INC-1")),
        *(f"/view/impact?hazard={hazard}&seed={thing}&as=list"
          for thing in ("CellLot:WCB1", "Reagent:R-COL-A") for hazard in ("CONTAGIOUS", "HERITABLE", "EXPOSURE")),
    ]  # fmt: skip


def _english(element: Element) -> Iterator[str]:
    """The English words that somebody reads in an element, beside names and what was recorded."""
    classes = set(element.attributes.get("class", "").split())
    if element.name in _OWN or classes & _OWN_CLASSES:
        return
    if element.attributes.get("lang") == "en":
        if element.name not in {"button", "a"}:  # the switch of the language
            yield element.text
        return
    if "limits" not in classes:  # its title holds the name of a range
        yield from (word for name in _SPOKEN for word in _words(element.attributes.get(name, "")))
    for child in element.children:
        yield from _words(child) if isinstance(child, str) else _english(child)


def _words(text: str) -> list[str]:
    return [word for word in _WORDS.findall(text) if word not in _NAMES]


async def test_no_page_says_english_words_to_who_reads_chinese(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, language="zh")
    found: dict[str, set[str]] = {}
    for address in _addresses():
        answer = await reader.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        for word in _english(read_page(answer.text)):
            found.setdefault(word, set()).add(address)
    assert {word: sorted(addresses)[:2] for word, addresses in found.items()} == {}


@pytest.mark.parametrize(("address", "status"), PROBLEMS.items())
async def test_an_error_is_said_in_chinese(trial_store: Store, address: str, status: int) -> None:
    page = await (await Reader.of(trial_store, language="zh")).open(address, status=status)
    assert set(_english(page.one("body"))) <= _WRITTEN


async def test_what_a_role_may_not_do_is_said_in_chinese(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, Role.VIEWER, language="zh")).open("/view/import", status=403)
    assert "角色“浏览者”不能执行此操作" in page.one("main").text
    assert list(_english(page.one("body"))) == []


async def test_a_departure_that_the_ledger_keeps_in_english_is_said_in_chinese(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, language="zh")).open("/view/deviations?show=all")
    sentences = {element.text for element in page.one("main").walk() if element.attributes.get("lang") == "zh-CN"}
    assert "O21 的送达温度超出范围（高于）：允许 -196 至 -150（O21 要求的运输温度）。" in sentences, sentences


async def _import(store: Store, asked: str) -> httpx.Response:
    reader = await Reader.of(store, language="zh")
    record = (
        b'{"record": "node", "kind": "Equipment", "id": "INC-9", "data": {"equipment_class": "incubator", "colour": 1}}'
    )
    headers = {"Content-Type": "application/octet-stream"}
    return await reader.client.post(f"/import?name=one.jsonl&dryRun=true{asked}", content=record, headers=headers)


async def test_violations_are_said_in_the_language_that_is_asked_for(trial_store: Store) -> None:
    (violation,) = (await _import(trial_store, "&language=zh")).json()["violations"]
    assert (violation["code"], violation["member"]) == ("unknown_member", "data.colour")
    assert violation["message"] == "data.colour：不是此处的字段。"
    assert violation["remedy"].startswith("可用：")


async def test_programs_are_answered_in_english_whatever_they_accept(trial_store: Store) -> None:
    (violation,) = (await _import(trial_store, "")).json()["violations"]
    assert violation["message"] == "data.colour is no field here."


async def test_a_language_that_there_is_not_is_refused_with_those_there_are(trial_store: Store) -> None:
    answer = await _import(trial_store, "&language=fr")
    assert answer.status_code == 400
    assert answer.json()["error"]["remedy"] == "One of: en, zh."


async def test_why_a_file_is_not_taken_at_all_is_said_in_the_language_too(trial_store: Store) -> None:
    answer = await _import(trial_store, "&language=zh&batch=0")
    assert answer.json()["error"]["message"] == "一批 0 条记录无法作为一次请求写入。"
