"""No answer tells a viewer what is above their tier: every field of every kind, for every role, in every question."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from graph.errors import NotFound, NotPermitted
from graph.reader import DeviationRow, Direction
from graph.viewer import Role, Viewer
from graph.vocabulary import KINDS, OPERATIONS, USES, Field, FieldType, field_tier, member_tier
from queries.coverage import coverage
from queries.deviations import deviations
from queries.history import history
from queries.nodes import nodes, search
from queries.operations import operation
from queries.privacy import View
from queries.trace import trace, trace_edges, trace_nodes
from support.filled import filled_records
from support.memory_graph import MemoryGraph, MemoryLog

Json = dict[str, Any]
ROLES = sorted(Role, key=lambda role: role.value)
_WORDS = {FieldType.STRING, FieldType.TEXT, FieldType.RESULT}
# Keys that lead to one person: the trial's donor is autologous. Results are named apart.
_PERSONAL = re.compile(r"\b(D1|T1|S1|AE1|L[1-7]|B1|DP1)\b(?!\.)")


def _marked(values: Json, fields: dict[str, Field], **context: Any) -> None:
    for name in values:
        if fields[name].type in _WORDS:
            mark = f"mark-t{field_tier(fields[name], **context)}-{name}"
            values[name] = [mark] if fields[name].many else mark


def _records() -> list[Json]:
    """Every field recorded; each word says its tier."""
    text = orjson.dumps(filled_records()).decode()
    records: list[Json] = orjson.loads(re.sub(r"Q-(\w+)", lambda found: f"RESULT{sum(map(ord, found[1]))}", text))
    for record in records:
        if record["record"] == "node":
            _marked(record["data"], KINDS[record["kind"]].fields)
            continue
        _marked(record["data"], OPERATIONS[record["type"]].fields)
        if "reason" in record:
            record["reason"] = "mark-t2-reason"
        kinds = [end["kind"] for end in record["inputs"]]
        for output in record.get("outputs", ()):
            values = output.get("data", {})
            context = {"operation": record["type"], "input_kinds": kinds, "test_item": values.get("test_item")}
            _marked(values, KINDS[output["kind"]].fields, **context)
        for use in record.get("uses", ()):
            _marked(use.get("data", {}), USES[use["kind"]].fields)
    donor = {"reason": "mark-t2-why", "by": "P-2", "data": {"medical_history": "mark-t3-amended"}}
    records.append({"record": "amendment", "id": "M1", "kind": "Donor", "id_of": "D1", **donor})
    collected = next(record for record in records if record.get("type") == "COLLECTED")
    freezing = next(record for record in records if record.get("type") == "CRYOPRESERVED")
    for number, (old, changes) in enumerate(((collected, {"start": "2025-01-02"}), (freezing, {"operator": "P-3"}))):
        replacement = {**old, "id": f"{old['id']}-R", "zone": "+08:00", **changes}
        correction = {"record": "correction", "id": f"V{number}", "operation": old["id"], "reason": "mark-t2-because"}
        records.append({**correction, "by": "P-2", "replacement": replacement})
    return records


@pytest.fixture(scope="module")
def lineage() -> MemoryGraph:
    made = MemoryGraph(_records())
    told: Json = {"code": "out_of_range", "severity": "major"}
    for number, tier in enumerate((None, 2, 3)):
        mark = f"mark-t{tier or 0}-deviation"
        members: Json = {**told, "value": mark, "direction": mark, "range_version": mark, "message": "mark-t2-message"}
        members |= {} if tier is None else {"tier": tier, "operation": f"mark-t{tier if tier == 3 else 0}-operation"}
        made.found_deviations.append(DeviationRow(id=f"1-{number}", seq=1, is_open=True, members=members))
    subject = {**told, "code": "wrong_person", "subject": "Subject:S1"}
    made.found_deviations.append(DeviationRow(id="2-1", seq=2, is_open=True, members=subject))
    return made


def _ids() -> tuple[list[str], list[str]]:
    things: dict[str, None] = {}
    acts: dict[str, None] = {}
    for record in _records():
        operation_ = record.get("replacement", record)
        if operation_["record"] == "node":
            things[f"{record['kind']}:{record['id']}"] = None
        if operation_["record"] == "operation":
            acts[operation_["id"]] = None
            for output in operation_.get("outputs", ()):
                things[f"{output['kind']}:{output['id']}"] = None
    things |= {"CellUnit:B1#1": None, "CellUnit:DP1#1": None}
    return list(things), list(acts)


def _view(lineage: MemoryGraph, role: Role) -> View:
    return View(reader=lineage, viewer=Viewer(person="P-9", role=role), vault=lineage.vault, log=MemoryLog())


async def _answers(lineage: MemoryGraph, role: Role) -> list[Any]:
    """What every question tells the role."""
    things, acts = _ids()
    told: list[Any] = [await nodes(_view(lineage, role), things)]
    for act in acts:
        told.append(await operation(_view(lineage, role), act))
        told.append(await history(_view(lineage, role), f"Operation:{act}"))
    for thing in things:
        try:
            told.append(await history(_view(lineage, role), thing))
            for direction in Direction:
                view = _view(lineage, role)
                answer = await trace(view, [thing], direction)
                told += [trace_nodes(view, answer, 500, None), trace_edges(view, answer, 500, None), answer]
        except (NotPermitted, NotFound):
            continue
    for text in ("mark", "1", "D1", "B1"):
        told.append(await search(_view(lineage, role), text, first=500))
    told.append(await deviations(_view(lineage, role)))
    told.append(await coverage(_view(lineage, role)))
    return told


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
async def test_no_word_above_the_viewers_tier_is_told(lineage: MemoryGraph, role: Role) -> None:
    view = _view(lineage, role)
    told = repr(await _answers(lineage, role))
    marks = {int(tier) for tier in re.findall(r"mark-t(\d)", told)}
    assert marks == set(range(view.tier + 1))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
async def test_no_key_that_leads_to_a_person_is_told_below_tier_2(lineage: MemoryGraph, role: Role) -> None:
    view = _view(lineage, role)
    found = set(_PERSONAL.findall(repr(await _answers(lineage, role))))
    assert bool(found) == (view.tier >= 2), found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
async def test_a_masked_field_is_named_and_has_no_value(lineage: MemoryGraph, role: Role) -> None:
    view = _view(lineage, role)
    for id_, node in zip(_ids()[0], await nodes(view, _ids()[0]), strict=True):
        if node is None:  # leads to one person, and is not told apart from what there is not
            assert view.tier < 2
            assert _PERSONAL.search(id_)
            continue
        fields = KINDS[node.node[0]].fields
        above = {name for name, field in fields.items() if field.tier > view.tier}
        assert not above & node.values.keys()
        assert above <= set(node.masked)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value)
async def test_members_of_an_operation_are_masked_by_their_tier_in_it(lineage: MemoryGraph, role: Role) -> None:
    for act in _ids()[1]:
        view = _view(lineage, role)
        found = await operation(view, act)
        assert found is not None
        for member in ("start", "end", "operator", "reviewer", "source_document", "despite", "reason"):
            if member_tier(found.type, member) > view.tier:
                assert member not in found.members
                assert member in found.masked
        sides = (*found.inputs, *found.outputs)
        ends = [*((end.node, end.is_hidden) for end in sides), *((use.node, use.is_hidden) for use in found.uses)]
        ends += [(("CellUnit", unit), unit.startswith("•")) for end in sides for unit in end.units]
        # Done with what leads to one person: when that was is as private.
        leads_to_one = any(is_hidden and not view.hides_kind(node[0]) for node, is_hidden in ends)
        assert (found.start is None) == (member_tier(found.type, "start") > view.tier or leads_to_one)


async def test_times_of_acts_on_people_are_not_told_through_machines_used(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.VIEWER)
    answer = await trace(view, ["Equipment:INC-1"], Direction.FORWARD)
    personal = [edge for edge in answer.edges if {edge.source[0], edge.target[0]} & {"Donor", "Subject", "Tissue"}]
    assert personal
    assert all(edge.start_ms is None for edge in personal if edge.type in {"COLLECTED", "ADMINISTERED"})


async def test_departures_of_a_persons_own_results_are_counted_but_not_listed(lineage: MemoryGraph) -> None:
    hidden = await deviations(_view(lineage, Role.OPERATOR))
    assert (hidden.total, hidden.hidden_count, [each.id for each in hidden.items]) == (3, 1, ["1-0", "1-1", "2-1"])
    shown = await deviations(_view(lineage, Role.SAFETY_OFFICER))
    assert (shown.total, shown.hidden_count) == (4, 0)
    viewers = await deviations(_view(lineage, Role.VIEWER))
    result = viewers.items[1]
    assert (result.value, result.direction, result.range_version) == (None, None, None)
    assert {"value", "direction", "range_version", "message"} <= set(result.masked)
    assert viewers.items[2].subject == "Subject:•1"


# -- the access log --------------------------------------------------------------------------------------------------------


def _log(view: View) -> list[tuple[str, tuple[str, ...], int]]:
    assert isinstance(view.log, MemoryLog)
    return [(what, ids, tier) for _, what, ids, tier in view.log.entries]


async def test_reading_tiers_2_and_3_is_logged_with_person_and_ids(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.INVESTIGATOR)
    await nodes(view, ["Donor:D1"])
    assert ("node", ("Donor:D1",), 3) in _log(view)
    assert ("node", ("Donor:D1",), 2) in _log(view)
    assert isinstance(view.log, MemoryLog)
    assert {person for person, *_ in view.log.entries} == {"P-9"}


async def test_reading_below_tier_2_is_not_logged(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.INVESTIGATOR)
    await nodes(view, ["Equipment:INC-1", "StoragePosition:TANK-1", "Study:ST-1"])
    assert _log(view) == []


async def test_what_was_masked_is_not_logged(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.VIEWER)
    await nodes(view, _ids()[0])
    await trace(view, ["Equipment:INC-1"], Direction.FORWARD)
    assert _log(view) == []


async def test_the_code_of_an_autologous_lot_is_logged(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.OPERATOR)
    answer = await trace(view, ["CellLot:DP1"], Direction.BACKWARD)
    trace_nodes(view, answer, 500, None)
    logged = {each for what, ids, _ in _log(view) if what == "trace" for each in ids}
    assert {"CellLot:DP1", "CellUnit:B1#1", "CellLot:L1", "Donor:D1", "Tissue:T1"} <= logged


async def test_a_search_that_names_an_autologous_lot_is_logged(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.OPERATOR)
    await search(view, "DP1", kinds=["CellLot"])
    assert ("search", ("CellLot:DP1",), 2) in _log(view)


async def test_history_of_a_person_is_logged(lineage: MemoryGraph) -> None:
    view = _view(lineage, Role.INVESTIGATOR)
    await history(view, "Donor:D1")
    assert {tier for _, ids, tier in _log(view) if "Donor:D1" in ids} == {2, 3}
