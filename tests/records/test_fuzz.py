"""Whatever is handed in, the records and rules answer with violations, never with an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.records import RawRecord, canonical, parse, parse_stored
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES
from support.filled import filled_records
from support.register import Register
from support.trial import correction, excursion, trial

Json = dict[str, Any]
GOOD = [*trial(), *correction(), *excursion(), *filled_records()]
WORDS = sorted(
    {name for part in (*KINDS.values(), *OPERATIONS.values(), *USES.values(), *MEMBERS.values()) for name in part.fields}
    | set(KINDS) | set(OPERATIONS) | {"node", "operation", "closing", "correction", "amendment", "D1", "L1", "MCB1", "O07"}
)  # fmt: skip
_SURROGATES = st.text(st.characters(), max_size=8) | st.just("\ud800") | st.just("A\u0000") | st.sampled_from(WORDS)
_NUMBERS = st.integers() | st.floats() | st.just(10**400) | st.just(2**53)
_TIMES = st.sampled_from(
    ["2025-01-18", "2025-01-18T10:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01", "2025/2024", "Z"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _SURROGATES | _TIMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SURROGATES, inner, max_size=3),
    max_leaves=8,
)


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def _told(value: Any) -> None:
    """Parsed, it is a record whose canonical form is its own, or violations that can be shown."""
    record, violations = parse(RawRecord(value))
    if record is None:
        assert violations
        for violation in violations:
            assert violation.code
            assert violation.remedy
            json.dumps(violation.as_json()).encode()
            assert len(violation.message) < 2_000
    else:
        assert not violations
        kept = canonical(record.canonical)
        again = parse_stored(json.loads(kept))
        assert canonical(again.canonical) == kept


@given(value=ANYTHING)
def test_anything_at_all_is_answered(value: Any) -> None:
    _told(value)


EXPANDED = next(record for record in GOOD if record["id"] == "O07")
MONSTERS: dict[str, Callable[[], Any]] = {
    "deep": lambda: _deep(5_000),
    "deep record": lambda: {"record": _deep(5_000)},
    "deep key": lambda: {"record": "node", "kind": _deep(5_000), "id": _deep(5_000)},
    "deep value": lambda: {**EXPANDED, "data": {"seeding_density": _deep(5_000)}},
    "deep map": lambda: {**EXPANDED, "uses": [_used({"equipment_parameters": {"x": _deep(5_000)}})]},
    "deep sealed": lambda: {"record": "node", "kind": "Donor", "id": "D", "data": {"sex": {"sealed": _deep(5_000)}}},
    "deep despite": lambda: {**EXPANDED, "despite": [_deep(5_000)]},
    "despite that is a number": lambda: {**EXPANDED, "despite": 5},
    "long key": lambda: {"record": "node", "kind": "Donor", "id": "x" * 10_000_000},
    "long words": lambda: {"x" * 10_000_000: 1, "record": "node", "kind": "y" * 10_000_000},
    "long time": lambda: {**EXPANDED, "start": "2" * 10_000_000},
    "long zone": lambda: {**EXPANDED, "zone": "2" * 10_000_000},
    "billions of units": lambda: {
        **EXPANDED,
        "inputs": [{"kind": "CellLot", "id": "L", "units": ["1-99999"] * 50_000}],
    },
    "numbers of a thousand digits": lambda: {**EXPANDED, "data": {"seeding_density": 10**1000}},
    "a quantity of a thousand digits": lambda: {
        **EXPANDED,
        "inputs": [{"kind": "CellLot", "id": "L", "quantity": 10**1000}],
    },
}


def _used(values: Json) -> Json:
    return {"kind": "Equipment", "id": "INC-1", "data": values}


@pytest.mark.parametrize("name", MONSTERS)
def test_monsters_are_answered(name: str) -> None:
    _told(MONSTERS[name]())


@pytest.mark.parametrize("shape", ["node", "operation", "closing", "correction", "amendment"])
@given(members=st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=8))
def test_any_values_of_known_members_are_answered(shape: str, members: Json) -> None:
    _told({**members, "record": shape})


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        found += _paths(item, (*path, name))
    return found


def _changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(value[path[0]], path[1:], new)
    return copy


@st.composite
def damaged(draw: st.DrawFn) -> Json:
    """A good record with one part replaced by anything."""
    record = draw(st.sampled_from(GOOD))
    path = draw(st.sampled_from(_paths(record)[1:]))
    found: Json = _changed(record, path, draw(ANYTHING))
    return found


@given(value=damaged())
def test_a_damaged_record_is_answered(value: Json) -> None:
    _told(value)


def _register() -> Register:
    register = Register()
    assert register.hand_in(trial(), historic=True).accepted
    return register


REGISTER = _register()


@given(values=st.lists(damaged() | st.sampled_from([*correction(), *excursion()]), min_size=1, max_size=4))
def test_a_damaged_request_is_judged(values: list[Json]) -> None:
    """Against the trial: accepted, or refused with violations, and then nothing has changed."""
    register = Register(world=REGISTER.world, seq=REGISTER.seq)
    told = register.hand_in(values, historic=True)
    assert told.accepted == (not told.violations)
    assert (register.seq == REGISTER.seq) == (not told.accepted or told.unchanged == len(values))


@given(values=st.lists(damaged(), min_size=1, max_size=3))
def test_a_damaged_request_into_an_empty_ledger_is_judged(values: list[Json]) -> None:
    told = Register().hand_in(values, historic=True)
    assert told.accepted == (not told.violations)


@given(order=st.randoms(use_true_random=False))
def test_faults_do_not_depend_on_the_order_of_the_records(order: Any) -> None:
    """The trial without the record that makes the second bank, and with a dose of a lot that is not there."""
    records = [record for record in trial() if record["id"] != "O11"]
    records.append(
        {**trial()[-2], "id": "O99", "inputs": [{"kind": "CellLot", "id": "NONE", "quantity": 1, "unit": "dose"}]}
    )
    expected = _faults(records)
    shuffled = list(records)
    order.shuffle(shuffled)
    assert _faults(shuffled) == expected


def _faults(records: list[Json]) -> set[tuple[str | None, str | None, str]]:
    return set(Register().hand_in(records, historic=True).faults)
