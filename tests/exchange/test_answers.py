"""Answers as files: the same rows in each format, a trailer that tells of the whole, and no cut that goes unnoticed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import openpyxl
import orjson
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from exchange.answers import FORMATS, NODES, FileOfAnswer, check_file, impact_file, read_rows, trace_file
from exchange.answers import workbook as workbooks
from exchange.answers.rows import Rows
from graph.errors import Incomplete
from graph.index.hazards import Channel, Hazard, Seed
from graph.reader import Direction, id_text
from graph.times import render
from graph.viewer import OWNER, Role, Viewer
from queries.explain import winning_path
from queries.impact import Impact, ImpactAsked, impact, impact_items
from queries.privacy import View
from queries.slices import digest_of
from queries.trace import trace
from support.bench_sheet import BenchSheet
from support.lineage_views import WAYS, view_of
from support.memory_graph import MemoryLog
from support.trial import trial

ANALYST = Viewer(person="P-9", role=Role.ANALYST)
CONTAGION = ImpactAsked(
    hazard=Hazard.CONTAGIOUS,
    seeds=(Seed(node=("Equipment", "INC-2")), Seed(node=("Reagent", "R-MED-8")), Seed(node=("CellLot", "WCB1"))),
    channels=frozenset(Channel),
)
ASKED = {"hazard": ["CONTAGIOUS"]}
Make = Callable[[], FileOfAnswer]


async def _impact(view: View, asked: ImpactAsked = CONTAGION) -> tuple[Impact, Make]:
    answer = await impact(view, asked)
    return answer, lambda: impact_file(view, answer, ASKED)


async def _trace(view: View) -> Make:
    answer = await trace(view, ["CellLot:DP1"], Direction.BACKWARD)
    return lambda: trace_file(view, answer, {"start": ["CellLot:DP1"]})


def _written(file: FileOfAnswer, form: str) -> bytes:
    return b"".join(FORMATS[form].write(file))


def _read(content: bytes, form: str = "ndjson") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *rows, last = read_rows([content], form)
    return rows, last["trailer"]


def _hostile() -> BenchSheet:
    """Names that mean something to JSON, CSV, XML or a spreadsheet, of one reagent each."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L")
    names = [
        '"',
        '","',
        "\\",
        "a\\",
        "=1+1",
        "@x",
        "<b>&amp;",
        "a,b;c",
        "'q'",
        "\u202eabc",
        "细胞",
        "x" * 200,
        "\uffff",
    ]
    for number, name in enumerate(names):
        sheet.reagent(name)
        sheet.expanded("L", f"{name[:190]}{number}", reagents=[name])
    return sheet


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", [OWNER, ANALYST], ids=["owner", "analyst"])
async def test_the_rows_are_the_items_of_the_answer_each_with_its_last_step(way: str, who: Viewer) -> None:
    view = view_of(trial(), way, viewer=who)
    answer, file = await _impact(view)
    rows, trailer = _read(_written(file(), "ndjson"))
    items = impact_items(view, answer, 500, None).items
    assert len(rows) == len(items) > 30
    for row, item in zip(rows, items, strict=True):
        since = None if item.since_ms is None else render(item.since_ms, item.offset_minutes)
        assert (row["id"], row["tier"], row["exposedFrom"]) == (id_text(item.node), item.tier, since)
        assert (row["uncertain"], row["isExposedFromMasked"]) == (item.uncertain, item.is_since_masked)
        steps = winning_path(view, answer, item.number)[-1:]
        told = [
            value for step in steps for value in (id_text(step.source), step.type, f"Operation:{step.operation_id}")
        ]
        assert [row[name] for name in ("from", "type", "operationId") if row[name] is not None] == told
    assert (trailer["count"], trailer["asOfSeq"], trailer["asked"]) == (len(rows), answer.as_of.seq, ASKED)
    assert trailer["digest"] == digest_of(view, answer)
    assert trailer["hidden"] == int(answer.hidden.sum())


@pytest.mark.parametrize("who", [OWNER, ANALYST], ids=["owner", "analyst"])
async def test_lines_made_in_arrays_are_those_of_a_json_writer(who: Viewer) -> None:
    hostile = ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("CellLot", "L")), Seed(node=("Reagent", '","'))))
    for records, asked in ((trial(), CONTAGION), (_hostile().records, hostile)):
        _, file = await _impact(view_of(records, "index", viewer=who), asked)
        for part in file().parts:
            assert part.lines() == Rows(table=part.table, cells=part.rows()).lines()


