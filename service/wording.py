"""Words that pages choose by a value: roles, departures, directions, the pages' own names."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from graph.viewer import Role
from graph.vocabulary import FORBIDDEN_CODES, KINDS, MEMBERS, OPERATIONS, USES, Field, Part
from service.texts import Texts
from visualize.words import name_in

__all__ = [
    "deviation_label",
    "direction_label",
    "field_label",
    "field_unit",
    "navigation",
    "range_label",
    "role_labels",
]

_LASTING: Final = "end"  # where a departure says that an operation lasted too long: only transports have such a range
# As the rules write the versions of ranges that have no record.
_REQUIRED: Final = re.compile(r"required_transport_temperature of (.+)")
_DEFAULT: Final = re.compile(r"default (\S+) (v\d+)")


def navigation(say: Texts, *, may_import: bool) -> list[tuple[str, str]]:
    """The pages that are always at hand: address and name."""
    pages = [
        ("/", say("Home")),
        ("/view/search", say("Find")),
        ("/view/trace", say("Trace")),
        ("/view/impact", say("Impact")),
        ("/view/deviations", say("Deviations")),
        ("/view/coverage", say("Coverage")),
        ("/view/import", say("Import")),
        ("/view/ledger", say("Ledger")),
        ("/view/graphql", "GraphQL"),
    ]
    return [page for page in pages if may_import or page[0] != "/view/import"]


def role_labels(say: Texts) -> dict[Role, str]:
    return {
        Role.VIEWER: say("viewer"),
        Role.OPERATOR: say("operator"),
        Role.REVIEWER: say("reviewer"),
        Role.INVESTIGATOR: say("investigator"),
        Role.SAFETY_OFFICER: say("safety officer"),
        Role.ANALYST: say("analyst"),
        Role.DATA_MANAGER: say("data manager"),
        Role.AUDITOR: say("auditor"),
        Role.ADMINISTRATOR: say("administrator"),
        Role.OWNER: say("owner"),
    }


def deviation_label(say: Texts, code: str) -> str:
    """What a departure is called; the code itself where it has no name."""
    own = {
        "out_of_range": say("Outside the range"),
        "inventory_gap": say("Missing at the inventory"),
        "inventory_surplus": say("Found where it should not be"),
        "run_across_decontamination": say("Run went on across a decontamination"),
    }
    return own.get(code) or FORBIDDEN_CODES.label(code, say.language)


@cache
def _fields() -> dict[str, Field]:
    """Every field that may depart from a range, by its name."""
    parts: list[type[Part]] = [*KINDS.values(), *USES.values(), *OPERATIONS.values(), MEMBERS["operation"]]
    return {name: declared for part in reversed(parts) for name, declared in part.fields.items()}


def field_label(say: Texts, member: str) -> str:
    """What a member of a record is called: ``data.arrival_temperature``; itself where it has no name."""
    if member == _LASTING:
        return say("Duration of the transport")
    declared = _fields().get(member.rpartition(".")[2])
    return member if declared is None else name_in(declared, say.language)


def field_unit(member: str | None) -> str:
    """The unit of a member whose unit is fixed, after a space; otherwise nothing."""
    if member == _LASTING:
        return " h"
    declared = _fields().get((member or "").rpartition(".")[2])
    is_fixed = declared is not None and declared.unit and declared.unit_field is None
    return f" {declared.unit}" if declared is not None and is_fixed else ""


def range_label(say: Texts, version: str) -> str:
    """What the version of a range is called: a default, what its own operation requires, or a record of its own."""
    if found := _REQUIRED.fullmatch(version):
        return say("what %(operation)s requires of its transport", operation=found[1])
    if found := _DEFAULT.fullmatch(version):
        return say("default %(name)s %(version)s", name=found[1], version=found[2])
    return version


def direction_label(say: Texts, direction: str) -> str:
    """On which side of its range a value lies."""
    known = {"below": say("below"), "above": say("above"), "not within": say("not among the expected")}
    return known.get(direction, direction)
