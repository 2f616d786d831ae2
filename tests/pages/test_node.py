"""The page of one thing."""

from __future__ import annotations

import re

import pytest

from graph.engine import EmbeddedEngine, statement_count
from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, cells, links_of
from support.pages import Element, Page
from support.stores import empty_store, import_all, record


def _section(page: Page, heading: str) -> Element:
    return page.one("section", aria_labelledby=heading)


def _values(element: Element) -> dict[str, str]:
    """What a list of values shows, without the items' numbers."""
    shown = {}
    for value in element.all("div", class_="value") + element.all("div", class_="value departs"):
        term = value.one("dt")
        item = term.all("span", class_="item")
        label = term.text.removesuffix(item[0].text if item else "").strip()
        shown[label] = value.one("dd").text
    return shown


async def test_fields_stand_with_their_unit_and_choices_by_their_label(trial_store: Store) -> None:
    english = await (await Reader.of(trial_store)).open("/view/node/CellLot:DP1")
    values = _values(_section(english, "recorded"))
    assert values["Cell type"] == "Umbilical-cord MSC"
    assert values["Passage number"].startswith("P3")
    assert values["Lot stage"] == "Drug product"
    chinese = await (await Reader.of(trial_store, language="zh")).open("/view/node/CellLot:DP1")
    assert _values(_section(chinese, "recorded"))["细胞类型"] == "脐带间充质干细胞"


