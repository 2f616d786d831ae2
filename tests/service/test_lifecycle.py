"""What a service says in its log as it starts."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from graph.keeping import Keeper
from service.lifecycle import listening, make_index
from service.store import Store
from support.memory_ledger import MemoryLedger
from support.trial import trial


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """Our log is its own: it does not go on to the root's, where it would be caught."""
    monkeypatch.setattr(logging.getLogger("stemgraph"), "propagate", True)
    caplog.set_level(logging.INFO, "stemgraph")
    return caplog


async def _start(snapshot: Path) -> None:
    keeper = Keeper(MemoryLedger(trial()), snapshot=snapshot)
    await make_index(cast("Store", SimpleNamespace(index=keeper)))
    await keeper.close()


def _events(logged: pytest.LogCaptureFixture) -> list[tuple[str, str, Any]]:
    """Event, level, reason."""
    return [
        (record.getMessage(), record.levelname, getattr(record, "members", {}).get("reason"))
        for record in logged.records
    ]


async def test_a_snapshot_that_is_refused_is_a_warning_with_the_reason(
    tmp_path: Path, logged: pytest.LogCaptureFixture
) -> None:
    await _start(tmp_path / "index.snapshot")
    whole = (tmp_path / "index.snapshot").read_bytes()
    (tmp_path / "index.snapshot").write_bytes(whole[:-100])
    logged.clear()
    await _start(tmp_path / "index.snapshot")
    (event, level, reason), ready = _events(logged)
    assert (event, level) == ("snapshot refused", "WARNING")
    assert "index.snapshot is cut short" in reason
    assert ready == ("index ready", "INFO", None)


async def test_a_snapshot_that_fits_is_nothing_to_warn_of(tmp_path: Path, logged: pytest.LogCaptureFixture) -> None:
    await _start(tmp_path / "index.snapshot")
    await _start(tmp_path / "index.snapshot")
    assert _events(logged) == [("index ready", "INFO", None)] * 2


def test_answers_on_a_kept_connection_do_not_wait_for_the_client_to_acknowledge_the_last_packet() -> None:
    """The event loop sends small packets at once only on sockets that name their protocol."""
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP
