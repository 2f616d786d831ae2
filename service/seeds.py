"""Seeds of an impact as people type them: ``Equipment:INC-2@2025-03-08/2025-04-15``, ``CellUnit:WCB1#11-20``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from graph.errors import BadInput
from graph.index.hazards import Seed
from graph.reader import NodeId, id_text
from graph.records import BadValue, expand_units
from graph.saying import said
from graph.times import BadTime, Moment, parse_moment, render
from queries.ids import parse_node_id

__all__ = ["SeedAsked", "has_offset", "joined_seed", "seeds_of", "split_seed"]

# What follows the last @ is a window. So a seed whose key holds an @ ends in another, or in a window.
_WINDOW: Final = re.compile(r"(\d{4}-[^/]*)?(?:/(\d{4}-[^/]*))?")


@dataclass(frozen=True, kw_only=True)
class SeedAsked:
    """What is wrong, and over which time: [since, until), each the earliest instant that was written."""

    node: NodeId
    since: Moment | None = None
    until: Moment | None = None

    def seed(self) -> Seed:
        return Seed(
            node=self.node,
            from_ms=None if self.since is None else self.since.earliest_ms,
            until_ms=None if self.until is None else self.until.earliest_ms,
        )

    def as_input(self) -> dict[str, str]:
        """As GraphQL's ``HazardSeed`` has it."""
        bounds = {"from": self.since, "until": self.until}
        return {"id": id_text(self.node)} | {name: _rendered(bound) for name, bound in bounds.items() if bound}


def _rendered(moment: Moment) -> str:
    return render(moment.earliest_ms, moment.offset_minutes)


def seeds_of(text: str, *, zone: str | None, member: str, remedy: str = "") -> list[SeedAsked]:
    """One seed, or one for each unit of a range. A day is its first midnight, in ``zone`` where it has no offset.

    Raises BadInput for what is no id, and for a time that is none or has neither offset nor zone; ``remedy`` says what
    to do then.
    """
    name, since, until = split_seed(text)
    example = remedy or said("Write Equipment:INC-2@2025-03-08T00:00:00+08:00/2025-04-15T00:00:00+08:00.")
    if not (since or until):
        _check_has_none(text, member)
    bounds = [_moment(bound, zone, member, example) for bound in (since, until)]
    return [SeedAsked(node=node, since=bounds[0], until=bounds[1]) for node in _nodes(name, member)]


def split_seed(text: str) -> tuple[str, str, str]:
    """Its id, and what is written of its from and until: empty where nothing is. What is no window is left with the id."""
    name, at, tail = text.rpartition("@")
    window = _WINDOW.fullmatch(tail)
    return (name, window[1] or "", window[2] or "") if at and window else (text, "", "")


def has_offset(time: str) -> bool:
    """Whether a time says in which zone it is."""
    try:
        parse_moment(time)
    except BadTime:
        return False
    return True


def joined_seed(name: str, since: str, until: str) -> str:
    """A seed in one text."""
    window = f"{since}{f'/{until}' if until else ''}"
    return f"{name}@{window}" if window or "@" in name else name


def _check_has_none(text: str, member: str) -> None:
    """Raises BadInput for a window that was begun and is none."""
    name, at, tail = text.rpartition("@")
    if not at or (not tail and "@" in name):
        return
    if not tail:
        raise BadInput(
            said("{member}: nothing follows the @.", member=member),
            remedy=said("Leave it out for always, or write a window: {name}@2025-03-08/2025-04-15.", name=name),
            member=member,
        )
    raise BadInput(
        said("{member}: {tail} is no window of time.", member=member, tail=repr(tail)),
        remedy=said(
            "Write {name}@2025-03-08, {name}@2025-03-08/2025-04-15 or {name}@/2025-04-15; where the @ "
            "belongs to the key, add another at the end: {text}@.",
            name=name,
            text=text,
        ),
        member=member,
    )


def _nodes(name: str, member: str) -> list[NodeId]:
    kind, key = parse_node_id(name, member)
    if kind != "CellUnit" or "#" not in key:
        return [(kind, key)]
    try:
        return [("CellUnit", unit) for unit in expand_units([key], key.partition("#")[0])]
    except BadValue as error:
        raise BadInput(
            said("{text} {problem}.", text=repr(name), problem=error.problem),
            remedy=said("Write CellUnit:WCB1#11-20."),
            member=member,
        ) from error


def _moment(text: str, zone: str | None, member: str, remedy: str) -> Moment | None:
    if not text:
        return None
    try:
        return parse_moment(text, zone)
    except BadTime as error:
        raise BadInput(
            said("{member}: {problem}.", member=member, problem=error.args[0]), remedy=remedy, member=member
        ) from None
