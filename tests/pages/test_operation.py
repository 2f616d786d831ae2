"""The page of one operation."""

from __future__ import annotations

from graph.viewer import Role
from service.store import Store
from support.bench_sheet import BenchSheet
from support.browsing import Reader, answer_texts, cells, links_of
from support.pages import Element, Page
from support.stores import import_all


def _section(page: Page, heading: str) -> Element:
    return page.one("section", aria_labelledby=heading)


def _value(section: Element, label: str) -> Element:
    """The value beside a label."""
    values = [each for each in section.all("div") if each.attributes.get("class", "").startswith("value")]
    (found,) = [each for each in values if each.one("dt").text.startswith(label)]
    return found.one("dd")


async def test_stage_data_stands_with_units_ranges_and_what_departed(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/O21")
    stage = _section(page, "stage")
    arrival = _value(stage, "Arrival temperature")
    assert arrival.text == "-120 °C range allowed -196 … -150 °C ◆ major"
    assert _value(stage, "Departure time").text == "2025-04-13 10:00 +08:00"
    assert _value(stage, "Arrival time").text.startswith("2025-04-14 10:00 +08:00")
    assert links_of(_value(stage, "Departure location")) == ["/view/node/StoragePosition:SITE-1"]


async def test_labels_are_the_sources_own_names(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, language="zh")).open("/view/operation/O07")
    assert _value(_section(page, "stage"), "传代时间").text == "2025-01-18 10:00 +08:00"
    assert "EXP-07" in _section(page, "stage").text


async def test_a_machines_settings_stand_with_their_ranges(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/O07")
    used = _section(page, "uses").text
    assert "Temperature: 37 °C" in used
    assert "range Temperature: 36.5 … 37.5 °C" in used
    assert "open process" in used
    assert {"/view/node/Equipment:INC-1", "/view/node/Reagent:R-MED-7"} <= set(links_of(_section(page, "uses")))


async def test_inputs_and_outputs_name_their_units(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/O15")
    assert "/view/node/CellUnit:WCB1%231" in links_of(_section(page, "inputs"))
    outputs = _section(page, "outputs")
    assert "5 units" in outputs.text
    assert "/view/node/CellUnit:DP1%235" in links_of(outputs)


async def test_a_closing_is_told(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/O21")
    assert cells(_section(page, "closings").one("table")) == [
        ["O21-C", "the operation", "2025-04-14 10:00 +08:00", "P-04"]
    ]


async def test_a_corrected_operation_and_what_stands_for_it_lead_to_each_other(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    old, new = await reader.open("/view/operation/O23"), await reader.open("/view/operation/O23-R1")
    assert "corrected" in old.one("h1").text
    assert "/view/operation/O23-R1" in links_of(old.one("section", aria_label="This answer"))
    assert "/view/operation/O23" in links_of(new.one("section", aria_label="This answer"))
    told = cells(_section(old, "history").one("table"))
    assert ["Operation", "O23", "O23-R1", "doses swapped at labelling"] in [row[-4:] for row in told]
    assert "Despite" in _section(new, "who").text
    assert "Not released" in _section(new, "deviations").text


async def test_a_voided_operation_says_that_it_did_not_happen(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/N01")
    assert "it did not happen" in page.one("main").text


async def test_who_may_not_see_people_sees_none(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store, Role.VIEWER)).open("/view/operation/O23-R1")
    said = page.one("main").text
    assert answer_texts(page)[0] == "▲ Not complete"
    for kept_back in ("P-02", "P-04", "S4", "intra-articular", "2025-04-16", "labels"):
        assert kept_back not in said, kept_back
    assert "Subject •1" in _section(page, "outputs").text


async def test_a_value_that_a_device_read_names_it(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.node("Equipment", "SENSOR-4")
    sheet.act(
        "COLLECTED",
        [{"kind": "Donor", "id": "D1"}],
        [{"kind": "Tissue", "id": "T1"}],
        data={"collection_ambient_temperature": 40},
        captured={"collection_ambient_temperature": "SENSOR-4"},
    )
    await import_all(store, sheet.records)
    name = next(each["id"] for each in sheet.records if each["record"] == "operation")
    page = await (await Reader.of(store)).open(f"/view/operation/{name}")
    value = _value(_section(page, "stage"), "Collection ambient temperature")
    assert value.text == "40 °C range 18 … 26 °C ● minor read by device SENSOR-4"


async def test_a_long_series_is_summed_up(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    sheet.node("StoragePosition", "SITE-9")
    readings = [[f"2025-01-06T{minute // 60:02d}:{minute % 60:02d}:00Z", 2 + minute % 7] for minute in range(600)]
    sheet.act(
        "TRANSPORTED",
        [{"kind": "CellLot", "id": "L1"}],
        [{"kind": "StoragePosition", "id": "SITE-9"}],
        hours=2,
        data={"in_transit_temperature": readings},
    )
    await import_all(store, sheet.records)
    name = sheet.records[-1]["id"]
    page = await (await Reader.of(store)).open(f"/view/operation/{name}")
    value = _value(_section(page, "stage"), "Temperature in transit")
    assert value.text.startswith("600 readings, 2 … 8 °C")
    assert len(cells(value.one("table"))) == 200
    assert "The first 200 of 600." in value.text


async def test_an_operation_that_is_none_is_not_found(trial_store: Store) -> None:
    page = await (await Reader.of(trial_store)).open("/view/operation/O99", status=404)
    assert "Operation:O99" in page.one("main").text


async def test_a_reason_is_said_to_be_kept_back_only_where_a_rule_was_set_aside(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.ANALYST)
    kept_back = "Reason not shown to your role"
    assert kept_back not in (await reader.open("/view/operation/O07")).one("main").text
    assert kept_back in (await reader.open("/view/operation/O23-R1")).one("main").text
