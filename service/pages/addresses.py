"""Addresses of the pages: every view is a link that can be shared."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from graph.reader import NodeId, id_text
from service.seeds import joined_seed

__all__ = [
    "impact_form_address",
    "in_language",
    "node_address",
    "operation_address",
    "search_address",
    "trace_address",
    "whereabouts_address",
]


def node_address(node: NodeId) -> str:
    # A slash in a key is written %2F: browsers take /../ in an address for a step up.
    return f"/view/node/{node[0]}:{quote(node[1], safe='')}"


def operation_address(operation_id: str) -> str:
    return f"/view/operation/{quote(operation_id, safe='')}"


def in_language(address: str, language: str) -> str:
    """The same view, in a language."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'language': language})}"


def search_address(text: str) -> str:
    return f"/view/search?{urlencode({'q': text})}"


def trace_address(node: NodeId, direction: str, **more: str) -> str:
    """Where a thing is traced from. ``direction`` is backward or forward."""
    return f"/view/trace?{urlencode({'start': id_text(node), 'direction': direction, **more})}"


def impact_form_address(seeds: Iterable[str]) -> str:
    """Where it is asked what these affect, by their ids."""
    return f"/view/impact?{urlencode([('seed', joined_seed(seed, '', '')) for seed in seeds])}"


def whereabouts_address(thing: NodeId) -> str:
    """Where it is told where a thing has been."""
    return f"/view/whereabouts?{urlencode({'id': id_text(thing)})}"
