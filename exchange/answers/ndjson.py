"""An answer as JSON Lines: an object for each row, the last one the trailer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import orjson

from exchange.answers.rows import FileOfAnswer

__all__ = ["TRAILER", "write_ndjson"]

TRAILER: Final = "trailer"  # the one member of the last line


def write_ndjson(answer: FileOfAnswer) -> Iterator[bytes]:
    content, count = hashlib.sha256(), 0
    for part in answer.parts:
        lines = part.lines()
        content.update(lines)
        count += part.count
        yield lines
    yield orjson.dumps({TRAILER: answer.trailer(count).as_json(content.hexdigest())}) + b"\n"
