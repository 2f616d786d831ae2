"""A service's folder: used by one process at a time, which can be named."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from graph.errors import Conflict, Misconfigured

__all__ = ["FolderLock", "Holder", "holder_of", "is_same_process", "write_privately"]

_LOCK = "in-use.lock"
_HOLDER = "in-use.json"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The living process that uses a folder. ``url`` is where it can be asked, once it listens."""

    pid: int
    url: str | None = None


class FolderLock:
    """The right to use one folder, until released or until this process ends, however it ends."""

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def take(cls, folder: Path) -> FolderLock:
        """Makes the folder where there is none (for its owner only). Raises Conflict naming who has it already."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(folder / _LOCK, timeout=0, thread_local=False, mode=0o600)
            lock.acquire()
        except Timeout:
            holder = holder_of(folder)
            who = "another process"
            if holder is not None:
                who = f"process {holder.pid}" + (f" ({holder.url})" if holder.url else "")
            raise Conflict(
                f"The folder {folder} is in use by {who}.",
                remedy="Work through that service, stop it first, or name another folder.",
                code="folder_in_use",
            ) from None
        except OSError as error:
            raise Misconfigured(
                f"The folder {folder} cannot be used: {error.strerror}.", remedy="Name a folder that may be written to."
            ) from error
        taken = cls(folder, lock)
        taken.announce(None)
        return taken

    def announce(self, url: str | None) -> None:
        """Lets commands find the holder: ``url`` is where it listens. Holds no secret."""
        note = {"pid": os.getpid(), "started": started(os.getpid()), "url": url}
        write_privately(self.folder / _HOLDER, json.dumps(note))

    def release(self) -> None:
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                (self.folder / _HOLDER).unlink(missing_ok=True)
            self._lock.release()


def holder_of(folder: Path) -> Holder | None:
    """Who uses the folder now; None when nobody does, or when it says nothing of itself yet."""
    try:
        note = json.loads((folder / _HOLDER).read_text("utf-8"))
        pid, since, url = int(note["pid"]), float(note["started"]), note["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Holder(pid=pid, url=url) if is_same_process(pid, since) else None


def started(pid: int) -> float:
    """When that process began, in seconds; now, where it has ended already."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()


def is_same_process(pid: int, since: float) -> bool:
    """Whether the process of that number is still the one that began then: numbers are given again."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - since) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def write_privately(path: Path, text: str) -> None:
    """Replaces the file whole, readable by its owner only: nobody meets half of it."""
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
