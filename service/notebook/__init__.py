"""Traces, impacts, whereabouts and contents of places in a notebook: tables as pandas frames, and the same pictures as on the pages.

    from service.notebook import open_lineage

    lineage = open_lineage(data="stemgraph-data")
    lineage.trace("Subject:S1", "backward")

Needs pandas: ``pip install 'stemgraph[notebook]'``.
"""

from __future__ import annotations

from service.notebook.answers import Completeness, Contents, Impact, Trace, Whereabouts
from service.notebook.lineage import Lineage, open_lineage, open_trial

__all__ = ["Completeness", "Contents", "Impact", "Lineage", "Trace", "Whereabouts", "open_lineage", "open_trial"]
