"""The index is what the ledger says, or it says nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.errors import IntegrityBroken
from graph.index.hazards import Hazard, Seed
from graph.index.lineage import Lineage
from graph.keeping import Asked, Keeper
from graph.reader import AsOf, NodeId
from support.memory_ledger import MemoryLedger
from support.trial import correction, trial

_MEDIUM: NodeId = ("Reagent", "R-MED-10")
_ASKED = Asked(starts=(_MEDIUM,))


def _affected(lineage: Lineage, seed: NodeId = _MEDIUM) -> set[NodeId]:
    spread = lineage.impact(Hazard.EXPOSURE, [Seed(node=seed)])
    return {lineage.node(number) for number in spread.nodes.tolist()}


async def _latest(keeper: Keeper) -> Lineage:
    return await keeper.lineage(await keeper.position(), _ASKED)


async def test_what_was_acknowledged_is_in_the_next_answer() -> None:
    ledger = MemoryLedger(trial())
    keeper = Keeper(ledger)
    before = await _latest(keeper)
    ledger.add(correction())
    after = await _latest(keeper)
    assert (before.seq, after.seq) == (len(trial()), len(trial()) + len(correction()))
    assert _affected(after) - _affected(before)


async def test_an_index_that_grew_answers_as_one_built_anew() -> None:
    records = [*trial(), *correction()]
    ledger = MemoryLedger(records[:40])
    grown = Keeper(ledger)
    await grown.position()
    for record in records[40:]:
        ledger.add([record])
        await grown.position()
    built = await _latest(Keeper(MemoryLedger(records)))
    for kind, key in {("Reagent", "R-MED-8"), ("Donor", "D1"), ("CellLot", "MCB1"), _MEDIUM}:
        assert _affected(await _latest(grown), (kind, key)) == _affected(built, (kind, key))


async def test_an_answer_stays_at_its_position_while_others_write() -> None:
    ledger = MemoryLedger(trial())
    keeper = Keeper(ledger)
    position = await keeper.position()
    before = _affected(await keeper.lineage(position, _ASKED))
    ledger.add(correction())
    await keeper.position()
    assert _affected(await keeper.lineage(position, _ASKED)) == before


async def test_it_answers_as_the_records_stood_at_a_time() -> None:
    ledger = MemoryLedger([*trial(), *correction()])
    keeper = Keeper(ledger)
    seq = (await keeper.position()).seq
    corrected = max(entry.recorded_ms for entry in ledger.kept)
    then = await keeper.lineage(AsOf(seq, corrected - 1), _ASKED)
    now = await keeper.lineage(AsOf(seq, corrected), _ASKED)
    assert _affected(now) - _affected(then)


async def test_many_who_ask_at_once_share_looks_at_the_ledger() -> None:
    ledger = MemoryLedger(trial())
    keeper = Keeper(ledger)
    await keeper.position()
    ledger.looks = 0
    await asyncio.gather(*(keeper.position() for _ in range(50)))
    assert ledger.looks <= 2


async def test_a_long_backlog_is_taken_page_by_page() -> None:
    ledger = MemoryLedger(trial()[:10], page=7)
    keeper = Keeper(ledger)
    await keeper.position()
    ledger.add(trial()[10:])
    assert (await keeper.position()).seq == len(trial())


def _older(ledger: MemoryLedger) -> None:
    del ledger.kept[50:]


def _older_and_written_to(ledger: MemoryLedger) -> None:
    del ledger.kept[50:]
    ledger.add(correction() * 20)


def _another(ledger: MemoryLedger) -> None:
    ledger.epoch = "another"


def _gap(ledger: MemoryLedger) -> None:
    ledger.add(correction())
    del ledger.kept[len(trial())]


def _altered(ledger: MemoryLedger) -> None:
    ledger.add(correction())
    last = ledger.kept[-1]
    ledger.kept[-1] = replace(last, payload=f"{last.payload} ")


def _replaced(ledger: MemoryLedger) -> None:
    ledger.add(correction())
    last = replace(ledger.kept[-1], previous="0" * 64)
    ledger.kept[-1] = replace(last, digest=last.digest_over())


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (_older, "older store"),
        (_older_and_written_to, "is not the one that was read before"),
        (_another, "epoch"),
        (_gap, "Entry 84 is missing"),
        (_altered, "was altered"),
        (_replaced, "does not follow"),
    ],
)
async def test_what_is_not_as_the_chain_says_is_named_and_never_answered(
    fault: Any, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.keeping.keeper._LOOK_SECONDS", 0)
    ledger = MemoryLedger(trial())
    keeper = Keeper(ledger)
    await keeper.position()
    fault(ledger)
    for _ in range(2):
        with pytest.raises(IntegrityBroken, match=named):
            await keeper.position()
    assert keeper.state().state == "broken"
    assert named in (keeper.state().reason or "")


async def test_an_altered_entry_is_noticed_while_the_index_is_built() -> None:
    ledger = MemoryLedger(trial())
    ledger.kept[30] = replace(ledger.kept[30], payload=f"{ledger.kept[30].payload} ")
    with pytest.raises(IntegrityBroken, match=r"Entry 31 .* was altered"):
        await Keeper(ledger).position()


async def test_what_seemed_broken_for_a_moment_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database may show a head before the entries that it names."""
    monkeypatch.setattr("graph.keeping.keeper._LOOK_SECONDS", 0)
    ledger = MemoryLedger(trial())
    keeper = Keeper(ledger)
    await keeper.position()
    ledger.add(correction())
    hidden, since = ledger.kept[-1], ledger.since

    async def late(seq: int) -> Any:
        news = await since(seq)
        monkeypatch.setattr(ledger, "since", since)
        return replace(news, entries=())

    monkeypatch.setattr(ledger, "since", late)
    assert (await keeper.position()).seq == hidden.seq


