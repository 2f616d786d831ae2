"""How this process handles its memory."""

from __future__ import annotations

import gc

__all__ = ["collect_seldom"]


def collect_seldom() -> None:
    """Looks for cycles of garbage a hundredth as often as Python does by itself. For the start of a program.

    A batch of an import is a million objects that live until it is written, none of them in a cycle; looking through
    them again and again takes a quarter of the import. What is in no cycle is freed at once as ever.
    """
    gc.collect()
    gc.freeze()  # what the modules have made stays for good
    gc.set_threshold(100_000, 20, 100)
