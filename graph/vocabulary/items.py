"""The information items that the specification asks for, and where each stands in a record.

The fields and operations say which items they carry; this turns it round. Items ``ADD-…`` are what the
specification lacks and no chain holds without.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.vocabulary.base import Field, Operation, Part
from graph.vocabulary.item_names import NAMES
from graph.vocabulary.kinds import KINDS
from graph.vocabulary.members import MEMBERS, OperationMembers
from graph.vocabulary.operations import OPERATIONS, Act
from graph.vocabulary.preparation import Material
from graph.vocabulary.uses import USES

__all__ = ["ITEMS", "LISTS", "Home", "Item", "items_at", "member_label"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where one item stands.

    ``part`` declares the field ``field``; ``member`` is the path in a record (``data.seeding_density``, ``start``,
    ``inputs.quantity``, ``outputs.data.cell_id``, ``uses.data.container_number``, ``CellLot.data.cell_type``).
    ``kind``: of the node at that member. ``operation``: the type of the operation; None for any, or for a node alone.
    """

    part: type[Part]
    member: str
    field: str
    kind: str | None = None
    operation: str | None = None

    @property
    def declared(self) -> Field:
        return self.part.fields[self.field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One information item: its list, its name in the source, and its homes (at least one)."""

    id: str
    list: str
    zh: str
    en: str
    homes: tuple[Home, ...]

    @property
    def is_added(self) -> bool:
        """True where the specification lacks it."""
        return self.list == "ADD"


# code of the list -> (English, Chinese)
LISTS: dict[str, tuple[str, str]] = {code: (en, zh) for code, en, zh in NAMES}
_BY_LIST: dict[str, type[Operation]] = {
    operation.list_code: operation for operation in OPERATIONS.values() if operation.list_code
}


def _operation_of(item: str) -> type[Operation] | None:
    return _BY_LIST.get(item.partition("-")[0])


def _on_kinds() -> list[tuple[str, Home]]:
    found = []
    for kind, part in KINDS.items():
        for name, declared in part.fields.items():
            for item in declared.items:
                operation = _operation_of(item)
                is_made = operation is not None and operation.creates and kind in {to for _, to in operation.flows}
                member = f"outputs.data.{name}" if is_made else f"{kind}.data.{name}"
                code = operation.name if operation else None
                found.append((item, Home(part=part, member=member, field=name, kind=kind, operation=code)))
    return found


def _on_uses() -> list[tuple[str, Home]]:
    found = []
    for kind, use in USES.items():
        for name, declared in use.fields.items():
            for item in declared.items:
                operation = _operation_of(item)
                code = operation.name if operation else None
                found.append((item, Home(part=use, member=f"uses.data.{name}", field=name, kind=kind, operation=code)))
    return found


def _member(operation: type[Operation], path: str) -> Home:
    """``inputs:Donor``, ``inputs.quantity``, ``data.operation_location`` or ``start`` of one type of operation."""
    member, _, kind = path.partition(":")
    side, _, name = member.partition(".")
    part: type[Part] = OperationMembers if not name else operation if side == "data" else MEMBERS[side]
    return Home(part=part, member=member, field=name or side, kind=kind or None, operation=operation.name)


def _on_operations() -> list[tuple[str, Home]]:
    found = []
    for name, declared in Act.fields.items():
        found += [
            (item, Home(part=Act, member=f"data.{name}", field=name)) for item in declared.items if item[:3] == "ADD"
        ]
    for operation in OPERATIONS.values():
        for name, declared in operation.fields.items():
            is_shared = name in Act.fields or name in Material.fields
            for item in declared.items:
                # what several types record is the item of that type whose list names it
                if not is_shared or _operation_of(item) is operation:
                    home = Home(part=operation, member=f"data.{name}", field=name, operation=operation.name)
                    found.append((item, home))
        for path, items in operation.carries.items():
            found += [(item, _member(operation, path)) for item in items]
    return found


def _on_members() -> list[tuple[str, Home]]:
    return [
        (item, Home(part=MEMBERS[side], member=name if side == "operation" else f"{side}.{name}", field=name))
        for side in ("operation", "inputs", "outputs", "uses")
        for name, declared in MEMBERS[side].fields.items()
        for item in declared.items
    ]


def _items() -> dict[str, Item]:
    homes: dict[str, list[Home]] = {}
    for item, home in [*_on_operations(), *_on_uses(), *_on_kinds(), *_on_members()]:
        homes.setdefault(item, []).append(home)
    return {
        code: Item(id=code, list=part, zh=zh, en=en, homes=tuple(homes.get(code, ())))
        for (part, _, _), names in NAMES.items()
        for number, (zh, en) in enumerate(names, 1)
        for code in [f"{part}-{number:02d}"]
    }


ITEMS: dict[str, Item] = _items()

_AT: dict[tuple[str | None, str, str | None], tuple[Item, ...]] = {}
for _item in ITEMS.values():
    for _home in _item.homes:
        _key = (_home.operation, _home.member, _home.kind)
        if _item not in _AT.get(_key, ()):
            _AT[_key] = (*_AT.get(_key, ()), _item)


def items_at(operation: str | None, member: str, kind: str | None = None) -> tuple[Item, ...]:
    """The items that stand at one member of one type of operation, in the order of the lists; may be empty.

    ``member`` and ``kind`` as in ``Home``. ``operation`` None: what any operation has, or a node alone.
    """
    return _AT.get((operation, member, kind), ())


def member_label(operation: str, member: str, language: str = "en", kind: str | None = None) -> str:
    """The heading of one member in one type of operation: the name of its item there, otherwise the field's own."""
    of_its_list = [item for item in items_at(operation, member, kind) if item.list == OPERATIONS[operation].list_code]
    if of_its_list:
        return of_its_list[0].zh if language == "zh" else of_its_list[0].en
    declared = _member(OPERATIONS[operation], member).declared
    return declared.zh if language == "zh" else declared.en
