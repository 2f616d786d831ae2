"""A request that asks for too much is refused before it runs, quickly, and told by how much."""

from __future__ import annotations

import time
from typing import Any

import pytest

from schema import limits
from support.asking import ask_memory, data_of
from support.memory_graph import MemoryGraph

_FRAGMENT_SECONDS = 5.0  # a walk that visits fragments once takes milliseconds; one that does not never ends


async def _refused(query: str, variables: dict[str, Any] | None = None) -> list[str]:
    lineage = MemoryGraph()
    answer = await ask_memory(lineage, query, variables)
    assert answer.is_request_error
    assert answer.data is None
    assert lineage.reads == 0
    assert all(error["extensions"]["remedy"] for error in answer.errors)
    return [error["extensions"]["code"] for error in answer.errors]


def _nested(levels: int) -> str:
    """Operations of nodes of operations …, three fields a level."""
    inner = "id"
    for _ in range(levels):
        inner = f"inputs {{ node {{ operations(first: 1) {{ edges {{ node {{ {inner} }} }} }} }} }}"
    return f'{{ operation(id: "O1") {{ {inner} }} }}'


async def test_a_deep_query_is_refused() -> None:
    assert await _refused(_nested(4)) == ["too_deep"]


async def test_a_query_of_allowed_depth_is_answered() -> None:
    assert data_of(await ask_memory(MemoryGraph(), _nested(2))) == {"operation": None}


async def test_depth_counts_through_fragments() -> None:
    spread = _nested(4).replace("id }", "...F }", 1)
    assert "too_deep" in await _refused(f"{spread} fragment F on Operation {{ id }}")


async def test_many_aliases_are_refused() -> None:
    aliases = " ".join(f"a{number}: serviceInfo {{ version }}" for number in range(limits.MOST_ALIASES + 1))
    assert await _refused(f"{{ {aliases} }}") == ["too_many_aliases"]


async def test_aliases_in_a_fragment_count_each_time_it_is_spread() -> None:
    half = " ".join(f"a{number}: version" for number in range(limits.MOST_ALIASES // 2))
    query = f"{{ serviceInfo {{ ...F }} x: serviceInfo {{ ...F }} y: serviceInfo {{ ...F }} }} fragment F on ServiceInfo {{ {half} }}"
    assert await _refused(query) == ["too_many_aliases"]


async def test_a_long_query_is_refused() -> None:
    fields = "version " * limits.MOST_TOKENS
    assert await _refused(f"{{ serviceInfo {{ {fields} }} }}") == ["bad_request"]


async def test_a_page_of_pages_is_too_costly() -> None:
    query = """query($ids: [ID!]!, $first: Int) { nodes(ids: $ids) { operations(first: $first) { edges { node {
      inputs { id node { id } } outputs { id node { id } } } } } } }"""
    ids = [f"CellLot:L{number}" for number in range(100)]
    assert await _refused(query, {"ids": ids, "first": 500}) == ["too_costly"]
    assert len(data_of(await ask_memory(MemoryGraph(), query, {"ids": ids, "first": 10}))["nodes"]) == 100


async def test_only_one_of_several_types_fragments_counts() -> None:
    kinds = " ".join(
        f"... on {kind} {{ {'key ' * 10} }}" for kind in ("Donor", "CellLot", "Reagent", "Subject", "Person")
    )
    query = f'{{ search(text: "x", first: 500) {{ edges {{ node {{ id {kinds} }} }} }} }}'
    assert data_of(await ask_memory(MemoryGraph(), query))["search"]["edges"] == []


async def test_fragments_that_double_each_other_are_refused_at_once() -> None:
    levels = 18  # a quarter of a million visits for who follows each spread
    fragments = " ".join(
        f"fragment F{number} on Operation {{ a: replaces ...F{number + 1} ...F{number + 1} }}"
        for number in range(levels)
    )
    query = f'{{ operation(id: "O1") {{ ...F0 }} }} {fragments} fragment F{levels} on Operation {{ id }}'
    started = time.monotonic()
    assert await _refused(query)
    assert time.monotonic() - started < _FRAGMENT_SECONDS


async def test_a_long_chain_of_fragments_is_refused_not_a_fault() -> None:
    chain = " ".join(f"fragment F{number} on ServiceInfo {{ ...F{number + 1} }}" for number in range(400))
    query = f"{{ serviceInfo {{ ...F0 }} }} {chain} fragment F400 on ServiceInfo {{ version }}"
    assert await _refused(query) == ["too_deep"]


async def test_a_fragment_within_itself_is_refused() -> None:
    query = "{ serviceInfo { ...F } } fragment F on ServiceInfo { version ...F }"
    assert await _refused(query) == ["bad_request"]


@pytest.mark.parametrize("query", ["{ a " * 1200, "{ node(id: " + "[" * 1200, "{ node(id: " + "{a: " * 1200])
async def test_nesting_beyond_the_parser_is_refused_not_a_fault(query: str) -> None:
    answer = await ask_memory(MemoryGraph(), query)
    assert answer.is_request_error
    assert answer.failures == []
    (error,) = answer.errors
    assert "nested too deeply" in error["message"]


async def test_the_schema_may_be_looked_up() -> None:
    query = "{ __schema { types { name fields { name type { name ofType { name ofType { name } } } } } } }"
    found = data_of(await ask_memory(MemoryGraph(), query))["__schema"]
    assert {"CellLot", "ExpandedOperation"} <= {type_["name"] for type_ in found["types"]}


async def test_looking_the_schema_up_many_times_at_once_is_too_costly() -> None:
    aliases = " ".join(f"a{number}: __schema {{ types {{ name }} }}" for number in range(20))
    assert await _refused(f"{{ {aliases} }}") == ["too_costly"]
