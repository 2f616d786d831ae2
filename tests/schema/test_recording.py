"""Records in through GraphQL, on a real store: whole or not at all, once, and told what is wrong."""

from __future__ import annotations

from typing import Any

from graph.viewer import Role
from service.store import Store
from support.asking import ask, data_of, viewer
from support.bench_sheet import BenchSheet
from support.trial import trial

_RECORD = """mutation($input: RecordInput!) { record(input: $input) {
  accepted seq applied unchanged
  violations { line record member code message remedy }
  warnings { record code }
  deviations { id code severity subject operation value maskedFields }
} }"""
_CORRECT = """mutation($input: CorrectInput!) { correct(input: $input) { accepted seq violations { code member } } }"""


def _sheet() -> BenchSheet:
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "L1")
    return sheet


async def _record(store: Store, records: Any, key: str = "k", *, as_: Any = None, **more: Any) -> Any:
    given = {"records": records, "idempotencyKey": key, **more}
    answer = await ask(store, _RECORD, {"input": given}, **({} if as_ is None else {"as_": as_}))
    return data_of(answer)["record"]


async def test_records_are_applied_whole(store: Store) -> None:
    records = _sheet().records
    result = await _record(store, records)
    assert result["accepted"]
    assert result["applied"] == len(records)
    assert result["seq"] == len(records) == (await store.ledger.head()).seq


async def test_one_bad_record_keeps_all_out_and_is_named(store: Store) -> None:
    records = _sheet().records
    records[-1] = {**records[-1], "inputs": [{"kind": "Tissue", "id": "NOWHERE"}]}
    result = await _record(store, records)
    assert not result["accepted"]
    (violation,) = result["violations"]
    assert violation["line"] == len(records)
    assert violation["record"] == records[-1]["id"]
    assert "NOWHERE" in violation["message"]
    assert violation["remedy"]
    assert (await store.ledger.head()).seq == 0


async def test_the_same_request_again_is_applied_once(store: Store) -> None:
    records = _sheet().records
    first = await _record(store, records, "one key")
    again = await _record(store, records, "one key")
    assert again["accepted"]
    assert again["seq"] == first["seq"] == (await store.ledger.head()).seq


async def test_a_key_that_named_another_request_is_told_and_nothing_is_recorded(store: Store) -> None:
    sheet = _sheet()
    first = await _record(store, sheet.records, "one key")
    other = await _record(store, [sheet.donor("D2")], "one key")
    assert not other["accepted"]
    assert other["violations"]
    assert (await store.ledger.head()).seq == first["seq"]


async def test_the_same_records_under_another_key_change_nothing(store: Store) -> None:
    records = _sheet().records
    await _record(store, records, "one")
    again = await _record(store, records, "another")
    assert (again["accepted"], again["applied"], again["unchanged"]) == (True, 0, len(records))


async def test_a_dry_run_tells_and_records_nothing(store: Store) -> None:
    result = await _record(store, _sheet().records, dryRun=True)
    assert result["accepted"]
    assert (await store.ledger.head()).seq == 0


async def test_who_may_not_record_is_told_so_as_a_violation(store: Store) -> None:
    result = await _record(store, _sheet().records, as_=viewer(Role.VIEWER))
    assert not result["accepted"]
    assert [each["code"] for each in result["violations"]] == ["not_permitted"]


async def test_claimed_times_need_the_role_for_it(store: Store) -> None:
    records = [{**each, "recorded_at": "2025-02-01T00:00:00Z"} for each in _sheet().records]
    refused = await _record(store, records, "a", as_=viewer(Role.OPERATOR), historic=True)
    assert [each["code"] for each in refused["violations"]] == ["not_permitted"]
    assert (await _record(store, records, "b", as_=viewer(Role.DATA_MANAGER), historic=True))["accepted"]


