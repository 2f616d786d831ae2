"""The input of each type of operation, derived from the vocabulary, and the record that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry

from graph.errors import BadInput
from graph.vocabulary import KINDS, MEMBERS, OPERATIONS, USES, Field, items_at, member_label
from queries.ids import parse_node_id, parse_operation_id
from schema.naming import camel, describe, describe_stage_field, operation_class
from schema.vocabulary import NodeKind, listed, written_as, written_value

__all__ = ["OPERATION_INPUTS", "RequestInput", "operation_members"]

Problems = list[BadInput]
# A value that came in, its place in the record, and where to tell what is wrong with it -> the value there.
Write = Callable[[Any, str, Problems], Any]


@strawberry.input(description="How records are handed in.")
class RequestInput:
    idempotency_key: str = strawberry.field(
        description="Names this request: sent again after a lost answer, with the same key, it is applied once."
    )
    historic: bool | None = strawberry.field(
        default=False, description="Accept recorded times that are claimed. Needs the role of a data manager."
    )
    create_missing: list[NodeKind] | None = strawberry.field(
        default=None, description="Make marked stubs for what is named but missing, of these kinds."
    )
    dry_run: bool | None = strawberry.field(default=False, description="Check and tell, but record nothing.")
    on_behalf_of_reason: str | None = strawberry.field(
        default=None, description="Why the records name others than the person signed in."
    )


@dataclass(frozen=True, slots=True)
class _Member:
    attribute: str
    name: str  # in the record
    write: Write


@dataclass(slots=True)
class _Body:
    """The members of an input, as a GraphQL type is made of them."""

    members: list[_Member] = field(default_factory=list)
    annotations: dict[str, Any] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def add(
        self,
        name: str,
        annotation: Any,
        description: str,
        write: Write,
        *,
        is_required: bool = False,
        graphql_name: str | None = None,
    ) -> None:
        attribute = f"given_{name}"
        self.members.append(_Member(attribute, name, write))
        self.annotations[attribute] = annotation if is_required else annotation | None
        default: dict[str, Any] = {} if is_required else {"default": None}
        self.namespace[attribute] = strawberry.field(
            name=camel(graphql_name or name), description=description, **default
        )

    def add_field(self, declared: Field, description: str) -> None:
        self.add(
            declared.name,
            written_as(declared),
            description,
            lambda value, where, _problems: written_value(declared, value, where),
            is_required=declared.is_required,
        )

    def type(self, name: str, base: type, description: str) -> Any:
        namespace = {"__annotations__": self.annotations, "__module__": __name__, **self.namespace}
        made = strawberry.input(type(name, (base,), namespace), name=name, description=description)
        _BODIES[made] = self
        return made


_BODIES: dict[Any, _Body] = {}


def _record_of(value: Any, where: str, problems: Problems) -> dict[str, Any]:
    """The members of a record that an input says; what is left out, or wrong, is left out there too."""
    written = {}
    for member in _BODIES[type(value)].members:
        given = getattr(value, member.attribute)
        if given is not None:
            try:
                written[member.name] = member.write(given, f"{where}{member.name}", problems)
            except BadInput as error:
                problems.append(error)
    return written


def _same(value: Any, _where: str, _problems: Problems) -> Any:
    return value


def _nested(value: Any, where: str, problems: Problems) -> Any:
    return _record_of(value, f"{where}.", problems)


def _list(value: Sequence[Any], where: str, problems: Problems) -> Any:
    return [_record_of(item, f"{where}[{number}].", problems) for number, item in enumerate(value)]


def _key_of(kind: str) -> Write:
    """The key in an id that must be of this kind."""

    def write(id_: str, where: str, _problems: Problems) -> str:
        found, key = parse_node_id(id_, where)
        if found != kind:
            raise BadInput(f"{where} names a {found}.", remedy=f"Write {kind}:key.", member=where)
        return key

    return write


# -- ends and uses -----------------------------------------------------------------------------------------------

_ID = "Its id, such as CellLot:L1P1."


def _end_body(side: str) -> _Body:
    """The members of an input or output; kind and key are read from one id."""
    body = _Body()
    body.add("id", strawberry.ID, _ID, _same, is_required=True)
    for declared in MEMBERS[side].fields.values():
        if declared.name not in {"kind", "id", "data"}:
            body.add_field(declared, describe(declared))
    return body


_TAKEN = _end_body("inputs").type("EndInput", object, MEMBERS["inputs"].__doc__ or "")
_PLACE = _end_body("outputs").type("OutputInput", object, MEMBERS["outputs"].__doc__ or "")


def _end(value: Any, where: str, problems: Problems) -> dict[str, Any]:
    """An end as a record has it: with the kind, and with the fields of what is made."""
    written = _record_of(value, where, problems)
    kind, key = parse_node_id(written.pop("id"), f"{where}id")
    given = {name: written.pop(name) for name in list(written) if name in KINDS}
    if others := sorted(set(given) - {kind}):
        raise BadInput(
            f"{where}data is of a {', '.join(others)}, but the id names a {kind}.",
            remedy="Give the fields of the kind that the id names.",
            member=f"{where}data",
        )
    made = {"data": given[kind]} if kind in given else {}
    return {"kind": kind, "id": key, **written, **made}


def _ends(value: Sequence[Any], where: str, problems: Problems) -> Any:
    ends = []
    for number, item in enumerate(value):
        try:
            ends.append(_end(item, f"{where}[{number}].", problems))
        except BadInput as error:
            problems.append(error)
    return ends


def _data_of_kind(kind: str) -> Any:
    body = _Body()
    for declared in KINDS[kind].fields.values():
        body.add_field(declared, describe(declared))
    return body.type(f"{kind}DataInput", object, f"Fields of a {KINDS[kind].en.lower()} that an operation makes.")


_MADE_KINDS = sorted({kind for each in OPERATIONS.values() if each.creates for _, kind in each.flows})
_DATA = {kind: _data_of_kind(kind) for kind in _MADE_KINDS}


def _output_type(kinds: tuple[str, ...]) -> Any:
    """The outputs of an operation that makes things of these kinds, each with the fields of its kind."""
    body = _end_body("outputs")
    for kind in kinds:
        name = "data" if len(kinds) == 1 else f"{kind[:1].lower()}{kind[1:]}"
        body.add(kind, _DATA[kind], f"The fields of the {KINDS[kind].en.lower()}.", _nested, graphql_name=name)
    return body.type(f"{'Or'.join(kinds)}OutputInput", object, "What comes out.")


def _made_kinds(type_: str) -> tuple[str, ...]:
    return tuple(sorted({kind for _, kind in OPERATIONS[type_].flows})) if OPERATIONS[type_].creates else ()


_OUTPUTS = {kinds: _output_type(kinds) for kinds in sorted({_made_kinds(type_) for type_ in OPERATIONS}) if kinds}


def _use_type(kind: str) -> Any:
    data = _Body()
    for declared in USES[kind].fields.values():
        data.add_field(declared, describe(declared))
    made = data.type(f"{kind}UseDataInput", object, f"Fields of a {USES[kind].en.lower()}.")
    body = _Body()
    body.add("id", strawberry.ID, f"{kind}:key.", _key_of(kind), is_required=True)
    for declared in MEMBERS["uses"].fields.values():
        if declared.name not in {"kind", "id", "data"}:
            body.add_field(declared, describe(declared))
    body.add("data", made, "What is recorded of the use.", _nested)
    return body.type(f"{kind}UseInput", object, USES[kind].__doc__ or "")


_USES = {kind: _use_type(kind) for kind in USES}


# -- operations --------------------------------------------------------------------------------------------------

_MEMBERS = (
    "start", "end", "zone", "performing_org", "operator", "reviewer", "study", "source_document", "despite",
    "acknowledged_by", "recorded_at",
)  # fmt: skip


@strawberry.input(description="A field that a device read.")
class CapturedInput:
    field: str = strawberry.field(description="As records name it: seeding_density.")
    equipment: strawberry.ID


def _captured(value: Sequence[CapturedInput], _where: str, _problems: Problems) -> dict[str, str]:
    return {each.field: each.equipment.removeprefix("Equipment:") for each in value}


def _operation_id(value: str, _where: str, _problems: Problems) -> str:
    return parse_operation_id(value)


def _operation_type(type_: str) -> Any:
    operation, declared, body = OPERATIONS[type_], MEMBERS["operation"].fields, _Body()
    body.add("id", strawberry.ID, "Its id, new: O07, or Operation:O07.", _operation_id, is_required=True)
    for name in _MEMBERS:
        label = {"en": member_label(type_, name), "zh": member_label(type_, name, "zh")}
        body.add_field(declared[name], describe(declared[name], items=items_at(type_, name), **label))
    body.add("reason", str, describe(declared["reason"]), _same, graphql_name="despite_reason")
    body.add("captured", listed(CapturedInput), describe(declared["captured"]), _captured)
    takes = dict.fromkeys(taken for taken, _ in operation.flows)
    body.add("inputs", listed(_TAKEN), f"What goes in: {' or '.join(takes)}.", _ends, is_required=True)
    if not operation.is_reflexive:
        gives = dict.fromkeys(given for _, given in operation.flows)
        made = _OUTPUTS.get(_made_kinds(type_), _PLACE)
        about = f"What comes out, or where it leads: {' or '.join(gives)}."
        body.add("outputs", listed(made), about, _ends, is_required=operation.needs_output)
    for kind, use in USES.items():
        body.add(f"{kind.lower()}Uses", listed(_USES[kind]), f"{use.en} {use.zh}.", _list)
    body.add("data", _stage_type(type_), "Stage fields.", _nested)
    return body.type(f"{operation_class(type_)}Input", RequestInput, f"{operation.en} {operation.zh}.")


def _stage_type(type_: str) -> Any:
    body = _Body()
    for declared in OPERATIONS[type_].fields.values():
        body.add_field(declared, describe_stage_field(type_, declared))
    return body.type(f"{operation_class(type_)}DataInput", object, f"Stage fields: {OPERATIONS[type_].en}.")


OPERATION_INPUTS: dict[str, Any] = {type_: _operation_type(type_) for type_ in OPERATIONS}


def operation_members(value: Any) -> tuple[dict[str, Any], Problems]:
    """The members of the operation record that a typed input says, and all that is wrong with it."""
    problems: Problems = []
    members = _record_of(value, "", problems)
    uses = [{"kind": kind, **use} for kind in USES for use in members.pop(f"{kind.lower()}Uses", ())]
    return ({**members, "uses": uses} if uses else members), problems
