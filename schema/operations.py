"""The types of operation, each with its stage fields, derived from the vocabulary; their inputs, outputs and uses."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.reader import AsOf, id_text
from graph.times import render
from graph.vocabulary import MEMBERS, OPERATIONS, USES
from queries import operations as acting
from queries.ids import OPERATION_PREFIX
from queries.pages import Page
from schema.asking import Context, context_of
from schema.derived import Fields, Linked
from schema.described import question
from schema.deviations import Deviation, show_deviation
from schema.naming import camel, describe, describe_stage_field, operation_class
from schema.nodes import Node, load_node, named_node
from schema.pages import Connection, paged
from schema.scalars import JSON, DateTime, instant, latest
from schema.vocabulary import NodeKind, OperationType, node_kind

__all__ = ["OPERATION_TYPES", "USE_TYPES", "Operation", "OperationConnection", "load_operation", "operation_connection"]


@strawberry.type(description="Something that went into an operation, or that it was done to.")
class OperationInput:
    id: strawberry.ID
    kind: NodeKind
    quantity: float | None = strawberry.field(description="In `unit`; where units are named, their number.")
    unit: str | None
    units: list[str] = strawberry.field(description="The vials, doses or bags, where they are named.")
    is_consumed: bool = strawberry.field(description="Used up by the test.")
    masked_fields: list[str]
    end: strawberry.Private[acting.End]
    as_of: strawberry.Private[AsOf]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        return await named_node(context_of(info), self.end.node, self.as_of, is_hidden=self.end.is_hidden)


@strawberry.type(description="Something that came out of an operation, or where it led.")
class OperationOutput:
    id: strawberry.ID
    kind: NodeKind
    quantity: float | None = strawberry.field(description="In `unit`; where units are named, their number.")
    unit: str | None
    units: list[str] = strawberry.field(description="The vials, doses or bags, where they are named.")
    recorded_fields: JSON = strawberry.field(
        description="Fields that this record gives to what it makes; the node has them as they stand now."
    )
    masked_fields: list[str]
    end: strawberry.Private[acting.End]
    as_of: strawberry.Private[AsOf]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        return await named_node(context_of(info), self.end.node, self.as_of, is_hidden=self.end.is_hidden)


@strawberry.interface(description="A reagent, consumable or machine in an operation.")
class Use:
    id: strawberry.ID
    start: DateTime | None = strawberry.field(description="Null: the operation's.")
    start_latest: DateTime | None
    end: DateTime | None
    end_latest: DateTime | None
    is_open: bool = strawberry.field(description="It is still going on.")
    process: str = strawberry.field(description="open or closed.")
    on: list[strawberry.ID] = strawberry.field(description="What it touched, where that is not everything.")
    masked_fields: list[str]
    used: strawberry.Private[acting.Used]
    linked: strawberry.Private[Linked]

    @strawberry.field
    async def node(self, info: Info) -> Node:
        return await named_node(context_of(info), self.used.node, self.linked.as_of, is_hidden=self.used.is_hidden)


@strawberry.type(description="A record that ended an operation, or one use in it.")
class Closing:
    id: str
    end: DateTime | None
    end_latest: DateTime | None
    use: strawberry.ID | None = strawberry.field(description="The machine whose use it ended.")
    by: strawberry.ID | None


@strawberry.type(description="A field that a device read.")
class Captured:
    field: str
    equipment: strawberry.ID
    as_of: strawberry.Private[AsOf]
    key: strawberry.Private[str]

    @strawberry.field
    async def equipment_node(self, info: Info) -> Annotated[Node, strawberry.lazy("schema.nodes")] | None:
        return await load_node(context_of(info), ("Equipment", self.key), self.as_of)


_MEMBERS = Fields(owner="Operation", load=load_node)
for _name in ("performing_org", "operator", "reviewer", "study", "source_document", "acknowledged_by"):
    _MEMBERS.add(MEMBERS["operation"].fields[_name], describe(MEMBERS["operation"].fields[_name]))
_Members: Any = _MEMBERS.type("OperationMembers", object, "Who and what stands behind an operation.")


@strawberry.interface(description="An act: what went in, what came out, what was used, when, by whom.")
class Operation(_Members):  # type: ignore[misc]  # derived, so of no static type
    id: strawberry.ID = strawberry.field(description="Operation:O07.")
    type: OperationType
    seq: int = strawberry.field(description="The ledger entry that records it.")
    recorded_at: DateTime
    start: DateTime | None = strawberry.field(description="The earliest it may have begun; null where masked.")
    start_latest: DateTime | None = strawberry.field(description="The latest it may have begun; null where exact.")
    end: DateTime | None = strawberry.field(description="Null: an instant, masked, or still going on (`isOpen`).")
    end_latest: DateTime | None
    is_open: bool = strawberry.field(description="It is still going on.")
    captured: list[Captured]
    despite: list[str] = strawberry.field(description="Rules that it broke, because it happened all the same.")
    despite_reason: str | None
    inputs: list[OperationInput]
    outputs: list[OperationOutput]
    uses: list[Use]
    closings: list[Closing]
    corrected_by: str | None = strawberry.field(description="The correction that voided it; null: it stands.")
    replaced_by: strawberry.ID | None = strawberry.field(description="The operation that stands in its place.")
    replaces: strawberry.ID | None
    masked_fields: list[str]
    act: strawberry.Private[acting.Operation]
    linked: strawberry.Private[Linked]

    @question
    async def deviations(self, info: Info) -> list[Deviation]:
        """Departures from limits or rules that the service found in it."""
        return [show_deviation(each) for each in await context_of(info).deviations.load(self.act.id)]


@strawberry.type(description="A page of operations.")
class OperationConnection(Connection[Operation]):
    pass


# What all operations, or all uses, have: a stage field of that name is told apart by its operation's name.
_TAKEN = frozenset(camel(field.python_name) for field in Operation.__strawberry_definition__.fields)


async def load_operation(context: Context, id_: str) -> Operation | None:
    """The operation, in one batch with all others that are asked for meanwhile."""
    found = await context.operations.load(id_)
    return None if found is None else _show(found, await context.position())


def operation_connection(page: Page[acting.Operation], as_of: AsOf) -> OperationConnection:
    return OperationConnection(**paged(page, lambda each: _show(each, as_of)))


def _show(act: acting.Operation, as_of: AsOf) -> Operation:
    fields, members = _FIELDS[act.type], act.members
    operation: Operation = OPERATION_TYPES[act.type](
        id=_operation_id(act.id),
        type=OperationType(act.type),
        seq=act.seq,
        recorded_at=DateTime(render(act.recorded_ms)),
        start=instant(act.start),
        start_latest=latest(act.start),
        end=instant(act.end),
        end_latest=latest(act.end),
        is_open=act.is_open,
        captured=[
            Captured(field=name, equipment=strawberry.ID(f"Equipment:{key}"), key=key, as_of=as_of)
            for name, key in members.get("captured", {}).items()
        ],
        despite=list(members.get("despite", ())),
        despite_reason=members.get("reason"),
        inputs=[_input(end, as_of) for end in act.inputs],
        outputs=[_output(end, as_of) for end in act.outputs],
        uses=[_use(used, act.zone, as_of) for used in act.uses],
        closings=[_closing(each) for each in act.closings],
        corrected_by=act.corrected_by,
        replaced_by=_operation_id(act.replaced_by),
        replaces=_operation_id(act.replaces),
        masked_fields=_masked(act),
        act=act,
        linked=Linked({**act.values, **members}, as_of),
        **_MEMBERS.values(members),
        **fields.values(act.values, act.zone),
    )
    return operation


def _masked(act: acting.Operation) -> list[str]:
    stage = act.masked[len(act.masked_members) :]
    members = ("despite_reason" if name == "reason" else name for name in act.masked_members)
    return [*(camel(name) for name in members), *_FIELDS[act.type].masked(stage)]


def _operation_id(id_: str | None) -> strawberry.ID | None:
    return None if id_ is None else strawberry.ID(f"{OPERATION_PREFIX}{id_}")


def _end(end: acting.End, as_of: AsOf) -> dict[str, Any]:
    return {
        "id": strawberry.ID(id_text(end.node)),
        "kind": node_kind(end.node[0]),
        "quantity": end.quantity,
        "unit": end.unit,
        "units": list(end.units),
        "masked_fields": [camel(name) for name in end.masked],
        "end": end,
        "as_of": as_of,
    }


def _input(end: acting.End, as_of: AsOf) -> OperationInput:
    return OperationInput(**_end(end, as_of), is_consumed=end.is_consumed)


def _output(end: acting.End, as_of: AsOf) -> OperationOutput:
    return OperationOutput(**_end(end, as_of), recorded_fields=JSON(end.values))


def _use(used: acting.Used, zone: str | None, as_of: AsOf) -> Use:
    kind = used.node[0]
    use: Use = USE_TYPES[kind](
        id=strawberry.ID(id_text(used.node)),
        start=instant(used.start),
        start_latest=latest(used.start),
        end=instant(used.end),
        end_latest=latest(used.end),
        is_open=used.is_open,
        process=used.process,
        on=[strawberry.ID(each) for each in used.on],
        masked_fields=_USE_FIELDS[kind].masked(used.masked),
        used=used,
        linked=Linked(used.values, as_of),
        **_USE_FIELDS[kind].values(used.values, zone),
    )
    return use


def _closing(closing: acting.Closing) -> Closing:
    return Closing(
        id=closing.id,
        end=instant(closing.end),
        end_latest=latest(closing.end),
        use=None if closing.use is None else strawberry.ID(f"Equipment:{closing.use}"),
        by=None if closing.by is None else strawberry.ID(f"Person:{closing.by}"),
    )


# -- the types, derived ------------------------------------------------------------------------------------------


def _fields_of(type_: str) -> Fields:
    fields = Fields(owner=operation_class(type_), load=load_node, taken=_TAKEN)
    for declared in OPERATIONS[type_].fields.values():
        fields.add(declared, describe_stage_field(type_, declared))
    return fields


def _uses_of(kind: str) -> Fields:
    fields = Fields(owner=f"{kind}Use", load=load_node, taken=_TAKEN)
    for declared in USES[kind].fields.values():
        fields.add(declared, describe(declared))
    return fields


def _about(type_: str) -> str:
    operation = OPERATIONS[type_]
    flows = "; ".join(f"{taken} → {given}" for taken, given in operation.flows)
    return f"{operation.en} {operation.zh}. {operation.__doc__} {flows}."


_FIELDS: dict[str, Fields] = {type_: _fields_of(type_) for type_ in OPERATIONS}
OPERATION_TYPES: dict[str, Any] = {
    type_: _FIELDS[type_].type(f"{operation_class(type_)}Operation", Operation, _about(type_)) for type_ in OPERATIONS
}
_USE_FIELDS: dict[str, Fields] = {kind: _uses_of(kind) for kind in USES}
USE_TYPES: dict[str, Any] = {
    kind: _USE_FIELDS[kind].type(f"{kind}Use", Use, f"{use.en} {use.zh}. {use.__doc__}") for kind, use in USES.items()
}
