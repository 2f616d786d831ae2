"""An answer as GraphML: things as nodes, edges as edges, and what is said of the whole as data of the graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from exchange.answers.fitting import fit_for_xml
from exchange.answers.rows import Cell, FileOfAnswer, Part, Table

__all__ = ["write_graphml"]

_TYPES: Final[Mapping[str, str]] = {"tier": "int", "depth": "int", "count": "int", "asOfSeq": "int", "hidden": "int"}
_BOOLEANS: Final = frozenset({"isExposedFromMasked", "uncertain", "isMaterial", "complete"})
_OF_EDGE: Final = ("type", "operationId", "start", "startLatest", "end", "endLatest")
_ENDS: Final = frozenset({"id", "from", "to"})
_OF_GRAPH: Final = ("count", "asOfSeq", "complete", "reason", "hidden", "digest", "asked")
# Source: GraphML, http://graphml.graphdrawing.org; the name of its format, which nothing fetches.
_BEGIN: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
_END: Final = "</graph>\n</graphml>\n"


def write_graphml(answer: FileOfAnswer) -> Iterator[bytes]:
    """A row with ``from`` is an edge; one with ``id`` a node; an item of an impact is both: itself, and what led to it.

    What edges lead from that is no item (a machine, a position, a person) is a node that has a kind only.
    """
    yield (_BEGIN + "".join(_keys(answer.tables)) + f'<graph id="{answer.name}" edgedefault="directed">\n').encode()
    told: set[str] = set()
    count = 0
    for part in answer.parts:
        yield "".join([*_beyond(part, told), *_rows(part)]).encode()
        count += part.count
    trailer = answer.trailer(count).cells()
    yield ("".join(_data("graph", name, trailer[name]) for name in _OF_GRAPH) + _END).encode()


def _keys(tables: Sequence[Table]) -> Iterator[str]:
    declared = {("graph", name): None for name in _OF_GRAPH}
    for table in tables:
        declared |= {(_owner(table, name), name): None for name in table.columns if name not in _ENDS}
    for owner, name in declared:
        of_type = "boolean" if name in _BOOLEANS else _TYPES.get(name, "string")
        yield f'<key id="{owner}.{name}" for="{owner}" attr.name="{name}" attr.type="{of_type}"/>\n'


def _owner(table: Table, name: str) -> str:
    return "edge" if "from" in table.columns and name in _OF_EDGE else "node"


def _beyond(part: Part, told: set[str]) -> Iterator[str]:
    for id_, kind in part.beyond():
        if id_ not in told:
            told.add(id_)
            yield f"<node id={_quoted(id_)}>{_data('node', 'kind', kind)}</node>\n"


def _rows(part: Part) -> Iterator[str]:
    table = part.table
    of_node = [name for name in table.columns if name not in _ENDS and _owner(table, name) == "node"]
    of_edge = [name for name in table.columns if name not in _ENDS and _owner(table, name) == "edge"]
    for cells in part.rows():
        row = dict(zip(table.columns, cells, strict=True))
        if "id" in row:
            inner = "".join(_data("node", name, row[name]) for name in of_node)
            yield f"<node id={_quoted(str(row['id']))}>{inner}</node>\n"
        if row.get("from") is not None:
            inner = "".join(_data("edge", name, row[name]) for name in of_edge)
            source, target = _quoted(str(row["from"])), _quoted(str(row.get("to", row.get("id"))))
            yield f"<edge source={source} target={target}>{inner}</edge>\n"


def _quoted(id_: str) -> str:
    return quoteattr(fit_for_xml(id_))


def _data(owner: str, name: str, value: Cell) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else escape(fit_for_xml(str(value)))
    return f'<data key="{owner}.{name}">{text}</data>'
