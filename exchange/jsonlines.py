"""JSON Lines: records from a file or a stream, one at a time, with everything that is wrong with each line.

Memory does not grow with the file. A line that cannot be read gives a record with `problems` and reading goes on, so
that one run finds all of them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from graph.errors import Place, Violation
from graph.records import RawRecord
from graph.records.values import printable
from graph.saying import said

__all__ = [
    "LONGEST_LINE",
    "LineReader",
    "read_chunks",
    "read_file",
    "read_stream",
    "trailer_line",
    "trailer_of",
]

LONGEST_LINE: Final = 32 * 1024 * 1024
"""Bytes. An operation that names the most units it may (100,000) fits, as an export writes it, with every unit listed."""

DEEPEST: Final = 32  # a record needs eight levels; far below what would exhaust the stack
_LONGEST_PATH: Final = 200
_CHUNK: Final = 1024 * 1024
# What the standard library says of broken JSON: known here to be said in other languages too.
_JSON_FAULTS: Final[dict[str, str]] = {
    fault: fault
    for fault in (
        said("Expecting value"),
        said("Expecting property name enclosed in double quotes"),
        said("Expecting ':' delimiter"),
        said("Expecting ',' delimiter"),
        said("Illegal trailing comma before end of object"),
        said("Illegal trailing comma before end of array"),
        said("Extra data"),
        said("Unterminated string starting at"),
        said("Invalid control character at"),
        said("Invalid \\escape"),
        said("Invalid \\uXXXX escape"),
    )
}
_TRAILER: Final = b'{"record":"trailer"'
_BOMS: Final = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def trailer_line(*, count: int, seq: int, digest: str, is_complete: bool) -> bytes:
    """The last line of a streamed export: how many lines came before, up to which entry, and their SHA-256."""
    content = {"record": "trailer", "count": count, "seq": seq, "complete": is_complete, "digest": digest}
    return orjson.dumps(content) + b"\n"


def trailer_of(line: bytes) -> dict[str, Any] | None:
    """The trailer that a line is; None for a record."""
    if not line.startswith(_TRAILER):
        return None
    try:
        trailer = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return trailer if isinstance(trailer, dict) else None


class LineReader:
    """Cuts bytes into lines and reads each. Feed it chunks of any size, then call `finish` once.

    What concerns the whole file (a byte-order mark, CRLF line ends, emptiness) is one record with a problem of its
    own, at the first line that shows it; the lines themselves are read all the same. The trailer of an export is no
    record: it is held against the lines before it.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self._line = 1
        self._offset = 0  # of the current line's first byte in the file
        self._parts: list[bytes] = []
        self._held = 0
        self._is_too_long = False
        self._has_crlf = False
        self._has_records = False
        self._since_trailer = hashlib.sha256()
        self._lines_since_trailer = 0

    def feed(self, chunk: bytes) -> Iterator[RawRecord]:
        """The records of the lines that end in this chunk. Consume it before feeding the next."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._hold(chunk[start:end])
            yield from self._end_line(1)
            start = end + 1
        self._hold(chunk[start:])

    def finish(self) -> Iterator[RawRecord]:
        """The record of a last line without a line end, and what is said of a file without any."""
        if self._held:
            yield from self._end_line(0)
        if not self._has_records:
            yield self._problem(
                "empty_file", said("The file holds no record."), said("Give one JSON object a line."), line=1
            )

    def _hold(self, piece: bytes) -> None:
        self._held += len(piece)
        if self._held > LONGEST_LINE:
            self._is_too_long = True
            self._parts.clear()
        else:
            self._parts.append(piece)

    def _end_line(self, line_end: int) -> Iterator[RawRecord]:
        line = b"".join(self._parts)
        if self._is_too_long:
            self._has_records = True
            yield self._problem(
                "line_too_long",
                said("The line has {count} bytes.", count=self._held),
                said(
                    "Write one record a line, of at most {longest} bytes; is a line end missing?",
                    longest=LONGEST_LINE,
                ),
            )
        else:
            yield from self._read(line)
        self._line += 1
        self._offset += self._held + line_end
        self._parts, self._held, self._is_too_long = [], 0, False

    def _read(self, line: bytes) -> Iterator[RawRecord]:
        if self._line == 1:
            for mark, encoding in _BOMS:
                if line.startswith(mark):
                    yield self._problem(
                        "byte_order_mark",
                        said("The file begins with a byte-order mark ({encoding}).", encoding=encoding),
                        said("Save it as UTF-8 without BOM."),
                    )
                    line = line[len(mark) :]
        if (trailer := trailer_of(line)) is not None:
            yield from self._check(trailer)
            return
        self._since_trailer.update(line + b"\n")
        self._lines_since_trailer += 1
        if line.endswith(b"\r"):
            line = line[:-1]
            if not self._has_crlf:
                self._has_crlf = True
                yield self._problem(
                    "crlf",
                    said("The line ends in CR LF, as files from Windows do."),
                    said("Save the file with Unix line ends (LF). Said once a file."),
                )
        if line.strip():
            self._has_records = True
            yield self._record(line)

    def _check(self, trailer: dict[str, Any]) -> Iterator[RawRecord]:
        found = {"count": self._lines_since_trailer, "digest": self._since_trailer.hexdigest(), "complete": True}
        self._since_trailer, self._lines_since_trailer = hashlib.sha256(), 0
        if not trailer.items() >= found.items():
            yield self._problem(
                "not_whole",
                said(
                    "The export that ends here is not whole: {count} lines came before this one, which speaks "
                    "of {wanted}, or they were altered.",
                    count=found["count"],
                    wanted=trailer.get("count"),
                ),
                said("Export again."),
            )

    def _record(self, line: bytes) -> RawRecord:
        try:
            value = orjson.loads(line)
            # what gives the line back byte for byte has lost nothing: the fast way for compact files, as exports are
            if isinstance(value, dict) and orjson.dumps(value) == line and not _is_deep(line, value):
                return RawRecord(value, self._place())
        except orjson.JSONDecodeError:
            pass  # read again below, to say what is wrong
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            return self._problem(
                "not_utf8",
                said(
                    "The line is not UTF-8 (byte {column} of the line, byte {offset} of the file).",
                    column=error.start + 1,
                    offset=self._offset + error.start,
                ),
                said("Save the file as UTF-8 and send it again."),
            )
        found: list[_Fault] = []
        value = _parse(line, text, found)
        if not found and not isinstance(value, dict):
            found.append(
                _Fault(
                    "not_an_object",
                    said("The line is no JSON object."),
                    said("Write one object a line: {…}."),
                )
            )
        if found:
            place = self._place()
            problems = tuple(
                Violation(
                    code=fault.code, message=fault.message, remedy=fault.remedy, member=fault.member, place=place,
                    record=_id_of(value),
                )
                for fault in found
            )  # fmt: skip
            return RawRecord(value, place, problems)
        return RawRecord(value, self._place())

    def _place(self) -> Place:
        return Place(self.name, self._line)

    def _problem(self, code: str, message: str, remedy: str, *, line: int | None = None) -> RawRecord:
        place = Place(self.name, line or self._line)
        return RawRecord(None, place, (Violation(code=code, message=message, remedy=remedy, place=place),))


class _Fault(NamedTuple):
    """What is wrong with a line; ``member`` is where, if that can be said."""

    code: str
    message: str
    remedy: str
    member: str | None = None


def _id_of(value: Any) -> str | None:
    name = value.get("id") if isinstance(value, dict) else None
    return name[:80] if isinstance(name, str) else None


def _parse(line: bytes, text: str, found: list[_Fault]) -> Any:
    """The JSON value of a line. What is wrong goes to ``found``.

    With the standard parser: orjson drops all but the last of equal members, and rounds large whole numbers, silently.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            doubled = {name for name in names if names.count(name) > 1} if len(names) < 1000 else {"…"}
            found.extend(
                _Fault(
                    "duplicate_member",
                    said("One object has the member {name} more than once.", name=repr(name[:40])),
                    said("Keep one of them; a list goes into [ … ]."),
                )
                for name in sorted(doubled)
            )
        return value

    try:
        value = json.JSONDecoder(object_pairs_hook=members).decode(text)
        if isinstance(value, dict | list) and _is_deep(line, value):
            raise RecursionError
        found[:0] = [
            _Fault(
                "not_finite",
                said("{number} is no number of JSON.", number=number),
                said("Leave the member out where there is no value."),
                path,
            )
            for path, number in _not_finite(value, "")
        ]
    except json.JSONDecodeError as error:
        found[:] = [
            _Fault(
                "broken_json",
                said(
                    "Broken JSON at column {column}: {why}.",
                    column=error.colno,
                    why=_JSON_FAULTS.get(error.msg, error.msg),
                ),
                said("Mend the line."),
            )
        ]
    except RecursionError:
        found[:] = [
            _Fault(
                "nested_too_deeply",
                said("The line is nested more than {most} levels deep.", most=DEEPEST),
                said("Flatten it."),
            )
        ]
    except ValueError:  # a whole number of thousands of digits
        found[:] = [
            _Fault(
                "broken_json",
                said("The line holds a number with too many digits."),
                said("Shorten the number."),
            )
        ]
    else:
        return value
    return None


