"""The sheets of workbooks and separated values, derived from the vocabulary.

A sheet holds one kind of node, one type of operation, or the closings, corrections or amendments. A column's heading is
the name of the specification's item that it carries, otherwise the field's own. An item that fills several columns of a
sheet, or belongs to the list of another, is a group heading over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from exchange.workbook.columns import Column, Sheet
from graph.vocabulary import ITEMS, KINDS, LISTS, MEMBERS, OPERATIONS, USES, Field, FieldType, Item, Operation
from graph.vocabulary import normal_heading as normal
from graph.vocabulary.operations import Act

__all__ = ["sheet_named", "sheets"]

_FIRST_KINDS = ("Institution", "Study", "Person")  # where the filing items stand
_NOT_RECORDED = frozenset({"CellUnit"})  # made with their lots
_LAST_MEMBERS = ("source_document", "captured", "despite", "reason", "acknowledged_by", "recorded_at", "zone")
_PREFIX = {"reagent": "Reagent", "consumable": "Reagent", "equipment": "Equipment"}


def _consumable_items() -> frozenset[str]:
    return frozenset(item for item in USES["Reagent"].fields["amount_used"].items)


def _items(operation: str | None, member: str, kinds: Iterable[str | None]) -> tuple[Item, ...]:
    """Items with a home at this member; ``operation`` None also finds those of any operation's list on a kind."""
    wanted = set(kinds)
    return tuple(
        item
        for item in ITEMS.values()
        if not item.is_added
        and any(
            home.member == member
            and (home.kind is None or home.kind in wanted or not wanted)
            and (operation is None or home.operation in (operation, None))
            for home in item.homes
        )
    )


# -- node sheets ----------------------------------------------------------------------------------------------------


def _plain(member: str, declared: Field, *, required: bool = False, offered: bool = True, **more: object) -> Column:
    return Column(
        member=member,
        declared=declared,
        zh=declared.zh,
        en=declared.en,
        is_required=required,
        is_offered=offered,
        **more,  # type: ignore[arg-type]
    )


def _node_sheet(kind: str) -> Sheet:
    part, members = KINDS[kind], MEMBERS["node"].fields
    key = replace(_plain("id", members["id"], required=True), zh=f"{part.zh}编号", en=f"{part.en} id")
    columns = [key]
    for name, declared in part.fields.items():
        items = _items(None, f"{kind}.data.{name}", [kind])
        columns.append(_plain(f"data.{name}", declared, items=items))
    columns += [_plain(name, members[name], offered=name == "recorded_at") for name in ("recorded_at", "zone", "stub")]
    return _finished(code=kind, record="node", zh=part.zh, en=part.en, columns=columns)


# -- operation sheets -----------------------------------------------------------------------------------------------


def _operation_sheet(name: str) -> Sheet:
    operation = OPERATIONS[name]
    members = MEMBERS["operation"].fields
    columns = [_member(operation, each, members[each]) for each in ("id", "start", "end", "performing_org", "operator")]
    columns += [_member(operation, each, members[each]) for each in ("reviewer", "study")]
    columns += _end(operation, "inputs", tuple(dict.fromkeys(flow[0] for flow in operation.flows)))
    if not operation.is_reflexive:
        columns += _end(operation, "outputs", tuple(dict.fromkeys(flow[1] for flow in operation.flows)))
    for each, declared in operation.fields.items():
        items = _items(name, f"data.{each}", [])
        columns.append(_plain(f"data.{each}", declared, items=items))
    columns += _uses(operation)
    columns += [_member(operation, each, members[each]) for each in _LAST_MEMBERS]
    defaults = {}
    for block, side in (("inputs", 0), ("outputs", 1)):
        kinds = list(dict.fromkeys(flow[side] for flow in operation.flows))
        own = [kind for kind in kinds if _of_list(operation, _items(name, block, [kind]))]
        if len(kinds) == 1 or own:
            defaults[block] = (own or kinds)[0]
    return _finished(
        code=name,
        record="operation",
        zh=operation.zh,
        en=operation.en,
        columns=columns,
        default_kinds=defaults,
        list_code=operation.list_code,
    )