@pytest.mark.parametrize("way", WAYS)
async def test_a_choice_of_kinds_and_tiers_keeps_order_and_the_digest_of_the_whole(way: str) -> None:
    view = view_of(trial(), way)
    answer, file = await _impact(view)
    whole, _ = _read(_written(file(), "ndjson"))
    rows, trailer = _read(_written(impact_file(view, answer, ASKED, kinds=["CellLot"], tiers=[1, 3]), "ndjson"))
    assert rows == [row for row in whole if row["kind"] == "CELL_LOT" and row["tier"] in {1, 3}]
    assert 0 < trailer["count"] == len(rows) < len(whole)
    assert trailer["digest"] == digest_of(view, answer)


async def test_an_answer_of_many_slices_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of(trial(), "index")
    answer, file = await _impact(view)
    whole = _read(_written(file(), "ndjson"))
    monkeypatch.setattr("queries.slices._ROWS", 7)
    assert len(list(file().parts)) > 5
    assert _read(_written(file(), "ndjson")) == whole
    assert digest_of(view, answer) == whole[1]["digest"]


@pytest.mark.parametrize("form", list(FORMATS))
async def test_an_answer_of_nothing_is_a_whole_file(form: str, tmp_path: Path) -> None:
    """The incubator was not in use before it was there."""
    view = view_of(trial(), "index")
    seed = Seed(node=("Equipment", "INC-2"), from_ms=0, until_ms=1)
    answer, file = await _impact(view, ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(seed,)))
    assert answer.total == 0
    (tmp_path / "file").write_bytes(_written(file(), form))
    trailer = check_file(tmp_path / "file", form)
    assert not trailer or (trailer["count"], trailer["digest"]) == (0, digest_of(view, answer))


async def test_csv_holds_the_same_rows_and_no_formula() -> None:
    view = view_of(_hostile().records, "index")
    seeds = tuple(Seed(node=("Reagent", name)) for name in ("=1+1", "@x", '"'))
    _, file = await _impact(view, ImpactAsked(hazard=Hazard.EXPOSURE, seeds=seeds))
    rows, _ = _read(_written(file(), "ndjson"))
    content = _written(file(), "csv")
    assert content.startswith(b"\xef\xbb\xbfid,kind,")
    cells, trailer = _read(content, "csv")
    assert [row["id"] for row in cells] == [row["id"] for row in rows]
    assert trailer["count"] == len(rows)
    *_, last = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert last[0] == "#trailer"

    traced = await trace(view, ["Reagent:=1+1"], Direction.FORWARD)
    listed, _ = _read(_written(trace_file(view, traced, {}, [NODES]), "csv"), "csv")
    assert listed[0]["key"] == "'=1+1"


