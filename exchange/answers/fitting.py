"""Names as XML can hold them, which workbooks are made of too."""

from __future__ import annotations

from typing import Final

__all__ = ["fit_for_xml"]

_UNFIT: Final = str.maketrans("\ufffe\uffff", "\ufffd\ufffd")


def fit_for_xml(text: str) -> str:
    """With the mark of an unknown character for the two that names may hold, and XML may not."""
    return text.translate(_UNFIT)