_REQUIRED = frozenset({"id", "start", "performing_org", "operator"})


def _member(operation: type[Operation], name: str, declared: Field) -> Column:
    items = _items(operation.name, name, [])
    return _plain(name, declared, required=name in _REQUIRED, offered=name != "zone", items=items)


def _of_list(operation: type[Operation], items: Iterable[Item]) -> list[Item]:
    return [item for item in items if operation.list_code and item.list == operation.list_code]


def _end(operation: type[Operation], side: str, kinds: Sequence[str]) -> list[Column]:
    """The columns of an input or output: its kind where there are several, its key, quantity and units, its fields."""
    part = MEMBERS[side]
    columns = []
    others = {flow[1 if side == "inputs" else 0] for flow in operation.flows}
    is_same = bool(set(kinds) & others)  # on both sides: say which is meant
    if len(kinds) > 1:
        columns.append(_prefixed(part.zh, part.en, f"{side}.kind", part.fields["kind"], kinds=tuple(kinds)))
    what_zh, what_en = (KINDS[kinds[0]].zh, KINDS[kinds[0]].en) if len(kinds) == 1 else ("", "")
    if is_same or len(kinds) > 1:
        what_zh, what_en = f"{part.zh}{what_zh}", f"{part.en} {what_en[:1].lower()}{what_en[1:]}".rstrip()
    key = Column(
        member=f"{side}.id",
        declared=part.fields["id"],
        zh=f"{what_zh}编号",
        en=f"{what_en} id",
        items=_items(operation.name, side, kinds),
        is_required=side == "inputs" or operation.needs_output,
        further=_key_names(kinds),
    )
    columns.append(key)
    if _has_amount(kinds) and (side == "inputs" or operation.creates):
        for name in ("quantity", "unit", *(("units",) if "CellLot" in kinds else ())):
            items = _items(operation.name, f"{side}.{name}", [])
            zh, en = (part.zh, part.en) if operation.creates and _has_amount(others) else ("", "")
            columns.append(_prefixed(zh, en, f"{side}.{name}", part.fields[name], items=items))
    if side == "inputs" and operation.may_consume:
        columns.append(_prefixed("", "", "inputs.consumed", part.fields["consumed"]))
    if side == "outputs" and operation.creates:
        for kind in kinds:
            for name, declared in KINDS[kind].fields.items():
                items = _items(operation.name, f"outputs.data.{name}", [kind])
                if all(column.member != f"outputs.data.{name}" for column in columns):
                    columns.append(_plain(f"outputs.data.{name}", declared, items=items))
    return columns


def _key_names(kinds: Sequence[str]) -> tuple[str, ...]:
    """What the specification calls the key of the only kind on any of its lists: 批次号 for a cell lot."""
    return tuple(
        dict.fromkeys(
            name
            for item in ITEMS.values()
            for home in item.homes
            if len(kinds) == 1 and home.kind == kinds[0] and home.member in ("inputs", "outputs") and not item.is_added
            for name in (item.zh, item.en)
        )
    )


def _has_amount(kinds: Iterable[str]) -> bool:
    return bool({"CellLot", "Tissue", "Reagent"} & set(kinds))


def _prefixed(zh: str, en: str, member: str, declared: Field, **more: object) -> Column:
    label = f"{en} {declared.en.lower()}" if en else declared.en
    return replace(_plain(member, declared, **more), zh=f"{zh}{declared.zh}", en=label)  # type: ignore[arg-type]