async def test_a_workbook_has_a_sheet_that_says_what_it_is_and_texts_stay_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_of(_hostile().records, "index")
    answer = await trace(view, ["CellLot:L"], Direction.FORWARD)
    (tmp_path / "a.xlsx").write_bytes(_written(trace_file(view, answer, {"start": ["CellLot:L"]}), "xlsx"))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    about = {row[0]: row[1] for row in _cells(book["answer"])}
    assert (about["count"], about["complete"]) == (len(answer.nodes) + len(answer.edges), True)
    assert orjson.loads(about["asked"]) == {"start": ["CellLot:L"]}
    assert [row[0] for row in _cells(book["nodes"])][1:] == [_xml(id_text(item.node)) for item in answer.nodes]
    (formula,) = [cell for row in book["nodes"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert formula.data_type == "s"
    monkeypatch.setattr(workbooks, "LARGEST_SHEET", 10)
    (tmp_path / "b.xlsx").write_bytes(_written(trace_file(view, answer, {}, [NODES]), "xlsx"))
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    sheets = [name for name in book.sheetnames if name.startswith("nodes")]
    assert len(sheets) > 2
    listed = [row[0] for name in sheets for row in _cells(book[name])[1:]]
    assert listed == [_xml(id_text(item.node)) for item in answer.nodes]


def _cells(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


async def test_graphml_is_read_by_others_with_items_as_nodes_and_winning_steps_as_edges() -> None:
    for records, asked in (
        (trial(), CONTAGION),
        (_hostile().records, ImpactAsked(hazard=Hazard.EXPOSURE, seeds=(Seed(node=("CellLot", "L")),))),
    ):
        view = view_of(records, "index")
        _, file = await _impact(view, asked)
        rows, trailer = _read(_written(file(), "ndjson"))
        found = nx.parse_graphml(_written(file(), "graphml").decode())
        items = {node: values for node, values in found.nodes(data=True) if "tier" in values}
        assert {_xml(row["id"]): row["tier"] for row in rows} == {
            node: values["tier"] for node, values in items.items()
        }
        assert {(_xml(row["from"]), _xml(row["id"])) for row in rows if row["from"]} == set(found.edges())
        others = {values["kind"] for node, values in found.nodes(data=True) if node not in items}
        assert others <= {"EQUIPMENT", "STORAGE_POSITION"}
        assert (found.graph["count"], found.graph["digest"]) == (trailer["count"], trailer["digest"])


def _xml(text: str) -> str:
    return text.replace("\uffff", "\ufffd")


async def test_a_trace_is_written_with_its_edges() -> None:
    view = view_of(trial(), "index")
    answer = await trace(view, ["CellLot:DP1"], Direction.BACKWARD)
    rows, trailer = _read(_written((await _trace(view))(), "ndjson"))
    assert [row["id"] for row in rows if row["row"] == "node"] == [id_text(item.node) for item in answer.nodes]
    edges = [row for row in rows if row["row"] == "edge"]
    assert [(row["from"], row["to"]) for row in edges] == [
        (id_text(edge.source), id_text(edge.target)) for edge in answer.edges
    ]
    assert trailer["count"] == len(rows)
    found = nx.parse_graphml(_written((await _trace(view))(), "graphml").decode(), force_multigraph=True)
    assert (found.number_of_nodes(), found.number_of_edges()) == (len(answer.nodes), len(answer.edges))


def _cut(content: bytes) -> Iterator[bytes]:
    """Everything that may be lost or altered on the way: the end, a record, an order, a byte."""
    for length in range(0, len(content), 37):
        yield content[:length]
    yield content[:-1]
    records = content.splitlines(keepends=True)
    yield b"".join(records[:-1])
    for place in range(0, len(records) - 1, 5):
        yield b"".join(records[:place] + records[place + 1 :])
        yield b"".join([*records[: place + 1], *records[place:]])
    yield b"".join([records[0], records[2], records[1], *records[3:]])
    yield content.replace(b"MCB1", b"MCB9", 1)
    yield content + records[1]
    yield content + b"\n"


@pytest.mark.parametrize("form", ["ndjson", "csv"])
async def test_every_way_to_cut_a_file_is_noticed(form: str, tmp_path: Path) -> None:
    _, file = await _impact(view_of(trial(), "index"))
    content = _written(file(), form)
    assert _read(content, form)[1]["count"] > 30
    assert list(read_rows([content[:9], b"", content[9:500], content[500:]], form)) == list(read_rows([content], form))
    for number, cut in enumerate(_cut(content)):
        assert cut != content
        with pytest.raises(Incomplete, match="not whole"):
            list(read_rows([cut], form))
        if number % 10 == 0:
            (tmp_path / "cut").write_bytes(cut)
            with pytest.raises(Incomplete):
                check_file(tmp_path / "cut", form)


@pytest.mark.parametrize("form", ["graphml", "xlsx"])
async def test_a_file_of_another_format_that_was_cut_is_noticed(form: str, tmp_path: Path) -> None:
    content = _written((await _trace(view_of(trial(), "index")))(), form)
    path = tmp_path / "file"
    path.write_bytes(content)
    check_file(path, form)
    for length in range(0, len(content), 101):
        path.write_bytes(content[:length])
        with pytest.raises(Incomplete):
            check_file(path, form)


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_personal_is_logged_with_the_part_that_shows_it(way: str) -> None:
    sheet = BenchSheet()
    for number, relationship in enumerate(("autologous", "allogeneic")):
        sheet.donor(f"D{number}", donor_relationship=relationship)
        sheet.collected(f"D{number}", f"T{number}")
        sheet.separated(f"T{number}", f"L{number}")
    log = MemoryLog()
    view = view_of(sheet.records, way, viewer=Viewer(person="P-9", role=Role.OPERATOR), log=log)
    seeds = (Seed(node=("Donor", "D0")), Seed(node=("Donor", "D1")))
    answer = await impact(view, ImpactAsked(hazard=Hazard.ELIGIBILITY, seeds=seeds))
    log.entries.clear()
    file = impact_file(view, answer, {}, kinds=["CellLot"])
    assert log.entries == []
    _written(file, "csv")
    ((_, what, ids, tier),) = [(each[0], each[1], set(each[2]), each[3]) for each in log.entries]
    assert (what, ids, tier) == ("impact", {"CellLot:L0", "Tissue:T0", "Tissue:T1"}, 2)


async def test_no_format_tells_what_the_role_may_not_see() -> None:
    _, file = await _impact(view_of(trial(), "index", viewer=ANALYST))
    for form in ("ndjson", "csv", "graphml"):
        content = _written(file(), form).decode()
        assert "Subject:•1" in content
        assert "Subject:S" not in content
