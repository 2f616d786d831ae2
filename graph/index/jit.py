"""How kernels are compiled: once for each machine, kept beside the module, and without the interpreter's lock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

from graph.vocabulary import KINDS, OPERATIONS

__all__ = ["aside", "kernel", "part"]

F = TypeVar("F", bound=Callable[..., Any])


def _version() -> str:
    """Changes with any kernel and with what the vocabulary says."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for name, kind in KINDS.items():
        digest.update(f"{name} {kind.is_material};".encode())
    for name, operation in OPERATIONS.items():
        digest.update(f"{name} {operation.is_material} {operation.creates} {operation.is_lasting};".encode())
    return digest.hexdigest()[:12]


_VERSION: Final = _version()

# Numba 0.68 counts references to arrays at each use of one, which costs more than what kernels do with them; a kernel
# makes no array, and needs none counted (`_nrt`). What is not called from outside needs no wrappers for that either.
_KERNEL: Final[dict[str, Any]] = {"error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
_PART: Final[dict[str, Any]] = {**_KERNEL, "no_cpython_wrapper": True}


def kernel(function: F) -> F:
    """The function, compiled at its first call with these types of arguments."""
    # Numba 0.68 keeps compiled code until the file of the outermost function changes: what that calls in other files,
    # and constants that come from the vocabulary, would stay as they were. So the name it is kept under tells of them.
    function.__qualname__ = f"{function.__qualname__}_{_VERSION}"
    return cast(F, numba.njit(cache=True, nogil=True, **_KERNEL)(function))


def part(function: F) -> F:
    """A piece of kernels that is written into each place that calls it."""
    return cast(F, numba.njit(forceinline=True, **_PART)(function))


def aside(function: F) -> F:
    """A piece of kernels that is called, for what is rare: a call with whole tables costs as much as some edges."""
    return cast(F, numba.njit(**_PART)(function))
