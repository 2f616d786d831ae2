"""Connections as Relay has them, with the total; a cursor names the ledger position of the answer it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import strawberry

from queries.pages import Page

__all__ = ["Connection", "Edge", "PageInfo", "page_size", "paged"]

T = TypeVar("T")
S = TypeVar("S")


@strawberry.type(description="Where a page lies in the whole answer.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One thing on a page.")
class Edge(Generic[T]):
    node: T
    cursor: str = strawberry.field(description="For `after`. It names the ledger position of the answer.")


@strawberry.type(description="A page of an answer.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo
    total_count: int = strawberry.field(description="How many there are on all pages together.")
    as_of_seq: int = strawberry.field(description="The ledger position of the answer, the same on all its pages.")


def paged(page: Page[S], show: Callable[[S], Any]) -> dict[str, Any]:
    """The members of a connection; ``show`` gives what GraphQL shows of one item."""
    return {
        "edges": [Edge(node=show(item), cursor=cursor) for item, cursor in zip(page.items, page.cursors, strict=True)],
        "page_info": PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
        "total_count": page.total,
        "as_of_seq": page.as_of_seq,
    }


def page_size(first: int | None, usual: int) -> int:
    """How long a page shall be where the request may say null."""
    return usual if first is None else first
