"""Files in and out over HTTP: streamed, so that memory does not grow with them."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from exchange.importing import ImportOutcome, Source, import_records
from exchange.jsonlines import read_stream
from exchange.sources import open_source
from graph.errors import BadInput, NotPermitted
from graph.ledger import Ledger
from graph.viewer import Permission, Viewer
from service.routes import viewer_of
from service.store import Store

__all__ = ["TRAILER", "export_stream", "records_with_trailer", "take_import", "trailer_of"]

TRAILER: Final = "trailer"
_WORKBOOK_MARK: Final = b"PK\x03\x04"
_LARGEST_WORKBOOK: Final = 256 * 1024 * 1024
_CHUNK: Final = 64 * 1024


async def take_import(request: Request, store: Store) -> Response:
    """The body's records through the door: 200 when all are in, 422 with everything that is wrong."""
    viewer = viewer_of(request)
    asked = request.query_params
    if _flag(request, "historic") and not viewer.may(Permission.IMPORT_HISTORIC):
        raise NotPermitted("Your role may not claim recorded times.", remedy="Sign in as a data manager.")
    chunks = aiter(request.stream())
    first = await _first_bytes(chunks, len(_WORKBOOK_MARK))
    name = Path(asked.get("name", "")).name or None
    with tempfile.TemporaryDirectory(prefix="stemgraph-import-") as folder:
        source: Source
        if first.startswith(_WORKBOOK_MARK):
            path = Path(folder) / (name or "workbook.xlsx")
            await _keep(path, first, chunks)
            source = open_source(path, zone=asked.get("zone"))
        else:
            source = read_stream(_joined(first, chunks), name)
        outcome = await import_records(
            store.ledger,
            source,
            viewer=viewer,
            idempotency_prefix=request.headers.get("idempotency-key") or secrets.token_hex(16),
            historic=_flag(request, "historic"),
            create_missing=frozenset(kind for kind in asked.get("createMissing", "").split(",") if kind),
            zone=asked.get("zone"),
            batch=_number(request, "batch"),
            dry_run=_flag(request, "dryRun"),
        )
    async for _ in chunks:
        pass  # a client that is still sending would miss the answer
    return _import_answer(outcome)


def _import_answer(outcome: ImportOutcome) -> Response:
    return JSONResponse(outcome.as_json(), status_code=200 if outcome.is_complete else 422)


async def export_stream(request: Request, store: Store) -> Response:
    """Every record, JSON Lines in ledger order, then one line that says that it is all."""
    lines = records_with_trailer(store, viewer_of(request), sealed=_flag(request, "sealed"))
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="records.jsonl"'},
    )


def records_with_trailer(store: Store, viewer: Viewer, *, sealed: bool) -> AsyncIterator[bytes]:
    """Every record, a line each, in ledger order, then the trailer that says how many there were. Memory is flat.

    The reading is noted in the access log when this is called. Raises NotPermitted.
    """
    if sealed and not viewer.may(Permission.EXPORT_SEALED):
        raise NotPermitted("Your role may not export sealed values.", remedy="Export without them.")
    what, tier = ("export of all records with sealed values", 3) if sealed else ("export of all records", 2)
    store.access_log.append(viewer, what, ["*"], tier)
    return _with_trailer(store.ledger, sealed=sealed)


async def _with_trailer(ledger: Ledger, *, sealed: bool) -> AsyncIterator[bytes]:
    seq = (await ledger.head()).seq
    digest, count = hashlib.sha256(), 0
    async for line in ledger.export(sealed=sealed, until=seq):
        digest.update(line)
        count += 1
        yield line
    trailer = {"record": TRAILER, "count": count, "seq": seq, "complete": count == seq, "digest": digest.hexdigest()}
    yield orjson.dumps(trailer) + b"\n"


def trailer_of(line: bytes) -> dict[str, object] | None:
    """The trailer that a line of an export is; None for a record."""
    if not line.startswith(b'{"record":"trailer"'):
        return None
    trailer: dict[str, object] = orjson.loads(line)
    return trailer


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false").lower()
    if text not in {"true", "false", "1", "0", ""}:
        raise BadInput(f"{name}={text!r} is neither true nor false.", remedy=f"Write {name}=true.", member=name)
    return text in {"true", "1"}


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise BadInput(f"{name}={text!r} is no number.", remedy="Give a whole number.", member=name)
    return int(text)


async def _first_bytes(chunks: AsyncIterator[bytes], count: int) -> bytes:
    first = b""
    while len(first) < count and (chunk := await anext(chunks, None)) is not None:
        first += chunk
    return first


async def _joined(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk


async def _keep(path: Path, first: bytes, chunks: AsyncIterator[bytes]) -> None:
    size = len(first)
    with path.open("wb") as file:
        file.write(first)
        async for chunk in chunks:
            size += len(chunk)
            if size > _LARGEST_WORKBOOK:
                raise BadInput(
                    f"The workbook is larger than {_LARGEST_WORKBOOK} bytes.", remedy="Split it, or send JSON Lines."
                )
            file.write(chunk)