async def test_a_result_stands_with_the_range_it_is_held_against(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/QCResult:Q01-VIA")
    assert _values(_section(page, "recorded"))["Test result"].startswith("92.5 %")
    assert "range" in _values(_section(page, "recorded"))["Test result"]


async def test_one_step_either_way_is_a_link(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/CellLot:MCB1")
    beside = links_of(_section(page, "beside"))
    assert "/view/node/CellLot:L1P1" in beside, "came from"
    assert {"/view/node/CellLot:L1P2", "/view/node/CellLot:POOL1"} <= set(beside), "led to"


async def test_the_units_of_a_lot_and_the_lot_of_a_unit_lead_to_each_other(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    units = links_of(_section(await reader.open("/view/node/CellLot:DP1"), "parts"))
    assert units == [f"/view/node/CellUnit:DP1%23{number}" for number in range(1, 6)]
    unit = await reader.open(units[2])
    assert "/view/node/CellLot:DP1" in links_of(_section(unit, "beside"))
    assert "O21" in _section(unit, "operations").text


async def test_operations_are_told_the_latest_first_with_what_departed(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/CellLot:DP1")
    rows = cells(_section(page, "operations").one("table"))
    starts = [row[0][:16] for row in rows]
    assert starts == sorted(starts, reverse=True)
    (transport,) = [row for row in rows if "O21" in row[1]]
    assert transport[-1] == "◆ major"
    assert "2025-04-14 10:00 +08:00" in transport[0], "ended by its closing"
    assert not any("O23" in row[1].split() for row in rows), "a corrected operation touched it no more"


async def test_the_operations_of_a_machine_are_told_by_when_they_were(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/Equipment:INC-1")
    rows = cells(_section(page, "operations").one("table"))
    assert len(rows) > 5
    starts = [row[0][:16] for row in rows]
    assert starts == sorted(starts, reverse=True)


async def test_deviations_of_a_thing_stand_on_its_page(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/CellLot:DP1")
    told = _section(page, "deviations").text
    assert "Not released" in told
    assert "required_transport_temperature of O21" in told


async def test_what_nearly_every_operation_names_is_looked_up_when_asked(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    asked = _section(await reader.open("/view/node/Person:P-02"), "operations")
    assert asked.all("table") == []
    (more,) = links_of(asked)
    page = await reader.open("/view/node/Person:P-02" + more.partition("#")[0])
    assert len(cells(_section(page, "operations").one("table"))) == 25


async def test_what_is_above_the_tier_is_said_to_be_kept_back(trial_store: Store) -> None:
    viewer = await Reader.of(trial_store, Role.VIEWER)
    page = await viewer.open("/view/node/CellLot:DP1")
    values = _values(_section(page, "recorded"))
    assert values["Cell id"] == "not shown to your role (tier 2)"
    assert values["Cell type"] == "Umbilical-cord MSC"
    assert answer_texts(page)[0] == "▲ Not complete"
    assert not re.search(r"\bP-0\d", page.one("main").text)
    operator = await Reader.of(trial_store, Role.OPERATOR)
    donor = await operator.open("/view/node/Donor:D1")
    assert _values(_section(donor, "recorded"))["Birth date"] == "not shown to your role (tier 3)"


@pytest.mark.parametrize("id_", ["Donor:D1", "Donor:NONE"])
async def test_a_code_above_the_tier_is_refused_whether_it_exists_or_not(trial_store: Store, id_: str) -> None:
    page = await (await Reader.of(trial_store, Role.VIEWER)).open(f"/view/node/{id_}", status=403)
    assert f"Your role may not look up {id_}." in page.one("main").text


async def test_what_is_no_id_is_bad_input(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/node/MCB1", status=400)
    assert "Kind:key" in page.one("main").text


# -- names ------------------------------------------------------------------------------------------------------------

NAMES = [
    "R-<script>alert(1)</script>",
    "R-\"'&amp;",
    "R-😀-培养基",
    "R-א\u202e123",
    "R-ORG-2/../x",
    "R-50%25 #1?x=1",
    "R-" + "L" * 198,
    "..",
]


@pytest.fixture(scope="module")
async def named_store(embedded_engine: EmbeddedEngine) -> Store:
    store = await empty_store(embedded_engine)
    records = [
        {"record": "node", "kind": "Reagent", "id": name, "data": {"name": f"<u>{name[:20]}</u>", "lot_number": name}}
        for name in NAMES
    ]
    await import_all(store, records)
    return store


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_text_wherever_it_stands(named_store: Store, name: str) -> None:
    reader = await Reader.of(named_store)
    ledger = await reader.open("/view/ledger")
    (link,) = {each.attributes["href"] for each in ledger.one("main").all("a") if each.text == " ".join(name.split())}
    page = await reader.open(link)
    assert " ".join(name.split()) in page.one("h1").text
    assert page.all("u") == [], "nothing of it became markup"
    assert any(" ".join(name.split()) == each.text for each in page.all("bdi"))
    found = await reader.open("/view/search", q=name)
    assert link in links_of(found.one("main"))


# -- stubs, history, size --------------------------------------------------------------------------------------------


async def test_what_is_only_named_says_so(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    records = [each for each in sheet.records if each.get("id") != "D1"]
    receipt = await record(store, records, historic=True, is_import=True, create_missing=frozenset({"Donor"}))
    assert receipt.accepted, receipt.violations
    page = await (await Reader.of(store)).open("/view/node/Donor:D1")
    assert answer_texts(page)[0] == "▲ Not complete"
    assert "stub" in page.one("h1").text
    assert "its origin is not recorded" in page.one("main").text


async def test_the_history_says_who_changed_what_when_and_why(store: Store) -> None:
    sheet = BenchSheet()
    sheet.reagent("R1", name="medum")
    await import_all(store, sheet.records)
    mended = {"record": "amendment", "id": "A1", "kind": "Reagent", "id_of": "R1", "by": "P-02"}
    receipt = await record(store, [{**mended, "data": {"name": "medium"}, "reason": "mistyped"}])
    assert receipt.accepted
    page = await (await Reader.of(store)).open("/view/node/Reagent:R1")
    newest = cells(_section(page, "history").one("table"))[0]
    assert newest[0] == str(receipt.seq)
    assert newest[2].startswith("P-02")
    assert newest[3:] == ["Name", "medum", "medium", "mistyped"]


async def test_a_page_does_not_grow_with_its_lists(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.cryopreserved("L1", "B1", units=300)
    for _ in range(40):
        sheet.act("CALIBRATED", [{"kind": "Equipment", "id": "INC-1"}])
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    bank = await reader.open("/view/node/CellLot:B1")
    units = _section(bank, "parts")
    assert "300" in units.one("h2").text
    assert len(units.one("ul", class_="units").all("li")) == 60
    (onward,) = [link.attributes["href"] for link in units.all("a", rel="next")]
    assert "CellUnit:B1%2361" in links_of(_section(await reader.open(onward), "parts"))[0]
    machine = await reader.open("/view/node/Equipment:INC-1")
    acts = _section(machine, "operations")
    assert len(cells(acts.one("table"))) == 25
    (onward,) = [link.attributes["href"] for link in acts.all("a", rel="next")]
    rest = _section(await reader.open(onward), "operations")
    assert {row[1] for row in cells(rest.one("table"))} & {row[1] for row in cells(acts.one("table"))} == set()


async def test_how_often_the_store_is_asked_does_not_depend_on_how_much_a_page_shows(store: Store) -> None:
    sheet = BenchSheet()
    for number, units in ((1, 2), (2, 200)):
        sheet.donor(f"D{number}")
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
        sheet.cryopreserved(f"L{number}", f"B{number}", units=units)
    for number in range(24):
        sheet.act("QC_IN", [{"kind": "CellLot", "id": "B2"}], data={"test_basis": f"SPEC-{number}"})
    sheet.act("QC_IN", [{"kind": "CellLot", "id": "B1"}], data={"test_basis": "SPEC-1"})
    await import_all(store, sheet.records)
    reader = await Reader.of(store)
    costs = []
    for name in ("B1", "B2"):
        await reader.open(f"/view/node/CellLot:{name}")  # the first time some are looked up that are kept
        with statement_count() as counted:
            await reader.open(f"/view/node/CellLot:{name}")
        costs.append(len(counted.statements))
    assert costs[0] == costs[1]
