"""Nodes with their fields, by id or by a text in their key or name."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from graph.errors import BadInput
from graph.index.codes import KIND_CODES
from graph.index.lineage import Lineage
from graph.index.said import naming_fields
from graph.index.tables import Array
from graph.keeping import finder_of
from graph.reader import LATEST, AsOf, NodeId, NodeRow, by_kind, id_text
from graph.saying import said
from graph.vocabulary import KINDS, NAMING_FIELDS, lot_key_tier
from queries.ids import parse_node_id
from queries.pages import Cursor, Page, check_first
from queries.personal import all_personal
from queries.privacy import Unshown, View

__all__ = ["BRIEF", "Node", "briefs", "existing", "hidden_node", "node_bodies", "nodes", "search"]

# Fields that tell at a glance what it is.
_TELLING = (
    "type", "equipment_class", "level", "tissue_type", "cell_type", "stage", "passage_number", "test_item",
    "test_conclusion", "version",
)  # fmt: skip
BRIEF = frozenset({*NAMING_FIELDS, *_TELLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing, as far as the viewer may see it. ``values`` lacks what is not recorded and what is masked."""

    node: NodeId  # a stub's, where hidden
    values: Mapping[str, Any]
    masked: tuple[str, ...]
    is_stub: bool = False
    is_hidden: bool = False
    made_by: str | None = None


def hidden_node(stub: NodeId) -> Node:
    """What is shown of a thing whose key the viewer may not see: that it is there."""
    return Node(node=stub, values={}, masked=("key", *KINDS[stub[0]].fields), is_hidden=True)


async def nodes(view: View, ids: Sequence[str]) -> list[Node | None]:
    """The nodes with these ids, in the same order; None where there is none.

    A code of a kind that the viewer may not look up gives a masked node whether it exists or not; a lot that leads to one
    person is not told apart from what there is not.
    """
    wanted = [parse_node_id(text) for text in ids]
    bodies = await node_bodies(view, wanted)
    return [bodies.get(node) for node in wanted]


async def node_bodies(view: View, wanted: Iterable[NodeId], as_of: AsOf | None = None) -> dict[NodeId, Node]:
    """The nodes that exist, by kind and key. One statement a kind, however many."""
    every = list(dict.fromkeys(wanted))
    above = {node for node in every if view.hides_kind(node[0])}
    rows = await view.reader.nodes(by_kind(node for node in every if node not in above), as_of)
    hidden = await view.hidden(rows, as_of or LATEST)
    found = {node: hidden_node(view.stubs.name(node)) for node in every if node in above}
    shown = [row for node, row in rows.items() if node not in hidden]
    return found | {node.node: node for node in await _shown(view, "node", shown)}


async def briefs(view: View, wanted: Iterable[NodeId], as_of: AsOf) -> dict[NodeId, Node]:
    """As `node_bodies`, with no more of their fields than tells at a glance what they are."""
    every = list(dict.fromkeys(node for node in wanted if not view.hides_kind(node[0])))
    rows = await view.reader.nodes(by_kind(every), as_of)
    hidden = await view.hidden(rows, as_of)
    shown = [row for node, row in rows.items() if node not in hidden]
    return {node.node: node for node in await _shown(view, "list", shown, only=BRIEF)}


async def existing(view: View, wanted: Iterable[NodeId]) -> set[NodeId]:
    """Those of the things that exist and that the viewer may see. Shows nothing of them."""
    every = list(dict.fromkeys(node for node in wanted if not view.hides_kind(node[0])))
    rows = await view.reader.nodes(by_kind(every)) if every else {}
    return set(rows) - await view.hidden(rows)


async def _shown(view: View, what: str, rows: Sequence[NodeRow], *, only: Collection[str] | None = None) -> list[Node]:
    view.show_keys(what, [row.node_id for row in rows])
    unshown = []
    for row in rows:
        fields = KINDS[row.kind].fields
        if only is not None:
            fields = {name: fields[name] for name in fields if name in only}
        values = {name: value for name, value in row.values.items() if name in fields}
        unshown.append(Unshown(id_text(row.node_id), fields, values))
    shown = await view.show(what, unshown)
    return [
        Node(
            node=row.node_id,
            values=part.values,
            masked=part.masked,
            is_stub=row.is_stub,
            made_by=row.made_by,
        )
        for row, part in zip(rows, shown, strict=True)
    ]