async def test_missing_things_become_stubs_where_that_is_allowed(store: Store) -> None:
    sheet = _sheet()
    sheet.records = [each for each in sheet.records if each.get("id") != "BSC-1"]
    use = [{"kind": "Equipment", "id": "NEW-1"}]
    sheet.records[-1]["uses"] = use
    assert not (await _record(store, sheet.records, "a"))["accepted"]
    assert (await _record(store, sheet.records, "b", createMissing=["EQUIPMENT"]))["accepted"]
    answer = data_of(await ask(store, '{ node(id: "Equipment:NEW-1") { isStub } }'))
    assert answer == {"node": {"isStub": True}}


async def test_an_empty_key_or_an_empty_list_is_told(store: Store) -> None:
    assert [each["member"] for each in (await _record(store, _sheet().records, " "))["violations"]] == [
        "idempotencyKey"
    ]
    assert [each["code"] for each in (await _record(store, []))["violations"]] == ["empty"]
    assert [each["code"] for each in (await _record(store, "nonsense"))["violations"]] == ["bad_value"]


async def test_a_departure_is_told_at_the_write(store: Store) -> None:
    sheet = _sheet()
    sheet.expanded("L1", "L2", data={"seeding_density": 1.0})
    result = await _record(store, sheet.records)
    assert result["accepted"]
    (deviation,) = result["deviations"]
    assert deviation["operation"] == f"Operation:{sheet.records[-1]['id']}"
    assert deviation["value"] is not None
    found = data_of(await ask(store, "{ deviations(open: true) { totalCount edges { node { id value } } } }"))
    assert found["deviations"]["totalCount"] == 1
    assert found["deviations"]["edges"][0]["node"]["id"] == deviation["id"]


async def test_an_operation_is_voided_and_stays_readable(store: Store) -> None:
    sheet = _sheet()
    last = sheet.records[-1]["id"]
    await _record(store, sheet.records)
    given = {"idempotencyKey": "c", "id": "C1", "operation": f"Operation:{last}", "reason": "did not happen"}
    reviewer = viewer(Role.REVIEWER)
    result = data_of(await ask(store, _CORRECT, {"input": {**given, "replacement": None}}, as_=reviewer))["correct"]
    assert result["accepted"], result
    answer = data_of(
        await ask(store, 'query($id: ID!) { operation(id: $id) { correctedBy replacedBy } node(id: "Tissue:T1") '
                  "{ operations { edges { node { id } } } } }", {"id": f"Operation:{last}"})
    )  # fmt: skip
    assert answer["operation"] == {"correctedBy": "C1", "replacedBy": None}
    assert f"Operation:{last}" not in [edge["node"]["id"] for edge in answer["node"]["operations"]["edges"]]


async def test_a_replacement_stands_in_the_place_of_what_it_corrects(store: Store) -> None:
    sheet = _sheet()
    old = sheet.records[-1]
    await _record(store, sheet.records)
    new = {name: value for name, value in {**old, "id": "A-NEW"}.items() if name != "record"}
    given = {"idempotencyKey": "c", "id": "C1", "operation": old["id"], "reason": "wrong hour", "replacement": new}
    result = data_of(await ask(store, _CORRECT, {"input": given}, as_=viewer(Role.REVIEWER)))["correct"]
    assert result["accepted"], result
    query = 'query($old: ID!) { old: operation(id: $old) { replacedBy } new: operation(id: "A-NEW") { replaces } }'
    answer = data_of(await ask(store, query, {"old": f"Operation:{old['id']}"}))
    assert answer == {"old": {"replacedBy": "Operation:A-NEW"}, "new": {"replaces": f"Operation:{old['id']}"}}


async def test_the_whole_trial_goes_in_through_graphql_as_through_a_file(store: Store) -> None:
    result = await _record(store, trial(), historic=True)
    assert result["accepted"], result["violations"]
    through_graphql = [line async for line in store.ledger.export()]
    assert len(through_graphql) == 83
