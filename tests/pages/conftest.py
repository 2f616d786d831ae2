"""A store with the trial in it, its correction and its excursion; read only."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from graph.engine import EmbeddedEngine
from service.store import Store
from support.stores import empty_store, import_all
from support.trial import correction, excursion, trial


@dataclass
class _Kept:
    store: Store | None = None
    digest: str = ""


@pytest.fixture(scope="session")
def kept() -> _Kept:
    return _Kept()


@pytest.fixture
async def trial_store(embedded_engine: EmbeddedEngine, kept: _Kept) -> Store:
    """Filled again only where another test has emptied the engine meanwhile: filling takes longer than most tests."""
    if kept.store is None or (await kept.store.ledger.head()).digest != kept.digest:
        kept.store = await empty_store(embedded_engine)
        for records in (trial(), correction(), excursion()):
            await import_all(kept.store, records)
        kept.digest = (await kept.store.ledger.head()).digest
    return kept.store
