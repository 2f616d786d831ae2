"""Words that pages choose by a value: roles, departures, directions, the pages' own names."""

from __future__ import annotations

from graph.viewer import Role
from graph.vocabulary import FORBIDDEN_CODES
from service.texts import Texts

__all__ = ["deviation_label", "direction_label", "navigation", "role_labels"]


def navigation(say: Texts, *, may_import: bool) -> list[tuple[str, str]]:
    """The pages that are always at hand: address and name."""
    pages = [
        ("/", say("Start")),
        ("/view/search", say("Find")),
        ("/view/trace", say("Trace")),
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


def direction_label(say: Texts, direction: str) -> str:
    """On which side of its range a value lies."""
    known = {"below": say("below"), "above": say("above"), "not within": say("not among the expected")}
    return known.get(direction, direction)