def _uses(operation: type[Operation]) -> list[Column]:
    """The blocks of a reagent, a consumable and a machine; one row may fill all three, each is a use of its own."""
    name = operation.name
    offered = operation.is_material or bool(operation.list_code) or operation.creates
    part = MEMBERS["uses"]
    consumable_items = _consumable_items()
    columns = []
    for block, kind in _PREFIX.items():
        use = USES[kind]
        zh, en = {"reagent": ("试剂", "Reagent"), "consumable": ("耗材", "Consumable")}.get(block, (use.zh[:2], kind))
        found = _items(name, "uses", [kind])
        if block != "equipment":
            found = tuple(item for item in found if (item.id in consumable_items) == (block == "consumable"))
        columns.append(
            Column(
                member=f"{block}.id",
                declared=part.fields["id"],
                zh=f"{zh}编号",
                en=f"{en} id",
                items=found,
                is_offered=offered,
            )
        )
        for each, declared in use.fields.items():
            is_of_consumable = bool(set(declared.items) & consumable_items)
            if block == "equipment" or is_of_consumable == (block == "consumable") or each == "container_number":
                items = tuple(item for item in _items(name, f"uses.data.{each}", [kind]))
                column = _plain(f"{block}.data.{each}", declared, items=items, offered=offered)
                columns.append(replace(column, zh=f"耗材{declared.zh}", en=f"Consumable {declared.en.lower()}")
                               if block == "consumable" and not is_of_consumable else column)  # fmt: skip
        for each in ("start", "end", "process", "on"):
            is_usual = offered and block == "equipment"
            columns.append(replace(_prefixed(zh, en, f"{block}.{each}", part.fields[each]), is_offered=is_usual))
    return columns


# -- the other records ----------------------------------------------------------------------------------------------


def _closing_sheet() -> Sheet:
    members = MEMBERS["closing"].fields
    columns = [
        replace(_plain("id", members["id"], required=True), zh="结束记录编号", en="Closing id"),
        _plain("operation", members["operation"], required=True),
        _plain("end", members["end"], required=True),
        _plain("use", members["use"]),
        _plain("by", members["by"]),
    ]
    for operation in OPERATIONS.values():
        if operation.is_lasting:
            columns += [
                _plain(f"data.{name}", declared, offered=name not in Act.fields)
                for name, declared in operation.fields.items()
                if all(column.member != f"data.{name}" for column in columns)
            ]
    use = USES["Equipment"]
    columns += [_plain(f"data.{name}", declared, offered=False) for name, declared in use.fields.items()]
    columns += [_plain(name, members[name], offered=name == "recorded_at") for name in ("recorded_at", "zone")]
    return _finished(code="closing", record="closing", zh="结束", en="Closings", columns=columns)


def _correction_sheet() -> Sheet:
    members = MEMBERS["correction"].fields
    columns = [
        replace(_plain("id", members["id"], required=True), zh="更正编号", en="Correction id"),
        _plain("operation", members["operation"], required=True),
        _plain("reason", members["reason"], required=True),
        _plain("by", members["by"]),
        _plain("replacement", members["replacement"], required=True),
    ]
    columns += [_plain(name, members[name], offered=name == "recorded_at") for name in ("recorded_at", "zone")]
    return _finished(code="correction", record="correction", zh="更正", en="Corrections", columns=columns)


def _amendment_sheet() -> Sheet:
    members = MEMBERS["amendment"].fields
    value = Field(
        type=FieldType.RESULT, en="New value", zh="新值", note="Empty: the field is removed. JSON for lists and maps."
    )
    name = Field(type=FieldType.STRING, en="Field", zh="字段", note="The column's heading on the sheet of its kind.")
    columns = [
        replace(_plain("id", members["id"], required=True), zh="修订编号", en="Amendment id"),
        _plain(
            "kind", members["kind"], required=True, kinds=tuple(kind for kind in KINDS if kind not in _NOT_RECORDED)
        ),
        _plain("id_of", members["id_of"], required=True),
        _plain("field", name, required=True),
        _plain("value", value, required=True),
        _plain("reason", members["reason"], required=True),
        _plain("by", members["by"]),
    ]
    columns += [_plain(each, members[each], offered=each == "recorded_at") for each in ("recorded_at", "zone")]
    return _finished(code="amendment", record="amendment", zh="修订", en="Amendments", columns=columns)


# -- headings and groups --------------------------------------------------------------------------------------------


