"""A site in a zone of its own, wherever the tests run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

__all__ = ["site_east_by"]


@contextmanager
def site_east_by(hours: int) -> Iterator[None]:
    """The machine's zone is that many hours east of UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", f"SITE{-hours:+d}")  # POSIX counts them westwards
        time.tzset()
        try:
            yield
        finally:
            patch.undo()
            time.tzset()
