"""Ids as they are shown: ``Kind:key`` for nodes, ``Operation:O07`` for operations."""

from __future__ import annotations

from collections.abc import Iterable

from graph.errors import BadInput
from graph.reader import NodeId
from graph.records import BadValue, clean_key
from graph.saying import said
from graph.vocabulary import KINDS

__all__ = ["OPERATION_PREFIX", "parse_ids", "parse_node_id", "parse_operation_id"]

OPERATION_PREFIX = "Operation:"


def parse_node_id(text: str, member: str = "id") -> NodeId:
    """Kind and key. Raises BadInput where the text is no id of a node."""
    kind, colon, key = text.strip().partition(":")
    if not colon or kind not in KINDS:
        raise BadInput(
            said(
                "{text} is no id: write Kind:key, as in CellLot:L1P1. Kinds are {kinds}.",
                text=repr(text),
                kinds=", ".join(KINDS),
            ),
            member=member,
        )
    try:
        return kind, clean_key(key)
    except BadValue as error:
        raise BadInput(
            said("{text} is no id: {problem}", text=repr(text), problem=error.problem), member=member
        ) from error


def parse_ids(texts: Iterable[str], member: str) -> list[NodeId]:
    """Each id once, in the order given."""
    return list(dict.fromkeys(parse_node_id(text, member) for text in texts))


def parse_operation_id(text: str) -> str:
    """The operation's own id; the prefix may be left out."""
    return text.strip().removeprefix(OPERATION_PREFIX)