def _finished(*, columns: list[Column], **members: object) -> Sheet:
    """The sheet, with items' names as headings where an item fills one column, as group headings where not."""
    own = str(members.get("list_code") or "")
    spread: dict[str, list[str]] = {}
    for column in columns:
        for item in column.items:
            spread.setdefault(item.id, []).append(column.member)
    headed: list[Column] = []
    shown: set[tuple[str, str]] = set()  # item, member: where the heading is the item's name
    for column in columns:
        single = [item for item in column.items if item.list == own and len(spread[item.id]) == 1]
        single.sort(key=lambda item: (len(item.homes), item.id))
        named = single[:1] or [item for item in column.items if item.zh == column.zh]
        if single:
            plain = (*column.further, column.zh, column.en)
            headed.append(replace(column, zh=single[0].zh, en=single[0].en, further=plain))
        else:
            headed.append(column)
        shown |= {(item.id, column.member) for item in named}
        if column.member.startswith("data.") and len(single) > 1:
            second = single[1]
            repeat = replace(column, zh=second.zh, en=second.en, items=(second,), is_repeat=True)
            headed.append(repeat)
            shown.add((second.id, column.member))
    groups = tuple(
        (ITEMS[item], tuple(members_of))
        for item, members_of in sorted(spread.items(), key=lambda entry: list(ITEMS).index(entry[0]))
        if len(members_of) > 1 or (item, members_of[0]) not in shown
    )
    return Sheet(columns=tuple(_told_apart(headed)), groups=groups, **members)  # type: ignore[arg-type]


_BLOCK_NAMES = {
    "inputs": ("输入", "Input"),
    "outputs": ("输出", "Output"),
    "reagent": ("试剂", "Reagent"),
    "consumable": ("耗材", "Consumable"),
    "equipment": ("设备", "Equipment"),
    "": ("环节", "Stage"),
}


def _told_apart(columns: list[Column]) -> Iterator[Column]:
    """The columns, with the block's name before headings that would stand twice."""

    def doubled(name: str) -> set[str]:
        headings = [normal(getattr(column, name)) for column in columns]
        return {heading for heading in headings if headings.count(heading) > 1}

    zh_twice, en_twice = doubled("zh"), doubled("en")
    for column in columns:
        zh, en = _BLOCK_NAMES[column.block]
        if normal(column.en).startswith(normal(en)):
            en = "Used"
        own = any(item.zh == column.zh for item in column.items)
        keeps = own or "." not in column.member
        yield replace(
            column,
            zh=column.zh if keeps or normal(column.zh) not in zh_twice else f"{zh}{column.zh}",
            en=column.en
            if keeps or normal(column.en) not in en_twice
            else f"{en} {column.en[:1].lower()}{column.en[1:]}",
        )


# -- all of them ----------------------------------------------------------------------------------------------------


@cache
def sheets() -> tuple[Sheet, ...]:
    """All sheets in the order of the template: filing, the specification's lists, further operations, other kinds."""
    listed = [operation for operation in OPERATIONS.values() if operation.list_code]
    listed.sort(key=lambda operation: list(LISTS).index(operation.list_code))
    further = [operation for operation in OPERATIONS.values() if not operation.list_code]
    kinds = [kind for kind in KINDS if kind not in _FIRST_KINDS and kind not in _NOT_RECORDED]
    return (
        *(_node_sheet(kind) for kind in _FIRST_KINDS),
        *(_operation_sheet(operation.name) for operation in listed),
        *(_operation_sheet(operation.name) for operation in further),
        *(_node_sheet(kind) for kind in kinds),
        _closing_sheet(),
        _correction_sheet(),
        _amendment_sheet(),
    )


@cache
def _by_name() -> dict[str, Sheet]:
    names: dict[str, Sheet] = {}
    for sheet in sheets():
        own = [sheet.code, sheet.zh, sheet.en, f"{sheet.zh} {sheet.en}"]
        if sheet.list_code:
            en, zh = LISTS[sheet.list_code]
            own += [sheet.list_code, en, zh]
        for name in own:
            names.setdefault(normal(name), sheet)
    return names


def sheet_named(title: str) -> Sheet | None:
    """The sheet that a title means: the code, or the name in either language or both."""
    return _by_name().get(normal(title))