async def search(
    view: View,
    text: str,
    *,
    kinds: Collection[str] | None = None,
    first: int = 20,
    after: str | None = None,
    only: Collection[str] | None = None,
) -> Page[Node]:
    """Nodes whose key or name holds the text, whatever its case, by kind and key.

    Kinds whose keys the viewer may not see are not searched, and the page names them; nor are fields above the tier, or
    lots that lead to one person, lest a search tell what is masked. ``only``: the fields
    that are shown of what is found (`BRIEF`); without it, all.
    """
    check_first(first)
    if not text.strip():
        raise BadInput(said("text is empty."), remedy=said("Give part of a key or a name."), member="text")
    lineage = await view.at_hand(LATEST)
    head_seq = (await view.reader.head()).seq if lineage is None else lineage.as_of.seq
    cursor = Cursor.parse(after, (str, str), head_seq=head_seq) if after is not None else None
    as_of = AsOf(head_seq if cursor is None else cursor.seq)
    wanted = [kind for kind in sorted(KINDS) if kinds is None or kind in kinds]
    searched = [kind for kind in wanted if not view.hides_kind(kind)]
    last = (str(cursor.place[0]), str(cursor.place[1])) if cursor is not None else None
    if lineage is not None and lineage.as_of == as_of:
        total, found = await _found_in_index(view, lineage, text, searched, last, first + 1)
    else:
        total, found = await _found_in_store(view, as_of, text, searched, last, first + 1)
    rows = found[:first]
    await view.hidden((row.node_id for row in rows), as_of)  # none is; but what is personal is to be logged
    items = await _shown(view, "search", rows, only=only)
    return Page(
        items=items,
        cursors=[Cursor(as_of.seq, node.node).text() for node in items],
        total=total,
        has_next=len(found) > first,
        has_previous=cursor is not None,
        as_of_seq=as_of.seq,
        not_searched=tuple(kind for kind in wanted if kind not in searched),
    )


Place = tuple[str, str]  # kind and key


async def _found_in_index(
    view: View, lineage: Lineage, text: str, kinds: Sequence[str], after: Place | None, limit: int
) -> tuple[int, list[NodeRow]]:
    """How many there are, and the first after a place, by kind and key."""
    is_personal = None if view.tier >= lot_key_tier(is_autologous=True) else await all_personal(lineage)

    def work() -> tuple[int, list[NodeId]]:
        numbers = finder_of(lineage.facts).things(lineage, text, dict.fromkeys(kinds, view.tier))
        if is_personal is not None:
            numbers = numbers[~is_personal[numbers]]
        return len(numbers), _in_order(lineage, numbers, kinds, after, limit)

    total, nodes = await asyncio.to_thread(work)
    rows = await view.reader.nodes(by_kind(nodes), lineage.as_of)
    return total, [rows[node] for node in nodes if node in rows]


def _in_order(lineage: Lineage, numbers: Array, kinds: Sequence[str], after: Place | None, limit: int) -> list[NodeId]:
    """The first of these things after a place. Kinds that come later than there is room for are not looked at."""
    codes, nodes = lineage.kinds[numbers], list[NodeId]()
    for kind in kinds:
        if after is not None and kind < after[0]:
            continue
        keys = lineage.facts.keys.take(numbers[codes == KIND_CODES[kind]]).texts()
        if after is not None and kind == after[0]:
            keys = [key for key in keys if key > after[1]]
        nodes += [(kind, key) for key in nsmallest(limit - len(nodes), keys)]
        if len(nodes) == limit:
            break
    return nodes


async def _found_in_store(
    view: View, as_of: AsOf, text: str, kinds: Sequence[str], after: Place | None, limit: int
) -> tuple[int, list[NodeRow]]:
    """The same without an index, or at an earlier position: reads all nodes of each kind."""
    concealed = by_kind(await view.concealed(as_of))
    total, found = 0, list[NodeRow]()
    for kind in kinds:
        is_past = after is not None and kind < after[0]
        key = after[1] if after is not None and kind == after[0] else None
        count, rows = await view.reader.search(
            kind,
            text,
            [NAMING_FIELDS[place] for place in naming_fields(kind, view.tier)],
            as_of,
            after=key,
            limit=0 if is_past else limit - len(found),
            without=concealed.get(kind, ()),
        )
        total += count
        found += rows
    return total, found
