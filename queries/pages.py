"""Pages of an answer. A cursor names the ledger position of the answer it belongs to, so that pages agree."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

import orjson

from graph.errors import BadInput
from graph.saying import said

__all__ = ["LARGEST_PAGE", "Cursor", "Page", "check_first", "mark_of", "page_of"]

LARGEST_PAGE = 500
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Just after which thing, in the answer at which entry of the ledger. ``place`` belongs to the question."""

    seq: int
    place: tuple[str | int, ...]

    def text(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.seq, *self.place])).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, shape: tuple[type, ...], *, head_seq: int | None = None) -> Cursor:
        """Raises BadInput for what this question never gave out: nor could have, with the head where it is."""
        try:
            seq, *place = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, TypeError, binascii.Error) as error:
            raise BadInput(said("This is no cursor of this answer."), member="after") from error
        if type(seq) is not int or tuple(type(part) for part in place) != shape:
            raise BadInput(said("This is no cursor of this answer."), member="after")
        if any(type(part) is int and part < 0 for part in (seq, *place)):
            raise BadInput(said("This is no cursor of this answer."), member="after")
        if head_seq is not None and seq > head_seq:
            raise BadInput(
                said("This is no cursor of this ledger: it names a later entry than there is."), member="after"
            )
        return cls(seq, tuple(place))


def mark_of(*asked: object) -> str:
    """Tells the cursors of one question from those of another: short, the same for the same values as JSON has them."""
    digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
    return base64.urlsafe_b64encode(digest[:9]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Part of an answer: the things, a cursor for each, how many there are in all, and whether more follow."""

    items: Sequence[T]
    cursors: Sequence[str]
    total: int
    has_next: bool
    has_previous: bool
    as_of_seq: int
    not_searched: tuple[str, ...] = ()  # kinds that the viewer may not search
    hidden_count: int = 0  # things that are left out because the viewer may not know of them

    def with_items(self, items: Sequence[U]) -> Page[U]:
        """The same page, with what stands for each of its items."""
        rest = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "items"}
        return Page(items=items, **rest)


def check_first(first: int) -> int:
    """Raises BadInput unless ``first`` is between 0 and 500."""
    if not 0 <= first <= LARGEST_PAGE:
        raise BadInput(
            said("first is {first}; it may be 0 to {most}.", first=first, most=LARGEST_PAGE),
            remedy=said("Ask for more pages with after."),
            member="first",
        )
    return first


def page_of(items: Sequence[T], first: int, after: str | None, seq: int) -> Page[T]:
    """A page of an answer that is in memory as a whole."""
    check_first(first)
    begin = 0
    if after is not None:
        begin = int(Cursor.parse(after, (int,)).place[0]) + 1
    part = items[begin : begin + first]
    return Page(
        items=part,
        cursors=[Cursor(seq, (begin + number,)).text() for number in range(len(part))],
        total=len(items),
        has_next=begin + len(part) < len(items),
        has_previous=begin > 0,
        as_of_seq=seq,
    )
