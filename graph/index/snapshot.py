"""The index in a file: written whole, checked whole, then mapped, so that a start costs reading it once.

    magic, length of the header, digest of the header     76 bytes
    header                                                JSON: whose it is, what arrays it holds, where; their digest
    arrays                                                each at a multiple of 64 bytes from the start of the file

A file that is not exactly what was written, or not of the ledger that is asked about, is refused with the reason.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from graph.errors import IntegrityBroken
from graph.index.codes import KIND_NAMES, OPERATION_NAMES
from graph.index.columns import Column, Texts
from graph.index.derivation import Derived, clean_view, cuts_of
from graph.index.facts import COLUMNS, Facts
from graph.index.places import read_places
from graph.index.said import SAID_COLUMNS, Said
from graph.index.segment import Segment
from graph.index.tables import Array, tables
from graph.reader import AsOf, HeadRow
from graph.vocabulary import NAMING_FIELDS

__all__ = ["load_snapshot", "read_header", "save_snapshot"]

_MAGIC: Final = b"stemgraph index\n"
_FORMAT: Final = 5  # changes with what the arrays are and mean
_START: Final = struct.Struct("<16sI56x")  # the digest stands in the last 32 of the 56 bytes
_DIGEST: Final = slice(_START.size - 32, _START.size)
_ALIGNED: Final = 64
_TEXTS: Final = ("blob", "offsets", "checksums", "rows")


def _vocabulary() -> str:
    return hashlib.sha256(orjson.dumps([KIND_NAMES, OPERATION_NAMES, COLUMNS, NAMING_FIELDS])).hexdigest()


def _refused(path: Path, why: str, code: str = "snapshot") -> IntegrityBroken:
    return IntegrityBroken(f"The index in {path.name} {why}.", remedy="It is built anew from the ledger.", code=code)


def save_snapshot(path: Path, facts: Facts, sizes: Mapping[str, int], derived: Derived, head: HeadRow) -> None:
    """Writes the facts' first rows and what was derived from them. Replaces the file at once, when all is on the disk."""
    arrays = {f"facts.{name}": column for name, column in facts.arrays(sizes).items()}
    for name, texts, names, count in (
        ("keys", facts.keys, facts.names, sizes["thing_kind"]),
        ("op_keys", facts.op_keys, facts.op_names, sizes["op_type"]),
    ):
        arrays |= dict(
            zip((f"{name}.{part}" for part in _TEXTS), (*texts.packed(count), *names.packed(count)), strict=True)
        )
    said = facts.said
    arrays |= {f"said.{name}": column.first(sizes["said"]) for name, column in said.columns.items()}
    arrays |= dict(zip(("said.blob", "said.offsets"), said.texts.packed(sizes["said"]), strict=True))
    arrays["hubs"] = derived.view.hub_thing
    base = derived.view.base._asdict()
    arrays |= {f"base.{name}": part for name, part in base.items() if isinstance(part, np.ndarray)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)  # it holds the codes of donors and subjects
            _write(file, arrays, head)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _write(file: Any, arrays: Mapping[str, Array], head: HeadRow) -> None:
    digest = hashlib.blake2b(digest_size=32)
    listed, offset = {}, 0
    for name, part in arrays.items():
        listed[name] = [part.dtype.str, len(part), offset]
        offset += -(-part.nbytes // _ALIGNED) * _ALIGNED
        digest.update(np.ascontiguousarray(part).data)
    header = orjson.dumps(
        {
            "format": _FORMAT, "vocabulary": _vocabulary(), "epoch": head.epoch, "seq": head.seq, "head": head.digest,
            "arrays": listed, "size": offset, "digest": digest.hexdigest(),
        }
    )  # fmt: skip
    start = bytearray(_START.pack(_MAGIC, len(header)))
    start[_DIGEST] = hashlib.blake2b(header, digest_size=32).digest()
    file.write(start + header)
    file.write(bytes(-(len(start) + len(header)) % _ALIGNED))
    for part in arrays.values():
        file.write(np.ascontiguousarray(part).data)
        file.write(bytes(-part.nbytes % _ALIGNED))


def read_header(path: Path) -> HeadRow:
    """Which ledger a snapshot is of, and up to which entry. Raises IntegrityBroken where the file tells nothing."""
    with path.open("rb") as file:
        header = _header(path, file.read(_START.size), file.read)
    return HeadRow(seq=header["seq"], digest=header["head"], epoch=header["epoch"])


def _header(path: Path, start: bytes, read: Any) -> dict[str, Any]:
    if len(start) < _START.size or start[:16] != _MAGIC:
        raise _refused(path, "is no snapshot, or only the beginning of one")
    text = read(_START.unpack(start)[1])
    if hashlib.blake2b(text, digest_size=32).digest() != start[_DIGEST]:
        raise _refused(path, "is cut short or was altered: its header is not what was written")
    header: dict[str, Any] = orjson.loads(text)
    if header["format"] != _FORMAT or header["vocabulary"] != _vocabulary():
        raise _refused(path, "was written by another version of the program")
    return header


def load_snapshot(path: Path, head: HeadRow, *, digest_at: str | None = None) -> tuple[Facts, Derived, HeadRow]:
    """The facts, what is derived from them, and the head they were read up to."""
    with path.open("rb") as file:
        start = file.read(_START.size)
        header = _header(path, start, file.read)
        own = HeadRow(seq=header["seq"], digest=header["head"], epoch=header["epoch"])
        _check_ledger(path, own, head, digest_at)
        first = -(-file.tell() // _ALIGNED) * _ALIGNED
        if os.fstat(file.fileno()).st_size != first + header["size"]:
            raise _refused(path, "is cut short, or longer than what was written")
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.frombuffer(whole, dtype=np.dtype(kind), count=count, offset=first + offset)
        if count
        else np.frombuffer(b"", dtype=np.dtype(kind))  # as read-only as the others: else kernels are compiled anew
        for name, (kind, count, offset) in header["arrays"].items()
    }
    digest = hashlib.blake2b(digest_size=32)
    for part in arrays.values():
        digest.update(part.data)
    if digest.hexdigest() != header["digest"]:
        raise _refused(path, "was altered: its content is not what was written")
    return (*_restore(arrays, own), own)


def _check_ledger(path: Path, own: HeadRow, head: HeadRow, digest_at: str | None) -> None:
    if own.epoch != head.epoch:
        raise _refused(path, "is of another ledger, or of this one before it was restored", "other_epoch")
    if own.seq > head.seq:
        raise _refused(path, f"has read up to entry {own.seq}, and the ledger ends at {head.seq}", "newer")
    expected = head.digest if own.seq == head.seq else digest_at
    if expected is not None and expected != own.digest:
        raise _refused(path, f"knows another entry {own.seq} than the ledger has", "other_entry")


def _restore(arrays: Mapping[str, Array], own: HeadRow) -> tuple[Facts, Derived]:
    columns = {name: Column(code, arrays[f"facts.{name}"]) for name, code in COLUMNS.items()}

    def texts(name: str) -> tuple[Texts, tuple[Array, Array]]:
        blob, offsets, checksums, rows = (arrays[f"{name}.{part}"] for part in _TEXTS)
        return Texts(blob, offsets), (checksums, rows)

    said = Said(
        {name: Column(code, arrays[f"said.{name}"]) for name, code in SAID_COLUMNS.items()},
        Texts(arrays["said.blob"], arrays["said.offsets"]),
    )
    facts = Facts.restored(own.seq, columns, texts("keys"), texts("op_keys"), said)
    as_of = AsOf(own.seq)
    raw = facts.arrays()
    table = tables(raw, as_of)
    parts: dict[str, Any] = {name: arrays[f"base.{name}"] for name in Segment._fields if f"base.{name}" in arrays}
    base = Segment(**parts)
    hubs = {thing: number for number, thing in enumerate(arrays["hubs"].tolist())}
    cuts = cuts_of(table)
    derived = Derived(
        view=clean_view(base, facts.thing_count, hubs, cuts),
        kinds=table.kind,
        hubs=hubs,
        places=read_places(raw, table, as_of),
        cuts=cuts,
    )
    return facts, derived
