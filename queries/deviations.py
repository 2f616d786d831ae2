"""The departures that the ledger keeps. Source: specification 4 (R-08)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from graph.reader import DeviationRow, NodeId
from graph.vocabulary import KINDS
from queries.pages import Cursor, Page, check_first
from queries.privacy import View

__all__ = ["Deviation", "deviations", "deviations_of", "show_deviations"]

_TEXT_TIER = 2  # free text may name a person
_HIGHEST_TIER = 3
_TELLING = ("value", "direction", "field", "range_version")  # tell of a result as much as it does itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One departure, as far as the viewer may see it; ``masked`` names what is kept back."""

    id: str
    seq: int
    is_open: bool
    code: str
    severity: str
    message: str | None
    operation: str | None
    subject: str | None
    field: str | None
    value: str | None
    direction: str | None
    range_version: str | None
    masked: tuple[str, ...]


async def deviations(
    view: View, *, is_open: bool | None = None, first: int = 20, after: str | None = None
) -> Page[Deviation]:
    """Departures in the order of the ledger; open ones, handled ones, or all.

    Those of a donor's or subject's own tests are not listed to who may not see such results: that one is out of range
    tells the result. The page says how many they are.
    """
    check_first(first)
    head = await view.reader.head()
    cursor = Cursor.parse(after, (int, int), head_seq=head.seq) if after is not None else None
    seq = head.seq if cursor is None else cursor.seq
    place = (0, -1) if cursor is None else (int(cursor.place[0]), int(cursor.place[1]))
    tier = _listed_tier(view)
    total, rows = await view.reader.deviations(
        is_open, seq, highest_tier=tier, after=place, limit=first + 1 if first else 0
    )
    every = total
    if tier < _HIGHEST_TIER:
        every, _ = await view.reader.deviations(is_open, seq, highest_tier=_HIGHEST_TIER, after=place, limit=0)
    page = rows[:first]
    return Page(
        items=await show_deviations(view, page),
        cursors=[Cursor(seq, _place(row.id)).text() for row in page],
        total=total,
        has_next=len(rows) > first if first else total > 0,
        has_previous=cursor is not None,
        as_of_seq=seq,
        hidden_count=every - total,
    )


async def deviations_of(view: View, operations: Collection[str], up_to: int) -> dict[str, list[Deviation]]:
    """The departures of each operation, up to an entry. A fixed number of statements, however many."""
    found: dict[str, list[Deviation]] = {operation: [] for operation in operations}
    rows = await view.reader.deviations_of(operations, up_to, _listed_tier(view))
    for deviation in await show_deviations(view, rows):
        found[deviation.operation or ""].append(deviation)
    return found


async def show_deviations(view: View, rows: Sequence[DeviationRow]) -> list[Deviation]:
    """The departures in the same order, as far as the viewer may see them."""
    subjects = {row.id: node for row in rows if (node := _subject(row)) is not None}
    hidden = await view.hidden(subjects.values())
    view.show_keys("deviations", [node for node in subjects.values() if node not in hidden])
    return [_shown(view, row, subjects.get(row.id), hidden) for row in rows]


def _place(id_: str) -> tuple[int, int]:
    seq, _, number = id_.partition("-")
    return int(seq), int(number or 0)


def _subject(row: DeviationRow) -> NodeId | None:
    kind, colon, key = str(row.members.get("subject", "")).partition(":")
    return (kind, key) if colon and kind in KINDS else None


def _listed_tier(view: View) -> int:
    """Departures of values above this tier are not listed at all."""
    return max(view.tier, _TEXT_TIER)


def _shown(view: View, row: DeviationRow, subject: NodeId | None, hidden: frozenset[NodeId]) -> Deviation:
    members = row.members
    tier = members.get("tier", 0)
    tiers = {"message": max(_TEXT_TIER, tier), **dict.fromkeys(_TELLING, tier)}
    if tier > _TEXT_TIER:
        tiers["operation"] = tiers["subject"] = tier
    masked = tuple(name for name, tier in tiers.items() if tier > view.tier and members.get(name) is not None)
    if subject in hidden:
        masked = (*masked, "subject")
    shown = {name: value for name, value in members.items() if name not in masked}
    return Deviation(
        id=row.id,
        seq=row.seq,
        is_open=row.is_open,
        code=members["code"],
        severity=members["severity"],
        message=shown.get("message"),
        operation=shown.get("operation"),
        subject=view.shown_id(subject, hidden) if subject in hidden and subject is not None else shown.get("subject"),
        field=shown.get("field"),
        value=shown.get("value"),
        direction=shown.get("direction"),
        range_version=shown.get("range_version"),
        masked=masked,
    )
