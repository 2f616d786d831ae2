"""An index is saved whole and loaded whole, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.errors import IntegrityBroken
from graph.index import Channel, Hazard, Index, Lineage, Seed, read_header, spreading, warm
from graph.index.comparing import first_difference
from graph.reader import EntryRow
from support.days import head_of
from support.oracle import entries_of
from support.random_trials import RandomTrial
from support.trial import trial

SEEDS = [Seed(node=("Donor", "D1")), Seed(node=("StoragePosition", "TANK1"))]
SAVED = 70


@pytest.fixture(scope="module")
def entries() -> list[EntryRow]:
    return entries_of(RandomTrial(3, 110).records)


@pytest.fixture
def snapshot(entries: list[EntryRow], tmp_path: Path) -> Path:
    path = tmp_path / "lineage.index"
    index = Index.build(entries[: SAVED - 10], head_of(SAVED - 10))
    index.apply(entries[SAVED - 10 : SAVED], head_of(SAVED))
    index.save(path)
    return path


def _answer(lineage: Lineage) -> list[tuple[object, ...]]:
    spread = lineage.impact(Hazard.CONTAGIOUS, SEEDS, list(Channel))
    return [
        (lineage.node(int(number)), int(tier), int(since), bool(doubt))
        for number, tier, since, doubt in zip(spread.nodes, spread.tier, spread.since, spread.uncertain, strict=True)
    ]


def _refusal(path: Path, seq: int, *, epoch: str = "one", digest_at: str | None = None) -> IntegrityBroken:
    with pytest.raises(IntegrityBroken) as refused:
        Index.load(path, head_of(seq, epoch=epoch), digest_at=digest_at)
    assert path.name in str(refused.value)
    return refused.value


def test_a_loaded_index_answers_and_goes_on_as_the_one_that_was_saved(entries: list[EntryRow], snapshot: Path) -> None:
    loaded = Index.load(snapshot, head_of(len(entries)), digest_at=head_of(SAVED).digest)
    assert loaded.head == read_header(snapshot) == head_of(SAVED)
    built = Index.build(entries[:SAVED], head_of(SAVED))
    assert _answer(loaded.lineage) == _answer(built.lineage)
    for number in range(built.lineage.count):
        assert loaded.lineage.find(built.lineage.node(number)) == number
    assert loaded.lineage.find(("CellLot", "no such lot")) is None
    loaded.apply(entries[SAVED:], head_of(len(entries)))
    built.apply(entries[SAVED:], head_of(len(entries)))
    assert _answer(loaded.lineage) == _answer(built.lineage)
    again = snapshot.with_name("again.index")
    loaded.save(again)
    assert _answer(Index.load(again, head_of(len(entries))).lineage) == _answer(built.lineage)


def test_what_is_mapped_cannot_be_written(snapshot: Path) -> None:
    base = Index.load(snapshot, head_of(SAVED)).lineage.derived.view.base
    assert not any(part.flags.writeable for part in base if isinstance(part, np.ndarray))


def test_a_loaded_index_needs_no_kernels_of_its_own(snapshot: Path) -> None:
    """Compiling takes seconds: what was compiled once must do for arrays of either origin."""
    warm()
    _answer(Index.build(entries_of(RandomTrial(3, 110).records)[:SAVED], head_of(SAVED)).lineage)
    kinds = {name: len(kernel.signatures) for name, kernel in _kernels().items()}
    _answer(Index.load(snapshot, head_of(SAVED)).lineage)
    assert {name: len(kernel.signatures) for name, kernel in _kernels().items()} == kinds
    assert kinds


def _kernels() -> dict[str, Any]:
    return {name: found for name, found in vars(spreading).items() if hasattr(found, "signatures")}


def test_saving_leaves_no_other_file_and_replaces_the_old_one(entries: list[EntryRow], snapshot: Path) -> None:
    Index.build(entries, head_of(len(entries))).save(snapshot)
    assert [path.name for path in snapshot.parent.iterdir()] == [snapshot.name]
    assert read_header(snapshot) == head_of(len(entries))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_snapshot_that_is_cut_short_is_refused(snapshot: Path, share: float) -> None:
    whole = snapshot.read_bytes()
    snapshot.write_bytes(whole[: int(len(whole) * share)])
    assert _refusal(snapshot, SAVED).code == "snapshot"


def test_a_snapshot_with_one_bit_changed_anywhere_is_refused(snapshot: Path) -> None:
    whole = snapshot.read_bytes()
    size = len(whole)
    padding = _padding(whole)
    tried = 0
    for place in range(0, size, max(1, size // 400)):
        if place in padding:
            continue
        altered = bytearray(whole)
        altered[place] ^= 1
        snapshot.write_bytes(altered)
        assert _refusal(snapshot, SAVED).code == "snapshot", place
        tried += 1
    assert tried > 300


def _padding(whole: bytes) -> set[int]:
    """The bytes between arrays, which say nothing: found as those that may be changed without harm."""
    import orjson

    length = int.from_bytes(whole[16:20], "little")
    header = orjson.loads(whole[76 : 76 + length])
    first = -(-(76 + length) // 64) * 64
    used = set(range(16 + 4)) | set(range(44, 76 + length))
    for kind, count, offset in header["arrays"].values():
        used |= set(range(first + offset, first + offset + np.dtype(kind).itemsize * count))
    return set(range(len(whole))) - used


def test_a_snapshot_of_another_ledger_is_refused(snapshot: Path) -> None:
    assert _refusal(snapshot, SAVED, epoch="another").code == "other_epoch"


def test_a_snapshot_that_has_read_further_than_the_ledger_goes_is_refused(snapshot: Path) -> None:
    refused = _refusal(snapshot, SAVED - 1)
    assert refused.code == "newer"
    assert f"entry {SAVED}" in refused.message


def test_a_snapshot_of_entries_that_were_altered_since_is_refused(snapshot: Path) -> None:
    assert _refusal(snapshot, SAVED + 5, digest_at="of an entry that was altered").code == "other_entry"


def test_what_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lineage.index"
    path.write_bytes(b"something else altogether, " * 100)
    assert _refusal(path, 1).code == "snapshot"


def test_names_are_saved_and_read_again(tmp_path: Path) -> None:
    path, named = tmp_path / "named.index", entries_of(trial())
    fresh = Index.build(named, head_of(len(named)))
    fresh.save(path)
    loaded = Index.load(path, head_of(len(named))).lineage
    assert len(loaded.facts.said) > 0
    assert first_difference(loaded, fresh.lineage) is None
    loaded.facts.said.add(0, int(loaded.kinds[0]), {"name": "other"}, 1, 1, is_whole=True)
    assert first_difference(fresh.lineage, loaded) == "it calls Institution:ORG-1 otherwise than the entries say"
