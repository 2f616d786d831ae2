"""The settings of a run: read once, in an entry point, and passed down."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from graph.errors import Misconfigured

__all__ = ["ENVIRONMENT_ONLY", "PREFIX", "Settings", "check_environment"]

PREFIX: Final = "STEMGRAPH_"

# What no option takes, because the arguments of a process are seen by every user of the machine.
ENVIRONMENT_ONLY: Final[Mapping[str, str]] = {
    "STEMGRAPH_USER": "the user at the database named by --store",
    "STEMGRAPH_PASSWORD": "that user's password",
    "STEMGRAPH_TOKEN": "the token for a service named by --url",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the store is and how it is served. Secrets do not show in its representation."""

    data: Path = Path("stemgraph-data")  # the embedded store, the keys, what finds a running service
    store: str | None = None  # the address of a database elsewhere; None is the embedded one
    database: str = "neo4j"
    keys: Path | None = None  # None: in the data folder
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    url: str | None = None  # a running service to work through
    token: str | None = field(default=None, repr=False)
    purpose: str | None = None  # for which a command asks: kept in entries and the access log
    heap: str = "1g"  # of the embedded engine
    host: str = "127.0.0.1"
    port: int = 8080
    base_url: str | None = None  # as browsers see the service, where a proxy stands before it
    log_level: str = "info"
    pushdown: bool = False  # questions of lineage are answered from the database, without an index in memory
    question_seconds: float = 30.0  # how long one may be thought about; then its answer says that it is not whole

    @property
    def key_file(self) -> Path:
        return self.keys or self.data / "keys.jsonl"

    @property
    def index_file(self) -> Path:
        """The index as it was last saved. It can be deleted: then the next start reads the ledger."""
        return self.data / "index.snapshot"

    @property
    def service_file(self) -> Path:
        """Says where the service that holds the data folder listens. No secret in it."""
        return self.data / "service.json"

    @property
    def admin_token_file(self) -> Path:
        return self.data / "admin.token"


def check_environment(known: Iterable[str], environment: Mapping[str, str]) -> None:
    """Refuses what looks like a setting and is none: a mistyped name would be ignored in silence.

    Raises:
        Misconfigured: names each unknown variable and the nearest known one. Values are not shown.
    """
    names = sorted({*known, *ENVIRONMENT_ONLY})
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in names)
    if not unknown:
        return
    said = []
    for name in unknown:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
        said.append(f"{name} (nearest: {nearest[0]})" if nearest else name)
    raise Misconfigured(
        f"Unknown settings in the environment: {', '.join(said)}.",
        remedy="Correct or unset them; `stemgraph COMMAND --help` shows every name.",
    )
