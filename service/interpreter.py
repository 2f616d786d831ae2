"""How the interpreter is set up for a program that judges thousands of records at a time, and answers others meanwhile."""

from __future__ import annotations

import gc
import sys
from typing import Final

__all__ = ["set_up_interpreter"]

_YOUNG_OBJECTS: Final = 100_000
_SWITCH_SECONDS: Final = 0.001


def set_up_interpreter() -> None:
    """For the start of a program: cycles of garbage are looked for seldom, threads take turns often.

    A batch of an import is a million objects that live until it is written, none of them in a cycle; looking through
    them again and again takes a quarter of the import. What is in no cycle is freed at once as ever. Records are judged
    in a thread beside the loop that talks to the store and to others, which must not wait for its turn.
    """
    gc.collect()
    gc.freeze()  # what the modules have made stays for good
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
    sys.setswitchinterval(_SWITCH_SECONDS)
