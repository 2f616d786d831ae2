"""The page of one thing: what is recorded of it, what was done with it, and what stands one step from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from graph.reader import NodeId, id_text
from graph.vocabulary import KINDS
from queries.deviations import Deviation
from queries.dossiers import NodeDossier, node_dossier
from queries.history import history
from queries.ids import parse_node_id
from queries.nodes import existing
from queries.operations import Operation
from service.pages.changes import change_rows, newest_first
from service.pages.desk import Desk
from service.pages.paging import after_page, page_number, paged, pager
from service.pages.shown import Wording, linked_keys, value_rows
from service.parameters import check_names, flag

__all__ = ["show_node"]

_OPERATIONS_EACH: Final = 25
_CHANGES_EACH: Final = 25
_PARTS_EACH: Final = 60
_NEIGHBOURS: Final = 12
# What nearly every operation names: its operations are looked up only when they are asked for.
_NAMED_EVERYWHERE: Final = frozenset({"Person", "Institution", "Study"})


async def show_node(desk: Desk, request: Request) -> Response:
    """``/view/node/CellLot:MCB1``; ``?operations=2``, ``history=2`` and ``parts=2`` are pages of its lists."""
    check_names(request, {"operations", "history", "parts", "all", "language"})
    view, id_ = desk.view(request), request.path_params["id"]
    kind, _ = parse_node_id(id_)
    page = page_number(request, "operations")
    asks = kind not in _NAMED_EVERYWHERE or flag(request, "all")
    after = after_page(0, page, _OPERATIONS_EACH)
    dossier = await node_dossier(view, id_, first=_OPERATIONS_EACH if asks else None, after=after)
    node, fields = dossier.node, KINDS[kind].fields
    acts = dossier.acts
    changed = newest_first(await history(view, id_text(node.node)))
    changes, changes_pager = paged(request, changed, _CHANGES_EACH, "history")
    parts, parts_pager = paged(request, dossier.surroundings.parts, _PARTS_EACH, "parts")
    wording = Wording(
        say=desk.texts(request), tier=view.tier, pages=await existing(view, linked_keys(fields, node.values))
    )
    return desk.page(
        request,
        "node.html",
        dossier=dossier,
        node=node,
        rows=value_rows(
            wording,
            fields,
            node.values,
            node.masked,
            member=dossier.member,
            limits=dossier.ranges,
            deviations=dossier.making_deviations,
        ),
        seq=dossier.as_of_seq,
        shown_parts=parts,
        parts_pager=parts_pager,
        acts=acts.items if acts is not None else None,
        acts_pager=(
            None
            if acts is None
            else pager(request, page=page, size=_OPERATIONS_EACH, total=acts.total, name="operations")
        ),
        concerning=_concerning(dossier),
        sources=_beside(dossier, is_source=True),
        results=_beside(dossier, is_source=False),
        changes=change_rows(changes, wording, kind=kind),
        changes_pager=changes_pager,
    )


def _concerning(dossier: NodeDossier) -> list[Deviation]:
    """Those about the thing or its units first, then those of its operations; each once."""
    own = id_text(dossier.node.node)
    units = f"CellUnit:{dossier.node.node[1]}#"

    def rank(each: Deviation) -> tuple[bool, int]:
        subject = each.subject or ""
        return not (subject == own or subject.startswith(units)), each.seq

    found = {each.id: each for each in (*dossier.making_deviations, *_flat(dossier.deviations.values()))}
    return sorted(found.values(), key=rank)


def _flat(groups: Iterable[Sequence[Deviation]]) -> Iterable[Deviation]:
    return (each for group in groups for each in group)


def _beside(dossier: NodeDossier, *, is_source: bool) -> list[tuple[NodeId, bool, str]]:
    """What stands one step from a thing in the operations shown: where it came from, or what became of it; whether it
    is hidden, and the type of the operation. The first few.
    """
    node = dossier.node.node
    making: Sequence[Operation] = [dossier.making] if dossier.making is not None else []
    found: dict[NodeId, tuple[NodeId, bool, str]] = {}
    for act in (*making, *(dossier.acts.items if dossier.acts is not None else ())):
        near, far = (act.outputs, act.inputs) if is_source else (act.inputs, act.outputs)
        if any(_is_of(end.node, end.units, node) for end in near):
            for end in far:
                if not _is_of(end.node, end.units, node):
                    found.setdefault(end.node, (end.node, end.is_hidden, act.type))
        if not is_source and any(used.node == node for used in act.uses):
            for end in act.outputs or act.inputs:
                found.setdefault(end.node, (end.node, end.is_hidden, act.type))
    return list(found.values())[:_NEIGHBOURS]


def _is_of(end: NodeId, units: Sequence[str], node: NodeId) -> bool:
    return end == node or (node[0] == "CellUnit" and node[1] in units)
