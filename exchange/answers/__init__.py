"""Answers as files: rows in, bytes out, part after part, so that memory does not grow with them."""

from exchange.answers.contents import contents_file
from exchange.answers.formats import FORMATS, Format
from exchange.answers.impact import impact_file
from exchange.answers.reading import check_file, read_rows
from exchange.answers.rows import FileOfAnswer, Table
from exchange.answers.trace import EDGES, NODES, trace_file

__all__ = [
    "EDGES",
    "FORMATS",
    "NODES",
    "FileOfAnswer",
    "Format",
    "Table",
    "check_file",
    "contents_file",
    "impact_file",
    "read_rows",
    "trace_file",
]