async def test_an_empty_ledger_has_an_empty_index() -> None:
    assert (await Keeper(MemoryLedger()).position()).seq == 0


# -- snapshots ---------------------------------------------------------------------------------------------------------


async def _saved(path: Path, ledger: MemoryLedger) -> None:
    keeper = Keeper(ledger, snapshot=path)
    await keeper.position()
    await keeper.close()


async def test_a_start_reads_the_snapshot_and_what_came_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = MemoryLedger(trial())
    await _saved(tmp_path / "index", ledger)
    ledger.add(correction())
    monkeypatch.setattr(ledger, "entries", None)  # the ledger is not read from the first entry on
    keeper = Keeper(ledger, snapshot=tmp_path / "index")
    expected = _affected(await _latest(Keeper(MemoryLedger([*trial(), *correction()]))))
    assert _affected(await _latest(keeper)) == expected
    assert keeper.state().reason is None


def _cut(path: Path, _ledger: MemoryLedger) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flipped(path: Path, _ledger: MemoryLedger) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _foreign(_path: Path, ledger: MemoryLedger) -> None:
    ledger.epoch = "another"


def _newer(_path: Path, ledger: MemoryLedger) -> None:
    del ledger.kept[50:]


def _of_other_entries(_path: Path, ledger: MemoryLedger) -> None:
    del ledger.kept[50:]
    ledger.add(correction() * 60)


def _no_snapshot(path: Path, _ledger: MemoryLedger) -> None:
    path.write_bytes(b"{}")


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (_cut, "cut short"),
        (_flipped, "altered"),
        (_foreign, "another ledger"),
        (_newer, "the ledger ends at 50"),
        (_of_other_entries, "knows another entry 83"),
        (_no_snapshot, "is no snapshot"),
    ],
)
async def test_a_snapshot_that_does_not_fit_is_named_and_never_served(tmp_path: Path, fault: Any, named: str) -> None:
    ledger = MemoryLedger(trial())
    await _saved(tmp_path / "index", ledger)
    fault(tmp_path / "index", ledger)
    keeper = Keeper(ledger, snapshot=tmp_path / "index")
    assert (await keeper.position()).seq == (await ledger.head()).seq
    assert named in (keeper.state().reason or "")
    seed: NodeId = ("Donor", "D1")
    anew = Keeper(ledger)
    assert _affected(await _latest(keeper), seed) == _affected(await _latest(anew), seed)


async def test_a_snapshot_is_for_its_owner_only(tmp_path: Path) -> None:
    await _saved(tmp_path / "index", MemoryLedger(trial()))
    assert _modes(tmp_path) == {"index": 0o600}


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
