"""The ledger: the one door, the chain of entries, and what is made again from them."""

from graph.ledger.door import Ledger, open_ledger
from graph.ledger.model import (
    GENESIS,
    LARGEST_REQUEST,
    Entry,
    Head,
    Rebuilt,
    Receipt,
    Submission,
    Verification,
)

__all__ = [
    "GENESIS",
    "LARGEST_REQUEST",
    "Entry",
    "Head",
    "Ledger",
    "Rebuilt",
    "Receipt",
    "Submission",
    "Verification",
    "open_ledger",
]
