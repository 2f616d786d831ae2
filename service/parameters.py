"""What stands behind the question mark of an address: read strictly, for what is misread in silence misleads."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from starlette.requests import Request

from graph.errors import BadInput
from graph.saying import said

__all__ = ["check_names", "choice", "flag", "names", "number"]


def check_names(request: Request, known: Collection[str]) -> None:
    """Refuses a parameter that is none: a mistyped one would be ignored in silence."""
    for name in request.query_params:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise BadInput(
                said("There is no parameter {name} here.", name=repr(name)),
                remedy=said("Did you mean {nearest}?", nearest=nearest),
                member=name,
            )


def flag(request: Request, name: str) -> bool:
    """``true`` or ``1``; false where it is left out. Raises BadInput for what is neither true nor false."""
    text = request.query_params.get(name, "false").lower()
    if text not in {"true", "false", "1", "0", ""}:
        raise BadInput(
            said("{name}={text} is neither true nor false.", name=name, text=repr(text)),
            remedy=said("Write {name}=true.", name=name),
            member=name,
        )
    return text in {"true", "1"}


def choice(request: Request, name: str, known: Sequence[str]) -> str:
    """One of the known words; the first where it is left out. Raises BadInput for any other."""
    asked = request.query_params.get(name) or known[0]
    if asked not in known:
        raise BadInput(
            said("{name}={asked} is none.", name=name, asked=repr(asked)),
            remedy=said("One of: {known}.", known=", ".join(known)),
            member=name,
        )
    return asked


def number(request: Request, name: str) -> int | None:
    """A whole number from 0; None where it is left out or empty. Raises BadInput for anything else."""
    text = request.query_params.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise BadInput(
            said("{name}={text} is no number.", name=name, text=repr(text)),
            remedy=said("Give a whole number."),
            member=name,
        )
    return int(text)


def names(request: Request, name: str) -> tuple[str, ...]:
    """Several names: with commas between them, in several parameters, or both. Empty where it is left out."""
    parts = [part.strip() for text in request.query_params.getlist(name) for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
