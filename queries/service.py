"""What answers: the product, the engine behind it, where the ledger stands."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from graph.keeping import IndexState
from queries.privacy import View

__all__ = ["ServiceInfo", "service_info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """``index`` None: questions of lineage are answered level by level in the database."""

    version: str
    engine: str
    engine_version: str
    seq: int
    digest: str
    epoch: str
    index: IndexState | None


def _version() -> str:
    try:
        return metadata.version("stemgraph")
    except metadata.PackageNotFoundError:
        return "0+source"  # run from a checkout that is not installed


async def service_info(view: View) -> ServiceInfo:
    head = await view.reader.head()
    return ServiceInfo(
        version=_version(),
        engine=view.reader.product,
        engine_version=view.reader.version,
        seq=head.seq,
        digest=head.digest,
        epoch=head.epoch,
        index=None if view.index is None else view.index.state(),
    )
