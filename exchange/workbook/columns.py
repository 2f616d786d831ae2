"""What a column and a sheet are: the members of a record side by side, and the names they are found by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from graph.vocabulary import KINDS, Field, FieldType, Item, Words
from graph.vocabulary import normal_heading as normal

__all__ = ["Column", "Sheet", "choices_of"]

# of a heading: a unit in brackets at its end
_UNIT = re.compile(r"\s*[(（\[]([^()（）\[\]]*)[)）\]]\s*$")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. ``member`` is its path: ``start``, ``data.site``, ``inputs.units``, ``reagent.data.amount_used``."""

    member: str
    declared: Field
    zh: str
    en: str
    items: tuple[Item, ...] = ()  # that stand here, whether or not the heading is theirs
    is_required: bool = False  # the sheet is refused without this column
    is_offered: bool = True  # stands in the template
    kinds: tuple[str, ...] = ()  # for a kind: which it may be
    is_repeat: bool = False  # the specification lists it a second time; must agree with the first
    further: tuple[str, ...] = ()  # names that mean it where no other column has them

    def bracketed(self, heading: str) -> str | None:
        """What stands in brackets at the end of a heading of this column, such as a unit; None where nothing does."""
        found = _UNIT.search(heading)
        return None if found is None or heading.strip() in (self.zh, self.en) else found[1].strip()

    @property
    def block(self) -> str:
        """``inputs``, ``outputs``, ``reagent``, ``consumable``, ``equipment``; empty for the record's own members."""
        head, dot, _ = self.member.partition(".")
        return head if dot and head != "data" else ""

    @property
    def path(self) -> str:
        """The member within its block."""
        return self.member.partition(".")[2] if self.block else self.member


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet. ``code`` is the type, the kind, or ``closing``, ``correction``, ``amendment``."""

    code: str
    record: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[Item, tuple[str, ...]], ...] = ()  # item -> members of the columns below its name
    default_kinds: dict[str, str] = field(default_factory=dict)  # block -> kind where none is said
    list_code: str = ""

    def find(self, heading: str) -> list[Column]:
        """The columns that a heading may mean; more than one is ambiguous, none unknown.

        An item's name alone means the first column that carries it; a unit in brackets after a name is passed over.
        """
        for text in (heading, _UNIT.sub("", heading)):
            wanted = normal(text)
            for names in self._names:
                if wanted in names:
                    return names[wanted]
        return []

    @cached_property
    def _names(self) -> tuple[dict[str, list[Column]], ...]:
        """Names of the columns, the surest first: headings and paths; aliases and names of fields; groups."""
        surest: dict[str, list[Column]] = {}
        further: dict[str, list[Column]] = {}
        for column in self.columns:
            sure = {column.zh, column.en}
            if not column.is_repeat:
                sure |= {column.member, f"{column.zh} {column.en}", f"{column.en} {column.zh}"}
                names = {*column.declared.aliases, *column.further, column.path.removeprefix("data.")}
                if not column.block:
                    names |= {column.declared.zh, column.declared.en}
                for name in {normal(name) for name in names}:
                    further.setdefault(name, []).append(column)
            for name in {normal(name) for name in sure}:
                surest.setdefault(name, []).append(column)
        groups: dict[str, list[Column]] = {}
        for item, members in self.groups:
            first = next(column for column in self.columns if column.member == members[0])
            for name in (item.zh, item.en):
                groups.setdefault(normal(name), [first])
        return surest, further, groups


def choices_of(column: Column) -> Words | None:
    """The words offered for a column, with their labels; None where it is no choice."""
    if column.kinds:
        return Words({kind: (KINDS[kind].en, KINDS[kind].zh) for kind in column.kinds})
    if column.declared.type is FieldType.BOOLEAN:
        return Words({"true": ("yes", "是"), "false": ("no", "否")})
    return column.declared.choices or None
