"""The zone of the site: that of the machine that the service runs on."""

from __future__ import annotations

from datetime import UTC, datetime

from graph.times import render

__all__ = ["site_offset", "site_zone"]


def site_zone() -> str:
    """The offset of the site's zone now, as an import takes it: ``+08:00``."""
    return render(0, site_offset(None))[-6:]


def site_offset(ms: int | None) -> int:
    """Minutes east of UTC in the site's zone at a time; None: now."""
    moment = datetime.now(UTC) if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
    offset = moment.astimezone().utcoffset()
    return 0 if offset is None else int(offset.total_seconds()) // 60
