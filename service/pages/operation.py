"""The page of one operation: its stage data with limits and departures, what went in and came out, what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from graph.reader import NodeId
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field, member_label
from queries.dossiers import OperationDossier, operation_dossier
from queries.history import history
from queries.ids import OPERATION_PREFIX, parse_operation_id
from queries.nodes import existing
from queries.operations import End, Operation, Used, member_fields
from service.pages.changes import change_rows, newest_first
from service.pages.desk import Desk
from service.pages.paging import paged
from service.pages.shown import ValueRow, Wording, limit_of, linked_keys, value_rows
from service.parameters import check_names
from visualize.values import field_text

__all__ = ["show_operation"]

_CHANGES_EACH: Final = 25
_ENDS_EACH: Final = 100
# Members in the order of the page; times stand at its head.
_MEMBERS: Final = (
    "performing_org", "operator", "reviewer", "study", "source_document", "despite", "reason", "acknowledged_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRow:
    """One input or output."""

    node: NodeId
    is_hidden: bool
    amount: str
    units: tuple[str, ...]
    is_consumed: bool
    rows: Sequence[ValueRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """One reagent or machine that was used."""

    used: Used
    rows: Sequence[ValueRow]


async def show_operation(desk: Desk, request: Request) -> Response:
    """``/view/operation/O07``; ``?history=2``, ``inputs=2``, ``outputs=2`` and ``uses=2`` are pages of its lists."""
    check_names(request, {"history", "inputs", "outputs", "uses", "language"})
    view, id_ = desk.view(request), parse_operation_id(request.path_params["id"])
    dossier = await operation_dossier(view, id_)
    act = dossier.operation
    changes, changes_pager = paged(
        request, newest_first(await history(view, f"{OPERATION_PREFIX}{id_}")), _CHANGES_EACH, "history"
    )
    wording = Wording(say=desk.texts(request), tier=view.tier, pages=await existing(view, _named(act)))
    members = member_fields(act.type)
    inputs, inputs_pager = paged(request, act.inputs, _ENDS_EACH, "inputs")
    outputs, outputs_pager = paged(request, act.outputs, _ENDS_EACH, "outputs")
    uses, uses_pager = paged(request, act.uses, _ENDS_EACH, "uses")
    return desk.page(
        request,
        "operation.html",
        dossier=dossier,
        act=act,
        seq=dossier.as_of_seq,
        start_label=member_label(act.type, "start", wording.say.language),
        end_label=member_label(act.type, "end", wording.say.language),
        member_rows=value_rows(
            wording,
            {name: members[name] for name in _MEMBERS},
            act.members,
            [name for name in act.said_to_be_masked if name in act.masked_members],
            member="",
        ),
        stage_rows=_stage_rows(wording, dossier),
        inputs=[_end_row(wording, end, "inputs", number, dossier) for number, end in _numbered(act.inputs, inputs)],
        inputs_pager=inputs_pager,
        outputs=[_end_row(wording, end, "outputs", number, dossier) for number, end in _numbered(act.outputs, outputs)],
        outputs_pager=outputs_pager,
        uses=[_use_row(wording, used, number, dossier) for number, used in _numbered(act.uses, uses)],
        uses_pager=uses_pager,
        span_limits=[
            limit_of(wording, each, _TRANSFER_HOURS, {}) for each in dossier.ranges if each.field == "transfer_hours"
        ],
        changes=change_rows(changes, wording, operation_type=act.type),
        changes_pager=changes_pager,
    )


_TRANSFER_HOURS: Final = Field(type=MEMBERS["inputs"].fields["quantity"].type, en="", zh="", unit="h")


def _numbered(every: Sequence[Any], page: Sequence[Any]) -> list[tuple[int, Any]]:
    begin = every.index(page[0]) if page else 0
    return list(enumerate(page, begin))


def _stage_rows(wording: Wording, dossier: OperationDossier) -> list[ValueRow]:
    act = dossier.operation
    fields = OPERATIONS[act.type].fields
    language = wording.say.language
    captured = act.members.get("captured")
    return value_rows(
        wording,
        fields,
        act.values,
        [name for name in act.masked if name not in act.masked_members],
        labels={name: member_label(act.type, f"data.{name}", language) for name in fields},
        devices=captured if isinstance(captured, Mapping) else {},
        limits=dossier.ranges,
        deviations=dossier.deviations,
    )


def _end_row(wording: Wording, end: End, side: str, number: int, dossier: OperationDossier) -> EndRow:
    fields = KINDS[end.node[0]].fields
    return EndRow(
        node=end.node,
        is_hidden=end.is_hidden,
        amount=_amount(wording, end),
        units=end.units,
        is_consumed=end.is_consumed,
        rows=[]
        if end.is_hidden
        else value_rows(
            wording,
            fields,
            end.values,
            end.masked,
            member=f"{side}[{number}].data",
            limits=dossier.ranges,
            deviations=dossier.deviations,
        ),
    )


def _amount(wording: Wording, end: End) -> str:
    if end.quantity is None:
        return ""
    members = MEMBERS["inputs"].fields
    unit = None if end.unit is None else members["unit"].choices.label(end.unit, wording.say.language)
    return field_text(members["quantity"], end.quantity, wording.speech, {"unit": unit})


def _use_row(wording: Wording, used: Used, number: int, dossier: OperationDossier) -> UseRow:
    return UseRow(
        used=used,
        rows=value_rows(
            wording,
            USES[used.node[0]].fields,
            used.values,
            used.masked,
            member=f"uses[{number}].data",
            limits=dossier.ranges,
            deviations=dossier.deviations,
        ),
    )


def _named(act: Operation) -> list[NodeId]:
    """What the values of an operation name, beside its ends."""
    named = linked_keys(member_fields(act.type), act.members) + linked_keys(OPERATIONS[act.type].fields, act.values)
    for end in act.outputs:
        named += linked_keys(KINDS[end.node[0]].fields, end.values)
    for used in act.uses:
        named += linked_keys(USES[used.node[0]].fields, used.values)
    captured = act.members.get("captured")
    if isinstance(captured, Mapping):
        named += [("Equipment", key) for key in captured.values() if isinstance(key, str)]
    return named
