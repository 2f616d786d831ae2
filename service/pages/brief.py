"""What a thing is, in one line."""

from __future__ import annotations

from graph.vocabulary import KINDS
from queries.nodes import BRIEF, Node
from visualize.values import field_text
from visualize.words import Speech

__all__ = ["brief_of"]


def brief_of(node: Node, language: str) -> list[str]:
    """Its name, type, stage: what is recorded and shown of the fields that tell it apart. May be empty."""
    speech = Speech(language)
    fields = KINDS[node.node[0]].fields
    return [
        field_text(declared, node.values[name], speech, node.values)
        for name, declared in fields.items()
        if name in BRIEF and node.values.get(name) is not None
    ]
