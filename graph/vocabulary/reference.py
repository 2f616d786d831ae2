"""The reference page of the vocabulary: everything that can be recorded, from the declarations themselves.

``python -m graph.vocabulary.reference docs/vocabulary.md`` writes it; with ``--check`` it compares and exits 1 where
the file is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graph.vocabulary.base import Field, FieldType, Operation, Part, Words
from graph.vocabulary.items import ITEMS, LISTS, Item
from graph.vocabulary.kinds import KINDS, kind_code
from graph.vocabulary.members import MEMBERS
from graph.vocabulary.operations import OPERATIONS, Act
from graph.vocabulary.preparation import CoolingStep, Material
from graph.vocabulary.ranges import DEFAULT_RANGES, ReferenceRangeDefault
from graph.vocabulary.uses import USES, EquipmentParameters
from graph.vocabulary.words import CHANNELS, DISPOSITIONS, FORBIDDEN_CODES, HAZARDS, UNITS

__all__ = ["main", "reference_page"]

_INTRODUCTION = """\
# Vocabulary

Everything that can be recorded, with the words that stand in a record. This page is generated; edit
`graph/vocabulary` instead.

**Tier** is the privacy tier: 0 operational, 1 internal (staff, commercial), 2 pseudonymous personal, 3 identifying,
health or genetic. It rises by rule: what TESTED found on a donor or subject, and results of genetic items (HLA, STR,
karyotype), are 3; ids of autologous lots are 2; free text is at least 2.
**Items** are the information items of the specification, and those added (`ADD-…`) because no chain holds without them.
Choices are open, with the usual words offered, unless marked closed. Every item may be missing: that is
incompleteness, not an error.
"""


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heading) + " |"
    yield "|" + "---|" * len(heading)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _shape(field: Field) -> str:
    shape = {
        FieldType.REF: f"{field.ref} key",
        FieldType.LINK: f"text or {field.ref} key",
        FieldType.RESULT: "number or text",
        FieldType.SERIES: "number, series or summary",
        FieldType.DURATION: "number",
    }.get(field.type, field.type.value)
    if field.type is FieldType.CHOICE:
        shape = "closed choice" if field.closed else "choice"
    return f"list: {shape}" if field.many else shape


def _remarks(field: Field) -> str:
    remarks = []
    if field.is_required:
        remarks.append("Required.")
    if field.choices:
        remarks.append(", ".join(f"`{word}`" for word in field.choices) + ".")
    if field.unit_field:
        remarks.append(f"Unit in `{field.unit_field}`.")
    if field.low is not None or field.high is not None:
        low = "" if field.low is None else f"{field.low:g}"
        high = "" if field.high is None else f"{field.high:g}"
        remarks.append(
            f"Between {low} and {high}." if low and high else f"At least {low}." if low else f"At most {high}."
        )
    if field.note:
        remarks.append(field.note)
    if field.source:
        remarks.append(f"Source: {field.source}.")
    return " ".join(remarks)


def _fields(part: type[Part], names: Iterable[str] | None = None) -> Iterator[str]:
    chosen = part.fields if names is None else {name: part.fields[name] for name in names}
    if not chosen:
        yield "No fields of its own."
        yield ""
        return
    yield from _table(
        ("Member", "English", "Chinese", "Shape", "Unit", "Tier", "Items", "Remarks"),
        (
            (
                f"`{name}`",
                field.en,
                " / ".join((field.zh, *field.aliases)),
                _shape(field),
                field.unit or "",
                str(field.tier),
                ", ".join(field.items),
                _remarks(field),
            )
            for name, field in chosen.items()
        ),
    )


def _first_line(part: type) -> str:
    return (part.__doc__ or "").strip().split("\n\n")[0]


def _own(operation: type[Operation]) -> list[str]:
    """What one type has beyond what all, or all material ones, have."""
    return [name for name in operation.fields if name not in Act.fields and name not in Material.fields]


def _traits(operation: type[Operation]) -> str:
    traits = ["; ".join(f"{taken} → {given}" for taken, given in operation.flows) + "."]
    if operation.is_material:
        traits.append("Material: its edges carry the lineage.")
    if operation.creates:
        traits.append("Its outputs come into being with it.")
    if operation.is_lasting:
        traits.append("It lasts until its end, or a closing.")
    if operation.is_reflexive:
        traits.append("From a thing to itself.")
    if operation.is_from_output:
        traits.append("Its edges are written from the position to what leaves.")
    if operation.is_material and operation.draws:
        traits.append(f"Takes what is {', '.join(operation.draws)}, in that order from a counted lot.")
    if operation.becomes:
        of_what = "What it consumes becomes" if operation.may_consume else "What it takes becomes"
        at_end = f", at its end {operation.becomes_at_end}" if operation.becomes_at_end else ""
        traits.append(f"{of_what} {operation.becomes}{at_end}.")
    return " ".join(traits)


def _operations() -> Iterator[str]:
    yield "## Operations"
    yield ""
    yield "### Any operation"
    yield ""
    yield from _fields(Act)
    yield "### Any operation that makes material"
    yield ""
    yield from _fields(Material, [name for name in Material.fields if name not in Act.fields])
    for name, operation in OPERATIONS.items():
        listed = f", list {operation.list_code}" if operation.list_code else ""
        yield f"### {name} ({operation.en}, {operation.zh}{listed})"
        yield ""
        yield _first_line(operation)
        yield ""
        yield _traits(operation)
        yield ""
        if operation.carries:
            carried = (f"{', '.join(items)} in `{member}`" for member, items in operation.carries.items())
            yield f"Items at common members: {'; '.join(carried)}."
            yield ""
        yield from _fields(operation, _own(operation))


def _kinds() -> Iterator[str]:
    yield "## Kinds of node"
    yield ""
    for name, kind in KINDS.items():
        yield f"### {name} ({kind.en}, {kind.zh})"
        yield ""
        yield f"{_first_line(kind)} In GraphQL `{kind_code(name)}`; its id is of tier {kind.tier}."
        yield ""
        yield from _fields(kind)


def _words(title: str, words: Words) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield from _table(("Word", "English", "Chinese"), ((f"`{word}`", *words.labels[word]) for word in words))


def _homes(item: Item) -> str:
    places: dict[str, None] = {}
    for home in item.homes:
        of_kind = f" ({home.kind})" if home.kind and home.kind not in home.member else ""
        before = f"{home.operation} " if home.operation else ""
        places[f"{before}`{home.member}`{of_kind}"] = None
    return "; ".join(places)


def _items() -> Iterator[str]:
    yield "## Information items"
    yield ""
    for code, (en, zh) in LISTS.items():
        yield f"### {code}: {en} {zh}"
        yield ""
        chosen = [item for item in ITEMS.values() if item.list == code]
        yield from _table(
            ("Item", "Chinese", "English", "Stands in"), ((item.id, item.zh, item.en, _homes(item)) for item in chosen)
        )


def _limits(low: float | None, high: float | None, *, is_high_excluded: bool = False) -> str:
    below = "<" if is_high_excluded else "≤"
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"≥ {low:g}" if low is not None else f"{below} {high:g}" if high is not None else ""


def _where(row: ReferenceRangeDefault) -> str:
    narrowed = [
        *row.operations, *row.input_kinds, *row.equipment_classes, *row.reagent_words, *row.stages,
        *row.tissue_types, *(f"not {tissue}" for tissue in row.not_tissue_types), *row.methods,
    ]  # fmt: skip
    if row.beside:
        narrowed.append(f"{row.beside} ≥ {row.beside_low:g}")
    return ", ".join(narrowed)


def _ranges() -> Iterator[str]:
    yield "## Default reference ranges"
    yield ""
    yield "A ReferenceRange record overrides the default of the same field and test item. Outside the range a value is"
    yield "marked; outside the allowed limits, or another word than an expected one, is a major deviation."
    yield ""
    yield from _table(
        ("Name", "Of", "Range", "Allowed", "Unit", "Where", "Reason"),
        (
            (
                row.name,
                f"`{row.field}`" + (f" of {row.item}" if row.item else ""),
                _limits(row.low, row.high, is_high_excluded=row.is_high_excluded) or ", ".join(row.expected),
                _limits(row.allowed_low, row.allowed_high, is_high_excluded=row.is_high_excluded),
                row.unit or "",
                _where(row),
                row.reason,
            )
            for row in DEFAULT_RANGES
        ),
    )


def reference_page() -> str:
    """The whole page as Markdown; the same for the same vocabulary."""
    lines = [_INTRODUCTION]
    lines += ["## Members of records", ""]
    for name, members in MEMBERS.items():
        lines += [f"### {name}", "", _first_line(members), "", *_fields(members)]
    lines += [*_operations(), "## Uses", ""]
    for use in USES.values():
        lines += [f"### {use.kind} ({use.edge})", "", _first_line(use), "", *_fields(use)]
    for keys, member in ((EquipmentParameters, "equipment_parameters"), (CoolingStep, "cooling_program")):
        lines += [f"### Names known in `{member}`", "", _first_line(keys), "", *_fields(keys)]
    lines += [*_kinds(), "## Words", ""]
    for title, words in (
        ("Dispositions", DISPOSITIONS),
        ("What is forbidden", FORBIDDEN_CODES),
        ("Hazards", HAZARDS),
        ("Channels", CHANNELS),
        ("Units of quantity", UNITS),
    ):
        lines += _words(title, words)
    lines += [*_ranges(), *_items()]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page to FILE, or compare it with ``--check``: 0 done or the same, 1 out of date."""
    parser = argparse.ArgumentParser(prog="python -m graph.vocabulary.reference", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    chosen = parser.parse_args(arguments)
    page = reference_page()
    if not chosen.check:
        chosen.file.write_text(page, encoding="utf-8")
        return 0
    if chosen.file.exists() and chosen.file.read_text(encoding="utf-8") == page:
        return 0
    print(f"{chosen.file} is out of date: run python -m graph.vocabulary.reference {chosen.file}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
