"""Which column of a table is which member: by headings in either language, by aliases, or by a mapping."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from exchange.workbook.columns import Column, Sheet
from exchange.workbook.plans import sheet_named, sheets
from graph.errors import Place, Violation
from graph.saying import said
from graph.vocabulary import FieldType
from graph.vocabulary import normal_heading as normal

__all__ = ["IGNORED", "Renaming", "missing_headings", "resolve_headings", "sheet_for", "unknown_sheet"]

At = Callable[[int], Place]


@dataclass(frozen=True, kw_only=True)
class Renaming:
    """What a mapping file says: own headings and sheet titles -> the members and sheets that they mean.

    ``headings`` holds (sheet title or empty for all, heading) -> member, heading or path; empty: leave the column out.
    ``sheets``: title -> sheet; empty: leave the sheet out.
    """

    headings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)

    def heading(self, title: str, heading: str) -> str | None:
        for sheet in (normal(title), ""):
            if (found := self.headings.get((sheet, normal(heading)))) is not None:
                return found
        return None

    def is_left_out(self, title: str) -> bool:
        """Whether the sheet of this title is not to be read."""
        return self.sheets.get(normal(title)) == ""


def sheet_for(title: str, renaming: Renaming) -> Sheet | None:
    """The sheet that a title means."""
    return sheet_named(renaming.sheets.get(normal(title), title))


def unknown_sheet(title: str, place: Place) -> Violation:
    names = {name: name for sheet in sheets() for name in (sheet.zh, sheet.en, sheet.code)}
    close = difflib.get_close_matches(title, names, n=1, cutoff=0.5)
    hint = said("Did you mean {nearest}?", nearest=close[0]) if close else said("Name it as in the template.")
    return Violation(
        code="unknown_sheet",
        message=said("Nothing is known by the name {title}.", title=repr(title[:60])),
        remedy=said("{hint} A mapping file (--map) can say what it is; an empty sheet is passed over.", hint=hint),
        place=place,
    )


def resolve_headings(
    sheet: Sheet, title: str, texts: Sequence[str], at: At, renaming: Renaming
) -> tuple[dict[int, Column], list[Violation]]:
    """Position -> column for the filled headings, and what is wrong with them: unknown, doubled, missing."""
    columns: dict[int, Column] = {}
    taken: dict[tuple[str, bool], int] = {}
    problems: list[Violation] = []
    for position, text in enumerate(texts):
        if not text:
            continue
        wanted = renaming.heading(title, text)
        if wanted == "":
            columns[position] = IGNORED
            continue
        found = sheet.find(wanted or text)
        if len(found) != 1:
            problems.append(_unclear(sheet, wanted or text, found, at(position)))
            columns[position] = IGNORED
            continue
        column = found[0]
        if (column.member, column.is_repeat) in taken:
            column = _second(sheet, column) or column
        key = (column.member, column.is_repeat)
        if key in taken:
            first = at(taken[key])
            problems.append(
                Violation(
                    code="doubled_heading",
                    message=said(
                        "The heading {text} stands twice, also at {cell}.",
                        text=repr(text[:60]),
                        cell=first.cell or said("column {column}", column=taken[key] + 1),
                    ),
                    remedy=said("Keep one of the two columns."),
                    member=column.member,
                    place=at(position),
                )
            )
            columns[position] = IGNORED
            continue
        taken[key] = position
        columns[position] = column
        if not wanted and (unit := column.bracketed(text)) is not None and not _is_unit_of(column, unit):
            problems.append(_other_unit(sheet, column, text, at(position)))
    return columns, problems


_NUMBERS: Final = frozenset(
    {FieldType.INTEGER, FieldType.NUMBER, FieldType.DURATION, FieldType.RANGE, FieldType.SERIES}
)
_NOTES: Final = frozenset({"必填", "选填", "可选", "如有", "如适用", "required", "optional", "if any"})
_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "°C": ("℃", "C", "摄氏度"),
    "%": ("％", "percent", "百分比"),
    "min": ("分钟", "分", "minutes"),
    "cells": ("细胞", "个", "个细胞"),
    "cells/cm²": ("cells/cm2", "个/cm²", "个/cm2", "个/平方厘米"),
    "mL": ("ml", "毫升"),
    "g": ("克",),
    "vial": ("支", "vials"),
    "piece": ("件", "个", "pieces"),
    "P": ("代",),
    "CNY": ("元", "人民币", "RMB", "¥"),
}


def _is_unit_of(column: Column, text: str) -> bool:
    """Whether what stands in brackets after a heading can be passed over: a word of its own, or the column's unit."""
    if column.declared.type not in _NUMBERS or text.casefold() in _NOTES:
        return True
    unit = column.declared.unit
    return unit is not None and text.casefold() in {each.casefold() for each in (unit, *_SPELLINGS.get(unit, ()))}


def _other_unit(sheet: Sheet, column: Column, text: str, place: Place) -> Violation:
    unit = column.declared.unit
    beside = next((each for each in sheet.columns if each.path.endswith(f".{column.declared.unit_field}")), None)
    remedy = (
        said("Give numbers in {measure} and write the heading without brackets.", measure=unit)
        if unit
        else said("Write it without brackets.")
    )
    if beside is not None:
        heading = f"{beside.zh} / {beside.en}"
        remedy = said("{remedy} The unit may be named in the column {heading}.", remedy=remedy, heading=heading)
    return Violation(
        code="unit_in_heading",
        message=said(
            "The heading {text} names a unit that {heading} does not have.",
            text=repr(text[:60]),
            heading=f"{column.zh} / {column.en}",
        ),
        remedy=remedy,
        member=column.member,
        place=place,
    )


def missing_headings(
    sheet: Sheet, columns: Iterable[Column], place: Place, *, given: frozenset[str] = frozenset()
) -> list[Violation]:
    """The columns that cannot be left out and are not there. ``given``: members said elsewhere for all rows."""
    there = {column.member for column in columns} | given
    return [
        Violation(
            code="missing_heading",
            message=said("The column {heading} is missing.", heading=f"{column.zh} / {column.en}"),
            remedy=said("Add the heading, as in the template; a mapping file (--map) can say which of yours it is."),
            member=column.member,
            place=place,
        )
        for column in sheet.columns
        if column.is_required and column.member not in there
    ]


def _second(sheet: Sheet, column: Column) -> Column | None:
    """The same column as the specification lists it a second time."""
    return next((other for other in sheet.columns if other.is_repeat and other.member == column.member), None)


def _unclear(sheet: Sheet, text: str, found: Sequence[Column], place: Place) -> Violation:
    if found:
        remedy = said("Write {found}.", found=" or ".join(f"{column.zh} / {column.en}" for column in found))
        return Violation(
            code="ambiguous_heading",
            message=said("The heading {text} may mean two columns.", text=repr(text[:60])),
            remedy=remedy,
            place=place,
        )
    names = [name for column in sheet.columns for name in (column.zh, column.en)]
    close = difflib.get_close_matches(text, names, n=1, cutoff=0.5)
    remedy = said("Did you mean {nearest}?", nearest=close[0]) if close else said("Write it as in the template.")
    return Violation(
        code="unknown_heading",
        message=said("{heading} has no column {text}.", heading=f"{sheet.zh} / {sheet.en}", text=repr(text[:60])),
        remedy=said("{remedy} A mapping file (--map) can rename it, or leave it out.", remedy=remedy),
        place=place,
    )


IGNORED = Column(member="", declared=sheets()[0].columns[0].declared, zh="", en="", is_offered=False)
"""Stands for a column that is not read: left out by the mapping, or refused already."""
