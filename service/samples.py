"""The trial that comes with the product, for who tries it out."""

from __future__ import annotations

from exchange.importing import import_records
from exchange.jsonlines import read_chunks
from exchange.samples import trial
from graph.errors import StemgraphError
from graph.viewer import OWNER
from service.store import Store

__all__ = ["load_trial"]


async def load_trial(store: Store) -> int:
    """How many records of it were taken in."""
    outcome = await import_records(
        store.ledger, read_chunks([trial()], "trial.jsonl"), viewer=OWNER, idempotency_prefix="demo", historic=True
    )
    if not outcome.is_complete:
        raise StemgraphError(
            f"The trial was not taken in: {outcome.violations[0].message}", remedy="Please report this."
        )
    return outcome.applied