def _not_finite(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """(member, number) of each NaN and infinity, which the standard parser lets in."""
    if isinstance(value, float) and not math.isfinite(value):
        yield printable(path, _LONGEST_PATH), value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        inner = f"{path}[{name}]" if isinstance(value, list) else f"{path}.{name}" if path else str(name)
        yield from _not_finite(item, inner)


def _is_deep(line: bytes, value: Any) -> bool:
    if line.count(b"{") + line.count(b"[") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        inner = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
        level = [part for part in inner if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def read_chunks(chunks: Iterable[bytes], name: str | None = None) -> Iterator[RawRecord]:
    """The records of a file's bytes, in order; ``name`` stands in their places."""
    reader = LineReader(name)
    for chunk in chunks:
        yield from reader.feed(chunk)
    yield from reader.finish()


def read_file(path: Path, name: str | None = None) -> Iterator[RawRecord]:
    """The records of a file, in order. Raises OSError where it cannot be opened."""
    with path.open("rb") as file:
        yield from read_chunks(iter(lambda: file.read(_CHUNK), b""), name or path.name)


async def read_stream(chunks: AsyncIterable[bytes], name: str | None = None) -> AsyncIterator[RawRecord]:
    """The records of bytes that arrive over time, each as soon as its line is whole."""
    reader = LineReader(name)
    async for chunk in chunks:
        for record in reader.feed(chunk):
            yield record
    for record in reader.finish():
        yield record
