"""Files in and out over HTTP: streamed, so that memory does not grow with them."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from exchange.importing import ImportOutcome, Source, import_records
from exchange.jsonlines import read_stream, trailer_line
from exchange.sources import is_kept_first, open_source
from graph.errors import BadInput, NotPermitted
from graph.ledger import Ledger
from graph.saying import said
from graph.viewer import Permission, Viewer
from service.messages import asked_texts, translated
from service.parameters import check_names, choice, flag, number
from service.routes import viewer_of
from service.store import Store
from service.texts import LANGUAGES, Texts

__all__ = ["export_stream", "may_export_records", "records_with_trailer", "take_import"]

_MARK_LENGTH: Final = 4  # bytes that tell a workbook from JSON Lines
_LARGEST_KEPT: Final = 256 * 1024 * 1024
_TIER_OF_RECORDS: Final = 2
_IMPORT_PARAMETERS: Final = frozenset({"name", "historic", "createMissing", "batch", "zone", "dryRun", "language"})
_LONGEST_NAME: Final = 100


async def take_import(request: Request, store: Store) -> Response:
    """The body's records through the door: 200 when all are in, 422 with everything that is wrong."""
    viewer = viewer_of(request)
    asked = request.query_params
    check_names(request, _IMPORT_PARAMETERS)
    choice(request, "language", tuple(LANGUAGES))
    say = asked_texts(request)
    chunks = aiter(request.stream())
    first = await _first_bytes(chunks, _MARK_LENGTH)
    name = _file_name(asked.get("name", ""))
    with tempfile.TemporaryDirectory(prefix="stemgraph-import-") as folder:
        source: Source
        if is_kept_first(first, name):
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
            historic=flag(request, "historic"),
            create_missing=frozenset(kind for kind in asked.get("createMissing", "").split(",") if kind),
            zone=asked.get("zone"),
            batch=number(request, "batch"),
            dry_run=flag(request, "dryRun"),
        )
    async for _ in chunks:
        pass  # a client that is still sending would miss the answer
    return _import_answer(outcome, say)


def _import_answer(outcome: ImportOutcome, say: Texts) -> Response:
    return JSONResponse(translated(say, outcome.as_json()), status_code=200 if outcome.is_complete else 422)


async def export_stream(request: Request, store: Store) -> Response:
    """Every record, JSON Lines in ledger order, then one line that says that it is all."""
    check_names(request, {"sealed"})
    lines = records_with_trailer(store, viewer_of(request), sealed=flag(request, "sealed"))
    return StreamingResponse(
        lines,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="records.jsonl"'},
    )


def may_export_records(viewer: Viewer) -> bool:
    """Records are exported as they are or not at all, so only to those whose role may see the codes in them."""
    return viewer.may(Permission.EXPORT) and viewer.highest_tier >= _TIER_OF_RECORDS


def records_with_trailer(store: Store, viewer: Viewer, *, sealed: bool) -> AsyncIterator[bytes]:
    """Every record, a line each, in ledger order, then the trailer that says how many there were. Memory is flat.

    The reading is noted in the access log when this is called. Raises NotPermitted.
    """
    if not may_export_records(viewer):
        raise NotPermitted(
            said("The records name donors and subjects, which your role may not see."),
            remedy=said("Ask in GraphQL, which masks what you may not see."),
        )
    if sealed and not viewer.may(Permission.EXPORT_SEALED):
        raise NotPermitted(said("Your role may not export sealed values."), remedy=said("Export without them."))
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
    yield trailer_line(count=count, seq=seq, digest=digest.hexdigest(), is_complete=count == seq)


def _file_name(given: str) -> str | None:
    """The name of an uploaded file, as it stands in violations: its last part, without what no folder would take."""
    kept = "".join(character for character in Path(given).name if character.isprintable())
    return kept[-_LONGEST_NAME:].lstrip(".") or None


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
            if size > _LARGEST_KEPT:
                raise BadInput(
                    said("The file is larger than {most} bytes.", most=_LARGEST_KEPT),
                    remedy=said("Split it, or send JSON Lines."),
                )
            file.write(chunk)
