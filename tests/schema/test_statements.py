"""What a question costs the store depends on kinds, edge types and depth, never on how many things it is about."""

from __future__ import annotations

from typing import Any

from graph.engine import statement_count
from graph.viewer import OWNER, Role, Viewer
from service.store import Store
from support.asking import ask, data_of, viewer
from support.bench_sheet import BenchSheet
from support.stores import record

_NODE = """
  id maskedFields madeBy { id }
  ... on CellLot { cellType }
  operations(first: 20) { totalCount edges { node {
    id operatorNode { name } performingOrgNode { name } studyNode { title }
    inputs { id node { id } } outputs { id node { id madeBy { id } } } uses { id node { id } }
    deviations { id }
  } } }
"""


async def _filled(store: Store, lots: int, relationship: str = "autologous") -> None:
    """As many lots side by side, of one donor; each with a reagent and an operator of its own."""
    sheet = BenchSheet()
    sheet.donor("D1", donor_relationship=relationship)
    sheet.collected("D1", "T1")
    sheet.separated("T1", "P")
    sheet.divided("P", [f"A{number}" for number in range(1, lots + 1)])
    for number in range(1, lots + 1):
        sheet.node("Person", f"W{number}")
        sheet.reagent(f"R{number}")
        sheet.expanded(f"A{number}", f"L{number}", reagents=[f"R{number}"], data={"seeding_density": 1.0})
        sheet.records[-1]["operator"] = f"W{number}"
    receipt = await record(store, sheet.records)
    assert receipt.accepted, receipt.violations


async def _count(store: Store, query: str, variables: dict[str, Any], *, as_: Viewer = OWNER) -> int:
    assert store.index is not None
    await store.index.position()  # what it costs to make the index is not the question's
    with statement_count() as counted:
        answer = await ask(store, query, variables, as_=as_)
    assert answer.errors == [], answer.errors
    return counted.count


_NODES = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {_NODE} }} }}"


async def test_ten_and_a_hundred_things_with_their_operations_cost_the_same(store: Store) -> None:
    await _filled(store, 100)
    for kind, letter, who in (
        ("CellLot", "L", OWNER),
        ("Person", "W", OWNER),
        ("Reagent", "R", OWNER),
        ("CellLot", "L", viewer(Role.VIEWER)),
    ):
        ids = [f"{kind}:{letter}{number}" for number in range(1, 101)]
        few = await _count(store, _NODES, {"ids": ids[:10]}, as_=who)
        many = await _count(store, _NODES, {"ids": ids}, as_=who)
        assert few == many, (kind, who.role)


async def test_aliases_are_batched_like_a_list(store: Store) -> None:
    await _filled(store, 20)
    aliases = " ".join(f'a{number}: node(id: "CellLot:L{number}") {{ {_NODE} }}' for number in range(1, 4))
    more = " ".join(f'a{number}: node(id: "CellLot:L{number}") {{ {_NODE} }}' for number in range(1, 16))
    assert await _count(store, f"{{ {aliases} }}", {}) == await _count(store, f"{{ {more} }}", {})


async def test_a_search_page_costs_the_same_however_long(store: Store) -> None:
    await _filled(store, 60)
    query = f'query($first: Int) {{ search(text: "l", kinds: [CELL_LOT], first: $first) {{ edges {{ node {{ {_NODE} }} }} }} }}'
    assert await _count(store, query, {"first": 5}) == await _count(store, query, {"first": 50})


async def test_a_page_of_a_trace_costs_the_same_however_long(store: Store) -> None:
    await _filled(store, 15, "allogeneic")
    query = """query($first: Int) { trace(input: {start: ["Donor:D1"], direction: FORWARD}) { ... on Trace {
      nodes(first: $first, kinds: [CELL_LOT]) { edges { node { node { id ... on CellLot { cellType } } } } }
      edges(first: $first) { edges { node { operation { id } } } }
    } } }"""
    assert await _count(store, query, {"first": 5}) == await _count(store, query, {"first": 500})


async def test_a_trace_costs_by_its_depth_not_by_its_width(store: Store) -> None:
    """Two lineages of one depth and the same kinds, one of them thirty times as wide."""
    query = "query($start: [ID!]!) { trace(input: {start: $start, direction: FORWARD}) { ... on Trace { summary { total } } } }"
    counts, totals = [], []
    sheet = BenchSheet()
    for donor, width in (("D1", 1), ("D2", 30)):
        sheet.donor(donor)
        sheet.collected(donor, f"T-{donor}")
        sheet.separated(f"T-{donor}", f"L-{donor}")
        sheet.divided(f"L-{donor}", [f"L-{donor}-{number}" for number in range(width)])
    await record(store, sheet.records)
    for donor in ("D1", "D2"):
        given = {"start": [f"Donor:{donor}"]}
        counts.append(await _count(store, query, given))
        totals.append(data_of(await ask(store, query, given))["trace"]["summary"]["total"])
    assert totals[1] == totals[0] + 29
    assert counts[0] == counts[1]


_CUSTODY = """query($id: ID!, $first: Int) { custody(id: $id) { ... on Custody {
  intervals(first: $first, manners: [STAY]) { edges { node {
    placeNode { id } began { operation { id } personNode { id } } } } } } } }"""
_CONTENTS = """query($id: ID!, $first: Int) { contents(position: $id) { ... on Contents {
  places(first: $first) { edges { node { total positionNode { id } } } }
  rows(first: $first) { edges { node { node { id } operation { id } } } } } } }"""


async def test_where_a_lot_has_been_and_what_stands_in_a_place_cost_the_same_however_much_it_is(store: Store) -> None:
    """Two lots, one of many units, each unit stored in a box of its own by somebody else; a tank for each lot."""
    sheet = BenchSheet()
    sheet.donor("D1")
    sheet.collected("D1", "T1")
    sheet.separated("T1", "P")
    sheet.divided("P", ["P-FEW", "P-MANY"])
    for lot, units in (("FEW", 3), ("MANY", 40)):
        sheet.cryopreserved(f"P-{lot}", lot, units=units)
        sheet.node("StoragePosition", f"TANK-{lot}", level="tank")
        for number in range(1, units + 1):
            sheet.node("Person", f"{lot}-{number}")
            sheet.node("StoragePosition", f"BOX-{lot}-{number}", level="box", parent=f"TANK-{lot}")
            unit = {"kind": "CellLot", "id": lot, "quantity": 1, "unit": "vial", "units": [f"{lot}#{number}"]}
            sheet.stored(unit, f"BOX-{lot}-{number}")["operator"] = f"{lot}-{number}"
    receipt = await record(store, sheet.records)
    assert receipt.accepted, receipt.violations
    for query, kind in ((_CUSTODY, "CellLot:"), (_CONTENTS, "StoragePosition:TANK-")):
        few = await _count(store, query, {"id": f"{kind}FEW", "first": 100})
        assert await _count(store, query, {"id": f"{kind}MANY", "first": 3}) == few, kind
        assert await _count(store, query, {"id": f"{kind}MANY", "first": 100}) == few, kind
