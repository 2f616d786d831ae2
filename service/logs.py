"""The service's log: one JSON object a line, to standard error. No query, variable, token, name or message of a value."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["log", "log_failure", "start_logging"]

_LOGGER: Final = logging.getLogger("stemgraph")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        members: Mapping[str, Any] = getattr(record, "members", {})
        content = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **members}
        if record.exc_info and record.exc_info[1] is not None:
            content |= _where(record.exc_info[1])
        return json.dumps(content, ensure_ascii=False, default=str)


def start_logging(level: str) -> None:
    """Sends our log, and the web server's own, to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    for name, own_level in (("stemgraph", level), ("uvicorn", "warning")):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(own_level.upper())
        logger.propagate = False


def log(event: str, *, level: int = logging.INFO, **members: Any) -> None:
    """One line: what happened, and plain facts about it."""
    _LOGGER.log(level, event, extra={"members": members})


def log_failure(event: str, error: BaseException, **members: Any) -> None:
    """An error that nobody expected: its type and where it arose. Its text is left out: it may quote a record."""
    _LOGGER.error(event, extra={"members": {**members, **_where(error)}})


def _where(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return {"error": type(error).__name__, "where": [f"{frame.filename}:{frame.lineno}" for frame in frames]}
