"""What was only named, and whose origin is not recorded: an answer that meets it is not whole."""

from __future__ import annotations

from graph.index.lineage import Lineage

__all__ = ["stubs_of"]


def stubs_of(lineage: Lineage) -> list[int]:
    """The numbers of things that were only named, not described, at the lineage's position."""
    column, as_of = lineage.facts.columns, lineage.as_of

    def is_known(row: int) -> bool:
        return as_of.shows(column["node_seq"][row], column["node_recorded"][row], None, None)

    known = [
        (thing, [column["node_is_stub"][row] for row in rows if is_known(row)])
        for thing, rows in lineage.facts.stubs.items()
    ]
    return [thing for thing, stubs in known if stubs and all(stubs)]
