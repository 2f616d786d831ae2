"""Pages of a list in an address: ``?page=2``, and the numbers to choose from. No page grows with its list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from graph.errors import BadInput
from graph.saying import said
from queries.pages import Cursor
from service.parameters import number

__all__ = ["Pager", "after_page", "page_number", "paged", "pager"]

T = TypeVar("T")
_LAST = 10**9  # no list has more pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where one is in a list: the numbers of the first and last thing shown, how many there are, and the ways on."""

    first: int
    last: int
    total: int
    previous: str | None
    next: str | None


def page_number(request: Request, name: str = "page") -> int:
    """From 1. Raises BadInput for what is no number of a page."""
    asked = number(request, name)
    if asked is not None and asked > _LAST:
        raise BadInput(
            said("{name}={asked} is no page: there are never so many.", name=name, asked=asked),
            remedy=said("Write {name}=1.", name=name),
            member=name,
        )
    if asked == 0:
        raise BadInput(
            said("{name}=0 is no page: the first is 1.", name=name),
            remedy=said("Write {name}=1.", name=name),
            member=name,
        )
    return asked or 1


def after_page(seq: int, page: int, size: int) -> str | None:
    """The cursor before a page of an answer that is in memory as a whole."""
    return Cursor(seq, ((page - 1) * size - 1,)).text() if page > 1 else None


def pager(request: Request, *, page: int, size: int, total: int, name: str = "page", **kept: str) -> Pager:
    """``kept``: parameters that the other pages must have besides, such as the position of the answer."""
    first = (page - 1) * size
    return Pager(
        first=min(first + 1, total),
        last=min(first + size, total),
        total=total,
        previous=_address(request, name, page - 1, kept) if page > 1 else None,
        next=_address(request, name, page + 1, kept) if first + size < total else None,
    )


def paged(request: Request, items: Sequence[T], size: int, name: str) -> tuple[Sequence[T], Pager]:
    """The part of a list that the address asks for."""
    page = min(page_number(request, name), max(1, -(-len(items) // size)))  # past the end there is nothing: the last
    begin = (page - 1) * size
    return items[begin : begin + size], pager(request, page=page, size=size, total=len(items), name=name)


def _address(request: Request, name: str, page: int, kept: dict[str, str]) -> str:
    changed = {name, *kept}
    asked = [(key, value) for key, value in request.query_params.multi_items() if key not in changed]
    return f"{request.url.path}?{urlencode([*asked, *kept.items(), (name, str(page))])}"
