"""The page with the picture of a trace: what it says, to whom, and what it never does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from graph.reader import Direction, id_text
from graph.viewer import Role
from support.memory_graph import MemoryGraph, MemoryLog
from support.nasty import NASTY
from support.pages import Page, read_page
from support.pictures import ask, page_address
from support.trial import correction, trial
from visualize import Picture, TraceQuestion, trace_page


def page_of(picture: Picture, **asked: Any) -> Page:
    return read_page(trace_page(picture, **asked))


def lineage(*ids: str, **data: Any) -> list[dict[str, Any]]:
    """A donor, its tissue and lots of these ids, each separated from that tissue."""
    at = "2025-01-10T10:00:00+08:00"
    nodes = [("Institution", "ORG-1"), ("Person", "P-01"), ("Donor", "D1")]
    records: list[dict[str, Any]] = [{"record": "node", "kind": kind, "id": key, "data": {}} for kind, key in nodes]
    common = {"record": "operation", "start": at, "performing_org": "ORG-1", "operator": "P-01"}
    donor, tissue = {"kind": "Donor", "id": "D1"}, {"kind": "Tissue", "id": "T1"}
    records.append({**common, "type": "COLLECTED", "id": "O1", "inputs": [donor], "outputs": [tissue]})
    lots = [{"kind": "CellLot", "id": key, "data": data} for key in ids]
    records.append({**common, "type": "SEPARATED", "id": "O2", "inputs": [tissue], "outputs": lots})
    return records


# -- what it says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "direction"), [("Donor:D1", "FORWARD"), ("Subject:S6", "BACKWARD")])
async def test_every_thing_of_the_trace_is_in_the_picture_and_in_the_table(start: str, direction: str) -> None:
    picture = await ask(MemoryGraph(trial()), start, direction)
    page = page_of(picture)
    listed = {item.node for item in picture.answer.nodes}
    rows = {(row.all("td")[0].text, row.one("button").text) for row in page.rows("things")}
    assert rows == {(_english(kind), key) for kind, key in listed}
    assert {shape["heading"] for shape in page.data["shapes"]} == {id_text(node) for node in listed}
    assert len(page.data["nodes"]) == len(listed)
    told = [(row.all("td")[1].text, row.all("td")[2].text) for row in page.rows("links")]
    assert sorted(told) == sorted((id_text(edge.source), id_text(edge.target)) for edge in picture.answer.edges)


def _english(kind: str) -> str:
    return {"CellLot": "Cell lot", "CellUnit": "Cell unit", "QCResult": "QC result"}.get(
        kind, "Storage position" if kind == "StoragePosition" else kind
    )


async def test_completeness_and_ledger_position_come_before_anything_else_of_the_answer() -> None:
    page = page_of(await ask(MemoryGraph(trial()), "Donor:D1"))
    main = page.one("main")
    first = [child for child in main.children if not isinstance(child, str)][1]
    assert first.attributes["id"] == "answer"
    assert first.one("strong", id="completeness").text == "Complete"
    assert first.one("b", id="as-of-seq").text == "83"
    assert first.one("b", id="total").text == "59 things"


async def test_a_trace_that_was_stopped_says_so_and_where() -> None:
    page = page_of(await ask(MemoryGraph(trial()), "Donor:D1", max_depth=2))
    assert page.one("strong", id="completeness").text == "Not complete"
    assert "There is more beyond 2 steps" in page.one("section", id="answer").text


async def test_an_origin_that_is_not_recorded_is_named() -> None:
    records = lineage("L1")
    records[2] |= {"stub": True}
    page = page_of(await ask(MemoryGraph(records), "CellLot:L1", "BACKWARD"))
    assert "Origin not recorded: Donor:D1." in page.one("section", id="answer").text


async def test_a_choice_of_what_is_listed_is_told() -> None:
    picture = await ask(MemoryGraph(trial()), "Donor:D1", kinds=("Subject",))
    assert "Listed are only: Subject." in page_of(picture).one("section", id="answer").text


async def test_an_earlier_state_of_the_records_is_drawn_and_told() -> None:
    graph = MemoryGraph([*trial(), *correction()])
    may = 1748736000000  # 2025-06-01T00:00:00Z, before the correction
    then, now = [await ask(graph, "Subject:S4", "BACKWARD", known_at_ms=at, known_at_offset=480) for at in (may, None)]
    assert {item.node for item in then.answer.nodes} != {item.node for item in now.answer.nodes}
    assert "2025-06-01 08:00 +08:00" in page_of(then).one("section", id="answer").text
    assert "As the records stood" not in page_of(now).one("section", id="answer").text


async def test_stage_data_is_shown_on_hover_and_in_the_table() -> None:
    picture = await ask(MemoryGraph(trial()), "CellLot:L1")
    page = page_of(picture)
    (line,) = [each for each in page.data["lines"] if each["heading"] == "CellLot:L1 → CellLot:L1P1"]
    assert line["operations"] == ["O07"]
    heading, rows = page.data["operations"]["O07"]
    assert heading == "Expanded · O07"
    assert ["Seeding density", "4000 cells/cm²"] in rows
    assert ["Operator", "P-02"] in rows
    (use,) = [each for each in page.data["lines"] if each["heading"] == "Reagent:R-MED-7 → CellLot:L1P1"]
    assert ["Reagent amount used", "500 mL"] in use["sections"][0][1]
    (machine,) = [each for each in page.data["lines"] if each["heading"] == "Equipment:INC-1 → CellLot:L1P1"]
    assert ["Equipment parameters", "Temperature: 37 °C, CO₂: 5 %"] in machine["sections"][0][1]
    assert ["Process", "Open"] in machine["sections"][0][1]
    cells = [[cell.text for cell in row.all("td")] for row in page.rows("links")]
    (row,) = [row for row in cells if row[:3] == ["Expanded · O07", "CellLot:L1", "CellLot:L1P1"]]
    assert row[3] == "2025-01-18 10:00 +08:00"
    assert "Seeding density: 4000 cells/cm²" in row[5]
    (lot,) = [shape for shape in page.data["shapes"] if shape["heading"] == "CellLot:L1P1"]
    assert ["Passage number", "P1"] in lot["sections"][0][1]


async def test_the_page_speaks_chinese() -> None:
    page = page_of(await ask(MemoryGraph(trial()), "CellLot:L1"), language="zh")
    assert page.one("html").attributes["lang"] == "zh-CN"
    assert page.one("strong", id="completeness").text == "完整"
    assert ["细胞接种密度", "4000 cells/cm²"] in page.data["operations"]["O07"][1]
    assert "细胞批次" in page.one("table", id="things").text
    visible = re.sub(r"vis-network|Apache|MIT|Ctrl", "", page.one("main").text)
    assert not re.search(r"\b(Complete|Things|Links|Legend|Recorded|generation|steps?)\b", visible)


async def test_kinds_are_told_apart_by_colour_shape_and_text() -> None:
    page = page_of(await ask(MemoryGraph(trial()), "Donor:D1"))
    looks = {
        node["label"].split("\n", 1)[1].replace("\n", " "): (node["color"]["background"], node["shape"])
        for node in page.data["nodes"]
    }
    assert len(looks) == 9
    assert len(set(looks.values())) == 9


# -- beyond what can be drawn ------------------------------------------------------------------------------------


async def test_counts_of_a_rolled_up_page_add_up_and_its_groups_lead_on() -> None:
    ids = [f"L{number:03}" for number in range(900)]
    page = page_of(await ask(MemoryGraph(lineage(*ids)), "Donor:D1"), address=page_address)
    rows = page.rows("things")
    assert sum(int(row.attributes["data-count"]) for row in rows) == 902
    assert page.one("b", id="total").attributes["data-total"] == "902"
    assert "902 things, too many to draw one by one: 900 of them are rolled up" in page.one("p", id="rolled-up").text
    (group,) = [row for row in rows if row.attributes["data-count"] == "900"]
    named = group.all("a")
    assert [link.text for link in named] == ids[: len(named)]
    assert named[0].attributes["href"] == "/view/trace?FORWARD&Donor:D1&en&show=CellLot:L000"
    assert f"and {900 - len(named)} more" in group.text
    assert page.one("p", id="rolled-up").one("a").attributes["href"].endswith("&depth=1")


async def test_the_page_does_not_grow_with_the_answer() -> None:
    few, many = [
        trace_page(await ask(MemoryGraph(lineage(*[f"L{number:05}" for number in range(count)])), "Donor:D1"))
        for count in (500, 5000)
    ]
    assert abs(len(many) - len(few)) < 100


# -- to whom -----------------------------------------------------------------------------------------------------


async def test_a_viewer_meets_no_code_of_a_person_and_no_value_above_the_tier() -> None:
    picture = await ask(MemoryGraph(trial()), "CellLot:MCB1", "BACKWARD", role=Role.VIEWER)
    text = trace_page(picture)
    assert picture.answer.completeness.hidden == 2
    content = re.sub(r"<script nonce.*?</script>", "", text, flags=re.DOTALL)
    for kept_back in ("D1", "T1", "P-02", "P-03", "ORG-1", "Female", "1995", "spindle-shaped"):
        assert not re.search(rf"\b{kept_back}\b", content), kept_back
    page = read_page(text)
    assert "2 are shown as •1, •2" in page.one("section", id="answer").text
    assert "Donor:•1" in {shape["heading"] for shape in page.data["shapes"]}
    (masked,) = [row[1] for row in page.data["operations"]["O07"][1] if row[0] == "Not shown to your role"]
    assert {"Cell morphology", "Performing organisation", "Operator", "Reviewer"} <= set(masked.split(", "))


async def test_what_is_shown_of_persons_goes_into_the_access_log() -> None:
    log = MemoryLog()
    await ask(MemoryGraph(trial()), "Donor:D1", log=log)
    shown = {name for _, _, ids, _ in log.entries for name in ids}
    assert {"Donor:D1", "Tissue:T1", "Subject:S1", "Subject:S2", "Subject:S6", "Subject:S7"} <= shown


async def test_those_that_a_group_names_go_into_the_access_log() -> None:
    records = lineage("L1")
    tissues = [{"kind": "Tissue", "id": f"X{number:03}"} for number in range(300)]
    records.append({**records[3], "id": "O9", "outputs": tissues})
    log = MemoryLog()
    picture = await ask(MemoryGraph(records), "Donor:D1", log=log)
    named = {id_text(item.node) for shape in picture.drawing.shapes for item in shape.named if item.node[0] == "Tissue"}
    logged = {name for _, _, ids, _ in log.entries for name in ids}
    assert named <= logged
    assert "Tissue:X299" not in named | logged


async def test_the_store_is_asked_as_often_for_two_lots_as_for_a_hundred() -> None:
    asked = []
    for count in (2, 100):
        graph = MemoryGraph(lineage(*[f"L{number}" for number in range(count)]))
        graph.reads = 0
        await ask(graph, "Donor:D1")
        asked.append(graph.reads)
    assert asked[0] == asked[1]


# -- what it never does ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", NASTY)
async def test_an_id_is_text_whatever_it_holds(key: str) -> None:
    graph = MemoryGraph(lineage(key, cell_id=key))
    text = trace_page(await ask(graph, f"CellLot:{key}", "BACKWARD"), address=page_address)
    page = read_page(text)
    assert len(page.all("script")) == 5
    assert page.all("img") == []
    assert page.all("b") == [page.one("b", id="as-of-seq"), page.one("b", id="total")]
    (shape,) = [each for each in page.data["shapes"] if each["heading"].startswith("CellLot:")]
    assert shape["heading"] == f"CellLot:{key}"
    assert key in {row[1] for row in shape["sections"][0][1]}
    (row,) = [row for row in page.rows("things") if row.all("td")[0].text == "Cell lot"]
    assert row.one("button").text == " ".join(key.split())
    assert row.one("button").one("bdi").text == row.one("button").text, "its direction of writing ends where it does"
    assert not [link for link in page.all("a") if link.attributes["href"].startswith("javascript:")]


async def test_a_label_fits_its_shape_and_is_whole_in_the_details() -> None:
    graph = MemoryGraph(lineage("x" * 200))
    (node,) = [node for node in page_of(await ask(graph, "Donor:D1")).data["nodes"] if "Cell lot" in node["label"]]
    first = node["label"].split("\n")[0].strip("\u2068\u2069")
    assert first == "x" * 10 + "…" + "x" * 11


async def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = trace_page(await ask(MemoryGraph(trial()), "Donor:D1"))
    page = read_page(text)
    for element in page.walk():
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            assert name not in element.attributes, element
    styles = "".join(style.text for style in page.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles


async def test_a_page_of_the_service_leads_only_to_the_service() -> None:
    page = page_of(await ask(MemoryGraph(trial()), "Donor:D1"), address=page_address)
    links = [element.attributes["href"] for element in page.walk() if "href" in element.attributes]
    links += [href for shape in page.data["shapes"] for _, href in shape["links"]]
    assert len(links) > 50
    assert all(not urlsplit(link).netloc and link.startswith("/") for link in links)
    assert [element for element in page.walk() if "src" in element.attributes] == []


async def test_only_scripts_and_styles_of_the_page_itself_run() -> None:
    text = trace_page(await ask(MemoryGraph(trial()), "Donor:D1"), nonce="abc")
    page = read_page(text)
    policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'nonce-abc'"
    runs = [script for script in page.all("script") if script.attributes.get("type") != "application/json"]
    assert {script.attributes["nonce"] for script in runs} == {"abc"}
    assert {style.attributes["nonce"] for style in page.all("style")} == {"abc"}
    for element in page.walk():
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]


async def test_each_page_kept_as_a_file_has_a_nonce_of_its_own() -> None:
    picture = await ask(MemoryGraph(trial()), "CellLot:L1")
    first, second = (page_of(picture).one("style").attributes["nonce"] for _ in range(2))
    assert first != second
    assert len(first) >= 20


async def test_the_licence_of_the_drawing_script_stays_with_it() -> None:
    text = trace_page(await ask(MemoryGraph(trial()), "CellLot:L1"))
    assert "vis.js is dual licensed under both" in text
    assert "@version 9.1.2" in text


async def test_the_picture_is_laid_out_on_the_server_and_stays_so() -> None:
    data = page_of(await ask(MemoryGraph(trial()), "Donor:D1")).data
    assert data["options"]["physics"] == {"enabled": False}
    assert data["options"]["edges"]["smooth"] is False
    assert all({"x", "y"} <= set(node) for node in data["nodes"])
    assert data["start"] == next(n for n, shape in enumerate(data["shapes"]) if shape["heading"] == "Donor:D1")


async def test_the_question_is_turned_round_with_all_that_was_asked() -> None:
    question = TraceQuestion(start=("Donor:D1",), direction=Direction.FORWARD, max_depth=4)
    assert page_address(question, "en").endswith("depth=4")
    page = page_of(await ask(MemoryGraph(trial()), "Donor:D1", max_depth=4), address=page_address)
    (turned,) = [link for link in page.one("nav").all("a") if link.text == "Ask the other way"]
    assert turned.attributes["href"] == "/view/trace?BACKWARD&Donor:D1&en&depth=4"
